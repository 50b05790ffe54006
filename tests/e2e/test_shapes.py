"""Eleven shapes of projects that people have: each is registered by its name and folder, moves, fails and goes back.

`make shapes` tries all of them; the one that was hardest to take back is also part of `make test`.
"""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.private_engine.bases import NODE_CONFIG
from astrolabe.cli.private_engine.registry import Built
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.compose_world import SUPERUSER, ImageHouse, engine, image_house
from tests.e2e.processes import Astrolabe
from tests.e2e.shape import SHAPES, Shape, product_of, shape

__all__ = ["engine", "image_house"]

pytestmark = [pytest.mark.e2e, pytest.mark.engine]

PLAIN = ("two-services", "migration-job", "database-called-postgres", "behind-a-proxy")
IN_EVERY_RUN = "version-in-a-volume"


@pytest_asyncio.fixture
async def owned(
    request: pytest.FixtureRequest,
    image_house: ImageHouse,
    valkey: Valkey,
    database_url: str,
    host_folder: Path,
    tmp_path: Path,
) -> AsyncIterator[Shape]:
    """A project of the shape that the test names, which its owner has brought up at 1.1.0."""
    name, products = request.param, tmp_path / "products"
    products.mkdir()
    (products / "standin.toml").write_text(product_of(image_house, name))
    proxy = Built(image_house.images["1.1.0"].layers[:2], NODE_CONFIG)
    await image_house.registry.push("proxy", "latest", proxy)
    for tag in ("floating", "stable"):
        await image_house.tag("1.1.0", tag)
    async with Astrolabe.started(database_url, valkey.url, host_folder, products, tmp_path) as astrolabe:
        astrolabe.worker()
        async with shape(name, image_house, astrolabe, tmp_path) as made:
            await made.up()
            yield made


def of(*names: str) -> pytest.MarkDecorator:
    """Try a test with shapes, which takes too long for every run but with one of them."""
    marked = [pytest.param(each, marks=() if each == IN_EVERY_RUN else pytest.mark.shapes, id=each) for each in names]
    return pytest.mark.parametrize("owned", marked, indirect=True)


async def registered(owned: Shape, *words: str) -> list[str]:
    """Register a project by its name and folder; no password is shown."""
    said = await owned.typed("register", owned.name, "--project-folder", str(owned.folder), *words)
    assert SUPERUSER not in "".join(said)
    assert any(each.startswith("Stand-in gateway 1.1.0 serves") for each in said)
    return said


async def fails_moves_and_goes_back(owned: Shape) -> None:
    """See every member's version and every row, after a failed upgrade, one that succeeds, and the way back."""
    await owned.write("Kept as it is")
    before, members = await owned.rows(), {*await owned.versions()}
    said = await owned.upgrade("1.2.0", fails=True)
    assert "1202-link-labels" in said[-1]
    await owned.is_at("1.1.0", members, before)
    assert "by a worker of 1.2.0" not in (await owned.rows()).values()
    before = await owned.rows()
    assert (await owned.upgrade("2.0.0"))[-1].startswith("succeeded")
    await owned.is_at("2.0.0", members, before)
    await owned.typed("rollback", owned.name, "--accept-lost-writes", "--yes")
    await owned.is_at("1.1.0", members, before)


@of(*PLAIN)
async def test_every_member_moves_and_goes_back(owned: Shape) -> None:
    """Nothing is typed but a name, a folder and a version."""
    await registered(owned)
    await fails_moves_and_goes_back(owned)


@of("tag-written-first")
async def test_the_next_tag_may_be_in_the_owners_file_already(owned: Shape) -> None:
    """The way back leads to what ran, and not to what the file says."""
    await registered(owned)
    (owned.folder / ".env").write_text("REVISION=2.0.0\n")
    await fails_moves_and_goes_back(owned)


@of("sibling-image")
async def test_a_second_image_moves_with_the_first(owned: Shape) -> None:
    """The tag floated; the folder that is asked about goes back, and what to write into the files is said."""
    said = await registered(owned)
    assert "--keep-files /srv/uploads" in said[-1]
    await owned.typed("reconfigure", owned.name, "--keep-files", "/srv/uploads")
    (passed,) = [each for each in await owned.upgrade("2.0.0") if "preflight_passed" in each]
    assert "write VERSION=2.0.0; `docker compose up` makes learning" in passed
    assert "write LEARNING_VERSION=v2.0.0" in passed
    await owned.typed("rollback", owned.name, "--accept-lost-writes", "--yes")
    await fails_moves_and_goes_back(owned)
    assert (owned.folder / "library/photo").read_text() == "a photo\n"


@of("stranger")
async def test_a_stranger_at_the_database_is_kept_out_until_cutover(owned: Shape) -> None:
    """It is no service of the project, writes all the time, and goes on once others are let in."""
    await registered(owned)
    (server,) = await owned.containers("server")
    network, image = f"{owned.folder.name}_default", server.config.image
    url = f"DATABASE_URL=postgres://postgres:{SUPERUSER}@db/{owned.database}"
    command = ["docker", "run", "--detach", "--rm", "--network", network, "--env", url, image]
    begun = await shell.run([*command, "node", "gateway.js", "work"], env=inherited(), deadline=60)
    try:
        await fails_moves_and_goes_back(owned)
        before = len(await owned.rows())
        await owned.until_rows(before + 20)
    finally:
        await shell.run(["docker", "rm", "--force", begun.stdout.strip()], env=inherited(), deadline=60)


@of("healthcheck-without-its-program")
async def test_a_healthcheck_that_never_passes_is_refused_until_it_is_turned_off(owned: Shape) -> None:
    """Nothing was touched; without it the product's own address counts."""
    await registered(owned)
    refused = await owned.upgrade("2.0.0", fails=True)
    assert "no-such-program" in refused[-1]
    assert await owned.versions() == {"gateway": {"1.1.0"}}
    file = owned.folder / "compose.yaml"
    check = next(line for line in file.read_text().splitlines() if "no-such-program" in line)
    file.write_text(file.read_text().replace(check, "    healthcheck: {disable: true}"))
    await owned.up_again()
    await fails_moves_and_goes_back(owned)


@of(IN_EVERY_RUN)
async def test_a_version_in_a_volume_goes_back_with_the_database(owned: Shape) -> None:
    """Registering asks about it; after a failure and after the way back every file in it has the hash that it had."""
    assert "--keep-files /srv/code" in (await registered(owned))[-1]
    await owned.typed("reconfigure", owned.name, "--keep-files", "/srv/code")
    (gateway,) = await owned.containers("gateway")
    (folder,) = [Path(each.source) for each in gateway.mounts]
    (folder / "upload").write_text("of a user's")

    def hashes() -> dict[str, str]:
        files = [each for each in folder.rglob("*") if each.is_file() and each.parent.name != "cache"]
        return {str(each.relative_to(folder)): sha256(each.read_bytes()).hexdigest() for each in files}

    before = hashes()
    assert {*before} == {"version", "code-1.1.0.js", "upload"}
    await owned.upgrade("1.2.0", fails=True)
    assert hashes() == before
    await fails_moves_and_goes_back(owned)
    assert hashes() == before


@of("override")
async def test_what_an_override_says_stays(owned: Shape) -> None:
    """Compose reads it by itself, and so does who registers: mounts, labels and limits outlive every way."""
    await registered(owned, "--leave-files", "/srv/media")
    await fails_moves_and_goes_back(owned)
    (gateway,) = await owned.containers("gateway")
    assert gateway.label["proxied"] == "true"
    assert [each.destination for each in gateway.mounts] == ["/srv/media"]
    assert gateway.environment["FEATURE"] == "on"


@of("replicas")
async def test_two_containers_of_what_serves_are_refused_in_one_sentence(owned: Shape) -> None:
    """Nothing is registered; it says what to write, and then all goes well."""
    said = await owned.typed("register", owned.name, "--project-folder", str(owned.folder), fails=True)
    assert said[-1].endswith("write replicas: 1, bring it up, then register it.")
    file = owned.folder / "compose.yaml"
    text = file.read_text().replace("replicas: 2", "replicas: 1")
    file.write_text(text.replace(f"{owned.port}-{owned.port + 1}:", f"{owned.port}:"))
    await owned.up_again()
    await registered(owned)
    await fails_moves_and_goes_back(owned)


def test_no_shape_is_left_out() -> None:
    """Eleven of them, of which each is tried above."""
    names = {each.name for each in SHAPES.iterdir()}
    text = Path(__file__).read_text()
    assert len(names) == 11
    assert all(f'"{each}"' in text for each in names)
