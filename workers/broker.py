"""The broker: messages that are only pointers, over Redis or Valkey."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, Middleware

ACTOR = "carry_out"
NAMESPACE = "astrolabe"
QUEUED_SECONDS = 30
"""How long an instance that was enqueued is not enqueued again; forgotten with the queue when Redis is flushed."""


def queue_of(host: str) -> str:
    """Name the queue of a host."""
    return f"host.{host}"


def open_broker(url: str) -> RedisBroker:
    """Open the broker; no default middleware, for a retry or a time limit of its own would act behind the log."""
    middleware: list[Middleware] = [AsyncIO()]
    return RedisBroker(url=url, namespace=NAMESPACE, middleware=middleware, socket_connect_timeout=2)


def enqueue(broker: RedisBroker, host: str, instance_id: str) -> bool:
    """Tell a host's workers that something is due on an instance; False where they were told a moment ago."""
    if not broker.client.set(_queued(instance_id), "1", nx=True, ex=QUEUED_SECONDS):
        return False
    queue = queue_of(host)
    broker.declare_queue(queue)
    broker.enqueue(dramatiq.Message(queue_name=queue, actor_name=ACTOR, args=(instance_id,), kwargs={}, options={}))
    return True


def taken(broker: RedisBroker, instance_id: str) -> None:
    """Note that the message of an instance has arrived, so that the next one may be sent."""
    broker.client.delete(_queued(instance_id))


def _queued(instance_id: str) -> str:
    return f"{NAMESPACE}:queued:{instance_id}"
