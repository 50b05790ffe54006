"""Every statement on deliveries, in one place."""

ADD = """
INSERT INTO webhook_delivery (endpoint_id, event_id, type, instance_id, position, occurred_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[])
ON CONFLICT (endpoint_id, event_id) DO NOTHING
"""
PING = """
INSERT INTO webhook_delivery (endpoint_id, event_id, type, occurred_at) VALUES ($1, $2, $3, now())
ON CONFLICT (endpoint_id, event_id) DO NOTHING
"""
# Whoever locks many deliveries locks them in this order, and all of them before webhook_failing: nobody deadlocks.
FORGET = """
WITH known AS (
    SELECT endpoint_id, event_id FROM webhook_delivery
    WHERE endpoint_id = ANY($1::uuid[])
    ORDER BY endpoint_id, event_id FOR UPDATE
)
DELETE FROM webhook_delivery d USING known k WHERE (d.endpoint_id, d.event_id) = (k.endpoint_id, k.event_id)
"""
AFRESH = """
WITH waiting AS (
    SELECT endpoint_id, event_id FROM webhook_delivery
    WHERE endpoint_id = ANY($1::uuid[]) AND state = 'pending' AND due_at > now() + $2::interval
    ORDER BY endpoint_id, event_id FOR UPDATE
)
UPDATE webhook_delivery d SET due_at = now(), tries = 0
FROM waiting w WHERE (d.endpoint_id, d.event_id) = (w.endpoint_id, w.event_id)
"""
WELL = "DELETE FROM webhook_failing WHERE endpoint_id = ANY($1::uuid[])"

# now() and not clock_timestamp(), which is volatile and would read the whole index. Where order is asked for, only the
# oldest that an instance has pending may go: one that is under way, or waits for its next try, is pending too.
TAKE = """
WITH due AS (
    SELECT d.event_id FROM webhook_delivery d
    WHERE d.endpoint_id = $1 AND d.state = 'pending' AND d.due_at <= now()
      AND (NOT $2 OR NOT EXISTS (
        SELECT FROM webhook_delivery b
        WHERE b.endpoint_id = $1 AND b.state = 'pending' AND b.instance_id = d.instance_id AND b.position < d.position))
    ORDER BY d.due_at, d.position LIMIT $3
    FOR UPDATE OF d SKIP LOCKED
), taken AS (
    UPDATE webhook_delivery d SET fence = d.fence + 1, due_at = clock_timestamp() + $4 FROM due
    WHERE d.endpoint_id = $1 AND d.event_id = due.event_id
    RETURNING d.event_id, d.fence, d.tries, d.type, d.occurred_at, d.position
)
SELECT t.event_id, t.fence, t.tries, t.type, t.occurred_at, t.position, e.entry, e.recorded_at
FROM taken t LEFT JOIN log l USING (position) LEFT JOIN event e USING (ingest_id)
ORDER BY t.position
"""

FINISH = """
WITH done AS (
    UPDATE webhook_delivery
    SET state = $4, due_at = clock_timestamp() + $5, tries = tries + 1, attempts = attempts + 1,
        finished_at = CASE WHEN $4 = 'pending' THEN NULL ELSE clock_timestamp() END
    WHERE endpoint_id = $1 AND event_id = $2 AND fence = $3 AND state = 'pending'
    RETURNING attempts
), kept AS (
    INSERT INTO webhook_attempt (endpoint_id, event_id, number, at, status, latency_ms, said)
    SELECT $1, $2, attempts, $6, $7, $8, $9 FROM done
), well AS (
    DELETE FROM webhook_failing WHERE endpoint_id = $1 AND EXISTS (SELECT FROM done WHERE $4 = 'delivered')
), ill AS (
    INSERT INTO webhook_failing (endpoint_id) SELECT $1 FROM done WHERE $4 <> 'delivered'
    ON CONFLICT (endpoint_id) DO NOTHING
)
SELECT attempts FROM done
"""

FAILS_SINCE = "SELECT since FROM webhook_failing WHERE endpoint_id = $1"
FAILS_TOO_LONG = "SELECT EXISTS (SELECT FROM webhook_failing WHERE endpoint_id = $1 AND since <= now() - $2::interval)"
COUNTS = """
SELECT 'pending', count(*) FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'pending'
UNION ALL SELECT 'failed', count(*) FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'failed'
"""

_DELIVERY = """
SELECT event_id, type, instance_id, position, occurred_at, state, due_at, attempts, finished_at
FROM webhook_delivery
"""
LIST = f"""{_DELIVERY}
WHERE endpoint_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR event_id < $3)
ORDER BY event_id DESC LIMIT $4
"""
ONE = f"{_DELIVERY} WHERE endpoint_id = $1 AND event_id = $2"
ATTEMPTS = """
SELECT number, at, status, latency_ms, said FROM webhook_attempt
WHERE endpoint_id = $1 AND event_id = $2 ORDER BY number
"""

AGAIN = """
UPDATE webhook_delivery SET state = 'pending', due_at = now(), tries = 0, finished_at = NULL
WHERE endpoint_id = $1 AND event_id = $2
RETURNING event_id
"""
RECOVER = """
WITH over AS (
    SELECT endpoint_id, event_id FROM webhook_delivery
    WHERE endpoint_id = $1 AND (state = ANY($2::text[]) OR state = 'pending' AND due_at > now() + $5::interval)
      AND ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
    ORDER BY endpoint_id, event_id FOR UPDATE
), again AS (
    UPDATE webhook_delivery d SET state = 'pending', due_at = now(), tries = 0, finished_at = NULL
    FROM over o WHERE (d.endpoint_id, d.event_id) = (o.endpoint_id, o.event_id)
    RETURNING 1
)
SELECT count(*) FROM again
"""

DROP_OLD = """
DELETE FROM webhook_delivery WHERE (endpoint_id, event_id) IN (
    SELECT endpoint_id, event_id FROM webhook_delivery WHERE finished_at < now() - $1::interval LIMIT $2
    FOR UPDATE SKIP LOCKED
)
"""
