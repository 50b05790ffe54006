"""Observing many instances: one that does not answer delays no other, and the looks are spread over their minute."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from astrolabe.store.database import Database
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import Secrets
from astrolabe.workers.worker.observer import AT_ONCE, Observer
from tests.waiting import until

MANY = 1000


def observer(patch: pytest.MonkeyPatch, many: int, look: Callable[[str], Awaitable[None]]) -> Observer:
    """Make one that has so many instances and looks at them in this way."""
    made = Observer(Database("postgresql://nobody@127.0.0.1/nothing"), Host("local", Path(), {}, Secrets([])), "w")

    async def at_rest(_host: str) -> list[str]:
        return [str(number) for number in range(many)]

    patch.setattr(made._views, "at_rest", at_rest)
    patch.setattr(made, "_look", look)
    return made


async def test_those_that_do_not_answer_delay_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but one of those that are looked at together hang, and each other is looked at all the same, once."""
    seen: list[str] = []

    async def look(instance_id: str) -> None:
        seen.append(instance_id)
        if int(instance_id) < AT_ONCE - 1:
            await asyncio.Event().wait()

    looking = asyncio.create_task(observer(monkeypatch, MANY, look).round())
    await until(lambda: len(seen) == MANY)
    assert len(set(seen)) == MANY
    looking.cancel()


async def test_a_round_is_spread_and_the_next_begins_when_its_time_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first finds out at once how everything is; from then on there is no burst, and no pause after a round."""
    looks: list[float] = []
    done = asyncio.Event()

    async def look(_instance_id: str) -> None:
        looks.append(time.monotonic())
        if len(looks) == 3 * 20:
            done.set()

    looking = asyncio.create_task(observer(monkeypatch, 20, look).run(0.5))
    await done.wait()
    looking.cancel()
    second, third = looks[20:40], looks[40:60]
    assert second[-1] - second[0] > 0.4
    assert third[0] - second[0] > 0.45
    assert min(later - earlier for earlier, later in zip(second, third, strict=True)) > 0.3


async def test_a_look_that_fails_ends_the_round_with_its_own_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins again after an outage must know it as one; nothing goes on looking meanwhile."""
    going: set[asyncio.Task[None] | None] = set()

    async def look(instance_id: str) -> None:
        if instance_id == "7":
            raise ConnectionRefusedError
        going.add(asyncio.current_task())
        await asyncio.Event().wait()

    with pytest.raises(ConnectionRefusedError):
        await observer(monkeypatch, MANY, look).round()
    await until(lambda: all(each and each.done() for each in going))
