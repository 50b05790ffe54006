"""The sequencer: one gapless order for all, whoever dies."""

import asyncio
from contextlib import suppress
from random import Random

import asyncpg

from astrolabe.store.database import Database
from astrolabe.store.errors import Conflict
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from tests.store.stage import BY, append_slowly, everything, messages, said, stream_of

LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
OTHERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


async def test_positions_begin_at_zero_and_have_no_gaps(log, sequencer):
    """Each event has its place, in the order of the appends, and the head is the last of them."""
    assert await log.last_position() == -1
    for word in ("a", "b"):
        await stream_of(log, f"{word}1", f"{word}2")
    assert await log.unsequenced() == 4
    assert await log.read_all(-1) == []
    assert await sequencer.step() == 4
    found = await log.read_all(-1)
    assert messages(found) == ["a1", "a2", "b1", "b2"]
    assert [each.position for each in found] == [0, 1, 2, 3]
    assert await log.last_position() == 3
    assert await log.unsequenced() == 0
    assert await sequencer.step() == 0


async def test_a_place_is_given_once(log, sequencer):
    """Later steps place only what is new."""
    stream_id = await stream_of(log, "one")
    await sequencer.drain()
    before = await everything(log)
    await log.append(stream_id, 1, [said("two")], BY)
    await sequencer.drain()
    assert (await everything(log))[:1] == before
    assert messages(await everything(log)) == ["one", "two"]


async def placed(log: Log) -> None:
    """Wait until every event has its place."""
    async with asyncio.timeout(10):
        while await log.unsequenced():
            await asyncio.sleep(0.01)


async def test_an_idle_sequencer_is_told_of_an_append(log, sequencer, monkeypatch):
    """It would look again only in a minute; what is told afterwards, outside of the append, wakes it."""
    monkeypatch.setattr("astrolabe.store.log.sequencer.IDLE_SECONDS", 60)
    running = asyncio.create_task(sequencer.run())
    for word in ("one", "two", "three"):
        await stream_of(log, word)
        await placed(log)
    running.cancel()
    assert messages(await everything(log)) == ["one", "two", "three"]


async def test_what_nobody_told_is_found_by_a_slow_look(log, sequencer, superuser, monkeypatch):
    """A process that dies between its append and the notification delays the event, and loses nothing."""
    monkeypatch.setattr("astrolabe.store.log.sequencer.IDLE_SECONDS", 0.1)
    stream_id = await stream_of(log, "one")
    running = asyncio.create_task(sequencer.run())
    await placed(log)
    await append_slowly(superuser, stream_id, 1, said("two"))
    await placed(log)
    running.cancel()
    assert messages(await everything(log)) == ["one", "two"]


async def test_numbers_that_were_used_up_leave_no_gap(log, sequencer, superuser):
    """An append that was rolled back takes an identity with it, and no position."""
    stream_id = await stream_of(log, "one")
    for _ in range(3):
        transaction = superuser.transaction()
        await transaction.start()
        await append_slowly(superuser, stream_id, 1, said("never"))
        await transaction.rollback()
    await log.append(stream_id, 1, [said("two")], BY)
    await sequencer.drain()
    assert [(each.position, each.event.message) for each in await everything(log)] == [(0, "one"), (1, "two")]


async def test_what_commits_late_is_not_lost(log, sequencer, superuser):
    """An event that came earlier and commits later gets a later place, and a reader in between misses nothing."""
    first, second = await stream_of(log, "one"), new_id()
    await sequencer.drain()
    transaction = superuser.transaction()
    await transaction.start()
    await append_slowly(superuser, first, 1, said("came first"))
    await log.append(second, 0, [said("was quick")], BY)
    await sequencer.drain()
    read = await log.read_all(0)
    assert messages(read) == ["was quick"]
    await transaction.commit()
    await sequencer.drain()
    assert messages(await log.read_all(read[-1].position)) == ["came first"]
    assert [each.position for each in await everything(log)] == [0, 1, 2]


async def test_a_step_that_is_not_committed_places_nothing(log, sequencer, superuser):
    """A sequencer that dies in the middle leaves the work to another, who waits for its end."""
    await stream_of(log, "one", "two")
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("SELECT sequence(1)")
    waiting = asyncio.create_task(sequencer.step())
    await transaction.rollback()
    assert await waiting == 2
    assert [each.position for each in await everything(log)] == [0, 1]


async def test_many_sequencers_share_the_work(log, database_url):
    """Any number may work at once; each event is placed by one of them."""
    for nth in range(40):
        await stream_of(log, f"{nth}.1", f"{nth}.2")
    async with Database(database_url) as other:
        placed = await asyncio.gather(*(Sequencer(other).step() for _ in range(8)))
    assert sum(placed) == 80
    assert [each.position for each in await everything(log)] == list(range(80))


class Writer:
    """Appends to a stream of its own, whatever happens to its connections, and knows what it was promised."""

    def __init__(self, log: Log, name: str, promised: list[str]) -> None:
        self.log, self.name, self.promised = log, name, promised
        self.stream_id = new_id()
        self.known: dict[str, int] = {}

    async def write(self, many: int, random: Random) -> None:
        """Append so many events, each after having seen all that was promised to anybody."""
        for nth in range(many):
            word = f"{self.name}.{nth}"
            self.known[word] = len(self.promised)
            await self._write(word, nth, random)
            self.promised.append(word)

    async def _write(self, word: str, version: int, random: Random) -> None:
        while True:
            try:
                await self.log.append(self.stream_id, version, [said(word)], BY)
            except LOST:
                await asyncio.sleep(random.random() * 0.01)
            except Conflict:
                # The answer of an attempt before was lost, not the event.
                return
            else:
                return


async def until_lost(sequencer: Sequencer) -> None:
    """Place events for ever, beginning again whenever the connection was lost."""
    while True:
        with suppress(*LOST):
            await sequencer.run()
        await asyncio.sleep(0.001)


async def kill_at_random(connection, random: Random, killed: list[int]) -> None:
    """End random sessions of this database, one after another."""
    while True:
        pids = [row[0] for row in await connection.fetch(OTHERS)]
        if pids:
            killed.append(random.choice(pids))
            await connection.execute("SELECT pg_terminate_backend($1)", killed[-1])
        await asyncio.sleep(random.random() * 0.03)


async def test_writers_and_sequencers_that_are_killed_at_random(log, sequencer, database_url, superuser):
    """Under fire nothing is lost or doubled, there is no gap, and no effect comes before its cause."""
    random, promised, killed = Random(11), [], []  # noqa: S311  no secret
    async with Database(database_url, pool_size=8) as one, Database(database_url, pool_size=4) as two:
        writers = [Writer(Log(one), f"w{nth}", promised) for nth in range(8)]
        beside = [asyncio.create_task(until_lost(Sequencer(each))) for each in (one, two, two)]
        beside.append(asyncio.create_task(kill_at_random(superuser, random, killed)))
        await asyncio.gather(*(writer.write(40, random) for writer in writers))
        for task in beside:
            task.cancel()
        ended = await asyncio.gather(*beside, return_exceptions=True)
        assert [type(end) for end in ended] == [asyncio.CancelledError] * len(beside)
    assert len(killed) > 3
    # The killer's last victim may have been ours.
    with suppress(*LOST):
        await log.head(new_id())
    for _ in range(3):
        with suppress(*LOST):
            await sequencer.drain()
    found = await everything(log)
    assert [each.position for each in found] == list(range(320))
    assert sorted(messages(found)) == sorted(promised)
    place = {each.event.message: each.position for each in found}
    for writer in writers:
        assert messages(await log.read_stream(writer.stream_id)) == [f"{writer.name}.{nth}" for nth in range(40)]
        for word, known in writer.known.items():
            assert all(place[cause] < place[word] for cause in promised[:known])
