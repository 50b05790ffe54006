"""Commands on a compose project, and in the words of a step why the engine did not do what was asked."""

import contextlib
from collections.abc import AsyncGenerator, Sequence

from astrolabe.workers.instance import process
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.programs import shell

START_SECONDS = 600.0
TAKEN = ("address already in use", "port is already allocated")


class ProjectCommands:
    """Runs what starts and stops containers of one instance."""

    def __init__(self, engine: Engine, port: int | None) -> None:
        self._engine: Engine = engine
        self._port: int | None = port

    async def run(self, command: Sequence[str]) -> None:
        """Run a command; raises StepFailed where the engine says no."""
        async with self.refusing():
            await self._engine.run(command, deadline=START_SECONDS)

    @contextlib.asynccontextmanager
    async def refusing(self) -> AsyncGenerator[None]:
        """Say in the words of a step why the engine did not do what was asked."""
        try:
            yield
        except shell.CommandProblem as error:
            seen = error.tail.splitlines()
            if any(words in error.tail for words in TAKEN):
                raise self._taken(seen) from error
            raise StepFailed("start-failed", f"Compose said no: {error}", seen=seen, output=error.tail) from error

    def _taken(self, seen: list[str]) -> StepFailed:
        holder = None
        with contextlib.suppress(StepFailed):  # it may hide from this user, or be on the engine's host
            holder = process.listener(self._port) if self._port else None
        who = f"process {holder.pid}" if holder else "somebody else"
        return StepFailed(
            "port-taken",
            f"Port {self._port} is taken by {who}." if self._port else "A port that the project publishes is taken.",
            seen=seen,
            todo="End that process or give the instance another port, then retry.",
        )
