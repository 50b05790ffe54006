"""Isolation of a compose project: a private network for the new version and what it needs, and what is in its way."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds import docker
from astrolabe.domain.kinds.compose_members import Members, Services, all_needs
from astrolabe.domain.kinds.docker import Place

ALONE = Members()
"""The members of a gateway that has none beside it."""


class IsolationPlan(Struct, frozen=True):
    """The commands that keep others out, and that let them in again."""

    before: tuple[tuple[str, ...], ...]
    """While the old version still serves."""
    stopped: tuple[tuple[str, ...], ...]
    """Once it has stopped."""
    at_cutover: tuple[tuple[str, ...], ...]
    """Once the new version was verified."""


class IsolationFacts(Struct, frozen=True, kw_only=True):
    """What a worker knows of a project's containers and networks; None and nothing where that is not known yet."""

    database: str | None = None
    """The database's container."""
    database_places: tuple[Place, ...] | None = None
    """Where it is reached by others."""
    database_publishes: bool = True
    """Whether ports of the host are to lead to it."""
    companions: tuple[tuple[str, Place], ...] = ()
    """The containers of what else the gateway depends on, and each one's place on the private network."""
    gateway_places: tuple[Place, ...] | None = None
    """Where the project wants the gateway to be reached."""


def wanted(config: InstanceConfig) -> bool:
    """Return whether others are kept out until cutover: not where nobody knows the database's container."""
    within = config.database is None or (config.compose is not None and config.compose.database_service is not None)
    return within and config.cutover == "verified"


def network_of(project: ComposeProject) -> str:
    """Name the private network of an instance."""
    return f"{project.name}-{project.service}-astrolabe"


def container_of(project: ComposeProject, service: str) -> str:
    """Name a service's container as Compose does unless the project says otherwise."""
    return f"{project.name}-{service}-1"


def default_places(project: ComposeProject, service: str, container: str | None = None) -> tuple[Place, ...]:
    """Return where Compose puts a service that names no network."""
    return (Place(f"{project.name}_default", (container or container_of(project, service), service)),)


def plan(project: ComposeProject, program: str, gateway: str, facts: IsolationFacts) -> IsolationPlan:
    """Plan with what is known; `gateway` is the name of its next container."""
    network, service = network_of(project), project.database_service
    joined = [docker.connected(program, place, container) for container, place in facts.companions]
    enclosed: list[tuple[str, ...]] = []
    let_in: list[tuple[str, ...]] = []
    if service:
        database = facts.database or container_of(project, service)
        there = facts.database_places or default_places(project, service, database)
        enclosed += [docker.disconnected(program, each.network, database) for each in there]
        # A published port would move to the private network if that was joined before the others are left.
        first = enclosed if facts.database_publishes else joined
        first += [docker.connected(program, within(network, service, there), database)]
        let_in += [docker.connected(program, each, database) for each in there]
    there = facts.gateway_places or default_places(project, project.service, gateway)
    let_in += [docker.connected(program, each, gateway) for each in there]
    return IsolationPlan((docker.private_network(program, network), *joined), tuple(enclosed), tuple(let_in))


def within(network: str, service: str, places: Iterable[Place]) -> Place:
    """Return the place of a service on the private network, under every name that it has elsewhere."""
    names = (service, *(alias for place in places for alias in place.aliases))
    return Place(network, tuple(dict.fromkeys(names)))


def places(config: Mapping[str, Any], service: str, container: str) -> tuple[Place, ...]:
    """Return the networks that a project wants a service to be on, by the names that the engine has for them."""
    wanted: Mapping[str, Mapping[str, Any] | None] = config["services"][service].get("networks") or {}
    return tuple(
        Place(
            config["networks"][key]["name"],
            tuple(dict.fromkeys((container, service, *((options or {}).get("aliases") or ())))),
            (options or {}).get("ipv4_address"),
            (options or {}).get("ipv6_address"),
        )
        for key, options in wanted.items()
    )


def companions(project: ComposeProject, services: Services, members: Members = ALONE) -> tuple[str, ...]:
    """Name the services that the gateway and its jobs depend on, beside its database and what is replaced with it."""
    ours = {*members.replaced(project), project.database_service}
    before_cutover = (project.service, *(each.service for each in members.jobs))
    needed = dict.fromkeys(name for each in before_cutover for name in all_needs(services, each))
    return tuple(each for each in needed if each not in ours)


def obstacles(
    project: ComposeProject, services: Services, running: Collection[str], members: Members = ALONE
) -> Iterator[str]:
    """Say what would let others in to the new version or its database, however private its network is."""
    database = project.database_service
    for each in (project.service, database):
        service = services.get(each or "", {})
        if mode := service.get("network_mode"):
            yield f"the service {each} has network_mode {mode}"
        elif each and not service.get("networks"):
            yield f"the service {each} is on no network"
    for each in companions(project, services, members):
        if database and each in running and database in all_needs(services, each):
            yield f"others reach the database through the service {each}, which the gateway depends on"
