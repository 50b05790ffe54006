"""What the supervisor keeps alive."""

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from astrolabe.workers.programs import shell
from astrolabe.workers.programs.shell import Child


class SupervisedProcess(Protocol):
    """Something that the supervisor keeps alive."""

    @property
    def name(self) -> str:
        """What the console and the log file call it."""
        ...

    async def start(self) -> None:
        """Start it, and return when others may rely on it."""
        ...

    async def wait(self) -> int:
        """Wait for its end."""
        ...

    async def stop(self) -> None:
        """End it cleanly."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class SupervisedCommand:
    """A process of ours, started from an argv."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name: Final = name
        self._argv: Final = argv
        self._env: Final = env
        self._log: Final = log
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it."""
        self._child = shell.supervise(self._argv, env=self._env, log=self._log)

    async def wait(self) -> int:
        """Wait for its end; return its exit code."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """Ask it to end."""
        if self._child:
            await self._child.stop(grace=20)

    def kill(self) -> None:
        """End its whole group at once."""
        if self._child:
            self._child.signal(signal.SIGKILL, group=True)
