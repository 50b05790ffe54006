"""The npm package standardwebhooks, in the wheel's Node."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astrolabe.workers.programs import tools
from astrolabe.workers.programs.shell import run

PACKAGE = "standardwebhooks@1.0.0"
SCRIPT = """
const { Webhook } = require("standardwebhooks");
const asked = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const holds = ([secret, body, headers]) => {
  try { new Webhook(secret).verify(body, headers); return true; } catch (error) { return false; }
};
console.log(JSON.stringify(asked.map(holds)));
"""


def _environment() -> dict[str, str]:
    path = os.pathsep.join((str(tools.node().parent), os.environ.get("PATH", os.defpath)))
    return {**os.environ, "PATH": path}


def modules(folder: Path) -> Path:
    """A folder with the package in it, fetched unless it is there; raises OSError where it cannot be fetched."""
    if not (folder / "node_modules" / "standardwebhooks").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        argv = [
            *tools.npm(),
            "install",
            "--prefix",
            str(folder),
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            PACKAGE,
        ]
        done = subprocess.run(argv, env=_environment(), cwd=folder, capture_output=True, timeout=120, check=False)
        if done.returncode:
            raise OSError(done.stderr.decode()[-500:])
    return folder


async def verify(folder: Path, asked: Sequence[tuple[str, str, dict[str, str]]]) -> Any:
    """Ask the package which of these (secret, body, headers) it accepts."""
    (folder / "verify.cjs").write_text(SCRIPT)
    (folder / "asked.json").write_text(json.dumps(asked))
    done = await run([tools.node(), "verify.cjs", "asked.json"], env=_environment(), cwd=folder, deadline=60)
    return json.loads(done.stdout)
