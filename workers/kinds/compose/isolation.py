"""How others are kept out of a compose project's new version and its database until cutover."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from typing import Any

from astrolabe.domain.instances.compose_project import ComposeProject
from astrolabe.domain.kinds import compose_isolation
from astrolabe.domain.kinds.compose_isolation import IsolationFacts
from astrolabe.domain.kinds.compose_members import Members, members
from astrolabe.domain.plans.plan import Check
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.database import ContainerDatabase
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.kinds.compose.private_network import PrivateNetwork
from astrolabe.workers.kinds.driver import IsolationMeans
from astrolabe.workers.kinds.isolation_check import isolation_check

REACH_SECONDS = 2.0


class ComposeIsolation:
    """Keeps one project's gateway and database on a network of their own, and lets others in again."""

    def __init__(self, site: Site, project: ComposeProject, engine: Engine, database: ContainerDatabase | None) -> None:
        self._site: Site = site
        self._project: ComposeProject = project
        self._engine: Engine = engine
        self._database: ContainerDatabase | None = database
        name = compose_isolation.network_of(project)
        self.network: PrivateNetwork = PrivateNetwork(engine, name, site.instance_folder / "private-network.json")
        self.means: IsolationMeans = IsolationMeans(complete=compose_isolation.wanted(site.config))
        self._enclosed: list[Container] | None = None

    async def prepare(self, config: Mapping[str, Any]) -> None:
        """Make the network, and bring what the gateway depends on to it; others are still served."""
        containers = await self._running()
        await self.network.make()
        for each in self._companions(containers, config):
            await self.network.join(each)
        self._enclosed = [await self.network.expect(each) for each in self._of_database(containers)]

    def expect(self, gateway: Container, config: Mapping[str, Any]) -> None:
        """Keep where the gateway will be wanted, which begins on the private network."""
        name = gateway.name.removeprefix("/")
        self.network.await_at(gateway, compose_isolation.places(config, self._project.service, name))

    async def enclose(self, config: Mapping[str, Any]) -> None:
        """Take the database off every network that others are on."""
        if self._enclosed is None:
            await self.prepare(config)
        # What was enclosed already is only looked at again.
        found = self._enclosed = [await self.network.enclose(each) for each in self._enclosed or ()]
        if self._database and found and found[0].address:
            self._database.look_at(found[0].address)

    async def let_in(self) -> None:
        """Put the database back, and the gateway where the project wants it.

        The private network stays: the new version's connections run over it, and would hang if it went.
        """
        await self.network.let_out(awaited=True)
        self._enclosed = None
        self._look_again()

    async def end(self) -> None:
        """Put the database back, and remove the network; nothing that matters runs over it any more."""
        await self.network.let_out(awaited=False)
        await self.network.remove()
        self._enclosed = None
        self._look_again()

    async def check(self, config: Mapping[str, Any], gateway: Container | None, port: int) -> Check:
        """Look at what would let others in, or our own probes not."""
        means, lacking = self.means, []
        if self._site.config.database and self._database is None:
            lacking.append("the database is no service of the project that was named")
        if means.complete:
            running = {each.service for each in await self._running()}
            lacking += compose_isolation.obstacles(self._project, config["services"], running, self._members(config))
            lacking += await self._neighbours()
            lacking += await self._unreached(gateway, port)
        return isolation_check(self._site.config, lacking)

    async def facts(self, config: Mapping[str, Any], gateway: str) -> IsolationFacts:
        """Say what is known of the containers and networks by now."""
        containers = await self._running()
        joined = self._companions(containers, config)
        database = next(iter(self._of_database(containers)), None)
        elsewhere = [each for each in database.places if each.network != self.network.name] if database else []
        return IsolationFacts(
            database=database and database.name.removeprefix("/"),
            database_places=tuple(elsewhere) or None,
            database_publishes=database is None or database.to_publish,
            companions=tuple((each.name.removeprefix("/"), self.network.place(each, each.places)) for each in joined),
            gateway_places=compose_isolation.places(config, self._project.service, gateway) or None,
        )

    async def _running(self) -> list[Container]:
        found = await self._engine.labelled(f"com.docker.compose.project={self._project.name}", ONE_OFF)
        return [each for each in found if each.state.running]

    def _companions(self, containers: Collection[Container], config: Mapping[str, Any]) -> list[Container]:
        needed = compose_isolation.companions(self._project, config["services"], self._members(config))
        return [each for each in containers if each.service in needed]

    def _members(self, config: Mapping[str, Any]) -> Members:
        return members(self._project, self._site.product.container, config["services"])

    def _of_database(self, containers: Collection[Container]) -> list[Container]:
        return [each for each in containers if self._database and each.service == self._project.database_service]

    async def _neighbours(self) -> list[str]:
        others = await self._database.neighbours() if self._database else []
        return [f"the database's server is used for {', '.join(others)} as well"] if others else []

    async def _unreached(self, gateway: Container | None, port: int) -> list[str]:
        if gateway is None or not gateway.state.running:
            return []  # that it does not run is found and said by the check of its health
        address = gateway.address
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(REACH_SECONDS):
                asked = await self._site.reach.of_container(address) if address else (None,)
                _, writer = await asyncio.open_connection(asked[0], port)
                writer.close()
                return []
        return [f"this host does not reach the gateway's container at its own address, {address}:{port}"]

    def _look_again(self) -> None:
        if self._database:
            self._database.look_again()


ONE_OFF = "com.docker.compose.oneoff=False"
