"""A lane: everything sent to one endpoint, by a few at once, and by one at a time while it fails."""

import asyncio
import contextlib
import logging
import random
from typing import Final

from astrolabe.domain.problem import Refused
from astrolabe.domain.recorded import Cause
from astrolabe.domain.webhooks.decider import DisableEndpoint
from astrolabe.domain.webhooks.endpoint import DisableCause, Endpoint
from astrolabe.domain.webhooks.retrying import GONE, SUCCESS, next_pause
from astrolabe.store.errors import WrongVersion
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.webhooks.deliveries import Deliveries, LeasedDelivery, Outcome
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.relay.webhooks.sending import Answer, Sender

LOG = logging.getLogger("astrolabe.webhooks")

AT_ONCE: Final = 8
"""How many deliveries of one endpoint are under way at once."""

PATIENT: Final = 3
"""After so many failures in a row an endpoint is tried by one at a time, with growing pauses."""

LONGEST_REST: Final = 60.0
POLL_SECONDS: Final = 1.0
WHY: Final[dict[DisableCause, str]] = {
    "gone": "the endpoint answered 410 Gone",
    "failing": "nothing has reached the endpoint for too long",
}


class Lane:
    """Sends one endpoint what is due for it; `endpoint` is set anew when it changes."""

    def __init__(
        self,
        endpoint: Endpoint,
        deliveries: Deliveries,
        webhooks: Webhooks,
        sender: Sender,
        settings: WebhookSettings,
    ) -> None:
        self.endpoint: Endpoint = endpoint
        self._deliveries: Final = deliveries
        self._webhooks: Final = webhooks
        self._sender: Final = sender
        self._settings: Final = settings
        self._more: Final = asyncio.Event()
        self._under_way: Final[set[asyncio.Task[None]]] = set()
        self._well: Final = asyncio.Event()
        self._failures: int = 0
        self._rests: int = 0
        self._over: bool = False

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._more.set()

    async def run(self) -> None:
        """Send what is due until the endpoint is disabled."""
        try:
            while not self._over:
                self._more.clear()
                if not await self._begin():
                    await self._rest()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _begin(self) -> bool:
        free = (1 if self._failures >= PATIENT else AT_ONCE) - len(self._under_way)
        taken = await self._deliveries.take(self.endpoint, free, self._settings.lease) if free > 0 else []
        for each in taken:
            task = asyncio.create_task(self._deliver(each))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return bool(taken) and len(self._under_way) < AT_ONCE and self._failures < PATIENT

    async def _rest(self) -> None:
        if self._failures >= PATIENT:
            await _until(self._well, min(LONGEST_REST, 2.0 ** min(self._rests, 6)))
            self._rests += 1
        else:
            await _until(self._more, POLL_SECONDS)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._more.set()
        if not task.cancelled() and (error := task.exception()):
            # What was taken comes back when its lease ends.
            LOG.warning("webhook %s: %s: %s", self.endpoint.config.name, type(error).__name__, error)

    async def _deliver(self, delivery: LeasedDelivery) -> None:
        endpoint = self.endpoint
        answer = await self._sender.send(endpoint, delivery)
        end = outcome(delivery, answer)
        well = end.state == "delivered"
        self._note(well)
        await self._deliveries.finish(delivery, end)
        if answer.status == GONE:
            await self._disable(endpoint, "gone")
        elif not well and await self._deliveries.fails_too_long(endpoint.endpoint_id, self._settings.failing_for):
            await self._disable(endpoint, "failing")

    def _note(self, well: bool) -> None:
        if well:
            self._failures = self._rests = 0
            self._well.set()
        else:
            self._failures += 1
            self._well.clear()

    async def _disable(self, endpoint: Endpoint, why: DisableCause) -> None:
        command, cause = DisableEndpoint(endpoint.endpoint_id, why), Cause("relay", WHY[why], "relay")
        # Whoever changed the endpoint meanwhile, or removed it, has dealt with it: it is tried as it is now.
        with contextlib.suppress(WrongVersion, Refused):
            after = await self._webhooks.execute(command, cause, if_match=endpoint.version)
            self._over = True
            if after.history:
                LOG.error("webhook %s is disabled: %s; enable it when it is well", endpoint.config.name, WHY[why])


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def outcome(delivery: LeasedDelivery, answer: Answer) -> Outcome:
    """Say what follows from an answer: done, another try after a pause, or no more."""
    attempted = answer.at, answer.status, answer.latency_ms, answer.response
    if answer.status in SUCCESS:
        return Outcome("delivered", *attempted)
    pause = next_pause(delivery.tries + 1, random.random(), answer.retry_after)  # noqa: S311  jitter, no secret
    return Outcome("failed", *attempted) if pause is None else Outcome("pending", *attempted, pause)
