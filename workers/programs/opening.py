"""Opening: what is no secret is let be read by every user of the host."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path


def open_to_all(*folders: Path) -> None:
    """Let every user read folders and all in them, and run there what their owner may run; links stay as they are."""
    for path in _within(*folders):
        found = os.lstat(path)
        mode = stat.S_IMODE(found.st_mode)
        wanted = mode | (0o555 if stat.S_ISDIR(found.st_mode) or mode & stat.S_IXUSR else 0o444)
        if wanted != mode and not stat.S_ISLNK(found.st_mode):
            os.chmod(path, wanted)  # noqa: PTH101


def _within(*folders: Path) -> Iterator[str]:
    """List folders and all in them; of tens of thousands of files, a Path for each would take the most time."""
    for folder in folders:
        yield str(folder)
        for place, inside, files in os.walk(folder):
            yield from (f"{place}/{each}" for each in (*inside, *files))
