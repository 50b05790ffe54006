"""Coalescing: appends that share a statement end as if each had been alone."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrolabe.store.errors import AlreadyClaimed, Conflict, StaleFence, StoreError
from astrolabe.store.ids import new_id
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.leases import Leases
from astrolabe.store.log.log import Log
from tests.domain.samples import requested
from tests.store.stage import BY, append_slowly, everything, messages, said, someone_waits, stream_of

IN_ONE_DATABASE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
MANY = 12

APPENDS = st.fixed_dictionaries(
    {
        "stream": st.integers(0, 4),
        "count": st.integers(1, 3),
        "stale": st.booleans(),
        "fence": st.sampled_from(("none", "good", "late")),
        "claim": st.none() | st.integers(0, 6),
    }
)


class Model:
    """Plain appends, one by one: what streams say, which claims are used and who holds which lease."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}
        self.claimed: set[str] = set()

    def append(self, stream, expected, words, fence, claim):
        """Append, or tell why not."""
        if claim in self.claimed:
            return AlreadyClaimed
        if expected != len(self.said[stream]):
            return Conflict
        if fence == "late":
            return StaleFence
        self.said[stream] += words
        self.claimed |= {claim} - {None}
        return None


@IN_ONE_DATABASE
@given(bursts=st.lists(st.lists(APPENDS, min_size=1, max_size=MANY), min_size=1, max_size=4))
async def test_appends_at_once_end_as_they_would_one_by_one(database, log, sequencer, bursts):
    """Each burst of appends has the outcomes of plain ones in the order they came, and leaves the same streams."""
    await sequencer.drain()
    before, model = await log.last_position(), Model()
    streams, claims = [new_id() for _ in range(5)], [new_id() for _ in range(7)]
    fences = {}
    for stream in streams:
        model.said[stream] = ["begun"]
        await log.append(stream, 0, [said("begun")], BY)
        fences[stream] = {"none": None, "late": await Leases(database, 0.0).acquire(stream, "one")}
        fences[stream]["good"] = await Leases(database).acquire(stream, "two")

    works, ends = [], []
    for nth, burst in enumerate(bursts):
        for each in burst:
            stream = streams[each["stream"]]
            expected = len(model.said[stream]) - each["stale"]
            claim = None if each["claim"] is None else claims[each["claim"]]
            words = [f"{nth}.{len(ends)}.{part}" for part in range(each["count"])]
            ends.append(model.append(stream, expected, words, each["fence"], claim))
            used = [Claim(claim, b"", "{}")] if claim else []
            fence = fences[stream][each["fence"]]
            works.append(log.append(stream, expected, [said(word) for word in words], BY, fence=fence, claims=used))
        found = await asyncio.gather(*works[len(works) - len(burst) :], return_exceptions=True)
        for end, told in zip(ends[len(ends) - len(burst) :], found, strict=True):
            assert isinstance(told, StoreError) == (end is not None), (end, told)
            # Why one lost is asked afterwards, when more may have happened to its stream and claim.
            assert end is None or type(told) is end or type(told) in {AlreadyClaimed, Conflict}

    for stream, words in model.said.items():
        assert messages(await log.read_stream(stream)) == words
    for claim in claims:
        assert (await log.claim(claim) is not None) == (claim in model.claimed)
    await sequencer.drain()
    assert await log.last_position() - before == sum(map(len, model.said.values()))


@asynccontextmanager
async def in_the_way(connection, stream_id, version):
    """Hold a version of a stream, not yet decided."""
    transaction = connection.transaction()
    await transaction.start()
    await append_slowly(connection, stream_id, version, said("in the way"))
    yield transaction


async def at_once(log, streams, version, **options):
    """Begin an append to each stream in one turn of the loop."""
    tasks = [asyncio.create_task(log.append(each, version, [said("mine")], BY, **options)) for each in streams]
    await asyncio.sleep(0)
    return tasks


async def test_a_race_lost_to_another_process_fails_nobody_else(log, superuser):
    """Where one of a statement loses its version while it runs, all the others are recorded all the same."""
    streams = [await stream_of(log, "one") for _ in range(MANY)]
    async with in_the_way(superuser, streams[5], 1) as transaction:
        tasks = await at_once(log, streams, 1)
        await someone_waits(superuser)
        await transaction.commit()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [nth for nth, end in enumerate(ends) if isinstance(end, Conflict)] == [5]
    for nth, stream in enumerate(streams):
        assert messages(await log.read_stream(stream)) == ["one", "in the way" if nth == 5 else "mine"]


async def test_an_upgrade_asked_twice_fails_nobody_else(log, sequencer):
    """Where one of a statement breaks a rule of its table, it alone is refused."""
    await stream_of(log, "first")
    await log.append(new_id(), 0, [requested], BY)
    streams = [new_id() for _ in range(MANY)]
    ends = await asyncio.gather(
        *(log.append(each, 0, [requested if each == streams[7] else said("mine")], BY) for each in streams),
        return_exceptions=True,
    )
    assert [nth for nth, end in enumerate(ends) if isinstance(end, Conflict)] == [7]
    await sequencer.drain()
    assert len(await everything(log)) == MANY + 1


@pytest.mark.parametrize("who", [0, 5])
async def test_a_caller_that_is_cancelled_takes_nobody_along(log, superuser, who):
    """Whether its append goes alone or with others: it is there whole or not at all, and all others are answered."""
    streams = [await stream_of(log, "one") for _ in range(MANY)]
    async with in_the_way(superuser, streams[who], 1) as transaction:
        tasks = await at_once(log, streams, 1)
        await someone_waits(superuser)
        tasks[who].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[who]
        await transaction.rollback()
    others = [task for nth, task in enumerate(tasks) if nth != who]
    assert [messages(await task) for task in others] == [["mine"]] * (MANY - 1)
    assert await log.head(streams[who]) in {1, 2}
    # Nothing of it is left behind that a later append could wait for.
    assert messages(await log.append(new_id(), 0, [said("later")], BY)) == ["later"]


async def test_whoever_is_cancelled_while_waiting_leaves_nothing(log, superuser):
    """An append that did not come into a statement yet is not recorded when its caller goes."""
    stream_id = await stream_of(log, "one")
    async with in_the_way(superuser, stream_id, 1) as transaction:
        [stuck] = await at_once(log, [stream_id], 1)
        await someone_waits(superuser)
        [gone] = await at_once(log, [stream_id], 2)
        gone.cancel()
        await transaction.rollback()
    assert messages(await stuck) == ["mine"]
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await log.head(stream_id) == 2


async def test_a_statement_that_waits_for_a_lock_holds_up_no_other(log, superuser):
    """Appends to other streams go beside it; only those of its own stream wait."""
    stuck, free = await stream_of(log, "one"), await stream_of(log, "one")
    async with in_the_way(superuser, stuck, 1) as transaction:
        tasks = await at_once(log, [stuck], 1)
        tasks += await at_once(log, [stuck], 2)
        await someone_waits(superuser)
        [other] = await at_once(log, [free], 1)
        assert messages(await other) == ["mine"]
        assert not any(task.done() for task in tasks)
        await transaction.rollback()
    assert [messages(await task) for task in tasks] == [["mine"], ["mine"]]


async def test_appends_of_one_stream_keep_their_order(log):
    """A caller need not wait for one append before it sends the next: they follow one another."""
    stream_id = new_id()
    await asyncio.gather(*(log.append(stream_id, nth, [said(f"{nth}")], BY) for nth in range(MANY)))
    assert messages(await log.read_stream(stream_id)) == [f"{nth}" for nth in range(MANY)]


async def test_a_lost_connection_is_told_to_all_who_share_it(log, superuser, database):
    """When the server ends the session of a statement, each of its callers hears of it, and the next append works."""
    streams = [await stream_of(log, "one") for _ in range(MANY)]
    async with in_the_way(superuser, streams[3], 1) as transaction:
        tasks = await at_once(log, streams, 1)
        await someone_waits(superuser)
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await transaction.rollback()
    lost = [stream for stream, end in zip(streams, ends, strict=True) if isinstance(end, Exception)]
    assert streams[3] in lost
    assert {await log.head(stream) for stream in lost} == {1}
    assert {await log.head(stream) for stream in set(streams) - set(lost)} == {2}
    assert len(await Log(database).append(streams[3], 1, [said("again")], BY)) == 1
