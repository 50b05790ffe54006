"""The probe: one deadline for a whole question, and a bound on every answer."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product import parse_product
from astrolabe.workers.instance import probe as probing
from astrolabe.workers.instance.probe import Probe, Probed

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
WELL = b'{"status": "ok", "version": "1.2.3"}'

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def drip(writer: asyncio.StreamWriter) -> None:
    """Begin at once, and never end."""
    writer.write(HEAD + b'\r\n{"status":"ok","pad":"')
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    """Never come to the body."""
    writer.write(HEAD)
    while True:
        writer.write(b"X-More: yes\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Send more than anybody would read."""
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()


async def silent(_: asyncio.StreamWriter) -> None:
    """Accept, and say nothing."""
    await asyncio.Event().wait()


async def well(writer: asyncio.StreamWriter) -> None:
    """Answer as a gateway does."""
    writer.write(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(WELL), WELL))
    await writer.drain()


@contextlib.asynccontextmanager
async def asked(answering: Answering) -> AsyncGenerator[Probed]:
    """Return a probe of a gateway that answers in this way."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await answering(writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Probe.open(InstanceConfig("gateway", "gateway", port), PRODUCT) as probe:
        yield probe
    server.close()


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
        assert time.monotonic() - began < 3
        assert (healthy, version) == (False, None)
        assert "/health: " in seen


async def test_an_answer_within_the_bounds_is_heard() -> None:
    """What ends in time counts, with the version in it."""
    async with asked(well) as probe:
        assert (await probe.health())[0]
        assert await probe.version() == "1.2.3"
