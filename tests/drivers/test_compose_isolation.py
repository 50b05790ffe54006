"""Isolation of compose projects: until cutover nobody reaches the new version or its database, by no way there was."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestRollback, Retry
from astrolabe.workers.instance import closing
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.steps import rollback
from tests import compose_world
from tests.compose_world import SUPERUSER, ComposeWorld
from tests.drivers.by_hand import typed
from tests.drivers.outcomes import refused
from tests.drivers.prober import Prober
from tests.hooked import upgrade
from tests.waiting import while_at_work
from tests.world import PASSWORD

pytestmark = pytest.mark.kinds("compose")

WRITES = """
n=0; while :; do n=$$((n+1)); for at in db {address}; do
timeout 2 psql -q "host=$$at user={name} dbname={name} connect_timeout=2" \
  -c "INSERT INTO items (name) VALUES ('{who}-$$n-$$at')" 2>/dev/null && echo {who}-$$n-$$at
sleep 0.02; done; done
"""
"""A program that knows the database by its name and by its address, and says what was acknowledged to it."""


async def docker(*words: str) -> str:
    """Do what somebody else does with the engine."""
    return (await shell.run(["docker", *words], env=inherited(), deadline=60)).stdout


class Others:
    """All that use the instance or its database: users, a container of the network, a program of the host."""

    def __init__(self, project: ComposeWorld) -> None:
        self._project = project
        self._user = Prober(project)
        self._by_port: list[str] = []
        self._name = f"{project.project.name}-stranger"

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Write while the block runs, and a moment longer."""
        project = self._project
        script = WRITES.format(who="stranger", name=project.database, address=project.database_host).replace("$$", "$")
        image, network = f"{project.house.registry.address}/postgres:18", f"{project.project.name}_default"
        run = ("run", "--detach", "--init", "--name", self._name, "--network", network, "--entrypoint", "sh")
        await docker(*run, "--env", f"PGPASSWORD={PASSWORD}", image, "-c", script)
        try:
            async with self._user.at_work(), self._through_the_port():
                yield
                before = len(await self._from_the_network())
                async with asyncio.timeout(30):
                    while len(await self._from_the_network()) == before:
                        await asyncio.sleep(0.05)
        finally:
            await docker("kill", self._name)

    async def missing(self) -> set[str]:
        """Name what was acknowledged to anybody and is not in the live database; everybody wrote something."""
        ways = (self._user.acknowledged, self._by_port, await self._from_the_network())
        assert all(ways)
        rows = {str(row[0]) for row in await self._project.rows("SELECT name FROM items")}
        return {name for way in ways for name in way} - rows

    async def end(self) -> None:
        """Leave the network."""
        await docker("rm", "--force", self._name)

    async def _from_the_network(self) -> list[str]:
        return (await docker("logs", self._name)).split()

    @contextlib.asynccontextmanager
    async def _through_the_port(self) -> AsyncIterator[None]:
        async with while_at_work(self._write()):
            yield

    async def _write(self) -> None:
        for number in range(100_000):
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                connection = await connected(self._project)
                try:
                    await connection.execute("INSERT INTO items (name) VALUES ($1)", f"by-port-{number}")
                    self._by_port.append(f"by-port-{number}")
                finally:
                    connection.terminate()
            await asyncio.sleep(0.01)


async def connected(project: ComposeWorld) -> asyncpg.Connection:
    """Connect to the database at the port that the project publishes."""
    return await asyncpg.connect(
        host="127.0.0.1",
        port=project.database_port,
        user=project.database,
        password=PASSWORD,
        database=project.database,
        timeout=2,
    )


@pytest.fixture
async def others(standin: ComposeWorld) -> AsyncIterator[Others]:
    """Everybody else."""
    made = Others(standin)
    yield made
    await made.end()


async def database_of(project: ComposeWorld) -> Container:
    """Describe the database's container."""
    (found,) = await project.engine.labelled(f"com.docker.compose.project={project.project.name}", DATABASE)
    return found


DATABASE = "com.docker.compose.service=db"


async def unreached(project: ComposeWorld) -> None:
    """Neither the gateway's nor the database's published port leads anywhere."""
    for port in (project.config.port, project.database_port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def networks(project: ComposeWorld) -> set[str]:
    """Name the networks of the project."""
    listed = await docker("network", "ls", "--format", "{{.Name}}")
    return {each for each in listed.split() if each.startswith(project.project.name)}


async def test_a_doctor_that_complains_late_costs_no_write(standin: ComposeWorld, others: Others) -> None:
    """The new version is well for two seconds and then is not: whoever wrote, and by whatever way, keeps it."""
    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "1000"})
    database = await database_of(standin)
    async with others.at_work():
        loaded = await standin.upgrade("1.6.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.last
    assert loaded.state.instance.last.outcome == "rolled_back"
    assert await others.missing() == set()
    writes = (await standin.one(e.DatabaseRestored)).writes
    assert writes
    assert writes.total == 0
    assert (await database_of(standin)).places == database.places
    assert await networks(standin) == {f"{standin.project.name}_default"}


async def test_everybody_waits_until_cutover_and_is_counted_from_there(standin: ComposeWorld, others: Others) -> None:
    """Twice, for the second time the private network is there already; what the project also replaces waits as well."""
    worker = WRITES.format(who="worker", name=standin.database, address="db")
    lines = [*worker.strip().splitlines()]
    Path(standin.project.folder, "worker.yaml").write_text(
        f"""
services:
  worker:
    image: {standin.house.registry.address}/postgres:18
    init: true
    environment: {{PGPASSWORD: {PASSWORD}}}
    entrypoint: [sh, -c]
    command:
      - |
        {(chr(10) + 8 * " ").join(lines)}
"""
    )
    project = replace(standin.project, files=(*standin.project.files, "worker.yaml"), also=("worker",))
    await standin.reconfigure(compose=project)
    await standin.compose("up", "--detach", "worker")
    async with others.at_work():
        for version in ("2.0.0", "2.1.0"):
            await upgrade(
                standin, version, MigrationFinished=lambda: unreached(standin), CutOver=lambda: unreached(standin)
            )
            assert await standin.running() == version
    assert await others.missing() == set()
    assert (await standin.facts())[-4:] == ["MigrationFinished", "UpgradeVerified", "CutOver", "UpgradeSucceeded"]
    let_in = [each.at for each in await standin.told() if isinstance(each, e.CutOver)]
    (worker_now,) = await standin.engine.labelled(f"com.docker.compose.project={project.name}", WORKER)
    assert worker_now.state.running
    assert worker_now.state.started_at > let_in[-1].isoformat()
    finished, done = [
        [each.downtime_ms for each in await standin.told() if isinstance(each, kind)]
        for kind in (e.MigrationFinished, e.UpgradeSucceeded)
    ]
    assert all(apart is not None for apart in finished)
    assert all(public > (apart or 0) for apart, public in zip(finished, done, strict=True) if public is not None)
    assert None not in done
    await _the_owner_goes_on(standin)
    await _what_was_written_is_told(standin)


WORKER = "com.docker.compose.service=worker"


async def _the_owner_goes_on(standin: ComposeWorld) -> None:
    """Compose finds the database as it was made, and the gateway is up again after a restart by hand."""
    database = await database_of(standin)
    await standin.compose("up", "--detach", "db")
    assert (await database_of(standin)).state == database.state
    await standin.compose("restart", "gateway")
    await standin.until(standin.answers)


async def _what_was_written_is_told(standin: ComposeWorld) -> None:
    """A rollback tells the number first; then everything is where it was, and on the project's own networks."""
    copied = [each.copy for each in await standin.told() if isinstance(each, e.DatabaseCopied)][-1]
    assert copied
    await standin.rows(f'ALTER DATABASE "{copied.database}" ALLOW_CONNECTIONS true', "postgres")
    await standin.compose("stop", "worker")
    now, then = [{*await standin.rows("SELECT id FROM items", each)} for each in (standin.database, copied.database)]
    await standin.roll_back(accept=False)
    told = (await standin.one(e.RollbackRefused)).writes
    assert told.tables == {"public.items": len(now - then)}
    await standin.ask(RequestRollback(await standin.upgrade_id(), accept_lost_writes=True))
    await standin.carry_out()
    assert await standin.running() == "2.0.0"
    assert {*await standin.rows("SELECT id FROM items")} >= then
    assert await networks(standin) == {f"{standin.project.name}_default"}


async def test_what_cannot_be_kept_to_itself_is_refused_unless_it_is_let_in_at_once(standin: ComposeWorld) -> None:
    """A host's network, a database that nobody knows the container of, a server that others use: nothing is touched."""
    neighbour = await asyncpg.connect(standin.server.url("template1"))
    assert "template1" in (await refused(standin, "2.0.0", "preflight-isolation")).problem.detail
    await neighbour.close()
    files = (*standin.project.files, "host.yaml")
    Path(standin.project.folder, "host.yaml").write_text("services: {gateway: {network_mode: host, ports: !reset []}}")
    await standin.reconfigure(compose=replace(standin.project, files=files))
    loaded = await standin.upgrade("2.0.0")
    assert isinstance(loaded.state, s.Idle)
    problems = [each.problem for each in await standin.told() if isinstance(each, e.UpgradeRefused)]
    assert "network_mode host" in problems[-1].detail
    assert "at-once" in problems[-1].todo
    unknown = replace(standin.project, files=files[:-1], database_service=None)
    where = standin.config.database
    assert where
    await standin.reconfigure(compose=unknown, database=replace(where, host=standin.database_host))
    await standin.upgrade("2.0.0")
    problems = [each.problem for each in await standin.told() if isinstance(each, e.UpgradeRefused)]
    assert "no service" in problems[-1].detail
    await standin.reconfigure(cutover="at-once")
    await standin.upgrade("2.0.0")
    assert await standin.running() == "2.0.0"
    facts = await standin.facts()
    assert facts.index("CutOver") < facts.index("MigrationStarted")


async def test_a_port_that_is_taken_at_cutover_takes_the_upgrade_back(
    standin: ComposeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else listens where the gateway is to be opened: nobody was served, so the old version serves again."""
    monkeypatch.setattr("astrolabe.workers.steps.counting.FLUSH_SECONDS", 0)
    monkeypatch.setattr("astrolabe.workers.steps.cutover.PAUSE_SECONDS", 0.1)
    async with contextlib.AsyncExitStack() as taken:

        async def take() -> None:
            await taken.enter_async_context(
                await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", standin.config.port)
            )

        loaded = await upgrade(standin, "2.0.0", MigrationFinished=take, RollbackStarted=taken.aclose)
    assert isinstance(loaded.state, s.Idle)
    turned = await standin.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "port-taken"
    assert "CutOver" in await standin.facts()
    assert await standin.running() == "1.1.0"
    assert await standin.items() == ["first"]


@pytest.fixture
def _unpublished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose_world, "DATABASE", re.sub(r" +ports:.*\n", "", compose_world.DATABASE))


@pytest.mark.usefixtures("_unpublished")
async def test_a_database_without_a_published_port_is_on_the_private_network_beforehand(standin: ComposeWorld) -> None:
    """There is nothing that could move there with it, so joining costs nobody anything; all is put back as it was."""
    before, seen = (await database_of(standin)).places, list[set[str]]()
    default = f"{standin.project.name}_default"

    async def look() -> None:
        seen.append({*(await database_of(standin)).networks})

    await upgrade(standin, "2.0.0", InstanceStopped=look, MigrationStarted=look, MigrationFinished=look)
    assert seen == [{default, standin.network}, {standin.network}, {standin.network}]
    assert await standin.running() == "2.0.0"
    await standin.roll_back(accept=True)
    assert await standin.running() == "1.1.0"
    assert (await database_of(standin)).places == before
    assert await networks(standin) == {default}


async def test_a_database_that_somebody_connected_without_its_names_gets_them_back(standin: ComposeWorld) -> None:
    """The old version looks for it by its name, which a person's `docker network connect` does not give."""
    before, nameless = (await database_of(standin)).places, list[Container]()

    async def connect() -> None:
        await docker("network", "connect", f"{standin.project.name}_default", (await database_of(standin)).id)
        nameless.append(await database_of(standin))

    await upgrade(standin, "1.2.0", FailStep=connect)
    assert not any(each.is_at(before[0]) for each in nameless)
    assert nameless
    assert await standin.running() == "1.1.0"
    assert (await database_of(standin)).places == before


async def test_what_a_person_types_brings_an_isolated_project_back(
    standin: ComposeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that may not be ended keeps the database where it is, on the private network, and the gateway down."""
    monkeypatch.setattr(rollback, "ATTEMPTS", 1)
    monkeypatch.setattr(closing, "BLOCK_SECONDS", 0.1)
    await standin.reconfigure(settings={"STANDIN_DOCTOR_MS": "500"}, retry_for_seconds=0)
    before, held = await database_of(standin), contextlib.AsyncExitStack()

    async def hold() -> None:
        address = (await database_of(standin)).address
        session = await asyncpg.connect(f"postgresql://postgres:{SUPERUSER}@{address}:5432/{standin.database}")
        held.push_async_callback(session.close)

    await upgrade(standin, "1.6.0", FailStep=hold)
    assert isinstance((await standin.loaded()).state, s.Inconsistent)
    await held.aclose()
    left = await standin.one(e.InstanceInconsistent)
    assert sum("RENAME TO" in each.line for each in left.commands) == 2
    assert sum("network connect" in each.line for each in left.commands) == 1
    await typed(standin, left.commands)
    assert await standin.running() == "1.1.0"
    assert (await database_of(standin)).published == before.published
    assert await standin.items() == ["first"]
    await standin.ask(Retry(await standin.upgrade_id()))
    state = (await standin.carry_out()).state
    assert isinstance(state, s.Idle)
    assert (state.instance.version, await standin.running()) == ("1.1.0", "1.1.0")
    assert await networks(standin) == {f"{standin.project.name}_default"}
