"""The bench's look at a tree of processes."""

import os

import pytest

from bench.rest import Rest, table
from bench.usage import Usage, kind_of, share, usage


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/venv/bin/python -P -E -m astrolabe up --data /tmp/x", "up"),
        ("astrolabe fork-server", "fork-server"),
        ("astrolabe worker", "worker"),
        ("/venv/bin/python -P -E -m astrolabe api --bind 127.0.0.1:1", "api"),
        ("/wheel/postgres -D /tmp/x", "postgres"),
        ("postgres: astrolabe: io worker 0", "postgres"),
        ("/wheel/valkey-server /tmp/valkey.conf", "valkey"),
        ("/venv/bin/python -m bench.stepping", "worker"),
    ],
)
def test_a_process_is_known_by_its_command_line(command: str, kind: str) -> None:
    """However it was started."""
    assert kind_of(command.split()) == kind


def test_a_share_is_of_one_core() -> None:
    """What two looks differ by, related to the time between them; who began meanwhile counts from nothing."""
    before, after = Usage({"api": 1.0}, {}), Usage({"api": 2.0, "worker": 0.5}, {})
    assert share(before, after, 10.0) == pytest.approx({"api": 0.1, "worker": 0.05, "all": 0.15})


def test_a_tree_is_looked_at() -> None:
    """Of this process at least there is something to tell."""
    seen = usage(os.getpid())
    assert sum(seen.seconds.values()) > 0
    assert sum(seen.megabytes.values()) > 1


def test_a_table_has_a_column_for_each_household() -> None:
    """Shares in percent, memory in MB, and the median of the first steps where there were any."""
    rests = [
        Rest(0, 300.0, {"all": 0.005}, {"api": 40.0, "postgres": 30.4}, []),
        Rest(100, 300.0, {"all": 0.04, "worker": 0.03}, {"api": 41.0}, [0.010, 0.009, 0.5]),
    ]
    rows = table(rests).splitlines()
    assert rows[0] == "| at rest | no instance | 100 instances |"
    assert "| all: share of one core | 0.50% | 4.00% |" in rows
    assert "| all: PSS | 70 MB | 41 MB |" in rows
    assert rows[-1] == "| POST to the first step begun, median |  | 10.0 ms |"
