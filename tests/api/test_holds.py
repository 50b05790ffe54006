"""Holds over HTTP: who may place them, of what, and that the trail says who and why."""

import pytest

from tests.api.house import House, bearer, problem
from tests.domain.samples import UP


async def test_a_hold_is_placed_listed_and_lifted(house: House) -> None:
    """By instance, upgrade or period; the list says who, why and when, and the trail has both ends."""
    instance = await house.register()
    upgrade = await house.request()
    for asked in (
        {"instance": "flags"},
        {"upgrade": upgrade},
        {"since": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
    ):
        answer = await house.client.post("/holds", json=asked | {"reason": "case 2026/17"})
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == "/holds"
    listed = (await house.client.get("/holds")).json()["items"]
    assert [(each["instance_id"], each["upgrade_id"], each["since"], each["until"]) for each in listed] == [
        (instance, None, None, None),
        (None, upgrade, None, None),
        (None, None, "2026-01-01T00:00:00Z", None),
        (None, None, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
    ]
    assert {(each["placed_by"], each["reason"]) for each in listed} == {("adminer", "case 2026/17")}
    answer = await house.client.post(f"/holds/{listed[0]['id']}/lift", json={"reason": "case closed"})
    assert answer.status_code == 204
    assert [each["id"] for each in (await house.client.get("/holds")).json()["items"]] == [
        each["id"] for each in listed[1:]
    ]
    again = await house.client.post(f"/holds/{listed[0]['id']}/lift", json={"reason": "case closed"})
    assert problem(again) == "hold-unknown"
    await house.place()
    (lifted,) = (await house.client.get("/audit/events?type=hold_lifted")).json()["items"]
    assert (lifted["actor"], lifted["reason"], lifted["data"]["hold_id"]) == (
        "adminer",
        "case closed",
        listed[0]["id"],
    )


async def test_the_same_hold_is_placed_once(house: House) -> None:
    """A request that is repeated under its key is answered as it was first."""
    await house.register()
    body, headers = {"instance": "flags", "reason": "case 2026/17"}, {"Idempotency-Key": "one"}
    first, second = [await house.client.post("/holds", json=body, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert len((await house.client.get("/holds")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({}, "field-invalid"),
        ({"instance": "flags", "upgrade": UP}, "field-invalid"),
        ({"instance": "flags", "since": "2026-01-01T00:00:00Z"}, "field-invalid"),
        ({"until": "2026-01-01T00:00:00Z"}, "field-invalid"),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "field-invalid"),
        ({"instance": "nobody"}, "instance-unknown"),
        ({"upgrade": UP}, "upgrade-unknown"),
    ],
)
async def test_what_cannot_be_held_is_named(house: House, asked: dict[str, str], name: str) -> None:
    """Nothing, two things at once, a period without a beginning, or what is not there."""
    await house.register()
    assert problem(await house.client.post("/holds", json=asked | {"reason": "why"})) == name
    assert (await house.client.get("/holds")).json() == {"items": []}


async def test_only_admins_hold_and_lift(house: House) -> None:
    """Whoever reads sees what is held; whoever upgrades can neither hold it nor let it go."""
    await house.register()
    for scope in ("read", "operate", "configure", "approve"):
        headers = bearer(house.secrets[scope])
        body = {"instance": "flags", "reason": "why"}
        assert problem(await house.anyone.post("/holds", json=body, headers=headers)) == "scope-missing"
        lifting = await house.anyone.post(f"/holds/{UP}/lift", json={"reason": "why"}, headers=headers)
        assert problem(lifting) == "scope-missing"
    assert (await house.anyone.get("/holds", headers=bearer(house.secrets["read"]))).status_code == 200
