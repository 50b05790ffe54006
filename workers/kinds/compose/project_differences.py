"""Whether Compose would make again what runs: the files that a container was made from, and the hash of all it is."""

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import compose_differences
from astrolabe.domain.plans.plan import Check
from astrolabe.store.whole_file import write
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine, owners_environment
from astrolabe.workers.kinds.compose.files import ComposeFiles
from astrolabe.workers.kinds.compose.filled_project import FilledProject
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.programs import shell


class ProjectDifferences:
    """Compares containers of one instance with what its project says now."""

    def __init__(
        self, site: Site, engine: Engine, found: RunningProject, filled: FilledProject, files: ComposeFiles
    ) -> None:
        self._site: Site = site
        self._engine: Engine = engine
        self._found: RunningProject = found
        self._filled: FilledProject = filled
        self._files: ComposeFiles = files

    async def check(self, containers: Iterable[Container], made_by: str) -> Check:
        """Check each container; `made_by` is the version of Compose here."""
        seen = [said for each in containers if (said := await self._difference(each, made_by))]
        return Check("project-differs", not seen, "; ".join(seen) or "Compose would make again what runs")

    async def _difference(self, container: Container, made_by: str) -> str | None:
        service, project = container.service, self._found.project
        made_from = compose_differences.made_from(container.label, {str(self._files.override)})
        forgotten = compose_differences.unnamed(project, container.label, made_from)
        if forgotten and (names := await self._without(service, made_from)):
            files = ", ".join(forgotten)
            return f"{service} was made from {files} as well; without it Compose would change its {', '.join(names)}"
        if argv.MARK in container.label or container.label.get(compose_differences.MADE_BY) != made_by:
            return None  # a hash of other versions, or of settings that were changed since, says nothing
        made = container.label.get(compose_differences.CONFIG_HASH)
        owners = Engine(owners_environment(self._found.project), self._site.secrets, self._site.checked_engine)
        for each in (self._engine, owners):  # its owner may have given the instance's settings to Compose, or not
            if made == await self._hash(each, container):
                return None
            if made == await self._hash(each, container, await self._then(each, container)):
                return None
        return f"the project's files say otherwise by now than when {service} was made from them"

    async def _without(self, service: str, made_from: Sequence[str]) -> tuple[str, ...]:
        """Name what a service has from all the files, and would not have from those that the instance names."""
        if not all(Path(each).is_file() for each in made_from):
            return ()
        whole = replace(self._found.project, files=tuple(made_from))
        try:
            then = await self._engine.asked(argv.config(argv.compose(self._engine.docker, whole)))
        except shell.CommandProblem:
            return ()  # they are no project any more; what the hash says counts
        now = await self._filled.services()
        return compose_differences.differences(then["services"].get(service, {}), now.get(service, {}))

    async def _then(self, engine: Engine, container: Container) -> argv.Override:
        """Return the environment of a container as it was made, but for variables that name images."""
        config = await self._quietly(engine, argv.config(self._files.begun()))
        now = msgspec.json.decode(config)["services"].get(container.service, {}).get("environment") or {}
        written = (await self._filled.written()).values()
        return argv.Override(environment=compose_differences.as_made(now, container.environment, written))

    async def _hash(self, engine: Engine, container: Container, added: argv.Override = argv.IMAGE_ALONE) -> str:
        """Return the hash that Compose would write with the image that runs."""
        file = self._site.instance_folder / "hash.yaml"
        service = replace(self._found.project, service=container.service)
        write(file, argv.override(service, container.config.image, added), private=True)  # an environment holds secrets
        try:
            said = await self._quietly(engine, argv.config_hash(self._files.begun(file), container.service))
            return said.split()[-1]
        finally:
            file.unlink()

    async def _quietly(self, engine: Engine, command: Sequence[str]) -> str:
        """Return what a command says with secrets as they are; why it fails is said by the same command with none."""
        with contextlib.suppress(shell.CommandProblem):
            return (await engine.unredacted().run(command)).stdout
        return (await engine.run(command)).stdout
