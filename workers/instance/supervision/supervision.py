"""A supervisor that Astrolabe acts through: stopped for good, pinned to a version, and started, by its own commands."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from astrolabe.domain.instances.process_user import ProcessUser


class Starts(Struct, frozen=True):
    """What a supervisor starts now, and how."""

    command: tuple[str, ...]
    folder: str
    user: ProcessUser | None = None
    """Whom the gateway runs as; None where that is the worker's user."""


class Supervisor(Protocol):
    """Who keeps one gateway's process alive; each act may be repeated, by this worker or by one that takes over."""

    async def stop(self) -> None:
        """Stop the gateway, so that neither its supervisor nor a boot of the machine starts it again."""
        ...

    async def start(self) -> int:
        """Start what is to be started, where it does not run, and wait for its process; return its pid."""
        ...

    async def release(self) -> None:
        """Let whoever wants start it again by the supervisor's own commands. Starts nothing."""
        ...

    async def pin(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Let the supervisor start this command from now on, with `env` over its owner's variables. Starts nothing."""
        ...

    async def unpin(self) -> None:
        """Put back what its owner had it start. Starts nothing."""
        ...

    async def starts(self) -> Starts:
        """Return what it would start now."""
        ...

    async def running_pid(self) -> int | None:
        """Return the process that it keeps alive, None where none runs."""
        ...

    async def output(self) -> str:
        """Return the end of what the gateway has said, as it was said; empty where nobody knows."""
        ...

    async def hidden(self, *paths: str) -> str | None:
        """Say which of these paths the gateway's user cannot reach; None where it reaches all."""
        ...
