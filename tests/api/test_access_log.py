"""The access log: who was refused and who read the trail, in a stream of its own that no flood fills."""

from datetime import UTC, datetime
from typing import cast

import asyncpg
import pytest

from astrolabe.api.http import access_recorder
from astrolabe.domain.access_log import AccessCount, AccessCounted
from astrolabe.domain.streams import ACCESS_LOG_STREAM
from astrolabe.domain.upgrades import events as e
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from tests.api.house import FLAGS, House, bearer, problem
from tests.domain.samples import AT, PLAN


async def counted(house: House) -> list[AccessCounted]:
    """Record what was counted; all that was recorded."""
    await house.resources.accesses.record()
    return [cast("AccessCounted", each.event) for each in await house.resources.log.read_stream(ACCESS_LOG_STREAM)]


def said(event: AccessCounted) -> set[tuple[str, str, str, int]]:
    """What an event says, without addresses."""
    return {(each.actor, each.operation, each.outcome, each.count) for each in event.counts}


async def test_who_is_refused_is_recorded(house: House) -> None:
    """With the token that lacked a scope, or with none; secrets that were tried are nowhere."""
    await house.register()
    for _ in range(3):
        assert problem(await house.anyone.get("/instances")) == "token-missing"
    assert problem(await house.anyone.get("/instances/flags", headers=bearer("astro_tried"))) == "token-invalid"
    answer = await house.anyone.post("/upgrades", json={}, headers=bearer(house.secrets["read"]))
    assert problem(answer) == "scope-missing"
    (event,) = await counted(house)
    assert said(event) == {
        ("", "GET /instances", "token-missing", 3),
        ("", "GET /instances/{ref}", "token-invalid", 1),
        ("reader", "POST /upgrades", "scope-missing", 1),
    }
    assert {each.address for each in event.counts} == {"127.0.0.1"}
    assert (event.since <= event.until, event.left_out) == (True, 0)
    assert "astro_tried" not in (await house.resources.log.read_stream(ACCESS_LOG_STREAM))[0].entry


async def test_who_a_rule_refuses_is_recorded(house: House) -> None:
    """Whoever has the scope, and may not all the same: approve a request of their own, or change what admins change."""
    instance_id = await house.register(approvals={"when": "always"})
    upgrade_id = await house.request()
    await house.report(instance_id, e.PreflightPassed(upgrade_id, PLAN, datetime.now(UTC)))
    answer = await house.client.post(f"/upgrades/{upgrade_id}/approve", json={"reason": "my own"})
    assert problem(answer) == "approver-is-requester"
    await house.client.post(f"/upgrades/{upgrade_id}/reject", json={"reason": "no"})
    config = {key: value for key, value in FLAGS.items() if key != "version"}
    mine = bearer(house.secrets["configure"])
    answer = await house.anyone.put("/instances/flags", json=config, headers=mine)
    assert problem(answer) == "approvals-fixed"
    (event,) = await counted(house)
    assert said(event) == {
        ("adminer", "POST /upgrades/{upgrade_id}/approve", "approver-is-requester", 1),
        ("configureer", "PUT /instances/{ref}", "approvals-fixed", 1),
    }


async def test_who_asks_for_what_is_of_others_is_recorded(house: House) -> None:
    """The answer is that it is not there; the log says that the scope was missing, and nothing of what is not there."""
    await house.register(labels={"team": "shop"})
    made = await house.client.post("/tokens", json={"name": "ci", "scopes": ["read:team=flags"]})
    for name in ("flags", "flags", "nothing"):
        answer = await house.anyone.get(f"/instances/{name}", headers=bearer(made.json()["secret"]))
        assert problem(answer) == "instance-unknown"
    (event,) = await counted(house)
    assert said(event) == {("ci", "GET /instances/{ref}", "scope-missing", 2)}


async def test_who_reads_the_trail_is_recorded_and_what_else_is_read_is_not(house: House) -> None:
    """Each minute is an event of its own, and one in which nobody came is none."""
    await house.register()
    assert (await house.client.get("/instances/flags")).status_code == 200
    assert await counted(house) == []
    for path in ("/instances/flags/history", "/audit/events", "/audit/events", "/audit/tlog/tile/entries/000"):
        await house.client.get(path)
    (first,) = await counted(house)
    assert said(first) == {
        ("adminer", "GET /instances/{ref}/history", "read", 1),
        ("adminer", "GET /audit/events", "read", 2),
        ("adminer", "GET /audit/tlog/{file}", "read", 1),
    }
    assert len(await counted(house)) == 1
    await house.place()
    shown = (await house.client.get("/audit/events", params={"type": "access_counted"})).json()["items"]
    assert [(each["stream_id"], each["data"]["counts"][0]["actor"]) for each in shown] == [
        (ACCESS_LOG_STREAM, "adminer")
    ]
    assert len(await counted(house)) == 2


async def test_a_flood_fills_no_log_and_hides_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no token takes no place from those who have one; what has no place is a number."""
    monkeypatch.setattr(access_recorder, "MOST_UNKNOWN", 2)
    for path in ("/instances", "/upgrades", "/tokens", "/products", "/tokens", "/instances"):
        await house.anyone.get(path)
    await house.client.get("/audit/events")
    (event,) = await counted(house)
    assert said(event) == {
        ("", "GET /instances", "token-missing", 2),
        ("", "GET /upgrades", "token-missing", 1),
        ("adminer", "GET /audit/events", "read", 1),
    }
    assert event.left_out == 3


async def test_what_cannot_be_recorded_is_counted_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next event has it, from when it began."""

    async def away(*_: object) -> int:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    await house.client.get("/audit/events")
    with monkeypatch.context() as outage:
        outage.setattr(Log, "head", away)
        await house.resources.accesses.record()
    await house.client.get("/audit/events")
    (event,) = await counted(house)
    assert said(event) == {("adminer", "GET /audit/events", "read", 2)}


async def test_processes_beside_each_other_record_in_one_stream(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second appends behind the other."""
    really, log = Log.head, house.resources.log
    other = AccessCounted(AT, AT, ())

    async def overtaken(self: Log, stream_id: str) -> int:
        head = await really(self, stream_id)
        if head == 0:
            await log.append(stream_id, 0, [other], access_recorder.CAUSE)
        return head

    monkeypatch.setattr(Log, "head", overtaken)
    await house.client.get("/audit/events")
    assert [len(each.counts) for each in await counted(house)] == [0, 1]


async def test_what_is_left_is_recorded_when_the_process_ends(database_url: str) -> None:
    """A minute that has not ended is not lost with it."""
    async with House.opened(database_url) as house:
        await house.client.get("/audit/events")
    async with Database(database_url, pool_size=1) as database:
        (recorded,) = await Log(database).read_stream(ACCESS_LOG_STREAM)
    (count,) = cast("AccessCounted", recorded.event).counts
    assert count == AccessCount("adminer", "127.0.0.1", "GET /audit/events", "read", 1)
