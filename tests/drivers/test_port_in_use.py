"""Port in use: whoever took it is named and left alone."""

import contextlib
import sys
from collections.abc import AsyncIterator

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import Retry
from astrolabe.workers.instance import process
from astrolabe.workers.instance.process import GatewayProcess
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.hooked import upgrade
from tests.world import World


async def test_a_port_that_stays_taken_ends_inconsistent_until_it_is_free(standin: World) -> None:
    """Whoever took the port is named and left alone; after it left, a retry brings the old version back."""
    if not standin.serves:
        await _no_port(standin)
        return
    before = await standin.shape()
    async with port_thief(standin) as thief:
        loaded = await standin.upgrade("2.0.0")
        assert isinstance(loaded.state, s.Inconsistent)
        problem = loaded.state.problem
        assert problem.code == "port-taken"
        assert f"Port {standin.config.port} is taken by process {thief.pid}" in problem.detail
        assert "End that process" in problem.todo
        assert loaded.state.commands[-1].line == f"astrolabe retry {await standin.upgrade_id()}"
        assert "starts the old version" in loaded.state.commands[-2].does
        assert await standin.supervised()
        assert thief.alive()
    await standin.ask(Retry(await standin.upgrade_id()))
    loaded = await standin.carry_out()
    assert isinstance(loaded.state, s.Idle)
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


async def _no_port(standin: World) -> None:
    """What serves nobody needs no port: nothing is stopped or asked there, which is told before and after."""
    loaded = await standin.upgrade("2.0.0")
    assert isinstance(loaded.state, s.Idle)
    assert loaded.state.instance.version == "2.0.0" == await standin.running()
    planned, verified = (await standin.one(e.PreflightPassed)).plan, await standin.one(e.UpgradeSucceeded)
    for checks in (planned.checks, verified.checks):
        assert {each.name: each.seen for each in checks}["health"] == "skipped: it serves nobody"
    assert await standin.summary(e.InstanceStopped) == "nothing serves, so no stop"


@pytest.mark.kinds("npx")
async def test_a_port_that_is_given_back_in_time_ends_rolled_back(standin: World) -> None:
    """The way back asks again, and finds the port free once the stranger has left."""
    before = await standin.shape()
    async with port_thief(standin) as thief:
        loaded = await upgrade(standin, "2.0.0", DatabaseRestored=lambda: process.end(thief))
    assert isinstance(loaded.state, s.Idle)
    assert (await standin.problem()).code == "port-taken"
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before


THIEF = """
import socket, sys, time
held = socket.socket()
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
while True:
    try:
        held.bind(("127.0.0.1", int(sys.argv[1])))
        held.listen()
        break
    except OSError:
        time.sleep(0.001)
print("taken", flush=True)
time.sleep(600)
"""


@contextlib.asynccontextmanager
async def port_thief(standin: World) -> AsyncIterator[GatewayProcess]:
    """Somebody who takes the port as soon as it is free, and answers nobody."""
    log = standin.host.instance_folder(standin.instance_id) / "thief.log"
    port = str(standin.config.port)
    child = shell.supervise([sys.executable, "-c", THIEF, port], env=inherited(), log=log)
    try:
        yield process.of(child.pid)
    finally:
        await child.stop()
