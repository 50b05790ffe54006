"""A PostgreSQL of the bench's own, with fsync on, and a program to run beside it."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

from astrolabe.cli.servers.account import service_account
from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import SESSIONS, Postgres
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.store.migrate import migrate

HOME = Path(__file__).parents[1]
KEPT = ("HOME", "PATH", "LANG", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy")


def environment(**more: str) -> dict[str, str]:
    """Return what a program run by the bench inherits."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("PIP_")}
    return kept | more


@contextlib.asynccontextmanager
async def postgres(sessions: int = SESSIONS) -> AsyncGenerator[Postgres]:
    """Run a server with an empty log in it, for so many sessions at most; gone afterwards."""
    async with _folder() as folder:
        server = Postgres(folder, service_account(), sessions=sessions)
        try:
            await server.start()
            await migrate(server.url())
            yield server
        finally:
            await server.stop()


@contextlib.asynccontextmanager
async def valkey() -> AsyncGenerator[str]:
    """Run a broker, gone afterwards; return its URL."""
    async with _folder() as folder:
        server = Valkey(folder, service_account())
        try:
            await server.start()
            yield server.url
        finally:
            await server.stop()


@contextlib.asynccontextmanager
async def _folder() -> AsyncGenerator[DataFolder]:
    path = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="astrolabe-bench-"))
    folder = DataFolder.claim(path)
    try:
        yield folder
    finally:
        folder.release()
        shutil.rmtree(path, ignore_errors=True)
