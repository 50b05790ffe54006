"""The tail: woken when the log grows, and still looking when nobody wakes it."""

import asyncio

import pytest
import pytest_asyncio

from astrolabe.store.log.tail import RECONNECT_SECONDS, Tail
from tests.store.stage import eventually, running, stream_of

FAR = 600.0
LISTENERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query LIKE '%FROM log_head') AND pid <> ALL($1::int[])
"""
"""Who listens, and now and then looks by itself."""


@pytest_asyncio.fixture
async def tail(database):
    """A tail that listens."""
    async with Tail(database) as tail:

        async def hears():
            return tail.heard > 0

        await eventually(hears)
        yield tail


async def test_growth_wakes_all_who_wait(tail, log, sequencer):
    """Everyone in this process wakes as soon as an event has its position, long before they would look."""
    waiting = [asyncio.create_task(tail.wait(FAR)) for _ in range(5)]
    await asyncio.sleep(0)
    await stream_of(log, "one")
    await sequencer.drain()
    async with asyncio.timeout(10):
        await asyncio.gather(*waiting)


async def test_a_running_sequencer_wakes_whoever_waits_for_an_append(tail, log, sequencer):
    """From append to waking nobody has to look."""
    async with running(sequencer.run()), asyncio.timeout(10):
        for nth in range(5):
            heard = tail.heard
            await stream_of(log, f"{nth}")
            await tail.wait(FAR, since=heard)
            assert (await log.read_all(nth - 1))[0].position == nth


async def test_growth_between_reading_and_waiting_is_not_missed(tail, log, sequencer):
    """Who noted what was heard before reading is not made to wait for what came meanwhile."""
    heard = tail.heard
    await stream_of(log, "one")
    await sequencer.drain()

    async def told():
        return tail.heard > heard

    await eventually(told)
    async with asyncio.timeout(10):
        await tail.wait(FAR, since=heard)


async def test_nobody_wakes_without_growth(tail):
    """Without growth a wait ends with its time, no sooner."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await tail.wait(FAR, since=tail.heard)
    await tail.wait(0.01)


async def test_a_topic_wakes_those_alone_who_follow_it(database, log, sequencer):
    """A tick of another upgrade wakes nobody who follows the log, or another topic; the log's growth wakes all."""
    async with Tail(database, topics="topics") as tail:

        async def hears():
            return tail.heard > 0

        await eventually(hears)
        with tail.following("mine") as mine, tail.following("theirs") as theirs:
            before = mine.heard, theirs.heard, tail.heard
            waiting = asyncio.create_task(mine.wait(FAR, since=mine.heard))
            await database.pool.execute("SELECT pg_notify('topics', 'mine')")
            async with asyncio.timeout(10):
                await waiting
            assert (mine.heard, theirs.heard, tail.heard) == (before[0] + 1, *before[1:])
            await stream_of(log, "one")
            await sequencer.drain()
            async with asyncio.timeout(10):
                await asyncio.gather(*(each.wait(FAR, since=before[1]) for each in (theirs, tail)))
            assert mine.heard == before[0] + 2


async def test_whoever_waits_can_be_stopped_in_the_moment_of_growth(tail):
    """A task that is cancelled just as the log grows ends, and does not go on as if it had only been woken."""
    waiting = asyncio.create_task(tail.wait(FAR))
    await asyncio.sleep(0)
    tail.notice()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_tail_whose_connection_ends_makes_another(tail, log, sequencer, superuser):
    """A server that ends the connection is met with a new one, and whoever waited looks at once."""
    [dead] = [row[0] for row in await superuser.fetch(LISTENERS, [])]
    waiting = asyncio.create_task(tail.wait(FAR))
    await asyncio.sleep(0)
    await superuser.execute("SELECT pg_terminate_backend($1)", dead)
    async with asyncio.timeout(10):
        await waiting

    async def listening():
        return await superuser.fetch(LISTENERS, [dead])

    await eventually(listening, RECONNECT_SECONDS + 10)
    await test_growth_wakes_all_who_wait(tail, log, sequencer)


async def test_growth_that_nobody_told_of_is_found(database, superuser, monkeypatch):
    """A notification that was lost on its way delays whoever waits by one look of the tail's."""
    monkeypatch.setattr("astrolabe.store.log.tail.LOOK_SECONDS", 0.1)
    async with Tail(database) as tail:

        async def hears():
            return tail.heard > 0

        await eventually(hears)
        waiting = asyncio.create_task(tail.wait(FAR, since=tail.heard))
        await superuser.execute("UPDATE log_head SET tree_size = tree_size + 1")
        async with asyncio.timeout(10):
            await waiting


async def test_whoever_is_stopped_while_a_tail_ends_is_stopped(database, monkeypatch):
    """A cancellation that comes while the block is being left is none of the tail's."""
    ending = asyncio.Event()

    async def listen(_):
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await asyncio.sleep(0.05)

    monkeypatch.setattr(Tail, "_listen", listen)

    async def work():
        async with Tail(database):
            await asyncio.sleep(0)

    working = asyncio.create_task(work())
    await ending.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_a_tail_ends_with_its_block(database, superuser):
    """No connection is left behind."""
    async with Tail(database):

        async def listening():
            return await superuser.fetch(LISTENERS, [])

        await eventually(listening)

    async def silent():
        return not await listening()

    await eventually(silent)
