"""The check of preflight that others can be kept out until cutover."""

from collections.abc import Sequence

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.plans.plan import Check


def isolation_check(config: InstanceConfig, lacking: Sequence[str]) -> Check:
    """Check that the new version can run where nobody else gets in, unless others are to be let in at once."""
    if config.cutover == "at-once":
        seen = (
            "others are let in before the new version is verified; what they write is counted, and may be left behind"
        )
        return Check("isolation", True, seen)
    if not lacking:
        return Check("isolation", True, "nobody else is let in before the new version is verified")
    return Check("isolation", False, f"others cannot be kept out: {'; '.join(lacking)}")
