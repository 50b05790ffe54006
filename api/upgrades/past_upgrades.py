"""What past upgrades took: of an instance, and of those like it on its host."""

from astrolabe.api.http.resources import Resources
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.kinds.registry import KINDS
from astrolabe.domain.reach import Reach
from astrolabe.domain.upgrades.cutover_outlook import CutoverOutlook, outlooks
from astrolabe.domain.upgrades.measured import MeasuredUpgrade, measured

MOST_OTHERS = 20
"""How many others are looked at, the latest registered."""


async def cutover_outlooks(
    resources: Resources, instance_id: str, config: InstanceConfig, within: Reach
) -> tuple[CutoverOutlook, ...]:
    """Return what either way of cutover would cost, by what others within reach took as well.

    Nothing where nobody is served, so that nobody is let in.
    """
    if not KINDS[config.kind].serves:
        return ()
    like = await resources.views.like(config.product, config.kind, config.host, MOST_OTHERS, within)
    own = await _measured(resources, instance_id)
    others = [upgrade for other in like if other != instance_id for upgrade in await _measured(resources, other)]
    return outlooks(config.cutover, own, others)


async def _measured(resources: Resources, instance_id: str) -> tuple[MeasuredUpgrade, ...]:
    history = (await resources.instances.load(instance_id)).history
    return measured(each.event for each in history)
