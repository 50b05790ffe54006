"""Planted bugs: a worker of ours that loses a write, doubles an effect or loses an event, to prove the checker.

`python -m tests.chaos.planted BUG worker` is `astrolabe worker` with that bug; nothing of it is in the product.
"""

import os
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from astrolabe.cli.main import main
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Command, Report
from astrolabe.domain.upgrades.events import ArtifactPulled, BackupTaken
from astrolabe.store.streams.instances import Instances, Loaded
from astrolabe.workers.instance.database import InstanceDatabase
from astrolabe.workers.instance.process import MARK
from astrolabe.workers.programs import shell

FORGET: Final = """
ALTER TABLE astrolabe.log DISABLE TRIGGER append_only;
ALTER TABLE astrolabe.event DISABLE TRIGGER append_only;
DELETE FROM astrolabe.unsequenced WHERE ingest_id IN (SELECT ingest_id FROM astrolabe.event WHERE event_id = '{id}');
DELETE FROM astrolabe.log WHERE ingest_id IN (SELECT ingest_id FROM astrolabe.event WHERE event_id = '{id}');
DELETE FROM astrolabe.event WHERE event_id = '{id}';
ALTER TABLE astrolabe.log ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE astrolabe.event ENABLE ALWAYS TRIGGER append_only;
"""


def run_planted(bug: str, *words: str) -> list[str]:
    """Return the argv of an astrolabe command with a bug in it."""
    return [sys.executable, "-m", "tests.chaos.planted", bug, *words]


def lose_a_write() -> None:
    """Let whoever blocks a database lose the newest row that was acknowledged."""
    block = InstanceDatabase.block

    async def losing(self: InstanceDatabase) -> None:
        async with self.connection(self.name) as connection:
            await connection.execute("DELETE FROM items WHERE id = (SELECT max(id) FROM items)")
        await block(self)

    InstanceDatabase.block = losing


def double_an_effect() -> None:
    """Let every start of a gateway start a second one, which serves where nobody looks."""
    spawn = shell.spawn

    def twice(argv: Sequence[str | Path], *, env: Mapping[str, str], log: Path, **more: Any) -> int:
        elsewhere = {name: value for name, value in env.items() if name != MARK} | {"HTTP_PORT": "0"}
        spawn(argv, env=elsewhere, log=log.with_suffix(".twin"))
        return spawn(argv, env=env, log=log, **more)

    shell.spawn = twice


def lose_an_event() -> None:
    """Let the backup vanish from the log once the pull is recorded, past the triggers that forbid it."""
    execute = Instances.execute

    async def losing(self: Instances, loaded: Loaded, command: Command, cause: Cause, **options: Any) -> Loaded:
        after = await execute(self, loaded, command, cause, **options)
        if isinstance(command, Report) and isinstance(command.fact, ArtifactPulled):
            backups = [each.event_id for each in after.history if isinstance(each.event, BackupTaken)]
            await _forget(uuid.UUID(backups[-1]))
        return after

    Instances.execute = losing


async def _forget(event_id: uuid.UUID) -> None:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        await connection.execute(FORGET.format(id=event_id))
    finally:
        await connection.close()


BUGS: Final[dict[str, Callable[[], None]]] = {
    "lost-write": lose_a_write,
    "doubled-effect": double_an_effect,
    "lost-event": lose_an_event,
}

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)]()
    main()
