"""The worker as a process: Dramatiq consumes its host's queue, and one event loop carries everything out."""

import asyncio
import logging
import os

import dramatiq
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker

from astrolabe.store.database import Database, Kept
from astrolabe.store.heap import freeze_heap
from astrolabe.store.settings import DEFAULTS, Settings
from astrolabe.workers.backoff import through_outages
from astrolabe.workers.broker import ACTOR, open_broker, queue_of, taken
from astrolabe.workers.instance.host import Host
from astrolabe.workers.process import log_to_stderr, stop_requested
from astrolabe.workers.waking import WakingBroker
from astrolabe.workers.worker.carry_out import CarryOut
from astrolabe.workers.worker.observer import Observer
from astrolabe.workers.worker.work_queue import WorkQueue

LOG = logging.getLogger("astrolabe.worker")

THREAD_MS = 3_600_000
"""How long an idle thread of Dramatiq's waits for a message or the queue's end; either reaches it at once."""

KEPT = Kept(engine=1)

GOODBYE_MS = 5_000
"""How long Dramatiq's threads may try to report to the broker what became of their messages.

Where it is away they would try for ever, and nothing is lost with it: the relay sends what the log says is due.
"""


class WorkInHand:
    """What this process is carrying out; all of it can be put down at once."""

    def __init__(self, database_url: str, host: Host, broker: RedisBroker, threads: int, settings: Settings) -> None:
        self._database_url: str = database_url
        self._host: Host = host
        self._broker: RedisBroker = broker
        self._threads: int = threads
        self._settings: Settings = settings
        self._name: str = f"{host.name}:{os.getpid()}"
        self._parts: tuple[CarryOut, Observer] | None = None
        self._opening: asyncio.Lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: bool = False

    async def take(self, instance_id: str) -> None:
        """Carry out what is due on an instance."""
        noting = asyncio.create_task(asyncio.to_thread(taken, self._broker, instance_id))
        try:
            if not self._stopping:
                carry_out, _ = await self._opened()
                await self._hold(asyncio.create_task(carry_out(instance_id, noting)))
        finally:
            await noting

    async def look(self) -> None:
        """Look at what runs on this host, again and again."""

        async def looking() -> None:
            _, observer = await self._opened()
            await observer.run(self._settings.observe_seconds)

        await self._hold(asyncio.create_task(through_outages(looking)))

    async def _hold(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        try:
            await asyncio.wait((task,))
        finally:
            self._tasks.discard(task)
        if not task.cancelled():
            task.result()

    async def _opened(self) -> tuple[CarryOut, Observer]:
        """Open the log once for all instances of this process, so that what they record shares statements."""
        async with self._opening:
            if self._parts is None:
                database = await Database(self._database_url, pool_size=max(4, self._threads), kept=KEPT).__aenter__()
                self._parts = (
                    CarryOut(database, self._host, self._name, lease_seconds=self._settings.lease_seconds),
                    Observer(database, self._host, self._name),
                )
                freeze_heap()
            return self._parts

    async def put_down(self) -> None:
        """End everything under way; another worker goes on from what the log says."""
        self._stopping = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def run_worker(database_url: str, redis_url: str, host: Host, threads: int, settings: Settings = DEFAULTS) -> None:
    """Carry out what is due on a host until SIGTERM or SIGINT; gateways that were started go on."""
    log_to_stderr()
    broker = open_broker(redis_url)
    dramatiq.set_broker(broker)
    in_hand = WorkInHand(database_url, host, broker, threads, settings)
    queue = queue_of(host.name)
    dramatiq.actor(actor_name=ACTOR, queue_name=queue, broker=broker)(in_hand.take)
    worker = dramatiq.Worker(broker, queues={queue}, worker_threads=threads, worker_timeout=THREAD_MS)
    worker.work_queue = work = WorkQueue()
    asyncio.run(_run(worker, work, broker, in_hand, host))


async def _run(worker: dramatiq.Worker, work: WorkQueue, broker: WakingBroker, in_hand: WorkInHand, host: Host) -> None:
    """Let Dramatiq's threads work on their own event loop, while this one only waits to be asked to stop."""
    stop = stop_requested()
    worker.start()
    loop = get_event_loop_thread()
    if loop:
        asyncio.run_coroutine_threadsafe(in_hand.look(), loop.loop)
    LOG.info("carries out what is due on %s", host.name)
    await stop.wait()
    if loop:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(in_hand.put_down(), loop.loop))
    await asyncio.to_thread(broker.hurry)
    work.end()
    await asyncio.to_thread(worker.stop, GOODBYE_MS)
