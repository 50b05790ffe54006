"""What each instance acts on, folded from the log anew; from then on every append keeps it."""

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.identity_of import identity_of
from astrolabe.domain.upgrades.states import State
from astrolabe.store.database import Connection
from astrolabe.store.log.entry import recorded

# Others read on; whoever changes what an instance acts on waits, and is looked at by its row, not before its turn.
LOCK = text("LOCK TABLE astrolabe.identity IN EXCLUSIVE MODE")
EMPTY = text("DELETE FROM astrolabe.identity")
# The only events that say what is an instance's, also those that have no position yet.
EVENTS = text("""
SELECT stream_id::text, entry FROM astrolabe.event
WHERE type IN ('instance_registered', 'instance_adopted', 'instance_reconfigured', 'instance_renamed',
               'instance_retired')
ORDER BY stream_id, version
""")
COLUMNS: Final = ("thing", "nth", "stream_id")
Row: TypeAlias = tuple[str, int, str]


async def refold_identities(connection: AsyncConnection) -> None:
    """Fold them from the whole log, within the transaction of the caller; one instance is remembered at a time."""
    await connection.execute(LOCK)
    await connection.execute(EMPTY)
    rows = [row async for row in _rows(await connection.stream(EVENTS))]
    raw = await connection.get_raw_connection()
    driver = cast("Connection", cast("Any", raw).driver_connection)
    await driver.copy_records_to_table("identity", schema_name="astrolabe", columns=COLUMNS, records=rows)


async def _rows(stored: AsyncIterable[Any]) -> AsyncIterator[Row]:
    many: Counter[str] = Counter()
    known, state = "", INSTANCE_DECIDER.initial
    async for stream_id, entry in stored:
        if stream_id != known:
            for row in _held(known, state, many):
                yield row
            known, state = stream_id, INSTANCE_DECIDER.initial
        state = INSTANCE_DECIDER.evolve(state, _event(entry))
    for row in _held(known, state, many):
        yield row


def _held(stream_id: str, state: State, many: Counter[str]) -> Iterator[Row]:
    for thing in identity_of(state):
        yield thing, many[thing], stream_id
        many[thing] += 1


def _event(entry: str) -> e.Event:
    return cast("e.Event", recorded(entry, datetime.now(UTC), None).event)
