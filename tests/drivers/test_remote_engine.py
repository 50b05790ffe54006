"""An engine elsewhere: what an instance names counts, whatever engine its worker's host has."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from astrolabe.cli.private_engine import own
from astrolabe.domain.upgrades import states as s
from tests.ports import free_port
from tests.world import World


async def _pump(source: StreamReader, sink: StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
        sink.write_eof()


async def _pass_on(source: StreamReader, sink: StreamWriter) -> None:
    answers, engine = await asyncio.open_unix_connection(own.SOCKET)
    try:
        await asyncio.gather(_pump(source, engine), _pump(answers, sink))
    finally:
        for each in (engine, sink):
            each.close()
            with contextlib.suppress(ConnectionError):
                await each.wait_closed()


@contextlib.asynccontextmanager
async def _over_tcp() -> AsyncIterator[str]:
    port, passing = free_port(), set[asyncio.Task[None]]()
    server = await asyncio.start_server(
        lambda source, sink: passing.add(asyncio.create_task(_pass_on(source, sink))), "127.0.0.1", port
    )
    try:
        yield f"tcp://127.0.0.1:{port}"
    finally:
        server.close()
        for each in passing:
            each.cancel()
        await asyncio.wait(passing)


@pytest.mark.kinds("compose")
async def test_a_project_on_an_engine_elsewhere_is_upgraded_there(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's own engine does not answer; the one that the instance names over TCP carries out every step."""
    assert standin.config.compose
    async with _over_tcp() as engine:
        with monkeypatch.context() as here:
            here.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
            await standin.reconfigure(compose=replace(standin.config.compose, engine=engine))
            loaded = await standin.upgrade("2.0.0")
            assert isinstance(loaded.state, s.Idle)
            assert loaded.state.instance.version == "2.0.0" == await standin.running()
            assert await standin.items() == ["first"]
            loaded = await standin.roll_back(accept=True)
            assert isinstance(loaded.state, s.Idle)
            assert await standin.running() == "1.1.0"
            assert await standin.items() == ["first"]
