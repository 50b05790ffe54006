"""The starts of one instance: containers that are made, begun once, put back, and let in to others."""

import contextlib

from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import docker
from astrolabe.domain.plans.plan import Artifact
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.files import ComposeFiles
from astrolabe.workers.kinds.compose.isolation import ComposeIsolation
from astrolabe.workers.kinds.compose.project_commands import ProjectCommands
from astrolabe.workers.kinds.compose.project_members import ProjectMembers
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.kinds.driver import Following, GatewayId
from astrolabe.workers.programs import shell


class ComposeStarts:
    """Makes and starts containers, and remembers which of them it has made and begun itself."""

    def __init__(
        self,
        site: Site,
        engine: Engine,
        found: RunningProject,
        *,
        commands: ProjectCommands,
        files: ComposeFiles,
        members: ProjectMembers,
        apart: ComposeIsolation,
    ) -> None:
        self._site: Site = site
        self._engine: Engine = engine
        self._found: RunningProject = found
        self._commands: ProjectCommands = commands
        self._files: ComposeFiles = files
        self._members: ProjectMembers = members
        self._apart: ComposeIsolation = apart
        self._ready: dict[str, Container] = {}
        self._begun: dict[str, Container] = {}
        self.isolated: bool = False
        """Whether what is started from here on begins on the private network."""

    async def started(self, mark: str) -> GatewayId | None:
        """Find the running container of a start."""
        if mark in self._ready:
            return None
        found = [each for each in await self._found.marked(mark) if each.state.running]
        return GatewayId(found[0].id) if found else None

    async def was_started(self, mark: str) -> bool:
        """Return whether the program of a start ever began; a container that was only made is proof that it did not."""
        if mark in self._ready:
            return False
        found = await self._found.marked(mark)
        if found and not any(each.began for each in found):
            return await self._members.job_failed(mark)
        return bool(found) or self._files.attempted(mark)

    async def replaced(self, following: Following, /) -> bool:
        """Make a start in the place of what runs; return whether it is ready, as what fails is left to that start."""
        with contextlib.suppress(StepFailed, shell.CommandProblem):
            await self._members.filled.hooked()  # asked for while it still serves
            await self._make(following.artifact, following.mark, isolated=following.isolated)
        return following.mark in self._ready

    async def _make(self, artifact: Artifact, mark: str, *, isolated: bool) -> None:
        """Make the gateway's container in the place of the one that is there, which is stopped at the latest moment."""
        network = self._apart.network.name if isolated else None
        if isolated:
            async with self._commands.refusing():
                await self._apart.prepare(await self._members.filled.config())
        members, replaced = await self._members.all(), await self._members.replaced()
        await self._commands.run(argv.create(self._files.pinned(artifact, mark, members, network), replaced))
        found = await self._found.marked(mark)
        if len(found) != 1:
            raise StepFailed(
                "start-failed",
                f"Compose made {len(found)} containers of {self._found.project.service} where one was wanted.",
                todo="Look at them with `docker ps --all`, remove those that do not belong, then retry.",
            )
        made = found[0]
        self._files.remember(mark, made.policy)
        if isolated:
            self._apart.expect(made, await self._members.filled.config())
        # The engine may not start by itself again what failed in the middle of a migration.
        await self._engine.run(docker.restart_policy(self._engine.docker, made.id, "no"))
        self._ready[mark] = made

    async def next_job(self, artifact: Artifact, mark: str, /) -> GatewayId | None:
        """Make the containers of a start, and start its next job; None where all have ended well, or there is none."""
        if not (await self._members.all()).jobs:
            return None
        if mark not in self._ready:
            await self._make(artifact, mark, isolated=self.isolated)
        return await self._members.next_job(mark, self._files)

    async def start(self, artifact: Artifact, mark: str) -> GatewayId:
        """Start the gateway's container once; what a worker before us has made may be half made, and is made again."""
        if mark not in self._ready:
            await self._make(artifact, mark, isolated=self.isolated)
        made = self._ready.pop(mark)
        # What is replaced with the gateway uses the same database, so it waits until others are let in as well.
        apart = self.isolated or self._site.on_private_port
        services = (self._found.project.service, *(() if apart else await self._members.later()))
        if len(services) > 1 or await self._members.filled.hooked():
            network, members = self._apart.network.name if self.isolated else None, await self._members.all()
            await self._commands.run(argv.start(self._files.pinned(artifact, mark, members, network), services))
        else:  # without Compose, which reads the project first while nobody is served
            await self._commands.run(docker.start_container(self._engine.docker, made.id))
        if self.isolated:
            self._found.remember_where(await self._enclosed(made.id))
        elif self._site.config.port is None:  # else it answers at its port: nobody is served while it is looked at
            self._found.remember_where(await self._engine.container(made.id))
        self._begun[mark] = made
        return GatewayId(made.id)

    async def put_back(self, artifact: Artifact, mark: str, /) -> GatewayId:
        """Start a version again as any other, or find it started."""
        known = await self.started(mark)
        if known is None:
            return await self.start(artifact, mark)
        if later := await self._members.later():  # a worker before us may have died before it came to those
            await self._commands.run(argv.start(self._files.pinned(artifact, mark, await self._members.all()), later))
        return known

    async def let_in(self, artifact: Artifact, apart: str, /) -> GatewayId:
        """Open the networks of the container that was verified, and start what is replaced with it."""
        known = self._begun.get(apart) or next(iter(await self._found.marked(apart)), None)
        if known is None:
            raise StepFailed(
                "start-lost", "The container that was verified is gone.", todo="Start it, then look again."
            )
        if self._apart.means.complete:
            async with self._commands.refusing():
                await self._apart.let_in()
            self.isolated = False
            self._found.forget_where()
            # Written also for the owner, who may go on with that file.
            begun = self._files.pinned(artifact, apart, await self._members.all())
            if later := await self._members.later():
                await self._commands.run(argv.start(begun, later))
        return GatewayId(known.id)

    async def _enclosed(self, gateway: str) -> Container | None:
        found = await self._engine.container(gateway)
        if found and found.state.running and (found.published or not self._found.is_apart(found)):
            raise StepFailed(
                "not-isolated",
                f"Others reach the new version already, at {', '.join(found.published) or 'another network'}.",
                todo="Set the instance's cutover to at-once, then retry.",
            )
        return found
