"""Containers, as an engine describes them."""

from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from astrolabe.domain.kinds.docker import Place

NEVER: Final = "0001-01-01"
"""How the engine writes the time of what has not happened."""

SHORT: Final = 12
"""How much of its id an engine makes a name of the container's; less may be a name of its owner's, such as `db`."""

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
    pid: int = 0
    """Its first process on the engine's host; 0 where none runs."""
    health: ContainerHealth | None = None


class Config(Struct, frozen=True, rename="pascal"):
    """What a container was made of."""

    image: str
    labels: dict[str, str] | None = None
    env: list[str] | None = None
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
    def environment(self) -> dict[str, str]:
        """Its environment by name, its image's own words among them."""
        return {name: value for each in self.config.env or () for name, _, value in [each.partition("=")]}

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
        return self.address_beside("")

    def address_beside(self, network: str) -> str | None:
        """Return its address in the first other network that gives it one."""
        return next((each.address for name, each in self.networks.items() if each.address and name != network), None)

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
                tuple(alias for alias in at.aliases or () if alias != self.id[:SHORT]),
                at.chosen and at.chosen.ipv4,
                at.chosen and at.chosen.ipv6,
            )
            for network, at in self.networks.items()
        )

    def is_at(self, place: Place) -> bool:
        """Return whether it is on a network under all the names that it is to have there."""
        at = self.networks.get(place.network)
        return at is not None and {*place.aliases} <= {*(at.aliases or ())}

    @property
    def service(self) -> str:
        """The service of its project that it belongs to."""
        return self.label.get(SERVICE_LABEL, "")

    @property
    def published(self) -> set[str]:
        """The ports of the host that lead to it now."""
        return _host_ports(self.network_settings.ports)

    @property
    def to_publish(self) -> bool:
        """Whether ports of the host are to lead to it, whether or not they do now."""
        return bool(self.host_config.port_bindings)

    @property
    def closed(self) -> bool:
        """Whether it is to publish ports, and none of them leads to it."""
        return self.to_publish and not self.published

    def publishes(self, port: int) -> bool:
        """Return whether a port of the host leads to it."""
        return self.host_config.network_mode == "host" or str(port) in self.published

    def will_publish(self, port: int) -> bool:
        """Return whether a port of the host leads to it as soon as its networks let it."""
        return str(port) in _host_ports(self.host_config.port_bindings)


def _host_ports(bindings: Bindings | None) -> set[str]:
    return {each.host_port for bound in (bindings or {}).values() for each in bound or ()}
