"""A Redis broker whose consumers are woken by a message, and look by themselves only now and then."""

import contextlib
import threading
from collections.abc import Iterable
from typing import Any

import dramatiq
import redis
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from typing_extensions import override

LOOK_SECONDS = 3.0
"""How long a wake-up that was lost may go unnoticed: less than the 5 seconds after which redis-py gives a socket up.

The server ends a wait up to a second late where it looks at its clock once a second, as that of `astrolabe up` does.
"""

HURRY_SECONDS = 0.02

MOST_WAITING = 100
"""How many wake-ups are kept for consumers that are all at work; whoever is not looks before it waits."""

MAINTENANCE_IN_A_MILLION = 60_000
"""How many looks of a million also give back what a dead process had taken; Dramatiq reckons with far more looks."""


class WakingBroker(RedisBroker):
    """Pushes a wake-up behind each message; what a message says, and how it is taken, is Dramatiq's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(maintenance_chance=MAINTENANCE_IN_A_MILLION, **options)
        self.look_seconds: float = LOOK_SECONDS
        self.hurries: bool = False

    @override
    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Enqueue a message and wake one consumer of its queue."""
        enqueued = super().enqueue(message, delay=delay)
        self.wake(message.queue_name)
        return enqueued

    def wake(self, queue: str) -> None:
        """Let one consumer of a queue look at once."""
        key = self.wake_key(queue)
        with self.client.pipeline() as commands:
            commands.lpush(key, "")
            commands.ltrim(key, 0, MOST_WAITING - 1)
            commands.execute()

    def hurry(self) -> None:
        """Let the consumers of this process wait no more, for it is to stop; where the broker is away they do not."""
        self.hurries = True
        with contextlib.suppress(redis.ConnectionError):
            for queue in (*self.queues, *self.delay_queues):
                self.wake(queue)

    def wake_key(self, queue: str) -> str:
        """Return the list that a queue's wake-ups wait in."""
        return f"{self.namespace}:wake:{queue}"

    @override
    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Make a consumer that waits to be woken, and not for the time-out that its worker's threads have."""
        return _WokenConsumer(self, super().consume(queue_name, prefetch, timeout=0), queue_name, prefetch)


class _WokenConsumer(Consumer):
    """Waits for a wake-up where its queue was empty, and for a message of its own to end where it may take no more."""

    def __init__(self, broker: WakingBroker, taking: Any, queue: str, prefetch: int) -> None:
        self._broker: WakingBroker = broker
        self._taking: Any = taking
        self._key: str = broker.wake_key(queue)
        self._prefetch: int = prefetch
        self._ended: threading.Event = threading.Event()

    @override
    def __next__(self) -> MessageProxy | None:
        self._ended.clear()
        message: MessageProxy | None = self._taking.__next__()
        if message is None:
            self._wait()
        return message

    def _wait(self) -> None:
        if self._broker.hurries:
            self._ended.wait(HURRY_SECONDS)
            return
        if self._taking.outstanding_message_count >= self._prefetch:
            self._ended.wait(self._broker.look_seconds)
            return
        try:
            self._broker.client.blpop([self._key], timeout=self._broker.look_seconds)
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None

    @override
    def ack(self, message: MessageProxy) -> None:
        self._taking.ack(message)
        self._ended.set()

    @override
    def nack(self, message: MessageProxy) -> None:
        self._taking.nack(message)
        self._ended.set()

    @override
    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        self._taking.requeue(messages)

    @override
    def close(self) -> None:
        self._taking.close()
