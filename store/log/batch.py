"""A batch: appends to several streams as one statement, each of them all or none, whatever becomes of the others."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from astrolabe.store.database import Database
from astrolabe.store.log import sql


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


Times: TypeAlias = list[datetime]
"""When each event of an append was recorded; empty where its guard did not hold."""


async def send(database: Database, appends: Sequence[Append]) -> list[Times]:
    """Append to streams that differ, in one statement; return each its times.

    Raises UniqueViolationError where one lost a race while the statement ran; nothing at all was appended then.
    """
    # Two batches that meet take their locks in one order.
    ordered = sorted(appends, key=lambda each: each.stream_id)
    events = [
        (each.stream_id, each.expected + nth, *event) for each in ordered for nth, event in enumerate(each.events, 1)
    ]
    claims = [
        (each.stream_id, claim.command_id, claim.request_hash, claim.answer)
        for each in ordered
        for claim in each.claims
    ]
    arguments = [
        [each.stream_id for each in ordered],
        [each.expected for each in ordered],
        [each.fence for each in ordered],
        *_columns(events, 5),
        *_columns(claims, 4),
    ]
    if changing := [each for each in ordered if each.identity is not None]:
        things = [(each.stream_id, thing) for each in changing for thing in each.identity or ()]
        moved = [[each.stream_id for each in changing], *_columns(things, 2)]
        rows = await database.hot.fetch(sql.APPEND_WITH_IDENTITY, *arguments, *moved)
    else:
        rows = await database.hot.fetch(sql.APPEND, *arguments)
    times: list[Times] = [[] for _ in ordered]
    for nth, recorded_at in rows:
        times[nth - 1].append(recorded_at)
    found = dict(zip(ordered, times, strict=True))
    return [found[each] for each in appends]


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
