"""The API as it is served, with one endpoint more that does nothing: `python -m bench.serving`."""

import asyncio
import os

import uvloop
from litestar import post
from msgspec import Struct

from astrolabe.api.app import create_app
from astrolabe.api.server import Server
from bench.tracing import trace


class Nothing(Struct, frozen=True):
    """What is answered."""

    status: str


@post("/nothing", status_code=202)
async def do_nothing() -> Nothing:
    """Answer, and do nothing else."""
    return Nothing("accepted")


async def _run() -> None:
    app = create_app(database_url=os.environ["ASTROLABE_BENCH_URL"])
    app.register(do_nothing)
    server = Server(app, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    await server.ready.wait()
    print(server.port, flush=True)
    await serving


if __name__ == "__main__":
    trace()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run())
