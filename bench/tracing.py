"""Tracing: when an API, a relay and a worker come by certain places, appended to a file that all of them share."""

import functools
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from astrolabe.domain.upgrades.events import StepStarted, UpgradeRequested, UpgradeSucceeded
from astrolabe.store.log.leases import Leases
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.workers.relay.host_notifier import HostNotifier
from astrolabe.workers.worker.consuming import Consuming

TRACE = "ASTROLABE_BENCH_TRACE"
"""The variable that names the file; nothing is traced without it."""

RECORDED: dict[type, str] = {
    UpgradeRequested: "request recorded",
    StepStarted: "step begun",
    UpgradeSucceeded: "success recorded",
}


def trace() -> None:
    """Let this process note when it comes by each place."""
    path = os.environ.get(TRACE)
    if path is None:
        return
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(name: str) -> None:
        # The clock of all processes of this machine, and one write, which is never torn.
        os.write(file, f"{time.monotonic_ns()} {name}\n".encode())

    _before(HostNotifier, "hear", lambda _: note("relay notified"))
    _after(HostNotifier, "_notify_hosts", lambda arguments, _: note("message sent") if arguments[1] else None)
    _before(Consuming, "_begin", lambda _: note("message taken"))
    _after(Leases, "acquire_free", lambda _arguments, _fences: note("lease taken"))
    _after(Sequencer, "step", lambda _arguments, placed: note("events placed") if placed else None)
    _before(Log, "append", lambda arguments: note("asked of the log") if _requests(arguments[3]) else None)
    _after(Log, "append", lambda arguments, _: list(map(note, _recorded(arguments[3]))))


def _requests(events: Sequence[object]) -> bool:
    return any(isinstance(event, UpgradeRequested) for event in events)


def _recorded(events: Sequence[object]) -> list[str]:
    return [RECORDED[type(event)] for event in events if type(event) in RECORDED]


def _before(owner: type, name: str, note: Callable[[tuple[Any, ...]], object]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def noted(*arguments: Any, **named: Any) -> Any:
        note(arguments)
        return original(*arguments, **named)

    setattr(owner, name, noted)


def _after(owner: type, name: str, note: Callable[[tuple[Any, ...], Any], object]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    async def noted(*arguments: Any, **named: Any) -> Any:
        found = await original(*arguments, **named)
        note(arguments, found)
        return found

    setattr(owner, name, noted)
