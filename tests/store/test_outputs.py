"""What commands said at length, under its own hash."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from astrolabe.domain.holds import Hold, HoldCommand, LiftHold, OutputsDiscarded, PlaceHold
from astrolabe.domain.recorded import Cause
from astrolabe.domain.streams import HOLDS_STREAM
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.outputs import LONGEST, Outputs
from astrolabe.store.streams.holds import HoldsInForce
from tests.store.stage import BY

OVER = datetime.now(UTC) - timedelta(seconds=1)
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def outputs(database: Database) -> Outputs:
    """The outputs beside the log."""
    return Outputs(database)


async def test_an_output_is_given_back_byte_for_byte(outputs: Outputs) -> None:
    """The hash that an event names is that of the bytes."""
    digest = await outputs.put("all is well: ü\x00\n", LATER)
    content = await outputs.get(digest)
    assert content == b"all is well: \xc3\xbc\x00\n"
    assert hashlib.sha256(content).hexdigest() == digest
    assert await outputs.get("0" * 64) is None


async def test_of_a_very_long_output_the_end_is_kept(outputs: Outputs) -> None:
    """What went wrong stands at the end; a character is never cut in two."""
    digest = await outputs.put("é" * LONGEST + "the end", LATER)
    content = await outputs.get(digest)
    assert content
    assert LONGEST - 1 <= len(content) <= LONGEST
    assert content.decode().endswith("éthe end")


@pytest.fixture
def holds(database: Database) -> HoldsInForce:
    """The holds in the log."""
    return HoldsInForce(Log(database))


async def discarded(database: Database) -> list[str]:
    """Everything that the log says was discarded."""
    recorded = await Log(database).read_stream(HOLDS_STREAM)
    return [digest for each in recorded if isinstance(each.event, OutputsDiscarded) for digest in each.event.hashes]


async def test_an_output_goes_when_its_retention_ends(
    outputs: Outputs, holds: HoldsInForce, database: Database
) -> None:
    """Said twice it stays until the later of both times; what is over is discarded, and the log says so, once."""
    short, long = await outputs.put("short", OVER), await outputs.put("long", OVER)
    assert await outputs.put("long", LATER) == long
    assert await outputs.put("long", OVER) == long
    assert await holds.discard_expired(outputs) == 1
    assert await outputs.get(short) is None
    assert await outputs.get(long) == b"long"
    assert await holds.discard_expired(outputs) == 0
    assert await discarded(database) == [short]


class Dies(Exception):  # noqa: N818
    """Whoever discards dies."""


async def test_what_was_named_by_a_process_that_died_is_discarded_and_not_named_again(
    outputs: Outputs, holds: HoldsInForce, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the event and the deletion anybody may die; what was kept anew since stays, and is named in its turn."""

    async def dies(*_: object) -> int:
        raise Dies

    gone, again = await outputs.put("gone", OVER), await outputs.put("again", OVER)
    with monkeypatch.context() as patch:
        patch.setattr(Outputs, "discard", dies)
        with pytest.raises(Dies):
            await holds.discard_expired(outputs)
    assert set(await discarded(database)) == {gone, again}
    await outputs.put("again", LATER)
    assert await HoldsInForce(Log(database)).discard_expired(outputs) == 1
    assert (await outputs.get(gone), await outputs.get(again)) == (None, b"again")
    assert set(await discarded(database)) == {gone, again}
    assert len(await discarded(database)) == 2


async def test_an_output_is_there_as_long_as_somebody_holds_what_it_is_of(
    outputs: Outputs, holds: HoldsInForce, database: Database
) -> None:
    """By instance, by upgrade or by period; what two upgrades say alike is kept for either; others go."""
    one, other, upgrade = new_id(), new_id(), new_id()
    mine = await outputs.put("mine", OVER, instance_id=one, upgrade_id=upgrade)
    assert await outputs.put("mine", OVER, instance_id=other) == mine
    for hold, holds_theirs in (
        (Hold(new_id(), instance_id=one), False),
        (Hold(new_id(), upgrade_id=upgrade), False),
        (Hold(new_id(), since=datetime.now(UTC) - timedelta(hours=1)), True),
    ):
        theirs = await outputs.put(f"theirs: {hold}", OVER, instance_id=other)
        await holds.execute(PlaceHold(hold), BY)
        await holds.discard_expired(outputs)
        assert await outputs.get(mine) == b"mine"
        assert (await outputs.get(theirs) is not None) is holds_theirs
        assert (theirs in await discarded(database)) is not holds_theirs
        await holds.execute(LiftHold(hold.hold_id), BY)
    assert await holds.discard_expired(outputs) == 2
    assert mine in await discarded(database)
    assert await database.pool.fetchval("SELECT count(*) FROM output_use") == 0


async def test_an_output_of_nobody_knows_whom_is_kept_by_any_hold(outputs: Outputs, holds: HoldsInForce) -> None:
    """What an earlier version kept does not say whose it is."""
    kept = await outputs.put("from before", OVER)
    await holds.execute(PlaceHold(Hold(new_id(), instance_id=new_id())), BY)
    assert await holds.discard_expired(outputs) == 0
    assert await outputs.get(kept) == b"from before"


async def test_a_hold_that_is_placed_meanwhile_counts(
    outputs: Outputs, holds: HoldsInForce, database: Database
) -> None:
    """Whoever discards decides anew where a hold came first: both are in one stream."""
    kept = await outputs.put("mine", OVER, instance_id=(one := new_id()))
    await holds.current()
    really = holds.execute

    async def execute(command: HoldCommand, cause: Cause, **more: Any) -> Any:
        await HoldsInForce(Log(database)).execute(PlaceHold(Hold(new_id(), instance_id=one)), BY)
        return await really(command, cause, **more)

    holds.execute = execute
    assert await holds.discard_expired(outputs) == 0
    assert await outputs.get(kept) == b"mine"
    assert await discarded(database) == []


async def test_very_many_outputs_go_in_several_events(
    outputs: Outputs, holds: HoldsInForce, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are held stand in nobody's way."""
    monkeypatch.setattr("astrolabe.store.outputs.PAGE", 3)
    one = new_id()
    await holds.execute(PlaceHold(Hold(new_id(), instance_id=one)), BY)
    held = [await outputs.put(f"held {nth}", OVER, instance_id=one) for nth in range(4)]
    free = [await outputs.put(f"free {nth}", OVER, instance_id=new_id()) for nth in range(7)]
    assert await holds.discard_expired(outputs) == 7
    assert set(await discarded(database)) == set(free)
    assert all([await outputs.get(each) for each in held])
