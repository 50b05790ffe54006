"""Every statement on the log, in one place."""

# Zero rows mean that the guard did not hold; a taken version or claim is a unique violation, never swallowed.
_APPEND = """
WITH {held} guard AS (
    SELECT 1 AS ok {from_held}
    WHERE $2::int = 0 OR EXISTS (SELECT FROM event WHERE stream_id = $1 AND version = $2)
), claimed AS (
    INSERT INTO command (command_id, request_hash, stream_id, answer)
    SELECT c.command_id, c.request_hash, $1, c.answer
    FROM guard, unnest($6::uuid[], $7::bytea[], $8::text[]) AS c (command_id, request_hash, answer)
), stored AS (
    INSERT INTO event (stream_id, version, event_id, type, entry)
    SELECT $1, $2 + e.nth, e.event_id, e.type, e.entry
    FROM guard, unnest($3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY AS e (event_id, type, entry, nth)
    ORDER BY e.nth
    RETURNING ingest_id, version, recorded_at
), handed_over AS (
    INSERT INTO unsequenced (ingest_id) SELECT ingest_id FROM stored
)
SELECT version, recorded_at FROM stored ORDER BY version
"""

APPEND = _APPEND.format(held="", from_held="")

# The share lock makes a take-over of the lease wait until this append is in, or this append see the take-over.
APPEND_FENCED = _APPEND.format(
    held="held AS MATERIALIZED (SELECT 1 FROM lease WHERE resource = $1 AND fence = $9 FOR SHARE),",
    from_held="FROM held",
)

READ_STREAM = """
SELECT e.entry, e.recorded_at, l.position
FROM event e LEFT JOIN log l USING (ingest_id)
WHERE e.stream_id = $1 AND e.version > $2
ORDER BY e.version
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
CLAIM = "SELECT request_hash, stream_id, answer FROM command WHERE command_id = $1"
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
