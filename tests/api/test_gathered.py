"""Gathered writes: an answer's head and the beginning of its body go out as one, and nothing is held for long."""

import asyncio
import json
from typing import Any

import pytest
from typing_extensions import override

from astrolabe.api.wire.gathered import GatheringTransport
from tests.api.test_server import serving

ROUNDS = 20
HEAD, BODY = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", b"body"


class Wire(asyncio.Transport):
    """Remembers what was done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[bytes | str] = []

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Remember one write."""
        self.done.append(bytes(data))

    @override
    def close(self) -> None:
        """Remember the end."""
        self.done.append("close")

    @override
    def abort(self) -> None:
        """Remember the end."""
        self.done.append("abort")

    @override
    def write_eof(self) -> None:
        """Remember that nothing follows."""
        self.done.append("eof")


@pytest.fixture
def wire() -> Wire:
    """A transport below."""
    return Wire()


def gathering(wire: Wire) -> GatheringTransport:
    """Gather what is written to a transport."""
    return GatheringTransport(wire, asyncio.get_running_loop())


async def test_a_head_and_its_body_are_one_write(wire: Wire) -> None:
    """The body does not wait for the turn to end."""
    transport = gathering(wire)
    transport.write(HEAD)
    assert wire.done == []
    transport.write(BODY)
    assert wire.done == [HEAD + BODY]
    await asyncio.sleep(0)
    assert wire.done == [HEAD + BODY]


async def test_a_head_whose_body_is_long_in_coming_goes_out_at_once(wire: Wire) -> None:
    """Who follows a stream of events hears that it was accepted, and each event as it comes."""
    transport = gathering(wire)
    transport.write(HEAD)
    await asyncio.sleep(0)
    assert wire.done == [HEAD]
    transport.write(BODY)
    transport.write(BODY)
    assert wire.done == [HEAD, BODY, BODY]


@pytest.mark.parametrize(
    ("end", "done"),
    [
        (GatheringTransport.close, [HEAD, "close"]),
        (GatheringTransport.write_eof, [HEAD, "eof"]),
        (GatheringTransport.abort, ["abort"]),
    ],
)
async def test_what_is_held_goes_out_before_an_end(wire: Wire, end: Any, done: list[bytes | str]) -> None:
    """Only an end in the middle of things takes it back."""
    transport = gathering(wire)
    transport.write(HEAD)
    end(transport)
    await asyncio.sleep(0)
    assert wire.done == done


async def test_answers_to_requests_that_come_together_stay_in_order(wire: Wire) -> None:
    """A second head waits for its own body."""
    transport = gathering(wire)
    for body in (b"one", b"two"):
        transport.write(HEAD)
        transport.write(body)
    transport.write(HEAD)
    transport.write(HEAD)
    assert wire.done == [HEAD + b"one", HEAD + b"two", HEAD + HEAD]


async def test_a_caller_reads_an_answer_at_once(database_url: str) -> None:
    """Over a real connection: what comes first is the whole of a short answer, each time."""
    async with serving(database_url) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.server.port)
        for _ in range(ROUNDS):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
            head, _, body = (await reader.read(1 << 16)).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert json.loads(body)
        writer.close()
