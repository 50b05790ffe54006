"""The `compose` driver: the user's own project, with the image pinned by an override file beside it."""

import asyncio
import shlex
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.file_rules import Mount
from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import docker
from astrolabe.domain.kinds.postgres import DatabaseFacts
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.domain.plans.plan import Artifact, Check, PlannedCommand
from astrolabe.domain.products.product import Image
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose.database import ContainerDatabase
from astrolabe.workers.kinds.compose.default_files import with_files
from astrolabe.workers.kinds.compose.engine import Engine, owners_environment
from astrolabe.workers.kinds.compose.files import ComposeFiles
from astrolabe.workers.kinds.compose.filled_project import FilledProject
from astrolabe.workers.kinds.compose.inside import ImageInside
from astrolabe.workers.kinds.compose.isolation import ComposeIsolation
from astrolabe.workers.kinds.compose.mounts import writable_mounts
from astrolabe.workers.kinds.compose.project_checks import ADVICE, ProjectChecks
from astrolabe.workers.kinds.compose.project_commands import START_SECONDS, ProjectCommands
from astrolabe.workers.kinds.compose.project_differences import ProjectDifferences
from astrolabe.workers.kinds.compose.project_images import ProjectImages
from astrolabe.workers.kinds.compose.project_members import ProjectMembers
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.kinds.compose.starts import ComposeStarts
from astrolabe.workers.kinds.driver import Following, GatewayId, IsolationMeans, OnFetch, Resolved, Running
from astrolabe.workers.kinds.kept_folders import has_empty, kept_folders


class ComposeDriver:
    """Acts on one instance of kind `compose`, on the engine that it names."""

    def __init__(self, site: Site) -> None:
        if site.config.compose is None:
            raise StepFailed("project-unknown", "This instance was registered without its compose project.")
        self._site: Site = site
        self._project: ComposeProject = with_files(site.config.compose)
        self._image: Image = site.product.container
        self._engine: Engine = Engine(_environment(site, self._project), site.secrets, site.checked_engine)
        self._found: RunningProject = RunningProject(site, self._project, self._image, self._engine)
        self._inside: ImageInside = ImageInside(site, self._image, self._engine, self._found)
        self._commands: ProjectCommands = ProjectCommands(self._engine, site.config.port)
        self._files: ComposeFiles = ComposeFiles(site, self._project, self._image, self._engine.docker)
        self._filled: FilledProject = FilledProject(self._project, self._engine, self._files)
        self._members: ProjectMembers = ProjectMembers(self._engine, self._commands, self._found, self._filled)
        self._images: ProjectImages = ProjectImages(site, self._engine, self._found, self._members, self._files)
        self.database: InstanceDatabase | None = self._database()
        self.advice: Mapping[str, str] = ADVICE
        self.tags_move: bool = True
        within = self.database if isinstance(self.database, ContainerDatabase) else None
        self._apart: ComposeIsolation = ComposeIsolation(site, self._project, self._engine, within)
        self.isolation: IsolationMeans = self._apart.means
        self._starts: ComposeStarts = ComposeStarts(
            site,
            self._engine,
            self._found,
            commands=self._commands,
            files=self._files,
            members=self._members,
            apart=self._apart,
        )

    def _database(self) -> InstanceDatabase | None:
        service, where = self._project.database_service, self._site.config.database
        if where is None or service is None:
            return self._site.database
        labels, reach = self._found.labels(service), self._site.reach
        return ContainerDatabase(where, self._site.password, reach, self._engine, labels)

    async def resolve(self, version: str) -> Resolved:
        """Find the digest of a version's tag; what `latest` is, only the image itself says."""
        return Resolved(await self._images.resolve(version))

    async def held(self, version: str, /) -> Artifact | None:
        """Return what runs, where it is of this version: its tag may have moved since it was pulled."""
        return await self._images.running(version)

    async def checks(self, legs: Sequence[Resolved], /) -> list[Check]:
        """Look at the engine and the project."""
        differences = ProjectDifferences(self._site, self._engine, self._found, self._filled, self._files)
        return await ProjectChecks(self._engine, self._found, self._apart, differences, self._members).all(legs)

    async def commands(
        self, old: Artifact, legs: Sequence[Artifact], database: DatabaseFacts
    ) -> Iterable[PlannedCommand]:
        """Plan what is pulled, stopped, made, started and asked."""
        versions, known, members = (old, *legs), await self._found.containers(), await self._members.all()
        container = known[0].name.removeprefix("/") if known else None
        facts = argv.ComposeFacts(
            docker=self._engine.docker,
            instance_folder=str(self._site.instance_folder),
            artifacts={each.version: each for each in versions},
            present=frozenset([each.version for each in versions if await self.has(each)]),
            container=container,
            members=members,
            jobs=tuple([await self._members.name(each.service) for each in members.jobs]),
            hooks=await self._filled.hooked(),
            fills=await asyncio.to_thread(has_empty, await kept_folders(self._site, self)),
            isolation=await self._apart.facts(await self._filled.config(), container or self._project.service),
            database=database,
        )
        config = replace(self._site.config, compose=self._project)
        return argv.plan(config, self._site.product, [each.version for each in versions], facts)

    async def supervision(self) -> None:
        """Return None: the engine starts its containers again, and its restart policy is set for that."""

    async def running(self) -> Running | None:
        """Find the container of the gateway's service, and which version its image is."""
        return await self._found.running()

    async def where(self) -> tuple[str, int] | None:
        """Return the container's own address while it is on the private network alone; looked for once a second."""
        return await self._found.where()

    async def reached(self) -> tuple[str, int] | None:
        """Return the container's own address in the project's networks, where the instance has no port."""
        return await self._found.reached()

    async def runs_as(self) -> None:
        """Return None: its project says whom its containers run as."""

    async def has(self, artifact: Artifact) -> bool:
        """Return whether the engine has the image of this digest, and those of its siblings."""
        return await self._images.have(artifact)

    async def pull(self, artifact: Artifact, on_fetch: OnFetch) -> None:
        """Pull images by their digests, and what the instance wants pulled with them."""
        await self._images.pull(artifact, on_fetch)

    async def prove(self, _artifact: Artifact, /) -> None:
        """Leave it to the start: an image carries all that its program needs."""

    async def started(self, mark: str) -> GatewayId | None:
        """Find the running container of a start."""
        return await self._starts.started(mark)

    async def was_started(self, mark: str) -> bool:
        """Return whether the program of a start ever began; a container that was only made is proof that it did not."""
        return await self._starts.was_started(mark)

    async def next_job(self, artifact: Artifact, mark: str, /) -> GatewayId | None:
        """Make the containers of a start, and start its next job; None where all have ended well, or there is none."""
        return await self._starts.next_job(artifact, mark)

    async def start(self, artifact: Artifact, mark: str) -> GatewayId:
        """Start the gateway's container once."""
        return await self._starts.start(artifact, mark)

    async def start_workers(self, _artifact: Artifact, _mark: str, /) -> None:
        """Do nothing: Compose starts them with the gateway that others are let in to."""

    async def put_back(self, artifact: Artifact, mark: str, /) -> GatewayId:
        """Start a version again as any other, or find it started."""
        return await self._starts.put_back(artifact, mark)

    def own_probe(self) -> None:
        """Return None: its gateway is asked over HTTP."""

    def fence(self, _port: int | None, _marks: str, /) -> None:
        """Return None: the engine gives a container's port to nobody else."""

    async def isolate(self) -> None:
        """Take the database off the project's networks; what is started next begins on the private one."""
        async with self._commands.refusing():
            await self._apart.enclose(await self._filled.config())
        self._starts.isolated = True
        self._found.forget_where(for_a_moment=True)

    async def end_isolation(self) -> None:
        """Put the database back on the project's networks, and remove the private one."""
        async with self._commands.refusing():
            await self._apart.end()
        self._starts.isolated = False
        self._found.forget_where()

    async def close(self) -> None:
        """End nothing: what was verified goes on."""

    async def let_in(self, artifact: Artifact, apart: str, _mark: str, /) -> GatewayId:
        """Open the networks of the container that was verified, and start what is replaced with it."""
        return await self._starts.let_in(artifact, apart)

    async def leave(self, artifact: Artifact, mark: str, /, *, old: bool) -> Sequence[HandCommand]:
        """Put back the restart policy that the project wants; return what brings an artifact up by hand."""
        services = await self._filled.services()
        for each in await self._members.containers():
            wanted = services.get(each.service, {}).get("restart") or "no"
            await self._engine.run(docker.restart_policy(self._engine.docker, each.id, wanted))
        begun = self._files.pinned(artifact, mark, await self._members.all())
        started = argv.start(begun, (self._project.service, *await self._members.later()))
        does = f"starts the {'old' if old else 'new'} version, {artifact.version}"
        return [*await self._apart.network.left(), HandCommand(does, shlex.join(started))]

    async def settle(self, mark: str) -> None:
        """Put back the restart policy that the user's project wants."""
        for each in await self._found.marked(mark):
            await self._engine.run(docker.restart_policy(self._engine.docker, each.id, self._files.policy(mark)))

    async def alive(self, gateway: GatewayId) -> bool:
        """Return whether the container runs."""
        return await self._found.alive(gateway)

    async def exit_code(self, gateway: GatewayId) -> int | None:
        """Return the code that the container ended with."""
        return await self._found.exit_code(gateway)

    async def output(self, mark: str) -> str:
        """Return the last lines that a start's container has said."""
        return await self._found.output(mark)

    async def stop_all(self, following: Following | None = None, /) -> None:
        """Stop all members, or replace their containers; the engine may start none by itself."""
        for each in await self._members.containers():
            if each.began:  # one that a worker before us only made still says which policy the project wants
                await self._engine.run(docker.restart_policy(self._engine.docker, each.id, "no"))
        self._found.forget_where()
        if following and await self._starts.replaced(following) and not self._project.also:
            return
        await self._commands.run(argv.stop(self._files.begun(), await self._members.replaced()))

    async def ended(self) -> bool:
        """Wait until no member runs any more; Compose goes on putting the next containers in their places.

        Returns False where the project has more stopped with them.
        """
        if self._project.also:
            return False
        async with self._commands.refusing():
            for each in await self._members.containers():
                if each.state.running:
                    await self._engine.until_ended(each.id, START_SECONDS)
        return True

    async def mounts(self) -> list[Mount]:
        """List what its members' containers may write to, and see that it is this host's."""
        return [mount for each in await self._members.containers() for mount in writable_mounts(each)]

    async def members(self, artifact: Artifact, /) -> Check | None:
        """Check the workers once they are started, which they are with a gateway that others are let in to."""
        if not (await self._members.all()).workers:
            return None
        running = [each for each in await self._found.containers() if each.state.running]
        if self._site.on_private_port or any(self._found.is_apart(each) for each in running):
            return None
        return await self._members.after(artifact)

    async def healthcheck(self) -> Check | None:
        """Ask the test that the gateway's container is made with; None where it has none."""
        return await self._found.healthcheck()

    async def doctor(self, _artifact: Artifact, /) -> tuple[bool, str] | None:
        """Run the product's own check inside the gateway's container; None where it has none."""
        return await self._inside.doctor()

    async def migration_files(self, artifact: Artifact) -> list[str] | None:
        """List the migrations that an image brings, by the names they get in the database."""
        return await self._inside.migration_files(artifact)


def _environment(site: Site, project: ComposeProject) -> dict[str, str]:
    """Return what Compose fills the user's files with, beside the project's own .env: the instance's settings."""
    return {**owners_environment(project), **site.config.settings, **site.secret_settings}
