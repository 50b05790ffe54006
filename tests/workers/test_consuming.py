"""Consuming from any broker of Dramatiq's, also from one that differs from Redis as RabbitMQ does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import dramatiq
import pytest
import redis
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Middleware
from typing_extensions import override

from astrolabe.workers.worker import consuming as subject
from astrolabe.workers.worker.async_actor import AsyncActor, declare
from astrolabe.workers.worker.consuming import Consuming
from tests.waiting import until

QUEUE = "host.one"


class _Connection(Consumer):
    """As RabbitMQ's: answers are sent by whoever takes or closes, and what had none is given back at the close."""

    def __init__(self, taking: Consumer, give_back: Callable[[MessageProxy], object]) -> None:
        self._taking = taking
        self._give_back = give_back
        self._given: dict[str, MessageProxy] = {}
        self._answers: list[MessageProxy] = []
        self.closed = False

    @override
    def __next__(self) -> MessageProxy | None:
        self._send_answers()
        message = next(self._taking)
        if message is not None:
            self._given[message.message_id] = message
        return message

    @override
    def ack(self, message: MessageProxy) -> None:
        self._answers.append(message)

    @override
    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Do nothing: the server does so when the connection ends."""

    @override
    def close(self) -> None:
        self._send_answers()
        for message in self._given.values():
            self._give_back(message)
        self.closed = True

    def _send_answers(self) -> None:
        while self._answers:
            message = self._answers.pop()
            self._taking.ack(message)
            del self._given[message.message_id]


class _Broker(StubBroker):
    """Its consumers are connections."""

    def __init__(self) -> None:
        super().__init__(middleware=[])
        self.connections: list[_Connection] = []

    @override
    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> _Connection:
        taking = super().consume(queue_name, prefetch, timeout)
        self.connections.append(_Connection(taking, lambda message: self.queues[queue_name].put(message.encode())))
        return self.connections[-1]

    def left(self) -> list[str]:
        """Name what the queue holds."""
        return [dramatiq.Message.decode(each).args[0] for each in self.queues[QUEUE].queue]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "LOOK_MILLISECONDS", 50)
    monkeypatch.setattr(subject, "RESTART_SECONDS", 0.01)


@asynccontextmanager
async def working(broker: StubBroker, work: Callable[[str], Awaitable[None]]) -> AsyncIterator[AsyncActor]:
    """Let a worker take what comes."""
    actor = declare(broker, QUEUE, work)
    consuming = Consuming(broker, QUEUE, 2)
    consuming.start()
    try:
        yield actor
    finally:
        await consuming.end()


async def test_a_worker_that_stops_closes_its_connection_after_its_last_answer() -> None:
    """What ended meanwhile is acknowledged, and what did not is given back at once, not when the process is missed."""
    broker, begun = _Broker(), list[str]()

    async def work(word: str) -> None:
        begun.append(word)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if word != "ends":
                raise

    async with working(broker, work) as actor:
        for word in ("ends", "does not end"):
            actor.send(word)
        await until(lambda: len(begun) == 2)
    assert broker.left() == ["does not end"]


async def test_a_worker_at_rest_stops_soon() -> None:
    """Whatever time its broker's consumer would wait for a message by itself."""
    async with working(StubBroker(middleware=[]), lambda _: asyncio.sleep(0)):
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1


@pytest.mark.parametrize("error", [ConnectionClosed(OSError("reset")), ValueError("nobody foresaw it")])
async def test_a_connection_that_fails_is_closed_and_another_is_made(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it failed with: a worker that took nothing any more would be deaf, and look well."""
    broker, taken = _Broker(), list[str]()

    async def work(word: str) -> None:
        taken.append(word)

    async with working(broker, work) as actor:
        await until(lambda: len(broker.connections) == 1)
        failing = iter([error])
        monkeypatch.setattr(broker.connections[0], "_send_answers", lambda: _raise(failing))
        await until(lambda: len(broker.connections) == 2)
        actor.send("one")
        await until(lambda: taken == ["one"])
        assert broker.connections[0].closed
    assert str(error) in caplog.text


def _raise(errors: Iterable[Exception]) -> None:
    for each in errors:
        raise each


@pytest.mark.parametrize("error", [ConnectionClosed(OSError("reset")), redis.ResponseError("OOM command not allowed")])
async def test_an_answer_that_is_refused_is_given_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that was carried out does not stay for a later worker to carry out once more."""
    broker, taken = _Broker(), list[str]()

    async def work(word: str) -> None:
        taken.append(word)

    async with working(broker, work) as actor:
        await until(lambda: len(broker.connections) == 1)
        (connection,) = broker.connections
        failing, answer = iter([error]), connection.ack

        def refuse_once(message: MessageProxy) -> None:
            _raise(failing)
            answer(message)

        monkeypatch.setattr(connection, "ack", refuse_once)
        actor.send("one")
        await until(lambda: taken == ["one"] and not broker.queues[QUEUE].unfinished_tasks)
    assert broker.left() == []


class _Heard(Middleware):
    def __init__(self) -> None:
        self.all: list[str] = []

    @override
    def before_process_message(self, broker: dramatiq.Broker, message: MessageProxy) -> None:
        self.all.append(f"before {message.args[0]}")

    @override
    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        self.all.append(f"after {message.args[0]}: {exception}")

    @override
    def after_ack(self, broker: dramatiq.Broker, message: MessageProxy) -> None:
        self.all.append(f"acknowledged {message.args[0]}")


async def test_it_works_with_any_broker_of_dramatiq() -> None:
    """Another than Redis needs nothing of ours, and a middleware hears of messages as it does of Dramatiq's worker."""
    heard = _Heard()
    broker = StubBroker(middleware=[heard])

    async def work(word: str) -> None:
        await asyncio.sleep(0)
        if word == "two":
            raise ValueError("nobody foresaw it")

    actor = declare(broker, QUEUE, work)
    consuming = Consuming(broker, QUEUE, 1)
    consuming.start()
    for word in ("one", "two"):
        actor.send(word)
    await until(lambda: "acknowledged two" in heard.all)
    await consuming.end()
    assert heard.all == [
        "before one",
        "after one: None",
        "acknowledged one",
        "before two",
        "after two: nobody foresaw it",
        "acknowledged two",
    ]
