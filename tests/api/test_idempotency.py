import asyncio
from typing import Any

import asyncpg
import pytest

from astrolabe.api.http import idempotency
from tests.api.house import FLAGS, House, bearer, problem
from tests.domain import samples

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
ASK = {"instance": "flags", "target": "6.10.1"}


async def test_a_repeated_request_gets_the_first_answer_whatever_happened_since(house: House) -> None:
    """Status, body, Location and ETag are those of the first time, though the upgrade has ended by now."""
    instance_id = await house.register()
    first = await house.client.post("/upgrades", json=ASK, headers=KEY)
    await house.tell(instance_id, first.json()["id"], *samples.SUCCEEDED[2:])
    before = await house.size()
    again = await house.client.post("/upgrades", json=ASK, headers=KEY)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert dict(again.headers) == dict(first.headers)
    assert await house.size() == before


async def test_a_key_works_on_every_post_that_records(house: House) -> None:
    """Registering, retiring, cancelling, retrying, rolling back and revoking are each done once."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    token_id = (await house.client.post("/tokens", json={"name": "ci", "scopes": ["read"]})).json()["id"]
    requests: list[tuple[str, dict[str, Any]]] = [
        ("/instances", FLAGS | {"name": "other", "port": 4300, "database": FLAGS["database"] | {"name": "other"}}),
        ("/instances/other/retire", {"reason": "gone"}),
        (f"/upgrades/{upgrade_id}/cancel", {}),
        (f"/upgrades/{upgrade_id}/retry", {"reason": "once more"}),
        (f"/tokens/{token_id}/revoke", {}),
    ]
    for nth, (path, body) in enumerate(requests):
        await _twice(house, path, body, f"key-{nth}")
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    await _twice(house, f"/upgrades/{upgrade_id}/rollback", {}, "key-back")


async def _twice(house: House, path: str, body: dict[str, object], key: str) -> None:
    first = await house.client.post(path, json=body, headers={"Idempotency-Key": key})
    size = await house.size()
    again = await house.client.post(path, json=body, headers={"Idempotency-Key": key})
    assert first.is_success, first.text
    assert (again.status_code, again.content, dict(again.headers)) == (
        first.status_code,
        first.content,
        dict(first.headers),
    )
    assert await house.size() == size


async def test_a_key_belongs_to_one_request(house: House) -> None:
    """The same key with another body or on another path is refused, and records nothing."""
    await house.register()
    upgrade_id = (await house.client.post("/upgrades", json=ASK, headers=KEY)).json()["id"]
    before = await house.size()
    for path, body in (("/upgrades", ASK | {"target": "7.5.1"}), (f"/upgrades/{upgrade_id}/cancel", {})):
        answer = await house.client.post(path, json=body, headers=KEY)
        assert (answer.status_code, problem(answer)) == (422, "idempotency-key-reused")
    assert await house.size() == before


async def test_a_key_belongs_to_one_caller(house: House) -> None:
    """Another token's equal key is another key."""
    await house.register(name="one")
    await house.register(name="two")
    first = await house.client.post("/upgrades", json=ASK | {"instance": "one"}, headers=KEY)
    other = await house.client.post(
        "/upgrades", json=ASK | {"instance": "two"}, headers=KEY | bearer(house.secrets["operate"])
    )
    assert (first.status_code, other.status_code) == (202, 202)
    assert first.json()["id"] != other.json()["id"]


async def test_a_refused_request_leaves_its_key_free(house: House) -> None:
    """A refusal records nothing, so the same request may succeed once the reason is gone."""
    assert problem(await house.client.post("/upgrades", json=ASK, headers=KEY)) == "instance-unknown"
    await house.register()
    assert (await house.client.post("/upgrades", json=ASK, headers=KEY)).status_code == 202


async def test_a_repeat_of_a_request_that_hangs_is_told_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first request holds its key uncommitted, a repeat is answered 409 and records nothing."""
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 0.3)
    instance_id = await house.register()
    before = await house.size()
    connection = await asyncpg.connect(house.url)
    key = idempotency.named_id("key", "adminer", KEY["Idempotency-Key"])
    async with connection.transaction():
        await connection.execute("INSERT INTO astrolabe.command VALUES ($1, '', $2, '{}')", key, instance_id)
        answer = await house.client.post("/upgrades", json=ASK, headers=KEY)
    await connection.close()
    assert (answer.status_code, problem(answer)) == (409, "request-in-flight")
    assert int(answer.headers["retry-after"]) > 0
    assert await house.size() == before


async def test_twins_at_the_same_time_get_equal_answers(house: House) -> None:
    """Registered eight times at once under one key there is one instance and eight equal answers."""
    answers = await asyncio.gather(*[house.client.post("/instances", json=FLAGS, headers=KEY) for _ in range(8)])
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await house.value("SELECT count(DISTINCT stream_id) FROM astrolabe.event") == 2
