"""What `ps` and `top` call a forked process, which would bear the name of the one that it was forked from."""

import contextlib
import ctypes
import sys
from pathlib import Path
from typing import Final

PR_SET_NAME: Final = 15
LONGEST_NAME: Final = 15
ARGUMENTS_BEGIN, ARGUMENTS_END = 45, 46
"""Where /proc/self/stat says between which addresses the arguments lie, counted from 0 after the program's name."""

_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def show(title: str) -> None:
    """Show a title in place of the arguments, as far as it fits there, and as the name."""
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_NAME, title.replace(" ", "-").encode()[:LONGEST_NAME], 0, 0, 0)
    with contextlib.suppress(OSError):
        fields = Path("/proc/self/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        begin, end = int(fields[ARGUMENTS_BEGIN]), int(fields[ARGUMENTS_END])
        if begin:
            # A last byte that is not null says that this is a title, which ends at the first one that is.
            length = end - begin
            ctypes.memmove(begin, title.encode()[: length - 2].ljust(length - 1, b"\0") + b".", length)
