"""What commands said at length, under its own hash."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from astrolabe.store.database import Database
from astrolabe.store.outputs import LONGEST, Outputs

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


async def test_an_output_goes_when_its_retention_ends(outputs: Outputs) -> None:
    """Said twice it stays until the later of both times; what is over is swept."""
    over = datetime.now(UTC) - timedelta(seconds=1)
    short, long = await outputs.put("short", over), await outputs.put("long", over)
    assert await outputs.put("long", LATER) == long
    assert await outputs.put("long", over) == long
    assert await outputs.discard_expired() == 1
    assert await outputs.get(short) is None
    assert await outputs.get(long) == b"long"
