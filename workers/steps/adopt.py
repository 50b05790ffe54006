"""Adopting: the version of an instance is what a worker finds running, on the host and in the way that were named."""

from collections.abc import Iterator
from datetime import UTC, datetime

from astrolabe.domain.instances.instance import in_kind
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.states import Adopting
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.detection import detect
from astrolabe.workers.kinds.registry import DRIVERS, driver_of
from astrolabe.workers.steps.context import StepContext

TODO = "Start it, or say anew how to reach it (product, kind, port), then adopt it again."


async def adopt(context: StepContext) -> None:
    """Find out which version runs, and record it, or raise StepFailed where that is not the product."""
    state = context.expect(Adopting)
    seen: list[str] = []
    for site in _sites(context.site):
        found = await detect(site, driver_of(site))
        if found.version:
            at = datetime.now(UTC)
            await context.recorder.report(
                e.InstanceAdopted(state.attempt, site.config.kind, found.version, found.seen, at)
            )
            return
        seen.append(found.seen)
    raise StepFailed("not-running", f"There is nothing to adopt: {seen[0]}.", seen=seen, todo=TODO)


def _sites(site: Site) -> Iterator[Site]:
    """Return the instance as it was registered, and then in each other kind that its product can be and it could be."""
    yield site
    for kind in site.product.kinds:
        if kind != site.config.kind and kind in DRIVERS and (config := in_kind(site.config, kind)):
            yield Site(site.host, site.instance_id, config)
