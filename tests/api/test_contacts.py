"""Contacts over HTTP: added, changed, tried and removed, each once for a key, with a reason, and never with a URL."""

from typing import Any

import pytest

from astrolabe.domain.streams import CONTACTS_STREAM
from tests.api.house import House, bearer, problem

TEAM: dict[str, Any] = {
    "name": "team",
    "url": "file:/run/secrets/team.apprise",
    "occasions": ["unwell", "approval"],
    "quiet": {"begin": "22:00", "end": "07:00"},
    "digests": ["16:00", "08:00"],
    "time_zone": "Europe/Berlin",
    "reason": "the team's chat",
}


async def test_a_contact_is_added_seen_changed_and_removed(house: House) -> None:
    """An instance may be named; a change takes If-Match; its name is free again after a removal."""
    instance = await house.register()
    made = await house.client.post("/contacts", json=TEAM | {"instances": ["flags"]})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    here, shown = made.headers["location"], made.json()
    assert (shown["instances"], shown["digests"]) == ([instance], ["08:00", "16:00"])
    assert shown["occasions"] == ["approval", "unwell"]
    assert (await house.client.get("/contacts/team")).json() == (await house.client.get(here)).json() == shown
    changed = await house.client.put(here, json=TEAM | {"quiet": None}, headers={"If-Match": '"1"'})
    assert (changed.json()["quiet"], changed.json()["instances"], changed.headers["etag"]) == (None, [], '"2"')
    assert problem(await house.client.put(here, json=TEAM, headers={"If-Match": '"1"'})) == "version-mismatch"
    assert problem(await house.client.post("/contacts", json=TEAM)) == "contact-exists"
    assert (await house.client.get(f"{here}/notices")).json() == {"items": []}
    assert (await house.client.post(f"{here}/remove")).status_code == 204
    assert (await house.client.get("/contacts")).json() == {"items": []}
    assert (await house.client.post("/contacts", json=TEAM)).status_code == 201


async def test_every_change_is_an_event_with_its_reason(house: House) -> None:
    """A trial too: it is sent to somebody."""
    await house.client.post("/contacts", json=TEAM)
    for verb in ("test", "remove"):
        await house.client.post(f"/contacts/team/{verb}", json={"reason": f"to {verb}"})
    told = await house.resources.log.read_stream(CONTACTS_STREAM)
    assert [type(each.event).__name__ for each in told] == ["ContactAdded", "ContactTried", "ContactRemoved"]
    assert [each.cause.reason for each in told] == ["the team's chat", "to test", "to remove"]


async def test_a_key_makes_a_change_happen_once(house: House) -> None:
    """Adding, trying and removing under a key are each done once, and answered the same again."""
    added = [await house.client.post("/contacts", json=TEAM, headers={"Idempotency-Key": "a"}) for _ in range(2)]
    tried = [await house.client.post("/contacts/team/test", headers={"Idempotency-Key": "b"}) for _ in range(2)]
    gone = [await house.client.post("/contacts/team/remove", headers={"Idempotency-Key": "c"}) for _ in range(2)]
    assert [[each.status_code for each in pair] for pair in (added, tried, gone)] == [[201] * 2, [200] * 2, [204] * 2]
    assert added[0].json() == added[1].json()
    assert len(await house.resources.log.read_stream(CONTACTS_STREAM)) == 3


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"url": "json://token@example.com/"}, "field-invalid"),
        ({"url": "env:ASTROLABE_SECRET_FLAGS"}, "field-invalid"),
        ({"url": "file:/run/secrets/flags/password"}, "field-invalid"),
        ({"url": "file:/run/secrets/../team.apprise"}, "field-invalid"),
        ({"occasions": ["birthday"]}, "field-invalid"),
        ({"quiet": {"begin": "25:00", "end": "07:00"}}, "field-invalid"),
        ({"digests": ["8:00"]}, "field-invalid"),
        ({"time_zone": "Europe/Atlantis"}, "time-zone-unknown"),
        ({"time_zone": "../../etc/passwd"}, "field-invalid"),
        ({"instances": ["nobody"]}, "instance-unknown"),
        ({"color": "red"}, "field-unknown"),
    ],
)
async def test_what_cannot_be_is_refused(house: House, changes: dict[str, Any], name: str) -> None:
    """A URL itself, an instance's secret, and hours that no clock has."""
    refused = await house.client.post("/contacts", json=TEAM | changes)
    assert problem(refused) == name
    assert "token@example.com" not in refused.text
    assert (await house.client.get("/contacts")).json() == {"items": []}


async def test_a_contact_that_is_not_there_is_a_problem(house: House) -> None:
    """By whichever verb; and the stream of contacts is no instance."""
    for method, path in (("GET", ""), ("GET", "/notices"), ("POST", "/test"), ("POST", "/remove")):
        assert problem(await house.client.request(method, f"/contacts/nobody{path}")) == "contact-unknown"
    assert problem(await house.client.put("/contacts/nobody", json=TEAM)) == "contact-unknown"
    assert problem(await house.client.get(f"/instances/{CONTACTS_STREAM}")) == "instance-unknown"


async def test_a_reader_sees_contacts_and_changes_none(house: House) -> None:
    """Where the URL is may be read; it is a place, and no secret."""
    await house.client.post("/contacts", json=TEAM)
    reader = bearer(house.secrets["read"])
    assert (await house.anyone.get("/contacts/team", headers=reader)).json()["url"] == TEAM["url"]
    assert problem(await house.anyone.post("/contacts/team/test", headers=reader)) == "scope-missing"
