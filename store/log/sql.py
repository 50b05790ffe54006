"""Every statement on the log but those that append and that read streams, in one place."""

IDENTITY_TAKEN = """
SELECT i.thing, i.stream_id::text FROM identity i
WHERE i.thing = ANY($2::text[]) AND i.stream_id <> $1
  AND NOT EXISTS (SELECT FROM identity mine WHERE mine.thing = i.thing AND mine.stream_id = $1)
ORDER BY i.stream_id, i.thing
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

# The last version of each stream that has an event of some types within a stretch of positions.
READ_VERSIONS = """
SELECT e.stream_id::text, max(e.version)
FROM log AS l, LATERAL (SELECT stream_id, version, type FROM event WHERE ingest_id = l.ingest_id OFFSET 0) AS e
WHERE l.position > $1::bigint AND l.position <= $2::bigint AND e.type = ANY($3::text[])
GROUP BY e.stream_id
"""

HOLDERS = """
SELECT a.nth, (SELECT i.stream_id::text FROM identity i WHERE i.thing = a.thing AND i.nth = 0)
FROM unnest($1::text[]) WITH ORDINALITY AS a (thing, nth)
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

# In one order for everybody: two who want the same two, or give them back, wait and do not deadlock.
ACQUIRE = """
INSERT INTO lease AS l (resource, fence, holder, expires_at)
SELECT a.resource, 1, a.holder, clock_timestamp() + $3
FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS a (resource, holder, nth)
ORDER BY a.nth
ON CONFLICT (resource) DO UPDATE
SET fence = l.fence + 1, holder = excluded.holder, expires_at = clock_timestamp() + $3
WHERE l.expires_at <= clock_timestamp()
RETURNING resource::text, fence
"""
RENEW = """
UPDATE lease SET expires_at = clock_timestamp() + $3
WHERE resource = $1 AND fence = $2 AND expires_at > clock_timestamp()
RETURNING fence
"""
RELEASE = """
WITH mine AS MATERIALIZED (
    SELECT l.resource FROM (
        SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS a (resource, fence) ORDER BY resource
    ) AS a, LATERAL (SELECT resource FROM lease l WHERE l.resource = a.resource AND l.fence = a.fence FOR UPDATE) AS l
)
UPDATE lease SET expires_at = clock_timestamp() WHERE resource = ANY (ARRAY(SELECT resource FROM mine))
"""
