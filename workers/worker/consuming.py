"""Consuming: a thread takes messages, and each is carried out as a task of the event loop."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import redis
from dramatiq import Broker
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ActorNotFound, ConnectionClosed
from dramatiq.middleware import SkipMessage

from astrolabe.workers.waking import WaitingConsumer

LOG = logging.getLogger("astrolabe.worker")

LOOK_MILLISECONDS = 1000
"""How long a consumer waits for a message at a time: as long a worker at rest may take to stop."""

RESTART_SECONDS = 1.0
"""How long a broker that is away is let alone."""

GOODBYE_SECONDS = 5.0
"""How long the broker may take to hear what became of the last messages.

Where it is away nothing is lost with them: the relay sends what the log says is due.
"""

POLL_SECONDS = 0.005


class Consuming:
    """The consumer of one queue; a task for each message, and not a thread: its thread would only wait for the task.

    Whatever follows messages as a middleware of Dramatiq's hears of each as it does of Dramatiq's own worker.
    """

    def __init__(self, broker: Broker, queue: str, at_once: int) -> None:
        """Carry out so many messages at once, by the actors of the broker."""
        self._broker: Broker = broker
        self._queue: str = queue
        self._at_once: int = at_once
        self._loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._places: asyncio.Semaphore = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: ThreadPoolExecutor = ThreadPoolExecutor(1, "answers")
        self._thread: threading.Thread = threading.Thread(target=self._consume, name="consumer", daemon=True)
        self._consumer: Consumer | None = None
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
        # One thread answers, so that whoever waits for this waits for all answers before it.
        await self._loop.run_in_executor(self._answers, self._end_consuming)
        self._answers.shutdown(wait=False)

    def _end_consuming(self) -> None:
        if not self._thread.is_alive():
            self._until_heard(self._close)

    def _wait_for_the_thread(self) -> None:
        """Wait until it takes nothing any more, but not for a wait of its own to end."""
        until = time.monotonic() + GOODBYE_SECONDS
        while self._thread.is_alive() and not self._is_waiting() and time.monotonic() < until:
            self._thread.join(POLL_SECONDS)

    def _is_waiting(self) -> bool:
        return isinstance(self._consumer, WaitingConsumer) and self._consumer.waits

    def _consume(self) -> None:
        while not self._ending:
            try:
                self._consumer = self._broker.consume(self._queue, prefetch=self._at_once, timeout=LOOK_MILLISECONDS)
                self._take_from(self._consumer)
            except (ConnectionClosed, redis.RedisError) as error:
                LOG.warning("the broker gives no messages: %s", error)
                self._let_alone()
            except Exception:
                # Whatever it was: without this thread the worker would take nothing any more, and nobody would know.
                LOG.exception("the broker gives no messages")
                self._let_alone()

    def _let_alone(self) -> None:
        with contextlib.suppress(Exception):  # what has failed may fail to close
            self._close()
        time.sleep(RESTART_SECONDS)

    def _close(self) -> None:
        """Close the consumer: some brokers hear the last answers only now, and give back what had none."""
        consumer, self._consumer = self._consumer, None
        if consumer:
            consumer.close()

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
        try:
            async with self._places:
                await self._process(message)
        except asyncio.CancelledError:
            self._answer(lambda: consumer.requeue([message]))
            raise
        self._answer(lambda: self._end(consumer, message))

    async def _process(self, message: MessageProxy) -> None:
        try:
            self._broker.emit_before("process_message", message)
            if not message.failed:
                await self._broker.get_actor(message.actor_name)(*message.args, **message.kwargs)
            self._broker.emit_after("process_message", message)
        except SkipMessage:
            self._broker.emit_after("skip_message", message)
        except ActorNotFound as error:
            LOG.error("not a message of ours: %s", message)  # noqa: TRY400  where it comes from says nothing
            message.fail()
            self._broker.emit_after("process_message", message, exception=error)
        except Exception as error:
            LOG.exception("unexpected in %s", message)
            self._broker.emit_after("process_message", message, exception=error)

    def _end(self, consumer: Consumer, message: MessageProxy) -> None:
        signal, answer = ("nack", consumer.nack) if message.failed else ("ack", consumer.ack)
        self._broker.emit_before(signal, message)
        answer(message)
        self._broker.emit_after(signal, message)

    def _answer(self, answer: Callable[[], None]) -> None:
        """Let the broker know what became of a message, as soon as it is there; nobody waits for that."""
        self._answers.submit(self._until_heard, answer)

    def _until_heard(self, answer: Callable[[], None]) -> None:
        while True:
            try:
                return answer()
            except (ConnectionClosed, redis.RedisError):
                if self._ending:
                    return None
                time.sleep(RESTART_SECONDS)
            except Exception:
                LOG.exception("the broker does not hear what became of a message")
                return None
