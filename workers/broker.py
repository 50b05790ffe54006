"""The broker: messages that are only pointers, over Redis or Valkey."""

import dramatiq
import uvloop
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, Middleware
from typing_extensions import override

from astrolabe.workers.waking import WakingBroker

ACTOR = "carry_out"
NAMESPACE = "astrolabe"
QUEUED_SECONDS = 30
"""How long an instance that was enqueued is not enqueued again; forgotten with the queue when Redis is flushed."""

INTERRUPT_SECONDS = 5.0


def queue_of(host: str) -> str:
    """Name the queue of a host."""
    return f"host.{host}"


class OnUvloop(AsyncIO):
    """Runs what a worker carries out on uvloop, where Dramatiq would take the standard library's loop."""

    @override
    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start the thread of the worker's one event loop."""
        # Nothing interrupts an actor from outside, so its thread need not look for that.
        thread = EventLoopThread(self.logger, interrupt_check_ival=INTERRUPT_SECONDS)
        thread.loop.close()
        thread.loop = uvloop.new_event_loop()
        thread.start(timeout=1.0)
        set_event_loop_thread(thread)


def open_broker(url: str) -> WakingBroker:
    """Open the broker; no default middleware, for a retry or a time limit of its own would act behind the log."""
    middleware: list[Middleware] = [OnUvloop()]
    return WakingBroker(url=url, namespace=NAMESPACE, middleware=middleware, socket_connect_timeout=2)


def enqueue(broker: RedisBroker, host: str, instance_id: str) -> bool:
    """Notify a host's workers that something is due on an instance; False where they were a moment ago."""
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
