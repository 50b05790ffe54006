"""A batch: appends to several streams as one statement, each of them all or none, whatever becomes of the others."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from astrolabe.store.database import Database
from astrolabe.store.log.append_statement import append_statement


class Claim(Struct, frozen=True):
    """A command id that may be used once, what was asked under it, and the answer to give again."""

    command_id: str
    request_hash: bytes
    answer: str


class Append(Struct, frozen=True, eq=False):
    """What is to be appended to one stream: the id, the type and the text of each event."""

    stream_id: str
    expected: int
    fence: int | None
    events: Sequence[tuple[str, str, str]]
    claims: Sequence[Claim]
    identity: Sequence[str] | None = None
    """What the stream acts on from here on, and no other stream may; None where that stays as it was."""
    noticed: bool = False
    """Whether the relay is notified with the append itself."""


Times: TypeAlias = list[datetime]
"""When each event of an append was recorded; empty where its guard did not hold."""


async def send(database: Database, appends: Sequence[Append]) -> list[Times]:
    """Append to streams that differ, in one statement; return each its times.

    Raises UniqueViolationError where one lost a race while the statement ran; nothing at all was appended then.
    """
    # Two batches that meet take their locks in one order.
    ordered = sorted(appends, key=lambda each: each.stream_id)
    events = [
        (each.stream_id, each.expected, version, *event)
        for each in ordered
        for version, event in enumerate(each.events, each.expected + 1)
    ]
    fences = [(each.stream_id, each.fence) for each in ordered if each.fence is not None]
    claims = [
        (each.stream_id, claim.command_id, claim.request_hash, claim.answer)
        for each in ordered
        for claim in each.claims
    ]
    changing = [(each.stream_id,) for each in ordered if each.identity is not None]
    things = [(each.stream_id, thing) for each in ordered for thing in each.identity or ()]
    noticed = [(each.stream_id,) for each in ordered if each.noticed]
    parts = [(events, 6), *((rows, width) for rows, width in ((fences, 2), (claims, 4)) if rows)]
    parts += [(changing, 1), (things, 2)] if changing else []
    parts += [(noticed, 1)] if noticed else []
    alone = not changing and all(len(rows) == 1 for rows, _ in parts)
    if alone:
        arguments = [value for (row,), _ in parts for value in row]
    else:
        arguments = [column for rows, width in parts for column in _columns(rows, width)]
    statement = append_statement(
        fences=bool(fences), claims=bool(claims), moves=bool(changing), notices=bool(noticed), alone=alone
    )
    times: list[datetime | None] = [None] * len(events)
    for first, version, recorded_at, *_ in await database.hot.fetch(statement, *arguments):
        times[first + version - events[first - 1][1] - 2] = recorded_at
    return _each(ordered, times, appends)


def _each(ordered: Sequence[Append], times: Sequence[datetime | None], appends: Sequence[Append]) -> list[Times]:
    found: dict[Append, Times] = {}
    end = 0
    for each in ordered:
        start, end = end, end + len(each.events)
        found[each] = [time for time in times[start:end] if time is not None]
    return [found[each] for each in appends]


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
