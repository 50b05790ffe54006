"""The images of an instance: its product's own and its siblings', at the registry, on the engine and as they run."""

import contextlib
from collections.abc import Sequence

from msgspec.structs import replace

from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import docker
from astrolabe.domain.kinds.compose_members import Member
from astrolabe.domain.kinds.image_parts import as_sibling, exact, parts
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.products.product import Image
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose import images
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.files import ComposeFiles
from astrolabe.workers.kinds.compose.project_members import ProjectMembers
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.kinds.driver import OnFetch


class ProjectImages:
    """Finds and fetches the images that one instance runs at a version."""

    def __init__(
        self, site: Site, engine: Engine, found: RunningProject, members: ProjectMembers, files: ComposeFiles
    ) -> None:
        self._site: Site = site
        self._engine: Engine = engine
        self._found: RunningProject = found
        self._members: ProjectMembers = members
        self._files: ComposeFiles = files

    async def resolve(self, version: str) -> Artifact:
        """Find the digests of a version's tags; what `latest` is, only the product's own image says."""
        folder = self._site.instance_folder
        own = await images.resolve(self._engine, self._found.image, version, folder)
        others = [await images.resolve(self._engine, each, own.version, folder) for each in await self._siblings()]
        return replace(own, siblings=tuple(map(as_sibling, others)))

    async def running(self, version: str) -> Artifact | None:
        """Return the images that run, if all are of this version and the engine knows them by their digests."""
        siblings = await self._siblings()
        services = [self._found.project.service]
        for sibling in siblings:
            services += [each.service for each in await self._of(sibling)][:1]
        found = [await self._runs(service, version) for service in services]
        whole = [each for each in found if each]
        if len(whole) != 1 + len(siblings):
            return None
        own, *others = whole
        return replace(own, siblings=tuple(map(as_sibling, others)))

    async def have(self, artifact: Artifact) -> bool:
        """Return whether the engine has all images of an artifact."""
        return all([await self._engine.image(each) is not None for each in self._exact(artifact)])

    async def pull(self, artifact: Artifact, on_fetch: OnFetch) -> None:
        """Pull the images of an artifact, and with a new version what the instance wants pulled with it."""
        if await self.have(artifact):
            return
        project, running = self._found.project, await self._found.running()
        also = project.also if running is None or artifact.version != running.version else ()
        command = argv.pull(self._files.pulled(artifact), (project.service, *also))
        await images.pull(self._engine, command, artifact, on_fetch)
        for each in self._exact(artifact)[1:]:
            await images.pull(self._engine, docker.pull_image(self._engine.docker, each), artifact, on_fetch)

    def _exact(self, artifact: Artifact) -> Sequence[str]:
        return tuple(exact(self._found.image, artifact).values())

    async def _siblings(self) -> list[Image]:
        """Return the sibling images that a service of the project has; none where Compose does not accept it."""
        _, *siblings = parts(self._found.image)
        with contextlib.suppress(StepFailed):
            return [each for each in siblings if await self._of(each)]
        return []

    async def _of(self, sibling: Image) -> list[Member]:
        return [each for each in (await self._members.all()).all if each.repository == sibling.repository]

    async def _runs(self, service: str, version: str) -> Artifact | None:
        containers: list[Container] = await self._found.containers(service)
        made = next((each for each in containers if each.state.running), next(iter(containers), None))
        if made is None or await self._found.version(made) != version:
            return None
        return await images.running_artifact(self._engine, self._found.image, made, version)
