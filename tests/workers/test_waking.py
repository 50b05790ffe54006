"""Waking: a worker at rest hears of a message at once, hardly asks by itself, and gives back what it does not end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import dramatiq
import pytest
import pytest_asyncio

from astrolabe.cli.servers.valkey import Valkey
from astrolabe.workers.broker import ACTOR, open_broker
from astrolabe.workers.waking import WakingBroker
from astrolabe.workers.worker.async_actor import declare
from astrolabe.workers.worker.consuming import Consuming
from tests.waiting import until

NEVER = 4.0
"""Longer than any of these tests waits for a message, and shorter than redis-py waits for an answer."""

MANY = 200
AT_ONCE = 2

Work = Callable[[str], Awaitable[None]]


class House:
    """A queue of its own, and workers at it."""

    def __init__(self, url: str) -> None:
        self.queue = f"host.{uuid4().hex}"
        self.taken: list[str] = []
        self._url = url
        self._brokers: list[WakingBroker] = []
        self._workers: list[Consuming] = []
        self.sending = self._broker()

    def _broker(self) -> WakingBroker:
        broker = open_broker(self._url)
        broker.look_seconds = NEVER
        broker.declare_queue(self.queue)
        self._brokers.append(broker)
        return broker

    async def close(self) -> None:
        """End what still waits of workers that have stopped, and close every connection."""
        self.sending.client.lpush(f"{self.sending.namespace}:{self.queue}", "woken")
        await until(lambda: not any(each._thread.is_alive() for each in self._workers))
        for broker in self._brokers:
            broker.client.connection_pool.disconnect()

    def message(self, word: str, actor: str = ACTOR) -> dramatiq.Message[None]:
        """Make a message."""
        return dramatiq.Message(queue_name=self.queue, actor_name=actor, args=(word,), kwargs={}, options={})

    async def send(self, word: str, actor: str = ACTOR) -> None:
        """Put a message into the queue."""
        await asyncio.to_thread(self.sending.enqueue, self.message(word, actor))

    async def take(self, word: str) -> None:
        """Take a word."""
        self.taken.append(word)

    def waiting(self) -> int:
        """Count the messages that nobody has taken."""
        return int(self.sending.client.llen(f"{self.sending.namespace}:{self.queue}"))

    def unended(self) -> int:
        """Count the messages that nobody has ended."""
        return int(self.sending.client.hlen(f"{self.sending.namespace}:{self.queue}.msgs"))

    @asynccontextmanager
    async def working(self, work: Work | None = None) -> AsyncIterator[None]:
        """Let a worker take what comes."""
        broker = self._broker()
        declare(broker, self.queue, work or self.take)
        consuming = Consuming(broker, self.queue, AT_ONCE)
        self._workers.append(consuming)
        consuming.start()
        try:
            yield
        finally:
            await consuming.end()

    async def idle(self) -> None:
        """Wait until a worker waits: it took a first message, and there is no other."""
        await self.send("first")
        await until(lambda: self.taken == ["first"] and self.unended() == 0)
        self.taken.clear()


@pytest_asyncio.fixture
async def house(valkey_server: Valkey) -> AsyncIterator[House]:
    """A queue whose workers look by themselves only after seconds."""
    house = House(valkey_server.url)
    yield house
    await house.close()


async def test_a_worker_at_rest_is_told(house: House) -> None:
    """Each message arrives, though nobody looks for it."""
    async with house.working():
        await house.idle()
        async with asyncio.timeout(NEVER / 2):
            for word in ("one", "two", "three"):
                await house.send(word)
                await until(lambda word=word: house.taken[-1:] == [word])


async def test_workers_at_rest_share_what_comes(house: House) -> None:
    """Whoever waits takes nothing by waiting: each message is carried out once, and its turn stays its own."""
    async with house.working(), house.working():
        words = [str(nth) for nth in range(MANY)]
        for word in words:
            await house.send(word)
        await until(lambda: house.unended() == 0)
        assert sorted(house.taken) == sorted(words)


async def test_no_more_is_carried_out_at_once_than_may_be(house: House) -> None:
    """What is beyond that waits in the queue, for another worker of the host, and is taken as soon as one has ended."""
    going, most, may_end = 0, 0, asyncio.Event()

    async def work(word: str) -> None:
        nonlocal going, most
        going, most = going + 1, max(most, going + 1)
        await may_end.wait()
        going -= 1
        await house.take(word)

    async with house.working(work):
        for word in range(3 * AT_ONCE):
            await house.send(str(word))
        await until(lambda: going == AT_ONCE)
        assert house.waiting() == 2 * AT_ONCE
        may_end.set()
        async with asyncio.timeout(NEVER / 2):
            await until(lambda: house.unended() == 0)
    assert (most, len(house.taken)) == (AT_ONCE, 3 * AT_ONCE)


async def test_a_worker_at_rest_hardly_asks(house: House) -> None:
    """In a second it asks the server less often than it once did in a fifth of one."""

    def asked() -> int:
        return int(house.sending.client.info("stats")["total_commands_processed"])

    async with house.working():
        await house.idle()
        before = asked()
        await asyncio.sleep(1)
        assert asked() - before <= 20


async def test_a_worker_at_rest_stops_at_once(house: House) -> None:
    """It waits for no look when it is asked to stop."""
    async with house.working():
        await house.idle()
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < NEVER / 2


async def test_a_worker_that_stops_gives_back_what_it_has_not_ended(house: House) -> None:
    """Another worker of the host goes on with it at once, and nobody waits until it is missed."""
    begun = asyncio.Event()

    async def work(_: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with house.working(work):
        await house.send("long")
        await begun.wait()
    assert house.waiting() == 1
    async with house.working():
        await until(lambda: house.unended() == 0)
    assert house.taken == ["long"]


async def test_a_message_whose_work_fails_is_not_tried_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """What is due is for the log to say; what nobody foresaw is logged."""

    async def work(word: str) -> None:
        await house.take(word)
        raise ValueError("nobody foresaw it")

    async with house.working(work):
        await house.send("one")
        await until(lambda: house.unended() == 0)
    assert house.taken == ["one"]
    assert "nobody foresaw it" in caplog.text


async def test_a_server_that_refuses_for_a_while_is_asked_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """It is no server that is away; a worker that took nothing any more would be none the less deaf."""
    house.sending.client.config_set("maxmemory", 1)
    try:
        async with house.working():
            await until(lambda: "command not allowed when used memory" in caplog.text)
            house.sending.client.config_set("maxmemory", 0)
            await house.send("one")
            await until(lambda: house.taken == ["one"] and house.unended() == 0)
    finally:
        house.sending.client.config_set("maxmemory", 0)


async def test_a_message_of_somebody_else_is_put_aside(house: House) -> None:
    """It is not carried out, and stands in nobody's way."""
    async with house.working():
        await house.send("one", actor="another")
        await house.send("two")
        await until(lambda: house.unended() == 0)
    assert house.taken == ["two"]
