"""Obstacles, looked for once more at the last moment before something stops."""

from typing import Literal

from astrolabe.domain.upgrades.database_obstacles import ADVICE, ONLY_COPIES, obstacle_checks
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.database_obstacles import find_obstacles
from astrolabe.workers.instance.failure import StepFailed


async def refuse_obstacles(database: InstanceDatabase | None, what: Literal["copied", "renamed"]) -> None:
    """Raise StepFailed where the database could not be `what` comes next; nothing was stopped yet."""
    if database is None:
        return
    spared = ONLY_COPIES if what == "renamed" else ()
    checks = obstacle_checks(await find_obstacles(database))
    bad = [check for check in checks if not check.ok and check.name not in spared]
    if bad:
        raise StepFailed(
            bad[0].name,
            f"The database cannot be {what}, and nothing was stopped: {bad[0].seen}",
            seen=[f"{check.name}: {check.seen}" for check in bad],
            todo=ADVICE[bad[0].name],
        )
