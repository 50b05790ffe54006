"""Messages between relay and workers: told several times, or never."""

import asyncio
import time
from typing import Final

import dramatiq
import redis

from astrolabe.workers.broker import ACTOR, NAMESPACE, open_broker, queue_of
from tests.chaos.stage import Stage

TIMES: Final = 5
HOST: Final = "local"
DROP_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.003


async def double(stage: Stage) -> None:
    """Tell the workers several times that something is due on the instance."""
    await asyncio.to_thread(_tell, stage.house.valkey.url, stage.history.instance_id)


def _tell(url: str, instance_id: str) -> None:
    broker = open_broker(url)
    queue = queue_of(HOST)
    broker.declare_queue(queue)
    for _ in range(TIMES):
        broker.enqueue(dramatiq.Message(queue_name=queue, actor_name=ACTOR, args=(instance_id,), kwargs={}, options={}))
    broker.close()


async def drop(stage: Stage) -> None:
    """Take every message out of the queue for a while, so that no worker ever sees it."""
    queue = f"{NAMESPACE}:{queue_of(HOST)}"
    end = time.monotonic() + DROP_SECONDS
    with redis.Redis.from_url(stage.house.valkey.url) as client:
        while time.monotonic() < end:
            client.delete(queue, f"{queue}.msgs")
            await asyncio.sleep(POLL_SECONDS)
