"""The facts of an instance itself: that it is known, what runs, how it is reached, and what is kept of it."""

from typing import Literal

from msgspec import Struct

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.problem import Problem
from astrolabe.domain.words import Kind, Moment, Name, Version


class InstanceRegistered(Struct, frozen=True, tag="instance_registered"):
    """An instance is known from here on; without a version, a worker on its host is to find out what runs."""

    config: InstanceConfig
    """What its owner registered."""
    version: Version | None = None
    """The version that runs, as its owner says; null where a worker is to find out."""


class AdoptionRequested(Struct, frozen=True, tag="adoption_requested"):
    """Somebody mended what stood in the way; a worker is to detect again what runs."""


class InstanceAdopted(Struct, frozen=True, tag="instance_adopted"):
    """A worker found the product running, in this version and this kind."""

    attempt: int
    """Which detection it was, counted from 1."""
    kind: Kind
    """How it is deployed, as the worker found."""
    version: Version
    """The version that answered."""
    seen: str
    """What the worker saw, in a sentence."""
    at: Moment
    """When the worker saw it."""


class AdoptionRefused(Struct, frozen=True, tag="adoption_refused"):
    """A worker found nothing running, or something else than the product."""

    attempt: int
    """Which detection it was, counted from 1."""
    problem: Problem
    """What was found instead, and what to do."""
    at: Moment
    """When the worker found that."""


class InstanceObserved(Struct, frozen=True, tag="instance_observed"):
    """A worker saw something else than was seen before."""

    version: Version | None
    """The version that runs; null where the product does not run."""
    seen: str
    """What the worker saw, in a sentence."""
    at: Moment
    """When the worker saw it."""


class ObservationFailed(Struct, frozen=True, tag="observation_failed"):
    """For a while no worker could look at the instance: nobody knows what runs."""

    why: str
    """What kept it from looking, in a sentence."""
    since: Moment
    """When it could not look for the first time."""
    at: Moment
    """When it had been so for long enough to be said."""


class DriftAccepted(Struct, frozen=True, tag="drift_accepted"):
    """Somebody vouched for what was changed by hand: what was seen is the version from here on."""

    version: Version
    """The version from here on."""
    at: Moment
    """When it was accepted."""


class InstanceReconfigured(Struct, frozen=True, tag="instance_reconfigured"):
    """The instance is reached in another way from here on."""

    config: InstanceConfig
    """The whole configuration from here on, not only what changed."""


class InstanceRenamed(Struct, frozen=True, tag="instance_renamed"):
    """The instance has another name from here on, and the one that it had is free."""

    name: Name
    """Its name from here on."""
    former: Name
    """The name that it had."""


class InstanceRetired(Struct, frozen=True, tag="instance_retired"):
    """Nothing more will be asked of this instance."""

    name_free: bool = False
    """Whether another may have its name: no worker ever saw it run, and no upgrade of it was asked for."""


class KeptDiscarded(Struct, frozen=True, tag="kept_discarded"):
    """The retention of something kept aside has ended and it is gone."""

    what: Literal["database", "dump", "files"]
    """What it was."""
    name: str
    """The database's name, or the path on the host of the dump or of the copy's manifest."""
