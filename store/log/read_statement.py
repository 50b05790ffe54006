"""The statement that reads streams: from arrays, or where there are few from values, which costs both sides less."""

from functools import cache
from typing import Final

FEW: Final = 2
"""So many streams at the most are read from values; a connection plans each number of them once."""

# A stream that is asked for by what it holds is read from where it is known, if it is the one that is known.
_READ: Final = """
SELECT w.nth, w.stream_id::text, e.entry, e.recorded_at, e.position
FROM (
    SELECT a.nth, a.stream_id AS known, a.after, CASE WHEN a.thing IS NULL THEN a.stream_id
        ELSE (SELECT i.stream_id FROM identity i WHERE i.thing = a.thing AND i.nth = 0) END AS stream_id
    FROM %s AS a (stream_id, after, thing, nth)
) AS w LEFT JOIN LATERAL (
    SELECT version, entry, recorded_at, (SELECT position FROM log WHERE log.ingest_id = event.ingest_id) AS position
    FROM event WHERE stream_id = w.stream_id AND version > CASE WHEN w.stream_id = w.known THEN w.after ELSE 0 END
    ORDER BY version
) AS e ON true
ORDER BY w.nth, e.version
"""
_ARRAYS: Final = "unnest($1::uuid[], $2::int[], $3::text[]) WITH ORDINALITY"


@cache
def read_statement(values: int = 0) -> str:
    """Return the statement; its arguments are so many places one after the other, and for 0 three arrays of any length.

    A place is a stream, a version after which it is read, and a thing that it holds, or null. The rows have the number
    of their place, from 1 on.
    """
    rows = (
        f"(${3 * nth - 2}::uuid, ${3 * nth - 1}::int, ${3 * nth}::text, {nth}::bigint)" for nth in range(1, values + 1)
    )
    return _READ % (f"(VALUES {', '.join(rows)})" if values else _ARRAYS)
