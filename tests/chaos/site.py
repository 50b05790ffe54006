"""A site: one instance of a run, with a role and a database of its own, from its making to its end."""

import contextlib
import itertools
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from msgspec.structs import replace

from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig
from tests.chaos import owner
from tests.chaos.house import House
from tests.chaos.target import OLD
from tests.databases import run
from tests.ports import free_port
from tests.standin.releases import NAME

_numbers: Final = itertools.count(1)
PASSWORD: Final = "a-password-to-look-for"


class Site:
    """Where an instance is, and what of it runs and lies there."""

    def __init__(self, house: House, config: InstanceConfig, folder: Path) -> None:
        self.house: Final = house
        self.config: Final = config
        self.folder: Final = folder

    @classmethod
    @asynccontextmanager
    async def made(
        cls, house: House, product: str, *, supervised: bool, cutover: str | None, **more: Any
    ) -> "AsyncGenerator[Site]":
        """Make the database, start the old version as its owner did, and clear all of it away afterwards."""
        name = f"chaos_{os.getpid()}_{next(_numbers)}"
        folder = house.folder / "runs" / name
        folder.mkdir(parents=True)
        secret = house.data.folder / "secrets" / name.replace("_", "-") / "password"
        secret.parent.mkdir()
        secret.write_text(PASSWORD)
        server = house.instances.postgres
        await run(server, f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{PASSWORD}'")
        await run(server, f"CREATE DATABASE {name} OWNER {name}")
        where = DatabaseConfig(name, name, "127.0.0.1", urlsplit(server.url()).port or 0, f"file:{secret}")
        config = InstanceConfig(
            name.replace("_", "-"),
            product,
            free_port(),
            database=where,
            **more,
        )
        if cutover:
            config = replace(config, cutover=cutover)
        site = cls(house, config, folder)
        try:
            async with site._owned(supervised=supervised):
                yield site
        finally:
            await site._clear()

    @asynccontextmanager
    async def _owned(self, *, supervised: bool) -> AsyncGenerator[None]:
        tree = owner.installed(self.house.registry.package(NAME, OLD), self.house.folder)
        environment, log = owner.node_environment(self._environment()), self.folder / "owner.log"
        async with contextlib.AsyncExitStack() as stack:
            if supervised:
                await stack.enter_async_context(owner.supervised(tree, environment, log))
            else:
                owner.start(tree, environment, log)
            await owner.serving(self.url)
            yield

    def _environment(self) -> Mapping[str, str]:
        place = {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(self.config.port)}
        return {"DATABASE_URL": self.database_url, **place, **self.config.settings}

    @property
    def database(self) -> str:
        """The name of the instance's database."""
        assert self.config.database
        return self.config.database.name

    @property
    def database_url(self) -> str:
        """Where the instance's role reaches its database."""
        assert self.config.database
        where = self.config.database
        return f"postgresql://{where.user}:{PASSWORD}@{where.host}:{where.port}/{where.name}"

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self.config.port}"

    async def rows(self, query: str, database: str | None = None) -> list[Any]:
        """Ask a database of the instance's server, as its superuser."""
        connection = await asyncpg.connect(self.house.instances.postgres.url(database or self.database), timeout=10)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def databases(self) -> dict[str, bool]:
        """List the databases of this instance, and whether each takes connections."""
        query = f"SELECT datname, datallowconn FROM pg_database WHERE datname ~ '^{self.database}($|_)'"
        return {str(name): bool(open_) for name, open_ in await self.rows(query, "postgres")}

    async def _clear(self) -> None:
        owner.end_all(self.database)
        server = self.house.instances.postgres
        for name in await self.databases():
            await run(server, f'DROP DATABASE "{name}" WITH (FORCE)')
        await run(server, f"DROP ROLE {self.database}")
