"""Several fall together: what a worker does that is told to stop while there is nobody to tell it to."""

from signal import SIGTERM
from typing import Final

from tests.chaos.stage import Stage

STOP_SECONDS: Final = 20.0


async def stop_worker_without_broker(stage: Stage) -> None:
    """Tell the worker that is at it to stop while the broker is away: it stops all the same."""
    worker = stage.house.worker_at(await stage.holder() or "")
    async with stage.house.broker_turn:
        stage.house.valkey.kill()
        await stage.house.valkey.wait()
        worker.signal(SIGTERM)
        if not await worker.ended(STOP_SECONDS):
            stage.notes.append(
                f"{worker.name} was told to stop without a broker, and ran on for {STOP_SECONDS:g} seconds"
            )
            worker.kill()
        await stage.house.valkey.start()
