"""A container engine, spoken to through Docker's own program, so that contexts and credentials are the user's."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import docker
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.programs import shell, tools

NEVER: Final = "0001-01-01"
"""How the engine writes the time of what has not happened."""

ASK_SECONDS: Final = 60.0


class ContainerHealth(Struct, frozen=True, rename="pascal"):
    """What a container's own healthcheck says."""

    status: str = ""


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


class RestartPolicy(Struct, frozen=True, rename="pascal"):
    """What the engine does when a container ends by itself."""

    name: str = "no"
    maximum_retry_count: int = 0


class HostConfig(Struct, frozen=True, rename="pascal"):
    """How a container is tied to its host."""

    network_mode: str = ""
    restart_policy: RestartPolicy = RestartPolicy()


class Binding(Struct, frozen=True, rename="pascal"):
    """A port of the host that leads into a container."""

    host_port: str = ""


class Network(Struct, frozen=True):
    """A container's place in a network."""

    address: str = msgspec.field(default="", name="IPAddress")


class NetworkSettings(Struct, frozen=True, rename="pascal"):
    """How a container is reached."""

    ports: dict[str, list[Binding] | None] | None = None
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
        networks = self.network_settings.networks or {}
        return next((each.address for each in networks.values() if each.address), None)

    def publishes(self, port: int) -> bool:
        """Return whether a port of the host leads to it."""
        bound = (self.network_settings.ports or {}).values()
        return self.host_config.network_mode == "host" or str(port) in {
            binding.host_port for bindings in bound for binding in bindings or ()
        }


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


class Engine:
    """The engine that one instance is on."""

    def __init__(self, environment: Mapping[str, str], secrets: Sequence[str]) -> None:
        self.docker: str = str(tools.docker())
        self._environment: Mapping[str, str] = environment
        self._secrets: Sequence[str] = secrets

    async def run(
        self,
        command: Sequence[str],
        *,
        deadline: float = ASK_SECONDS,
        on_line: Callable[[str], None] | None = None,
        stdout: Path | None = None,
    ) -> shell.Finished:
        """Run a command of Docker's; StepFailed where there is no engine, CommandProblem where it says no."""
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
            if "docker daemon" in error.tail and "connect" in error.tail:
                raise StepFailed(
                    "engine-unreachable",
                    "The container engine does not answer.",
                    seen=error.tail.splitlines(),
                    todo="Start the engine, or see that DOCKER_HOST and the instance name the right one, then retry.",
                ) from error
            raise

    async def labelled(self, *labels: str) -> list[Container]:
        """Describe the containers that bear labels, also those that do not run."""
        listed = (await self.run(docker.containers(self.docker, *labels))).stdout.split()
        return await self._described(listed)

    async def container(self, known: str) -> Container | None:
        """Describe a container; None where it is gone."""
        found = await self._described([known])
        return found[0] if found else None

    async def _described(self, names: Sequence[str]) -> list[Container]:
        if not names:
            return []
        try:
            ended = await self.run(docker.inspect(self.docker, "container", names))
        except shell.CommandFailed as error:
            if "No such container" not in error.tail:
                raise
            return []  # one that went between the two looks is looked for again by whoever asked
        return msgspec.json.decode(ended.stdout, type=list[Container])

    async def image(self, name: str) -> ImageDetails | None:
        """Describe an image; None where the engine's host has none of this name."""
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
