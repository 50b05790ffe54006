"""Probing: whoever says of an instance whether it serves, over its port or in a way of its kind's own."""

import contextlib
from collections.abc import AsyncGenerator

from astrolabe.workers.instance.probe import Probe, Probed, Where
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver


@contextlib.asynccontextmanager
async def probing(site: Site, driver: Driver, where: Where | None = None) -> AsyncGenerator[Probed]:
    """Open what asks an instance, and close it in the end; `where` says where it answers, None as others reach it."""
    if own := driver.own_probe():
        yield own
        return
    async with Probe.open(site.config, site.product, where or driver.reached, site.reach) as probe:
        yield probe
