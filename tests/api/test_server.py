import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from httpx_sse import ServerSentEvent, aconnect_sse
from msgspec import Struct

from astrolabe.api.app import create_app
from astrolabe.api.http import server_sent
from astrolabe.api.server import Server
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.store.database import Database
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.progress import Amount
from astrolabe.store.webhooks.settings import WebhookSettings
from tests.api.house import FLAGS, House, bearer, problem, resources_of
from tests.domain import samples


class Running(Struct):
    """A real server on a real port, with a sequencer beside it."""

    house: House
    server: Server
    task: asyncio.Task[None]


@asynccontextmanager
async def serving(url: str, webhooks: WebhookSettings | None = None) -> AsyncGenerator[Running]:
    """Serve an application on a free port of 127.0.0.1."""
    app = create_app(database_url=url, webhooks=webhooks)
    server = Server(app, "127.0.0.1", 0)
    # Not serve(): its handlers of signals belong to a process of its own.
    task = asyncio.create_task(server._serve())
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    secret = (await resources_of(app).tokens.issue("admin", ("admin",), Cause("test", "test", "test"))).secret
    base = f"http://127.0.0.1:{server.port}"
    async with (
        httpx.AsyncClient(base_url=base, headers=bearer(secret), timeout=30) as client,
        httpx.AsyncClient(base_url=base) as anyone,
        Database(url, pool_size=1) as database,
        asyncpg.create_pool(url, min_size=0, max_size=1) as superuser,
    ):
        placing = asyncio.create_task(Sequencer(database).run())
        try:
            yield Running(House(app, url, {"admin": secret}, client, anyone, superuser), server, task)
        finally:
            server.stop()
            await task
            placing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await placing


@pytest_asyncio.fixture
async def running(database_url: str) -> AsyncIterator[Running]:
    """A server of this test alone."""
    async with serving(database_url) as running:
        yield running


async def follow(house: House, upgrade_id: str, **headers: str) -> list[ServerSentEvent]:
    """Read an upgrade's stream to its end."""
    path = f"/upgrades/{upgrade_id}/events"
    async with aconnect_sse(house.client, "GET", path, headers=headers) as source:
        return [event async for event in source.aiter_sse()]


def answering(running: Running) -> int:
    """How many requests are being answered now."""
    return len(running.server.server_state.tasks)


async def test_of_eight_upgrades_at_once_one_is_accepted(running: Running) -> None:
    """One answer is 202; the other seven are 409 and name that one."""
    house = running.house
    await house.register()
    ask = {"instance": "flags", "target": "6.10.1"}
    answers = await asyncio.gather(*[house.client.post("/upgrades", json=ask) for _ in range(8)])
    (accepted,) = [answer for answer in answers if answer.status_code == 202]
    refused = [answer for answer in answers if answer is not accepted]
    assert [problem(answer) for answer in refused] == ["instance-busy"] * 7
    assert {answer.json()["upgrade"] for answer in refused} == {accepted.headers["location"]}


async def test_eight_requests_with_one_key_are_one_upgrade(running: Running) -> None:
    """All eight answers are equal in status, body, Location and ETag, and one upgrade was asked for."""
    house = running.house
    await house.register()
    ask, key = {"instance": "flags", "target": "6.10.1"}, {"Idempotency-Key": "the-one"}
    answers = await asyncio.gather(*[house.client.post("/upgrades", json=ask, headers=key) for _ in range(8)])
    seen = {
        (answer.status_code, answer.content, answer.headers["location"], answer.headers["etag"]) for answer in answers
    }
    assert len(seen) == 1
    assert answers[0].status_code == 202
    assert await house.value("SELECT count(*) FROM astrolabe.event WHERE type = 'upgrade_requested'") == 1


async def test_an_oversized_body_is_refused_however_it_comes(running: Running) -> None:
    """With its length announced, or in chunks without one, a body over 64 KiB is answered 413."""
    house = running.house
    before = await house.size()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"x" * 1024

    content: Any
    for content in (b"x" * 80 * 1024, chunks()):
        answer = await house.client.post("/upgrades", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, problem(answer)) == (413, "body-too-large")
    assert await house.size() == before


async def test_a_stream_tells_an_upgrade_as_it_happens_and_ends_with_it(running: Running) -> None:
    """Who follows from the request on gets every event once, in order, the same as in the list, and then the end."""
    house = running.house
    instance_id = await house.register()
    upgrade_id = await house.request()
    following = asyncio.create_task(follow(house, upgrade_id))
    for event in samples.SUCCEEDED[2:]:
        await house.tell(instance_id, upgrade_id, event)
    async with asyncio.timeout(30):
        events = await following
    listed = (await house.client.get(f"/upgrades/{upgrade_id}/events")).json()["items"]
    assert [json.loads(event.data) for event in events] == listed
    assert [(event.id, event.event) for event in events] == [(str(each["position"]), each["type"]) for each in listed]
    assert events[-1].event == "upgrade_succeeded"


async def test_how_far_a_step_is_can_be_followed_and_is_no_event(running: Running) -> None:
    """A tick of the step under way comes without an id; the upgrade shows it; no list and no log holds it."""
    house = running.house
    board, instance_id = house.resources.progress, await house.register()
    upgrade_id = await house.request()
    began = e.StepStarted(upgrade_id, 1, "preflight", "worker-1", 7)
    await board.put(instance_id, upgrade_id, attempt=1, step="rollback", message="of an earlier time")
    await house.tell(instance_id, upgrade_id, began)
    headers = {"Accept": "text/event-stream"}
    async with (
        asyncio.timeout(30),
        aconnect_sse(house.client, "GET", f"/upgrades/{upgrade_id}/events", headers=headers) as source,
    ):
        coming = source.aiter_sse()
        events = [await anext(coming) for _ in range(2)]
        assert [each.event for each in events] == ["upgrade_requested", "step_started"]
        upgrade = (await house.client.get(f"/upgrades/{upgrade_id}")).json()
        assert upgrade["progress"]["message"] == "preflight has begun"
        await board.put(
            instance_id, upgrade_id, attempt=1, step="preflight", message="reading", amount=Amount(3, 9, "bytes")
        )
        shown = await anext(coming)
    # Whoever resumes after it resumes after the last event: a tick has no place in the log.
    assert (shown.event, shown.id) == ("progress", events[-1].id)
    seen = json.loads(shown.data)
    assert {key: seen[key] for key in ("step", "message", "done", "total", "unit")} == {
        "step": "preflight",
        "message": "reading",
        "done": 3,
        "total": 9,
        "unit": "bytes",
    }
    assert (await house.client.get(f"/upgrades/{upgrade_id}")).json()["progress"] == seen
    listed = (await house.client.get(f"/upgrades/{upgrade_id}/events")).json()["items"]
    assert [each["type"] for each in listed] == ["upgrade_requested", "step_started"]


async def test_a_stream_resumes_after_the_last_event_that_was_seen(running: Running) -> None:
    """With Last-Event-ID only what came later is sent; once all was sent, the answer is 204: do not come back."""
    house = running.house
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    async with asyncio.timeout(30):
        events = await follow(house, upgrade_id)
        later = await follow(house, upgrade_id, **{"Last-Event-ID": events[3].id})
    assert [event.id for event in later] == [event.id for event in events[4:]]
    over = await house.client.get(
        f"/upgrades/{upgrade_id}/events", headers={"Accept": "text/event-stream", "Last-Event-ID": events[-1].id}
    )
    assert (over.status_code, over.content) == (204, b"")


async def test_the_whole_log_is_followed_in_its_order(running: Running) -> None:
    """Every event of every stream comes once, with its position as id, and what happens meanwhile as it happens."""
    house = running.house
    await house.register()
    async with aconnect_sse(house.client, "GET", "/events") as source:
        events = source.aiter_sse()
        first = [await anext(events) for _ in range(2)]
        await house.client.post("/tokens", json={"name": "ci", "scopes": ["read"]})
        later = await anext(events)
    assert [(each.id, each.event) for each in (*first, later)] == [
        ("0", "token_issued"),
        ("1", "instance_registered"),
        ("2", "token_issued"),
    ]
    async with aconnect_sse(house.client, "GET", "/events", headers={"Last-Event-ID": "0"}) as source:
        resumed = await anext(source.aiter_sse())
    assert (resumed.id, resumed.data) == ("1", first[1].data)
    async with aconnect_sse(house.client, "GET", "/events?after=1") as source:
        assert (await anext(source.aiter_sse())).id == "2"
    listed = (await house.client.get("/events?limit=2")).json()
    assert [each["position"] for each in listed["items"]] == [0, 1]
    assert json.loads(first[1].data) == listed["items"][1]
    assert [each["position"] for each in (await house.client.get(listed["next"])).json()["items"]] == [2]


async def test_the_log_s_stream_ends_with_its_token(running: Running) -> None:
    """Whoever was revoked reads nothing more."""
    house = running.house
    made = (await house.client.post("/tokens", json={"name": "ci", "scopes": ["read"]})).json()
    async with aconnect_sse(house.client, "GET", "/events", headers=bearer(made["secret"])) as source:
        events = source.aiter_sse()
        assert [(await anext(events)).id for _ in range(2)] == ["0", "1"]
        await house.client.post(f"/tokens/{made['id']}/revoke")
        # What revoked it may still come; what is after it must not.
        assert len([each async for each in events]) <= 1


async def test_a_rollback_of_an_ended_upgrade_can_be_followed(running: Running) -> None:
    """A stream opened right after the rollback was asked for does not end with the success of before."""
    house = running.house
    instance_id = await house.register()
    upgrade_id = await house.request()
    await house.tell(instance_id, upgrade_id, *samples.SUCCEEDED[2:])
    await house.client.post(f"/upgrades/{upgrade_id}/rollback")
    following = asyncio.create_task(follow(house, upgrade_id))
    await house.tell(instance_id, upgrade_id, samples.rollback_begun, samples.restored, samples.rolled_back)
    async with asyncio.timeout(30):
        events = await following
    assert events[-1].event == "upgrade_rolled_back"


async def test_a_silent_stream_has_a_heartbeat(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing happens, comments keep the connection from being taken for dead."""
    monkeypatch.setattr(server_sent, "HEARTBEAT_SECONDS", 0.0)
    house = running.house
    await house.register()
    upgrade_id = await house.request()
    headers = {"Accept": "text/event-stream"}
    async with house.client.stream("GET", f"/upgrades/{upgrade_id}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async with asyncio.timeout(30):
            lines = answer.aiter_lines()
            while await anext(lines) != ": heartbeat":
                pass


async def test_a_stop_of_the_server_ends_its_streams(database_url: str) -> None:
    """A stream of an upgrade that goes on ends at once when the server is asked to stop, and so does the server."""
    async with serving(database_url) as running:
        await running.house.register()
        upgrade_id = await running.house.request()
        following = asyncio.create_task(follow(running.house, upgrade_id))
        while not answering(running):
            await asyncio.sleep(0.01)
        running.server.stop()
        async with asyncio.timeout(5):
            events = await following
            await running.task
    assert [event.event for event in events] in ([], ["upgrade_requested"])


async def test_a_follower_that_leaves_is_forgotten(running: Running) -> None:
    """When a caller hangs up, nothing goes on for them in the server."""
    house = running.house
    await house.register()
    upgrade_id = await house.request()
    headers = {"Accept": "text/event-stream"}
    async with house.client.stream("GET", f"/upgrades/{upgrade_id}/events", headers=headers) as answer:
        await anext(answer.aiter_lines())
        assert answering(running) == 1
    async with asyncio.timeout(5):
        while answering(running):
            await asyncio.sleep(0.01)


async def test_a_server_that_runs_is_what_it_says(running: Running) -> None:
    """An instance registered over the wire is found over the wire, and no header tells what serves it."""
    answer = await running.house.client.post("/instances", json=FLAGS)
    assert (answer.status_code, "server" in answer.headers) == (201, False)


async def test_answers_are_dated(running: Running) -> None:
    """The Date of an answer is that of its second, also after a rest."""
    first = await running.house.client.get("/healthz")
    await asyncio.sleep(1.1)
    second = await running.house.client.get("/healthz")
    began, later = (parsedate_to_datetime(answer.headers["date"]) for answer in (first, second))
    assert timedelta(seconds=1) <= later - began <= timedelta(seconds=10)
