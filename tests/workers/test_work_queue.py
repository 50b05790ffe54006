"""The queue of Dramatiq's threads: they wait for as long as nothing comes, and hear of its end at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest

from astrolabe.workers.worker.work_queue import WorkQueue

LONG = 600.0
THREADS = 8


def taken(queue: WorkQueue) -> object:
    """Take what comes, or nothing once the queue has ended."""
    try:
        return queue.get(timeout=LONG)
    except Empty:
        return None


def test_what_comes_goes_to_a_thread_that_waits() -> None:
    """Each thread that waits is given one thing, and those that are left over wait on."""
    queue = WorkQueue()
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(taken, queue) for _ in range(THREADS)]
        for nth in range(THREADS - 1):
            queue.put(nth)
        queue.end()
        given = [each.result() for each in waiting]
    assert sorted(each for each in given if isinstance(each, int)) == list(range(THREADS - 1))
    assert given.count(None) == 1


def test_its_end_wakes_all_who_wait() -> None:
    """Nobody waits for a time-out, whether the end came before or after it began to wait."""
    queue = WorkQueue()
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(taken, queue) for _ in range(THREADS)]
        queue.end()
        assert [each.result() for each in waiting] == [None] * THREADS
    assert taken(queue) is None


def test_what_is_left_at_its_end_can_still_be_taken() -> None:
    """Dramatiq gives back to the broker what no thread has begun."""
    queue = WorkQueue()
    queue.put(1)
    queue.end()
    assert queue.get_nowait() == 1
    with pytest.raises(Empty):
        queue.get_nowait()


def test_a_time_out_is_kept() -> None:
    """Without an end, and with nothing in it, a wait ends with its time."""
    began = time.monotonic()
    with pytest.raises(Empty):
        WorkQueue().get(timeout=0.05)
    assert time.monotonic() - began >= 0.05
