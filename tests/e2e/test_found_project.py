"""A compose project that is registered with nothing typed but its name and its folder, and upgraded."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.compose_world import PRODUCT, ComposeWorld, ImageHouse, compose_world, engine, image_house
from tests.e2e.processes import Astrolabe
from tests.world import PASSWORD

__all__ = ["engine", "image_house"]

pytestmark = [pytest.mark.e2e, pytest.mark.engine]


@pytest_asyncio.fixture
async def project(image_house: ImageHouse, host_folder: Path, database_url: str) -> AsyncIterator[ComposeWorld]:
    """A stand-in 1.1.0 that runs, from the files that Compose finds by itself."""
    async with compose_world(image_house, host_folder, database_url) as made:
        folder = Path(made.project.folder)
        (folder / "database.yaml").rename(folder / "compose.override.yaml")
        made.config = replace(made.config, compose=replace(made.project, files=(), profiles=()))
        (folder / "compose.yaml").write_text((folder / "compose.yaml").read_text().replace("profiles: [serving]", ""))
        await shell.run(
            ["docker", "compose", "up", "--detach", "--no-deps", "gateway"],
            env=inherited(),
            deadline=120,
            cwd=folder,
        )
        await made.until(made.answers)
        await made.write("first")
        yield made


async def test_a_project_is_adopted_by_its_name_and_folder(
    project: ComposeWorld, valkey: Valkey, database_url: str, host_folder: Path, tmp_path: Path
) -> None:
    """What it is, is found by its image, and its database by the gateway's own words; the password is never shown."""
    products = tmp_path / "products"
    products.mkdir()
    (products / "standin.toml").write_text(PRODUCT.format(repository=project.house.repository))
    async with Astrolabe.started(database_url, valkey.url, host_folder, products, tmp_path) as astrolabe:
        astrolabe.worker()
        env = {
            **astrolabe.environment,
            "ASTROLABE_URL": str(astrolabe.http.base_url),
            "ASTROLABE_TOKEN": astrolabe.http.headers["Authorization"].removeprefix("Bearer "),
        }
        typed = ("register", "shop", "--project-folder", project.project.folder)
        said = await shell.run(run_astrolabe(*typed), env=env, deadline=60)
        assert said.stdout.splitlines()[-1] == f"Stand-in gateway 1.1.0 serves on port {project.config.port}"
        shown = await astrolabe.get("/instances/shop")
        project.instance_id = shown["id"]
        assert (shown["product"], shown["kind"], shown["version"]) == ("standin", "compose", "1.1.0")
        assert (shown["compose"]["service"], shown["compose"]["database_service"]) == ("gateway", "db")
        assert shown["compose"]["name"] == project.project.name
        assert PASSWORD not in f"{said.stdout}{said.stderr}{shown}"
        place = Path(shown["database"]["password"].removeprefix("file:"))
        assert (place.read_text(), place.stat().st_mode & 0o777) == (PASSWORD, 0o600)
        upgraded = await shell.run(
            run_astrolabe("upgrade", "shop", "2.0.0", "--yes"), env=env, deadline=180, check=False
        )
        assert upgraded.returncode == 0, f"{upgraded.stdout}{upgraded.stderr}"
        assert (await astrolabe.get("/instances/shop"))["version"] == "2.0.0"
    assert await project.items() == ["first"]
