"""Checks an export as `astrolabe audit verify` does, and prints what that took: `python -m bench.verifying FILE KEY`.

A module of its own, for every process that it starts imports it again.
"""

import sys
import time
from pathlib import Path

from astrolabe.cli.verifying_on_all_cores import verify_on_all_cores
from astrolabe.domain.audit.note import parse_public_key
from bench.audit_figures import told


def main() -> None:
    """Check an export with the file and the key alone."""
    file, key = Path(sys.argv[1]), parse_public_key(sys.argv[2])
    started = time.perf_counter()
    with file.open("rb") as stream:
        found = verify_on_all_cores(stream, file, [key])
    told(found.proven.checkpoint.size, time.perf_counter() - started)


if __name__ == "__main__":
    main()
