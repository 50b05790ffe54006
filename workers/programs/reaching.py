"""Reaching: whether another user of this host may get to a file or a folder, and read it."""

from pathlib import Path
from typing import Final

from astrolabe.domain.instances.process_user import ProcessUser
from astrolabe.workers.programs import shell

LOOK_SECONDS: Final = 10.0
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


async def can_reach(user: ProcessUser, path: Path) -> bool:
    """Ask the kernel, as that user, whether it may pass to a folder or read a file; only root may ask so."""
    look = ("test", "-x" if path.is_dir() else "-r", str(path))
    try:
        ended = await shell.run(look, env=ENVIRONMENT, cwd=Path("/"), deadline=LOOK_SECONDS, user=user, check=False)
    except shell.CommandProblem:
        return False
    return ended.returncode == 0
