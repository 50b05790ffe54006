"""A Redis broker whose consumers wait at the server for their queue to hold something."""

import threading
from collections.abc import Iterable
from typing import Any

import redis
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from typing_extensions import override

LOOK_SECONDS = 3.0
"""How long a consumer waits before it looks again: less than the 5 seconds after which redis-py gives a socket up.

The server ends a wait up to a second late where it looks at its clock once a second, as that of `astrolabe up` does.
"""

MAINTENANCE_IN_A_MILLION = 60_000
"""How many looks of a million also give back what a dead process had taken; Dramatiq reckons with far more looks."""


class WakingBroker(RedisBroker):
    """A broker whose consumers wake with their queue; what a message says, and how it is taken, is Dramatiq's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(maintenance_chance=MAINTENANCE_IN_A_MILLION, **options)
        self.look_seconds: float = LOOK_SECONDS

    @override
    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> "WaitingConsumer":
        """Make a consumer that waits for its queue, and not for the time-out that its worker has."""
        return WaitingConsumer(self, super().consume(queue_name, prefetch, timeout=0), queue_name, prefetch)


class WaitingConsumer(Consumer):
    """Waits for its queue where that was empty, and for a message of its own to end where it may take no more."""

    def __init__(self, broker: WakingBroker, taking: Any, queue: str, prefetch: int) -> None:
        self._broker: WakingBroker = broker
        self._taking: Any = taking
        self._key: str = f"{broker.namespace}:{queue}"
        self._prefetch: int = prefetch
        self._ended: threading.Event = threading.Event()
        self.waits: bool = False
        """Whether it takes nothing now, nor does before it was asked for the next message once more."""

    @override
    def __next__(self) -> MessageProxy | None:
        """Take a message, or where there was none the last time wait for one; never both, so that one can be ended."""
        if self.waits:
            self._wait()
            self.waits = False
            return None
        self._ended.clear()
        message: MessageProxy | None = self._taking.__next__()
        self.waits = message is None
        return message

    def _wait(self) -> None:
        if self._taking.outstanding_message_count >= self._prefetch:
            self._ended.wait(self._broker.look_seconds)
            return
        try:
            # Moved from the head of a queue to its head, a message is where it was; only the wait for one is over.
            self._broker.client.execute_command(
                "BLMOVE", self._key, self._key, "LEFT", "LEFT", self._broker.look_seconds
            )
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
