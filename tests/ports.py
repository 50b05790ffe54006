"""Ports for the servers of tests."""

import itertools
import os
from collections.abc import Iterator
from typing import Final

from astrolabe.store.ports import is_free

FIRST: Final = 16_000
"""Ports from here on, and below those that a kernel gives to connections: between a look and its use, none is lent."""

SHARE: Final = 2_000
"""Ports of one of up to eight processes that run tests side by side."""


def _own_share() -> Iterator[int]:
    """Every port of this process's share once, from its own one on: another run may go on beside this one."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    begin = os.getpid()
    return (FIRST + number * SHARE + each % SHARE for each in itertools.count(begin))


_ports = _own_share()


def free_port() -> int:
    """A port nobody listens on, and that nobody else is given."""
    return next(port for port in _ports if is_free(port))
