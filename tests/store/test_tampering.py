"""A superuser rewrites the log after a checkpoint left the house: a new export does not hold, and says where."""

import io
import random
import string
import uuid
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrolabe.cli.verifying import PublishedTiles, verify_export
from astrolabe.domain.audit.checkpoint import Checkpoint, open_checkpoint
from astrolabe.domain.audit.note import PrivateKey
from astrolabe.domain.audit.tiles import Tile
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.store.audit.checkpoints import Checkpoints
from astrolabe.store.audit.export import export_lines
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Connection, Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import encode, make_entry
from tests.store.stage import BY, said
from tests.store.test_tree import KEY, fill

TABLES = ("event", "log", "tree_batch", "tree_tile", "checkpoint")
FREE = "; ".join(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES)
SIZE = 60
COLUMNS = ("stream_id", "version", "event_id", "type", "recorded_at", "entry")

IN_ONE_DATABASE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def export(database: Database) -> bytes:
    """Export the log as it is now."""
    tree = Tree(database)
    checkpoints = Checkpoints(database, tree)
    last = await checkpoints.latest()
    assert last
    return b"".join([line async for line in export_lines(tree, checkpoints, last)])


def check(told: bytes, since: Checkpoint | None = None, key: PrivateKey = KEY):
    """Verify an export as `audit verify` does."""
    return verify_export(io.BytesIO(told), [key.public], since)


@pytest.fixture
async def kept(database, log, sequencer, superuser) -> Checkpoint:
    """A log of several streams, and the checkpoint of it that an auditor kept."""
    streams = await fill(log, sequencer, 10, 10, 10)
    for nth in range(10):
        for stream in streams:
            await log.append(stream, 10 + nth, [said(f"later {nth}")], BY)
    await sequencer.drain()
    tree = Tree(database)
    await tree.drain()
    note = (await Checkpoints(database, tree).make([KEY])).note
    await superuser.execute(FREE)
    kept = open_checkpoint(note, [KEY.public]).checkpoint
    assert check(await export(database), kept).proven.checkpoint == kept
    return kept


class Tamperer:
    """A superuser with the triggers disabled, who can also put everything back."""

    def __init__(self, superuser: Connection, chance: random.Random) -> None:
        self._superuser = superuser
        self._chance = chance

    async def change(self, position: int, column: str) -> None:
        """Change one character, number or microsecond of one column of one event."""
        query = "SELECT e.* FROM event e JOIN log USING (ingest_id) WHERE position = $1"
        row = await self._superuser.fetchrow(query, position)
        assert row
        match column:
            case "recorded_at":
                value = row[column] + timedelta(microseconds=self._chance.choice([-1, 1, 10**6]))
            case "version":
                value = row[column] + 1000
            case "stream_id" | "event_id":
                value = uuid.UUID(self._one_other(str(row[column]), "0123456789abcdef"))
            case _:
                value = self._one_other(row[column], string.printable + "é")
        await self._superuser.execute(f"UPDATE event SET {column} = $2 WHERE ingest_id = $1", row["ingest_id"], value)

    def _one_other(self, text: str, alphabet: str) -> str:
        at = self._chance.choice([nth for nth, char in enumerate(text) if char != "-"])
        return text[:at] + self._chance.choice([char for char in alphabet if char != text[at]]) + text[at + 1 :]

    async def remove(self, position: int) -> None:
        """Take an event away, and close the gap behind it."""
        await self._superuser.execute("DELETE FROM log WHERE position = $1", position)
        await self._move(position + 1, -1)

    async def leave_a_gap(self, position: int) -> None:
        """Take an event away."""
        await self._superuser.execute("DELETE FROM log WHERE position = $1", position)

    async def insert(self, position: int) -> None:
        """Put a forged event between two others."""
        await self._move(position, 1)
        entry = encode(make_entry(new_id(), 1, said("forged"), BY))
        query = """
            WITH e AS (INSERT INTO event (stream_id, version, event_id, type, entry)
            SELECT (j->>'stream')::uuid, 1, (j->>'id')::uuid, j->'data'->>'type', $2 FROM (SELECT $2::json) AS t(j)
            RETURNING ingest_id) INSERT INTO log SELECT $1, ingest_id FROM e
        """
        await self._superuser.execute(query, position, entry)

    async def swap(self, position: int) -> None:
        """Let an event and a later one change places."""
        later = self._chance.randrange(position + 1, SIZE)
        for one, other in ((position, -1), (later, position), (-1, later)):
            await self._superuser.execute("UPDATE log SET position = $2 WHERE position = $1", one, other)

    async def shift(self, position: int) -> None:
        """Let an event go behind a later one, and all between them move up."""
        later = self._chance.randrange(position + 1, SIZE)
        await self._superuser.execute("UPDATE log SET position = -1 WHERE position = $1", position)
        for at in range(position, later):
            await self._superuser.execute("UPDATE log SET position = $1 WHERE position = $2", at, at + 1)
        await self._superuser.execute("UPDATE log SET position = $1 WHERE position = -1", later)

    async def _move(self, position: int, by: int) -> None:
        await self._superuser.execute("UPDATE log SET position = -position - 1 WHERE position >= $1", position)
        await self._superuser.execute("UPDATE log SET position = -position - 1 + $1 WHERE position < 0", by)


async def put_back(superuser: Connection, saved: dict[str, list[asyncpg.Record]]) -> None:
    """Make the tables what they were."""
    await superuser.execute("; ".join(f"DELETE FROM {table}" for table in reversed(saved)))
    for table, rows in saved.items():
        await superuser.copy_records_to_table(table, records=rows)


@IN_ONE_DATABASE
@given(st.integers(0, SIZE - 1), st.sampled_from(COLUMNS), st.randoms(use_true_random=False))
async def test_any_changed_byte_of_any_event_is_found(kept, database, superuser, position, column, chance):
    """Whatever column of whatever event differs by one character, its position is named."""
    saved = {table: await superuser.fetch(f"SELECT * FROM {table}") for table in ("event", "log")}
    await Tamperer(superuser, chance).change(position, column)
    with pytest.raises(VerificationFailed) as found:
        check(await export(database), kept)
    await put_back(superuser, saved)
    assert (found.value.position, found.value.last) == (position, position), found.value
    assert check(await export(database), kept)


@IN_ONE_DATABASE
@given(
    st.integers(0, SIZE - 2),
    st.sampled_from(["remove", "leave_a_gap", "insert", "swap", "shift"]),
    st.randoms(use_true_random=False),
)
async def test_any_removed_inserted_or_reordered_row_is_found(kept, database, superuser, position, act, chance):
    """An event that is gone, that came between, or that changed places is named by the first position of it."""
    saved = {table: await superuser.fetch(f"SELECT * FROM {table}") for table in ("event", "log")}
    await getattr(Tamperer(superuser, chance), act)(position)
    with pytest.raises(VerificationFailed) as found:
        check(await export(database), kept)
    await put_back(superuser, saved)
    assert (found.value.position, found.value.last) == (position, position), found.value
    assert check(await export(database), kept)


async def test_the_last_events_taken_away_are_missed(kept, database, superuser):
    """An end that was cut off is named where it was cut."""
    await superuser.execute("DELETE FROM log WHERE position >= 50")
    with pytest.raises(VerificationFailed) as found:
        check(await export(database), kept)
    assert found.value.position == 50


async def rebuild(database: Database, superuser: Connection, key: PrivateKey) -> None:
    """Rewrite the tree over the changed log, so that only the signatures are left to contradict it."""
    await superuser.execute(
        "DELETE FROM tree_batch; DELETE FROM tree_tile; UPDATE log_head SET tree_size = (SELECT count(*) FROM log)"
    )
    tree = Tree(database)
    await tree.drain()
    if key != KEY:
        await superuser.execute("DELETE FROM checkpoint")
        await Checkpoints(database, tree).make([key])


@pytest.mark.usefixtures("kept")
async def test_a_tree_that_was_rewritten_too_contradicts_its_signature(database, superuser):
    """Who rewrites hashes and chains with the event cannot sign them: the range that the signature covers is named."""
    await Tamperer(superuser, random.Random(6)).change(17, "recorded_at")  # noqa: S311  no secret
    await rebuild(database, superuser, KEY)
    with pytest.raises(VerificationFailed, match="signed checkpoint stands over other events") as found:
        check(await export(database))
    assert found.value.position <= 17 <= found.value.last


async def test_who_has_the_key_too_is_caught_by_the_checkpoint_that_was_kept(kept, database, superuser, tmp_path):
    """A thief of the key can sign a rewritten log, but an older checkpoint, and the tiles kept with it, tell."""
    tree = Tree(database)
    tile = Tile(0, 0, SIZE)
    (tmp_path / tile.path).parent.mkdir(parents=True)
    (tmp_path / tile.path).write_bytes(await tree.tile(tile))
    await Tamperer(superuser, random.Random(6)).change(17, "recorded_at")  # noqa: S311  no secret
    await superuser.execute("DELETE FROM checkpoint")
    await rebuild(database, superuser, KEY)
    await Checkpoints(database, Tree(database)).make([KEY])
    told = await export(database)
    assert check(told).proven.checkpoint.size == SIZE
    with pytest.raises(VerificationFailed, match="older checkpoint") as found:
        check(told, kept)
    assert found.value.position <= 17 <= found.value.last
    with pytest.raises(VerificationFailed, match="published") as found:
        verify_export(io.BytesIO(told), [KEY.public], kept, PublishedTiles(tmp_path))
    assert found.value.position == 17


async def test_any_changed_bit_of_an_export_is_found(kept, database):
    """Whatever bit of the file differs, it does not hold any more; or only an extra line under the note is unknown."""
    told = await export(database)
    chance = random.Random(7)  # noqa: S311  no secret
    signatures = told.rindex("\u2014".encode())
    for _ in range(2000):
        raw, bit = bytearray(told), chance.randrange(8 * signatures)
        raw[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationFailed):
            check(bytes(raw), kept)
