"""Members: the services that have the product's image move to a version together, each in its turn, and back."""

from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.project_members import ProjectMembers
from astrolabe.workers.kinds.driver import GatewayId
from tests.compose_world import ComposeWorld
from tests.drivers.outcomes import refused, succeeded, taken_back
from tests.hooked import Killed, upgrade
from tests.world import PASSWORD

pytestmark = pytest.mark.kinds("compose")

PROJECT = """
services:
  gateway:
    environment: {{STANDIN_MIGRATES: elsewhere}}
    depends_on: {{migration: {{condition: service_completed_successfully}}}}
  migration: &app
    image: {repository}:1.1.0
    command: [node, gateway.js, migrate]
    init: true
    environment: &env
      DATABASE_URL: postgres://{name}:{password}@db:5432/{name}
      STANDIN_SLOW_MS: "1500"
      STANDIN_WORKER_FAILS: "{fails}"
    depends_on: {{db: {{condition: service_healthy}}}}
  worker:
    <<: *app
    command: [node, gateway.js, work]
    restart: unless-stopped
"""
NAMES = ("migration", "gateway", "worker")


class Together:
    """A project of a migration job, a gateway that leaves migrating to it, and a worker, all of one image."""

    def __init__(self, standin: ComposeWorld) -> None:
        self.standin = standin

    async def bring_up(self, *, fails: str = "never") -> None:
        """Do what the owner did before Astrolabe; the worker of one version may be unable to work."""
        standin = self.standin
        Path(standin.project.folder, "members.yaml").write_text(
            PROJECT.format(repository=standin.house.repository, name=standin.database, password=PASSWORD, fails=fails)
        )
        if "members.yaml" not in standin.project.files:
            files = (*standin.project.files, "members.yaml")
            await standin.reconfigure(compose=replace(standin.project, files=files))
        await standin.compose("up", "--detach", "gateway", "worker")
        await standin.until(standin.answers)

    async def container(self, service: str) -> Container:
        """Describe the only container of a service."""
        project = f"com.docker.compose.project={self.standin.project.name}"
        (found,) = await self.standin.engine.labelled(project, f"com.docker.compose.service={service}")
        return found

    async def versions(self) -> list[str]:
        """Return what each member is made from: a tag, or a tag and the digest that the tag was in the plan."""
        return [(await self.container(each)).config.image.rpartition("/")[2] for each in NAMES]

    async def rows_of(self, version: str) -> int:
        """Count what workers of a version have written."""
        query = f"SELECT count(*)::int FROM items WHERE name = 'by a worker of {version}'"
        return int(str((await self.standin.rows(query))[0][0]))

    async def until_it_works(self, version: str) -> None:
        """Wait until the worker of a version writes more than it has."""
        before = await self.rows_of(version)

        async def more() -> tuple[bool, str]:
            return await self.rows_of(version) > before, ""

        await self.standin.until(more)

    def pinned(self, version: str) -> list[str]:
        """Return what each member must be made from after an upgrade or a way back."""
        return [f"gateway:{version}@{self.standin.house.digests[version]}"] * len(NAMES)


@pytest_asyncio.fixture
async def together(standin: ComposeWorld) -> Together:
    """All three of them at 1.1.0."""
    made = Together(standin)
    await made.bring_up()
    return made


async def test_members_move_together_each_in_its_turn_and_go_back(standin: ComposeWorld, together: Together) -> None:
    """The job first and once, then the gateway; the worker writes only after cutover, at the version of all."""

    async def only_the_job_and_the_gateway() -> None:
        assert not (await together.container("worker")).began
        job, gateway = await together.container("migration"), await together.container("gateway")
        assert (job.began, job.state.running, job.state.exit_code) == (True, False, 0)
        assert job.state.started_at < gateway.state.started_at

    loaded = await upgrade(
        standin, "2.0.0", MigrationFinished=only_the_job_and_the_gateway, CutOver=only_the_job_and_the_gateway
    )
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0" == await standin.running()
    assert await together.versions() == together.pinned("2.0.0")
    await together.until_it_works("2.0.0")
    plan = (await standin.one(e.PreflightPassed)).plan
    assert "migration runs once before gateway; worker comes up after cutover" in [each.seen for each in plan.checks]
    done = await standin.one(e.UpgradeSucceeded)
    assert [each.seen for each in done.checks if each.name == "members"] == ["worker of 2.0.0 run"]
    (ran,) = [each.argv for each in plan.commands if each.argv[1] == "wait"]
    assert ran[-1].endswith("migration-1")
    await taken_back(standin)
    assert await together.versions() == together.pinned("1.1.0")
    assert not (await together.container("migration")).began
    await together.until_it_works("1.1.0")
    # Compose runs a job at each `up`, whatever became of its container: what the way back made and left alone, too.
    await standin.compose("up", "--detach")
    job = await together.container("migration")
    assert (job.began, job.state.running, job.state.exit_code) == (True, False, 0)
    await standin.compose("up", "--detach")
    assert (await together.container("migration")).state.started_at > job.state.started_at
    assert await standin.running() == "1.1.0"


async def test_a_job_that_fails_takes_every_member_back(standin: ComposeWorld, together: Together) -> None:
    """Its reason is the upgrade's; the gateway of the new version never began, and old worker and gateway go on."""
    await upgrade(standin, "1.2.0")
    turned = await standin.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "migration-failed"
    assert "1202-link-labels" in turned.problem.detail
    assert await standin.running() == "1.1.0"
    assert await together.versions() == together.pinned("1.1.0")
    await together.until_it_works("1.1.0")
    assert await standin.rows("SELECT 1 FROM information_schema.columns WHERE column_name = 'slug'") == []
    assert await together.rows_of("1.2.0") == 0


async def test_a_worker_that_ends_again_and_again_is_no_success(standin: ComposeWorld, together: Together) -> None:
    """Nobody wrote since cutover, so all members go back by themselves, and the old worker works."""
    await together.bring_up(fails="2.0.0")
    await standin.upgrade("2.0.0")
    turned = await standin.one(e.RollbackStarted)
    assert turned.problem
    assert turned.problem.code == "verify-members"
    assert "worker" in turned.problem.detail
    assert await together.versions() == together.pinned("1.1.0")
    await together.until_it_works("1.1.0")


async def test_a_job_goes_on_when_the_astrolabe_worker_dies(
    standin: ComposeWorld, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes over waits for the job that was started; it is not started again."""
    follow, started = ProjectMembers.next_job, []

    async def dies(self: ProjectMembers, *arguments: object) -> GatewayId | None:
        job = await follow(self, *arguments)  # pyright: ignore[reportArgumentType]
        started.append(job)
        if len(started) == 1:
            raise Killed("while the job runs")
        return job

    monkeypatch.setattr(ProjectMembers, "next_job", dies)
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    with pytest.raises(Killed):
        await standin.carry_out()
    await standin.log_database.pool.execute("UPDATE lease SET expires_at = clock_timestamp()")
    await standin.carry_out("worker-2")
    assert await standin.running() == "2.0.0"
    assert {each for each in started if each} == {(await together.container("migration")).id}
    await together.until_it_works("2.0.0")


@pytest.mark.usefixtures("together")
async def test_a_member_that_is_not_where_the_gateway_is_is_refused(standin: ComposeWorld) -> None:
    """One that does not run, and one of another version: neither would be as it was after a way back."""
    await standin.compose("stop", "worker")
    problem = (await refused(standin, "2.0.0", "preflight-members")).problem
    assert "worker runs in 0 containers of 1" in problem.detail
    members = Path(standin.project.folder, "members.yaml")
    right = members.read_text()
    members.write_text(right.replace(":1.1.0", ":1.0.0"))
    await standin.compose("up", "--detach", "--no-deps", "worker")
    await standin.upgrade("2.0.0")
    problems = [each.problem for each in await standin.told() if isinstance(each, e.UpgradeRefused)]
    assert "worker is of version 1.0.0, and not of 1.1.0" in problems[-1].detail
    members.write_text(right)
    await standin.compose("up", "--detach", "--no-deps", "worker")
    await succeeded(standin)
