"""Progress: told beside the log, to whoever looks now."""

import asyncio

from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.tail import Tail
from astrolabe.store.progress import CHANNEL, Amount, ProgressBoard
from tests.store.stage import eventually


async def test_of_an_instance_the_latest_is_kept(database: Database) -> None:
    """A later tick takes the place of the one before; another upgrade's is none of this one."""
    board, instance, upgrade = ProgressBoard(database), new_id(), new_id()
    assert await board.latest(instance, upgrade) is None
    await board.put(instance, upgrade, attempt=1, step="preflight", message="asking")
    asked = await board.latest(instance, upgrade)
    await board.put(instance, upgrade, attempt=2, step="pull", message="fetching", amount=Amount(3, None, "bytes"))
    fetching = await board.latest(instance, upgrade)
    assert asked
    assert fetching
    assert (asked.step, asked.amount) == ("preflight", None)
    assert (fetching.attempt, fetching.step, fetching.message) == (2, "pull", "fetching")
    assert fetching.amount == Amount(3, None, "bytes")
    assert fetching.at > asked.at
    assert await board.latest(instance, new_id()) is None
    assert await database.pool.fetchval("SELECT count(*) FROM progress WHERE instance_id::text = $1", instance) == 1


async def test_a_tick_wakes_whoever_listens_for_it(database: Database) -> None:
    """It is told at once, on a channel of its own."""
    async with Tail(database, CHANNEL) as ticks:

        async def hears() -> bool:
            return ticks.heard > 0

        await eventually(hears)
        heard = ticks.heard
        await ProgressBoard(database).put(new_id(), new_id(), attempt=1, step="pull", message="fetching")
        async with asyncio.timeout(10):
            while ticks.heard == heard:
                await ticks.wait(since=heard)
