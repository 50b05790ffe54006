"""The storm on webhooks: `python -m bench.webhooks [--completions N] [--instances N] [--kills N] [--results FILE]`.

Upgrades end well on many instances while relays and the processes that record it are killed at random; of 20 endpoints
5 are dead, 3 slow, and 2 answer garbage. Every live one must get every event, in order where it asked for order, and
whatever comes twice must carry the same id.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import TypeAlias

import msgspec
from msgspec import Struct

from astrolabe.store.database import Database
from bench.receiver import Receiver, Seen
from bench.server import postgres
from bench.storm import Shape, Storm

Wanted: TypeAlias = Mapping[str, tuple[str, int]]


class Result(Struct, frozen=True):
    """What came of a storm; `missing`, `out_of_order` and `other_ids` must be nought."""

    machine: str
    cores: int
    at: str
    completions: int
    endpoints: dict[str, int]
    ordered: int
    killed: dict[str, int]
    seconds: float
    received: int
    twice: int
    per_second: float
    latency_median_seconds: float
    latency_p99_seconds: float
    missing: int
    out_of_order: int
    other_ids: int


def main() -> None:
    """Let a storm rage, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--completions", type=int, default=10_000)
    parser.add_argument("--instances", type=int, default=100)
    parser.add_argument("--kills", type=int, default=40, help="of relays, and as many of recorders")
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    if asked.completions % asked.instances:
        parser.error("every instance has the same number of completions")
    result = asyncio.run(storm(Shape(asked.completions, asked.instances, asked.kills, 5, 0.5, 3 * 3600)))
    text = msgspec.json.format(msgspec.json.encode(result)).decode()
    print(text)
    if asked.results:
        asked.results.write_text(text + "\n", "utf-8")
    sys.exit(result.missing + result.out_of_order + result.other_ids > 0)


async def storm(shape: Shape) -> Result:
    """Let a storm rage on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="astrolabe-storm-") as folder:
        async with postgres() as server, Database(server.url()) as database:
            raging = Storm(database, server.url(), Path(folder), shape)
            seconds = await raging.rage(lambda said: print(said, file=sys.stderr, flush=True))
            return judge(raging, await raging.wanted(), seconds)


def judge(raging: Storm, wanted: Wanted, seconds: float) -> Result:
    """Hold what came against what had to come."""
    seen = [each for endpoint in raging.live for each in endpoint.seen]
    latencies = [each.seconds for each in seen]
    return Result(
        machine=platform.machine(),
        cores=os.cpu_count() or 0,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        completions=len(wanted),
        endpoints=Counter(each.manner for each in raging.endpoints),
        ordered=sum(each.ordered for each in raging.live),
        killed=raging.killed,
        seconds=round(seconds, 1),
        received=len(seen),
        twice=len(seen) - sum(len(each.ids) for each in raging.live),
        per_second=round(len(seen) / seconds, 1),
        latency_median_seconds=round(median(latencies), 3),
        latency_p99_seconds=round(quantiles(latencies, n=100)[98], 3),
        missing=sum(len(wanted.keys() - each.ids) for each in raging.live),
        out_of_order=sum(out_of_order(each.seen) for each in raging.live if each.ordered),
        other_ids=sum(strangers(each, wanted) for each in raging.endpoints),
    )


def out_of_order(seen: Iterable[Seen]) -> int:
    """Count the messages that came after a later one of their instance, where they had not come before."""
    last, wrong, known = dict[str, int](), 0, set[str]()
    for each in seen:
        if each.id not in known:
            wrong += each.version <= last.get(each.instance_id, 0)
            last[each.instance_id] = each.version
        known.add(each.id)
    return wrong


def strangers(endpoint: Receiver, wanted: Wanted) -> int:
    """Count the messages whose id is not that of the completion they tell of."""
    return sum(wanted.get(each.id) != (each.instance_id, each.version) for each in endpoint.seen)


if __name__ == "__main__":
    main()
