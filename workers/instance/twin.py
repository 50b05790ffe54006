"""A twin: a process of the same command, folder and variables as another, as one is that somebody starts again."""

import contextlib
import hashlib
from pathlib import Path

import msgspec
import psutil

from astrolabe.store import whole_file
from astrolabe.workers.instance import process
from astrolabe.workers.instance.process import GatewayProcess

REMEMBERED = "stopped.sha256"
"""The file in the instance's folder that says what was stopped, so that a worker who takes over knows its twin."""


def remember(found: GatewayProcess, folder: Path) -> None:
    """Keep what a twin of this process is known by, where this user may see it."""
    with contextlib.suppress(psutil.Error):
        known = _fingerprint(psutil.Process(found.pid))
        whole_file.write(folder / REMEMBERED, known.encode(), lasting=True, private=True)


def twins(folder: Path) -> list[GatewayProcess]:
    """List the twins of what was stopped that run now."""
    try:
        known = (folder / REMEMBERED).read_text("ascii")
    except FileNotFoundError:
        return []
    found: list[GatewayProcess] = []
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if _fingerprint(each) == known:
                found.append(process.of(each.pid))
    return found


def _fingerprint(of: psutil.Process) -> str:
    # The variables hold secrets.
    seen = of.cmdline(), of.cwd(), sorted(of.environ().items())
    return hashlib.sha256(msgspec.json.encode(seen)).hexdigest()
