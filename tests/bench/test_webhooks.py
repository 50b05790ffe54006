"""The storm on webhooks, small enough for every run; `python -m bench.webhooks` is the same at full size."""

from pathlib import Path

from astrolabe.store.database import Database
from bench.receiver import Seen
from bench.storm import Shape, Storm
from bench.webhooks import judge, out_of_order


async def test_every_live_endpoint_has_every_event_whoever_is_killed(database_url: str, tmp_path: Path) -> None:
    """Of 20 endpoints 5 are dead, 3 slow, 2 answer garbage; relays and recorders are killed; nothing is lost."""
    shape = Shape(60, instances=6, kills=3, deadline_seconds=4, slow_seconds=0.05, patience_seconds=200)
    async with Database(database_url) as database:
        storm = Storm(database, database_url, tmp_path, shape)
        seconds = await storm.rage(print)
        result = judge(storm, await storm.wanted(), seconds)
    assert (result.completions, sum(result.endpoints.values()), result.killed) == (60, 20, {"relay": 3, "recorder": 3})
    assert (result.missing, result.out_of_order, result.other_ids) == (0, 0, 0)
    assert all(each.seen for each in storm.endpoints if each.manner != "dead")


def test_what_came_out_of_order_is_counted() -> None:
    """An earlier event after a later one of its instance counts, unless it came before; other instances do not."""

    def seen(*told: str) -> list[Seen]:
        return [Seen(each, each[0], int(each[1:]), 0.0) for each in told]

    assert out_of_order(seen("a1", "b1", "a2", "a1", "b2", "a3")) == 0
    assert out_of_order(seen("a1", "a3", "a2", "b2", "b1")) == 2
