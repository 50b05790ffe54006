"""People and places meddle: a cancel at any moment, a registry that is away."""

import asyncio
from typing import Final

from tests.chaos.stage import Stage

AWAY_SECONDS: Final = 3.0
ACCEPTED: Final = 202
MAY_BE_TOO_LATE: Final = {"cannot-cancel"}


async def cancel(stage: Stage) -> None:
    """Call the upgrade off; whoever comes too late is told so."""
    answer = await stage.house.person.cancel(stage.upgrade_id)
    if answer.status != ACCEPTED and answer.problem not in MAY_BE_TOO_LATE:
        stage.notes.append(f"a cancel was answered with {answer.status} {answer.body}")


async def close_registry(stage: Stage) -> None:
    """Let the registry refuse connections for a while."""
    registry = stage.house.registry
    await asyncio.to_thread(registry.close)
    try:
        await asyncio.sleep(AWAY_SECONDS)
    finally:
        registry.open()
