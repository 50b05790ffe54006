"""The last use of tokens: written once a minute, and in nobody's way."""

import asyncpg

from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.token_uses import TokenUses


async def test_a_token_in_use_is_noted_once_a_minute(database: Database, superuser: asyncpg.Connection) -> None:
    """However often it is used meanwhile."""
    now, token_id = 0.0, new_id()
    uses = TokenUses(database, lambda: now)
    assert await uses.latest() == {}
    await uses.note(token_id)
    first = await uses.latest()
    assert set(first) == {token_id}
    now = 59.0
    await uses.note(token_id)
    assert await uses.latest() == first
    now = 60.0
    await uses.note(token_id)
    assert (await uses.latest())[token_id] > first[token_id]
    assert await superuser.fetchval("SELECT count(*) FROM token_use") == 1


async def test_what_cannot_be_noted_holds_nobody_up(database: Database, superuser: asyncpg.Connection) -> None:
    """A log that takes no writes still answers who reads."""
    await superuser.execute("REVOKE INSERT, UPDATE ON token_use FROM astrolabe_app")
    await TokenUses(database).note(new_id())
    assert await superuser.fetchval("SELECT count(*) FROM token_use") == 0
