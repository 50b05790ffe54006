"""One thing, one instance: a second one of the same port, database, service or prefix is not let in."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from astrolabe.domain.upgrades.events import InstanceRegistered
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate
from astrolabe.store.views.projector import Projector
from tests.api.house import FLAGS, WORKER, House, problem
from tests.domain.samples import CONFIG

ELSEWHERE: dict[str, Any] = {"port": 4300, "database": FLAGS["database"] | {"name": "other"}}
PROJECT = {"folder": "/srv/shop", "name": "shop"}
COMPOSE = {"kind": "compose", "compose": PROJECT}
OTHER = {"name": "other"}
CHANGED = {key: value for key, value in FLAGS.items() if key != "version"}

TWINS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a port": ({}, ELSEWHERE | {"port": 4242}, "port 4242 of host local"),
    "a database": ({}, {"port": 4300}, "database unleash at local:5432"),
    "a database by another name of the loopback": (
        {},
        {"port": 4300, "database": FLAGS["database"] | {"host": "localhost"}},
        "database unleash at local:5432",
    ),
    "a service": (COMPOSE, COMPOSE | ELSEWHERE, "service gateway of project shop on local"),
    "a project in another folder": (
        COMPOSE,
        COMPOSE | ELSEWHERE | {"compose": PROJECT | {"folder": "/srv/shop2"}},
        "service gateway of project shop on local",
    ),
    "everything": ({}, {}, "database unleash at local:5432 and port 4242 of host local"),
}


@pytest.mark.parametrize("what", TWINS)
async def test_a_second_instance_of_the_same_is_refused_and_told_which_is_the_first(house: House, what: str) -> None:
    """The answer names the other instance and what both would act on, and nothing is recorded."""
    first, second, told = TWINS[what]
    instance_id = await house.register(**first)
    size = await house.size()
    answer = await house.client.post("/instances", json=FLAGS | second | OTHER)
    assert (answer.status_code, problem(answer)) == (409, "instance-identity-taken")
    assert answer.json()["existing"] == f"/instances/{instance_id}"
    assert f"Instance flags, {instance_id}, acts on {told} already" in answer.json()["detail"]
    assert await house.size() == size
    assert (await house.client.get("/instances/other")).status_code == 404


async def test_of_many_that_register_at_once_one_is_let_in(house: House) -> None:
    """A race has one winner, whose instance the others are told."""
    bodies = [FLAGS | {"name": f"flags-{nth}"} for nth in range(8)]
    answers = await asyncio.gather(*[house.client.post("/instances", json=body) for body in bodies])
    (won,) = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer is not won]
    assert {problem(answer) for answer in refused} == {"instance-identity-taken"}
    assert {answer.json()["existing"] for answer in refused} == {won.headers["location"]}


async def test_an_instance_is_not_moved_onto_what_another_acts_on(house: House) -> None:
    """Reconfiguring is refused the same way; moving away frees what was left, for others too."""
    instance_id = await house.register()
    await house.register(name="other", **ELSEWHERE)
    answer = await house.client.put("/instances/other", json=CHANGED | ELSEWHERE | OTHER | {"port": 4242})
    assert (answer.status_code, problem(answer)) == (409, "instance-identity-taken")
    assert answer.json()["existing"] == f"/instances/{instance_id}"
    assert (await house.client.get("/instances/other")).json()["port"] == 4300
    assert (await house.client.put("/instances/flags", json=CHANGED | {"port": 4301})).status_code == 200
    answer = await house.client.put("/instances/other", json=CHANGED | ELSEWHERE | OTHER | {"port": 4242})
    assert (answer.status_code, answer.json()["port"]) == (200, 4242)


async def test_a_retired_instance_frees_what_it_acted_on(house: House) -> None:
    """What is retired is acted on no more, so another may be registered for the same."""
    await house.register()
    await house.client.post("/instances/flags/retire")
    answer = await house.client.post("/instances", json=FLAGS | {"name": "again"})
    assert answer.status_code == 201, answer.text
    assert problem(await house.client.post("/instances", json=FLAGS | OTHER)) == "instance-identity-taken"


async def test_a_repeated_registration_is_answered_as_before(house: House) -> None:
    """With an Idempotency-Key a request never stands in its own way."""
    headers = {"Idempotency-Key": "one"}
    first, again = [await house.client.post("/instances", json=FLAGS, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


@pytest.mark.parametrize("by", ["rebuilding", "migrating"])
async def test_two_of_one_thing_in_an_older_log_both_stay_and_a_third_is_refused(house: House, by: str) -> None:
    """They may still be changed, as long as neither moves onto more of the other's; the last one's end frees it."""
    first, second = [await _of_an_older_log(house, f"old-{nth}") for nth in range(2)]
    await _fold(house, by)
    assert problem(await house.client.post("/instances", json=FLAGS)) == "instance-identity-taken"
    moved = await house.client.put(f"/instances/{second}", json=CHANGED | {"name": "old-1", "port": 4300})
    assert (moved.status_code, moved.json()["port"]) == (200, 4300)
    back = await house.client.put(f"/instances/{second}", json=CHANGED | {"name": "old-1"})
    assert (problem(back), back.json()["existing"]) == ("instance-identity-taken", f"/instances/{first}")
    assert (await house.client.post(f"/instances/{first}/retire")).status_code == 200
    answer = await house.client.post("/instances", json=FLAGS)
    assert (problem(answer), answer.json()["existing"]) == ("instance-identity-taken", f"/instances/{second}")
    assert (await house.client.post(f"/instances/{second}/retire")).status_code == 200
    assert (await house.client.post("/instances", json=FLAGS)).status_code == 201


async def _of_an_older_log(house: House, name: str) -> str:
    """Record an instance as it was recorded when nobody looked what others act on; its id."""
    instance_id = new_id()
    registered = InstanceRegistered(replace(CONFIG, name=name), "5.6.0")
    await house.resources.log.append(instance_id, 0, [registered], WORKER)
    return instance_id


async def _fold(house: House, by: str) -> None:
    if by == "rebuilding":
        async with Database(house.url, pool_size=1) as database:
            await Projector(database, Log(database)).rebuild()
        return
    await house.superuser.execute("ALTER TABLE astrolabe.view_instance DROP COLUMN last_outcome, DROP COLUMN labels")
    await house.superuser.execute("DROP TABLE astrolabe.token_use, astrolabe.notice, astrolabe.output_use")
    await house.superuser.execute("ALTER TABLE astrolabe.view_upgrade DROP COLUMN ticket")
    await house.superuser.execute("DROP TABLE astrolabe.progress")
    await house.superuser.execute("DROP TABLE astrolabe.identity")
    await house.superuser.execute("UPDATE public.schema_version SET version_num = '0010'")
    await migrate(house.url)
