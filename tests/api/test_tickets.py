"""Tickets through the API: who asks names one, where the instance's policy asks for it, and whoever looks finds it."""

import msgspec
import pytest

from astrolabe.domain.webhooks.notification import TYPES, encode, notification
from tests.api.house import House, problem
from tests.api.test_approvals import person
from tests.domain import samples

ASK = {"instance": "flags", "target": "6.10.1"}
POLICY = {"approvals": {"tickets": ["CHG[0-9]*"]}}
SAID = {"ticket": "CHG0031337", "impact": "no flags are changed for 10 s"}


async def test_an_upgrade_is_asked_for_with_its_ticket_and_found_by_it(house: House) -> None:
    """The operation, the history, the list, what endpoints are sent and the log's own bytes have it."""
    instance_id = await house.register(**POLICY)
    answer = await house.client.post("/upgrades", json=ASK | SAID)
    assert answer.status_code == 202, answer.text
    assert {name: answer.json()[name] for name in SAID} == SAID
    upgrade_id = answer.json()["id"]
    _, asked = (await house.client.get("/instances/flags/history")).json()["items"]
    assert {name: asked["data"][name] for name in SAID} == SAID
    assert "ticket CHG0031337; impact: no flags" in asked["summary"]
    await house.register(name="other")
    await house.request("other")
    await house.show()
    listed = (await house.client.get("/upgrades", params={"ticket": SAID["ticket"]})).json()["items"]
    assert [(each["upgrade_id"], each["ticket"]) for each in listed] == [(upgrade_id, SAID["ticket"])]
    assert len((await house.client.get("/upgrades")).json()["items"]) == 2
    recorded = (await house.resources.instances.load(instance_id)).history[-1]
    assert {name: msgspec.json.decode(recorded.entry)["data"][name] for name in SAID} == SAID
    told = encode(notification(recorded, TYPES[type(recorded.event)])).decode()
    assert (SAID["ticket"] in told, SAID["impact"] in told) == (True, False)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "ticket-missing"),
        ({"ticket": "OPS-1"}, "ticket-invalid"),
        ({"ticket": "CHG0031337 "}, "field-invalid"),
        ({"ticket": ""}, "field-invalid"),
        ({"ticket": "CHG1", "impact": "two\nlines"}, "field-invalid"),
    ],
)
async def test_without_the_ticket_that_the_policy_asks_for_nothing_begins(
    house: House, more: dict[str, str], name: str
) -> None:
    """The refusal says what such a ticket looks like, and nothing is recorded."""
    await house.register(**POLICY)
    before = await house.size()
    answer = await house.client.post("/upgrades", json=ASK | more)
    assert problem(answer) == name
    assert name == "field-invalid" or (answer.status_code, "CHG[0-9]*" in answer.json()["detail"]) == (422, True)
    assert await house.size() == before


async def test_a_plan_says_which_ticket_its_upgrade_needs(house: House) -> None:
    """It needs none itself: the ticket may be made from it."""
    await house.register(**POLICY)
    plan = await house.client.post("/upgrades", json=ASK | {"validate_only": True})
    assert (plan.status_code, plan.json()["ticket"]) == (200, "needs one like CHG[0-9]*")
    await house.register(name="other")
    plan = await house.client.post("/upgrades", json=ASK | {"instance": "other", "validate_only": True})
    assert plan.json()["ticket"] == "needs none"


async def test_only_an_admin_does_away_with_tickets(house: House) -> None:
    """They are the policy's, as approvals are."""
    await house.register(**POLICY)
    keeper = await person(house, "keeper", "configure")
    shown = (await house.client.get("/instances/flags")).json()
    assert shown["approvals"]["tickets"] == ["CHG[0-9]*"]
    kept = {name: shown[name] for name in ("name", "product", "port", "database")}
    answer = await keeper.put("/instances/flags", json=kept | {"approvals": {"tickets": []}})
    assert (answer.status_code, problem(answer)) == (403, "approvals-fixed")
    answer = await house.client.put("/instances/flags", json=kept)
    assert answer.status_code == 200, answer.text
    assert (await house.client.post("/upgrades", json=ASK)).status_code == 202


async def test_a_retry_keeps_the_ticket(house: House) -> None:
    """It is the same upgrade, and shows the same."""
    instance_id = await house.register(**POLICY)
    upgrade_id = (await house.client.post("/upgrades", json=ASK | SAID)).json()["id"]
    await house.tell(instance_id, upgrade_id, samples.refused)
    answer = await house.client.post(f"/upgrades/{upgrade_id}/retry", json={})
    assert answer.status_code == 202, answer.text
    assert {name: answer.json()[name] for name in SAID} == SAID
