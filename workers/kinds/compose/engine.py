"""A container engine, spoken to through Docker's own program, so that contexts and credentials are the user's.

What is asked, and what changes one thing, goes to the socket that this program would speak to, if it is on this host.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds import docker
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine_exec import ContainerCommand
from astrolabe.workers.kinds.compose.engine_requests import request_of
from astrolabe.workers.kinds.compose.engine_socket import ASK_SECONDS, EngineSocket, having, unreachable
from astrolabe.workers.kinds.compose.image_details import ImageDetails
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

Guard: TypeAlias = Callable[[], Awaitable[Mapping[str, str]]]
"""Says what Docker's program is given besides; StepFailed where the engine may not be asked."""


class Listed(Struct, frozen=True, rename="pascal"):
    """A container in a list."""

    id: str


def owners_environment(project: ComposeProject) -> dict[str, str]:
    """Return what Compose has of a project's owner beside the files: the worker's own environment, and the engine."""
    return {**inherited(), **({"DOCKER_HOST": project.engine} if project.engine else {})}


async def unguarded() -> dict[str, str]:
    """Let the engine be asked as it is: it is the worker's own."""
    return {}


class Engine:
    """The engine that one instance is on."""

    def __init__(self, environment: Mapping[str, str], secrets: Sequence[str], guard: Guard = unguarded) -> None:
        self._guard: Guard = guard
        self.docker: str = str(tools.docker())
        self._environment: Mapping[str, str] = environment
        self._secrets: Sequence[str] = secrets
        self._socket: EngineSocket | None = EngineSocket.of(environment, secrets)

    def unredacted(self) -> "Engine":
        """Return the same engine, whose words hold secrets as they are: only for what is compared, and never shown."""
        return Engine(self._environment, (), self._guard)

    async def run(
        self,
        command: Sequence[str],
        *,
        deadline: float = ASK_SECONDS,
        on_line: Callable[[str], None] | None = None,
        stdout: Path | None = None,
    ) -> shell.Finished:
        """Run a command of Docker's; StepFailed where there is no engine, CommandProblem where it says no."""
        if self._socket and stdout is None:
            if request := request_of(command):
                return await self._socket.act(command, request, deadline)
            if command[1] == "exec":
                return await ContainerCommand(self._socket, command).run(deadline, on_line)
        checked = await self._guard()
        try:
            return await shell.run(
                command,
                env={**self._environment, **checked},
                deadline=deadline,
                secrets=self._secrets,
                on_line=on_line,
                stdout=stdout,
            )
        except shell.CommandProblem as error:
            late = isinstance(error, shell.CommandTimedOut) and deadline == ASK_SECONDS
            if late or ("docker daemon" in error.tail and "connect" in error.tail):
                raise unreachable(error.tail.splitlines()) from error
            raise

    async def labelled(self, *labels: str) -> list[Container]:
        """Describe the containers that bear labels, also those that do not run."""
        if self._socket:
            found = await self._socket.asked("/containers/json", all="true", filters=having(labels)) or b"[]"
            listed = [each.id for each in msgspec.json.decode(found, type=list[Listed])]
        else:
            listed = (await self.run(docker.containers(self.docker, *labels))).stdout.split()
        return await self._described(listed)

    async def container(self, known: str) -> Container | None:
        """Describe a container; None where it is gone."""
        found = await self._described([known])
        return found[0] if found else None

    async def until_ended(self, container: str, deadline: float) -> None:
        """Wait until a container does not run any more; one that is gone does not."""
        try:
            await self.run(docker.waited(self.docker, container), deadline=deadline)
        except shell.CommandFailed as error:
            if "No such container" not in error.tail:
                raise

    async def _described(self, names: Sequence[str]) -> list[Container]:
        if not names:
            return []
        if self._socket:
            found = [await self._socket.asked(f"/containers/{name}/json") for name in names]
            # As Docker's program has it: whoever asked looks again where one went between the two looks.
            return [msgspec.json.decode(each, type=Container) for each in found if each] if all(found) else []
        try:
            ended = await self.run(docker.inspect(self.docker, "container", names))
        except shell.CommandFailed as error:
            if "No such container" not in error.tail:
                raise
            return []  # one that went between the two looks is looked for again by whoever asked
        return msgspec.json.decode(ended.stdout, type=list[Container])

    async def image(self, name: str) -> ImageDetails | None:
        """Describe an image; None where the engine's host has none of this name."""
        if self._socket:
            found = await self._socket.asked(f"/images/{name}/json")
            return msgspec.json.decode(found, type=ImageDetails) if found else None
        try:
            ended = await self.run(docker.inspect(self.docker, "image", [name]))
        except shell.CommandFailed as error:
            if "No such image" not in error.tail:
                raise
            return None
        return msgspec.json.decode(ended.stdout, type=list[ImageDetails])[0]

    async def asked(self, command: Sequence[str]) -> Any:
        """Return the JSON that a command answers with."""
        return msgspec.json.decode((await self.run(command)).stdout)
