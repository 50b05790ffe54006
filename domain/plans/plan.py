"""A plan: what an upgrade will do, as preflight found it."""

import hashlib

import msgspec
from msgspec import Struct

from astrolabe.domain.products.migration_type import Judgement
from astrolabe.domain.products.release_notes import CrossedRelease
from astrolabe.domain.words import Sha256, Step, Version


class Sibling(Struct, frozen=True):
    """An image of another repository that belongs to a version of a product."""

    package: str
    """Its repository without its registry."""
    integrity: str
    """Its digest."""
    registry: str
    """The registry's host."""


class Artifact(Struct, frozen=True, omit_defaults=True):
    """One exact thing to run: a version of an npm package or of a container image."""

    package: str
    """The package's name, or the image's repository without its registry."""
    version: Version
    """The exact version."""
    integrity: str
    """The hash that proves it: npm's SHA-512, or the image's digest."""
    registry: str
    """Where it comes from: a registry's URL for a package, its host for an image."""
    siblings: tuple[Sibling, ...] = ()
    """The images of sibling repositories that the instance runs at the same version; left out where there are none."""

    @property
    def name(self) -> str:
        """Name it as its own tools do."""
        return f"{self.package}{':' if self.integrity.startswith('sha256:') else '@'}{self.version}"

    @property
    def described(self) -> str:
        """Say what it is exactly, and what belongs to it."""
        others = "".join(f", with {each.package} {each.integrity} from {each.registry}" for each in self.siblings)
        return f"{self.integrity} from {self.registry}{others}"


DEPRECATED = "deprecated"
"""The name of the check that holds what a registry says of a version that its publisher wants nobody to use."""

NEXT_UP = "next-up"
"""The name of the check that says what the owner's own files will make of an instance after its upgrade."""

NAMED_ALREADY = "the project's own files name this version"
"""What that check says where nothing need be written."""


class Check(Struct, frozen=True):
    """One thing that was looked at, and what was seen."""

    name: str
    """What was looked at, in a word."""
    ok: bool
    """Whether it was as it should be."""
    seen: str
    """What was seen, in a sentence."""
    output: Sha256 | None = None
    """The SHA-256 of all that was said, kept beside the log for a while: `GET /outputs/{sha256}`; null where it was
    short."""


class PlannedCommand(Struct, frozen=True):
    """A command that a step will run, as the user could have typed it."""

    step: Step
    """The step that runs it."""
    argv: tuple[str, ...]
    """The program and its arguments, one each; a secret is shown as [REDACTED]."""


class Plan(Struct, frozen=True):
    """The way from the running artifact to the wanted one."""

    old: Artifact
    """What runs."""
    new: Artifact
    """What was asked for."""
    checks: tuple[Check, ...] = ()
    """What preflight looked at, and what it saw."""
    commands: tuple[PlannedCommand, ...] = ()
    """The commands that will run, in order."""
    breaking: tuple[Version, ...] | None = None
    """The breaking releases on the way; null where one of them has no notes that say so."""
    stops: tuple[Artifact, ...] = ()
    """The versions between that must run once, in order; each ends a leg of the upgrade."""
    releases: tuple[CrossedRelease, ...] = ()
    """What the notes say of the releases on the way."""
    migrations: tuple[Judgement, ...] = ()
    """What their migrations do to those who use the instance meanwhile."""

    @property
    def legs(self) -> tuple[Artifact, ...]:
        """Return what each leg ends on; the last is the wanted artifact."""
        return (*self.stops, self.new)

    @property
    def sha256(self) -> str:
        """The hash of all that it says, which is the hash of its bytes in the log."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def same_way(plan: Plan, approved: Plan) -> bool:
    """Return whether a plan does what another one does; what was seen beforehand may differ."""
    return (plan.old, plan.legs, plan.breaking) == (approved.old, approved.legs, approved.breaking)
