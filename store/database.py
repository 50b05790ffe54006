"""The connection to PostgreSQL: asyncpg for the log's hot statements, SQLAlchemy for everything read and listed."""

from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.Connection

APP_ROLE = "astrolabe_app"
"""The role that Astrolabe works under; the migrations make it and give it no right to change the log."""

SETTINGS = {"role": APP_ROLE, "search_path": "astrolabe", "application_name": "astrolabe", "timezone": "UTC"}


def parse_url(text: str) -> str:
    """Check a DATABASE_URL and give it as asyncpg reads it; raises StoreError in one sentence where it is none."""
    try:
        url = make_url(text)
    except (ValueError, ArgumentError):
        raise StoreError("DATABASE_URL is not a URL; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE.") from None
    if url.get_backend_name() not in {"postgresql", "postgres"} or not url.database:
        raise StoreError("DATABASE_URL must name a PostgreSQL database: postgresql://USER:PASSWORD@HOST:PORT/DATABASE.")
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def make_engine(dsn: str, pool_size: int, settings: dict[str, str]) -> AsyncEngine:
    """Let SQLAlchemy connect as asyncpg does, so that one URL with its sslmode and hosts means the same to both."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(asyncpg.connect, dsn, server_settings=settings),
        pool_size=pool_size,
    )


async def _keep(_connection: object) -> None:
    """Leave a connection as it is: nothing of ours outlives its statement, so there is nothing to reset."""


class Database:
    """The log's database; `async with` opens and closes it."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self._dsn: str = parse_url(url)
        self._pool_size: int = pool_size
        self._pool: Pool | None = None
        self._engine: AsyncEngine | None = None

    async def __aenter__(self) -> Self:
        self._pool = await asyncpg.create_pool(
            self._dsn, min_size=1, max_size=self._pool_size, server_settings=SETTINGS, reset=_keep
        )
        self._engine = make_engine(self._dsn, self._pool_size, SETTINGS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine:
            await self._engine.dispose()
        if self._pool:
            await self._pool.close()

    @property
    def pool(self) -> Pool:
        """The asyncpg connections of the hot statements."""
        if self._pool is None:
            raise StoreError("The database is not open.")
        return self._pool

    @asynccontextmanager
    async def transaction(self) -> "AsyncGenerator[AsyncConnection]":
        """Open one SQLAlchemy transaction."""
        if self._engine is None:
            raise StoreError("The database is not open.")
        async with self._engine.begin() as connection:
            yield connection

    async def listen_connection(self) -> Connection:
        """Open a connection of one's own, for LISTEN; the caller closes it."""
        return await asyncpg.connect(self._dsn, server_settings=SETTINGS)
