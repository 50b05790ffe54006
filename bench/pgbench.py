"""The yardstick: PostgreSQL's own pgbench, one row a transaction, nothing else asked of it."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from astrolabe.store.database import Connection
from astrolabe.workers.programs import shell, tools
from bench.contender import YARDSTICK
from bench.row import payload
from bench.server import environment

TABLE = """
CREATE TABLE IF NOT EXISTS public.plain (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream_id uuid NOT NULL, version int NOT NULL,
  event_id uuid NOT NULL, type text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  entry text NOT NULL
)
"""
INSERT = """
INSERT INTO public.plain (stream_id, version, event_id, type, entry)
VALUES ('0190f000-0000-7000-8000-000000000001', 1, '0190f000-0000-7000-8000-000000000002', 'step_progressed', '{row}');
"""
JOBS = 2


class Pgbench:
    """Each client inserts rows of the same size into a table without a rule."""

    def __init__(self, url: str, folder: Path) -> None:
        self.name: str = YARDSTICK
        self._url: str = url
        self._script: Path = folder / "insert.sql"

    async def prepare(self, superuser: Connection) -> None:
        """Make the table and the script."""
        await superuser.execute(TABLE)
        self._script.write_text(INSERT.format(row=payload()), "utf-8")

    async def run(self, clients: int, seconds: float) -> float:
        """Insert for some seconds; return rows a second."""
        parts = urlsplit(self._url)
        where = ["--host", str(parts.hostname), "--port", str(parts.port), "--username", str(parts.username)]
        how = ["--no-vacuum", "--protocol", "prepared", "--file", self._script]
        many = ["--client", str(clients), "--jobs", str(min(clients, JOBS)), "--time", str(max(1, round(seconds)))]
        finished = await shell.run(
            [tools.postgres("pgbench"), *where, *how, *many, parts.path[1:]],
            env=environment(PGPASSWORD=str(parts.password)),
            deadline=seconds + 60,
        )
        return per_second(finished.stdout)


def per_second(said: str) -> float:
    """Read what pgbench reached from what it printed."""
    found = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
    if found is None:
        raise ValueError(f"pgbench told no speed: {said}")
    return float(found[1])
