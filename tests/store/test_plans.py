"""Plans: a statement that is planned once must be good for a log of any length."""

import re
from datetime import timedelta
from itertools import product
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from astrolabe.store.database import PLANNED_ONCE, SETTINGS
from astrolabe.store.log import cursor, sql
from astrolabe.store.log.append_statement import append_statement
from astrolabe.store.log.read_statement import FEW, read_statement
from astrolabe.store.views.queries import unattended, until_due

TABLES = ("event", "command", "log", "lease", "identity")
"""What grows without end."""

STATEMENTS = {
    name: getattr(sql, name)
    for name in (
        "READ_STREAM_AT",
        "READ_LOG",
        "READ_VERSIONS",
        "HEAD",
        "STREAM_OF_UPGRADE",
        "CLAIMS",
        "ACQUIRE",
        "RENEW",
        "RELEASE",
    )
} | {"the place of a subscriber": cursor.GET}
STATEMENTS |= {f"read {values or 'any'} streams": read_statement(values) for values in range(FEW + 1)}
STATEMENTS |= {
    f"append{' alone' * alone}{' with fences' * fences}{' with claims' * claims}{' that moves' * moves}"
    f"{' noticed' * notices}": append_statement(fences=fences, claims=claims, moves=moves, notices=notices, alone=alone)
    for alone, fences, claims, moves, notices in product((False, True), repeat=5)
    if not (alone and moves)
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_what_is_planned_while_the_log_is_empty_looks_into_an_index(database_url: str, name: str) -> None:
    """No hot statement reads a table that grows from one end to the other, even if it was planned before it grew."""
    await _look_over_while_empty(database_url)
    connection = await asyncpg.connect(database_url, server_settings=SETTINGS | PLANNED_ONCE)
    try:
        await connection.execute(f"PREPARE hot AS {STATEMENTS[name]}")
        asked = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", STATEMENTS[name]))))
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE hot({asked})")]
    finally:
        await connection.close()
    whole = [line for line in plan if "Seq Scan" in line and any(f" on {table}" in line for table in TABLES)]
    assert not whole, "\n".join(plan)
    for line, following in zip(plan, [*plan[1:], ""], strict=True):
        assert "Index" not in line or " using " not in line or "Index Cond" in following, "\n".join(plan)


async def test_what_is_unattended_is_found_by_an_index(database_url: str) -> None:
    """The reconcile loop asks every second: it looks at what is due, and not at every instance there is."""
    plan = await _plan_of(database_url, unattended(timedelta(seconds=3)))
    assert "Seq Scan on view_instance" not in plan, plan
    assert "Index Cond: (due_at <= now())" in plan, plan


async def test_when_something_is_due_is_found_by_an_index(database_url: str) -> None:
    """Whoever asks when to look next does not read every instance either."""
    plan = await _plan_of(database_url, until_due())
    assert "Seq Scan on view_instance" not in plan, plan
    assert "using view_instance_due_at on" in plan, plan


async def _plan_of(url: str, asked: Select[*tuple[Any, ...]]) -> str:
    query = asked.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})
    connection = await asyncpg.connect(url, server_settings=SETTINGS | {"enable_seqscan": "off"})
    try:
        return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN (COSTS OFF) {query}"))
    finally:
        await connection.close()


async def _look_over_while_empty(url: str) -> None:
    """Let the planner know for certain that nothing is there, which is when it likes to read everything."""
    owner = await asyncpg.connect(url, server_settings={"search_path": "astrolabe"})
    try:
        for table in TABLES:
            await owner.execute(f"VACUUM ANALYZE {table}")
    finally:
        await owner.close()
