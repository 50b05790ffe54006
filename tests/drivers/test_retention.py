"""Retention: what is kept aside goes when its time is over."""

import pytest

from astrolabe.domain.upgrades import events as e
from tests.databases import run
from tests.hooked import upgrade
from tests.world import World


@pytest.mark.kinds("npx", "compose")
async def test_what_is_kept_goes_when_its_retention_ends(standin: World) -> None:
    """With a retention of nothing, the failed database and the dump are gone once the work is done."""
    await standin.reconfigure(retention_hours=0)
    await standin.upgrade("1.2.0")
    assert await standin.kept("database") == await standin.kept("dump") == []
    assert await standin.databases() == {standin.database}
    assert standin.dumps() == []
    gone = {(each.what, each.name) for each in await standin.told() if isinstance(each, e.KeptDiscarded)}
    restored, taken = await standin.one(e.DatabaseRestored), await standin.one(e.BackupTaken)
    assert taken.dump
    assert gone == {("database", restored.kept), ("dump", taken.dump.path)}


@pytest.mark.kinds("npx")
async def test_what_cannot_be_discarded_now_is_discarded_later(standin: World) -> None:
    """A server that refuses when retention ends holds nothing up: the discard is done when it is asked for again."""
    await standin.reconfigure(retention_hours=0)
    lock, unlock = (f"ALTER ROLE {standin.database} {word}" for word in ("NOLOGIN", "LOGIN"))
    await upgrade(standin, "1.2.0", UpgradeRolledBack=lambda: run(standin.server, lock))
    assert len(await standin.kept("database")) == 1
    assert await standin.running() == "1.1.0"
    await run(standin.server, unlock)
    await standin.carry_out()
    assert await standin.kept("database") == []
    assert await standin.databases() == {standin.database}
