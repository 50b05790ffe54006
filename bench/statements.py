"""What an append's statement costs the server: `python -m bench.statements`.

The processor time of one session, without the flush, for each set of guards and each number of appends in a statement.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, TypeAlias

import asyncpg

from astrolabe.store.database import PLANNED_ONCE, SETTINGS, Connection
from astrolabe.store.ids import new_id
from astrolabe.store.log.append_statement import append_statement
from bench.pgbench import TABLE
from bench.row import payload
from bench.server import postgres

ROUNDS: Final = 5
EVENTS: Final = 1600
"""How many events each is asked to append within a round."""

MANY: Final = (1, 8, 32)
UNFLUSHED: Final = {"synchronous_commit": "off"}
PLAIN: Final = """
INSERT INTO public.plain (stream_id, version, event_id, type, entry)
SELECT s, v, i, t, e FROM unnest($1::uuid[], $2::int[], $3::int[], $4::uuid[], $5::text[], $6::text[])
    AS a (s, expected, v, i, t, e) RETURNING recorded_at
"""

Columns: TypeAlias = Sequence[Sequence[Any]]
Extra: TypeAlias = Callable[[Sequence[str]], Columns]


def _none(_: Sequence[str]) -> Columns:
    return ()


def _claims(streams: Sequence[str]) -> Columns:
    return streams, [new_id() for _ in streams], [b"hash"] * len(streams), ["{}"] * len(streams)


CONTENDERS: Final[dict[str, tuple[str, Extra]]] = {
    "a row without a rule": (PLAIN, _none),
    "an append": (append_statement(fences=False, claims=False, moves=False), _none),
    "an append with a claim": (append_statement(fences=False, claims=True, moves=False), _claims),
}


async def _cost(connection: Connection, pid: int, contender: tuple[str, Extra], many: int) -> float:
    """Return microseconds of the server's for a statement."""
    statement, extra = contender
    streams, text, times = [new_id() for _ in range(many)], payload(), EVENTS // many
    before = _microseconds(pid)
    for version in range(times):
        events = [version] * many, [version + 1] * many, [new_id() for _ in streams]
        await connection.fetch(statement, streams, *events, ["step"] * many, [text] * many, *extra(streams))
    return (_microseconds(pid) - before) / times


def _microseconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1000


async def _run() -> None:
    found: dict[tuple[str, int], list[float]] = {}
    async with postgres() as server:
        superuser = await asyncpg.connect(server.url())
        await superuser.execute(TABLE)
        await superuser.execute("GRANT INSERT, SELECT ON public.plain TO astrolabe_app")
        connection = await asyncpg.connect(server.url(), server_settings=SETTINGS | PLANNED_ONCE | UNFLUSHED)
        pid: int = await connection.fetchval("SELECT pg_backend_pid()")
        for _ in range(ROUNDS):
            for many in MANY:
                for name, contender in CONTENDERS.items():
                    found.setdefault((name, many), []).append(await _cost(connection, pid, contender, many))
        await connection.close()
        await superuser.close()
    print("| microseconds for a statement | " + " | ".join(map(str, MANY)) + " |")
    print("|---" * (1 + len(MANY)) + "|")
    for name in CONTENDERS:
        print(f"| {name} | " + " | ".join(f"{median(found[name, many]):.0f}" for many in MANY) + " |")


if __name__ == "__main__":
    asyncio.run(_run())
