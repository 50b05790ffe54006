"""Backups of the log, which are made before its schema changes."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from astrolabe.cli.servers.problem import Unavailable
from astrolabe.store.database import for_programs
from astrolabe.workers.programs import shell, tools
from astrolabe.workers.programs.environment import inherited

FOLDER: Final = "log-backups"
"""Where they are kept, in the data folder."""

KEPT: Final = 3
"""How many are kept; an older one goes when another has been made."""

DUMP_SECONDS: Final = 24 * 3600.0
LIST_SECONDS: Final = 600.0
EVENTS: Final = " TABLE DATA astrolabe event "
"""How an archive lists that it holds the events."""

BY_YOURSELF: Final = "Mend that; or back the log up yourself, and run: astrolabe migrate --backup-taken."


class LogBackups:
    """The backups of one log, in a folder of their own."""

    def __init__(self, data: Path, url: str, say: Callable[[str], None]) -> None:
        self._folder: Final = data / FOLDER
        self._url: Final = url
        self._say: Final = say

    async def make(self, before: str, after: str) -> str:
        """Back the log up before it goes from one revision to another; return the file, which was read back.

        Raises Unavailable where that cannot be done.
        """
        path = self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{before}-to-{after}.dump"
        unfinished = path.with_suffix(".unfinished")
        self._say(f"Backing the log up before its schema goes from revision {before} to {after}.")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.touch(0o600)  # what pg_dump then writes is for our eyes only
            await self._dump(unfinished)
            await asyncio.to_thread(_seal, unfinished)
            unfinished.rename(path)
        except OSError as error:
            raise _unavailable(f"{self._folder}: {error.strerror}") from None
        finally:
            unfinished.unlink(missing_ok=True)
        for old in sorted(self._folder.glob("*.dump"))[:-KEPT]:
            old.unlink()
        return str(path)

    async def _dump(self, path: Path) -> None:
        try:
            command = [tools.postgres("pg_dump"), "--format=custom", "--compress=1", "--no-password", "--file", path]
            where, password = for_programs(self._url)
            env, secrets = {**inherited(), "PGPASSWORD": password}, [password] if password else []
            await shell.run([*command, "--dbname", where], env=env, deadline=DUMP_SECONDS, secrets=secrets)
            listed = await shell.run(
                [tools.postgres("pg_restore"), "--list", path], env=inherited(), deadline=LIST_SECONDS
            )
        except tools.ToolMissing as missing:
            raise _unavailable(str(missing).rstrip(".")) from None
        except shell.CommandProblem as error:
            raise _unavailable(" ".join((error.tail or str(error)).split())) from None
        if EVENTS not in listed.stdout:
            raise _unavailable("the archive that pg_dump made does not hold the events")


def _unavailable(why: str) -> Unavailable:
    return Unavailable(f"The log could not be backed up, so its schema was left as it is: {why}. {BY_YOURSELF}")


def _seal(path: Path) -> None:
    """Make a file outlast a power cut."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
