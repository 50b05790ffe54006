"""Verifying: liveness is not enough, so everything that knows is asked."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeAlias

from astrolabe.domain.kinds.postgres import of_leg
from astrolabe.domain.plans.plan import Artifact, Check
from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.states import Migrated, is_last_leg, leg_to
from astrolabe.workers.instance.failure import PASSING, StepFailed
from astrolabe.workers.kinds.probing import probing
from astrolabe.workers.kinds.wherever import wherever
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.marks import mark_of
from astrolabe.workers.steps.together import both

LONGEST = 300
"""Characters of a doctor's words that an event holds; all of them are kept beside the log."""

ROUNDS = 3
"""How often in a row a check must fail before it is believed."""

ROUND_SECONDS = 1.0
COMING = {"health", "healthcheck", "answered-version", "migrations", "members", "reachable"}
"""Checks that may hold a while later, without anybody doing anything."""

Asked: TypeAlias = Callable[[StepContext, Artifact], Awaitable[list[Check]]]
"""What is asked of a version: all that knows, or a part of it."""


async def verify(context: StepContext) -> None:
    """Check the new version by health, version, doctor, migration history and indexes, and record what follows."""
    state = context.expect(Migrated)
    artifact = leg_to(state)
    checks = await until_well(context, artifact)
    refuse_bad(checks, f"{artifact.package} {artifact.version}")
    if (let_in := state.downtime.let_in) is not None:
        await context.driver.settle(mark_of(state.run, of_leg("new", len(state.legs))))
    await context.recorder.report(_fact(state, artifact, tuple(checks), let_in))


def _fact(state: Migrated, artifact: Artifact, checks: tuple[Check, ...], let_in: Writes | None) -> e.Fact:
    upgrade_id, version, now = state.run.upgrade_id, artifact.version, datetime.now(UTC)
    if not is_last_leg(state):
        return e.LegFinished(upgrade_id, version, checks, now)
    if let_in is None:
        return e.UpgradeVerified(upgrade_id, version, checks, now)
    return e.UpgradeSucceeded(upgrade_id, version, checks, let_in, now)


async def until_well(context: StepContext, artifact: Artifact, ask: Asked | None = None) -> list[Check]:
    """Ask until everything holds; return the checks, with those that do not where waiting longer is of no use.

    No single answer condemns: a check must fail several times in a row, and what may yet come (health, a migration that
    is still applied) has the instance's patience, for as long as nothing moves.
    """
    failed: Counter[str] = Counter()
    moved, seen = time.monotonic(), ""
    while True:
        checks = await _asked(context, artifact, ask or checks_of)
        bad = [check for check in checks if not check.ok]
        failed = Counter({check.name: failed[check.name] + 1 for check in bad})
        progress = next((check.seen for check in checks if check.name == "migrations"), "")
        if progress != seen:
            moved, seen = time.monotonic(), progress
        # What is still coming may be why the rest does not hold: a doctor complains of pending migrations.
        coming = any(check.name in COMING for check in bad)
        waited = time.monotonic() - moved > context.site.config.patience_seconds
        if not bad or ((waited or not coming) and max(failed.values()) >= ROUNDS):
            return checks
        await asyncio.sleep(ROUND_SECONDS)


async def _asked(context: StepContext, artifact: Artifact, ask: Asked) -> list[Check]:
    """Ask everything; a server, an engine or a registry that is away for a moment says nothing of the version."""
    try:
        return await ask(context, artifact)
    except StepFailed as failure:
        if failure.problem.code not in PASSING:
            raise
        return [Check("reachable", ok=False, seen=failure.problem.detail)]


async def checks_of(context: StepContext, artifact: Artifact) -> list[Check]:
    """Ask everything that knows whether this artifact serves on a whole database, side by side."""
    of_gateway = both(both(_served(context, artifact), _healthcheck(context)), _doctor(context, artifact))
    of_the_rest = both(members_of(context, artifact), _database_checks(context, artifact))
    ((served, healthcheck), doctor), (members, database) = await both(of_gateway, of_the_rest)
    return [*served, *healthcheck, *doctor, *members, *database]


async def _served(context: StepContext, artifact: Artifact) -> list[Check]:
    running, answered = await both(context.driver.running(), _answered(context, artifact))
    runs = running.version if running else None
    health, *version = answered
    return [health, Check("version", runs == artifact.version, f"what runs is version {runs}"), *version]


async def _answered(context: StepContext, artifact: Artifact) -> list[Check]:
    """Ask the gateway itself: whether it is well, and where its product has such a question, which version it is."""
    site = context.site
    async with probing(site, context.driver, wherever(context.driver)) as probe:
        health, answers = await both(probe.health(), probe.version())
        checks = [Check("health", *health)]
        if site.product.version:
            checks.append(Check("answered-version", answers == artifact.version, f"it answers that it is {answers}"))
    return checks


async def _healthcheck(context: StepContext) -> list[Check]:
    healthcheck = await context.driver.healthcheck()
    return [healthcheck] if healthcheck else []


async def _doctor(context: StepContext, artifact: Artifact) -> list[Check]:
    answered = await context.driver.doctor(artifact)
    if answered is None:
        return []
    ok, said = answered
    shown = said if len(said) <= LONGEST else f"{said[:40]} … {said[-260:]}"
    return [Check("doctor", ok, shown, await context.recorder.keep(said))]


async def members_of(context: StepContext, artifact: Artifact) -> list[Check]:
    """Look at all that runs beside the gateway; nothing while others are not let in, or where there is nothing."""
    members = await context.driver.members(artifact)
    return [members] if members else []


async def _database_checks(context: StepContext, artifact: Artifact) -> list[Check]:
    driver, migrations = context.driver, context.site.product.migrations
    if driver.database is None:
        return []
    invalid = await driver.database.invalid_indexes()
    checks = [Check("indexes", not invalid, f"invalid: {', '.join(invalid) or 'none'}")]
    if migrations is None:
        return checks
    history = await driver.database.history(migrations) or []
    files = await driver.migration_files(artifact)
    if files is not None:
        missing = sorted(set(files) - set(history))
        strange = sorted(set(history) - set(files))
        seen = f"{len(history)} applied of {len(files)}; missing {missing[:3]}, unknown to this version {strange[:3]}"
        checks.append(Check("migrations", not missing and not strange, seen))
    return checks


def as_lines(checks: list[Check]) -> list[str]:
    """Write each check in a line, with whether it holds."""
    return [f"{'ok' if check.ok else 'BAD'} {check.name}: {check.seen}" for check in checks]


def refuse_bad(checks: list[Check], what: str) -> None:
    """Raise StepFailed where a check does not hold."""
    bad = [check for check in checks if not check.ok]
    if bad:
        raise StepFailed(
            f"verify-{bad[0].name}",
            f"{what} serves but is not well: {bad[0].name}: {bad[0].seen}",
            seen=as_lines(checks),
            todo="Read what was seen, mend it, then retry.",
        )
