"""The umask: nobody else reads what we write, and what we start keeps the one that we were started with."""

import os
from typing import Final

OURS: Final = 0o077

_before: Final[list[int]] = []


def close_to_others() -> None:
    """Keep what this process and its forks write from here on to their user alone."""
    before = os.umask(OURS)
    if not _before:
        _before.append(before)


def of_others() -> int:
    """Return the umask that started programs have: the one of before, and -1 where ours was never changed."""
    return _before[0] if _before else -1
