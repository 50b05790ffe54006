"""The pull: both versions on this host before anything stops."""

import asyncio
from collections.abc import Awaitable, Callable

from astrolabe.domain.plans.plan import Artifact
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.states import BackedUp
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.steps.work import Superseded, Work

ATTEMPTS = 3
PAUSE_SECONDS = 1.0
LASTING = {"wrong-artifact", "no-space", "tag-moved"}
"""What another attempt cannot mend."""


async def pull(work: Work) -> None:
    """Bring what every leg ends on, and the old artifact for the way back, with the integrity that the plan names."""
    await work.begin("pull")
    state = work.state
    if not isinstance(state, BackedUp):
        raise Superseded(type(state).__name__)
    if state.run.target == "latest" or work.driver().tags_move:
        await _with_retries(lambda: _check_unmoved(work, state.run.target, state.plan.new))
    needed = (*reversed(state.plan.legs), state.plan.old)
    for artifact in needed:
        await _with_retries(lambda wanted=artifact: _pull(work, wanted))
        await work.driver().migration_files(artifact)  # looked for while the old version still serves
    await work.report(e.ArtifactPulled(state.run.upgrade_id, needed))


async def _check_unmoved(work: Work, target: str, planned: Artifact) -> None:
    """See that the tag still means what the plan was made for: who asked for the latest did not ask for the second."""
    now = (await work.driver().resolve(target)).artifact
    if now != planned:
        was, became = (f"{each.version} ({each.integrity} from {each.registry})" for each in (planned, now))
        raise StepFailed(
            "tag-moved",
            f"{target} was {was} when the plan was made, and is {became} now; nothing was stopped.",
            todo="Retry for a plan that leads to what the tag is now, or ask for another version.",
        )


async def _with_retries(attempted: Callable[[], Awaitable[None]]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await attempted()
        except StepFailed as failure:
            if attempt == ATTEMPTS or failure.problem.code in LASTING:
                raise
            await asyncio.sleep(PAUSE_SECONDS * attempt)
        else:
            return


async def _pull(work: Work, artifact: Artifact) -> None:
    fetched: tuple[int, int | None] = (0, None)

    def on_fetch(count: int, total: int | None) -> None:
        nonlocal fetched
        fetched = count, total

    async def tell() -> None:
        while True:
            await work.progress("pull", f"fetching {artifact.name}", *fetched)
            await asyncio.sleep(1)

    driver = work.driver()
    if await driver.has(artifact):
        return
    watch = asyncio.create_task(tell())
    try:
        await driver.pull(artifact, on_fetch)
    finally:
        watch.cancel()
