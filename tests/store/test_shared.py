"""Sharing questions: asked together, answered each for itself, and never with what was true before."""

import asyncio

import pytest

from astrolabe.store.log.shared import Shared


class Source:
    """Answers when it is let, with how often it was asked before, and knows what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.gates: list[asyncio.Event] = []

    async def answers(self, keys):
        """Answer all keys at once, each with itself and the number of the statement."""
        number, gate = len(self.asked), asyncio.Event()
        self.asked.append(list(keys))
        self.gates.append(gate)
        await gate.wait()
        if 13 in keys:
            raise ValueError("unlucky")
        return [(key, number) for key in keys]

    async def reached(self, many: int) -> None:
        """Wait until it was asked so often."""
        async with asyncio.timeout(30):
            while len(self.asked) < many:
                await asyncio.sleep(0)


async def begun(shared: Shared, *keys: int) -> list[asyncio.Task]:
    """Ask in one turn of the loop."""
    tasks = [asyncio.create_task(shared.ask(key)) for key in keys]
    await asyncio.sleep(0)
    return tasks


async def test_what_comes_while_others_wait_goes_together():
    """The first goes alone at once; those who come meanwhile share one statement, in which a key stands once."""
    source = Source()
    tasks = await begun(Shared(source.answers), 1, 2, 3, 2)
    await source.reached(2)
    for gate in source.gates:
        gate.set()
    assert await asyncio.gather(*tasks) == [(1, 0), (2, 1), (3, 1), (2, 1)]
    assert source.asked == [[1], [2, 3]]


async def test_nobody_is_answered_by_an_earlier_statement():
    """Whoever asks while the same question is under way waits for one that is asked after."""
    source = Source()
    shared = Shared(source.answers)
    tasks = await begun(shared, 1, 1)
    await source.reached(2)
    tasks += await begun(shared, 1)
    source.gates[1].set()
    assert await tasks[1] == (1, 1)
    await source.reached(3)
    source.gates[2].set()
    assert await tasks[2] == (1, 2)
    source.gates[0].set()
    assert await tasks[0] == (1, 0)


async def test_an_error_is_told_to_those_who_share_the_statement():
    """Each of them hears of it, and the next question is asked as ever."""
    source = Source()
    shared = Shared(source.answers)
    tasks = await begun(shared, 1, 2, 13)
    await source.reached(2)
    for gate in source.gates:
        gate.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [tuple, ValueError, ValueError]
    again = await begun(shared, 4)
    source.gates[2].set()
    assert await again[0] == (4, 2)


@pytest.mark.parametrize("who", [0, 1])
async def test_a_caller_that_is_cancelled_takes_nobody_along(who):
    """The others who asked the same are answered."""
    source = Source()
    tasks = await begun(Shared(source.answers), 1, 2, 2)
    await source.reached(2)
    tasks[who].cancel()
    for gate in source.gates:
        gate.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(ends[who], asyncio.CancelledError)
    assert [end for nth, end in enumerate(ends) if nth != who] == [
        ((1, 0), (2, 1), (2, 1))[n] for n in {0, 1, 2} - {who}
    ]


async def test_several_questions_are_one_statement():
    """They go together at once, and so they do beside others that wait; each is answered in its place."""
    source = Source()
    shared = Shared(source.answers)
    tasks = [asyncio.create_task(shared.ask_all(keys)) for keys in ([1, 2], [3, 2], [4])]
    await source.reached(2)
    for gate in source.gates:
        gate.set()
    assert await asyncio.gather(*tasks) == [[(1, 0), (2, 0)], [(3, 1), (2, 1)], [(4, 1)]]
    assert source.asked == [[1, 2], [3, 2, 4]]


async def test_several_questions_that_cannot_be_answered_fail_all():
    """Whoever asked hears of it once."""
    source = Source()
    shared = Shared(source.answers)
    tasks = [asyncio.create_task(shared.ask_all(keys)) for keys in ([1], [13, 2])]
    await source.reached(2)
    for gate in source.gates:
        gate.set()
    assert await tasks[0] == [(1, 0)]
    with pytest.raises(ValueError, match="unlucky"):
        await tasks[1]
