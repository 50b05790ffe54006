"""A look: which version of the product runs now, in words that stay the same while it does."""

import msgspec
from msgspec import Struct

from domain.words import Version
from workers.drivers.driver import Driver
from workers.probe import Probe
from workers.site import Site


class Look(Struct, frozen=True):
    """What was seen; no version where the product does not run."""

    version: Version | None
    seen: str


async def look(site: Site, driver: Driver) -> Look:
    """Look at what runs: what it is started from, and what it answers where the product tells how to ask."""
    title, port = site.product.title, site.config.port
    does = "is installed" if port is None else f"serves on port {port}"
    running = await driver.running()
    if running is None:
        return Look(None, f"nothing {does}")
    if running.version is None:
        return Look(None, f"what {does} is not {title}")
    async with Probe.open(site.config, site.product) as probe:
        version = await probe.version() or running.version
    if not _is_exact(version):
        return Look(None, f"{title} {does}, in a version that is none: {version[:50]!r}")
    other = "" if version == running.version else f", from files of {running.version}"
    return Look(version, f"{title} {version} {does}{other}")


def _is_exact(version: str) -> bool:
    try:
        msgspec.convert(version, Version)
    except msgspec.ValidationError:
        return False
    return True
