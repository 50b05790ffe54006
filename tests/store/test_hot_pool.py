"""The hot pool: one statement after another on a connection at hand, and nobody waits for anybody's."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from astrolabe.store.hot_pool import HotPool
from tests.store.stage import eventually
from tests.waiting import until

IDLE_SECONDS = 0.3
PID = "SELECT pg_backend_pid()"
ASLEEP = "SELECT pg_sleep(60) /* at night */"
WHO_SLEEPS = "SELECT count(*) FROM pg_stat_activity WHERE query = $1 AND state = 'active'"


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """The pool below."""
    async with asyncpg.create_pool(database_url, min_size=1, max_size=3) as pool:
        yield pool


@pytest_asyncio.fixture
async def hot(pool: asyncpg.Pool) -> AsyncIterator[HotPool]:
    """A hot pool on it."""
    hot = HotPool(pool, IDLE_SECONDS)
    yield hot
    await hot.close()


async def test_it_answers_as_a_pool_does(hot: HotPool) -> None:
    """Rows, a row, a value, and what the server says."""
    assert [tuple(row) for row in await hot.fetch("SELECT * FROM generate_series(1, $1::int)", 2)] == [(1,), (2,)]
    assert tuple(await hot.fetchrow("SELECT 1, 2") or ()) == (1, 2)
    assert await hot.fetchrow("SELECT 1 WHERE false") is None
    assert await hot.fetchval("SELECT 3") == 3
    assert await hot.execute("SELECT 4") == "SELECT 1"


async def test_one_connection_stays_at_hand(hot: HotPool, pool: asyncpg.Pool) -> None:
    """Statements that come one after the other take nothing from the pool."""
    pids = {await hot.fetchval(PID) for _ in range(5)}
    assert len(pids) == 1
    assert (pool.get_size(), pool.get_idle_size()) == (1, 0)


async def test_nobody_waits_for_the_one_at_hand(hot: HotPool, pool: asyncpg.Pool) -> None:
    """Statements at the same time have connections of their own; all but one go back to the pool."""
    started = time.monotonic()
    query = "SELECT pg_backend_pid() FROM pg_sleep(0.5)"
    assert len(set(await asyncio.gather(*(hot.fetchval(query) for _ in range(3))))) == 3
    assert time.monotonic() - started < 1.4
    await until(lambda: (pool.get_size(), pool.get_idle_size()) == (3, 2))


async def test_whoever_waits_for_a_connection_is_given_one_before_it_is_at_hand(database_url: str) -> None:
    """Where there are fewer than statements, each has its turn as soon as another ends."""
    async with asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool:
        hot = HotPool(pool, 600)
        async with asyncio.timeout(20):
            assert len(await asyncio.gather(*(hot.fetchval(PID) for _ in range(5)))) == 5
            await hot.close()


async def test_a_connection_that_nobody_uses_is_left_to_the_pool(hot: HotPool, pool: asyncpg.Pool) -> None:
    """It closes what is idle for long: at rest a session is memory that nobody needs."""
    await hot.fetchval(PID)
    await asyncio.sleep(IDLE_SECONDS / 2)
    await hot.fetchval(PID)
    started = time.monotonic()
    await until(lambda: pool.get_idle_size() == 1)
    assert time.monotonic() - started > IDLE_SECONDS / 2
    assert await hot.fetchval(PID)
    assert pool.get_idle_size() == 0


async def test_a_statement_that_fails_leaves_a_connection_that_works(hot: HotPool, pool: asyncpg.Pool) -> None:
    """Whatever became of it, the next one is answered."""
    with pytest.raises(asyncpg.DivisionByZeroError):
        await hot.fetchval("SELECT 1 / 0")
    assert pool.get_idle_size() == 1
    assert await hot.fetchval("SELECT 1") == 1


async def test_a_statement_that_is_cancelled_ends_at_the_server(hot: HotPool, pool: asyncpg.Pool) -> None:
    """The next one does not run into it."""
    task = asyncio.create_task(hot.fetchval(ASLEEP))

    async def asleep() -> bool:
        return await pool.fetchval(WHO_SLEEPS, ASLEEP) == 1

    await eventually(asleep)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await hot.fetchval("SELECT 1") == 1
    assert await pool.fetchval(WHO_SLEEPS, ASLEEP) == 0


async def test_who_comes_after_the_server_ended_a_connection_is_answered(hot: HotPool, pool: asyncpg.Pool) -> None:
    """One that was at hand is not used again once its end was seen: a server's restart costs nobody an answer."""
    first = await hot.fetchval(PID)
    await pool.fetchval("SELECT pg_terminate_backend($1)", first)
    await until(lambda: pool.get_size() == 1)
    assert await hot.fetchval(PID) != first
    assert (pool.get_size(), pool.get_idle_size()) == (1, 0)


async def test_it_closes_while_a_statement_comes_to_its_end(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where that comes to its end while the connection at hand is given back."""
    pool = await asyncpg.create_pool(database_url, min_size=1, max_size=3)
    hot, release = HotPool(pool, IDLE_SECONDS), asyncpg.Pool.release
    ending = asyncio.create_task(hot.fetchval("SELECT pg_sleep(0.5)"))
    await until(lambda: pool.get_idle_size() == 0)
    await hot.fetchval(PID)

    async def slowly(pool: asyncpg.Pool, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        if asyncio.current_task() is not ending:
            await asyncio.wait([ending])
        await release(pool, connection)

    monkeypatch.setattr(asyncpg.Pool, "release", slowly)
    async with asyncio.timeout(20):
        await hot.close()
    assert ending.done()
    assert pool.get_size() == 0
