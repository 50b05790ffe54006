"""Reading: a stream now and as it stood, and the whole log in order."""

from datetime import timedelta

from msgspec.structs import replace

from astrolabe.domain.upgrades.commands import Register
from astrolabe.domain.upgrades.events import InstanceRegistered
from astrolabe.store.database import Database
from astrolabe.store.ids import named_id, new_id
from astrolabe.store.log.cursor import Cursor
from astrolabe.store.log.entry import type_of
from astrolabe.store.log.log import Place
from astrolabe.store.streams.instances import Instances
from tests.domain.samples import BARE, ROLLED_BACK
from tests.store.stage import BY, append_slowly, messages, said, stream_of


async def test_the_whole_log_is_read_from_any_position(log, sequencer):
    """A reader goes on after the position it knows, in pieces of any size."""
    for nth in range(5):
        await stream_of(log, f"{nth}")
    await sequencer.drain()
    assert messages(await log.read_all(-1)) == ["0", "1", "2", "3", "4"]
    assert messages(await log.read_all(1, 2)) == ["2", "3"]
    assert await log.read_all(4) == []
    assert await log.read_all(99) == []


async def test_streams_are_found_by_what_has_its_place_in_a_stretch(log, sequencer):
    """Of each stream the last version with an event of those kinds, after one position and up to another."""
    instances = Instances(log)
    kind = type_of(InstanceRegistered)
    registered = []
    for nth in range(2):
        config = replace(BARE, name=f"flags-{nth}", port=4242 + nth)
        loaded = await instances.execute(instances.fresh(new_id()), Register(config, "5.6.0"), BY)
        registered.append(loaded.stream_id)
        await stream_of(log, "said")
    await sequencer.drain()
    assert await log.read_versions({kind}, -1, 3) == dict.fromkeys(registered, 1)
    assert await log.read_versions({kind}, 0, 3) == {registered[1]: 1}
    assert await log.read_versions({kind}, 0, 1) == {}
    assert await log.read_versions({"upgrade_requested"}, -1, 3) == {}


async def test_a_stream_is_read_as_it_stood_at_a_position(log, sequencer):
    """What was placed later, or not yet, is not part of the stream then."""
    first = await stream_of(log, "a1")
    second = await stream_of(log, "b1")
    await log.append(first, 1, [said("a2")], BY)
    await sequencer.drain()
    await log.append(first, 2, [said("a3")], BY)
    assert messages(await log.read_stream_at(first, position=0)) == ["a1"]
    assert messages(await log.read_stream_at(first, position=1)) == ["a1"]
    assert messages(await log.read_stream_at(second, position=1)) == ["b1"]
    assert messages(await log.read_stream_at(first, position=2)) == ["a1", "a2"]
    assert messages(await log.read_stream_at(first, position=99)) == ["a1", "a2"]
    assert messages(await log.read_stream_at(first)) == ["a1", "a2", "a3"]
    assert messages(await log.read_stream_at(first, version=2)) == ["a1", "a2"]
    assert await log.read_stream_at(second, position=0) == []


async def test_a_stream_is_read_as_it_stood_at_a_time(log):
    """The time of an event is the database's, and belongs to the stream from that very moment."""
    stream_id = await stream_of(log, "one")
    [second] = await log.append(stream_id, 1, [said("two")], BY)
    before = second.recorded_at - timedelta(microseconds=1)
    assert messages(await log.read_stream_at(stream_id, time=before)) == ["one"]
    assert messages(await log.read_stream_at(stream_id, time=second.recorded_at)) == ["one", "two"]
    assert await log.read_stream_at(stream_id, time=before - timedelta(days=1)) == []


async def test_a_clock_that_was_set_back_leaves_no_holes(log, superuser):
    """As it stood at a time is always a beginning of the stream, whatever the clock did."""
    stream_id = await stream_of(log, "one")
    await append_slowly(superuser, stream_id, 1, said("two"))
    query = "ALTER TABLE event ALTER recorded_at SET DEFAULT clock_timestamp() - interval '1 hour'"
    await superuser.execute(query)
    [third] = await log.append(stream_id, 2, [said("three")], BY)
    assert await log.read_stream_at(stream_id, time=third.recorded_at + timedelta(minutes=1)) == []
    assert messages(await log.read_stream_at(stream_id, time=third.recorded_at + timedelta(hours=2))) == [
        "one",
        "two",
        "three",
    ]


async def test_an_instance_is_loaded_as_it_stood_at_every_position(log, sequencer):
    """At each position the state is the fold of the events up to there."""
    instances, stream_id = Instances(log), new_id()
    for version, event in enumerate(ROLLED_BACK):
        await log.append(stream_id, version, [event], BY)
    await sequencer.drain()
    now = await instances.load(stream_id)
    assert now.version == len(ROLLED_BACK)
    then = None
    for position in range(len(ROLLED_BACK)):
        then = await instances.load_at(stream_id, position=position)
        assert then.version == position + 1
        assert (await instances.load_at(stream_id, time=then.history[-1].recorded_at)).state == then.state
    assert then == now


async def test_a_cursor_never_moves_back(database, database_url):
    """What was dealt with stays so, whoever says less; each name has its own place."""
    cursor = Cursor(database, "reader")
    assert await cursor.get() == -1
    await cursor.put(5)
    await cursor.put(3)
    async with Database(database_url) as other:
        assert await Cursor(other, "reader").get() == 5
        assert await Cursor(other, "another").get() == -1


def test_ids_sort_by_the_time_they_were_made_and_names_have_one_id():
    """New ids rise; a named id is the same in every process and differs with every word."""
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(set(ids))
    assert named_id("a", "b") == named_id("a", "b")
    assert len({named_id("a", "b"), named_id("ab"), named_id("a", "c"), named_id("b", "a")}) == 4


async def test_streams_are_read_together_by_id_and_by_what_they_hold(log):
    """Each is read from where it is known; what is held by another stream by now is read from its beginning."""
    plain, holder = await stream_of(log, "a1", "a2"), new_id()
    await log.append(holder, 0, [said("b1"), said("b2")], BY, identity=["name flags"])
    by_name = Place(None, 0, "name flags")
    first, second = await log.read_together(Place(plain, 1), by_name)
    assert (first.stream_id, messages(first.events)) == (plain, ["a2"])
    assert (second.stream_id, messages(second.events)) == (holder, ["b1", "b2"])
    known, elsewhere, nobody = await log.read_together(
        by_name._replace(stream_id=holder, after=1),
        by_name._replace(stream_id=plain, after=1),
        Place(None, 0, "name x"),
    )
    assert (known.stream_id, messages(known.events)) == (holder, ["b2"])
    assert (elsewhere.stream_id, messages(elsewhere.events)) == (holder, ["b1", "b2"])
    assert nobody == (None, [])
    assert await log.read_together(Place(holder, 2, "name flags"), Place(plain, 2)) == [(holder, []), (plain, [])]
