"""A container engine, spoken to through Docker's own program, so that contexts and credentials are the user's.

What is asked, and what changes one thing, goes to the socket that this program would speak to, if it is on this host.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import docker
from astrolabe.domain.kinds.docker import Place
from astrolabe.workers.kinds.compose.engine_exec import ContainerCommand
from astrolabe.workers.kinds.compose.engine_requests import request_of
from astrolabe.workers.kinds.compose.engine_socket import EngineSocket, having, unreachable
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.output import Redactor

NEVER: Final = "0001-01-01"
"""How the engine writes the time of what has not happened."""

ASK_SECONDS: Final = 60.0
SERVICE_LABEL: Final = "com.docker.compose.service"


class ContainerHealth(Struct, frozen=True, rename="pascal"):
    """What a container's own healthcheck says."""

    status: str = ""


class Healthcheck(Struct, frozen=True, rename="pascal"):
    """How the engine finds out whether a container is healthy."""

    test: list[str] | None = None
    timeout: int = 0
    """Nanoseconds that the test may take; none where the engine's own limit holds."""

    @property
    def command(self) -> tuple[str, ...]:
        """The command that is run inside the container; nothing where there is none."""
        match self.test or []:
            case ["CMD-SHELL", line]:
                return "/bin/sh", "-c", line
            case ["CMD", *words]:
                return tuple(words)
            case _:
                return ()


class State(Struct, frozen=True, rename="pascal"):
    """Whether a container runs, ran, or never did."""

    running: bool
    started_at: str
    exit_code: int = 0
    health: ContainerHealth | None = None


class Config(Struct, frozen=True, rename="pascal"):
    """What a container was made of."""

    image: str
    labels: dict[str, str] | None = None
    healthcheck: Healthcheck | None = None


class Mount(Struct, frozen=True, rename="pascal"):
    """What a container sees at a path of its own."""

    type: str
    destination: str
    name: str = ""
    """The volume's name; empty where it is none."""
    source: str = ""
    writable: bool = msgspec.field(default=True, name="RW")


class RestartPolicy(Struct, frozen=True, rename="pascal"):
    """What the engine does when a container ends by itself."""

    name: str = "no"
    maximum_retry_count: int = 0


class Binding(Struct, frozen=True, rename="pascal"):
    """A port of the host that leads into a container."""

    host_port: str = ""


Bindings: TypeAlias = dict[str, list[Binding] | None]


class HostConfig(Struct, frozen=True, rename="pascal"):
    """How a container is tied to its host."""

    network_mode: str = ""
    restart_policy: RestartPolicy = RestartPolicy()
    port_bindings: Bindings | None = None
    """The ports that it is to publish, whether or not they lead to it now."""


class ChosenAddresses(Struct, frozen=True):
    """The addresses that a container was given by name, and not by the engine's choice."""

    ipv4: str | None = msgspec.field(default=None, name="IPv4Address")
    ipv6: str | None = msgspec.field(default=None, name="IPv6Address")


class Network(Struct, frozen=True):
    """A container's place in a network."""

    address: str = msgspec.field(default="", name="IPAddress")
    aliases: list[str] | None = msgspec.field(default=None, name="Aliases")
    chosen: ChosenAddresses | None = msgspec.field(default=None, name="IPAMConfig")


class NetworkSettings(Struct, frozen=True, rename="pascal"):
    """How a container is reached."""

    ports: Bindings | None = None
    networks: dict[str, Network] | None = None


class Container(Struct, frozen=True, rename="pascal"):
    """A container as the engine describes it."""

    id: str
    name: str
    image: str
    state: State
    config: Config
    host_config: HostConfig
    network_settings: NetworkSettings
    mounts: list[Mount] = []
    restart_count: int = 0
    """How often the engine has started its program again by itself."""

    @property
    def label(self) -> dict[str, str]:
        """Its labels by their names."""
        return self.config.labels or {}

    @property
    def began(self) -> bool:
        """Whether its program ever ran."""
        return not self.state.started_at.startswith(NEVER)

    @property
    def policy(self) -> str:
        """Its restart policy, as the command line writes it."""
        policy = self.host_config.restart_policy
        return (
            f"{policy.name or 'no'}:{policy.maximum_retry_count}" if policy.maximum_retry_count else policy.name or "no"
        )

    @property
    def address(self) -> str | None:
        """Its address in the first network that gives it one."""
        return next((each.address for each in self.networks.values() if each.address), None)

    @property
    def networks(self) -> dict[str, Network]:
        """Its place in each network that it is on."""
        return self.network_settings.networks or {}

    @property
    def places(self) -> tuple[Place, ...]:
        """Its places, as it was connected to them; the engine adds its short id to the names by itself."""
        return tuple(
            Place(
                network,
                tuple(alias for alias in at.aliases or () if not self.id.startswith(alias)),
                at.chosen and at.chosen.ipv4,
                at.chosen and at.chosen.ipv6,
            )
            for network, at in self.networks.items()
        )

    @property
    def service(self) -> str:
        """The service of its project that it belongs to."""
        return self.label.get(SERVICE_LABEL, "")

    @property
    def published(self) -> set[str]:
        """The ports of the host that lead to it now."""
        return _host_ports(self.network_settings.ports)

    @property
    def closed(self) -> bool:
        """Whether it is to publish ports, and none of them leads to it."""
        return bool(self.host_config.port_bindings) and not self.published

    def publishes(self, port: int) -> bool:
        """Return whether a port of the host leads to it."""
        return self.host_config.network_mode == "host" or str(port) in self.published

    def will_publish(self, port: int) -> bool:
        """Return whether a port of the host leads to it as soon as its networks let it."""
        return str(port) in _host_ports(self.host_config.port_bindings)


def _host_ports(bindings: Bindings | None) -> set[str]:
    return {each.host_port for bound in (bindings or {}).values() for each in bound or ()}


class ImageConfig(Struct, frozen=True, rename="pascal"):
    """What an image says of itself."""

    labels: dict[str, str] | None = None


class ImageDetails(Struct, frozen=True, rename="pascal"):
    """An image on the engine's host."""

    id: str
    config: ImageConfig | None = None

    @property
    def version(self) -> str | None:
        """The version in the label that images carry for it."""
        return ((self.config and self.config.labels) or {}).get(argv.VERSION_LABEL)


class Listed(Struct, frozen=True, rename="pascal"):
    """A container in a list."""

    id: str


def owners_environment(project: ComposeProject) -> dict[str, str]:
    """Return what Compose has of a project's owner beside the files: the worker's own environment, and the engine."""
    return {**inherited(), **({"DOCKER_HOST": project.engine} if project.engine else {})}


class Engine:
    """The engine that one instance is on."""

    def __init__(self, environment: Mapping[str, str], secrets: Sequence[str]) -> None:
        self.docker: str = str(tools.docker())
        self._environment: Mapping[str, str] = environment
        self._secrets: Sequence[str] = secrets
        self._socket: EngineSocket | None = EngineSocket.of(environment, secrets)

    async def run(
        self,
        command: Sequence[str],
        *,
        deadline: float = ASK_SECONDS,
        on_line: Callable[[str], None] | None = None,
        stdout: Path | None = None,
    ) -> shell.Finished:
        """Run a command of Docker's; StepFailed where there is no engine, CommandProblem where it says no."""
        if self._socket and stdout is None and (request := request_of(command)):
            return await self._socket.act(command, request, deadline)
        if self._socket and stdout is None and command[1] == "exec":
            return await ContainerCommand(self._socket, command, Redactor(self._secrets)).run(deadline, on_line)
        try:
            return await shell.run(
                command,
                env=self._environment,
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
