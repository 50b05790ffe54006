"""Where the processor time of carrying out goes, by kind of process: `python -m bench.spent [--clients N]`."""

import argparse
import asyncio
import os

import uvloop

from bench.carrying import Upgrades
from bench.results import keep
from bench.server import postgres, valkey
from bench.usage import usage

WARM_SECONDS = 3.0
WHO_ASKS = "up"


async def spent(clients: int, seconds: float) -> dict[str, float]:
    """Carry out upgrades whose steps do nothing; return microseconds an upgrade by kind, and upgrades a second."""
    async with postgres() as server, valkey() as redis, Upgrades(server.url(), redis).asked() as asking:
        await asking.together(clients, WARM_SECONDS)
        before = usage(os.getpid())
        done = await asking.together(clients, seconds)
        after = usage(os.getpid())
    took = {kind: 1e6 * (after.seconds[kind] - before.seconds.get(kind, 0.0)) / done for kind in after.seconds}
    took["who asks"] = took.pop(WHO_ASKS)
    return {**took, "all": sum(took.values()), "a second": done / seconds}


def main() -> None:
    """Measure, print a table and keep the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.spent", description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(spent(asked.clients, asked.seconds))
    for name, value in found.items():
        print(f"{value:>10,.0f} {name}")
    print(f"microseconds of processor time an upgrade; kept in {keep('spent', found)}")


if __name__ == "__main__":
    main()
