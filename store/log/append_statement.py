"""The statement that appends: one for all appends that go together, with those guards alone that one of them needs.

The server sets up every part of a statement each time, so what nobody asks for is left out, and an event that comes
alone comes as values, which costs both sides less than arrays of one; there are few such choices, and each connection
plans each of them once.
"""

from functools import cache
from typing import Final, NamedTuple

from astrolabe.store.log.appended import CHANNEL


class _Form(NamedTuple):
    """How the arguments are written: where their rows come from, and how a stream is compared with them."""

    events: str
    fences: str
    claims: str
    fenced: str
    noticed: str
    place: str
    """Where in the arguments the first event of a stream stands."""


_MANY: Final = _Form(
    events="""unnest(
        {streams}::uuid[], {expected}::int[], {versions}::int[], {ids}::uuid[], {types}::text[], {texts}::text[]
    ) WITH ORDINALITY""",
    fences="unnest({fenced}::uuid[], {fences}::bigint[])",
    claims="unnest({claiming}::uuid[], {commands}::uuid[], {hashes}::bytea[], {answers}::text[])",
    fenced="ALL({fenced}::uuid[])",
    noticed="ANY({noticed}::uuid[])",
    place="array_position({streams}::uuid[], stream_id)",
)
_ALONE: Final = _Form(
    events="""(VALUES (
        {streams}::uuid, {expected}::int, {versions}::int, {ids}::uuid, {types}::text, {texts}::text, 1
    ))""",
    fences="(VALUES ({fenced}::uuid, {fences}::bigint))",
    claims="(VALUES ({claiming}::uuid, {commands}::uuid, {hashes}::bytea, {answers}::text))",
    fenced="{fenced}::uuid",
    noticed="{noticed}::uuid",
    place="1",
)

_HELD: Final = """held AS MATERIALIZED (
    SELECT a.stream_id FROM (
        SELECT * FROM {form.fences} AS a (stream_id, fence) ORDER BY stream_id
    ) AS a, LATERAL (SELECT FROM lease l WHERE l.resource = a.stream_id AND l.fence = a.fence FOR SHARE) AS l
)"""
_IF_HELD: Final = """
      AND (e.stream_id <> {form.fenced} OR e.stream_id IN (SELECT stream_id FROM held))"""

_CLAIMS: Final = """claims AS MATERIALIZED (
    SELECT * FROM {form.claims} AS c (stream_id, command_id, request_hash, answer)
), taken AS MATERIALIZED (
    SELECT c.stream_id FROM claims c WHERE (SELECT true FROM command k WHERE k.command_id = c.command_id)
)"""
_IF_FREE: Final = """
      AND e.stream_id NOT IN (SELECT stream_id FROM taken)"""
_CLAIMED: Final = """claimed AS (
    INSERT INTO command (command_id, request_hash, stream_id, answer)
    SELECT c.command_id, c.request_hash, c.stream_id, c.answer FROM claims c
    WHERE c.stream_id IN (SELECT stream_id FROM stored) ORDER BY c.command_id
)"""

# What another stream acts on refuses the append; what two acted on before that was refused, both keep. Of two that come
# at one moment the later one's row is a unique violation.
_MOVING: Final = """moving AS MATERIALIZED (
    SELECT * FROM unnest({acting}::uuid[], {things}::text[]) AS m (stream_id, thing)
), kept AS MATERIALIZED (
    SELECT m.stream_id, m.thing FROM moving m
    WHERE (SELECT true FROM identity i WHERE i.stream_id = m.stream_id AND i.thing = m.thing)
), new AS MATERIALIZED (
    SELECT m.stream_id, m.thing FROM moving m WHERE (m.stream_id, m.thing) NOT IN (SELECT stream_id, thing FROM kept)
), others AS MATERIALIZED (
    SELECT n.stream_id FROM new n WHERE (SELECT true FROM identity i WHERE i.thing = n.thing LIMIT 1)
)"""
_IF_NO_OTHERS: Final = """
      AND e.stream_id NOT IN (SELECT stream_id FROM others)"""
_MOVED: Final = """left_behind AS (
    DELETE FROM identity i USING (SELECT DISTINCT stream_id FROM stored WHERE stream_id = ANY({moved}::uuid[])) AS s
    WHERE i.stream_id = s.stream_id AND i.stream_id = ANY({moved}::uuid[])
      AND (i.stream_id, i.thing) NOT IN (SELECT stream_id, thing FROM kept)
), moved_to AS (
    INSERT INTO identity (thing, nth, stream_id)
    SELECT n.thing, 0, n.stream_id FROM new n WHERE n.stream_id IN (SELECT stream_id FROM stored) ORDER BY n.thing
)"""

_STORED: Final = """stored AS (
    INSERT INTO event (stream_id, version, event_id, type, entry)
    SELECT e.stream_id, e.version, e.event_id, e.type, e.entry
    FROM {form.events} AS e (stream_id, expected, version, event_id, type, entry, nth)
    WHERE e.expected = coalesce(
        (SELECT v.version FROM event v WHERE v.stream_id = e.stream_id ORDER BY v.version DESC LIMIT 1), 0)%s
    ORDER BY e.nth
    RETURNING ingest_id, stream_id, version, recorded_at
)"""
_HANDED_OVER: Final = """handed_over AS (
    INSERT INTO unsequenced (ingest_id) SELECT ingest_id FROM stored
)"""
_TIMES: Final = "SELECT {form.place}, version, recorded_at%s FROM stored"
# A subquery that depends on no row is carried out once.
_NOTIFIED: Final = """, (
    SELECT pg_notify(%s, string_agg(DISTINCT stream_id::text, ' ')) FROM stored WHERE stream_id = {form.noticed}
)"""

EVENTS: Final = ("streams", "expected", "versions", "ids", "types", "texts")
FENCES: Final = ("fenced", "fences")
CLAIMS: Final = ("claiming", "commands", "hashes", "answers")
MOVES: Final = ("moved", "acting", "things")
NOTICES: Final = ("noticed",)
_NAMES: Final = (*EVENTS, *FENCES, *CLAIMS, *MOVES, *NOTICES)


@cache
def append_statement(*, fences: bool, claims: bool, moves: bool, notices: bool = False, alone: bool = False) -> str:
    """Return the statement; its arguments are arrays: EVENTS, then FENCES, CLAIMS, MOVES and NOTICES as asked for.

    They are single values instead where one event comes `alone`, with one claim at the most; it never moves anything.
    Each append is judged by itself: the streams of one statement differ. It returns for each event the place of its
    append's first event, its version, and when it was recorded; no row of a stream means that its guard did not hold. A
    version or claim that is taken while the statement runs is a unique violation, never swallowed.
    """
    # The share lock makes a take-over of the lease wait until the append is in, or the append see the take-over.
    # One plan serves every append, so tables are only looked into by subqueries that no planner turns into a join.
    before, guards, after, names = [], "", [_HANDED_OVER], [*EVENTS]
    if fences:
        before.append(_HELD)
        guards += _IF_HELD
        names += FENCES
    if claims:
        before.append(_CLAIMS)
        guards += _IF_FREE
        after.append(_CLAIMED)
        names += CLAIMS
    if moves:
        before.append(_MOVING)
        guards += _IF_NO_OTHERS
        after.append(_MOVED)
        names += MOVES
    notified = ""
    if notices:
        notified = _NOTIFIED % repr(CHANNEL)
        names += NOTICES
    text = f"WITH {', '.join([*before, _STORED % guards, *after])}\n{_TIMES % notified}"
    arguments = dict.fromkeys(_NAMES, "") | {name: f"${nth}" for nth, name in enumerate(names, 1)}
    form = _Form(*(part.format_map(arguments) for part in (_ALONE if alone else _MANY)))
    return text.format(form=form, **arguments)
