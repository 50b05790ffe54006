"""The project as Compose reads it: files, variables and profiles put together, and everything filled in."""

import contextlib
from collections.abc import Mapping
from typing import Any

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds.compose_members import Services
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.files import ComposeFiles
from astrolabe.workers.programs import shell


class FilledProject:
    """Asks Compose once, for that is a third of a second each time."""

    def __init__(self, project: ComposeProject, engine: Engine, files: ComposeFiles) -> None:
        self._project: ComposeProject = project
        self._engine: Engine = engine
        self._files: ComposeFiles = files
        self._known: dict[str, Any] | None = None
        self._written: dict[str, str] | None = None

    async def config(self) -> Mapping[str, Any]:
        """Return all that Compose makes of the files; raises CommandProblem where it does not accept them."""
        if (known := self._known) is None:
            known = self._known = await self._engine.asked(argv.config(self._files.begun()))
        return known

    async def services(self) -> Services:
        """Return the services by their names."""
        return (await self.config())["services"]

    async def written(self) -> Mapping[str, str]:
        """Return the services' images by service, with their variables as they stand in the files."""
        if (known := self._written) is None:
            services = await self.services()
            with contextlib.suppress(shell.CommandProblem):  # what only holds once it is filled in is shown so
                services = (await self._engine.asked(argv.as_written(self._files.begun())))["services"]
            known = self._written = {name: str(each.get("image") or "") for name, each in services.items()}
        return known

    async def hooked(self) -> bool:
        """Return whether Compose has more to do at a start of the gateway than to start a container."""
        return "post_start" in (await self.services()).get(self._project.service, {})
