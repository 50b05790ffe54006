"""The probe: one deadline for a whole question, and a bound on every answer."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from msgspec.structs import replace

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product import Image, NotesSource, Product, VersionProbe
from astrolabe.domain.products.product_file import parse_product
from astrolabe.workers.instance import probe as probing
from astrolabe.workers.instance import reach as reaching
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.probe import Probe, Probed
from astrolabe.workers.instance.reach import HERE, Reach
from astrolabe.workers.steps.release_feed import releases_of

PRODUCT = parse_product(
    """
name = "gateway"
title = "Gateway"
[npm]
package = "gateway"
bin = "gateway"
[health]
path = "/health"
contains = { status = "ok" }
[version]
path = "/health"
field = "version"
""",
    "gateway.toml",
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WELL = b'{"status": "ok", "version": "1.2.3", "inside": "of nobody else"}'
ILL = b'{"status": "starting", "key": "of nobody else"}'

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin at once, and never end."""
    writer.write(HEAD + b'\r\n{"status":"ok","pad":"')
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drip_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never come to the body."""
    writer.write(HEAD)
    while True:
        writer.write(b"X-More: yes\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send more than anybody would read."""
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Accept, and say nothing until whoever asked hangs up."""
    await reader.read()


async def well(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a gateway does."""
    writer.write(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(WELL), WELL))
    await writer.drain()


async def unwell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a gateway in need does."""
    writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n%b" % (len(ILL), ILL))
    await writer.drain()


@contextlib.asynccontextmanager
async def asked(
    answering: Answering,
    address: str = "127.0.0.1",
    reach: Reach = HERE,
    connections: list[int] | None = None,
    product: Product = PRODUCT,
) -> AsyncGenerator[Probed]:
    """Return a probe of a gateway that answers in this way, and that is hung up on in the end, whatever it does."""
    answers: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if connections is not None:
            connections.append(1)
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await answering(reader, writer)
        writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.add(asyncio.create_task(answer(reader, writer)))

    server = await asyncio.start_server(accept, None, 0, family=socket.AF_INET)
    port = server.sockets[0].getsockname()[1]
    config = InstanceConfig("gateway", "gateway", port, address=address)
    async with Probe.open(config, product, reach=reach) as probe:
        yield probe
    server.close()
    async with asyncio.timeout(60):
        await asyncio.gather(*answers)


@pytest.mark.parametrize("answering", [drip, drip_headers, flood, silent])
async def test_an_answer_that_does_not_end_is_unwell_within_the_deadline(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole question has one deadline, however its bytes arrive, and nobody reads without a bound."""
    monkeypatch.setattr(probing, "TIMEOUT", 0.3)
    monkeypatch.setattr(probing, "MOST_BYTES", 1 << 20)
    async with asked(answering) as probe:
        began = time.monotonic()
        healthy, seen = await probe.health()
        version = await probe.version()
        assert time.monotonic() - began < 20  # an answer that nobody bounded would have no end
        assert (healthy, version) == (False, None)
        assert "/health: " in seen


async def test_an_answer_within_the_bounds_is_heard() -> None:
    """What ends in time counts, with the version in it."""
    async with asked(well) as probe:
        assert (await probe.health())[0]
        assert await probe.version() == "1.2.3"


@pytest.mark.parametrize(
    ("status", "body", "version"),
    [
        ("200 OK", '"3.4.0"', "3.4.0"),
        ("200 OK", "3.4.0\n", "3.4.0"),
        ("200 OK", "v3.4.0", "3.4.0"),
        ("200 OK", "2024-03-09", "2024.3.9"),
        ("200 OK", "<html>", "<html>"),
        ("404 Not Found", "3.4.0", None),
    ],
)
async def test_a_whole_answer_may_be_the_version(status: str, body: str, version: str | None) -> None:
    """As a JSON string or plain text, with a v or as the product's tags are; an error's page is no version."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"

    async def said(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((head + body).encode())
        await writer.drain()

    dated = replace(
        PRODUCT, version=VersionProbe("/version"), image=Image("acme/gateway", "{major}-{minor:02}-{patch:02}")
    )
    async with asked(said, product=dated) as probe:
        assert await probe.version() == version


@pytest.mark.parametrize(("answering", "said"), [(well, "200 status='ok'"), (unwell, "503 status='starting'")])
async def test_of_an_answer_only_what_the_product_names_is_kept(answering: Answering, said: str) -> None:
    """What else stands in it may be anybody's, and the log cannot forget it."""
    async with asked(answering) as probe:
        assert (await probe.health())[1].endswith(f"/health: {said}")


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.8.8.8"])
async def test_this_hosts_own_addresses_are_asked(address: str) -> None:
    """By whatever name; an address of one of its interfaces is its own as well."""
    async with asked(well, address) as probe:
        assert (await probe.health())[0]
        assert await probe.version() == "1.2.3"


async def test_an_address_elsewhere_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance's address is its caller's word: what is neither this host's nor allowed is never connected to."""
    met: list[int] = []

    async def inside(_: str) -> tuple[str, ...]:
        return "0.0.0.0", "127.0.0.1"  # noqa: S104  the first is reached here, and is no address of the loopback

    monkeypatch.setattr(reaching, "resolve", inside)
    async with asked(well, "metadata.example", connections=met) as probe:
        for question in (probe.health, probe.version):
            with pytest.raises(StepFailed) as failed:
                await question()
            assert failed.value.problem.code == "address-forbidden"
            assert "ASTROLABE_WORKER_ALLOW" in failed.value.problem.todo
    assert met == []
    allowed = Reach((ip_network("0.0.0.0/32"),))
    async with asked(well, "metadata.example", allowed, connections=met) as probe:
        assert (await probe.health())[0]
    assert met == [1]


async def test_an_answer_leads_nowhere_else() -> None:
    """A redirect is an answer like others, and none that is well: who was checked is who is asked."""
    met: list[int] = []
    async with asked(well, connections=met) as elsewhere:
        told = str((await elsewhere.health())[1]).partition(": ")[0]

        async def away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % told.encode())
            await writer.drain()

        async with asked(away) as probe:
            healthy, seen = await probe.health()
            assert (healthy, await probe.version()) == (False, None)
            assert seen.endswith("/health: 302 status=nothing")
    assert met == [1]


async def test_a_name_that_leads_nowhere_now_is_unwell(monkeypatch: pytest.MonkeyPatch) -> None:
    """That passes: a step that waits for the gateway goes on waiting."""

    async def nowhere(_: str) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(reaching, "resolve", nowhere)
    async with asked(well, "gateway.example") as probe:
        healthy, seen = await probe.health()
        assert (healthy, await probe.version()) == (False, None)
        assert seen.endswith("the name gateway.example has no address")


async def test_metadata_is_asked_at_no_address_of_this_hosts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some hosts put the address of their cloud's metadata on an interface of their own."""

    def interfaces() -> dict[str, list[Any]]:
        return {"dummy0": [SimpleNamespace(address=each) for each in ("169.254.169.254", "10.1.2.3")]}

    monkeypatch.setattr(psutil, "net_if_addrs", interfaces)
    assert await HERE.addresses("10.1.2.3") == ("10.1.2.3",)
    with pytest.raises(StepFailed, match=r"169\.254\.169\.254"):
        await HERE.addresses("169.254.169.254")


async def test_what_a_foreign_engine_says_of_a_container_is_not_believed() -> None:
    """Whoever may configure an instance names its engine; this host's own engine knows where its containers are."""

    async def where() -> tuple[str, int]:
        return "0.0.0.0", 1  # noqa: S104  as above

    config = InstanceConfig("gateway", "gateway", 4242)
    async with Probe.open(config, PRODUCT, where, Reach(engine_is_here=False)) as probe:
        with pytest.raises(StepFailed, match=r"0\.0\.0\.0"):
            await probe.health()
    async with Probe.open(config, PRODUCT, where) as probe:
        assert not (await probe.health())[0]


@pytest.mark.parametrize(
    "feed", ["https://10.255.255.1/notes", "https://[::ffff:169.254.169.254]/", "http://8.8.8.8/notes"]
)
async def test_a_feed_leads_nowhere_inside(feed: str) -> None:
    """Release notes are had from public addresses over TLS, and elsewhere where the owner of the host allows it."""
    with pytest.raises(StepFailed) as failed:
        await releases_of(replace(PRODUCT, notes=NotesSource(feed)), HERE.inside())
    assert failed.value.problem.code == "notes-unreadable"
    said = failed.value.problem.detail
    assert ("ASTROLABE_WORKER_ALLOW may allow it" in said) or ("Only https goes outside" in said)
