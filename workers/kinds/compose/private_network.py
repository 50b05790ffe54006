"""The private network of an instance: who is on it until cutover, and where they were before."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from astrolabe.domain.kinds import compose_isolation, docker
from astrolabe.domain.kinds.docker import Place
from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.store.whole_file import write
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.programs import shell

EXISTS: Final = "already exists"
RESTART_SECONDS: Final = 120.0
NOT_ON: Final = "is not connected"
GONE: Final = ("not found", "No such")


class Places(Struct):
    """Where containers belong, by their ids; kept beside the project until they are there again."""

    enclosed: dict[str, tuple[Place, ...]] = {}
    """Where those were that were taken off every other network."""
    awaited: dict[str, tuple[Place, ...]] = {}
    """Where those are wanted that began on the private network."""
    publishing: list[str] = []
    """Which of them are to publish ports there."""


class PrivateNetwork:
    """Encloses containers, and lets them out again; each act may be repeated, by whoever comes after a death."""

    def __init__(self, engine: Engine, name: str, file: Path) -> None:
        self.name: str = name
        self._engine: Engine = engine
        self._file: Path = file

    async def make(self) -> None:
        """Make the network, unless it is there."""
        await self._unless((EXISTS,), docker.private_network(self._engine.docker, self.name))

    def await_at(self, container: Container, places: tuple[Place, ...]) -> None:
        """Keep where a container that begins on the network will be wanted."""
        known = self._places()
        known.awaited[container.id] = places
        known.publishing.append(container.id)
        self._keep(known)

    def place(self, container: Container, elsewhere: Iterable[Place]) -> Place:
        """Return a container's place on the network."""
        others = (each for each in elsewhere if each.network != self.name)
        return compose_isolation.within(self.name, container.service, others)

    async def join(self, container: Container) -> None:
        """Connect a container to the network, under all its names; it stays on its others."""
        place = self.place(container, container.places)
        if not container.is_at(place):
            await self._bring(container, place)

    async def expect(self, container: Container) -> Container:
        """Connect a container beforehand that will be enclosed, where that may be; return it as it is then.

        An engine moves published ports to a network that is there already when another is left, also to one that is to
        publish none. So what is to publish any leaves all others before this one is joined.
        """
        if container.to_publish:
            return container
        await self.join(container)
        return await self._engine.container(container.id) or container

    async def enclose(self, container: Container) -> Container:
        """Take a container off every other network, so that nobody on those and nobody on the host gets to it."""
        known = self._places()
        if container.id not in known.enclosed:
            known.enclosed[container.id] = tuple(each for each in container.places if each.network != self.name)
            known.publishing += [container.id] if container.published else []
            self._keep(known)
        if set(container.networks) != {self.name} or container.published:
            here = self.place(container, known.enclosed[container.id])
            stays = not container.to_publish and container.is_at(here)
            for network in container.networks:
                if not (stays and network == self.name):
                    await self._unless((NOT_ON,), docker.disconnected(self._engine.docker, network, container.id))
            if not stays:
                await self._connect(here, container.id)
        found = await self._engine.container(container.id)
        if found is None or set(found.networks) != {self.name} or found.published:
            raise StepFailed(
                "not-isolated",
                f"{container.name.removeprefix('/')} is still reached by others: {found and found.network_settings}",
                todo="See which networks the container is on, or set the instance's cutover to at-once, then retry.",
            )
        return found

    async def let_out(self, *, awaited: bool) -> None:
        """Put back what was enclosed, then what began on the network where that is wanted; nothing stays to be done.

        In this order: an engine gives the first to come the lowest address, which was the database's.
        """
        known = self._places()
        for places in (known.enclosed, *((known.awaited,) if awaited else ())):
            for container, wanted in places.items():
                await self._put(container, wanted)
        self._file.unlink(missing_ok=True)

    async def left(self) -> list[HandCommand]:
        """Return what puts back by hand whatever is still enclosed."""
        commands: list[HandCommand] = []
        for known, places in self._places().enclosed.items():
            if container := await self._engine.container(known):
                name, missing = container.name.removeprefix("/"), self._missing(container, places)
                commands += [
                    HandCommand(
                        f"puts {name} back on the network {place.network}",
                        shlex.join(docker.connected(self._engine.docker, place, name)),
                    )
                    for place in missing
                ]
        return commands

    async def remove(self) -> None:
        """Take whoever is on the network off it, and remove it; what runs over it is cut."""
        if (members := await self._members()) is None:
            return
        for container in members:
            await self._unless((NOT_ON,), docker.disconnected(self._engine.docker, self.name, container))
        await self._unless(GONE, docker.network_removed(self._engine.docker, self.name))

    async def _put(self, container: str, places: Iterable[Place]) -> None:
        found = await self._engine.container(container)
        if found is None:
            return
        missing = self._missing(found, places)
        if not missing and found.closed and container in self._places().publishing:
            # Where a port was taken, the engine connects it all the same, says no, and cannot mend that afterwards.
            await self._engine.run(docker.restart(self._engine.docker, container), deadline=RESTART_SECONDS)
        for place in missing:
            await self._bring(found, place)

    @staticmethod
    def _missing(container: Container, places: Iterable[Place]) -> list[Place]:
        return [place for place in places if not container.is_at(place)]

    async def _bring(self, container: Container, place: Place) -> None:
        """Connect a container under its names; where somebody did without them, nobody finds it by those."""
        if place.network in container.networks:
            await self._unless((NOT_ON,), docker.disconnected(self._engine.docker, place.network, container.id))
        await self._connect(place, container.id)

    async def _members(self) -> list[str] | None:
        try:
            (found,) = await self._engine.asked(docker.inspect(self._engine.docker, "network", [self.name]))
        except shell.CommandFailed as error:
            if not any(words in error.tail for words in GONE):
                raise
            return None
        return list(found["Containers"])

    async def _connect(self, place: Place, container: str) -> None:
        await self._unless((EXISTS,), docker.connected(self._engine.docker, place, container))

    async def _unless(self, done: Sequence[str], command: Sequence[str]) -> None:
        """Run a command; that it was done before is as good."""
        try:
            await self._engine.run(command)
        except shell.CommandFailed as error:
            if not any(words in error.tail for words in done):
                raise

    def _places(self) -> Places:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Places)
        except FileNotFoundError:
            return Places()

    def _keep(self, places: Places) -> None:
        write(self._file, msgspec.json.encode(places), lasting=True, private=True)
