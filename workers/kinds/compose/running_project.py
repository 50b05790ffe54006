"""What runs of a compose project: the gateway's containers, found by the labels that Compose and we give them."""

import math
import time

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds import compose as argv
from astrolabe.domain.kinds import compose_isolation, docker
from astrolabe.domain.plans.plan import Check
from astrolabe.domain.products.product import Image
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose import images
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.healthcheck import ContainerHealthcheck
from astrolabe.workers.kinds.driver import GatewayId, Running

POLL_SECONDS = 1.0
"""How often a container is looked at while it starts: each look takes from a processor that its program wants."""

LINES = 500


class RunningProject:
    """Finds the containers of one instance, and remembers for a moment what it found."""

    def __init__(self, site: Site, project: ComposeProject, image: Image, engine: Engine) -> None:
        self._site: Site = site
        self.project: ComposeProject = project
        self.image: Image = image
        self._engine: Engine = engine
        self._health: ContainerHealthcheck = ContainerHealthcheck(engine)
        self._network: str = compose_isolation.network_of(project)
        self._looked: tuple[float, Container | None] = (0.0, None)
        self._seen: Container | None = None
        self._asked: float = -math.inf

    def labels(self, service: str) -> tuple[str, ...]:
        """Return the labels that every container of a service bears, and no other."""
        begun = f"com.docker.compose.project={self.project.name}", f"com.docker.compose.service={service}"
        return (*begun, "com.docker.compose.oneoff=False")

    async def containers(self, service: str | None = None) -> list[Container]:
        """Describe the containers of a service, by default the gateway's, also those that do not run."""
        return await self._engine.labelled(*self.labels(service or self.project.service))

    async def marked(self, mark: str, service: str | None = None) -> list[Container]:
        """Describe the containers of a start of a service, by default the gateway's."""
        service = service or self.project.service
        return [each for each in await self._started_as(mark) if each.service == service]

    async def _started_as(self, mark: str) -> list[Container]:
        return await self._engine.labelled(f"{argv.MARK}={argv.label(self._site.instance_id, mark)}")

    async def running(self) -> Running | None:
        """Find the container of the gateway's service, and which version its image is."""
        found = [each for each in await self.containers() if each.state.running]
        if not found:
            return None
        ids = frozenset(GatewayId(each.id) for each in found)
        first, names = found[0], ", ".join(each.name.removeprefix("/") for each in found)
        seen = f"container {names} runs {first.config.image}"
        version = await self.version(first)
        service, port, strange = self.project.service, self._site.config.port, None
        if len(found) > 1:
            strange = f"{len(found)} containers of the service {service} run, and only one can be upgraded"
        elif port and not (first.will_publish(port) if self.is_apart(first) else first.publishes(port)):
            strange = f"the service {service} does not publish port {port}"
        if strange:
            return Running(f"{seen}; {strange}", None, ids, strange=strange)
        return Running(seen, version, ids)

    async def healthcheck(self) -> Check | None:
        """Ask the test that the gateway's container is made with; None where it has none, or does not run."""
        gateway = next((each for each in await self.containers() if each.state.running), None)
        if gateway is None or gateway.state.health is None:
            return None
        why = await self._health.unwell(gateway)
        return Check("healthcheck", why is None, why or "it passes")

    async def version(self, container: Container) -> str | None:
        """Return which version of the product a container is of; None where it is another image."""
        return await images.version_of(self._engine, self.image, container)

    def is_apart(self, gateway: Container) -> bool:
        """Return whether nobody but the database and what the gateway depends on reaches it, and this host."""
        return set(gateway.networks) == {self._network}

    async def where(self) -> tuple[str, int] | None:
        """Return the container's own address while it is on the private network alone."""
        gateway = await self._looked_for()
        return self._place(gateway.address) if gateway and self.is_apart(gateway) else None

    async def reached(self) -> tuple[str, int] | None:
        """Return its address in the project's networks, where the instance has no port; None while it is on none."""
        gateway = None if self._site.config.port else await self._looked_for()
        return self._place(gateway.address_beside(self._network)) if gateway else None

    def _place(self, address: str | None) -> tuple[str, int] | None:
        return (address, self.image.port) if address else None

    async def _looked_for(self) -> Container | None:
        """Return the gateway's container where it was last seen; looked for once a second while there is none."""
        if self._seen is None and time.monotonic() - self._asked > POLL_SECONDS:
            self._asked = time.monotonic()
            self.remember_where(next((each for each in await self.containers() if each.state.running), None))
        return self._seen

    def remember_where(self, gateway: Container | None) -> None:
        """Believe where a gateway was just seen."""
        wanted = gateway is not None and (self._site.config.port is None or self.is_apart(gateway))
        self._seen = gateway if wanted else None

    def forget_where(self, *, for_a_moment: bool = False) -> None:
        """Believe nothing from before; for a moment, do not look either, for there is nothing to be found."""
        self._seen = None
        if for_a_moment:
            self._asked = time.monotonic()

    async def alive(self, gateway: GatewayId) -> bool:
        """Return whether a container runs."""
        looked, found = self._looked
        if found is None or found.id != gateway or time.monotonic() - looked > POLL_SECONDS:
            found = await self._engine.container(gateway)
            self._looked = time.monotonic(), found
        return found is not None and found.state.running

    async def exit_code(self, gateway: GatewayId) -> int | None:
        """Return the code that a container ended with."""
        found = await self._engine.container(gateway)
        return found.state.exit_code if found and found.began and not found.state.running else None

    async def output(self, mark: str) -> str:
        """Return the last lines that the containers of a start have said, each in its turn."""
        said: list[str] = []
        began = [each for each in await self._started_as(mark) if each.began]
        for each in sorted(began, key=lambda one: one.state.started_at):
            await self._engine.run(docker.logs(self._engine.docker, each.id, LINES), on_line=said.append)
        return "\n".join(said)
