"""Our own processes fall: killed, suspended past a lease, told to stop, alone or all at once."""

import asyncio
import time
from signal import SIGCONT, SIGSTOP, SIGTERM
from typing import Final

from tests.chaos.house import LEASE_SECONDS
from tests.chaos.kept import KeptProcess
from tests.chaos.stage import Stage

ASLEEP_SECONDS: Final = 2.5 * LEASE_SECONDS
"""How long a worker is suspended: another one has had time to take over, and to begin."""
STOP_SECONDS: Final = 20.0


async def kill_worker(stage: Stage) -> None:
    """Kill the worker that is at it."""
    holder = await stage.holder()
    worker = stage.house.worker_at(holder or "")
    if holder:
        stage.killed_at.append(time.monotonic())
    worker.kill()


async def suspend_worker(stage: Stage) -> None:
    """Suspend the worker that is at it for longer than its lease, and let it go on."""
    await _asleep(stage.house.worker_at(await stage.holder() or ""))


async def restart_worker(stage: Stage) -> None:
    """Tell the worker that is at it to stop."""
    await _told_to_stop(stage, stage.house.worker_at(await stage.holder() or ""))


async def stop_suspended_worker(stage: Stage) -> None:
    """Tell a worker to stop while it is suspended: when it wakes, it stops."""
    worker = stage.house.worker_at(await stage.holder() or "")
    worker.signal(SIGSTOP)
    worker.signal(SIGTERM)
    await asyncio.sleep(ASLEEP_SECONDS)
    worker.signal(SIGCONT)
    await _told_to_stop(stage, worker)


async def _told_to_stop(stage: Stage, worker: KeptProcess) -> None:
    worker.signal(SIGTERM)
    if not await worker.ended(STOP_SECONDS):
        stage.notes.append(f"{worker.name} was told to stop, and ran on for {STOP_SECONDS:g} seconds")
        worker.kill()


async def kill_relay(stage: Stage) -> None:
    """Kill the relay."""
    stage.house.processes["relay"].kill()


async def suspend_relay(stage: Stage) -> None:
    """Suspend the relay for a while."""
    await _asleep(stage.house.processes["relay"])


async def kill_api(stage: Stage) -> None:
    """Kill the API."""
    stage.house.processes["api"].kill()


async def kill_everything(stage: Stage) -> None:
    """Kill every process of ours at once."""
    for each in stage.house.processes.values():
        each.kill()


async def _asleep(process: KeptProcess) -> None:
    process.signal(SIGSTOP)
    try:
        await asyncio.sleep(ASLEEP_SECONDS)
    finally:
        process.signal(SIGCONT)
