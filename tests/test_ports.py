"""Runs of tests that go on side by side on one machine never meet on a port."""

import subprocess
import sys
from pathlib import Path

MANY = 100
GIVEN = f"from tests.ports import free_port; print(*[free_port() for _ in range({MANY})], flush=True); input()"


def given() -> "subprocess.Popen[str]":
    """Start a process that is given ports, and keeps them until somebody answers it."""
    return subprocess.Popen(
        [sys.executable, "-c", GIVEN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )


def test_two_runs_are_given_different_ports() -> None:
    """What one run has stopped for a moment, and will start again at its port, finds that port free."""
    with given() as one, given() as other:
        assert one.stdout
        assert other.stdout
        first, second = set(one.stdout.readline().split()), set(other.stdout.readline().split())
        one.communicate("\n")
        other.communicate("\n")
    assert len(first) == len(second) == MANY
    assert not first & second
