"""Waking: a worker at rest hears of a message at once, hardly looks by itself, and misses none that nobody told of."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import dramatiq
import pytest_asyncio
from dramatiq.brokers.redis import RedisBroker

from astrolabe.cli.servers.valkey import Valkey
from astrolabe.workers.broker import open_broker
from astrolabe.workers.waking import WakingBroker
from tests.waiting import until

NEVER = 60.0
MANY = 200

Started = Callable[[WakingBroker], None]


class Taken:
    """What a worker was given, in the order that it came."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._lock = threading.Lock()

    def take(self, word: str) -> None:
        """Take a word."""
        with self._lock:
            self.words.append(word)


class House:
    """A queue of its own, and a worker of two threads at it."""

    def __init__(self, url: str, look_seconds: float) -> None:
        self.queue = f"host.{uuid4().hex}"
        self.taken = Taken()
        self.sending = open_broker(url)
        self.sending.declare_queue(self.queue)
        self.broker = open_broker(url)
        self.broker.look_seconds = look_seconds
        named = dramatiq.actor(actor_name="take", queue_name=self.queue, broker=self.broker)
        named(self.taken.take)
        self.worker = dramatiq.Worker(self.broker, queues={self.queue}, worker_threads=2, worker_timeout=50)

    def message(self, word: str) -> dramatiq.Message[None]:
        """Make a message."""
        return dramatiq.Message(queue_name=self.queue, actor_name="take", args=(word,), kwargs={}, options={})

    async def idle(self) -> None:
        """Wait until the consumer has nothing left to fetch: it took a first message, and waits."""
        await asyncio.to_thread(self.sending.enqueue, self.message("first"))
        await until(lambda: self.taken.words == ["first"])
        self.taken.words.clear()

    def stop(self) -> None:
        """Stop the worker as `astrolabe worker` does."""
        self.broker.hurry()
        self.worker.stop(timeout=10_000)
        self.close()

    def close(self) -> None:
        """Close the connections."""
        for each in (self.sending, self.broker):
            each.client.connection_pool.disconnect()


@pytest_asyncio.fixture
async def house(valkey_server: Valkey) -> AsyncIterator[House]:
    """A worker that would look by itself only in a minute."""
    house = House(valkey_server.url, NEVER)
    house.worker.start()
    yield house
    await asyncio.to_thread(house.stop)


async def test_a_worker_at_rest_is_told(house: House) -> None:
    """Each message arrives, though nobody looks for it."""
    await house.idle()
    for word in ("one", "two", "three"):
        await asyncio.to_thread(house.sending.enqueue, house.message(word))
        await until(lambda word=word: house.taken.words[-1:] == [word])


async def test_more_messages_than_may_be_taken_at_once_are_all_carried_out(house: House) -> None:
    """Whoever may take no more goes on when one of them has ended, and waits for no look."""
    await house.idle()
    words = [str(nth) for nth in range(MANY)]
    for word in words:
        await asyncio.to_thread(house.sending.enqueue, house.message(word))
    await until(lambda: len(house.taken.words) == MANY)
    assert sorted(house.taken.words) == sorted(words)


async def test_a_message_that_nobody_told_of_is_found(valkey_server: Valkey) -> None:
    """A relay that dies between the message and the wake-up, or a flushed server, delays it by one look."""
    house = House(valkey_server.url, 0.1)
    house.worker.start()
    await house.idle()
    RedisBroker.enqueue(house.sending, house.message("untold"))
    await until(lambda: house.taken.words == ["untold"])
    await asyncio.to_thread(house.stop)


async def test_a_worker_at_rest_hardly_asks(valkey_server: Valkey) -> None:
    """In a second it asks the server less often than it once did in a fifth of one."""
    house = House(valkey_server.url, 1.0)
    house.worker.start()
    await house.idle()

    def asked() -> int:
        return int(house.sending.client.info("stats")["total_commands_processed"])

    before = asked()
    await asyncio.sleep(1)
    assert asked() - before <= 20
    await asyncio.to_thread(house.stop)


async def test_wake_ups_that_nobody_waits_for_do_not_pile_up(valkey_server: Valkey) -> None:
    """Without a worker the list keeps its size, whatever is enqueued."""
    house = House(valkey_server.url, NEVER)
    for _ in range(MANY):
        house.sending.wake(house.queue)
    assert house.sending.client.llen(house.sending.wake_key(house.queue)) <= MANY / 2
    house.close()


async def test_a_worker_at_rest_stops_at_once(valkey_server: Valkey) -> None:
    """It waits for no look when it is asked to stop."""
    house = House(valkey_server.url, NEVER)
    house.worker.start()
    await house.idle()
    async with asyncio.timeout(10):
        await asyncio.to_thread(house.stop)
