"""The server: uvicorn, with connections that are bounded; it rests until it is asked, and ends streams first."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Sequence
from email.utils import formatdate
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import cast

import uvicorn
from litestar import Litestar
from litestar.types import ASGIApp
from typing_extensions import override
from uvicorn.server import ServerState

from astrolabe.api.app import create_app, make_app
from astrolabe.api.http.resources import Resources
from astrolabe.api.wire.bounds import Bounds
from astrolabe.api.wire.connection import Connection
from astrolabe.api.wire.heads import answering_head
from astrolabe.store.heap import freeze_heap
from astrolabe.store.webhooks.settings import WebhookSettings

GRACE_SECONDS = 10
"""How long requests under way may take after the server was asked to stop."""


ACCEPTED_AT_ONCE = 64
"""Connections that are accepted before any of them is read; each is a file that nothing bounds yet."""

QUEUED = 4096
"""Connections that the kernel keeps until they are accepted; one that finds no place tries again after a second."""


class DatedState(ServerState):
    """What connections share; its Date is written when a request needs it, and not once a second."""

    def __init__(self) -> None:
        self._second: int = -1
        self._headers: list[tuple[bytes, bytes]] = []
        super().__init__()

    @property
    @override
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer of this second."""
        if (now := int(time.time())) != self._second:
            self._second, self._headers = now, [(b"date", formatdate(now, usegmt=True).encode())]
        return self._headers

    @default_headers.setter
    def default_headers(self, headers: list[tuple[bytes, bytes]]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Take those that uvicorn makes at its start."""
        self._headers = headers


class Server(uvicorn.Server):
    """One server of one application; `ready` is set once it listens."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self.bounds: Bounds = Bounds.of_this_process()
        super().__init__(
            uvicorn.Config(
                answering_head(app),
                host,
                port,
                http=cast("type[asyncio.Protocol]", partial(Connection, bounds=self.bounds)),
                backlog=ACCEPTED_AT_ONCE,
                lifespan="on",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self.server_state: ServerState = DatedState()
        self._app: ASGIApp = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: asyncio.Event = asyncio.Event()
        self.ready: asyncio.Event = asyncio.Event()

    @property
    def port(self) -> int:
        """The port that it listens on; of use where port 0 was asked for."""
        return cast("int", self.servers[0].sockets[0].getsockname()[1])

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            for each in self.servers:
                for listener in each.sockets:
                    _deepen(listener.fileno())
            freeze_heap()
            self.ready.set()

    @override
    async def main_loop(self) -> None:
        """Wait until the server is asked to stop, where uvicorn looks ten times a second."""
        await self._asked.wait()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on a signal."""
        super().handle_exit(sig, frame)
        self.stop()

    def stop(self) -> None:
        """Ask the server to stop, from any thread."""
        # Before the loop is known nobody waits: uvicorn looks at `should_exit` once more after it is.
        self.should_exit: bool = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._asked.set)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, finish what is under way, and stop."""
        if isinstance(self._app, Litestar):
            cast("Resources", self._app.state.resources).stopping.set()
        await super().shutdown(sockets)


def _deepen(fileno: int) -> None:
    """Let the kernel keep more callers waiting than are accepted in one go, which is what asyncio takes for both."""
    listener = socket.socket(fileno=fileno)
    listener.listen(QUEUED)
    listener.detach()


async def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve an application until the process is asked to stop."""
    await Server(app, host, port).serve()


@cache
def app_of_this_process() -> Litestar:
    """Return the application of `run_api`; whoever is forked from a process that asked for it shares its memory."""
    return make_app()


def run_api(
    *,
    database_url: str,
    host: str = "127.0.0.1",
    port: int = 8080,
    product_folders: Sequence[Path] = (),
    webhooks: WebhookSettings | None = None,
) -> None:
    """Serve the API until the process is asked to stop.

    Raises ProductError and StoreError before it begins, and SystemExit where it cannot listen or reach the database.
    """
    app = create_app(
        database_url=database_url, product_folders=product_folders, webhooks=webhooks, made=app_of_this_process()
    )
    run(app, host, port)


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve an application as this process; raises SystemExit where it cannot listen."""
    server = Server(app, host, port)
    # uvicorn hands the signal that stopped it on; a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(3)
