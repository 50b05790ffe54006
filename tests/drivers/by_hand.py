"""A person, who types what the log says after the way back has failed."""

import asyncio
from collections.abc import Sequence

from astrolabe.domain.plans.hand_command import HandCommand
from astrolabe.workers.instance.probe import Probe
from tests.world import World


async def typed(standin: World, commands: Sequence[HandCommand]) -> None:
    """Type the commands as they stand, but for the retry; wait until the gateway serves."""
    for each in commands:
        if "astrolabe retry" not in each.line:
            # A person types in a session of their own; what is left of it was then not started by process 1.
            shell = await asyncio.create_subprocess_shell(each.line, start_new_session=True)
            assert await shell.wait() == 0, each
    async with Probe.open(standin.config, standin.product) as probe:
        await standin.until(probe.health)
