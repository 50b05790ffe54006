from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from astrolabe.api.http import idempotency
from astrolabe.domain.streams import WEBHOOKS_STREAM
from astrolabe.domain.webhooks.notification import ALL_TYPES
from astrolabe.store.webhooks.deliveries import Outcome
from astrolabe.store.webhooks.fan_out import FanOut
from astrolabe.store.webhooks.settings import WebhookSettings
from tests.api.house import FLAGS, House, bearer, problem

HOOK: dict[str, Any] = {"name": "chat", "url": "http://127.0.0.1:9000/hook", "reason": "tell the team"}


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """An application that may send to this machine."""
    settings = WebhookSettings(tmp_path / "keys" / "webhooks", (ip_network("127.0.0.0/8"),))
    async with House.opened(database_url, settings) as house:
        yield house


async def add(house: House, **changes: Any) -> dict[str, Any]:
    """Add a webhook."""
    answer = await house.client.post("/webhooks", json=HOOK | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_webhook_is_added_seen_and_changed(house: House) -> None:
    """An instance may be named; a change takes If-Match; equal bodies change nothing."""
    instance = await house.register()
    made = await house.client.post("/webhooks", json=HOOK | {"instances": ["flags"], "types": [ALL_TYPES[3]]})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    here = made.headers["location"]
    assert made.json()["instances"] == [instance]
    assert (await house.client.get("/webhooks/chat")).json() == (await house.client.get(here)).json() == made.json()
    body = HOOK | {"ordered": True}
    changed = await house.client.put(here, json=body, headers={"If-Match": '"1"'})
    assert (changed.json()["ordered"], changed.json()["instances"], changed.headers["etag"]) == (True, [], '"2"')
    stale = await house.client.put(here, json=HOOK, headers={"If-Match": '"1"'})
    assert (problem(stale), stale.headers["etag"]) == ("version-mismatch", '"2"')
    again = await house.client.put(here, json=body)
    assert again.headers["etag"] == '"2"'
    assert [each["name"] for each in (await house.client.get("/webhooks")).json()["items"]] == ["chat"]


async def test_every_change_is_an_event_with_its_reason_and_no_secret(house: House) -> None:
    """Who added, rotated, disabled, enabled and removed a webhook is in the log, and its secret is not."""
    here = (await add(house))["links"]["self"]
    secret = (await house.client.get(f"{here}/secret")).json()
    for verb, status in (("rotate-secret", 200), ("disable", 200), ("enable", 200), ("remove", 204)):
        answer = await house.client.post(f"{here}/{verb}", json={"reason": f"to {verb}"})
        assert answer.status_code == status, answer.text
    told = await house.resources.log.read_stream(WEBHOOKS_STREAM)
    assert [type(each.event).__name__ for each in told] == [
        *("EndpointAdded", "SecretRotated", "EndpointDisabled", "EndpointEnabled", "EndpointRemoved"),
    ]
    reasons = ["tell the team", "to rotate-secret", "to disable", "to enable", "to remove"]
    assert [(each.cause.actor, each.cause.reason) for each in told] == [("adminer", reason) for reason in reasons]
    text = "".join(each.entry for each in told)
    assert secret["secret"].removeprefix("whsec_") not in text
    assert problem(await house.client.get(here)) == "webhook-unknown"


async def test_a_key_makes_a_change_happen_once(house: House) -> None:
    """Adding, rotating, removing and pinging under a key are each done once, and answered the same again."""
    key = {"Idempotency-Key": "one"}
    first = await house.client.post("/webhooks", json=HOOK, headers=key)
    again = await house.client.post("/webhooks", json=HOOK, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await house.client.post("/webhooks", json=HOOK | {"name": "other"}, headers=key)
    assert problem(other) == "idempotency-key-reused"
    here = first.headers["location"]
    for nth in range(2):
        turned = await house.client.post(f"{here}/rotate-secret", headers={"Idempotency-Key": "two"})
        assert (turned.status_code, turned.json()["version"]) == (200, 2), nth
    pings = [await house.client.post(f"{here}/test", headers={"Idempotency-Key": "three"}) for _ in range(2)]
    assert pings[0].json()["id"] == pings[1].json()["id"]
    for _ in range(2):
        gone = await house.client.post(f"{here}/remove", headers={"Idempotency-Key": "four"})
        assert gone.status_code == 204
    assert problem(await house.client.post(f"{here}/remove")) == "webhook-unknown"


async def test_an_answer_stored_without_its_webhook_is_found_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log of before may hold such an answer: it is about the webhook that its last event names."""
    stored = idempotency._claims
    monkeypatch.setattr(idempotency, "_claims", lambda key, now: stored(key, replace(now, endpoint_id=None)))
    first = await house.client.post("/webhooks", json=HOOK, headers={"Idempotency-Key": "one"})
    await add(house, name="other")
    again = await house.client.post("/webhooks", json=HOOK, headers={"Idempotency-Key": "one"})
    assert (again.status_code, again.json()) == (201, first.json())


async def test_a_name_belongs_to_one_webhook(house: House) -> None:
    """A second webhook of a name is refused; a removed one's name is free."""
    made = await add(house)
    assert problem(await house.client.post("/webhooks", json=HOOK)) == "webhook-exists"
    await house.client.post(f"/webhooks/{made['id']}/remove")
    await add(house)


async def test_what_cannot_be_is_refused_at_once(house: House) -> None:
    """A URL that nothing may be sent to, and a type or instance that is not there, are problems that say what to do."""
    before = await house.size()
    for field, value, name in (
        ("url", "ftp://example.com/", "field-invalid"),
        ("url", "https://user:secret@203.0.113.9/", "webhook-url-forbidden"),
        ("url", "https://10.0.0.1/", "webhook-url-forbidden"),
        ("url", "https://[::ffff:127.0.0.1]/", "webhook-url-forbidden"),
        ("url", "http://169.254.169.254/latest/meta-data/", "webhook-url-forbidden"),
        ("url", "http://8.8.8.8/", "webhook-url-forbidden"),
        ("url", "http://127.0.0.1:22/", "webhook-url-forbidden"),
        ("url", "https://does-not-resolve.invalid/", "webhook-url-forbidden"),
        ("types", ["astrolabe.upgrade.never"], "field-invalid"),
        ("instances", ["nobody"], "instance-unknown"),
        ("instances", ["0190f000-0000-7000-8000-00000000000a"], "instance-unknown"),
        ("instances", [WEBHOOKS_STREAM], "instance-unknown"),
        ("name", "Chat!", "field-invalid"),
        ("secret", "x", "field-unknown"),
    ):
        answer = await house.client.post("/webhooks", json=HOOK | {field: value})
        assert problem(answer) == name, value
    assert await house.size() == before


async def test_a_rotated_secret_overlaps_with_the_old_one(house: House) -> None:
    """For a while both are shown and sign; without overlap the old one is gone at once, however old."""
    here = (await add(house))["links"]["self"]
    first = (await house.client.get(f"{here}/secret")).json()
    assert (first["generation"], first["old"]) == (1, [])
    await house.client.post(f"{here}/rotate-secret")
    second = (await house.client.get(f"{here}/secret")).json()
    assert (second["generation"], [each["secret"] for each in second["old"]]) == (2, [first["secret"]])
    assert second["secret"] != first["secret"]
    left = datetime.fromisoformat(second["old"][0]["until"]) - datetime.now(UTC)
    assert 23 * 3600 < left.total_seconds() <= 24 * 3600
    await house.client.post(f"{here}/rotate-secret", json={"overlap_hours": 0})
    third = await house.client.get(f"{here}/secret")
    assert (third.json()["generation"], third.json()["old"]) == (3, [])
    assert third.headers["cache-control"] == "no-store"


async def test_a_reader_sees_webhooks_and_no_secret(house: House) -> None:
    """The scope read shows everything but what a receiver verifies with."""
    here = (await add(house))["links"]["self"]
    reader = bearer(house.secrets["read"])
    shown = await house.anyone.get(here, headers=reader)
    assert "whsec" not in shown.text
    assert problem(await house.anyone.get(f"{here}/secret", headers=reader)) == "scope-missing"


async def test_the_catalogue_has_a_schema_that_its_example_holds(house: House) -> None:
    """Every type can be looked at, and its example is valid under its schema, which refuses another type's."""
    items = (await house.client.get("/webhooks/types")).json()["items"]
    assert sorted(each["type"] for each in items) == sorted(ALL_TYPES)
    for each in items:
        Draft202012Validator.check_schema(each["schema"])
        validator = Draft202012Validator(each["schema"])
        assert validator.is_valid(each["example"])
        assert not validator.is_valid(each["example"] | {"type": "astrolabe.other"})
        assert (await house.client.get(f"/webhooks/types/{each['type']}")).json() == each
    assert problem(await house.client.get("/webhooks/types/astrolabe.nothing")) == "not-found"


async def test_deliveries_are_listed_looked_at_and_sent_again(house: House) -> None:
    """A list has pages and states; one delivery shows its attempts; redelivery and recovery make it pending."""
    made = await add(house)
    here = made["links"]["self"]
    for nth in range(3):
        await house.register(name=f"i-{nth}")
    await house.place()
    await FanOut(house.resources.deliveries._database, house.resources.log).drain()
    page = (await house.client.get(f"{here}/deliveries", params={"limit": 2})).json()
    rest = (await house.client.get(page["next"])).json()
    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    endpoint = (await house.resources.webhooks.current()).find("chat")
    deadline = house.resources.webhook_settings.lease
    taken = await house.resources.deliveries.take(endpoint, 1, deadline)
    failed = Outcome("failed", datetime.now(UTC), 500, 12, "no")
    assert await house.resources.deliveries.finish(taken[0], failed)
    one = f"{here}/deliveries/{taken[0].message_id}"
    shown = (await house.client.get(one)).json()
    assert (shown["state"], [(each["status"], each["response"]) for each in shown["tried"]]) == (
        "failed",
        [(500, "no")],
    )
    listed = (await house.client.get(f"{here}/deliveries", params={"state": "failed"})).json()["items"]
    assert [each["id"] for each in listed] == [taken[0].message_id]
    webhook = (await house.client.get(here)).json()
    assert (webhook["failed"], webhook["pending"], webhook["failing_since"] is None) == (1, 2, False)
    again = await house.client.post(f"{one}/redeliver")
    assert (again.status_code, again.json()["state"], again.headers["location"]) == (202, "pending", one)
    assert (await house.client.post(f"{here}/recover", json={"since": "2020-01-01T00:00:00Z"})).json() == {
        "deliveries": 0
    }
    assert problem(await house.client.post(f"{here}/deliveries/nothing/redeliver")) == "delivery-unknown"
    ping = await house.client.post(f"{here}/test")
    assert (ping.status_code, ping.json()["type"], ping.json()["state"]) == (202, "astrolabe.ping", "pending")


async def test_a_webhook_is_no_instance(house: House) -> None:
    """The stream of webhooks cannot be looked at as an instance, and no view shows it."""
    await add(house)
    await house.client.post("/instances", json=FLAGS)
    await house.show()
    assert problem(await house.client.get(f"/instances/{WEBHOOKS_STREAM}")) == "instance-unknown"
    assert [each["name"] for each in (await house.client.get("/instances")).json()["items"]] == ["flags"]


async def test_the_metrics_tell_how_many_webhooks_are_disabled_and_why(house: House) -> None:
    """An alert can be made of it: those that are told, and those that are not by their reason."""
    for name in ("chat", "pager"):
        await add(house, name=name)
    await house.client.post("/webhooks/pager/disable")
    text = (await house.client.get("/metrics")).text
    for reason in ("no", "asked"):
        assert f'astrolabe_webhooks{{disabled="{reason}"}} 1.0' in text


async def test_a_webhook_that_is_not_there_is_a_problem(house: House) -> None:
    """Whatever is asked for by a reference that nobody has, the answer says where to look."""
    for ref in ("nobody", WEBHOOKS_STREAM, "%00", "%2e%2e", "a" * 3000):
        for answer in (
            await house.client.get(f"/webhooks/{ref}"),
            await house.client.put(f"/webhooks/{ref}", json=HOOK),
            await house.client.get(f"/webhooks/{ref}/secret"),
            await house.client.get(f"/webhooks/{ref}/deliveries"),
            *[
                await house.client.post(f"/webhooks/{ref}/{verb}")
                for verb in ("disable", "enable", "remove", "rotate-secret", "recover", "test")
            ],
        ):
            assert problem(answer) == "webhook-unknown", ref


async def test_a_request_that_cannot_be_understood_changes_nothing(house: House) -> None:
    """Each is a problem of its own type, and the log is as long as before."""
    await add(house)
    before = await house.size()
    for path, body, name in (
        ("rotate-secret", {"overlap_hours": -1}, "field-invalid"),
        ("rotate-secret", {"overlap_hours": 169}, "field-invalid"),
        ("rotate-secret", {"overlap_hours": True}, "field-invalid"),
        ("disable", {"reason": "a\u001b[2J"}, "field-invalid"),
        ("enable", {"why": "?"}, "field-unknown"),
        ("recover", {"since": "2026-01-31T12:00:00"}, "field-invalid"),
        ("recover", {"until": "yesterday"}, "field-invalid"),
        ("recover", {"delivered": "yes"}, "field-invalid"),
        ("recover", [], "field-invalid"),
        ("deliveries/0190f000-0000-7000-8000-00000000000e/redeliver", None, "delivery-unknown"),
        ("deliveries/%2e%2e/redeliver", None, "delivery-unknown"),
    ):
        assert problem(await house.client.post(f"/webhooks/chat/{path}", json=body)) == name, (path, body)
    for query in ("state=lost", "before=1", "limit=0", "limit=1001"):
        assert problem(await house.client.get(f"/webhooks/chat/deliveries?{query}")) == "parameter-invalid", query
    assert await house.size() == before
