"""The pull: both versions on this host before anything stops."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.supervision.supervisor import SupervisorId, named
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.states import BackedUp
from astrolabe.store.progress import Amount
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.driver import Driver
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.files import refresh_files
from astrolabe.workers.steps.obstacles import refuse_obstacles
from astrolabe.workers.steps.place import place
from astrolabe.workers.steps.retry import retry

ATTEMPTS = 3
PAUSE_SECONDS = 1.0
HOPELESS = {"wrong-artifact", "no-space", "tag-moved"}
"""What another attempt cannot mend."""


async def pull(context: StepContext) -> None:
    """Bring what every leg ends on, and the old artifact for the way back, with the integrity that the plan names."""
    state, driver = context.expect(BackedUp), context.driver
    note = partial(context.recorder.note, "pull")
    if state.run.target == "latest" or driver.tags_move:
        await _retry(lambda: _check_unmoved(driver, state.run.target, state.plan.new), note)
    needed = (*reversed(state.plan.legs), state.plan.old)
    for artifact in needed:
        if not await driver.has(artifact):
            async with place(context, "pull", context.site.host.places.pulls):
                await _retry(lambda wanted=artifact: _pull(context, wanted), note)
        await driver.prove(artifact)
        await driver.migration_files(artifact)  # looked for while the old version still serves
    await refuse_obstacles(driver.database, "copied")  # found in preflight, or come since: an approval may take days
    await _check_supervisor(driver, state.instance.supervisor)
    await _check_user(driver, state.instance.user)
    await refresh_files(context, state)  # last, so that little is left to copy when it is stopped
    await context.recorder.report(e.ArtifactPulled(state.run.upgrade_id, needed))


async def _check_unmoved(driver: Driver, target: str, planned: Artifact) -> None:
    """See that the tag still means what the plan was made for: who asked for the latest did not ask for the second."""
    now = (await driver.resolve(target)).artifact
    if now != planned:
        was, became = (f"{each.version} ({each.described})" for each in (planned, now))
        raise StepFailed(
            "tag-moved",
            f"{target} was {was} when the plan was made, and is {became} now; nothing was stopped.",
            todo="Retry for a plan that leads to what the tag is now, or ask for another version.",
        )


async def _check_supervisor(driver: Driver, known: SupervisorId | None) -> None:
    """See that whoever kept the gateway running in preflight still does: fetching may have taken long."""
    found = await driver.supervision()
    if found and not (found.ok and found.supervisor == known):
        then = named(known) if known else "nobody"
        raise StepFailed(
            "supervision-changed",
            f"In preflight {then} kept the gateway running; by now: {found.seen}. Nothing was stopped.",
            todo=found.todo or "Retry, so that the plan is made for what is there now.",
        )


async def _check_user(driver: Driver, known: ProcessUser | None) -> None:
    """See that it still runs as whom preflight found, for so will the new version."""
    found = await driver.runs_as()
    if found and known and found != known:
        raise StepFailed(
            "user-changed",
            f"In preflight the gateway ran as {known.name}, and by now it runs as {found.name} or with other rights.",
            todo="Retry, so that the plan is made for what is there now.",
        )


async def _retry(attempted: Callable[[], Awaitable[None]], on_failure: Callable[[str], Awaitable[None]]) -> None:
    await retry(attempted, attempts=ATTEMPTS, pause=PAUSE_SECONDS, hopeless=HOPELESS, on_failure=on_failure)


async def _pull(context: StepContext, artifact: Artifact) -> None:
    fetched: Amount | None = None

    def on_fetch(amount: Amount) -> None:
        nonlocal fetched
        fetched = amount

    async def report() -> None:
        while True:
            await context.recorder.progress("pull", f"fetching {artifact.name}", fetched)
            await asyncio.sleep(1)

    if await context.driver.has(artifact):
        return
    watch = asyncio.create_task(report())
    try:
        note = await context.driver.pull(artifact, on_fetch)
    finally:
        watch.cancel()
    if note:
        await context.recorder.note("pull", note)
