"""Starting again: a version that ran before, on its own database, until it is well."""

from datetime import datetime

from astrolabe.domain.plans.plan import Artifact, Check
from astrolabe.workers.kinds.driver import GatewayId
from astrolabe.workers.steps.context import StepContext
from astrolabe.workers.steps.start import GatewayStart, downtime_ms
from astrolabe.workers.steps.verify import refuse_bad, until_well


async def start_again(
    context: StepContext, artifact: Artifact, mark: str, last_healthy_at: datetime | None
) -> tuple[tuple[Check, ...], int | None]:
    """Open the database, start a version as it ran before, and see that it is well.

    Returns what was looked at, and the downtime in milliseconds, None where nobody knows when it began. Raises
    StepFailed where the version does not serve or is not well.
    """
    driver = context.driver

    async def start() -> GatewayId:
        if driver.database:
            await driver.database.allow()
        return await driver.put_back(artifact, mark)

    healthy_at = await GatewayStart(context, artifact, mark, "rollback").until_healthy(start)
    await driver.start_workers(artifact, mark)
    checks = await until_well(context, artifact)
    refuse_bad(checks, f"{artifact.package} {artifact.version}")
    await driver.settle(mark)
    return tuple(checks), downtime_ms(last_healthy_at, healthy_at) if last_healthy_at else None
