"""The fleet as callers see it: a page of its instances, and how many there are."""

from msgspec import Struct

from astrolabe.domain.products.release import Release
from astrolabe.domain.upgrades.instance_row import InstanceRow
from astrolabe.store.views.fleet import FleetUpgrade
from astrolabe.store.views.needs import Need


class ReleasesAhead(Struct, frozen=True):
    """What is known to be newer than what runs."""

    many: int
    """How many releases are known to be newer."""
    newest: Release
    """The newest of them, with its notes."""
    breaking: tuple[str, ...]
    """The breaking ones among them, the oldest first."""


class FleetInstance(Struct, frozen=True):
    """An instance in the fleet."""

    instance: InstanceRow
    """The instance, as lists have it."""
    title: str
    """The product's name for a reader."""
    need: Need | None
    """What a person has to look at, in a word; null where there is nothing."""
    last: FleetUpgrade | None
    """Its last upgrade; null before the first."""
    ahead: ReleasesAhead | None
    """What is known to be newer; null where nothing is."""


class FleetCounts(Struct, frozen=True):
    """How many instances a search finds, by what can be asked for alone."""

    all: int
    """All of them; retired ones are left out."""
    needs: int
    """Those that need a person."""
    updates: int
    """Those that a newer release is known for."""
    upgrading: int
    """Those on which an upgrade or a way back is under way, or waits for approval."""


class FleetPage(Struct, frozen=True):
    """A page of the fleet, a moment behind the log, and the link to the next where there is one."""

    items: tuple[FleetInstance, ...]
    """The instances, in the order that was asked for."""
    counts: FleetCounts
    """How many there are."""
    next: str | None = None
    """The path of the next page; null on the last one."""
