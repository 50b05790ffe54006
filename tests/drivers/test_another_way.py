"""The log that goes another way: what others append may take a step from a worker's hands, its own records never."""

import asyncio

import pytest

from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.registry import STEP_FUNCTIONS
from astrolabe.workers.worker import reconciler
from tests.hooked import hooked, when
from tests.world import World


@pytest.mark.kinds("cli")
async def test_what_a_worker_records_itself_leaves_the_step_in_its_hands(
    standin: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has a record before its worker knows, and a step may go on when the next is due already."""
    monkeypatch.setattr(reconciler, "POLL_SECONDS", 0.01)
    head, stop, went_on = Log.head, STEP_FUNCTIONS["stop"], asyncio.Event()
    asked = asyncio.Event()

    async def heard(self: Log, stream_id: str) -> int:
        found = await head(self, stream_id)
        asked.set()
        return found

    async def look() -> None:
        asked.clear()
        await asyncio.wait_for(asked.wait(), 10)

    async def stop_and_go_on(context: StepContext) -> None:
        await stop(context)
        await look()
        await look()
        went_on.set()

    monkeypatch.setattr(Log, "head", heard)
    monkeypatch.setitem(STEP_FUNCTIONS, "stop", stop_and_go_on)
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    await hooked(standin, "worker-1", when({"after InstanceStopped": look}))(standin.instance_id)
    assert went_on.is_set()
    assert await standin.running() == "2.0.0"
