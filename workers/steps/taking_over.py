"""Taking over: what a person brought up after the way back had failed goes on where it is well, and is never ended."""

import asyncio
from datetime import UTC, datetime

from astrolabe.domain.kinds.postgres import of_leg
from astrolabe.domain.plans.plan import Artifact, Check
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.driver import Running
from astrolabe.workers.kinds.probing import probing
from astrolabe.workers.kinds.wherever import wherever
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.marks import beside, mark_of
from astrolabe.workers.steps.verify import as_lines, until_well

QUESTIONS = 3
"""How often it is asked whether it serves, before it is taken for one that does not."""

PAUSE_SECONDS = 0.5

SERVES = "gateway-serves"
"""The code of what somebody brought up, and that is neither taken over nor ended."""


async def take_over(context: StepContext) -> bool:
    """Record what a person brought up and is well, and return True; False where nothing serves that may not be ended.

    Raises StepFailed where something serves that is neither well nor a start of this upgrade's own: it has users, and
    whoever brought it up must end it.
    """
    state, driver = context.expect(s.RollingBack), context.driver
    running = await driver.running()
    if running is None or not running.version or await driver.where() or not await _serves(context):
        return False
    artifact = _wanted(state, running.version)
    checks = await _checks(context, state, artifact) if artifact else []
    if artifact and all(check.ok for check in checks):
        await driver.settle(mark_of(state.run, "old"))
        if artifact == state.back.artifact:  # the new version may still work over what kept it apart
            await driver.end_isolation()
        left = await _left_beside(context, state)
        now, upgrade_id = datetime.now(UTC), state.run.upgrade_id
        await context.recorder.report(e.InstanceTakenOver(upgrade_id, artifact.version, tuple(checks), now, left))
        return True
    if not context.site.config.serves or await _ours(context, state, running):
        return False
    raise _not_to_be_ended(state, running, checks)


async def _serves(context: StepContext) -> bool:
    site = context.site
    async with probing(site, context.driver, wherever(context.driver)) as probe:
        for _ in range(QUESTIONS):
            if (await probe.health())[0]:
                return True
            await asyncio.sleep(PAUSE_SECONDS)
    return False


def _wanted(state: s.RollingBack, version: str) -> Artifact | None:
    """Return the artifact of a version that the upgrade may end on; None for every other version."""
    if version == state.back.artifact.version:
        return state.back.artifact
    return state.back.to if version == state.back.to.version else None


async def _checks(context: StepContext, state: s.RollingBack, artifact: Artifact) -> list[Check]:
    """Ask all that verify asks, and whether the database in place is the one that belongs to this version."""
    database, back = context.driver.database, state.back
    if database and not await database.exists(database.name):
        return [Check("database", False, f"there is no database {database.name}")]
    checks = await until_well(context, artifact)
    if database is None or any(check.name == "migrations" for check in checks):
        return checks
    # Nobody knows the product's migrations: then the names say which of the two databases is in place.
    restored = not back.migrated or await database.exists(beside(database.name, state.run, "after"))
    old = artifact.version == back.artifact.version
    seen = f"{database.name} is {'the one of before' if restored else 'the migrated one'}"
    return [*checks, Check("database", restored == old, seen)]


async def _left_beside(context: StepContext, state: s.RollingBack) -> tuple[str, ...]:
    """List the databases that this upgrade made and that are still there, beside the one that serves."""
    database, back = context.driver.database, state.back
    if database is None:
        return ()
    recorded = len(back.spare) + (1 if back.copy else 0)
    names = [copy.database for copy in (back.copy, *back.spare) if copy]
    names += [beside(database.name, state.run, which) for which in ("after", of_leg("before", recorded))]
    names += [back.private_database] if back.private_database else []
    return tuple([name for name in dict.fromkeys(names) if await database.exists(name)])


async def _ours(context: StepContext, state: s.RollingBack, running: Running) -> bool:
    """Return whether what serves is a start of this upgrade, which the way back may end as it would have before."""
    legs = range(len(state.back.spare) + 1)
    marks = [mark_of(state.run, which) for which in ("old", "serving", *(of_leg("new", leg) for leg in legs))]
    started = [await context.driver.started(mark) for mark in marks]
    return any(each in running.gateways for each in started if each)


def _not_to_be_ended(state: s.RollingBack, running: Running, checks: list[Check]) -> StepFailed:
    bad = next((check for check in checks if not check.ok), None)
    back = state.back
    wanted = f"{back.artifact.version} nor {back.to.version}"
    why = f"{bad.name}: {bad.seen}" if bad else f"its version {running.version} is neither {wanted}"
    return StepFailed(
        SERVES,
        f"Somebody brought up what serves now, and it is not ended: {running.seen}. It is not taken over either: {why}",
        seen=as_lines(checks),
        todo="Mend that, or stop it yourself, then retry.",
    )
