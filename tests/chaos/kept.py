"""A process that is started again whenever it ends, as a service manager does, until it is no longer wanted."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGTERM, Signals
from typing import Final

from astrolabe.workers.programs.shell import Child, supervise

PAUSE_SECONDS: Final = 0.3
"""How long it is before a process that ended is started again."""
GRACE_SECONDS: Final = 20.0


class KeptProcess:
    """One process of ours and whoever starts it again."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], folder: Path, home: Path) -> None:
        self.name: Final = name
        self._argv: Final = argv
        self._env: Final = env
        self._log: Final = folder / f"{name}.log"
        self._home: Final = home
        self._child: Child | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process, None between two of them."""
        return self._child.pid if self._child and self._child.returncode is None else None

    def start(self) -> None:
        """Start it, and keep it."""
        self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    def signal(self, number: Signals) -> None:
        """Send a signal to the process that runs now."""
        if self._child:
            self._child.signal(number)

    async def ended(self, seconds: float) -> bool:
        """Wait for the end of the process that runs now; False where it does not end in time."""
        child = self._child
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if child:
                    await child.wait()
                return True
        return False

    async def stop(self) -> None:
        """Let it end for good."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))
        if self._child:
            self._child.signal(SIGCONT)
            await self._child.stop(SIGTERM, grace=GRACE_SECONDS)

    def kill(self) -> None:
        """End it at once."""
        self.signal(SIGKILL)

    def said(self, last: int = 4000) -> str:
        """Return the end of what it logged."""
        return self._log.read_text(errors="replace")[-last:] if self._log.exists() else ""

    def _spawn(self) -> None:
        self._child = supervise(self._argv, env=self._env, log=self._log, cwd=self._home)

    async def _keep(self) -> None:
        while self._child:
            await self._child.wait()
            await asyncio.sleep(PAUSE_SECONDS)
            self._spawn()
