"""What the supervisor keeps alive."""

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from astrolabe.cli.forking.client import Forks
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.running import RunningProcess


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


Launch: TypeAlias = Callable[[str, Mapping[str, str], Path], Awaitable[RunningProcess]]
"""Starts a process of ours by its name, with an environment, its output appended to a file."""


def executing(command: Callable[[str], Sequence[str]]) -> Launch:
    """Start each process from the argv that its name has."""

    async def launch(name: str, env: Mapping[str, str], log: Path) -> RunningProcess:
        return shell.supervise(command(name), env=env, log=log)

    return launch


def forking(forks: Forks, words: Callable[[str], Sequence[str]]) -> Launch:
    """Fork each process, which runs the astrolabe command that its name has; execute it where nothing can be forked."""
    otherwise = executing(lambda name: run_astrolabe(*words(name)))

    async def launch(name: str, env: Mapping[str, str], log: Path) -> RunningProcess:
        if forks.gone:
            return await otherwise(name, env, log)
        return await forks.start(words(name), env=env, log=log)

    return launch


class SupervisedCommand:
    """A process of ours."""

    def __init__(self, name: str, launch: Launch, env: Mapping[str, str], log: Path) -> None:
        self.name: Final = name
        self._launch: Final = launch
        self._env: Final = env
        self._log: Final = log
        self._child: RunningProcess | None = None

    async def start(self) -> None:
        """Start it."""
        self._child = await self._launch(self.name, self._env, self._log)

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
