"""A gateway that its owner's supervisor keeps running: stopped, pinned to a version and put back through that."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.supervision.supervision import Supervision
from astrolabe.domain.words import Cutover, Version
from astrolabe.workers.instance import process
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.instance.supervision.acting import supervisor_of
from astrolabe.workers.instance.supervision.detection import detect
from astrolabe.workers.instance.supervision.supervision import Starts, Supervisor


class SupervisedGateway:
    """One gateway, a package of npm, and the supervisor that keeps it."""

    def __init__(self, supervisor: Supervisor, package: str) -> None:
        self._supervisor: Supervisor = supervisor
        self._package: str = package
        self._starts: Starts | None = None

    async def stop(self) -> None:
        """Stop it for good: until it is started here, nobody brings it back."""
        await self._supervisor.stop()

    async def start(self, command: Sequence[str], env: Mapping[str, str]) -> int:
        """Let the supervisor run this command from now on, also after a boot; return its pid."""
        await self._supervisor.pin(command, env)
        return await self._supervisor.start()

    async def put_back(self, version: Version, command: Sequence[str], env: Mapping[str, str]) -> int:
        """Let the supervisor run what its owner had it run, where that is this very version; return its pid.

        What leads to another, such as `npx astra@latest`, would migrate the old database: then the version is pinned.
        """
        await self._give_back(version, command, env)
        return await self._supervisor.start()

    async def _give_back(self, version: Version, command: Sequence[str], env: Mapping[str, str]) -> None:
        await self._supervisor.unpin()
        if self._version(await self._supervisor.starts()) != version:
            await self._supervisor.pin(command, env)

    async def leave(self, version: Version | None, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Let a person start what is pinned by the supervisor's own commands, or a version as `put_back` would."""
        if version and not await self._supervisor.running_pid():
            await self._give_back(version, command, env)
        await self._supervisor.release()

    async def keep(self) -> None:
        """Finish a start that a worker before us died in, where the supervisor runs the gateway already."""
        if await self._supervisor.running_pid():
            await self._supervisor.start()

    async def as_gateway(self) -> tuple[ProcessUser | None, Path]:
        """Return whom the gateway runs as, None for the worker's user, and the folder that it is started in."""
        starts = self._starts = self._starts or await self._supervisor.starts()
        return starts.user, Path(starts.folder)

    async def output(self) -> str:
        """Return the end of what it has said."""
        return await self._supervisor.output()

    def _version(self, starts: Starts) -> Version | None:
        tree = GatewayProcess(0, 0.0, starts.command, starts.folder).tree(self._package)
        return process.package_version(tree, self._package) if tree else None


async def starts_under_title(found: GatewayProcess, folder: Path) -> Starts | None:
    """Return what pm2 started, which writes a title over the words of its processes; None where those can be read."""
    if not process.is_titled(found):
        return None
    supervisor = (await detect(found.pid)).supervisor
    return await supervisor_of(supervisor, folder).starts() if supervisor else None


def judge_handled(found: Supervision, hidden: str | None, cutover: Cutover) -> Supervision:
    """Refuse what could be acted through, where the new version could not be started, or more than once."""
    if hidden:
        todo = "Let that user read it, or keep Astrolabe's data (--data) and Node.js where it may, then retry."
        return replace(found, verdict="refused", seen=f"{found.seen}, but {hidden}", todo=todo, supervisor=None)
    if cutover == "at-once":
        seen = (
            f"{found.seen}, but a version that is let in at once has a single start, which it could begin again while "
            "that migrates"
        )
        todo = "Set the instance's cutover to verified (astrolabe reconfigure NAME --cutover verified), then retry."
        return replace(found, verdict="refused", seen=seen, todo=todo, supervisor=None)
    return found
