"""Reading ahead: who asks and what about in one statement, and nothing for a stranger."""

import pytest

from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.log.append_statement import append_statement
from astrolabe.store.log.log import Log
from astrolabe.store.log.read_statement import read_statement
from astrolabe.store.streams.instances import Instances
from astrolabe.store.streams.tokens import Tokens
from tests.api.house import House, bearer, problem

BY = Cause("ci", "because", "test")
ASKED = {"instance": "flags", "target": "6.10.1"}


@pytest.fixture
def asked(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that the application asks of the log's hot connections."""
    statements: list[str] = []
    pool = type(house.resources.log._database.hot)  # pyright: ignore[reportPrivateUsage]
    fetch, fetchval = pool.fetch, pool.fetchval
    monkeypatch.setattr(pool, "fetch", lambda pool, query, *args: statements.append(query) or fetch(pool, query, *args))
    monkeypatch.setattr(
        pool, "fetchval", lambda pool, query, *args: statements.append(query) or fetchval(pool, query, *args)
    )
    return statements


async def test_an_upgrade_is_accepted_with_one_question_before_the_append(house: House, asked: list[str]) -> None:
    """Token, name and instance are read in one statement, whoever of them is named how."""
    instance_id = await house.register()
    other = await house.register(name="other")
    for ref in ("flags", other):
        asked.clear()
        answer = await house.client.post("/upgrades", json=ASKED | {"instance": ref}, headers={"Idempotency-Key": ref})
        assert (answer.status_code, answer.json()["instance_id"]) == (202, instance_id if ref == "flags" else other)
        read, appended = asked
        assert read == read_statement(2)
        # With the relay's notification in it where none was sent a moment before.
        assert appended in [
            append_statement(fences=False, claims=True, moves=False, notices=notices, alone=True)
            for notices in (False, True)
        ]


async def test_a_token_revoked_by_another_process_asks_for_nothing_more(house: House, database_url: str) -> None:
    """What was known of it lets nobody in: it is read anew with each request."""
    instance_id = await house.register()
    async with Database(database_url) as database:
        tokens = Tokens(Log(database))
        made = await tokens.issue("ci", ("operate",), BY)
        busy = await house.anyone.post("/upgrades", json=ASKED | {"target": "5.6.0"}, headers=bearer(made.secret))
        assert problem(busy) == "already-at-version"
        await tokens.revoke(made.token_id, BY)
    assert problem(await house.anyone.post("/upgrades", json=ASKED, headers=bearer(made.secret))) == "token-invalid"
    assert (await house.client.get(f"/instances/{instance_id}")).json()["status"] == "idle"


async def test_a_name_is_whose_it_is_now(house: House) -> None:
    """An instance that was renamed is not found under its former name, however well it was known by it."""
    instance_id = await house.register()
    planned = {**ASKED, "validate_only": True}
    assert (await house.client.post("/upgrades", json=planned)).status_code == 200
    assert (await house.client.post(f"/instances/{instance_id}/rename", json={"name": "toggles"})).status_code == 200
    assert problem(await house.client.post("/upgrades", json=planned)) == "instance-unknown"
    assert (await house.client.post("/upgrades", json={**planned, "instance": "toggles"})).status_code == 200
    again = await house.register(port=4243, database={"name": "flags", "user": "unleash"})
    answer = await house.client.post("/upgrades", json=planned)
    assert (answer.status_code, answer.json()["instance_id"]) == (200, again)


async def test_nothing_is_read_for_a_stranger(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither who has no token nor who has one for some instances alone makes the server look for what they name."""
    await house.register(labels={"team": "payments"})
    bound = (await house.client.post("/tokens", json={"name": "ci", "scopes": ["operate:team=payments"]})).json()
    sought: list[str] = []
    monkeypatch.setattr(Instances, "sought_by_name", lambda _, name: sought.append(name))
    assert problem(await house.anyone.post("/upgrades", json=ASKED, headers=bearer("astro_x"))) == "token-invalid"
    mine = bearer(bound["secret"])
    assert (await house.anyone.post("/upgrades", json=ASKED, headers=mine)).status_code == 202
    assert sought == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"instance": 7}', b'{"instance": "\xff"}'])
async def test_a_body_that_names_nothing_is_refused_as_it_is_elsewhere(house: House, body: bytes) -> None:
    """What cannot be read ahead is for the handler to refuse."""
    answer = await house.client.post("/upgrades", content=body, headers={"Content-Type": "application/json"})
    assert problem(answer) in {"json-malformed", "field-invalid"}
