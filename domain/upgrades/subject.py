"""Subjects: what an event is about in names and versions, which the event itself often leaves out."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from astrolabe.domain.products.release_notes import CrossedRelease
from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.words import Cause

MOST_RELEASES = 3
"""How many releases of an upgrade are kept, the last."""
LONGEST_NOTES = 600
"""How many characters of a release's notes are kept."""
WHY: dict[Cause, str] = {"request": "somebody asked for it", "cancel": "the upgrade was cancelled"}
"""Why an upgrade goes back where no problem says it."""


class Subject(Struct, frozen=True):
    """An instance by its names, and the upgrade that was asked for last by its versions."""

    name: str
    product: str
    upgrade_id: str | None = None
    """None before the first upgrade."""
    from_version: str | None = None
    to_version: str | None = None
    """Where it goes; None while only `latest` was asked for."""
    host: str = ""
    why: str | None = None
    """Why it goes back; None where it does not."""
    releases: tuple[CrossedRelease, ...] = ()
    """What is said of the releases on the way, the last of them."""

    @property
    def upgrade(self) -> str:
        """Name the upgrade as a person does."""
        ends = (("from", self.from_version), ("to", self.to_version))
        return " ".join(["the upgrade", *(f"{word} {version}" for word, version in ends if version)])


class Subjects(Struct, frozen=True):
    """What the events of one stream are about, up to a version of it; only where that changes is kept."""

    version: int = 0
    changes: tuple[tuple[int, Subject], ...] = ()

    def extended(self, history: Iterable[Recorded[e.Event]]) -> "Subjects":
        """Return them after further events of the stream."""
        version, changes = self.version, list(self.changes)
        for each in history:
            before = changes[-1][1] if changes else None
            after = _after(before, each.event)
            version = each.version
            if after is not None and after != before:
                changes.append((version, after))
        return Subjects(version, tuple(changes))

    def of(self, version: int, upgrade_id: str | None) -> Subject | None:
        """Return what an event is about, by its place in the stream and by its upgrade; None before any name."""
        until = [subject for since, subject in self.changes if since <= version]
        if not until:
            return None
        newest = until[-1]
        if upgrade_id is None or newest.upgrade_id == upgrade_id:
            return newest
        # A review may be due of an upgrade that another has followed.
        own = next((each for each in reversed(until) if each.upgrade_id == upgrade_id), None)
        return own or Subject(newest.name, newest.product, upgrade_id, host=newest.host)


def _short(release: CrossedRelease) -> CrossedRelease:
    # They are kept for every upgrade of many streams.
    return replace(release, notes=release.notes[:LONGEST_NOTES], rollback="", migrations=())


def _after(before: Subject | None, event: e.Event) -> Subject | None:
    match event:
        case e.InstanceRegistered(config=config):
            return Subject(config.name, config.product, host=config.host)
        case e.InstanceReconfigured(config=config) if before:
            return replace(before, name=config.name, product=config.product, host=config.host)
        case e.InstanceRenamed(name) if before:
            return replace(before, name=name)
        case e.UpgradeRequested(upgrade_id, from_version, target) if before:
            goal = None if target == "latest" else target
            return Subject(before.name, before.product, upgrade_id, from_version, goal, before.host)
        case _:
            return _on_the_way(before, event) if before else None


def _on_the_way(before: Subject, event: e.Event) -> Subject:
    match event:
        case e.UpgradeRetried(upgrade_id, _, from_version) if before.upgrade_id == upgrade_id:
            return replace(before, from_version=from_version, why=None)
        case e.PreflightPassed(upgrade_id, plan):
            releases = tuple(_short(each) for each in plan.releases[-MOST_RELEASES:])
            return replace(before, upgrade_id=upgrade_id, to_version=plan.new.version, releases=releases)
        case e.RollbackStarted(_, cause, _, problem) if problem or cause in WHY:
            return replace(before, why=problem.detail if problem else WHY[cause])
        case _:
            return before
