"""A way back that is called off: somebody wrote after it had begun, and the new version goes on with all of it."""

from datetime import UTC, datetime

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.driver import GatewayId
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.marks import mark_of
from astrolabe.workers.steps.persevering import persevere
from astrolabe.workers.steps.start import GatewayStart
from astrolabe.workers.steps.verify import refuse_bad, until_well

ATTEMPTS = 3
PAUSE_SECONDS = 1.0


def would_lose(writes: Writes, sentence: str) -> StepFailed:
    """Return the refusal of a way back, which names the writes in the place of `{}` and by table."""
    many = "an unknown number of writes" if writes.total is None else f"{writes.total} writes"
    return StepFailed(
        "writes-would-be-lost",
        sentence.format(many),
        seen=[f"{table}: {count}" for table, count in sorted(writes.tables.items())],
        todo="Ask again with accept_lost_writes to go back all the same.",
    )


async def call_off(context: StepContext, state: s.RollingBack, writes: Writes, last: datetime | None) -> None:
    """Record that the way back would lose writes that nobody accepted to lose; the database is closed, and whole."""
    sentence = "Somebody wrote after the way back had begun: it would leave {} behind, so it was called off."
    problem = would_lose(writes, sentence).problem
    await context.recorder.report(e.RollbackCalledOff(state.run.upgrade_id, problem, writes, last))


async def resume(context: StepContext) -> None:
    """Open the database, start the new version again as it ran before, and see that it is well."""
    await persevere(context, _resume, attempts=ATTEMPTS, pause=PAUSE_SECONDS)


async def _resume(context: StepContext) -> None:
    state = context.expect(s.Resuming)
    driver, back, upgrade_id = context.driver, state.back, state.run.upgrade_id
    artifact, mark = back.successor or back.artifact, mark_of(state.run, "resumed")

    async def start() -> GatewayId:
        if driver.database:
            await driver.database.allow()
        return await driver.put_back(artifact, mark)

    healthy_at = await GatewayStart(context, artifact, mark, "rollback").until_healthy(start)
    checks = await until_well(context, artifact)
    refuse_bad(checks, f"{artifact.package} {artifact.version}")
    await driver.settle(mark)
    last = back.last_healthy_at
    downtime = max(0, round((healthy_at - last).total_seconds() * 1000)) if last else None
    now = datetime.now(UTC)
    await context.recorder.report(e.UpgradeResumed(upgrade_id, artifact.version, now, tuple(checks), downtime))
