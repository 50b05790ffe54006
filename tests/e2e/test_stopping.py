"""A program that is asked to stop ends in good order, whatever it was doing and whichever thread the kernel tells."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.workers.programs.shell import Child, supervise
from tests.ports import free_port

pytestmark = pytest.mark.e2e

AT_ONCE = 4
"""Processes of a program that are told at once: a signal that is lost now and then is lost to one of them."""

READY = {"worker": "carries out what is due", "relay": "follows the log"}


async def _started(program: str, environment: dict[str, str], folder: Path) -> list[Child]:
    ports = [free_port() for _ in range(AT_ONCE)]
    words = {"api": [["--bind", f"127.0.0.1:{port}"] for port in ports]}.get(program, [[]] * AT_ONCE)
    logs = [folder / f"{program}-{number}.log" for number in range(AT_ONCE)]
    children = [
        supervise(run_astrolabe(program, *more), env=environment, log=log)
        for more, log in zip(words, logs, strict=True)
    ]
    if program == "api":
        await asyncio.gather(*(until_ready(f"http://127.0.0.1:{port}") for port in ports))
        return children
    async with asyncio.timeout(120):
        while not all(READY[program] in log.read_text() for log in logs):
            await asyncio.sleep(0.05)
    return children


async def _suspend(children: Sequence[Child]) -> None:
    for child in children:
        child.signal(signal.SIGSTOP)
    async with asyncio.timeout(60):
        while any(psutil.Process(child.pid).status() != psutil.STATUS_STOPPED for child in children):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("program", "number"),
    [("api", signal.SIGTERM), ("relay", signal.SIGTERM), ("worker", signal.SIGTERM), ("worker", signal.SIGINT)],
)
async def test_a_suspended_program_that_is_told_to_stop_stops(
    program: str, number: signal.Signals, database_url: str, valkey_server: Valkey, tmp_path: Path
) -> None:
    """When it goes on, the kernel gives the signal to whichever thread wakes first, which is seldom the main one."""
    own = {"DATABASE_URL": database_url, "REDIS_URL": valkey_server.url, "ASTROLABE_DATA": str(tmp_path)}
    children = await _started(program, {**os.environ, **own}, tmp_path)
    try:
        await _suspend(children)
        for each in (number, signal.SIGCONT):
            for child in children:
                child.signal(each)
        async with asyncio.timeout(30):
            codes = await asyncio.gather(*(child.wait() for child in children))
    finally:
        for child in children:
            child.signal(signal.SIGKILL, group=True)
    assert codes == [0] * AT_ONCE
