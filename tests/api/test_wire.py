"""One caller, however many connections it opens and whatever it sends, takes the API from nobody else."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio

from astrolabe.api.wire import connection as wire
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from tests.api.flood import HEAD
from tests.api.house import bearer, problem
from tests.api.test_server import Running, serving
from tests.ports import free_port

ROUNDS = 3
"""How often it is asked five times in a row."""


@pytest_asyncio.fixture
async def running(database_url: str) -> AsyncIterator[Running]:
    """A server of this test alone."""
    async with serving(database_url) as running:
        yield running


async def said(running: Running, *parts: bytes) -> bytes:
    """All that the server answers to these bytes until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.server.port)
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
    answer = bytearray()
    with contextlib.suppress(ConnectionError):
        while part := await asyncio.wait_for(reader.read(1 << 16), 20):
            answer += part
    writer.close()
    return bytes(answer)


def refusal(answer: bytes) -> tuple[int, str]:
    """The status and the type of a problem as it came over the wire."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    details = json.loads(body)
    return int(head.split()[1]), details["type"].removeprefix("/problems/")


@pytest.mark.parametrize(
    "parts",
    [
        (HEAD, b"X: " + b"x" * 40_000, b"\r\n\r\n"),
        (HEAD, *[b"X: " + b"x" * 1000 + b"\r\n"] * 60, b"\r\n"),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n",),
        (HEAD + b"X: y\r\n" * 200 + b"\r\n",),
        (HEAD, *[b"x" * 65_536] * 200),
    ],
    ids=["one", "many", "url", "count", "endless"],
)
async def test_a_head_has_an_end(running: Running, parts: tuple[bytes, ...]) -> None:
    """More than 32 KiB, or 100 headers, is 431 as soon as it is known, and is not kept."""
    assert refusal(await said(running, *parts)) == (431, "head-too-large")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
async def test_what_is_no_http_is_answered_as_every_other_mistake(running: Running, garbage: bytes) -> None:
    """A problem, for a program that reads nothing else."""
    assert refusal(await said(running, garbage)) == (400, "bad-request")


async def test_a_request_comes_to_its_end_in_time(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a head or half a body is 408 in the end; a connection that says nothing is closed without a word."""
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(wire, "BODY_SECONDS", 0.2)
    assert refusal(await said(running, HEAD)) == (408, "request-too-slow")
    secret = running.house.secrets["admin"].encode()
    half = b"POST /upgrades HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nContent-Length: 100\r\n\r\n{" % secret
    assert refusal(await said(running, half)) == (408, "request-too-slow")
    assert await said(running) == b""


async def test_each_request_of_a_connection_has_a_time_of_its_own(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the one before might have taken: a bound that comes earlier holds, and one that is over does not."""
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.6)
    whole = HEAD + b"\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", running.server.port)
    for _ in range(4):
        await asyncio.sleep(0.3)
        writer.write(whole)
        assert (await reader.read(1 << 16)).startswith(b"HTTP/1.1 ")
    started = time.monotonic()
    writer.write(HEAD)
    assert refusal(await asyncio.wait_for(reader.read(1 << 16), 20)) == (408, "request-too-slow")
    assert time.monotonic() - started < 5
    writer.close()


async def test_who_waits_longest_gives_way(running: Running) -> None:
    """Beyond as many connections as there may be, one that asks nothing ends for each new one; who asks is answered."""
    running.server.bounds.most = 4
    idle = [await asyncio.open_connection("127.0.0.1", running.server.port) for _ in range(12)]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.server.port}") as client:
        assert (await client.get("/readyz")).status_code == 200
    for reader, _ in idle[:8]:
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
    for _, writer in idle:
        writer.close()


async def test_what_is_left_is_for_those_who_ask_whether_it_can_work(running: Running) -> None:
    """While as many requests are answered as may be, others are told to come back, and `/readyz` is answered."""
    house = running.house
    await house.register()
    path = f"/upgrades/{await house.request()}/events"
    running.server.bounds.most = 8
    async with contextlib.AsyncExitStack() as streams:
        followed: list[AsyncIterator[str]] = []  # one that nobody holds is closed
        for _ in range(7):
            stream = house.client.stream("GET", path, headers={"Accept": "text/event-stream"})
            followed.append((await streams.enter_async_context(stream)).aiter_lines())
            await anext(followed[-1])
        async with httpx.AsyncClient(base_url=house.client.base_url) as other:
            refused = await other.get("/instances")
            assert (refused.status_code, problem(refused)) == (503, "too-busy")
            assert int(refused.headers["retry-after"]) > 0
        async with httpx.AsyncClient(base_url=house.client.base_url) as other:
            assert (await other.get("/readyz")).status_code == 200


async def test_head_is_answered_as_get_without_its_body(running: Running) -> None:
    """With the same status and headers, and a stream ends at once."""
    house = running.house
    await house.register()
    upgrade_id = await house.request()
    for path in ("/readyz", "/instances", "/instances/flags", "/nothing"):
        got, head = await house.client.get(path), await house.client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        same = ("content-type", "content-length", "etag")
        assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]
    stream = await house.client.head(f"/upgrades/{upgrade_id}/events", headers={"Accept": "text/event-stream"})
    assert (stream.status_code, stream.content) == (200, b"")
    assert stream.headers["content-type"].startswith("text/event-stream")


async def test_a_stream_ends_with_its_token(running: Running) -> None:
    """Whoever follows with a token that is revoked hears no more, although the upgrade goes on."""
    house = running.house
    await house.register()
    upgrade_id = await house.request()
    made = (await house.client.post("/tokens", json={"name": "leaver", "scopes": ["read"]})).json()
    headers = bearer(made["secret"]) | {"Accept": "text/event-stream"}
    async with house.anyone.stream("GET", f"/upgrades/{upgrade_id}/events", headers=headers) as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        assert (await house.client.post(f"/tokens/{made['id']}/revoke")).is_success
        async with asyncio.timeout(10):
            assert [line async for line in lines if line.startswith("event: ")] in ([], ["event: upgrade_requested"])


async def test_a_stream_ends_when_its_token_expires(running: Running) -> None:
    """At that moment, and not when something happens the next time."""
    house = running.house
    await house.register()
    upgrade_id = await house.request()
    ends = datetime.now(UTC) + timedelta(seconds=1)
    ask = {"name": "guest", "scopes": ["read"], "expires_at": ends.isoformat()}
    headers = bearer((await house.client.post("/tokens", json=ask)).json()["secret"]) | {"Accept": "text/event-stream"}
    async with (
        asyncio.timeout(10),
        house.anyone.stream("GET", f"/upgrades/{upgrade_id}/events", headers=headers) as answer,
    ):
        assert [line async for line in answer.aiter_lines()]
    assert datetime.now(UTC) >= ends


async def test_under_thousands_of_connections_it_says_whether_it_can_work(database_url: str) -> None:
    """2,000 idle, 200 slow and 20 with endless headers, at 1,024 files: `/readyz` answers within a second."""
    port = free_port()
    command = ("sh", "-c", 'ulimit -n 1024; exec "$@"', "sh", *run_astrolabe("api", "--bind", f"127.0.0.1:{port}"))
    environment = {**os.environ, "DATABASE_URL": database_url}
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    flood = None
    try:
        await until_ready(f"http://127.0.0.1:{port}")
        flooding = (sys.executable, "-m", "tests.api.flood", str(port), "2000", "200", "20")
        flood = await asyncio.create_subprocess_exec(*flooding, stdout=asyncio.subprocess.PIPE)
        assert flood.stdout
        assert await flood.stdout.readline() == b"here\n"
        # A busy machine may be slow for a while; an API that is kept from answering is so in every round.
        slowest = [await _slowest_answer(port) for _ in range(ROUNDS)]
        assert min(slowest) < 1, slowest
        assert flood.returncode is None
    finally:
        for each in filter(None, (flood, process)):
            each.terminate()
            await each.wait()


async def _slowest_answer(port: int) -> float:
    """Ask again and again whether it can work, which it says each time; return the longest wait, in seconds."""
    waits: list[float] = []
    for _ in range(5):
        await asyncio.sleep(0.1)  # what is measured is how it answers in the middle of it, not at one moment
        asked = time.monotonic()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            assert (await client.get("/readyz")).status_code == 200
        waits.append(time.monotonic() - asked)
    return max(waits)
