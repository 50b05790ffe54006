"""Tokens: good in every process at once, and good for nothing at once."""

import asyncio

import pytest

from astrolabe.domain.problem import Refused
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import PREFIX, Tokens, digest
from tests.store.stage import BY


async def test_a_token_is_good_wherever_it_is_shown(log, database_url):
    """What one process issued another knows at once, with its name and scopes."""
    async with Database(database_url) as other:
        elsewhere = Tokens(Log(other))
        assert await elsewhere.authenticate("astro_nothing") is None
        new = await Tokens(log).issue("ci", ("read", "operate"), BY)
        token = await elsewhere.authenticate(new.secret)
    assert token is not None
    assert (token.token_id, token.name, token.scopes) == (new.token_id, "ci", {"read", "operate"})


async def test_a_revoked_token_is_refused_by_a_process_that_had_it_in_memory(log, database_url):
    """A revocation holds from the next request on, everywhere."""
    tokens = Tokens(log)
    new = await tokens.issue("ci", ("read",), BY)
    async with Database(database_url) as other:
        elsewhere = Tokens(Log(other))
        assert await elsewhere.authenticate(new.secret)
        await tokens.revoke(new.token_id, BY)
        assert await elsewhere.authenticate(new.secret) is None
        assert await tokens.authenticate(new.secret) is None


async def test_a_secret_is_nowhere_in_the_log(log, superuser):
    """The log knows a token's SHA-256, and no secret."""
    new = await Tokens(log).issue("ci", ("read",), BY)
    entries = "\n".join(row[0] for row in await superuser.fetch("SELECT entry FROM event"))
    assert new.secret not in entries
    assert new.secret.removeprefix(PREFIX) not in entries
    assert digest(new.secret) in entries


async def test_of_many_tokens_of_one_name_one_is_issued(log, database_url):
    """Two good tokens never share a name, however many ask at once and wherever."""
    async with Database(database_url) as other:
        both = (Tokens(log), Tokens(Log(other)))
        ends = await asyncio.gather(
            *(both[nth % 2].issue("ci", ("read",), BY) for nth in range(8)), return_exceptions=True
        )
    refusals = [end.code for end in ends if isinstance(end, Refused)]
    assert refusals == ["token-exists"] * 7
    assert [token.name for token in (await Tokens(log).current()).tokens.values()] == ["ci"]


async def test_many_tokens_of_many_names_are_all_issued(log):
    """Issuing at once refuses nobody whose name is free."""
    tokens = Tokens(log)
    new = await asyncio.gather(*(tokens.issue(f"ci-{nth}", ("read",), BY) for nth in range(6)))
    known = [await tokens.authenticate(each.secret) for each in new]
    assert [each and each.name for each in known] == [f"ci-{nth}" for nth in range(6)]


async def test_a_token_is_revoked_once(log):
    """A second revocation is refused."""
    tokens = Tokens(log)
    new = await tokens.issue("ci", ("read",), BY)
    await tokens.revoke(new.token_id, BY)
    with pytest.raises(Refused):
        await tokens.revoke(new.token_id, BY)
