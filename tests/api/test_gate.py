"""The release gate through the API: told at once where the notes are known."""

from typing import Any

import httpx
from msgspec.structs import replace

from astrolabe.domain.products.migration_type import Migration
from astrolabe.domain.products.product import NotesSource
from astrolabe.domain.products.release import Release
from tests.api.house import House, problem

RELEASES = (
    Release("6.0.0", notes="Roles lose a column.", breaking=True, migrations=(Migration("drop-or-rename"),)),
    Release("6.5.0", notes="A required stop.", required_stop=True),
    Release("6.10.1", notes="Fixes.", rollback="Nothing to do.", migrations=(Migration("new-table"),)),
)


def know(house: House, **changes: Any) -> None:
    """Let the product's file tell of releases."""
    products = house.resources.products
    products["unleash"] = replace(products["unleash"], **changes)


async def ask(house: House, **more: Any) -> httpx.Response:
    """Ask for 6.10.1."""
    return await house.client.post("/upgrades", json={"instance": "flags", "target": "6.10.1", **more})


async def test_a_breaking_release_is_refused_at_once_with_its_notes(house: House) -> None:
    """422 names it and its notes and records nothing; with the acknowledgement the upgrade is accepted."""
    await house.register()
    know(house, release=RELEASES)
    before = await house.size()
    answer = await ask(house)
    assert (answer.status_code, problem(answer)) == (422, "breaking-release")
    assert "6.0.0: Roles lose a column." in answer.json()["detail"]
    assert await house.size() == before
    assert (await ask(house, acknowledge_breaking=["6.0.0"])).status_code == 202


async def test_a_plan_shows_the_way_its_notes_and_its_migrations(house: House) -> None:
    """Legs, releases, what the document and the measurements say of migrations, and whether somebody must approve."""
    await house.register(approvals={"when": "breaking", "approvers": 2})
    know(house, release=RELEASES)
    answer = await ask(house, acknowledge_breaking=["6.0.0"], validate_only=True)
    plan = answer.json()
    assert answer.status_code == 200
    assert plan["legs"] == ["6.5.0", "6.10.1"]
    assert plan["breaking"] == ["6.0.0"]
    assert [each["version"] for each in plan["releases"]] == ["6.0.0", "6.5.0", "6.10.1"]
    assert plan["releases"][2]["rollback"] == "Nothing to do."
    assert [(each["type"], each["documented"], each["old_code_works"]) for each in plan["migrations"]] == [
        ("drop-or-rename", False, False),
        ("new-table", True, True),
    ]
    assert plan["zero_downtime_documented"] is False
    assert plan["approval"].startswith("waits after preflight for 2 others")
    refused = await ask(house, validate_only=True)
    assert (refused.status_code, problem(refused)) == (422, "breaking-release")


async def test_a_minimum_that_cannot_be_met_is_refused(house: House) -> None:
    """422 says what to upgrade to first."""
    await house.register()
    know(house, release=(Release("6.10.1", minimum="6.0.0"),))
    answer = await ask(house)
    assert (answer.status_code, problem(answer)) == (422, "no-route")
    assert "6.0.0" in answer.json()["detail"]


async def test_an_instance_may_ask_for_notes(house: House) -> None:
    """A version without notes is refused where the instance says so."""
    await house.register(require_notes=True)
    answer = await ask(house)
    assert (answer.status_code, problem(answer)) == (422, "notes-missing")


async def test_what_a_feed_says_is_asked_by_the_worker(house: House) -> None:
    """The API speaks to no feed: such an upgrade is accepted here, and preflight passes the gate."""
    await house.register(require_notes=True)
    know(house, notes=NotesSource("http://127.0.0.1:9/releases.json"))
    assert (await ask(house)).status_code == 202


async def test_a_busy_instance_is_told_so_first(house: House) -> None:
    """Notes are of no interest while another upgrade is under way."""
    await house.register()
    await house.request(target="5.7.0")
    know(house, release=RELEASES)
    answer = await ask(house)
    assert (answer.status_code, problem(answer)) == (409, "instance-busy")


async def test_a_product_shows_its_releases(house: House) -> None:
    """What the gate reads can be read."""
    know(house, release=RELEASES)
    shown = (await house.client.get("/products/unleash")).json()
    assert [each["version"] for each in shown["release"]] == ["6.0.0", "6.5.0", "6.10.1"]


async def test_a_plan_over_a_required_stop_shows_the_commands_of_each_leg(house: House) -> None:
    """What runs on the stop is shown as what runs on the target: pulled, copied before, and started."""
    await house.register()
    know(house, release=RELEASES)
    plan = (await ask(house, acknowledge_breaking=["6.0.0"], validate_only=True)).json()
    said = [(each["step"], " ".join(each["argv"])) for each in plan["commands"]]
    for version in ("6.5.0", "6.10.1"):
        assert any(step == "pull" and f"unleash-server@{version}" in line for step, line in said)
        assert any(step == "migrate" and f"unleash-server/{version}/" in line for step, line in said)
    assert sum("CREATE DATABASE" in line for _, line in said) == 2
