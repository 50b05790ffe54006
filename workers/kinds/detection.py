"""A look: which version of the product runs now, in words that stay the same while it does."""

import msgspec
from msgspec import Struct

from astrolabe.domain.words import Version
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.kinds.probing import probing


class Detection(Struct, frozen=True):
    """What was seen; no version where the product does not run."""

    version: Version | None
    seen: str


async def detect(site: Site, driver: Driver) -> Detection:
    """Look at what runs: what it is started from, and what it answers where the product says how to ask."""
    title = site.product.title
    does = f"serves {site.config.serving_place}" if site.config.serves else "is installed"
    running = await driver.running()
    if running is None:
        return Detection(None, f"nothing {does}")
    if running.version is None:
        is_not = f"is not one instance of {title}: {running.strange}" if running.strange else f"is not {title}"
        return Detection(None, f"what {does} {is_not}")
    async with probing(site, driver) as probe:
        version = await probe.version() or running.version
    if not _is_exact(version):
        return Detection(None, f"{title} {does}, in a version that is none: {version[:50]!r}")
    other = "" if version == running.version else f", from files of {running.version}"
    return Detection(version, f"{title} {version} {does}{other}")


def _is_exact(version: str) -> bool:
    try:
        msgspec.convert(version, Version)
    except msgspec.ValidationError:
        return False
    return True
