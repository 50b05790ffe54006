"""Astrolabe's own compose file, with its own image built from what this machine has."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio
from msgspec import to_builtins
from msgspec.structs import replace

from astrolabe.cli.private_engine import own
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited
from tests.compose_world import PRODUCT, ComposeWorld, ImageHouse, compose_world, engine, image_house
from tests.lacking import lacks
from tests.own_image import PROJECT, USER, publish

__all__ = ["engine", "image_house"]

SECRETS = {"ASTROLABE_DB_PASSWORD": "of-the-database", "ASTROLABE_REDIS_PASSWORD": "of-the-queue"}
API = "http://127.0.0.1:8400"
LOG = "postgresql://astrolabe:of-the-database@127.0.0.1:8401/astrolabe"


@dataclass(frozen=True)
class OwnProject:
    """The project's own file with images of a registry of ours, and the folder of a host."""

    images: Path
    folder: Path

    async def typed(self, *words: str, project: str = "own", **env: str) -> str:
        """Type a command of Compose on it."""
        begun = ["docker", "compose", "--project-directory", PROJECT, "--project-name", project]
        command = [*begun, "-f", PROJECT / "docker-compose.yml", "-f", self.images, *words]
        host = {
            "ASTROLABE_PROJECTS": str(self.folder / "projects"),
            "ASTROLABE_SECRETS": str(self.folder / "secrets"),
            "ASTROLABE_PRODUCTS": str(self.folder / "products"),
            "ASTROLABE_APPRISE": str(self.folder / "apprise"),
            "ASTROLABE_ENGINE": str(own.SOCKET),
            "DOCKER_GID": str(own.SOCKET.stat().st_gid),
        }
        return (await shell.run(command, env={**inherited(), **SECRETS, **host, **env}, deadline=240)).stdout

    async def token(self) -> str:
        """Make a first token inside."""
        first = ("exec", "--no-TTY", "api", "python3", "-m", "astrolabe", "first-token")
        return (await self.typed(*first)).strip()


@pytest_asyncio.fixture
async def astrolabe(image_house: ImageHouse, tmp_path: Path) -> AsyncIterator[OwnProject]:
    """The project with its servers and its API started, and with the stand-in as a product."""
    for each in ("projects", "secrets", "products", "apprise"):
        (tmp_path / each).mkdir()
    (tmp_path / "products" / "standin.toml").write_text(PRODUCT.format(repository=image_house.repository))
    images = tmp_path / "images.json"
    images.write_bytes(msgspec.json.encode({"services": await publish(image_house.registry, tmp_path)}))
    project = OwnProject(images, tmp_path)
    try:
        await project.typed("up", "--detach", "--no-build", "--wait", "db", "queue", "api")
        yield project
    finally:
        sys.stdout.write(await project.typed("logs", "--no-color"))  # pytest shows it where the test has failed
        await project.typed("down", "--volumes", "--timeout", "5")


@pytest.mark.engine
@pytest.mark.shipped
@pytest.mark.timeout(400)
async def test_astrolabe_runs_from_its_own_file_and_image_on_two_hosts_and_not_as_root(
    astrolabe: OwnProject, image_house: ImageHouse
) -> None:
    """Compose accepts the file; nobody is root; a container more, with the name of its host, upgrades what is there."""
    project = msgspec.json.decode(await astrolabe.typed("config", "--format", "json"))
    assert set(project["services"]) == {"db", "queue", "migrate", "api", "relay", "worker"}
    await astrolabe.typed("up", "--detach", "--no-build", "relay", "worker")
    token = await astrolabe.token()
    async with httpx.AsyncClient(base_url=API, trust_env=False) as http:
        assert (await http.get("/readyz")).is_success
        answer = await http.get("/instances", headers={"Authorization": f"Bearer {token}"})
        assert answer.json() == {"items": [], "next": None}
    for service in ("api", "relay", "worker"):
        assert (await astrolabe.typed("exec", "--no-TTY", service, "id", "-u")).strip() == str(USER)
    second = ("up", "--detach", "--no-deps", "--no-build", "worker")
    await astrolabe.typed(*second, project="second", ASTROLABE_HOST="web-2")
    try:
        async with compose_world(image_house, astrolabe.folder, LOG) as standin:
            await standin.owner_starts()
            await standin.write("first")
            await _upgraded(standin, token)
            assert await standin.items() == ["first"]
    finally:
        sys.stdout.write(await astrolabe.typed("logs", "--no-color", project="second"))
        await astrolabe.typed("down", "--volumes", "--timeout", "5", project="second")


async def _upgraded(standin: ComposeWorld, token: str) -> None:
    """Upgrade it over the API; every step is the second host's."""
    assert standin.config.database
    database = replace(standin.config.database, password=f"file:/run/secrets/{standin.config.name}/password")
    config = replace(standin.config, host="web-2", database=database)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=API, headers=headers, trust_env=False) as http:
        registered = await http.post("/instances", json={**to_builtins(config), "version": "1.1.0"})
        assert registered.status_code == 201, registered.text
        accepted = await http.post("/upgrades", json={"instance": config.name, "target": "2.0.0"})
        assert accepted.status_code == 202, accepted.text
        upgrade = f"/upgrades/{accepted.json()['id']}"
        async with asyncio.timeout(120):
            while not (operation := (await http.get(upgrade)).json())["done"]:
                await asyncio.sleep(0.1)
        assert operation["status"] == "succeeded", operation
        events = (await http.get(f"{upgrade}/events")).json()["items"]
    by = {each["data"]["worker"].partition(":")[0] for each in events if each["type"] == "step_started"}
    assert by == {"web-2"}


async def test_no_secret_is_in_the_file() -> None:
    """Without its passwords from outside the file is refused, and the message names the one that lacks."""
    plugin = tools.compose_plugin()
    if plugin is None:
        lacks("this machine lacks Compose")
    # Run by itself it needs neither the docker command nor an engine.
    command = [plugin, "-f", PROJECT / "docker-compose.yml", "config", "--quiet"]
    names = ("ASTROLABE_DB_PASSWORD", "ASTROLABE_REDIS_PASSWORD")
    for lacking, given in (names, reversed(names)):
        # Of two that lack Compose names either.
        ended = await shell.run(command, env={**inherited(), given: "given"}, deadline=30, check=False)
        assert ended.returncode != 0
        assert lacking in ended.stderr
