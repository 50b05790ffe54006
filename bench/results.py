"""What was measured, kept as JSON: every sample, and what it was measured on."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def keep(name: str, found: dict[str, Any]) -> Path:
    """Write everything that was measured; return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    told = {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg(), **found}
    path.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    return path
