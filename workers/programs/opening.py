"""Opening: what is no secret is let be read by every user of the host."""

import stat
from pathlib import Path


def open_to_all(*folders: Path) -> None:
    """Let every user read folders and all in them, and run there what their owner may run; links stay as they are."""
    for path in (each for folder in folders for each in (folder, *folder.rglob("*"))):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = mode | (0o555 if path.is_dir() or mode & stat.S_IXUSR else 0o444)
            if wanted != mode:
                path.chmod(wanted)
