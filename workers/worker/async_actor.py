"""An actor that is carried out on the worker's own event loop, where Dramatiq's own would hold a thread for it."""

from collections.abc import Awaitable, Callable
from typing import Any

import dramatiq

from astrolabe.workers.broker import ACTOR


class AsyncActor(dramatiq.Actor[..., Awaitable[None]]):
    """An actor whose call is awaited, and not waited for."""

    def __init__(self, fn: Callable[..., Awaitable[None]], **declared: Any) -> None:
        super().__init__(fn, **declared)
        # Dramatiq wraps what is async so that a thread waits for it.
        self.fn: Callable[..., Awaitable[None]] = fn


def declare(broker: dramatiq.Broker, queue: str, carry_out: Callable[..., Awaitable[None]]) -> AsyncActor:
    """Declare what carries out the messages of a queue, each of which names an instance."""
    return AsyncActor(carry_out, broker=broker, actor_name=ACTOR, queue_name=queue, priority=0, options={})
