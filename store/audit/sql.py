"""Every statement on the tree, its checkpoints, and the log as it is shown to an auditor."""

_ROW = """
l.position, e.stream_id::text, e.version, e.event_id::text, e.type,
coalesce(to_char(e.recorded_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.recorded_at::text), e.entry
"""

ROWS = f"""
SELECT {_ROW} FROM log l JOIN event e USING (ingest_id)
WHERE l.position >= $1 AND l.position < $2 ORDER BY l.position
"""  # noqa: S608  made of this file's own words

SIZE = "SELECT first + octet_length(leaves) / 32 FROM tree_batch ORDER BY first DESC LIMIT 1"
LOG_SIZE = "SELECT tree_size FROM log_head"
PUT_BATCH = "INSERT INTO tree_batch (first, leaves, chains) VALUES ($1, $2, $3)"
PUT_TILE = "INSERT INTO tree_tile (level, index, root) VALUES ($1, $2, $3)"

LEAVES = "SELECT leaves FROM tree_batch WHERE first >= $1 AND first < $1 + 256 ORDER BY first"
CHAINS = "SELECT chains FROM tree_batch WHERE first >= $1 AND first < $2 ORDER BY first"
TILE_ROOTS = "SELECT root FROM tree_tile WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index"

# Where the events that others follow lie; the chain is in the batch that begins at or last before the position.
HEADS = """
SELECT e.stream_id::text, (
    SELECT substring(b.chains FROM (32 * (l.position - b.first))::int + 1 FOR 32)
    FROM tree_batch b WHERE b.first <= l.position ORDER BY b.first DESC LIMIT 1
)
FROM unnest($1::uuid[], $2::int[]) AS w (stream_id, version)
JOIN event e USING (stream_id, version) JOIN log l USING (ingest_id)
"""

POSITIONS = "SELECT l.position FROM event e JOIN log l USING (ingest_id) WHERE e.event_id = ANY($1::uuid[]) ORDER BY 1"

PUT_CHECKPOINT = "INSERT INTO checkpoint (size, note) VALUES ($1, $2)"
CHECKPOINT = """
SELECT note, size, extract(epoch FROM clock_timestamp() - made_at)::float8 AS age
FROM checkpoint ORDER BY size DESC, id DESC LIMIT 1
"""
# One for each 256 entries at most: enough to narrow a rewriting of everything down, and no burden to check.
CHECKPOINTS = """
SELECT DISTINCT ON (size / 256) size, note FROM checkpoint
WHERE size >= $1 AND size < $2 ORDER BY size / 256, size DESC, id DESC
"""

_FILTERS = """
($4::text IS NULL OR starts_with(e.entry, $4)) AND ($5::text IS NULL OR e.type = $5)
AND ($6::timestamptz IS NULL OR e.recorded_at >= $6) AND ($7::timestamptz IS NULL OR e.recorded_at < $7)
"""
# An entry begins with its actor, for its keys are sorted.
FOUND = f"""
SELECT e.entry, e.recorded_at, l.position FROM log l JOIN event e USING (ingest_id)
WHERE l.position >= $1 AND l.position < $2 AND {_FILTERS} ORDER BY l.position LIMIT $3
"""  # noqa: S608  made of this file's own words
FOUND_IN_STREAM = f"""
SELECT e.entry, e.recorded_at, l.position FROM event e JOIN log l USING (ingest_id)
WHERE e.stream_id = $8 AND l.position >= $1 AND l.position < $2 AND {_FILTERS} ORDER BY l.position LIMIT $3
"""  # noqa: S608  made of this file's own words
