"""A worker that dies at any instant: another goes on, and nothing is done twice."""

import pytest

from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.commands import RequestRollback, RequestUpgrade
from astrolabe.store.ids import new_id
from tests.hooked import Mortality, mortal_effects, outlive
from tests.world import World

pytestmark = pytest.mark.deaths

UPGRADED = [
    "InstanceRegistered",
    "UpgradeRequested",
    "PreflightPassed",
    "BackupTaken",
    "ArtifactPulled",
    "InstanceStopped",
    "DatabaseCopied",
    "MigrationStarted",
    "MigrationFinished",
    "UpgradeVerified",
    "CutOver",
    "UpgradeSucceeded",
]


FAILED = [*UPGRADED[:8], "RollbackStarted", "DatabaseRestored", "UpgradeRolledBack"]


EFFECTS = {
    "npx": ("--file", "install", "the shelf", "the end of a gateway", "the start", "doctor"),
    "cli": ("install", "the shelf", "doctor"),
    "compose": (
        *("--file", "pull", "update", "--no-start", "start", "doctor"),
        *("create", "disconnect one project", "connect db private", "connect db project", "connect gateway project"),
    ),
}
"""What an upgrade does to the world, beside the database."""

BACK = {
    "npx": ("the end of a gateway", "the start", "doctor"),
    "cli": ("install", "doctor"),
    "compose": ("update", "--no-start", "start", "doctor", "disconnect one private", "rm one private"),
}
"""What the way back does to it."""


def _around(*names: str) -> set[str]:
    return {f"{when} {name}" for name in names for when in ("before", "after")}


async def _nothing_stray(standin: World) -> None:
    """One gateway runs; every database, dump and folder is one that the log knows."""
    assert len(await standin.gateways()) == 1
    state = (await standin.loaded()).state
    assert isinstance(state, s.Idle)
    point = state.instance.rollback_point
    copies = {point.copy.database} if point and point.copy else set()
    assert await standin.copies() == {*copies, *await standin.kept("database")}
    known = {point.dump.path} if point and point.dump else set()
    assert set(standin.dumps()) == {*known, *await standin.kept("dump")}
    assert await standin.strays() == []
    assert await standin.supervised()


def _copied(standin: World) -> set[str]:
    """Moments around the copy of a database that nobody may write to; none where there is none."""
    copy = "CREATE DATABASE _before TEMPLATE it ALLOW_CONNECTIONS false"
    blocked = "ALTER DATABASE it ALLOW_CONNECTIONS false"
    return _around(blocked, copy) if standin.serves else set()


def _run_apart(standin: World) -> set[str]:
    """Moments around the private name of a database; none where it has none, or keeps its own."""
    moved = ("ALTER DATABASE it RENAME TO _private", "ALTER DATABASE _private RENAME TO it")
    return _around(*moved) if standin.serves and standin.driver.isolation.database else set()


def _swapped(standin: World, *, before_cutover: bool = False) -> set[str]:
    """Moments around the swap of a database and its copy; none where there is none."""
    name = "_private" if before_cutover and standin.driver.isolation.database else "it"
    swap = (f"ALTER DATABASE {name} RENAME TO _after", "ALTER DATABASE _before RENAME TO it")
    blocked = (f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", "ALTER DATABASE it ALLOW_CONNECTIONS true")
    kept = "ALTER DATABASE _after SET default_transaction_read_only TO on"
    return _around(*blocked, *swap, kept) if standin.serves else set()


async def test_an_upgrade_outlives_a_death_at_every_moment(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker dies around each record, statement and process; the upgrade succeeds with all data, nothing twice."""
    await standin.unpull("2.0.0")
    mortality = Mortality()
    mortal_effects(monkeypatch, mortality)
    await standin.ask(RequestUpgrade(new_id(), "2.0.0"))
    died_at = await outlive(standin, mortality)
    assert set(died_at) >= {
        *_around(*(f"StepStarted {step}" for step in ("preflight", "backup", "pull", "migrate", "verify"))),
        *_around(*UPGRADED[2:], *EFFECTS[standin.config.kind]),
        *_copied(standin),
        *_run_apart(standin),
    }
    assert await standin.facts() == UPGRADED
    assert await standin.running() == "2.0.0"
    if standin.serves:
        assert await standin.items() == ["first"]
    await _nothing_stray(standin)


async def test_the_way_back_outlives_a_death_at_every_moment(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed migration one worker dies at each moment; every row and column of before is there again."""
    before = await standin.shape()
    mortality = Mortality(since="before FailStep")
    mortal_effects(monkeypatch, mortality)
    await standin.ask(RequestUpgrade(new_id(), "1.2.0"))
    died_at = await outlive(standin, mortality)
    # What failed to start by itself need not be ended.
    moments = {
        *_around("DatabaseRestored", "UpgradeRolledBack", *BACK[standin.config.kind]),
        *_swapped(standin, before_cutover=True),
    }
    assert set(died_at) >= moments - _around("the end of a gateway")
    assert await standin.facts() == FAILED
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before
    if standin.serves:
        assert ("FIRST",) in await standin.rows("SELECT name FROM items", (await standin.kept("database"))[0])
    await _nothing_stray(standin)


async def test_a_rollback_outlives_a_death_at_every_moment(standin: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rollback that was asked for ends well too, and still knows which writes it left behind."""
    before = await standin.shape()
    await standin.upgrade("2.0.0")
    await standin.write("second")
    mortality = Mortality()
    mortal_effects(monkeypatch, mortality)
    await standin.ask(RequestRollback(await standin.upgrade_id(), accept_lost_writes=True))
    died_at = await outlive(standin, mortality)
    counted = ["WritesCounted"] if standin.serves else []
    told = ("StepStarted rollback", "RollbackStarted", *counted, "DatabaseRestored", "UpgradeRolledBack")
    assert set(died_at) >= {*_around(*told, *BACK[standin.config.kind]), *_swapped(standin)}
    assert await standin.facts() == [*UPGRADED, "RollbackRequested", *told[1:]]
    assert await standin.running() == "1.1.0"
    assert await standin.shape() == before
    if standin.serves:
        restored = await standin.one(e.DatabaseRestored)
        assert restored.writes
        assert restored.writes.tables == {"public.items": 1}
        assert ("second",) in await standin.rows("SELECT name FROM items", restored.kept)
    await _nothing_stray(standin)
