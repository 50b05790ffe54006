"""The commands of a gateway's upgrade page, typed one after the other: `python -m tests.chaos.typed OLD NEW`.

The environment says where the gateway and its database are, in the words of both, and where npm finds its registry. The
dump lands in the working folder. Every step is printed once it is done.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Final

from astrolabe.workers.programs import tools
from tests.chaos import owner
from tests.standin.releases import NAME

PATIENCE_SECONDS: Final = 15.0
"""How long a person looks at a gateway that does not answer before they go back; the page says `under 10 seconds`."""

STOP_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.05
DUMP: Final = Path("pre_upgrade.dump")


def upgrade(old: str, new: str) -> None:
    """Back up, apply the upgrade, verify; where that ends badly, do what the page says of rolling back."""
    if not _postgres("pg_dump", "-F", "c", "-f", str(DUMP)):
        _tell("not begun")
        return
    _tell("dumped")
    _stop()
    _tell("stopped")
    _start(new)
    _tell("started")
    if _well(new) and _npx(new, "doctor"):
        _tell("upgraded")
        return
    _stop()
    # It ends with errors and leaves new tables behind; the page's reader would go on all the same.
    _postgres("pg_restore", "-c", str(DUMP))
    _tell("restored")
    _start(old)
    _tell("rolled back" if _well(old) else "given up")


def _tell(step: str) -> None:
    print(step, flush=True)  # noqa: T201  what whoever started it follows


def _postgres(program: str, *words: str) -> bool:
    argv = [str(tools.postgres(program)), *words, "-d", os.environ["PGDATABASE"]]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=60, check=False).returncode == 0


def _npx_argv(version: str, *words: str) -> list[str]:
    return [*map(str, tools.npx()), "--yes", f"{NAME}@{version}", *words]


def _npx(version: str, *words: str) -> bool:
    argv = _npx_argv(version, *words)
    return subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=60, check=False).returncode == 0


def _start(version: str) -> None:
    # It outlives this program, as what was started in another terminal does.
    subprocess.Popen(_npx_argv(version), stdin=subprocess.DEVNULL, start_new_session=True)


def _stop() -> None:
    """End what serves, as ^C does; what does not end is killed."""
    database = os.environ["PGDATABASE"]
    found = {each.pid for each in owner.gateways(database)}
    for pid in found:
        os.kill(pid, SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while (left := found & {each.pid for each in owner.gateways(database)}) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
    for pid in left:
        os.kill(pid, SIGKILL)


def _well(version: str) -> bool:
    """Look at the gateway's health until it is the wanted version's, or patience ends."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if _seen() == version:
            return True
        time.sleep(POLL_SECONDS)
    return False


def _seen() -> str | None:
    port = os.environ["HTTP_PORT"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return json.load(answer).get("version")
    except (OSError, ValueError, urllib.error.URLError):
        return None


if __name__ == "__main__":
    upgrade(*sys.argv[1:])
