"""Replaying: the whole log in pieces, whatever the pieces are cut through."""

from astrolabe.domain.streams import ACCESS_STREAM
from astrolabe.store.ids import new_id
from astrolabe.store.log.replay import replay_instances
from astrolabe.store.streams.tokens import Tokens
from tests.store.stage import BY, everything, said


async def test_every_stream_comes_whole_and_in_order(database, log, sequencer):
    """Events much longer than a piece come as they are read one by one, up to the position and without tokens."""
    await Tokens(log).issue("ci", ("read",), BY)
    streams = [new_id() for _ in range(4)]
    for nth in range(12):
        for stream_id in streams:
            await log.append(stream_id, nth, [said(f'{nth} ä "\\ \x1e\x1f\n\r' + "x" * nth * 4000)], BY)
    await sequencer.drain()
    last, found = 30, []

    async def take(events):
        found.extend(events)

    await replay_instances(database, last, take)
    wanted = [each for each in await everything(log) if each.position <= last and each.stream_id != ACCESS_STREAM]
    assert found == sorted(wanted, key=lambda each: (each.stream_id, each.version))
