"""Faults: what is done to an Astrolabe, to its servers and to its surroundings; each ends by itself, and is mended."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec import Struct

from tests.chaos import falling_processes, falling_servers, falling_together, lost_messages, meddling
from tests.chaos.stage import Stage


class Fault(Struct, frozen=True):
    """One sort of fault; without a blow it is a circumstance, which is so from the beginning."""

    name: str
    strike: Callable[[Stage], Awaitable[None]] | None = None
    hinders: bool = False
    """Whether an upgrade to a good release may end without success for it."""


_FAULTS: Final = (
    Fault("nothing"),
    Fault("worker killed", falling_processes.kill_worker),
    Fault("worker suspended", falling_processes.suspend_worker),
    Fault("worker restarted", falling_processes.restart_worker),
    Fault("worker stopped asleep", falling_processes.stop_suspended_worker),
    Fault("worker stopped, no broker", falling_together.stop_worker_without_broker),
    Fault("relay killed", falling_processes.kill_relay),
    Fault("relay suspended", falling_processes.suspend_relay),
    Fault("api killed", falling_processes.kill_api),
    Fault("everything killed", falling_processes.kill_everything),
    Fault("log crashed", falling_servers.crash_log),
    Fault("database crashed", falling_servers.crash_instances, hinders=True),
    Fault("broker flushed", falling_servers.flush_broker),
    Fault("broker killed", falling_servers.kill_broker),
    Fault("log disk full", falling_servers.fill_log_disk, hinders=True),
    Fault("database disk full", falling_servers.fill_instances_disk, hinders=True),
    Fault("worker disk full", falling_servers.fill_worker_disk, hinders=True),
    Fault("messages doubled", lost_messages.double),
    Fault("messages dropped", lost_messages.drop),
    Fault("registry away", meddling.close_registry, hinders=True),
    Fault("cancel", meddling.cancel, hinders=True),
    Fault("slow doctor"),
    Fault("supervisor", hinders=True),
    Fault("twin"),
)

FAULTS: Final[Mapping[str, Fault]] = {fault.name: fault for fault in _FAULTS}
"""Every fault by its name; a new one needs nothing else than its line here."""

BLOWS: Final = tuple(fault.name for fault in _FAULTS if fault.strike)
"""Those that happen at a moment."""
