"""The kinds of deployment that a worker can act on, and the driver of each."""

from collections.abc import Callable, Mapping
from typing import Final

from domain.words import Kind
from workers.drivers.cli import CliDriver
from workers.drivers.compose import ComposeDriver
from workers.drivers.driver import Driver
from workers.drivers.npx import NpxDriver
from workers.failure import StepFailed
from workers.site import Site

DRIVERS: Final[Mapping[Kind, Callable[[Site], Driver]]] = {
    "cli": CliDriver,
    "compose": ComposeDriver,
    "npx": NpxDriver,
}


def driver_of(site: Site) -> Driver:
    """Give the driver of an instance's kind."""
    if make := DRIVERS.get(site.config.kind):
        return make(site)
    raise StepFailed("kind-unsupported", f"This worker cannot act on instances of kind {site.config.kind}.")
