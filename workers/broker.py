"""The broker: messages that are only pointers, over Redis or Valkey."""

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


def enqueue(broker: RedisBroker, host: str, instance_id: str) -> None:
    """Notify a host's workers that something is due on an instance."""
    queue = queue_of(host)
    broker.declare_queue(queue)
    broker.enqueue(dramatiq.Message(queue_name=queue, actor_name=ACTOR, args=(instance_id,), kwargs={}, options={}))
