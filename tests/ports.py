"""Ports for the servers of tests."""

import fcntl
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from astrolabe.store.ports import is_free

FIRST: Final = 16_000
"""Ports from here on, and below those that a kernel gives to connections: between a look and its use, none is lent."""

SHARE: Final = 250
"""Ports of one process that runs tests."""

SHARES: Final = 64


def _own_share() -> Iterator[int]:
    """Every port of this process's share once, and then again."""
    begin = FIRST + _claimed() * SHARE
    return itertools.cycle(range(begin, begin + SHARE))


def _claimed() -> int:
    """Claim a share that nobody else on this machine has, for as long as this process lives."""
    for number in range(SHARES):
        try:
            lock = os.open(Path(tempfile.gettempdir(), f"astrolabe-test-ports-{number}"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:  # another user's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
        else:
            return number
    raise RuntimeError(f"{SHARES} processes run tests on this machine already")


_ports = _own_share()


def free_port() -> int:
    """A port nobody listens on, and that nobody else is given."""
    return next(port for port in _ports if is_free(port))
