"""Every statement on the log, in one place."""

# Each append is judged by itself: the streams of one statement differ. No row of a stream means that its guard did not
# hold; a version or claim that is taken while the statement runs is a unique violation, never swallowed.
# The share lock makes a take-over of the lease wait until the append is in, or the append see the take-over.
APPEND = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[]) WITH ORDINALITY AS a (stream_id, expected, fence, nth)
), held AS MATERIALIZED (
    SELECT l.resource FROM lease l JOIN asked a ON l.resource = a.stream_id AND l.fence = a.fence
    ORDER BY l.resource FOR SHARE OF l
), claims AS MATERIALIZED (
    SELECT * FROM unnest($9::uuid[], $10::uuid[], $11::bytea[], $12::text[])
        AS c (stream_id, command_id, request_hash, answer)
), good AS MATERIALIZED (
    SELECT a.stream_id FROM asked a
    WHERE (a.expected = 0 OR EXISTS (SELECT FROM event e WHERE e.stream_id = a.stream_id AND e.version = a.expected))
      AND NOT EXISTS (SELECT FROM event e WHERE e.stream_id = a.stream_id AND e.version = a.expected + 1)
      AND (a.fence IS NULL OR EXISTS (SELECT FROM held h WHERE h.resource = a.stream_id))
      AND NOT EXISTS (SELECT FROM claims c JOIN command USING (command_id) WHERE c.stream_id = a.stream_id)
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
SELECT e.entry, e.recorded_at, l.position
FROM event e LEFT JOIN log l USING (ingest_id)
WHERE e.stream_id = $1 AND ($2::bigint IS NULL OR l.position <= $2)
  AND e.version < coalesce((SELECT min(version) FROM event WHERE stream_id = $1 AND recorded_at > $3), 2147483647)
  AND e.version <= $4
ORDER BY e.version
"""

READ_LOG = """
SELECT e.entry, e.recorded_at, l.position
FROM log l JOIN event e USING (ingest_id)
WHERE l.position > $1
ORDER BY l.position
LIMIT $2
"""

HEAD = "SELECT version FROM event WHERE stream_id = $1 ORDER BY version DESC LIMIT 1"
STREAM_OF_UPGRADE = "SELECT stream_id FROM event WHERE event_id = $1 AND type = 'upgrade_requested'"
CLAIMS = """
SELECT a.nth, c.request_hash, c.stream_id::text, c.answer
FROM unnest($1::uuid[]) WITH ORDINALITY AS a (command_id, nth) JOIN command c USING (command_id)
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
