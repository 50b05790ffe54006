"""A project of one shape, as many people have it: brought up by its owner, and handled by typed commands alone."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.workers.kinds.compose.container import Container
from astrolabe.workers.kinds.compose.engine import Engine
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.command import Finished
from astrolabe.workers.programs.environment import inherited
from tests.compose_world import PRODUCT, SIBLING, SUPERUSER, ImageHouse
from tests.e2e.processes import Astrolabe
from tests.ports import free_port

SHAPES = Path(__file__).with_name("shapes")
SIBLINGS = """
[[image.siblings]]
repository = "{registry}/{sibling}"
tag = "v{{version}}"

[health]"""


def product_of(house: ImageHouse, shape: str) -> str:
    """Return the product file of the stand-in, which has a second image where the shape has one."""
    plain = PRODUCT.format(repository=house.repository)
    siblings = SIBLINGS.format(registry=house.registry.address, sibling=SIBLING)
    return plain.replace("\n[health]", siblings) if shape == "sibling-image" else plain


class Shape:
    """One project in a folder of its own, and what is seen of it from outside."""

    def __init__(self, name: str, folder: Path, astrolabe: Astrolabe, port: int, database: str) -> None:
        self.name = name
        self.folder = folder
        self.port = port
        self.database = database
        self._astrolabe = astrolabe
        self._engine = Engine(inherited(), ())

    async def typed(self, *words: str, fails: bool = False) -> list[str]:
        """Type a command of Astrolabe's; return the lines that it printed."""
        env = {
            **self._astrolabe.environment,
            "ASTROLABE_URL": str(self._astrolabe.http.base_url),
            "ASTROLABE_TOKEN": self._astrolabe.http.headers["Authorization"].removeprefix("Bearer "),
        }
        said = await shell.run(run_astrolabe(*words), env=env, deadline=200, check=False)
        assert bool(said.returncode) is fails, f"{words}\n{said.stdout}{said.stderr}\n{self._astrolabe.said()}"
        return f"{said.stdout}{said.stderr}".splitlines()

    async def upgrade(self, target: str, *, fails: bool = False) -> list[str]:
        """Ask for an upgrade, and wait for its end."""
        return await self.typed("upgrade", self.name, target, "--yes", fails=fails)

    async def compose(self, *words: str) -> Finished:
        """Type what the owner types in the project's folder."""
        return await shell.run(["docker", "compose", *words], env=inherited(), deadline=180, cwd=self.folder)

    async def up(self) -> None:
        """Bring all of it up, which for a database of a name of its own takes a while longer."""
        await self.compose("up", "--detach", "--wait", "db")
        if self.database != "postgres":
            connection = await self._connect("postgres")
            await connection.execute(f'CREATE DATABASE "{self.database}"')
            await connection.close()
        await self.up_again()

    async def up_again(self) -> None:
        """Bring up what has changed, and wait until it serves."""
        await self.compose("up", "--detach")
        async with asyncio.timeout(60):
            while not await self.serves():
                await asyncio.sleep(0.1)

    async def serves(self) -> bool:
        """Return whether all that serve answer at their own addresses."""
        places = [f"http://{each.address}:4000/health" for each in await self.containers("server", "gateway")]
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return all([(await http.get(each)).is_success for each in places])
            except httpx.TransportError:
                return False

    async def _connect(self, database: str) -> asyncpg.Connection:
        (server,) = await self.containers("db")
        return await asyncpg.connect(
            f"postgresql://postgres:{SUPERUSER}@{server.address}:5432/{database}", ssl=False, timeout=10
        )

    async def containers(self, *services: str) -> list[Container]:
        """Describe the project's containers, or those of some services."""
        found = await self._engine.labelled(f"com.docker.compose.project={self.folder.name}")
        return [each for each in found if not services or each.service in services]

    async def versions(self) -> dict[str, set[str]]:
        """Return the tags that each member's containers are made from, beside what is pinned in them."""
        found: dict[str, set[str]] = {}
        for each in await self.containers():
            image, _, _ = each.config.image.partition("@")
            if "/standin/" in image:
                found.setdefault(each.service, set()).add(image.rpartition(":")[2].removeprefix("v"))
        return found

    async def rows(self) -> dict[int, str]:
        """Return every item in the database."""
        connection = await self._connect(self.database)
        try:
            return {each["id"]: each["name"] for each in await connection.fetch("SELECT id, name FROM items")}
        finally:
            await connection.close()

    async def until_rows(self, many: int) -> None:
        """Wait until the database has so many items."""
        async with asyncio.timeout(30):
            while len(await self.rows()) < many:
                await asyncio.sleep(0.1)

    async def is_at(self, version: str, members: set[str], rows: dict[int, str]) -> None:
        """See that it serves, that every member is of a version, and that rows of before are what they were."""
        assert await self.serves()
        assert await self.versions() == {each: {version} for each in members}
        assert rows.items() <= (await self.rows()).items()

    async def write(self, name: str) -> None:
        """Write an item that no upgrade may lose."""
        connection = await self._connect(self.database)
        await connection.execute("INSERT INTO items (name) VALUES ($1)", name)
        await connection.close()


@asynccontextmanager
async def shape(name: str, house: ImageHouse, astrolabe: Astrolabe, tmp_path: Path) -> AsyncIterator[Shape]:
    """Copy a shape, and clear it away afterwards."""
    folder, port = tmp_path / f"{name}-{uuid4().hex[:6]}", free_port()
    shutil.copytree(SHAPES / name, folder)
    for file in (each for each in folder.rglob("*") if each.is_file()):
        text = file.read_text().replace("127.0.0.1:5000", house.registry.address)
        file.write_text(text.replace("18001", str(port + 1)).replace("18000", str(port)).replace("sesame", SUPERUSER))
    database = "postgres" if name == "database-called-postgres" else "app"
    made = Shape(name, folder, astrolabe, port, database)
    try:
        yield made
    finally:
        await made.compose("down", "--volumes", "--timeout", "1", "--remove-orphans")
