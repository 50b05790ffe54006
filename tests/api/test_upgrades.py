from collections.abc import Sequence

import pytest

from astrolabe.domain.upgrades import events as e
from tests.api.house import House, problem
from tests.domain import samples

FLAGS_TO = {"instance": "flags", "target": "6.10.1"}


async def test_asking_for_an_upgrade_answers_at_once_with_the_operation(house: House) -> None:
    """The answer is 202 with where the operation is, when to look again, and what is known of it."""
    instance_id = await house.register()
    answer = await house.client.post("/upgrades", json=FLAGS_TO | {"reason": "security"})
    assert answer.status_code == 202
    body = answer.json()
    assert (answer.headers["location"], answer.headers["etag"]) == (f"/upgrades/{body['id']}", '"2"')
    assert int(answer.headers["retry-after"]) > 0
    assert (body["instance_id"], body["from_version"], body["to_version"]) == (instance_id, "5.6.0", "6.10.1")
    assert (body["status"], body["done"], body["actor"], body["reason"]) == ("requested", False, "adminer", "security")
    assert (body["progress"], body["error"], body["result"]) == (None, None, None)
    assert (await house.client.get(answer.headers["location"])).json() == body


async def test_without_a_reason_the_log_says_so(house: House) -> None:
    """An event always has a reason; where the caller gave none, that is what it says."""
    await house.register()
    await house.request()
    history = (await house.client.get("/instances/flags/history")).json()["items"]
    assert [each["reason"] for each in history] == ["no reason given"] * 2


async def test_a_second_upgrade_is_refused_and_names_the_one_in_the_way(house: House) -> None:
    """A busy instance answers 409 with a link to its upgrade and a time to come back."""
    await house.register()
    upgrade_id = await house.request()
    answer = await house.client.post("/upgrades", json={"instance": "flags", "target": "7.5.1"})
    assert (answer.status_code, problem(answer)) == (409, "instance-busy")
    assert answer.json()["upgrade"] == f"/upgrades/{upgrade_id}"
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(("target", "name"), [("5.6.0", "already-at-version"), ("5.5.9", "not-newer")])
async def test_only_a_newer_version_can_be_asked_for(house: House, target: str, name: str) -> None:
    """The running version and older ones are refused, for going back is a rollback."""
    await house.register()
    answer = await house.client.post("/upgrades", json={"instance": "flags", "target": target})
    assert (answer.status_code, problem(answer)) == (409, name)


@pytest.mark.parametrize(
    ("query", "body"), [("?validate_only=true", {}), ("", {"validate_only": True})], ids=["query", "body"]
)
async def test_a_plan_shows_what_would_be_done_and_records_nothing(
    house: House, query: str, body: dict[str, bool]
) -> None:
    """With validate_only the answer is the steps and the commands, and the log is as before."""
    instance_id = await house.register()
    before = await house.size()
    answer = await house.client.post(f"/upgrades{query}", json=FLAGS_TO | body)
    assert answer.status_code == 200
    plan = answer.json()
    assert (plan["instance_id"], plan["from_version"], plan["target"]) == (instance_id, "5.6.0", "6.10.1")
    assert [each["step"] for each in plan["steps"]] == ["preflight", "backup", "pull", "migrate", "verify"]
    assert any("unleash-server@6.10.1" in each["argv"] for each in plan["commands"])
    assert await house.size() == before


async def test_a_plan_is_refused_where_the_upgrade_would_be(house: House) -> None:
    """validate_only meets the same refusals: an unknown or busy instance, an old version, a stale ETag."""
    ask = {"instance": "flags", "target": "6.10.1", "validate_only": True}
    assert problem(await house.client.post("/upgrades", json=ask)) == "instance-unknown"
    await house.register()
    assert problem(await house.client.post("/upgrades", json=ask | {"target": "5.0.0"})) == "not-newer"
    stale = await house.client.post("/upgrades", json=ask, headers={"If-Match": '"9"'})
    assert problem(stale) == "version-mismatch"
    await house.request()
    assert problem(await house.client.post("/upgrades", json=ask)) == "instance-busy"


STEP = e.StepStarted(samples.UP, 1, "migrate", "worker-1", 7)
PROGRESS = e.StepProgressed(samples.UP, "migrate", "migration 242 of 332", 242, 332)
FAILED = e.UpgradeFailed(samples.UP, "backup", samples.PROBLEM, samples.AT)
CANCELLED = (samples.planned, samples.cancelled)


@pytest.mark.parametrize(
    ("events", "status", "done", "verbs"),
    [
        ((), "requested", False, {"cancel"}),
        ((*samples.PULLED[2:], STEP, PROGRESS), "migrate", False, {"cancel"}),
        (samples.SUCCEEDED[2:], "succeeded", True, {"rollback"}),
        ((samples.refused,), "refused", True, {"retry"}),
        ((samples.planned, FAILED), "failed", True, {"retry"}),
        (CANCELLED, "cancelled", True, {"retry"}),
        (samples.ROLLING_BACK[2:], "rolling_back", False, set[str]()),
        (samples.ROLLED_BACK[2:], "rolled_back", True, {"retry"}),
        (samples.INCONSISTENT[2:], "inconsistent", True, {"retry"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_operation_tells_where_it_is_and_what_can_be_asked_of_it(
    house: House, events: Sequence[e.Event], status: str, done: bool, verbs: set[str]
) -> None:
    """In each state `done`, `error`, `result` and the verbs among the links fit together."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    if events:
        await house.tell(instance_id, upgrade_id, *events)
    found = (await house.client.get(f"/upgrades/{upgrade_id}")).json()
    assert (found["status"], found["done"]) == (status, done)
    assert set(found["links"]) == {"self", "events", "instance"} | verbs
    assert (found["result"] is not None) == (status in {"succeeded", "cancelled"})
    failed = status in {"refused", "failed", "rolling_back", "rolled_back", "inconsistent"}
    assert found["error"] == ({"code": "health-never-came"} | found["error"] if failed else None)


async def test_progress_is_told_in_words_and_numbers(house: House) -> None:
    """While a step runs, the operation says which and how far; once it has ended, nothing."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.PULLED[2:], STEP, PROGRESS)
    found = (await house.client.get(f"/upgrades/{upgrade_id}")).json()
    progress = found["progress"]
    assert (progress["step"], progress["message"], progress["done"], progress["total"], progress["unit"]) == (
        "migrate",
        "migration 242 of 332",
        242,
        332,
        None,
    )
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[6:])
    found = (await house.client.get(f"/upgrades/{upgrade_id}")).json()
    assert found["progress"] is None
    assert found["result"] == {"version": "6.10.1", "downtime_ms": 6200, "rollback_point": True}


async def test_what_a_person_can_type_is_told_until_a_retry(house: House) -> None:
    """The instance and its upgrade have the commands while it is inconsistent, and may be reconfigured meanwhile."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.INCONSISTENT[2:])
    typed = [{"does": samples.BY_HAND.does, "line": samples.BY_HAND.line}]
    instance = (await house.client.get("/instances/flags")).json()
    assert (instance["inconsistent"]["commands"], instance["inconsistent"]["problem"]["code"]) == (
        typed,
        samples.PROBLEM.code,
    )
    assert (await house.client.get(f"/upgrades/{upgrade_id}")).json()["commands"] == typed
    names = ("name", "product", "port", "database")
    body = {name: instance[name] for name in names} | {"retry_for_seconds": 60}
    changed = await house.client.put("/instances/flags", json=body)
    assert (changed.status_code, changed.json()["retry_for_seconds"]) == (200, 60)
    assert (await house.client.post(f"/upgrades/{upgrade_id}/retry")).status_code == 202
    assert (await house.client.get("/instances/flags")).json()["inconsistent"] is None
    assert (await house.client.get(f"/upgrades/{upgrade_id}")).json()["commands"] == []


async def test_an_upgrade_is_cancelled_and_retried(house: House) -> None:
    """Each verb answers 202 with the operation as it then is, and its reason is in the history."""
    await house.register()
    upgrade_id = await house.request()
    cancelled = await house.client.post(f"/upgrades/{upgrade_id}/cancel", json={"reason": "wrong evening"})
    assert (cancelled.status_code, cancelled.json()["status"], cancelled.headers["etag"]) == (202, "cancelled", '"3"')
    assert cancelled.headers["location"] == f"/upgrades/{upgrade_id}"
    again = await house.client.post(f"/upgrades/{upgrade_id}/cancel")
    assert (again.status_code, problem(again)) == (409, "cannot-cancel")
    retried = await house.client.post(f"/upgrades/{upgrade_id}/retry", headers={"If-Match": '"3"'})
    assert (retried.status_code, retried.json()["attempt"], retried.json()["status"]) == (202, 2, "requested")
    history = (await house.client.get("/instances/flags/history")).json()["items"]
    assert [each["reason"] for each in history][2:] == ["wrong evening", "no reason given"]


async def test_a_succeeded_upgrade_is_taken_back(house: House) -> None:
    """A rollback carries whether lost writes are accepted; without a rollback point there is none."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    early = await house.client.post(f"/upgrades/{upgrade_id}/rollback")
    assert problem(early) == "instance-busy"
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    answer = await house.client.post(f"/upgrades/{upgrade_id}/rollback", json={"accept_lost_writes": True})
    assert (answer.status_code, answer.json()["status"], answer.json()["done"]) == (202, "rolling_back", False)
    history = (await house.client.get("/instances/flags/history")).json()["items"]
    assert (history[-1]["type"], history[-1]["data"]["accept_lost_writes"]) == ("rollback_requested", True)


@pytest.mark.parametrize("verb", ["cancel", "retry", "rollback"])
async def test_a_verb_with_a_stale_etag_changes_nothing(house: House, verb: str) -> None:
    """The ETag is looked at before anything is decided."""
    await house.register()
    upgrade_id = await house.request()
    before = await house.size()
    answer = await house.client.post(f"/upgrades/{upgrade_id}/{verb}", headers={"If-Match": '"1"'})
    assert (answer.status_code, problem(answer), answer.json()["version"]) == (412, "version-mismatch", 2)
    assert await house.size() == before


async def test_upgrades_are_listed_the_newest_first(house: House) -> None:
    """The list pages backwards, and can be narrowed to one instance by its name."""
    asked: list[str] = []
    for name in ("one", "two", "three"):
        await house.register(name=name)
        asked.append(await house.request(name))
    await house.show()
    first = (await house.client.get("/upgrades?limit=2")).json()
    second = (await house.client.get(first["next"])).json()
    assert [each["upgrade_id"] for each in first["items"] + second["items"]] == asked[::-1]
    assert second["next"] is None
    only = (await house.client.get("/upgrades?instance=two")).json()["items"]
    assert [(each["upgrade_id"], each["status"], each["done"]) for each in only] == [(asked[1], "requested", False)]


async def test_the_events_of_an_upgrade_are_its_own(house: House) -> None:
    """The list holds what belongs to the upgrade, in the same words as the history."""
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    await house.place()
    events = (await house.client.get(f"/upgrades/{upgrade_id}/events")).json()["items"]
    history = (await house.client.get("/instances/flags/history")).json()["items"]
    assert events == history[1:]


async def test_a_plan_shows_what_either_cutover_took_and_could_lose(house: House) -> None:
    """Its own past upgrades, else those like it on its host, else nobody knows; a command line has none."""
    ask = {"target": "7.0.0", "validate_only": True}

    async def shown(name: str) -> dict[str, tuple[object, ...]]:
        plan = (await house.client.post("/upgrades", json=ask | {"instance": name})).json()
        words = ("chosen", "downtime_ms", "upgrades", "measured_on", "unverified_ms")
        return {each["cutover"]: tuple(each[word] for word in words) for each in plan["cutovers"]}

    await house.register(name="other", cutover="at-once")
    assert await shown("other") == {
        "verified": (False, None, 0, None, 0),
        "at-once": (True, None, 0, None, None),
    }
    instance_id = await house.register()
    await house.tell(instance_id, await house.request(), *samples.SUCCEEDED[2:])
    await house.show()
    assert await shown("flags") == {
        "verified": (True, 6200, 1, "instance", 0),
        "at-once": (False, None, 0, None, 0),
    }
    assert (await shown("other"))["verified"] == (False, 6200, 1, "host", 0)
    shell = {"name": "shell", "product": "astra-cli", "kind": "cli", "prefix": "/opt/astra", "version": "0.9.3"}
    await house.client.post("/instances", json=shell)
    assert await shown("shell") == {}
