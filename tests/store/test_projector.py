"""The projector: the lists are what the log says, however they came to be."""

import asyncio
import math
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from astrolabe.domain.problem import Problem
from astrolabe.domain.upgrades.events import InstanceRegistered, UpgradeFailed, UpgradeRequested
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log import replay
from astrolabe.store.log.leases import Leases
from astrolabe.store.log.log import Log
from astrolabe.store.log.sequencer import Sequencer
from astrolabe.store.streams.instances import Instances
from astrolabe.store.streams.tokens import Tokens
from astrolabe.store.views.projector import Projector
from astrolabe.store.views.queries import UpgradeFilter, Views
from tests.domain.samples import AT, CONFIG, ROLLED_BACK
from tests.store.histories import Town, histories
from tests.store.stage import BY, running

IN_ONE_DATABASE = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TABLES = {
    "view_instance": "SELECT v::text FROM view_instance v ORDER BY instance_id",
    "view_upgrade": "SELECT v::text FROM view_upgrade v ORDER BY upgrade_id",
}
IDENTITY = "SELECT thing, stream_id FROM identity ORDER BY thing, stream_id"


async def rows(connection):
    """Read every row of every view, as text."""
    return {table: [row[0] for row in await connection.fetch(query)] for table, query in TABLES.items()}


@pytest.fixture
def projector(database, log) -> Projector:
    """A projector of the log."""
    return Projector(database, log)


async def follow(projector: Projector) -> None:
    """Fold for ever."""
    while True:
        if not await projector.step():
            await asyncio.sleep(0.001)


@IN_ONE_DATABASE
@given(histories)
async def test_rows_folded_one_by_one_are_the_rows_folded_at_once(database_url, log, sequencer, superuser, history):
    """Several projectors at once, while the log grows, leave the very rows that a rebuild makes."""
    async with Database(database_url, pool_size=3) as other:
        folding = [follow(Projector(each, Log(each))) for each in (other, other, other)]
        async with running(sequencer.run(), *folding):
            towns = [Town(Instances(log), f"-{new_id()[-12:]}") for _ in range(2)]
            await asyncio.gather(*(town.play(history) for town in towns))
    await sequencer.drain()
    projector = Projector(log._database, log)
    await projector.drain()
    told, acted_on = await rows(superuser), await superuser.fetch(IDENTITY)
    assert await projector.rebuild() == await log.last_position() + 1
    assert await rows(superuser) == told
    assert await superuser.fetch(IDENTITY) == acted_on


async def test_dropped_rows_are_folded_again(log, sequencer, projector, superuser):
    """Views whose rows are gone and whose place is forgotten come back as they were."""
    town = Town(Instances(log))
    await town.play([(0, "register", 1), (0, "request", 1), (0, "work", 9), (1, "register", 1), (1, "request", 5)])
    await town.play([(1, "work", 6), (1, "fail", 1), (1, "work", 2), (0, "rollback", 1)])
    await sequencer.drain()
    await projector.drain()
    told = await rows(superuser)
    assert [len(found) for found in told.values()] == [2, 2]
    await superuser.execute("TRUNCATE view_instance, view_upgrade; DELETE FROM subscription")
    await projector.drain()
    assert await rows(superuser) == told


async def test_rows_that_several_processes_fold_are_the_same(log, sequencer, projector, superuser, monkeypatch):
    """Stretches are cut between instances, and everything is put together in the transaction of the rebuild."""
    monkeypatch.setattr(replay, "cores", lambda: 2)
    towns = [Town(Instances(log), f"-{nth}") for nth in range(4)]
    for town in towns:
        await town.play([(0, "register", 1), (0, "request", 1), (0, "work", 9), (1, "register", 1), (1, "request", 5)])
        await town.play([(1, "work", 6), (1, "fail", 1), (1, "work", 2), (0, "rollback", 1)])
    await sequencer.drain()
    await projector.rebuild()
    alone = await rows(superuser)
    await projector.rebuild(few=0, stretch=20)
    assert await rows(superuser) == alone
    assert [len(found) for found in alone.values()] == [8, 8]


async def test_readers_of_a_rebuild_see_the_rows_before_or_after(log, sequencer, projector, database):
    """While all rows are made anew nobody reads an empty list."""
    await Town(Instances(log)).play([(0, "register", 1), (1, "register", 1), (2, "register", 1)])
    await sequencer.drain()
    await projector.drain()
    views, seen = Views(database), []

    async def read():
        while True:
            seen.append(len(await views.instances()))

    async with running(read()):
        for _ in range(5):
            await projector.rebuild()
    assert set(seen) == {3}


async def test_lists_are_read_in_pieces(log, sequencer, projector, database):
    """Instances come in order of registration, upgrades newest first, each page after the one before."""
    instances = []
    for nth in range(5):
        instances.append(new_id())
        registered = InstanceRegistered(CONFIG, "5.6.0")
        await log.append(instances[-1], 0, [registered, UpgradeRequested(new_id(), "5.6.0", f"6.{nth}.0")], BY)
    await sequencer.drain()
    await projector.drain()
    views = Views(database)
    assert [row.instance_id for row in await views.instances(limit=3)] == instances[:3]
    assert [row.instance_id for row in await views.instances(after=instances[2])] == instances[3:]
    newest = await views.upgrades(limit=2)
    assert [row.target for row in newest] == ["6.4.0", "6.3.0"]
    assert [row.target for row in await views.upgrades(before=newest[-1].upgrade_id)] == ["6.2.0", "6.1.0", "6.0.0"]
    assert [row.target for row in await views.upgrades(UpgradeFilter(instances[1]))] == ["6.1.0"]
    assert await views.counts() == {"instances": {"upgrading": 5}, "upgrades": {"requested": 5}}
    assert (await views.lags())["views"] == 0


async def test_what_nobody_attends_to_is_found(log, sequencer, projector, database):
    """Due for longer than a while, or a retention over, and no lease on it: that is what the reconcile loop finds."""
    town, views, leases = Town(Instances(log)), Views(database), Leases(database)
    await town.play([(which, "register", 1) for which in range(3)])
    await town.play([(0, "request", 1), (1, "request", 1), (2, "request", 1), (2, "work", 5), (2, "fail", 1)])
    await town.play([(2, "work", 2)])
    await sequencer.drain()
    await projector.drain()
    rows = {row.name: row for row in await views.instances()}
    assert [rows[f"i-{which}"].due for which in range(3)] == ["preflight", "preflight", None]
    # The worker of these histories works on the 1st of March 2026, so that what it kept is long over.
    assert {row.name for row in await views.unattended(timedelta(0))} == {"i-0", "i-1", "i-2"}
    assert {row.name for row in await views.unattended(timedelta(hours=1))} == {"i-2"}
    fence = await leases.acquire(rows["i-1"].instance_id, "worker-1")
    assert fence is not None
    assert {row.name for row in await views.unattended(timedelta(0))} == {"i-0", "i-2"}
    await leases.release({rows["i-1"].instance_id: fence})
    assert {row.name for row in await views.unattended(timedelta(0))} == {"i-0", "i-1", "i-2"}


async def test_whoever_looks_for_what_is_due_knows_when_to_look_next(log, sequencer, projector, database, superuser):
    """At once where something is due, when its time comes where time alone makes it so, and else never."""
    town, views = Town(Instances(log)), Views(database)
    await town.play([(0, "register", 1), (1, "register", 1)])
    await sequencer.drain()
    await projector.drain()
    assert await views.until_due() == math.inf
    await superuser.execute("UPDATE view_instance SET due_at = now() + interval '1 hour' WHERE name = 'i-0'")
    assert 3500 < await views.until_due() <= 3600
    await superuser.execute("UPDATE view_instance SET due_at = now() - interval '1 hour' WHERE name = 'i-1'")
    assert await views.until_due() == 0
    await superuser.execute("UPDATE view_instance SET due_at = NULL")
    await town.play([(1, "request", 1)])
    await sequencer.drain()
    await projector.drain()
    assert await views.until_due() == 0


async def test_a_nul_in_what_was_seen_stops_nobody(log, sequencer, projector, database):
    """What a process printed may hold what PostgreSQL's text cannot, and the lists go on."""
    stream_id, upgrade_id = new_id(), new_id()
    problem = Problem("odd", "it said \x00 and ended.")
    history = [*ROLLED_BACK[:1], UpgradeRequested(upgrade_id, "5.6.0", "6.10.1")]
    await log.append(stream_id, 0, [*history, UpgradeFailed(upgrade_id, "pull", problem, AT)], BY)
    await sequencer.drain()
    await projector.drain()
    [row] = await Views(database).upgrades()
    assert row.problem_detail == "it said \ufffd and ended."
    assert (await log.read_stream(stream_id))[-1].event.problem == problem


async def test_tokens_are_in_no_list(log, sequencer, projector, superuser):
    """The stream of tokens is folded over, not into a row."""
    await Tokens(log).issue("ci", ("read",), BY)
    await sequencer.drain()
    assert await projector.step() == 1
    assert await rows(superuser) == {"view_instance": [], "view_upgrade": []}


async def test_a_projector_goes_on_from_another_projectors_place(log, sequencer, projector, database, superuser):
    """What one process folded the next does not fold again, nor does it need what that one had in memory."""
    for nth, event in enumerate(ROLLED_BACK):
        await log.append("0190f000-0000-7000-8000-0000000000f1", nth, [event], BY)
        await sequencer.drain()
        assert await (projector if nth % 2 else Projector(database, log)).step() == 1
    told = await rows(superuser)
    await projector.rebuild()
    assert await rows(superuser) == told


async def test_a_fold_that_is_not_committed_is_made_again(log, sequencer, projector, superuser):
    """A projector that failed in the middle has moved neither rows nor place, and forgets what it thought it knew."""
    await Town(Instances(log)).play([(0, "register", 1), (0, "request", 1)])
    await sequencer.drain()
    await superuser.execute("ALTER TABLE view_upgrade ADD CONSTRAINT never CHECK (status = 'never')")
    with pytest.raises(Exception, match="never"):
        await projector.step()
    await superuser.execute("ALTER TABLE view_upgrade DROP CONSTRAINT never")
    assert await rows(superuser) == {"view_instance": [], "view_upgrade": []}
    assert await projector.step() == 2
    told = await rows(superuser)
    await Projector(projector._database, log).rebuild()
    assert await rows(superuser) == told
    assert await Sequencer(projector._database).step() == 0
