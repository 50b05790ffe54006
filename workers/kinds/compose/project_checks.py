"""What preflight looks at in a compose project, before anything is touched."""

from collections.abc import Mapping
from typing import Final

from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.plans.plan import Check
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.filled_project import FilledProject
from astrolabe.workers.kinds.compose.isolation import ComposeIsolation
from astrolabe.workers.kinds.compose.running_project import RunningProject
from astrolabe.workers.programs import shell

NEEDED: Final = (2, 24)
"""The oldest Compose that replaces lists of earlier files by `!override`."""

ADVICE: Final[Mapping[str, str]] = {
    "engine": "Install Docker with Compose 2.24 or newer, then retry.",
    "project": "Make `docker compose config` accept the files that the instance names, then retry.",
    "isolation": "Mend that, naming the database's service, or set the instance's cutover to at-once, then retry.",
    "process": "See that one container of the gateway's service runs the product's image and publishes the port.",
}
"""What a person may do, by the name of a check."""


class ProjectChecks:
    """Looks at one project, at what runs of it, and at the engine."""

    def __init__(self, engine: Engine, filled: FilledProject, found: RunningProject, apart: ComposeIsolation) -> None:
        self._engine: Engine = engine
        self._filled: FilledProject = filled
        self._found: RunningProject = found
        self._apart: ComposeIsolation = apart

    async def all(self) -> list[Check]:
        """Check that Compose is there, accepts the project, and that an upgrade of it can be arranged."""
        try:
            said = (await self._engine.run((self._engine.docker, "compose", "version", "--short"))).stdout.strip()
        except shell.CommandProblem as error:
            return [Check("engine", False, str(error))]
        engine = Check("engine", _numbers(said) >= NEEDED, f"Compose {said}")
        try:
            services = await self._filled.services()
        except shell.CommandProblem as error:
            return [engine, Check("project", False, str(error))]
        missing = [each for each in argv.gateway_services(self._found.project) if each not in services]
        seen = f"the project has no service {', '.join(missing)}" if missing else f"{len(services)} services"
        gateway = next((each for each in await self._found.containers() if each.state.running), None)
        isolation = await self._apart.check(await self._filled.config(), gateway, self._found.image.port)
        return [engine, Check("project", not missing, seen), isolation]


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.removeprefix("v").split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())
