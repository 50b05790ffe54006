"""Notifying of appends: the relay hears of what somebody asked, and nobody waits for that."""

import asyncio

import pytest

from astrolabe.store.errors import Conflict
from astrolabe.store.ids import new_id
from astrolabe.store.log import appended
from astrolabe.store.log.appended import CHANNEL, EVERY_SECONDS, MOST_NAMED, AppendNotifier, named_in
from astrolabe.store.log.leases import Leases
from astrolabe.store.log.tail import Channel, Tail
from tests.store.stage import BY, eventually, said, stream_of


class Hearing:
    """What notifications named."""

    def __init__(self, database):
        self.texts = []
        self.appends = Channel(CHANNEL)
        self.appends.hear = self.texts.append
        self.tail = Tail(database, beside=[self.appends])

    @property
    def named(self):
        """The streams, in the order that they were named."""
        return [each for text in self.texts for each in named_in(text)]

    async def __aenter__(self):
        await self.tail.__aenter__()

        async def listens():
            return self.tail.heard > 0

        await eventually(listens)
        return self

    async def __aexit__(self, *raised):
        await self.tail.__aexit__(*raised)


async def test_what_somebody_asks_is_named_and_what_a_worker_records_is_not(database, log):
    """A worker goes on by itself; yet the sequencer hears of both."""
    async with Hearing(database) as hearing:
        stream_id = await stream_of(log, "asked")

        async def named():
            return hearing.named == [stream_id]

        await eventually(named)
        fence = await Leases(database).acquire(stream_id, "worker")
        heard = hearing.appends.heard
        await log.append(stream_id, 1, [said("done")], BY, fence=fence)
        async with asyncio.timeout(10):
            await hearing.appends.wait(since=heard)
        assert hearing.named == [stream_id]


async def test_after_a_pause_the_append_itself_notifies(database, log, monkeypatch):
    """Whoever asks in an idle house is heard with what they append, and who follows is gathered with others."""
    async with Hearing(database) as hearing:
        later = []
        monkeypatch.setattr(AppendNotifier, "notify", lambda _self, asked=None: later.append(asked))
        first, *others = [await stream_of(log, "asked") for _ in range(3)]

        async def all_notified():
            # On a slow machine those that follow come after a pause too, and are heard a moment later.
            return {*hearing.named, *later} == {first, *others}

        await eventually(all_notified)
    assert hearing.named[0] == first


async def test_many_events_of_one_append_name_their_stream_once(database, log):
    """However many they are, the notification's text is short."""
    async with Hearing(database) as hearing:
        stream_id = await stream_of(log, *map(str, range(500)))

        async def named():
            return hearing.named == [stream_id]

        await eventually(named)


async def test_an_append_that_was_not_made_notifies_nobody(database, log):
    """What a notification names has something new in it."""
    async with Hearing(database) as hearing:
        stream_id = await stream_of(log, "asked")
        await asyncio.sleep(EVERY_SECONDS)
        with pytest.raises(Conflict):
            await log.append(stream_id, 5, [said("too late")], BY)
        await asyncio.sleep(EVERY_SECONDS)
        other = await stream_of(log, "asked")

        async def named():
            return other in hearing.named

        await eventually(named)
        assert hearing.named == [stream_id, other]


async def test_the_last_append_does_not_wait_for_others(database, monkeypatch):
    """Nothing follows it, and somebody may wait for what it says."""
    monkeypatch.setattr(appended, "EVERY_SECONDS", 60)
    first, last = new_id(), new_id()
    async with Hearing(database) as hearing:
        notifier = AppendNotifier(database)
        for each in (first, last):
            notifier.notify(each)

            async def named(each=each):
                return each in hearing.named

            await eventually(named)


async def test_an_append_under_way_is_waited_for(database, monkeypatch):
    """Where many append at once, each answer is followed by others."""
    monkeypatch.setattr(appended, "EVERY_SECONDS", 60)
    first, second, last = new_id(), new_id(), new_id()
    async with Hearing(database) as hearing:
        notifier = AppendNotifier(database)
        notifier.notify(first)

        async def named(what):
            return hearing.named == what

        await eventually(lambda: named([first]))
        with notifier.appending():
            notifier.notify(second)
            await asyncio.sleep(0.1)
            notifier.notify(last)
        await eventually(lambda: named([first, second, last]))
    assert len(hearing.texts) == 2


async def test_appends_that_follow_each_other_are_gathered(database, monkeypatch):
    """While they keep coming, a notification is sent every now and then."""
    monkeypatch.setattr(appended, "EVERY_SECONDS", 0.4)
    monkeypatch.setattr(appended, "QUIET_SECONDS", 0.4)
    many = [new_id() for _ in range(100)]
    async with Hearing(database) as hearing:
        notifier = AppendNotifier(database)
        for each in many:
            notifier.notify(each)
            await asyncio.sleep(0.01)

        async def all_named():
            return hearing.named == many

        await eventually(all_named)
    assert 2 < len(hearing.texts) < len(many) / 4


async def test_however_many_are_asked_at_once_are_all_named(database):
    """A notification's text is short, so there are several."""
    many = [new_id() for _ in range(2 * MOST_NAMED + 1)]
    async with Hearing(database) as hearing:
        notifier = AppendNotifier(database)
        for each in many:
            notifier.notify(each)

        async def all_named():
            return hearing.named == many

        await eventually(all_named)
    assert len(hearing.texts) == 3


def test_what_names_no_stream_is_passed_over():
    """Whoever may connect may notify, and say what they like."""
    stream_id = new_id()
    assert named_in(f"DROP TABLE event; {stream_id} {stream_id}0 nobody") == [stream_id]
