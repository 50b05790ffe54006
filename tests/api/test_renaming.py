"""Names: an instance is given another, and the name of one that never ran is given again."""

import asyncio

import pytest

from astrolabe.domain.upgrades.events import InstanceObserved
from tests.api.house import FLAGS, House, problem
from tests.domain import samples

NEVER_RAN = {"port": 4300, "database": FLAGS["database"] | {"name": "other"}}


async def test_an_instance_is_known_by_its_new_name_at_once(house: House) -> None:
    """It is the same instance, with its history, and the old name leads nowhere until another has it."""
    instance_id = await house.register()
    for _ in range(2):  # a name that was asked for before is remembered
        assert (await house.client.get("/instances/flags")).status_code == 200
    answer = await house.client.post("/instances/flags/rename", json={"name": "shop", "reason": "a typing error"})
    assert (answer.status_code, answer.json()["name"], answer.headers["etag"]) == (200, "shop", '"2"')
    assert problem(await house.client.get("/instances/flags")) == "instance-unknown"
    assert problem(await house.client.get("/audit/events?instance=flags")) == "instance-unknown"
    assert problem(await house.client.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})) == (
        "instance-unknown"
    )
    assert (await house.client.get("/instances/shop")).json()["id"] == instance_id
    await house.place()
    history = (await house.client.get("/instances/shop/history")).json()["items"]
    assert [(each["type"], each["reason"]) for each in history][1:] == [("instance_renamed", "a typing error")]
    before = await house.client.get(f"/instances/shop?at={history[0]['position']}")
    assert before.json()["name"] == "flags"
    other = await house.register(**NEVER_RAN)
    assert (await house.client.get("/instances/flags")).json()["id"] == other != instance_id
    await house.show()
    assert [each["name"] for each in (await house.client.get("/instances")).json()["items"]] == ["shop", "flags"]


async def test_an_upgrade_is_asked_for_by_the_new_name(house: House) -> None:
    """And follows from all that was recorded under the old one."""
    instance_id = await house.register()
    await house.client.post("/instances/flags/rename", json={"name": "shop"})
    upgrade_id = await house.request("shop")
    assert (await house.client.get(f"/upgrades/{upgrade_id}")).json()["instance_id"] == instance_id
    answer = await house.client.post("/instances/shop/rename", json={"name": "mail"})
    assert (answer.status_code, problem(answer)) == (409, "instance-busy")


async def test_a_name_that_another_has_is_given_to_nobody(house: House) -> None:
    """By a registration as little as by a new name; the answer says whose it is, and nothing is recorded."""
    await house.register()
    other = await house.register(name="shop")
    size = await house.size()
    for answer in (
        await house.client.post("/instances/flags/rename", json={"name": "shop"}),
        await house.client.post("/instances", json=FLAGS | NEVER_RAN | {"name": "shop"}),
    ):
        assert (answer.status_code, problem(answer)) == (409, "instance-name-taken")
        assert answer.json()["existing"] == f"/instances/{other}"
    assert await house.size() == size
    assert (await house.client.get("/instances/flags")).status_code == 200


async def test_of_many_that_want_one_name_one_is_given_it(house: House) -> None:
    """A race has one winner."""
    for name in ("one", "two", "three", "four"):
        await house.register(name=name)
    asked = [house.client.post(f"/instances/{name}/rename", json={"name": "shop"}) for name in ("one", "two", "three")]
    registers = house.client.post("/instances", json=FLAGS | {"name": "shop"})
    answers = await asyncio.gather(*asked, registers)
    assert sorted(answer.status_code // 100 for answer in answers) == [2, 4, 4, 4]
    assert {problem(answer) for answer in answers if answer.status_code == 409} == {"instance-name-taken"}


async def test_a_repeated_rename_is_answered_as_before(house: House) -> None:
    """With an Idempotency-Key it is answered again, although the name that it was asked by is free by then."""
    await house.register()
    key = {"Idempotency-Key": "one"}
    first, again = [
        await house.client.post("/instances/flags/rename", json={"name": "shop"}, headers=key) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


@pytest.mark.parametrize("name", ["Shop", "0shop", "a/b", ""])
async def test_what_is_no_name_is_refused(house: House, name: str) -> None:
    """A name stays a word that no path and no command is mistaken in."""
    await house.register()
    assert problem(await house.client.post("/instances/flags/rename", json={"name": name})) == "field-invalid"


@pytest.mark.parametrize("version", [None, "5.6.0"], ids=["not found", "not seen to run"])
async def test_the_name_of_one_that_never_ran_is_given_again(house: House, version: str | None) -> None:
    """Registered by mistake, retired, and registered as it should have been; the first is found by its id."""
    mistaken = await house.register(version=version)
    absent = InstanceObserved(None, "nothing serves on port 4242", samples.AT)
    await house.report(mistaken, samples.unadopted if version is None else absent)
    retired = await house.client.post("/instances/flags/retire")
    assert (retired.json()["status"], retired.json()["name_free"]) == ("retired", True)
    assert problem(await house.client.get("/instances/flags")) == "instance-unknown"
    again = await house.register()
    assert (await house.client.get("/instances/flags")).json()["id"] == again
    assert (await house.client.get(f"/instances/{mistaken}")).json()["status"] == "retired"
