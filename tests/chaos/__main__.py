"""Runs seeded upgrades among faults, and ends with code 0 only where no promise was broken: `python -m tests.chaos`."""

import argparse
import asyncio
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop

from tests.chaos.faults import FAULTS
from tests.chaos.house import House
from tests.chaos.keeping import keep
from tests.chaos.planted import BUGS
from tests.chaos.runner import Ended, Runner
from tests.chaos.scenario import scenario
from tests.chaos.table import table
from tests.chaos.writers import PSQL, SERVICE
from tests.standin.npm import pg_modules
from tests.standin.releases import Package, packages

RUNS_A_HOUSE: Final = 25
"""After so many runs a house is left for a new one: its whole log is exported and verified after each of them."""

CACHE = Path(__file__).parents[2] / ".pytest_cache" / "d" / "standin-pg"


def end_as_by_ctrl_c() -> None:
    """Let SIGTERM end the current task, and all that it has started, with nothing left behind."""
    if whole := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, whole.cancel)


class Campaign:
    """All runs of one call, carried out by a few houses side by side."""

    def __init__(self, seeds: Sequence[int], without: frozenset[str], plant: str | None) -> None:
        self._seeds: Final = list(reversed(seeds))
        self._without: Final = without
        self._plant: Final = plant
        self.ended: Final[list[Ended]] = []
        self.failed: Final[list[int]] = []

    async def carry_out(self, released: Sequence[Package], side_by_side: int) -> None:
        """Run every seed."""
        end_as_by_ctrl_c()
        async with asyncio.TaskGroup() as group:
            for _ in range(side_by_side):
                group.create_task(self._lane(released))

    async def _lane(self, released: Sequence[Package]) -> None:
        while self._seeds:
            async with House.open(released, self._plant) as house:
                runner = Runner(house)
                for _ in range(RUNS_A_HOUSE):
                    # What a broken run leaves behind must not befall the next one.
                    if not self._seeds or not await self._run(runner, house):
                        break

    async def _run(self, runner: Runner, house: House) -> bool:
        seed = self._seeds.pop()
        wanted = scenario(seed, self._without)
        try:
            ended = await runner(wanted)
        except Exception:  # noqa: BLE001  a run that cannot be carried out is told, and the others go on
            self.failed.append(seed)
            self._tell(f"seed {seed}: {wanted}\n{traceback.format_exc()}\n{house.said()}")
            return False
        self.ended.append(ended)
        self._tell(f"seed {seed}: {wanted}\n    {ended}")
        for each in ended.violations:
            self._tell(f"    BROKEN {each}")
        if ended.violations:
            without = f" WITHOUT={','.join(sorted(self._without))!r}" if self._without else ""
            self._tell(f"    again: make chaos FROM={seed} SEEDS=1{without}; {keep(ended, house)} has all of it")
        return not ended.violations

    @staticmethod
    def _tell(text: str) -> None:
        print(text, flush=True)  # noqa: T201  what is asked for


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, help="how many runs")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    parser.add_argument("--side-by-side", type=int, default=2, help="how many at once")
    parser.add_argument("--without", default="", help="faults and writers to leave out, apart by commas")
    parser.add_argument("--plant", choices=sorted(BUGS), help="a bug for our workers, which must be found")
    arguments = parser.parse_args()
    arguments.without = frozenset(filter(None, (each.strip() for each in arguments.without.split(","))))
    if unknown := arguments.without - {*FAULTS, SERVICE, PSQL}:
        parser.error(f"nothing is named {', '.join(sorted(unknown))}; there are {', '.join((*FAULTS, SERVICE, PSQL))}")
    return arguments


def main() -> int:
    """Run what was asked for; return the exit code."""
    asked = _arguments()
    released = packages(pg_modules(CACHE))
    campaign = Campaign(range(asked.first, asked.first + asked.seeds), asked.without, asked.plant)
    uvloop.run(campaign.carry_out(released, asked.side_by_side))
    if campaign.ended:
        print(f"\n{table(campaign.ended)}")  # noqa: T201  what is asked for
    if campaign.failed:
        print(f"could not be carried out: {' '.join(map(str, campaign.failed))}")  # noqa: T201
    return 1 if campaign.failed or any(each.violations for each in campaign.ended) else 0


if __name__ == "__main__":
    sys.exit(main())
