"""The server of `astrolabe up` has room for all sessions that our processes may have."""

import inspect
import re
from pathlib import Path

from astrolabe.cli.servers.postgres import SESSIONS
from astrolabe.store.database import OVERFLOW, Database
from astrolabe.workers.worker.process import CONNECTIONS

RESERVED = 3
"""Sessions that PostgreSQL keeps for its superuser."""
LISTENING = 2
"""Sessions that a process may have beside its pools, to be woken."""
PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def _most(pool_size: int) -> int:
    return 3 * pool_size + OVERFLOW


def test_the_pools_of_two_workers_an_api_and_a_relay_fit() -> None:
    """All pools full leave room to listen, and the page says how many they are."""
    worker, other = _most(CONNECTIONS[1]), _most(inspect.signature(Database).parameters["pool_size"].default)
    processes = (worker, worker, other, other)
    assert sum(processes) + LISTENING * len(processes) + RESERVED <= SESSIONS
    (row,) = [line for line in PAGE.read_text("utf-8").splitlines() if "`max_connections`" in line]
    assert [int(number) for number in re.findall(r"up to (\d+)", row)] == [worker, other]
