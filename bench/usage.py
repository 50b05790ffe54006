"""What a tree of processes uses: processor time and memory, by what its processes are."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
from msgspec import Struct

KINDS = {
    "postgres": "postgres",
    "valkey": "valkey",
    "fork-server": "fork-server",
    "api": "api|bench.serving",
    "relay": "relay|bench.relaying",
    "worker": "worker|bench.stepping",
}
"""What the processes of a kind have in their command line, as a pattern."""
PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


class Usage(Struct, frozen=True):
    """Processor time so far, in seconds, and memory in MB, each shared page counted in equal parts (PSS)."""

    seconds: dict[str, float]
    megabytes: dict[str, float]


def kind_of(command: list[str]) -> str:
    """Tell what a process of the tree of `up` is by its command line."""
    said = " ".join(command)
    return next((kind for kind, pattern in KINDS.items() if re.search(rf"\b({pattern})\b", said)), "up")


def usage(pid: int) -> Usage:
    """Look at a process and all that descend from it."""
    seconds: dict[str, float] = {}
    megabytes: dict[str, float] = {}
    for process in _tree(pid):
        try:
            kind, times = kind_of(process.cmdline()), process.cpu_times()
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii")
        except (psutil.Error, OSError):
            continue  # it ended meanwhile
        seconds[kind] = seconds.get(kind, 0.0) + times.user + times.system
        megabytes[kind] = megabytes.get(kind, 0.0) + int(PSS.findall(rollup)[0]) / 1024
    return Usage(seconds, megabytes)


def share(before: Usage, after: Usage, seconds: float) -> dict[str, float]:
    """Return which part of one core each kind took between two looks, and all of them together."""
    took = {kind: (after.seconds[kind] - before.seconds.get(kind, 0.0)) / seconds for kind in after.seconds}
    return took | {"all": sum(took.values())}


def _tree(pid: int) -> Iterator[psutil.Process]:
    parent = psutil.Process(pid)
    yield parent
    yield from parent.children(recursive=True)
