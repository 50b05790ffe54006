"""Processes of our own for one long work: results come whole, whatever loop waits for them."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from astrolabe.store.processes import Processes

LARGE = 5_000_000
"""Bytes: far more than a socket holds at once."""


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_large_result_comes_whole(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Also where the loop lets nothing that it looks at block, as uvloop does."""

    async def results() -> list[int]:
        async with Processes(bytes, 2) as processes:
            return [len(each) async for each in processes.in_order([LARGE, LARGE + 1, 1])]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(asyncio.wait_for(results(), 60)) == [LARGE, LARGE + 1, 1]
