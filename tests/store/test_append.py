"""Appending: the expected version, all or none, claims and fences, and every race between them."""

import asyncio
from random import Random

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrolabe.domain.upgrades.events import UpgradeRequested
from astrolabe.store.database import Database
from astrolabe.store.errors import AlreadyClaimed, Conflict, StaleFence
from astrolabe.store.ids import new_id
from astrolabe.store.log.batch import Claim
from astrolabe.store.log.leases import Leases
from astrolabe.store.log.log import Log
from tests.domain.samples import requested
from tests.store.stage import BY, append_slowly, everything, messages, said, someone_waits, stream_of

IN_ONE_DATABASE = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def settled(*works):
    """Await all, and give results and errors alike."""
    return await asyncio.gather(*works, return_exceptions=True)


async def test_what_is_appended_is_read_back(log):
    """Events come back with their envelope, in order, and with the version they were appended at."""
    stream_id = new_id()
    appended = await log.append(stream_id, 0, [said("one"), said("two")], BY)
    assert await log.read_stream(stream_id) == appended
    assert [(each.version, each.cause, each.position) for each in appended] == [(1, BY, None), (2, BY, None)]
    more = await log.append(stream_id, 2, [said("three")], BY)
    assert await log.read_stream(stream_id, 2) == more
    assert await log.head(stream_id) == 3


async def test_an_upgrade_is_found_by_its_id(log):
    """The event that requests an upgrade carries the upgrade's id, which leads to its stream."""
    stream_id = await stream_of(log, "one")
    upgrade_id = new_id()
    [recorded] = await log.append(stream_id, 1, [UpgradeRequested(upgrade_id, "1.0.0", "2.0.0")], BY)
    assert recorded.event_id == upgrade_id
    assert await log.stream_of_upgrade(upgrade_id) == stream_id
    assert await log.stream_of_upgrade(new_id()) is None


async def test_the_stored_bytes_are_the_bytes_that_were_made(log, superuser):
    """Not a byte of an entry is changed by the table."""
    stream_id = new_id()
    [recorded] = await log.append(stream_id, 0, [said('ä "\\ \x00 😀  two  spaces')], BY)
    stored = await superuser.fetchval("SELECT entry FROM event WHERE stream_id = $1", stream_id)
    assert stored == recorded.entry
    assert await log.read_stream(stream_id) == [recorded]


@pytest.mark.parametrize("expected", [0, 1, 3, 7])
async def test_a_wrong_version_is_a_conflict(log, expected):
    """Neither behind nor ahead of its end can a stream be appended to: it has no gaps."""
    stream_id = await stream_of(log, "one", "two")
    with pytest.raises(Conflict):
        await log.append(stream_id, expected, [said("wrong")], BY)
    assert messages(await log.read_stream(stream_id)) == ["one", "two"]


async def test_an_append_needs_events(log):
    """Nothing cannot be appended."""
    with pytest.raises(ValueError, match="at least one event"):
        await log.append(new_id(), 0, [], BY)


async def test_what_could_not_be_read_back_is_not_written(log):
    """An event that breaks its own bounds never reaches the log, where it would close its stream for ever."""
    stream_id = new_id()
    with pytest.raises(ValueError, match="could not be read back"):
        await log.append(stream_id, 0, [UpgradeRequested(new_id(), "not a version", "latest")], BY)
    with pytest.raises(ValueError, match="bytes long"):
        await log.append(stream_id, 0, [said("x" * 70_000)], BY)
    assert await log.head(stream_id) == 0


@pytest.mark.parametrize("start", [0, 2])
async def test_of_many_at_one_version_one_wins(log, sequencer, start):
    """However many append at one version at once, exactly one is in, and the others are told."""
    stream_id = new_id()
    if start:
        await log.append(stream_id, 0, [said("a"), said("b")], BY)
    events = [[said(f"{nth}.{part}") for part in range(nth % 3 + 1)] for nth in range(24)]
    ends = await settled(*(log.append(stream_id, start, each, BY) for each in events))
    [winner] = [end for end in ends if not isinstance(end, BaseException)]
    assert all(isinstance(end, Conflict) for end in ends if end is not winner)
    assert await log.read_stream(stream_id, start) == winner
    await sequencer.drain()
    assert len(await everything(log)) == start + len(winner)


@IN_ONE_DATABASE
@given(
    plan=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.booleans()), min_size=1, max_size=25),
    many=st.integers(1, 4),
)
async def test_concurrent_appends_do_what_the_model_says(log, sequencer, plan, many):
    """Several writers on several streams: what was acknowledged is there, once, in order, and nothing else is."""
    before = len(await everything(log))
    streams = [new_id() for _ in range(4)]
    acknowledged = {stream: [] for stream in streams}

    async def write(nth, stream, count, stale):
        version = await log.head(stream)
        expected = max(0, version - 1) if stale else version
        events = [said(f"{nth}.{part}") for part in range(count)]
        try:
            acknowledged[stream] += await log.append(stream, expected, events, BY)
        except Conflict:
            return

    tasks = [(nth, streams[which], count, stale) for nth, (which, count, stale) in enumerate(plan)]
    for start in range(0, len(tasks), many):
        await asyncio.gather(*(write(*task) for task in tasks[start : start + many]))
    for stream, told in acknowledged.items():
        assert await log.read_stream(stream) == sorted(told, key=lambda each: each.version)
        assert [each.version for each in await log.read_stream(stream)] == list(range(1, len(told) + 1))
    await sequencer.drain()
    assert len(await everything(log)) - before == sum(map(len, acknowledged.values()))


def claim(answer="{}"):
    """Make a claim of a new command id."""
    return Claim(new_id(), b"what was asked", answer)


class TestClaims:
    """A command id is used once, and its answer is kept."""

    async def test_a_claim_is_recorded_with_its_events(self, log):
        """Claim and events are in together."""
        mine, stream_id = claim('{"status": 202}'), new_id()
        assert await log.claim(mine.command_id) is None
        await log.append(stream_id, 0, [said("one")], BY, claims=[mine])
        stored = await log.claim(mine.command_id)
        assert (stored.answer, stored.request_hash, stored.stream_id) == (mine.answer, mine.request_hash, stream_id)

    async def test_a_used_claim_refuses_the_append(self, log):
        """Under a command id that was used before nothing is appended, to whichever stream."""
        mine, stream_id = claim(), await stream_of(log, "one")
        await log.append(stream_id, 1, [said("two")], BY, claims=[mine])
        for stream, version in ((stream_id, 2), (stream_id, 0), (new_id(), 0)):
            with pytest.raises(AlreadyClaimed):
                await log.append(stream, version, [said("again")], BY, claims=[mine])
        assert messages(await log.read_stream(stream_id)) == ["one", "two"]

    async def test_a_claim_of_a_refused_append_is_free(self, log):
        """What was not appended was not claimed either."""
        mine, stream_id = claim(), await stream_of(log, "one")
        for expected in (0, 5):
            with pytest.raises(Conflict):
                await log.append(stream_id, expected, [said("no")], BY, claims=[mine])
        assert await log.claim(mine.command_id) is None
        await log.append(stream_id, 1, [said("yes")], BY, claims=[mine])

    async def test_of_two_claims_both_must_be_free(self, log):
        """Claims are all or none."""
        used, free, stream_id = claim(), claim(), new_id()
        await log.append(stream_id, 0, [said("one")], BY, claims=[used])
        with pytest.raises(AlreadyClaimed):
            await log.append(stream_id, 1, [said("two")], BY, claims=[free, used])
        assert await log.claim(free.command_id) is None

    @pytest.mark.parametrize("same_stream", [True, False])
    async def test_of_concurrent_twins_one_is_recorded_and_all_others_know_why(self, log, same_stream):
        """Twins under one command id end as one append; the others are told of the claim, not of a conflict."""
        mine, stream_id = claim(), new_id()
        streams = [stream_id if same_stream else new_id() for _ in range(16)]
        ends = await settled(*(log.append(each, 0, [said("one")], BY, claims=[mine]) for each in streams))
        assert [type(end) for end in ends if isinstance(end, Exception)] == [AlreadyClaimed] * 15
        assert sum([await log.head(each) for each in set(streams)]) == 1

    @pytest.mark.parametrize("commits", [True, False])
    async def test_a_twin_waits_for_the_first_to_end(self, log, superuser, commits):
        """A claim in flight makes its twin wait; committed it refuses the twin, given up it binds nobody."""
        mine, stream_id = claim(), new_id()
        transaction = superuser.transaction()
        await transaction.start()
        insert = "INSERT INTO command VALUES ($1, $2, $3, $4)"
        await superuser.execute(insert, mine.command_id, b"x", stream_id, "{}")
        twin = asyncio.create_task(log.append(stream_id, 0, [said("one")], BY, claims=[mine]))
        await someone_waits(superuser)
        await (transaction.commit() if commits else transaction.rollback())
        if commits:
            with pytest.raises(AlreadyClaimed):
                await twin
        else:
            assert messages(await twin) == ["one"]
        assert await log.head(stream_id) == (0 if commits else 1)


class TestFences:
    """Who lost the lease appends nothing."""

    async def test_the_holder_appends_and_a_stale_holder_does_not(self, database, log):
        """After a take-over only the new fence counts."""
        stream_id = await stream_of(log, "one")
        leases = Leases(database, 0.0)
        first = await leases.acquire(stream_id, "first")
        await log.append(stream_id, 1, [said("two")], BY, fence=first)
        second = await leases.acquire(stream_id, "second")
        with pytest.raises(StaleFence):
            await log.append(stream_id, 2, [said("late")], BY, fence=first)
        await log.append(stream_id, 2, [said("three")], BY, fence=second)
        assert messages(await log.read_stream(stream_id)) == ["one", "two", "three"]

    async def test_a_fence_that_nobody_was_given_is_stale(self, log):
        """Without a lease there is no fence."""
        stream_id = await stream_of(log, "one")
        with pytest.raises(StaleFence):
            await log.append(stream_id, 1, [said("two")], BY, fence=1)

    async def test_a_good_fence_does_not_excuse_a_wrong_version(self, database, log):
        """A holder that missed an event is told of the conflict."""
        stream_id = await stream_of(log, "one", "two")
        fence = await Leases(database).acquire(stream_id, "holder")
        for expected in (0, 1, 3):
            with pytest.raises(Conflict):
                await log.append(stream_id, expected, [said("wrong")], BY, fence=fence)

    async def test_a_lapsed_lease_that_nobody_took_still_counts(self, database, log):
        """A late actor does no harm while nobody else acts."""
        stream_id = await stream_of(log, "one")
        fence = await Leases(database, 0.0).acquire(stream_id, "slow")
        await log.append(stream_id, 1, [said("two")], BY, fence=fence)

    @pytest.mark.parametrize("commits", [True, False])
    async def test_an_append_waits_for_a_take_over_in_flight(self, database, log, superuser, commits):
        """While a take-over is not yet decided the old holder waits, and then loses or goes on."""
        stream_id = await stream_of(log, "one")
        fence = await Leases(database, 0.0).acquire(stream_id, "old")
        transaction = superuser.transaction()
        await transaction.start()
        await superuser.execute("UPDATE lease SET fence = fence + 1, holder = 'new' WHERE resource = $1", stream_id)
        late = asyncio.create_task(log.append(stream_id, 1, [said("late")], BY, fence=fence))
        await someone_waits(superuser)
        await (transaction.commit() if commits else transaction.rollback())
        if commits:
            with pytest.raises(StaleFence):
                await late
        else:
            assert messages(await late) == ["late"]
        assert await log.head(stream_id) == (1 if commits else 2)

    async def test_a_take_over_waits_for_an_append_in_flight(self, database, log, superuser):
        """Whoever takes over sees everything that the holder before appended."""
        stream_id = await stream_of(log, "one")
        leases = Leases(database, 0.0)
        fence = await leases.acquire(stream_id, "old")
        assert fence is not None
        transaction = superuser.transaction()
        await transaction.start()
        await append_slowly(superuser, stream_id, 1, said("last word"), fence)
        taking = asyncio.create_task(leases.acquire(stream_id, "new"))
        await someone_waits(superuser)
        assert not taking.done()
        await transaction.commit()
        assert await taking == fence + 1
        assert messages(await log.read_stream(stream_id)) == ["one", "last word"]


class TestWhole:
    """Whatever happens to a caller, the log holds all of an append or nothing."""

    @pytest.mark.parametrize("end", ["cancel", "kill"])
    async def test_an_append_that_is_cut_off_while_it_waits(self, log, sequencer, superuser, end):
        """A caller that is cancelled and a connection that breaks in the middle of an append leave nothing behind."""
        stream_id, mine = await stream_of(log, "one"), claim()
        transaction = superuser.transaction()
        await transaction.start()
        await append_slowly(superuser, stream_id, 1, said("in the way"))
        events = [said("two"), said("three"), said("four")]
        cut = asyncio.create_task(log.append(stream_id, 1, events, BY, claims=[mine]))
        await someone_waits(superuser)
        if end == "cancel":
            cut.cancel()
        else:
            await superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        with pytest.raises((asyncio.CancelledError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await cut
        await transaction.rollback()
        assert messages(await log.read_stream(stream_id)) == ["one"]
        assert await log.claim(mine.command_id) is None
        assert messages(await log.append(stream_id, 1, events, BY, claims=[mine])) == ["two", "three", "four"]
        await sequencer.drain()
        assert messages(await everything(log)) == ["one", "two", "three", "four"]

    async def test_appends_cancelled_at_any_moment(self, database_url, log, sequencer):
        """Each of many appends of three events, cancelled at a random moment, is there whole or not at all."""
        random, streams = Random(7), [new_id() for _ in range(120)]  # noqa: S311  no secret

        async def hasty(log, stream):
            events = [said(f"{part}") for part in range(3)]
            try:
                async with asyncio.timeout(random.random() * 0.05):
                    await log.append(stream, 0, events, BY, claims=[claim()])
            except TimeoutError:
                return False
            return True

        async with Database(database_url, pool_size=6) as other:
            ends = await asyncio.gather(*(hasty(Log(other), stream) for stream in streams))
            # The pool is none the worse for it.
            assert await Log(other).head(new_id()) == 0
        heads = [await log.head(stream) for stream in streams]
        assert set(heads) <= {0, 3}
        assert all(head == 3 for head, done in zip(heads, ends, strict=True) if done)
        await sequencer.drain()
        assert len(await everything(log)) == sum(heads)
        assert await log.unsequenced() == 0


async def test_an_upgrade_is_requested_once(log):
    """One upgrade id belongs to one event, whatever streams it is tried on."""
    await log.append(new_id(), 0, [requested], BY)
    with pytest.raises(Conflict):
        await log.append(new_id(), 0, [requested], BY)
