"""Two admins who revoke each other: whatever they do, somebody is left who can make tokens."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from astrolabe.api.app import create_app
from astrolabe.domain.recorded import Cause
from astrolabe.store.streams.tokens import Tokens
from tests.api.house import House, bearer, living, problem, resources_of

ROUNDS = 1000
BY = Cause("test", "test", "test")


@pytest_asyncio.fixture
async def elsewhere(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Another API process on the same log."""
    app = create_app(database_url=house.url)
    async with living(app):
        transport = httpx.ASGITransport(app)  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere") as client:
            yield client


async def test_of_two_admins_who_revoke_each_other_at_once_one_is_left(
    house: House, elsewhere: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are let in before either is revoked: one revocation is done, the other refused, a thousand times."""
    together, revoke = asyncio.Barrier(2), Tokens.revoke

    async def revoke_together(tokens: Tokens, *asked: object, **more: object) -> object:
        await together.wait()
        return await revoke(tokens, *asked, **more)  # pyright: ignore[reportArgumentType]

    tokens = resources_of(house.app).tokens
    [left] = [token.token_id for token in (await tokens.current()).tokens.values() if "admin" in token.scopes]
    secrets = {left: house.secrets["admin"]}
    monkeypatch.setattr(Tokens, "revoke", revoke_together)
    for nth in range(ROUNDS):
        made = await tokens.issue(f"admin-{nth}", ("admin",), BY)
        other, secrets[made.token_id] = made.token_id, made.secret
        answers = await asyncio.gather(
            house.anyone.post(f"/tokens/{other}/revoke", headers=bearer(secrets[left])),
            elsewhere.post(f"/tokens/{left}/revoke", headers=bearer(secrets[other])),
        )
        [refused] = [answer for answer in answers if answer.status_code != 204]
        assert (refused.status_code, problem(refused)) == (409, "last-admin-token")
        left = left if refused is answers[1] else other
    listed = await house.anyone.get("/tokens", headers=bearer(secrets[left]))
    assert [each["id"] for each in listed.json()["items"] if "admin" in each["scopes"]] == [left]
