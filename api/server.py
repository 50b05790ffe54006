"""The server: uvicorn, which ends streams before it waits for them."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import uvicorn
from litestar import Litestar
from typing_extensions import override

from astrolabe.api.app import create_app
from astrolabe.api.http.resources import Resources
from astrolabe.store.heap import freeze_heap
from astrolabe.store.webhooks.settings import WebhookSettings

GRACE_SECONDS = 10
"""How long requests under way may take after the server was asked to stop."""


class Server(uvicorn.Server):
    """One server of one application; `ready` is set once it listens."""

    def __init__(self, app: Litestar, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host,
                port,
                lifespan="on",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._app: Litestar = app
        self.ready: asyncio.Event = asyncio.Event()

    @property
    def port(self) -> int:
        """The port that it listens on; of use where port 0 was asked for."""
        return cast("int", self.servers[0].sockets[0].getsockname()[1])

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            freeze_heap()
            self.ready.set()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, finish what is under way, and stop."""
        cast("Resources", self._app.state.resources).stopping.set()
        await super().shutdown(sockets)


async def serve(app: Litestar, host: str, port: int) -> None:
    """Serve an application until the process is asked to stop."""
    await Server(app, host, port).serve()


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
    app = create_app(database_url=database_url, product_folders=product_folders, webhooks=webhooks)
    server = Server(app, host, port)
    # uvicorn hands the signal that stopped it on; a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(3)
