"""The members of an instance: the services of its project that have an image of the product's, and move together."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds.image_parts import part_of
from astrolabe.domain.products.product import Image

Services: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The services of a project, as Compose shows them with everything filled in."""

Role: TypeAlias = Literal["job", "worker"]
"""What a member is beside the gateway, which serves: a job runs once before it, a worker comes up after cutover."""

COMPLETED: Final = "service_completed_successfully"


class Member(Struct, frozen=True):
    """A service that has an image of the product's, beside the gateway's."""

    service: str
    """Its name."""
    role: Role
    """What it does."""
    containers: int = 1
    """In how many containers it runs."""
    repository: str | None = None
    """The sibling repository that its image is from; null where that is the product's own."""


class Members(Struct, frozen=True):
    """All members beside the gateway, each role in the order in which it is started."""

    jobs: tuple[Member, ...] = ()
    """What runs once, before the gateway."""
    workers: tuple[Member, ...] = ()
    """What comes up after cutover."""

    @property
    def all(self) -> tuple[Member, ...]:
        """Return them all, jobs first."""
        return (*self.jobs, *self.workers)

    def replaced(self, project: ComposeProject) -> tuple[str, ...]:
        """Name the services whose containers are made anew: the gateway's, the members', and what the owner added."""
        return _once(project.service, *(each.service for each in self.all), *project.also)

    def later(self, project: ComposeProject) -> tuple[str, ...]:
        """Name the services that are started once others are let in: workers, and what the owner added."""
        jobs = {each.service for each in self.jobs}
        named = (*(each.service for each in self.workers), *project.also)
        return _once(*(each for each in named if each not in jobs and each != project.service))


def _once(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def members(project: ComposeProject, image: Image, services: Services) -> Members:
    """Find the members among the services of a project, as Compose shows them with everything filled in."""
    found = {name: part_of(image, each.get("image") or "") for name, each in services.items()}
    ours = {name: part.repository for name, part in found.items() if part and name != project.service}
    awaited = set(_awaited(services, (project.service, *ours)))
    ordered = [each for each in _in_order(services) if each in ours]
    sibling = {name: None if each == image.repository else each for name, each in ours.items()}
    jobs = tuple(Member(each, "job", 1, sibling[each]) for each in ordered if each in awaited)
    workers = (each for each in ordered if each not in awaited)
    return Members(jobs, tuple(Member(each, "worker", replicas(services[each]), sibling[each]) for each in workers))


def obstacles(project: ComposeProject, found: Members, services: Services) -> Iterator[str]:
    """Say which members cannot be started in the order of their roles."""
    later = {project.service, *(each.service for each in found.workers)}
    for job in found.jobs:
        if before := next((each for each in all_needs(services, job.service) if each in later), None):
            yield f"the job {job.service} waits for {before}, but jobs run before everything else"


def not_run_again(project: ComposeProject, found: Members, services: Services) -> tuple[str, ...]:
    """Name what members wait for to end and is of another image: it ran when the owner brought the project up."""
    known = {project.service, *(each.service for each in found.all)}
    return tuple(each for each in dict.fromkeys(_awaited(services, sorted(known))) if each not in known)


def _awaited(services: Services, members: Iterable[str]) -> Iterator[str]:
    return (name for each in members for name, how in _needs(services, each) if how == COMPLETED)


def _needs(services: Services, service: str) -> Iterator[tuple[str, str]]:
    needed: Mapping[str, Mapping[str, Any] | None] = services.get(service, {}).get("depends_on") or {}
    return ((name, str((how or {}).get("condition"))) for name, how in needed.items())


def all_needs(services: Services, service: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Name all services that one depends on, also by way of others."""
    for each, _ in _needs(services, service):
        if each not in known:
            known = all_needs(services, each, (*known, each))
    return known


def _in_order(services: Services) -> tuple[str, ...]:
    """Return all services, each after what it depends on."""
    ordered: dict[str, None] = {}
    for name in sorted(services):
        needed = all_needs(services, name)
        for each in sorted(needed, key=lambda one: len(all_needs(services, one))):
            ordered.setdefault(each)
        ordered.setdefault(name)
    return tuple(ordered)


def replicas(service: Mapping[str, Any]) -> int:
    """Return in how many containers a service runs, as its project says."""
    for said in ((service.get("deploy") or {}).get("replicas"), service.get("scale")):
        if said is not None:
            return int(said)
    return 1
