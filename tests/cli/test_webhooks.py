import contextlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.domain.access import SCOPES
from astrolabe.domain.recorded import Cause
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.streams.tokens import Tokens
from astrolabe.workers.programs.shell import supervise
from tests.cli.test_commands import astrolabe
from tests.ports import free_port
from tests.store.stage import eventually
from tests.workers.receiver import Receiver


@pytest_asyncio.fixture
async def reached(database_url: str, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The environment that reaches a real API with a relay beside it, in a data folder of their own."""
    bind = f"127.0.0.1:{free_port()}"
    async with Database(database_url, pool_size=1) as database:
        token = await Tokens(Log(database)).issue("alice", SCOPES, Cause("test", "to begin", "cli"))
    env = {"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1/0", "ASTROLABE_DATA": str(tmp_path)}
    env["ASTROLABE_WEBHOOK_ALLOW"] = "127.0.0.0/8"
    async with contextlib.AsyncExitStack() as stack:
        for words in (("api", "--bind", bind), ("relay",)):
            argv = run_astrolabe(*words)
            child = supervise(argv, env=env, log=tmp_path / f"{words[0]}.log")
            stack.push_async_callback(child.stop)
        await until_ready(f"http://{bind}")
        yield {"ASTROLABE_URL": f"http://{bind}", "ASTROLABE_TOKEN": token.secret}


async def test_a_person_adds_tries_and_removes_a_webhook(reached: dict[str, str]) -> None:
    """From adding it to a ping that arrives, what was answered, another secret, and its end, all by commands."""

    async def run(*words: str) -> str:
        ended = await astrolabe("webhook", *words, **reached)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    async with Receiver.listening() as receiver:
        secret = await run("add", "chat", receiver.url, "--type", "astrolabe.ping")
        assert secret.startswith("whsec_")
        assert "is on its way" in await run("test", "chat")
        (ping,) = await receiver.gets(1, seconds=30)

        async def answered() -> bool:
            told = await run("attempts", "chat", ping.id)
            return re.search(r"  200 +\d+ ms  ok\nastrolabe.ping is delivered\n$", told) is not None

        await eventually(answered)
        assert "0 deliveries are sent again" in await run("redeliver", "chat", "--since", "2020-01-01T00:00:00Z")
        other = await run("rotate", "chat", "--reason", "every year")
        assert secret != other
        assert "well" in await run("list")
        for words in ("list", "show chat", "deliveries chat", "types"):
            values = [json.loads(line) for line in (await run(*words.split(), "--json")).splitlines()]
            assert values, words
        assert "chat is removed" in await run("remove", "chat")
    refused = await astrolabe("webhook", "add", "meta", "http://169.254.169.254/", **reached)
    assert (refused.returncode, refused.stderr.count("\n"), "not public" in refused.stderr) == (2, 1, True)
