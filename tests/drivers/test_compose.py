"""What only the kind compose has: files that are the user's, tags that move, and the engine's restart policy."""

from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from astrolabe.domain.kinds import docker
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.image_details import ImageDetails
from astrolabe.workers.programs.command import CommandFailed, CommandTimedOut
from tests.compose_world import ComposeWorld, ImageHouse, compose_world
from tests.hooked import upgrade

pytestmark = pytest.mark.engine


@pytest_asyncio.fixture
async def project(image_house: ImageHouse, host_folder: Path, database_url: str):
    """A project whose gateway 1.1.0 runs and is registered."""
    async with compose_world(image_house, host_folder, database_url) as made:
        await made.owner_starts()
        await made.register()
        yield made


async def test_the_users_files_stay_and_only_the_gateway_is_made_anew(project: ComposeWorld) -> None:
    """Files, database container and restart policy are as they were; the gateway runs the digest of the plan."""
    folder = Path(project.project.folder)
    files = {each.name: each.read_bytes() for each in folder.iterdir()}
    (database,) = await project.engine.labelled(f"com.docker.compose.project={project.project.name}", DATABASE)
    await project.upgrade("2.0.0")
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == files
    after = await project.engine.container(database.id)
    assert after
    assert after.state == database.state
    assert {*database.places} == {each for each in after.places if each.network != project.network}
    (gateway,) = await project.gateways()
    plan = (await project.one(e.PreflightPassed)).plan
    assert gateway.config.image.endswith(f":2.0.0@{plan.new.integrity}")
    assert gateway.policy == "unless-stopped"


DATABASE = "com.docker.compose.service=db"


async def test_an_exact_tag_that_moves_between_plan_and_pull_is_refused(project: ComposeWorld) -> None:
    """Somebody pushed another image under the version's tag: both digests are named, and nothing is stopped."""
    before = await project.gateways()
    true, other = project.house.digests["2.0.0"], project.house.digests["2.1.0"]
    try:
        loaded = await upgrade(project, "2.0.0", BackupTaken=lambda: project.house.tag("2.1.0", "2.0.0"))
    finally:
        await project.house.tag("2.0.0", "2.0.0")
    assert isinstance(loaded.state, s.Idle)
    failed = await project.one(e.UpgradeFailed)
    assert (failed.step, failed.problem.code) == ("pull", "tag-moved")
    assert true in failed.problem.detail
    assert other in failed.problem.detail
    assert await project.gateways() == before


async def test_a_project_that_compose_does_not_accept_is_refused(project: ComposeWorld) -> None:
    """What Compose says of the files stands in the log, and the gateway serves on."""
    await project.ask(RequestUpgrade(new_id(), "2.0.0"))
    compose = Path(project.project.folder, "compose.yaml")
    right = compose.read_text()
    compose.write_text(right.replace("init: true", "inits: true"))
    await project.carry_out()
    compose.write_text(right)
    assert (await project.problem()).code == "preflight-project"
    assert "inits" in (await project.problem()).detail
    assert await project.running() == "1.1.0"


async def test_the_engines_socket_says_what_dockers_program_says(project: ComposeWorld) -> None:
    """A container and an image as either describes them; what is not there is not there for both."""
    engine = project.engine
    (gateway,) = await project.gateways()
    described = await engine.run(docker.inspect(engine.docker, "container", [gateway.id]))
    assert [gateway] == msgspec.json.decode(described.stdout, type=list[Container])
    image = await engine.image(gateway.image)
    described = await engine.run(docker.inspect(engine.docker, "image", [gateway.image]))
    assert [image] == msgspec.json.decode(described.stdout, type=list[ImageDetails])
    assert await engine.container("nobody") is None
    assert await engine.image("nobody") is None
    assert await engine.labelled("of=nobody") == []


async def test_a_command_inside_is_known_by_its_code(project: ComposeWorld) -> None:
    """What it says arrives line by line on either stream; a code, a program that is not there and a limit are told."""
    engine, (gateway,) = project.engine, await project.gateways()
    said: list[str] = []

    async def run(*words: str, deadline: float = 30) -> str:
        ended = await engine.run(
            docker.execute(engine.docker, gateway.id, words), deadline=deadline, on_line=said.append
        )
        return ended.stdout

    assert await run("node", "-e", "console.log('out'); console.error('err')") == "out\n"
    assert sorted(said) == ["err", "out"]
    with pytest.raises(CommandFailed) as failed:
        await run("node", "-e", "console.error('no'); process.exitCode = 3")
    assert (failed.value.returncode, failed.value.tail) == (3, "no")
    with pytest.raises(CommandFailed) as missing:
        await run("no-such-program")
    assert "no-such-program" in missing.value.tail
    with pytest.raises(CommandTimedOut):
        await run("node", "-e", "setTimeout(() => {}, 60000)", deadline=1)
