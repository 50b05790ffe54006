"""The kinds of deployment that a worker can act on, and the driver of each."""

from collections.abc import Callable, Mapping
from typing import Final

from astrolabe.domain.words import Kind
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.instance.site import Site
from astrolabe.workers.kinds.compose.driver import ComposeDriver
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.kinds.npm.cli import CliDriver
from astrolabe.workers.kinds.npm.npx import NpxDriver

DRIVERS: Final[Mapping[Kind, Callable[[Site], Driver]]] = {
    "cli": CliDriver,
    "compose": ComposeDriver,
    "npx": NpxDriver,
}


def driver_of(site: Site) -> Driver:
    """Return the driver of an instance's kind."""
    if make := DRIVERS.get(site.config.kind):
        return make(site)
    raise StepFailed("kind-unsupported", f"This worker cannot act on instances of kind {site.config.kind}.")
