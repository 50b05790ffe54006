"""A prefix that npm installs command lines into: what npm moved aside there, and never cleared away."""

import shutil
from pathlib import Path

from astrolabe.domain.products.product import Npm

ASIDE = "-????????"
"""What npm adds to the name of what it moves aside, beside a dot in front."""


def clear(prefix: str, package: Npm) -> None:
    """Delete the old version that an npm which was killed had moved aside: npm would refuse to move another there."""
    place = Path(prefix, "lib", "node_modules", package.package)
    for each in place.parent.glob(f".{place.name}{ASIDE}"):
        shutil.rmtree(each)
    for each in Path(prefix, "bin").glob(f".{package.bin}{ASIDE}"):
        each.unlink()
