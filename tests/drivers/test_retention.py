"""Retention: what is kept aside goes when its time is over."""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from astrolabe.domain.audit.evidence import HASHES
from astrolabe.domain.holds import Hold, LiftHold, OutputsDiscarded, PlaceHold
from astrolabe.domain.streams import HOLDS_STREAM
from astrolabe.domain.upgrades import events as e
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.outputs import Outputs
from astrolabe.store.streams.holds import HoldsInForce
from astrolabe.workers.worker import reconciler
from tests.databases import run
from tests.hooked import upgrade
from tests.store.stage import BY
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


@pytest.mark.kinds("npx")
@pytest.mark.parametrize("of", ["instance", "upgrade", "period"])
async def test_what_is_held_stays_until_the_hold_is_lifted(standin: World, of: str) -> None:
    """Whatever the retention: nothing that an upgrade left aside goes while somebody holds it."""
    await standin.reconfigure(retention_hours=1, dump_retention_hours=1)
    await standin.upgrade("1.2.0")
    left = [*await standin.kept("database"), *await standin.kept("dump")]
    assert len(left) == 2
    at = datetime.now(UTC)
    hold = {
        "instance": Hold(new_id(), instance_id=standin.instance_id),
        "upgrade": Hold(new_id(), upgrade_id=await standin.upgrade_id()),
        "period": Hold(new_id(), since=at - timedelta(hours=1), until=at),
    }[of]
    holds = HoldsInForce(Log(standin.log_database))
    await holds.execute(PlaceHold(hold), BY)
    with later(hours=2):
        await standin.carry_out()
        assert [*await standin.kept("database"), *await standin.kept("dump")] == left
        assert standin.dumps() == [left[1]]
        await holds.execute(LiftHold(hold.hold_id), BY)
        await standin.carry_out()
    assert [*await standin.kept("database"), *await standin.kept("dump"), *standin.dumps()] == []


@pytest.mark.kinds("npx")
async def test_a_dump_has_a_retention_of_its_own(standin: World) -> None:
    """The failed database goes after hours, and the dump stays for the audit."""
    await standin.reconfigure(retention_hours=1, dump_retention_hours=24 * 366)
    await standin.upgrade("1.2.0")
    with later(days=365):
        await standin.carry_out()
    assert (len(await standin.kept("database")), len(await standin.kept("dump")), len(standin.dumps())) == (0, 1, 1)


@pytest.mark.kinds("npx", "compose")
async def test_every_hash_of_an_upgrade_of_a_year_ago_resolves_or_was_discarded_by_an_event(standin: World) -> None:
    """Outputs are there for 13 months; a dump that is not there has the event that says so; and so on after them."""
    await standin.upgrade("1.1.1")
    await standin.upgrade("1.2.0")
    log, outputs = Log(standin.log_database), Outputs(standin.log_database)
    holds = HoldsInForce(log)
    seen = {kind async for kind, _ in hashes_of(standin)}
    assert {"output", "dump", "integrity"} <= seen
    assert [each async for each in unresolved(standin)] == []
    for age, expected in ((timedelta(days=365), {"output"}), (timedelta(days=400), set[str]())):
        await standin.log_database.pool.execute("UPDATE output SET kept_until = kept_until - $1::interval", age)
        with later(days=age.days):
            await standin.carry_out()
            await holds.discard_expired(outputs)
        assert [each async for each in unresolved(standin)] == []
        there = {kind async for kind, hashed in hashes_of(standin) if kind == "output" and await outputs.get(hashed)}
        assert there == expected
    assert await standin.kept("dump") == []


@contextlib.contextmanager
def later(**time: float) -> Iterator[None]:
    """Let workers believe that so much time has passed."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(**time)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconciler, "datetime", Later)
        yield


async def hashes_of(standin: World) -> AsyncIterator[tuple[str, str]]:
    """Every hash that the log of an instance names, and what of."""
    for event in await standin.told():
        for path, value in walk(msgspec.to_builtins(event)):
            if path[-1] in HASHES and isinstance(value, str):
                yield (path[-2] if path[-1] == "sha256" else path[-1]), value


async def unresolved(standin: World) -> AsyncIterator[tuple[str, str]]:
    """Every hash that leads to nothing, and whose discarding no event says."""
    told = await standin.told()
    recorded = await Log(standin.log_database).read_stream(HOLDS_STREAM)
    gone = {each for event in recorded if isinstance(event.event, OutputsDiscarded) for each in event.event.hashes}
    discarded = {(each.what, each.name) for each in told if isinstance(each, e.KeptDiscarded)}
    dumps = {each.dump.sha256: each.dump.path for each in told if isinstance(each, e.BackupTaken) and each.dump}
    plans = {each.plan.sha256 for each in told if isinstance(each, e.PreflightPassed)}
    artifacts = {
        artifact.integrity
        for each in told
        if isinstance(each, e.PreflightPassed)
        for artifact in (each.plan.old, each.plan.new)
    }
    async for kind, hashed in hashes_of(standin):
        match kind:
            case "output":
                content = await Outputs(standin.log_database).get(hashed)
                found = (content is not None and hashlib.sha256(content).hexdigest() == hashed) or hashed in gone
            case "dump":
                path = Path(dumps[hashed])
                found = ("dump", str(path)) in discarded or (
                    path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == hashed
                )
            case "plan_sha256":
                found = hashed in plans
            case _:  # what a registry has under that hash, and nobody here keeps
                found = hashed in artifacts
        if not found:
            yield kind, hashed


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Everything in an event, with the names that lead to it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, each in pairs:
        yield (*path, str(key)), each
        yield from walk(each, (*path, str(key)))
