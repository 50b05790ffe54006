"""Every statement on the log, in one place."""

# Each append is judged by itself: the streams of one statement differ. No row of a stream means that its guard did not
# hold; a version or claim that is taken while the statement runs is a unique violation, never swallowed.
# The share lock makes a take-over of the lease wait until the append is in, or the append see the take-over.
# One plan serves every append, so tables are only looked into by subqueries that no planner turns into a join of all.
APPEND = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[]) WITH ORDINALITY AS a (stream_id, expected, fence, nth)
), held AS MATERIALIZED (
    SELECT a.stream_id FROM (SELECT * FROM asked WHERE fence IS NOT NULL ORDER BY stream_id) AS a, LATERAL (
        SELECT FROM lease l WHERE l.resource = a.stream_id AND l.fence = a.fence FOR SHARE
    ) AS l
), claims AS MATERIALIZED (
    SELECT * FROM unnest($9::uuid[], $10::uuid[], $11::bytea[], $12::text[])
        AS c (stream_id, command_id, request_hash, answer)
), taken AS MATERIALIZED (
    SELECT c.stream_id FROM claims c
    WHERE (SELECT true FROM command k WHERE k.command_id = c.command_id)
), good AS MATERIALIZED (
    SELECT a.stream_id FROM asked a
    WHERE a.expected = coalesce(
        (SELECT e.version FROM event e WHERE e.stream_id = a.stream_id ORDER BY e.version DESC LIMIT 1), 0)
      AND (a.fence IS NULL OR a.stream_id IN (SELECT stream_id FROM held))
      AND a.stream_id NOT IN (SELECT stream_id FROM taken)
), claimed AS (
    INSERT INTO command (command_id, request_hash, stream_id, answer)
    SELECT c.command_id, c.request_hash, c.stream_id, c.answer FROM claims c JOIN good USING (stream_id)
    ORDER BY c.command_id
), stored AS (
    INSERT INTO event (stream_id, version, event_id, type, entry)
    SELECT e.stream_id, e.version, e.event_id, e.type, e.entry
    FROM unnest($4::uuid[], $5::int[], $6::uuid[], $7::text[], $8::text[]) WITH ORDINALITY
        AS e (stream_id, version, event_id, type, entry, nth) JOIN good USING (stream_id)
    ORDER BY e.nth
    RETURNING ingest_id, stream_id, version, recorded_at
), handed_over AS (
    INSERT INTO unsequenced (ingest_id) SELECT ingest_id FROM stored
)
SELECT a.nth, s.recorded_at FROM stored s JOIN asked a USING (stream_id) ORDER BY a.nth, s.version
"""

READ_STREAMS = """
SELECT w.nth, e.entry, e.recorded_at, e.position
FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS w (stream_id, after, nth), LATERAL (
    SELECT version, entry, recorded_at, (SELECT position FROM log WHERE log.ingest_id = event.ingest_id) AS position
    FROM event WHERE stream_id = w.stream_id AND version > w.after ORDER BY version
) AS e
ORDER BY w.nth, e.version
"""

# As it stood at a time is the history before the first later event: a clock set back leaves no holes.
READ_STREAM_AT = """
SELECT e.entry, e.recorded_at, e.position
FROM (
    SELECT version, entry, recorded_at, (SELECT position FROM log WHERE log.ingest_id = event.ingest_id) AS position
    FROM event
    WHERE stream_id = $1 AND version <= $4 AND version < coalesce(
        (SELECT min(version) FROM event WHERE stream_id = $1 AND recorded_at > $3::timestamptz), 2147483647)
) AS e
WHERE $2::bigint IS NULL OR e.position <= $2
ORDER BY e.version
"""

# Positions have no gaps, so a stretch of them is as good as a limit, and needs no guess of how much lies behind it.
READ_LOG = """
SELECT e.entry, e.recorded_at, l.position
FROM (
    SELECT position, ingest_id FROM log WHERE position > $1::bigint AND position <= $1::bigint + $2::int
    ORDER BY position
) AS l, LATERAL (SELECT entry, recorded_at FROM event WHERE ingest_id = l.ingest_id OFFSET 0) AS e
ORDER BY l.position
"""

HEAD = "SELECT version FROM event WHERE stream_id = $1 ORDER BY version DESC LIMIT 1"
STREAM_OF_UPGRADE = "SELECT stream_id FROM event WHERE event_id = $1 AND type = 'upgrade_requested'"
CLAIMS = """
SELECT a.nth, c.request_hash, c.stream_id::text, c.answer
FROM unnest($1::uuid[]) WITH ORDINALITY AS a (command_id, nth), LATERAL (
    SELECT request_hash, stream_id, answer FROM command WHERE command_id = a.command_id OFFSET 0
) AS c
"""
LOG_HEAD = "SELECT tree_size - 1 FROM log_head"
SEQUENCE = "SELECT sequence($1)"
UNSEQUENCED = "SELECT count(*) FROM unsequenced"

ACQUIRE = """
INSERT INTO lease AS l (resource, fence, holder, expires_at)
VALUES ($1, 1, $2, clock_timestamp() + $3)
ON CONFLICT (resource) DO UPDATE
SET fence = l.fence + 1, holder = $2, expires_at = clock_timestamp() + $3
WHERE l.expires_at <= clock_timestamp()
RETURNING fence
"""
RENEW = """
UPDATE lease SET expires_at = clock_timestamp() + $3
WHERE resource = $1 AND fence = $2 AND expires_at > clock_timestamp()
RETURNING fence
"""
RELEASE = "UPDATE lease SET expires_at = clock_timestamp() WHERE resource = $1 AND fence = $2"
