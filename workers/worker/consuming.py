"""Consuming: a thread takes messages, and each is carried out as a task of the event loop."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import redis
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed

from astrolabe.workers.broker import ACTOR
from astrolabe.workers.waking import WaitingConsumer, WakingBroker

LOG = logging.getLogger("astrolabe.worker")

RESTART_SECONDS = 1.0
"""How long a broker that is away is let alone."""

GOODBYE_SECONDS = 5.0
"""How long the broker may take to hear what became of the last messages.

Where it is away nothing is lost with them: the relay sends what the log says is due.
"""

POLL_SECONDS = 0.005


class Consuming:
    """The consumer of one queue; a task for each message, and not a thread: its thread would only wait for the task."""

    def __init__(self, broker: WakingBroker, queue: str, at_once: int, work: Callable[[str], Awaitable[None]]) -> None:
        """Carry out so many messages at once."""
        self._broker: WakingBroker = broker
        self._queue: str = queue
        self._at_once: int = at_once
        self._work: Callable[[str], Awaitable[None]] = work
        self._loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._places: asyncio.Semaphore = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: ThreadPoolExecutor = ThreadPoolExecutor(1, "answers")
        self._thread: threading.Thread = threading.Thread(target=self._consume, name="consumer", daemon=True)
        self._consumer: WaitingConsumer | None = None
        self._ending: bool = False

    def start(self) -> None:
        """Take messages from now on."""
        self._thread.start()

    async def end(self) -> None:
        """Take no more, put down what is carried out, and give it back to the queue: another worker goes on from it."""
        self._ending = True
        await asyncio.to_thread(self._wait_for_the_thread)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._answers.shutdown(wait=False, cancel_futures=True)

    def _wait_for_the_thread(self) -> None:
        """Wait until it takes nothing any more, but not for a wait of its own to end."""
        until = time.monotonic() + GOODBYE_SECONDS
        while self._thread.is_alive() and not (self._consumer and self._consumer.waits) and time.monotonic() < until:
            self._thread.join(POLL_SECONDS)

    def _consume(self) -> None:
        while not self._ending:
            try:
                self._consumer = self._broker.consume(self._queue, prefetch=self._at_once)
                self._take_from(self._consumer)
            except ConnectionClosed as error:
                LOG.warning("the broker is away: %s", error)
                time.sleep(RESTART_SECONDS)

    def _take_from(self, consumer: Consumer) -> None:
        for message in consumer:
            if message is not None and not self._ending:
                self._loop.call_soon_threadsafe(self._begin, consumer, message)
            elif message is not None:
                consumer.requeue([message])
            if self._ending:
                return

    def _begin(self, consumer: Consumer, message: MessageProxy) -> None:
        task = asyncio.create_task(self._carry_out(consumer, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, consumer: Consumer, message: MessageProxy) -> None:
        answer = consumer.ack
        try:
            async with self._places:
                match message.actor_name, message.args:
                    case str(name), (str(instance_id),) if name == ACTOR:
                        await self._work(instance_id)
                    case _:
                        LOG.error("not a message of ours: %s", message)
                        answer = consumer.nack
        except asyncio.CancelledError:
            await self._answer(lambda _: consumer.requeue([message]), message)
            raise
        except Exception:
            LOG.exception("unexpected in %s", message)
        await self._answer(answer, message)

    async def _answer(self, answer: Callable[[MessageProxy], None], message: MessageProxy) -> None:
        """Let the broker know what became of a message, as soon as it is there."""

        def until_heard() -> None:
            while True:
                try:
                    answer(message)
                except (ConnectionClosed, redis.ConnectionError):
                    if self._ending:
                        return
                    time.sleep(RESTART_SECONDS)
                else:
                    return

        await self._loop.run_in_executor(self._answers, until_heard)
