"""An Astrolabe without a worker, which the tests of commands share."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.access import SCOPES
from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs.shell import supervise
from tests.databases import empty_log
from tests.ports import free_port


@contextlib.asynccontextmanager
async def an_astrolabe(server: Postgres, template: str, folder: Path) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """Run an API with a relay beside it, in a data folder of their own; the log, and the environment that asks it."""
    bind = f"127.0.0.1:{free_port()}"
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(empty_log(server, template))
        async with Database(url, pool_size=1) as database:
            token = await Tokens(Log(database)).issue("alice", SCOPES, Cause("test", "to begin", "cli"))
        env = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0"}
        env |= {"ASTROLABE_DATA": str(folder), "ASTROLABE_WEBHOOK_ALLOW": "127.0.0.0/8"}
        env |= {"ASTROLABE_ORIGIN": "log.example"}
        for words in (("api", "--bind", bind), ("relay",)):
            child = supervise(run_astrolabe(*words), env=env, log=folder / f"{words[0]}.log")
            stack.push_async_callback(child.stop)
        await until_ready(f"http://{bind}")
        yield url, {"ASTROLABE_URL": f"http://{bind}", "ASTROLABE_TOKEN": token.secret}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def relayed(
    postgres_server: Postgres, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, str]]:
    """The environment that reaches an Astrolabe without a worker, the same for all tests of a module."""
    folder = tmp_path_factory.mktemp("relayed")
    async with an_astrolabe(postgres_server, template_database, folder) as (_, environment):
        yield environment
