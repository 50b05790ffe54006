"""Approvals through the API: who may say what, and what the operation shows of it."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import httpx

from astrolabe.domain.plans.plan import Plan
from astrolabe.domain.upgrades import events as e
from tests.api.house import House, bearer, problem
from tests.domain import samples

ALWAYS = {"approvals": {"when": "always"}}
WHY = {"reason": "CHG-4711, read the notes"}


async def person(house: House, name: str, *scopes: str, **whose: str) -> httpx.AsyncClient:
    """Make a token, and a client that speaks with it."""
    made = await house.client.post("/tokens", json={"name": name, "scopes": list(scopes), **whose})
    assert made.status_code == 201, made.text
    transport = httpx.ASGITransport(house.app)  # pyright: ignore[reportArgumentType]
    return httpx.AsyncClient(transport=transport, base_url="http://house", headers=bearer(made.json()["secret"]))


async def waiting(house: House, approvers: int = 1, **more: Any) -> tuple[str, str, httpx.AsyncClient]:
    """Register a strict instance, let alice ask for an upgrade, and let a worker pass preflight."""
    instance_id = await house.register(approvals={"when": "always", "approvers": approvers})
    alice = await person(house, "alice", "operate", "approve")
    answer = await alice.post("/upgrades", json={"instance": "flags", "target": "6.10.1", **more})
    assert answer.status_code == 202, answer.text
    upgrade_id = answer.json()["id"]
    passed = e.PreflightPassed(upgrade_id, samples.PLAN, datetime.now(UTC))
    await house.report(instance_id, passed)
    return instance_id, upgrade_id, alice


async def test_an_upgrade_waits_for_somebody_else(house: House) -> None:
    """Its requester alone leaves it waiting; approved by another it goes on, and the trail has both and why."""
    _, upgrade_id, alice = await waiting(house, reason="security fix")
    operation = (await house.client.get(f"/upgrades/{upgrade_id}")).json()
    assert (operation["status"], operation["done"]) == ("awaiting_approval", False)
    assert operation["approvals"]["requesters"] == ["alice"]
    assert {"approve", "reject", "cancel"} <= set(operation["links"])
    refused = await alice.post(f"/upgrades/{upgrade_id}/approve", json=WHY)
    assert (refused.status_code, problem(refused)) == (403, "approver-is-requester")
    bob = await person(house, "bob", "approve")
    answer = await bob.post(f"/upgrades/{upgrade_id}/approve", json=WHY)
    assert answer.status_code == 202, answer.text
    assert (answer.json()["status"], answer.json()["approvals"]["approved_by"]) == ("approved", ["bob"])
    trail = (await house.client.get("/instances/flags/history")).json()["items"]
    told = {each["type"]: (each["actor"], each["reason"]) for each in trail}
    assert told["upgrade_requested"] == ("alice", "security fix")
    assert told["upgrade_approved"] == ("bob", WHY["reason"])


async def test_four_eyes_are_two_people(house: House) -> None:
    """Another token of whoever asked, or reviews, is refused; the trail says whose each token was."""
    instance_id = await house.register(approvals={"when": "always"})
    laptop = await person(house, "laptop", "operate", person="alice@example.com")
    phone = await person(house, "phone", "approve", person="alice@example.com")
    bob = await person(house, "bob", "approve", person="bob@example.com")
    upgrade_id = (await laptop.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})).json()["id"]
    await house.report(instance_id, e.PreflightPassed(upgrade_id, samples.PLAN, datetime.now(UTC)))
    refused = await phone.post(f"/upgrades/{upgrade_id}/approve", json=WHY)
    assert (refused.status_code, problem(refused)) == (403, "approver-is-requester")
    assert "person alice@example.com" in refused.json()["detail"]
    assert (await bob.post(f"/upgrades/{upgrade_id}/approve", json=WHY)).status_code == 202
    trail = (await house.client.get("/instances/flags/history")).json()["items"]
    whose = {each["type"]: each["data"].get("owner") for each in trail}
    assert whose["upgrade_requested"] == "person:alice@example.com"
    assert whose["upgrade_approved"] == "person:bob@example.com"


async def test_a_yes_names_the_plan_and_what_it_follows_from(house: House) -> None:
    """An approval holds the hash of the plan's bytes in the log, and is traced to the question and to its upgrade."""
    _, upgrade_id, _ = await waiting(house)
    bob = await person(house, "bob", "approve")
    await bob.post(f"/upgrades/{upgrade_id}/approve", json=WHY)
    await house.place()
    trail = (await house.client.get("/audit/events?instance=flags")).json()["items"]
    told = {each["type"]: each for each in trail}
    entry = await house.value("SELECT entry FROM astrolabe.event WHERE type = 'preflight_passed'")
    plan = re.search(r'"plan":(\{.*\}),"supervisor":', entry)
    assert plan
    assert told["upgrade_approved"]["data"]["plan_sha256"] == hashlib.sha256(plan[1].encode()).hexdigest()
    assert told["upgrade_approved"]["causation_id"] == told["approval_requested"]["id"]
    assert {told[name]["correlation_id"] for name in ("upgrade_requested", "upgrade_approved")} == {upgrade_id}


async def test_a_reason_is_needed_to_approve_reject_and_review(house: House) -> None:
    """A yes or a no without a why is no evidence."""
    _, upgrade_id, _ = await waiting(house)
    bob = await person(house, "bob", "approve")
    before = await house.size()
    for verb, body in (("approve", {}), ("reject", {}), ("review", {"verdict": "accepted"})):
        answer = await bob.post(f"/upgrades/{upgrade_id}/{verb}", json=body)
        assert (answer.status_code, problem(answer)) == (400, "field-invalid")
    assert await house.size() == before


async def test_a_rejection_ends_the_upgrade(house: House) -> None:
    """One no, and nothing was touched."""
    _, upgrade_id, _ = await waiting(house)
    bob = await person(house, "bob", "approve")
    answer = await bob.post(f"/upgrades/{upgrade_id}/reject", json={"reason": "not this week"})
    body = answer.json()
    assert (answer.status_code, body["status"], body["done"]) == (202, "rejected", True)
    assert body["approvals"]["rejected_by"] == "bob"
    again = await bob.post(f"/upgrades/{upgrade_id}/approve", json=WHY)
    assert (again.status_code, problem(again)) == (409, "not-awaiting-approval")


async def test_an_approval_is_tied_to_what_was_read(house: House) -> None:
    """With the ETag of what an approver looked at, a plan that changed meanwhile is not approved."""
    _, upgrade_id, _ = await waiting(house, approvers=2)
    bob, carol = await person(house, "bob", "approve"), await person(house, "carol", "approve", "read")
    etag = (await carol.get(f"/upgrades/{upgrade_id}")).headers["etag"]
    first = await bob.post(f"/upgrades/{upgrade_id}/approve", json=WHY)
    assert first.json()["status"] == "awaiting_approval"
    twice = await bob.post(f"/upgrades/{upgrade_id}/approve", json=WHY)
    assert (twice.status_code, problem(twice)) == (409, "already-approved")
    late = await carol.post(f"/upgrades/{upgrade_id}/approve", json=WHY, headers={"If-Match": etag})
    assert (late.status_code, problem(late)) == (412, "version-mismatch")
    assert (await carol.post(f"/upgrades/{upgrade_id}/approve", json=WHY)).json()["status"] == "approved"


async def test_an_emergency_is_loud(house: House) -> None:
    """It runs with a reason and without approval, is marked in the operation and the trail, and awaits a review."""
    instance_id = await house.register(**ALWAYS)
    alice = await person(house, "alice", "operate", "approve")
    asked = {"instance": "flags", "target": "6.10.1", "emergency": True}
    bare = await alice.post("/upgrades", json=asked)
    assert (bare.status_code, problem(bare)) == (422, "reason-missing")
    upgrade_id = (await alice.post("/upgrades", json={**asked, "reason": "exploited now"})).json()["id"]
    await house.report(instance_id, e.PreflightPassed(upgrade_id, samples.PLAN, datetime.now(UTC)))
    operation = (await house.client.get(f"/upgrades/{upgrade_id}")).json()
    assert operation["emergency"] is True
    assert operation["approvals"] is None
    assert operation["review"]["reviewer"] is None
    mine = await alice.post(f"/upgrades/{upgrade_id}/review", json={"verdict": "accepted", **WHY})
    assert (mine.status_code, problem(mine)) == (403, "approver-is-requester")
    bob = await person(house, "bob", "approve")
    answer = await bob.post(f"/upgrades/{upgrade_id}/review", json={"verdict": "objected", "reason": "could wait"})
    assert (answer.json()["review"]["reviewer"], answer.json()["review"]["verdict"]) == ("bob", "objected")
    again = await bob.post(f"/upgrades/{upgrade_id}/review", json={"verdict": "accepted", **WHY})
    assert (again.status_code, problem(again)) == (409, "no-review-due")


async def test_an_emergency_where_nothing_waits_is_refused(house: House) -> None:
    """An instance without a policy has nothing to pass by."""
    await house.register()
    answer = await house.client.post(
        "/upgrades", json={"instance": "flags", "target": "6.10.1", "emergency": True, "reason": "now"}
    )
    assert (answer.status_code, problem(answer)) == (409, "emergency-needless")


async def test_only_an_admin_changes_the_policy(house: House) -> None:
    """Whoever may reconfigure an instance may not let its upgrades go unapproved, not even by leaving it out."""
    await house.register(**ALWAYS)
    keeper = await person(house, "keeper", "configure")
    shown = (await house.client.get("/instances/flags")).json()
    kept = {name: shown[name] for name in ("name", "product", "port", "database")}
    for approvals in ({}, {"approvals": {"when": "breaking"}}):
        answer = await keeper.put("/instances/flags", json=kept | approvals)
        assert (answer.status_code, problem(answer)) == (403, "approvals-fixed")
    same = await keeper.put("/instances/flags", json=kept | {"port": 4243, "approvals": shown["approvals"]})
    assert (same.status_code, same.json()["port"]) == (200, 4243)
    other = await house.client.put("/instances/flags", json=kept | {"approvals": {"when": "never"}})
    assert (other.status_code, other.json()["approvals"]["when"]) == (200, "never")


async def test_a_breaking_policy_asks_only_where_the_plan_may_break(house: House) -> None:
    """What is known to be harmless runs; what nobody knows waits."""
    instance_id = await house.register(approvals={"when": "breaking"})
    upgrade_id = await house.request()
    harmless = Plan(samples.OLD, samples.NEW, breaking=())
    await house.report(instance_id, e.PreflightPassed(upgrade_id, harmless, datetime.now(UTC)))
    assert (await house.client.get(f"/upgrades/{upgrade_id}")).json()["approvals"] is None
