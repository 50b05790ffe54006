"""What preflight looks at in a compose project, before anything is touched."""

from collections.abc import Mapping, Sequence
from typing import Final

from astrolabe.domain.kinds.compose_next_up import at_next_up
from astrolabe.domain.kinds.image_parts import part_of
from astrolabe.domain.plans.plan import NAMED_ALREADY, NEXT_UP, Check
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.isolation import ComposeIsolation
from astrolabe.workers.kinds.compose.project_differences import ProjectDifferences
from astrolabe.workers.kinds.compose.project_members import ProjectMembers
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.kinds.driver import Resolved
from astrolabe.workers.programs import shell

NEEDED: Final = (2, 24)
"""The oldest Compose that replaces lists of earlier files by `!override`."""

ADVICE: Final[Mapping[str, str]] = {
    "engine": "Install Docker with Compose 2.24 or newer, then retry.",
    "project": "Make `docker compose config` accept the files that the instance names, then retry.",
    "isolation": "Mend that, naming the database's service, or set the instance's cutover to at-once, then retry.",
    "members": "Bring every member up as its project says, at the gateway's version and no other, then retry.",
    "project-differs": "Name every file (astrolabe reconfigure NAME --project-file …), or put back what was changed.",
    "healthcheck": "Mend it, or set healthcheck: {disable: true}, so that the product's health address counts.",
    "process": "Let one container of the gateway's service run and publish the port, or reconfigure with --no-port.",
}
"""What a person may do, by the name of a check."""


class ProjectChecks:
    """Looks at one project, at what runs of it, and at the engine."""

    def __init__(
        self,
        engine: Engine,
        found: RunningProject,
        apart: ComposeIsolation,
        differences: ProjectDifferences,
        members: ProjectMembers,
    ) -> None:
        self._engine: Engine = engine
        self._found: RunningProject = found
        self._apart: ComposeIsolation = apart
        self._differences: ProjectDifferences = differences
        self._members: ProjectMembers = members

    async def all(self, legs: Sequence[Resolved]) -> list[Check]:
        """Check that Compose is there, accepts the project, and that an upgrade of it can be arranged."""
        try:
            said = (await self._engine.run((self._engine.docker, "compose", "version", "--short"))).stdout.strip()
        except shell.CommandProblem as error:
            return [Check("engine", False, str(error))]
        engine = Check("engine", _numbers(said) >= NEEDED, f"Compose {said}")
        try:
            services = await self._members.filled.services()
        except shell.CommandProblem as error:
            return [engine, Check("project", False, str(error))]
        named = (self._found.project.service, *self._found.project.also)
        missing = [each for each in named if each not in services]
        seen = f"the project has no service {', '.join(missing)}" if missing else f"{len(services)} services"
        project = Check("project", not missing, seen)
        if missing:
            return [engine, project]
        running = [each for each in await self._members.containers() if each.state.running]
        gateway = next((each for each in running if each.service == self._found.project.service), None)
        isolation = await self._apart.check(await self._members.filled.config(), gateway, self._found.image.port)
        version = await self._found.version(gateway) if gateway else None
        checks = [isolation, await self._members.before(version), await self._differences.check(running, said)]
        return [engine, project, *checks, *[await self._next_up(each) for each in legs[-1:]]]

    async def _next_up(self, target: Resolved) -> Check:
        """Say what the owner's own files make of the members when they are brought up after the upgrade."""
        known, services, image = await self._members.all(), await self._members.filled.services(), self._found.image
        said: list[str] = []
        for service in (self._found.project.service, *(each.service for each in known.all)):
            filled = services[service].get("image") or ""
            written = (await self._members.filled.written()).get(service) or filled
            if part := part_of(image, filled):
                said += [at_next_up(service, written, filled, part, target.artifact.version) or ""]
        seen = "; ".join(each for each in said if each)
        return Check(NEXT_UP, True, seen or NAMED_ALREADY)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.removeprefix("v").split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())
