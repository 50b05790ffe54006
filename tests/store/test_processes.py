"""Processes of our own for one long work: results come whole, whatever loop waits for them."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest
import uvloop

from astrolabe.store.errors import StoreError
from astrolabe.store.processes import Processes

LARGE = 5_000_000
"""Bytes: far more than a socket holds at once."""


BLOCKED = """
import asyncio, signal
from functools import partial
from astrolabe.store.processes import Processes

async def main():
    async with Processes(partial(signal.pthread_sigmask, signal.SIG_BLOCK), 2) as processes:
        print([signal.SIGINT in blocked async for blocked in processes.in_order([(), ()])])

asyncio.run(main())
"""
"""The program of whoever starts processes: what does each of them not hear?"""


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_large_result_comes_whole(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Also where the loop lets nothing that it looks at block, as uvloop does."""

    async def results() -> list[int]:
        async with Processes(bytes, 2) as processes:
            return [len(each) async for each in processes.in_order([LARGE, LARGE + 1, 1])]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(asyncio.wait_for(results(), 60)) == [LARGE, LARGE + 1, 1]


async def test_where_one_cannot_be_started_none_is_left():
    """The sentence says what there was too little of, and those that were started before it are ended."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 12, hard))
    try:
        with pytest.raises(StoreError, match=r"could not be started: Too many open files; try again\."):
            async with Processes(bytes, 50):
                pytest.fail("all were started")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]


def test_none_hears_ctrl_c():
    """Not the first one either, before which Python starts a process of its own and forgets what was blocked."""
    done = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[True, True]\n"
