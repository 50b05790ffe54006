"""Events of the cutover: what was verified apart, when others were let in, and what is unwell since."""

from astrolabe.domain.plans.plan import Check
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.upgrade_event import OfUpgrade
from astrolabe.domain.words import Moment, Version


class UpgradeVerified(OfUpgrade, frozen=True, tag="upgrade_verified"):
    """All checks were made before anybody else was let in, and all of them hold."""

    version: Version
    """The version that was verified."""
    checks: tuple[Check, ...]
    """What was looked at, and what was seen."""
    at: Moment
    """When it was verified."""


class CutOver(OfUpgrade, frozen=True, tag="cut_over"):
    """The point of no return: others are let in from here on, and what they write is counted."""

    counters: Writes
    """What the database's own counters said before anybody was let in, which a later count is compared with."""
    at: Moment
    """When others were let in."""
    verified: bool = True
    """Whether the new version was verified before; false where the instance lets others in at once."""


class UpgradeUnwell(OfUpgrade, frozen=True, tag="upgrade_unwell"):
    """After cutover the new version does not serve; a person decides what becomes of it."""

    version: Version
    """The version that the instance is on."""
    problem: Problem
    """What is wrong, and what to do."""
    writes: Writes
    """What going back would leave behind; its total is null where nobody knows."""
    at: Moment
    """When it was given up."""
