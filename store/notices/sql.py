"""Every statement on notices, in one place."""

ADD = """
INSERT INTO notice (contact_id, event_id, occasion, instance_id, position, occurred_at, urgent, due_at)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::boolean[], $8::timestamptz[])
ON CONFLICT (contact_id, event_id) DO NOTHING
"""
# Whoever locks many notices locks them in this order: nobody deadlocks.
FORGET = """
WITH known AS (
    SELECT contact_id, event_id FROM notice
    WHERE contact_id = ANY($1::uuid[])
    ORDER BY contact_id, event_id FOR UPDATE
)
DELETE FROM notice n USING known k WHERE (n.contact_id, n.event_id) = (k.contact_id, k.event_id)
"""

# What of an update was noted stays: it is what keeps it from being noted again.
UPDATE = """
INSERT INTO notice (contact_id, event_id, occasion, instance_id, occurred_at, due_at, written)
VALUES ($1, $2, 'update', $3, now(), $4, $5)
ON CONFLICT (contact_id, event_id) DO NOTHING
"""
RUNNING = """
SELECT instance_id::text, name, product, host, version FROM view_instance
WHERE status <> 'retired' AND version IS NOT NULL
"""
REACHED = """
SELECT DISTINCT i.product, u.to_version FROM view_upgrade u JOIN view_instance i USING (instance_id)
WHERE u.status = 'succeeded' AND u.to_version IS NOT NULL
"""

DUE_IN = "SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM notice WHERE state = 'pending'"
WHOSE = "SELECT DISTINCT contact_id::text FROM notice WHERE state = 'pending' AND due_at <= now()"
TAKE = """
WITH due AS (
    SELECT event_id FROM notice
    WHERE contact_id = $1 AND state = 'pending' AND due_at <= now()
    ORDER BY due_at, position LIMIT $2
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE notice n SET fence = n.fence + 1, due_at = clock_timestamp() + $3 FROM due
    WHERE n.contact_id = $1 AND n.event_id = due.event_id
    RETURNING n.event_id, n.fence, n.attempts, n.urgent, n.occasion, n.position, n.written
)
SELECT t.event_id, t.fence, t.attempts, t.urgent, t.occasion, t.position, t.written, e.entry, e.recorded_at
FROM taken t LEFT JOIN log l USING (position) LEFT JOIN event e USING (ingest_id)
ORDER BY t.position
"""
PUT_OFF = """
UPDATE notice SET due_at = $4
WHERE contact_id = $1 AND event_id = $2 AND fence = $3 AND state = 'pending'
"""
FINISH = """
UPDATE notice
SET state = $4, due_at = coalesce($5, due_at), attempts = attempts + 1, said = $6,
    finished_at = CASE WHEN $4 = 'pending' THEN NULL ELSE clock_timestamp() END
WHERE contact_id = $1 AND event_id = $2 AND fence = $3 AND state = 'pending'
"""

COUNTS = "SELECT state, count(*) FROM notice WHERE contact_id = $1 GROUP BY state"
LIST = """
SELECT event_id::text, occasion, instance_id::text, position, occurred_at, state, due_at, attempts, said, finished_at
FROM notice WHERE contact_id = $1 ORDER BY occurred_at DESC, event_id DESC LIMIT $2
"""
DROP_OLD = """
DELETE FROM notice WHERE (contact_id, event_id) IN (
    SELECT contact_id, event_id FROM notice
    WHERE finished_at < now() - $1::interval AND written IS NULL LIMIT $2
    FOR UPDATE SKIP LOCKED
)
"""
