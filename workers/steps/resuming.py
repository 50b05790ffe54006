"""A way back that is called off: it would lose writes, and the new version goes on with all of them."""

from datetime import UTC, datetime

from astrolabe.domain.plans.rollback_point import Writes
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.sentences import counted_writes
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.marks import mark_of
from astrolabe.workers.steps.persevering import persevere
from astrolabe.workers.steps.starting_again import start_again

ATTEMPTS = 3
PAUSE_SECONDS = 1.0


def would_lose(writes: Writes, sentence: str) -> StepFailed:
    """Return the refusal of a way back, which names the writes in the place of `{}` and by table."""
    return StepFailed(
        "writes-would-be-lost",
        sentence.format(counted_writes(writes.total)),
        seen=[f"{table}: {count}" for table, count in sorted(writes.tables.items())],
        todo="Ask again with accept_lost_writes (--accept-lost-writes) to go back all the same.",
    )


async def call_off(context: StepContext, state: s.RollingBack, writes: Writes, last: datetime | None) -> None:
    """Record that the way back would lose writes that nobody accepted to lose; the database is closed, and whole."""
    sentence = "The way back would leave {} behind that nobody accepted to lose, so it was called off."
    problem = would_lose(writes, sentence).problem
    await context.recorder.report(e.RollbackCalledOff(state.run.upgrade_id, problem, writes, last))


async def resume(context: StepContext) -> None:
    """Open the database, start the new version again as it ran before, and see that it is well."""
    await persevere(context, _resume, attempts=ATTEMPTS, pause=PAUSE_SECONDS)


async def _resume(context: StepContext) -> None:
    state = context.expect(s.Resuming)
    artifact, mark = state.back.to, mark_of(state.run, "resumed")
    checks, downtime = await start_again(context, artifact, mark, state.back.last_healthy_at)
    now, upgrade_id = datetime.now(UTC), state.run.upgrade_id
    await context.recorder.report(e.UpgradeResumed(upgrade_id, artifact.version, now, checks, downtime))
