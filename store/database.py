"""The connection to PostgreSQL: asyncpg for the log's hot statements, SQLAlchemy for everything read and listed."""

from collections.abc import Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, TypeVar

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from typing_extensions import override

from astrolabe.store.errors import StoreError
from astrolabe.store.hot_pool import HotPool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.Connection
AnyPool = TypeVar("AnyPool", asyncpg.Pool, HotPool)

APP_ROLE = "astrolabe_app"
"""The role that Astrolabe works under; the migrations make it and give it no right to change the log."""

SETTINGS = {"role": APP_ROLE, "search_path": "astrolabe", "application_name": "astrolabe", "timezone": "UTC"}

# Arrays of unknown length look dearer to the planner than the one it is given, so left alone it plans each time anew,
# and planning takes longer than the statement. A plan made while a table is empty must still be good when it is not.
PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}


def parse_url(text: str) -> str:
    """Return a DATABASE_URL as asyncpg reads it; raises StoreError in one sentence where it is none."""
    try:
        url = make_url(text)
    except (ValueError, ArgumentError):
        raise StoreError("DATABASE_URL is not a URL; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE.") from None
    if url.get_backend_name() not in {"postgresql", "postgres"} or not url.database:
        raise StoreError("DATABASE_URL must name a PostgreSQL database: postgresql://USER:PASSWORD@HOST:PORT/DATABASE.")
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def for_programs(text: str) -> tuple[str, str]:
    """Return a DATABASE_URL as PostgreSQL's own programs take it, and its password, which an environment hands on."""
    url = make_url(parse_url(text))
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(), url.password or ""


IDLE_SECONDS = 60.0
"""After how long an idle connection is closed, but for those that stay."""

OVERFLOW = 10
"""How many connections SQLAlchemy may open beyond the size of its pool."""


class Kept(NamedTuple):
    """How many connections stay open at rest: each is a process of the server's, with some megabytes of its own."""

    hot: int = 1
    pool: int = 0
    engine: int | None = None
    """Of those that SQLAlchemy has, which may be none; None for as many as were in use at once."""


FEWEST = Kept()


def make_engine(dsn: str, pool_size: int, settings: dict[str, str], *, kept: int | None = None) -> AsyncEngine:
    """Let SQLAlchemy connect as asyncpg does, so that one URL with its sslmode and hosts means the same to both."""
    connect = partial(asyncpg.connect, dsn, server_settings=settings)
    if kept == 0:
        return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    stay = min(pool_size, kept or pool_size)
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, pool_size=stay, max_overflow=pool_size + OVERFLOW - stay
    )


class _Session(asyncpg.Connection):
    """A connection that is given up when the server ends it.

    Until its socket is seen to close, asyncpg uses it further and fails with an internal error, with nothing sent.
    """

    @override
    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        with self._until_the_end():
            return await super().execute(query, *args, **options)

    @override
    async def fetch(self, query: str, *args: Any, **options: Any) -> list[asyncpg.Record]:
        with self._until_the_end():
            return await super().fetch(query, *args, **options)

    @override
    async def fetchrow(self, query: str, *args: Any, **options: Any) -> asyncpg.Record | None:
        with self._until_the_end():
            return await super().fetchrow(query, *args, **options)

    @override
    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        with self._until_the_end():
            return await super().fetchval(query, *args, **options)

    @contextmanager
    def _until_the_end(self) -> Generator[None]:
        try:
            yield
        except asyncpg.PostgresError as error:
            if getattr(error, "severity_en", None) in {"FATAL", "PANIC"}:
                self.terminate()
            raise
        except asyncpg.InternalClientError as error:
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError("the server ended the connection") from error


async def _keep(_connection: object) -> None:
    """Leave a connection as it is: nothing of ours outlives its statement, so there is nothing to reset."""


class Database:
    """The log's database; `async with` opens and closes it."""

    def __init__(self, url: str, *, pool_size: int = 8, kept: Kept = FEWEST) -> None:
        self._dsn: str = parse_url(url)
        self._pool_size: int = pool_size
        self._kept: Kept = kept
        self._hot: HotPool | None = None
        self._pool: Pool | None = None
        self._engine: AsyncEngine | None = None

    async def __aenter__(self) -> Self:
        hot = await self._connections(SETTINGS | PLANNED_ONCE, at_least=self._kept.hot)
        self._hot = HotPool(hot, IDLE_SECONDS)
        self._pool = await self._connections(SETTINGS, at_least=self._kept.pool)
        self._engine = make_engine(self._dsn, self._pool_size, SETTINGS, kept=self._kept.engine)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine:
            await self._engine.dispose()
        for each in (self._pool, self._hot):
            if each:
                await each.close()

    async def _connections(self, settings: dict[str, str], *, at_least: int) -> Pool:
        return await asyncpg.create_pool(
            self._dsn,
            min_size=min(at_least, self._pool_size),
            max_size=self._pool_size,
            max_inactive_connection_lifetime=IDLE_SECONDS,
            server_settings=settings,
            connection_class=_Session,
            reset=_keep,
        )

    @property
    def hot(self) -> HotPool:
        """The asyncpg connections of statements that find all they need by an index: each is planned once."""
        return _opened(self._hot)

    @property
    def pool(self) -> Pool:
        """The asyncpg connections of statements whose plan depends on what is asked."""
        return _opened(self._pool)

    @asynccontextmanager
    async def transaction(self) -> "AsyncGenerator[AsyncConnection]":
        """Open one SQLAlchemy transaction."""
        if self._engine is None:
            raise StoreError("The database is not open.")
        async with self._engine.begin() as connection:
            yield connection

    def session(self, settings: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Return how a process of ours opens a connection of its own: where to, and with which settings."""
        return self._dsn, SETTINGS | settings

    async def listen_connection(self) -> Connection:
        """Open a connection of one's own, for LISTEN; the caller closes it."""
        return await asyncpg.connect(self._dsn, server_settings=SETTINGS)


def _opened(pool: AnyPool | None) -> AnyPool:
    if pool is None:
        raise StoreError("The database is not open.")
    return pool
