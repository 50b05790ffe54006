"""The broker: messages that are only pointers, over Redis or Valkey."""

from collections.abc import Sequence

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from astrolabe.workers.waking import WakingBroker

ACTOR = "carry_out"
NAMESPACE = "astrolabe"


def queue_of(host: str) -> str:
    """Name the queue of a host."""
    return f"host.{host}"


def open_broker(url: str) -> WakingBroker:
    """Open the broker; no default middleware, for a retry or a time limit of its own would act behind the log."""
    return WakingBroker(url=url, namespace=NAMESPACE, middleware=[], socket_connect_timeout=2)


def enqueue(broker: RedisBroker, host: str, instance_id: str, resources: Sequence[str] = ()) -> None:
    """Notify a host's workers that something is due on an instance, and which leases they will need besides."""
    queue, args = queue_of(host), (instance_id, *resources)
    broker.declare_queue(queue)
    broker.enqueue(dramatiq.Message(queue_name=queue, actor_name=ACTOR, args=args, kwargs={}, options={}))
