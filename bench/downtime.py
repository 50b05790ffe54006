"""Downtime as a user sees it: a gateway is asked again and again, and the longest silence is the answer."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from typing import Self

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.products.product import Product
from astrolabe.workers.instance.probe import Probe, Probed

EVERY = 0.02
"""Seconds between two questions."""


class Downtime:
    """Asks a gateway for its health as long as a block runs."""

    def __init__(self, probe: Probed) -> None:
        self._probe: Probed = probe
        self._served: float | None = None
        self.seconds: float = 0.0

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, config: InstanceConfig, product: Product) -> AsyncGenerator[Self]:
        """Measure from a first answer to one after the block."""
        async with Probe.open(config, product) as probe:
            measured = cls(probe)
            asking = asyncio.create_task(measured._ask())
            try:
                await measured._answered()
                yield measured
                await measured._answered()
            finally:
                asking.cancel()
                await asyncio.wait((asking,))

    async def _ask(self) -> None:
        while True:
            asked = time.monotonic()
            if (await self._probe.health())[0]:
                if self._served is not None:
                    self.seconds = max(self.seconds, asked - self._served)
                self._served = asked
            await asyncio.sleep(EVERY)

    async def _answered(self) -> None:
        now = time.monotonic()
        while self._served is None or self._served < now:  # noqa: ASYNC110  the asking task sets no event
            await asyncio.sleep(EVERY)
