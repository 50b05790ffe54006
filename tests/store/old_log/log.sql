-- The role that the log's schema grants rights to; it belongs to the server, so no dump of a database makes it.
DO $$ BEGIN
  FOR attempt IN 1..100 LOOP
    BEGIN
      IF to_regrole('astrolabe_app') IS NULL THEN
        CREATE ROLE astrolabe_app NOLOGIN;
      END IF;
      IF NOT pg_has_role(current_user, 'astrolabe_app', 'MEMBER')
         OR current_setting('server_version_num')::int >= 160000 AND NOT pg_has_role('astrolabe_app', 'SET') THEN
        EXECUTE format('GRANT astrolabe_app TO %I', current_user);
      END IF;
      RETURN;
    EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
      PERFORM pg_sleep(0.01);
    END;
  END LOOP;
  RAISE EXCEPTION 'the role astrolabe_app could not be made: too many others are at it';
END $$;

--
-- PostgreSQL database dump
--


-- Dumped from database version 18.6
-- Dumped by pg_dump version 18.6

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA astrolabe;

CREATE FUNCTION astrolabe.forbid() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN
  RAISE EXCEPTION 'append-only: % on % is forbidden', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION astrolabe.sequence(batch integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'astrolabe', 'pg_temp'
    AS $$
DECLARE first bigint; placed int;
BEGIN
  IF NOT EXISTS (SELECT FROM unsequenced) THEN RETURN 0; END IF;
  SELECT tree_size INTO first FROM log_head WHERE id = 1 FOR UPDATE;
  WITH waiting AS (SELECT ctid, ingest_id FROM unsequenced ORDER BY ingest_id LIMIT batch),
       taken AS (DELETE FROM unsequenced u USING waiting w WHERE u.ctid = w.ctid RETURNING w.ingest_id)
  INSERT INTO log (position, ingest_id)
  SELECT first - 1 + row_number() OVER (ORDER BY ingest_id), ingest_id FROM taken;
  GET DIAGNOSTICS placed = ROW_COUNT;
  IF placed > 0 THEN
    UPDATE log_head SET tree_size = first + placed WHERE id = 1;
    PERFORM pg_notify('astrolabe_log', (first + placed - 1)::text);
  END IF;
  RETURN placed;
END $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE astrolabe.checkpoint (
    id bigint NOT NULL,
    size bigint NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    note text NOT NULL,
    CONSTRAINT checkpoint_size_check CHECK ((size >= 0))
);

ALTER TABLE astrolabe.checkpoint ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME astrolabe.checkpoint_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE astrolabe.command (
    command_id uuid NOT NULL,
    request_hash bytea NOT NULL,
    stream_id uuid NOT NULL,
    answer text NOT NULL
);

CREATE TABLE astrolabe.event (
    ingest_id bigint NOT NULL,
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    entry text NOT NULL,
    CONSTRAINT event_entry_check CHECK ((octet_length(entry) <= 65535)),
    CONSTRAINT event_version_check CHECK ((version > 0))
);

ALTER TABLE astrolabe.event ALTER COLUMN ingest_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME astrolabe.event_ingest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE astrolabe.lease (
    resource uuid NOT NULL,
    fence bigint NOT NULL,
    holder text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE astrolabe.log (
    "position" bigint NOT NULL,
    ingest_id bigint NOT NULL
);

CREATE TABLE astrolabe.log_head (
    id integer NOT NULL,
    tree_size bigint NOT NULL,
    CONSTRAINT log_head_id_check CHECK ((id = 1))
);

CREATE TABLE astrolabe.output (
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    kept_until timestamp with time zone NOT NULL,
    CONSTRAINT output_content_check CHECK ((octet_length(content) <= 1048576)),
    CONSTRAINT output_sha256_check CHECK ((octet_length(sha256) = 32))
);

CREATE TABLE astrolabe.subscription (
    name text NOT NULL,
    "position" bigint NOT NULL
);

CREATE TABLE astrolabe.tree_batch (
    first bigint NOT NULL,
    leaves bytea NOT NULL,
    chains bytea NOT NULL,
    CONSTRAINT tree_batch_check CHECK ((octet_length(chains) = octet_length(leaves))),
    CONSTRAINT tree_batch_check1 CHECK ((((first % (256)::bigint) + (octet_length(leaves) / 32)) <= 256)),
    CONSTRAINT tree_batch_first_check CHECK ((first >= 0)),
    CONSTRAINT tree_batch_leaves_check CHECK ((((octet_length(leaves) % 32) = 0) AND ((octet_length(leaves) >= 32) AND (octet_length(leaves) <= 8192))))
);
ALTER TABLE ONLY astrolabe.tree_batch ALTER COLUMN leaves SET STORAGE EXTERNAL;
ALTER TABLE ONLY astrolabe.tree_batch ALTER COLUMN chains SET STORAGE EXTERNAL;

CREATE TABLE astrolabe.tree_tile (
    level integer NOT NULL,
    index bigint NOT NULL,
    root bytea NOT NULL,
    CONSTRAINT tree_tile_index_check CHECK ((index >= 0)),
    CONSTRAINT tree_tile_level_check CHECK ((level > 0)),
    CONSTRAINT tree_tile_root_check CHECK ((octet_length(root) = 32))
);

CREATE TABLE astrolabe.unsequenced (
    ingest_id bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000');

CREATE TABLE astrolabe.view_instance (
    instance_id uuid NOT NULL,
    name text NOT NULL,
    product text NOT NULL,
    kind text NOT NULL,
    host text NOT NULL,
    version text,
    status text NOT NULL,
    upgrade_id uuid,
    due text,
    due_at timestamp with time zone,
    stream_version integer NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    as_believed boolean
);

CREATE TABLE astrolabe.view_upgrade (
    upgrade_id uuid NOT NULL,
    instance_id uuid NOT NULL,
    from_version text NOT NULL,
    target text NOT NULL,
    to_version text,
    status text NOT NULL,
    attempt integer NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    downtime_ms bigint,
    problem_code text,
    problem_detail text,
    stream_version integer NOT NULL
);

CREATE TABLE astrolabe.webhook_attempt (
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    status integer,
    latency_ms integer NOT NULL,
    said text NOT NULL
);

CREATE TABLE astrolabe.webhook_delivery (
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    instance_id uuid,
    "position" bigint,
    occurred_at timestamp with time zone NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT webhook_delivery_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='2000');

CREATE TABLE astrolabe.webhook_failing (
    endpoint_id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.schema_version (
    version_num character varying(32) NOT NULL
);

INSERT INTO astrolabe.checkpoint OVERRIDING SYSTEM VALUE VALUES
	(1, 8, '2026-11-28 10:08:57.251398+00', 'astrolabe-old-log
8
qtB5S3fJWXV5D1Uq6bCraK6H4pUFeFNw0T9PAqKjC2Q=

— astrolabe-old-log HSbg7cQXvumj5nvoHQ3m/uemjQhlTKJMgA4x0cc/njCcCwsFGvBNc1tEX886LB+/gJXDjgGwLJwUzGPLk351YOH7BQE=
— astrolabe-old-log 3ojhBQAAAABrCqg5TOYtK5TF6qRvi7gbISFxPe9maUGDts1iSeHg231FAAtNanraBD5nqTYTTP/IwPMiI3sv/SKl1LiMk4n+2WxvCA==
'),
	(2, 88, '2026-11-28 10:08:57.382055+00', 'astrolabe-old-log
88
9yJzYV8dZTmAYqq/F4YAn3D8dVdX58g3HZAUihJoQlE=

— astrolabe-old-log HSbg7U3BXUFL4WRlfj3aOIXQcDrmcSV2UGeb5aj3aWOYc6rTAp3lulZoWJeFW9EyIm5bHDwU7NRYxR640PXG5FunZAE=
— astrolabe-old-log 3ojhBQAAAABrCqg5D9Oaukp0FF5C9MgE/pBdeWvK5qGaX1LolGOYSzPPvDFd4fI91gx5H0JnUs7wvBpGai6Yb/TVzNGh3cH4qs+iDA==
'),
	(3, 176, '2026-11-28 10:08:57.464874+00', 'astrolabe-old-log
176
2vBTkZPvIbsNBoLD+40jVPHSiBvytRHYU5Sy9ck6Cns=

— astrolabe-old-log HSbg7Zlc3ZK3kQ/zCVNQJCzuFRMSjH7ltcsSliYbUYpJJ04y93ldEQGwUxGnpmv6Zo9NA5v1gruLiUXyFZjTNdjXSAA=
— astrolabe-old-log 3ojhBQAAAABrCqg5xuBQ9/din62M+SET7hPqOQ8kHry+tIMAO+8JWZEtQaSInHG4w0PIdCAitxXw5WIKTFgOJzzx+XubTIgBVP5GBg==
'),
	(4, 178, '2026-11-28 10:08:57.48775+00', 'astrolabe-old-log
178
2Ock+A+bz9E7Lw4mBPji3EH5F0vMPcAYBA4U+bSoY1g=

— astrolabe-old-log HSbg7cmSF58Rx6lvMB5qKV9X7dQRMtcXYmKj78DIb8t2F6rhdbmXa/v+PfzOeTOFIMCPDZvVliVVFHfOsn4E3bA5NAs=
— astrolabe-old-log 3ojhBQAAAABrCqg5okBEfuyIeACyvDRwk8DS4w8Zd8cWOYHiaCVfPwy7abxrUdaMFkSPM12Xa22ZBtXedQy6krGk7hWGpHGWoaCDAw==
'),
	(5, 179, '2026-11-28 10:08:57.511293+00', 'astrolabe-old-log
179
iruN+FrW54SX/LRLYNYMOr7I2sNFcDf0k0kYkWAoHos=

— astrolabe-old-log HSbg7UVTRygYGmjMvxuAMLS5pzIcr65+suiskfxJ92lvPMejgeN21WCQDCJvmnilJG3bI0GDy8XQYMRq/eIXH7us2AU=
— astrolabe-old-log 3ojhBQAAAABrCqg5Vwgf2uPq3qfCSECQ2A6gwf24JwsDprQEaqTeWLOid2AMNfCGzBgUHtKTOUY0mlLb+PQTFeKzm/pH6AFqWbICDQ==
');

INSERT INTO astrolabe.command VALUES
	('e55b91ea-7de5-525d-8eb1-804c56c13e0e', '\x3213c554c464da847cb1def60d8125994f483793bcbe7660496f254adb15dd64', '00000000-0000-7000-8000-000000000001', '{"status":204,"version":0,"upgrade_id":null}'),
	('11c22c99-0c96-5674-b14d-08f4f6e0d238', '\x', '01a221a1-1faa-7325-9159-7d21542014b5', '{}'),
	('64bf4377-a635-585d-bfb9-010d03f742de', '\x5e148689973077b0de668f852ae14baae87ddab43a25a306555647a7ac7725c8', '01a221a1-1faa-7325-9159-7d21542014b5', '{"status":201,"version":1,"upgrade_id":null}'),
	('540a887c-44c1-59a5-ba3f-f3bd835e03c0', '\x', '01a221a1-1fac-7458-b02b-ee0c363993a7', '{}'),
	('a328e1e4-40f1-579a-8fa9-88608015b4a8', '\x', '01a221a1-1fac-7458-b02b-ee0a868fb818', '{}'),
	('e945bebf-6cf2-5024-b18a-10d1be3bbbf0', '\x', '01a221a1-1fac-7458-b02b-ee0e5709c9db', '{}'),
	('1d872205-9bf8-5841-bfae-526cc36db7fc', '\x', '01a221a1-1fbb-723d-9df8-24789c31e560', '{}'),
	('fd8ea7b6-be4c-58e8-b858-6fbcc9283c5c', '\x5c380af9da6725088668e45b5751fe4915afd6ab8c07e47c7cec5b3f7b1ae586', '01a221a1-1faa-7325-9159-7d21542014b5', '{"status":202,"version":3,"upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"}'),
	('c65b906b-5b85-53e6-a54c-3215a0102b2e', '\x', '01a221a1-1fce-7272-9977-3d13c2645b75', '{}'),
	('5d3951e8-8d7d-5def-9bb6-b8a2b2d261a5', '\x', '01a221a1-202e-7236-aea7-ebc76a94202a', '{}'),
	('5c66669e-7064-55ac-b74e-f90a1bd1128b', '\x', '01a221a1-202e-7236-aea7-ebc9785ab3e9', '{}'),
	('75361aed-f58b-549c-bf68-38b76980110f', '\x', '01a221a1-202e-7236-aea7-ebcfd0b3380f', '{}'),
	('c3d1338b-4078-55d2-aa2c-69c202d72042', '\x', '01a221a1-202e-7236-aea7-ebcbb3ae13c3', '{}'),
	('c6f26f7e-1d22-5f77-baa7-1ce304ba6e1d', '\x', '01a221a1-202e-7236-aea7-ebcd53ae6a57', '{}'),
	('5a2f6051-c377-5ab9-995d-7a76ce5fb98f', '\xb4b8d5e3074499d8c2a573faea7d0537cb309499f530d2de20a10ace15ae44ab', '01a221a1-202e-7236-aea7-ebc76a94202a', '{"status":202,"version":5,"upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"}'),
	('74a815be-a788-561a-8b96-b2e543f7226e', '\x7e0de09fc7f7b7c680a8a2da374a4d665603b13be284dd1448da53896e76b8c1', '01a221a1-202e-7236-aea7-ebcfd0b3380f', '{"status":202,"version":8,"upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a"}'),
	('77cd302e-0c98-5d50-be8f-f3311826348c', '\x', '01a221a1-2081-7051-ae4e-79033776e1ff', '{}');

INSERT INTO astrolabe.event OVERRIDING SYSTEM VALUE VALUES
	(1, '00000000-0000-7000-8000-000000000001', 1, '01a221a1-1f74-77fd-8f23-aa98ef904851', 'token_issued', '2026-11-28 10:08:57.20662+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"digest":"43cc164e4b89bd8a4e5ddb47f60875fed34d095530ad1381efeafcf527ed5f8e","name":"admin","scopes":["read","configure","operate","approve","admin"],"token_id":"01a221a1-1f65-711b-84eb-d454654a8ada","type":"token_issued"},"id":"01a221a1-1f74-77fd-8f23-aa98ef904851","reason":"the first token","source":"cli","stream":"00000000-0000-7000-8000-000000000001","version":1}'),
	(2, '00000000-0000-7000-8000-000000000001', 2, '01a221a1-1f77-76bd-845a-976ee7ed83bb', 'token_issued', '2026-11-28 10:08:57.207988+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"digest":"75ad3091aee891741de5e1948bcaa89ee97c4ec11c06309ec43f9112760ac558","name":"alice","scopes":["read","operate"],"token_id":"01a221a1-1f77-76bd-845a-976da813486b","type":"token_issued"},"id":"01a221a1-1f77-76bd-845a-976ee7ed83bb","reason":"they work here","source":"api","stream":"00000000-0000-7000-8000-000000000001","version":2}'),
	(3, '00000000-0000-7000-8000-000000000001', 3, '01a221a1-1f78-7413-8522-bf7fc5812f49', 'token_issued', '2026-11-28 10:08:57.208704+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"digest":"5e73914a1164751f4ff718413469fcafa0b47101bd17504d8e990c5e446bd77b","name":"bob","scopes":["read","operate","approve"],"token_id":"01a221a1-1f78-7413-8522-bf7ea2930bf1","type":"token_issued"},"id":"01a221a1-1f78-7413-8522-bf7fc5812f49","reason":"they work here","source":"api","stream":"00000000-0000-7000-8000-000000000001","version":3}'),
	(4, '00000000-0000-7000-8000-000000000001', 4, '01a221a1-1f79-7241-8306-752de0b43154', 'token_issued', '2026-11-28 10:08:57.20934+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"digest":"e7665849758c1a4431354438c35a0b115604901d8a95d67825f320fc3d878351","name":"carol","scopes":["read","operate","approve"],"token_id":"01a221a1-1f78-7413-8522-bf80927237c1","type":"token_issued"},"id":"01a221a1-1f79-7241-8306-752de0b43154","reason":"they work here","source":"api","stream":"00000000-0000-7000-8000-000000000001","version":4}'),
	(5, '00000000-0000-7000-8000-000000000001', 5, '01a221a1-1f79-7241-8306-752f14166547', 'token_issued', '2026-11-28 10:08:57.210122+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"digest":"147c26091ea0fb52bb200780ea639abc2d477a9d9287bf0db7a60522385f8cc1","name":"ci","scopes":["read","configure"],"token_id":"01a221a1-1f79-7241-8306-752e8347afe6","type":"token_issued"},"id":"01a221a1-1f79-7241-8306-752f14166547","reason":"they work here","source":"api","stream":"00000000-0000-7000-8000-000000000001","version":5}'),
	(6, '00000000-0000-7000-8000-000000000001', 6, '01a221a1-1f7a-706b-bf33-b1ff240770fb', 'token_issued', '2026-11-28 10:08:57.211031+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"digest":"72fc68799da6fa3fedcff826dce7add01658eb60609eed5d7c9f9e74c5b0afd0","name":"auditor","scopes":["read"],"token_id":"01a221a1-1f7a-706b-bf33-b1fea9cf4e01","type":"token_issued"},"id":"01a221a1-1f7a-706b-bf33-b1ff240770fb","reason":"they work here","source":"api","stream":"00000000-0000-7000-8000-000000000001","version":6}'),
	(7, '00000000-0000-7000-8000-000000000001', 7, '01a221a1-1f7b-7015-8380-8b0007bbc555', 'token_revoked', '2026-11-28 10:08:57.212128+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"token_id":"01a221a1-1f79-7241-8306-752e8347afe6","type":"token_revoked"},"id":"01a221a1-1f7b-7015-8380-8b0007bbc555","reason":"leaked","source":"api","stream":"00000000-0000-7000-8000-000000000001","version":7}'),
	(8, '00000000-0000-7000-8000-000000000001', 8, '01a221a1-1f7c-7054-9eb2-78517168b0ad', 'token_issued', '2026-11-28 10:08:57.213191+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"digest":"eabd9d2234d9510db56d427dd76f0facdc8a36ecb4e29b71158ee5dcfe8e5b5b","name":"ci","scopes":["read","configure"],"token_id":"01a221a1-1f7c-7054-9eb2-78501c7eaf82","type":"token_issued"},"id":"01a221a1-1f7c-7054-9eb2-78517168b0ad","reason":"they work here","source":"api","stream":"00000000-0000-7000-8000-000000000001","version":8}'),
	(9, '01a221a1-1faa-7325-9159-7d21542014b5', 1, '01a221a1-1fab-7780-bd11-a13b4ec4b3d9', 'instance_registered', '2026-11-28 10:08:57.274102+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"flags","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"flags"},"host":"local","kind":"npx","name":"flags","patience_seconds":60,"port":4242,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{"INIT_ADMIN_API_TOKENS":"file:/run/secrets/flags"},"settings":{"LOG_LEVEL":"warn"}},"type":"instance_registered","version":"5.6.0"},"id":"01a221a1-1fab-7780-bd11-a13b4ec4b3d9","reason":"no reason given","source":"api","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":1}'),
	(10, '01a221a1-1faa-7325-9159-7d21542014b5', 2, '01a221a1-1fba-7568-94b4-2445b9cdcc22', 'instance_observed', '2026-11-28 10:08:57.275055+00', '{"actor":"worker-1","causation":null,"correlation":null,"data":{"at":"2026-03-01T12:30:00Z","seen":"unleash 5.6.0 serves on port 4242","type":"instance_observed","version":"5.6.0"},"id":"01a221a1-1fba-7568-94b4-2445b9cdcc22","reason":"it looked","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":2}'),
	(11, '01a221a1-1fac-7458-b02b-ee0a868fb818', 1, '01a221a1-1fac-7458-b02b-ee0b5b3ba1a7', 'instance_registered', '2026-11-28 10:08:57.275088+00', '{"actor":"ci","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":{"also":["edge"],"database_service":"db","engine":null,"env_files":[],"files":["compose.yaml","prod.yaml"],"folder":"/srv/box","name":"box","profiles":[],"service":"gateway"},"database":{"host":"127.0.0.1","maintenance":"postgres","name":"box","password":null,"port":5432,"user":"box"},"host":"local","kind":"compose","name":"box","patience_seconds":60,"port":4249,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":null},"id":"01a221a1-1fac-7458-b02b-ee0b5b3ba1a7","reason":"no reason given","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":1}'),
	(12, '01a221a1-1fac-7458-b02b-ee0c363993a7', 1, '01a221a1-1fac-7458-b02b-ee0df1815923', 'instance_registered', '2026-11-28 10:08:57.275091+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":null,"host":"local","kind":"cli","name":"tool","patience_seconds":60,"port":null,"prefix":"/opt/astra","product":"astra-cli","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":"1.0.0"},"id":"01a221a1-1fac-7458-b02b-ee0df1815923","reason":"no reason given","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":1}'),
	(13, '01a221a1-1fac-7458-b02b-ee0e5709c9db', 1, '01a221a1-1fac-7458-b02b-ee0f98562f9a', 'instance_registered', '2026-11-28 10:08:57.275093+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"ghost","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"ghost"},"host":"local","kind":"npx","name":"ghost","patience_seconds":60,"port":4250,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":null},"id":"01a221a1-1fac-7458-b02b-ee0f98562f9a","reason":"no reason given","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0e5709c9db","version":1}'),
	(14, '01a221a1-1faa-7325-9159-7d21542014b5', 3, '01a221a1-1fbb-723d-9df8-247a56167919', 'upgrade_requested', '2026-11-28 10:08:57.293373+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":["6.0.0"],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"6.10.1","type":"upgrade_requested","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1fbb-723d-9df8-247a56167919","reason":"Quartalswechsel – für “Astra” 🚀","source":"api","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":3}'),
	(15, '01a221a1-1fac-7458-b02b-ee0c363993a7', 2, '01a221a1-1fbb-723d-9df8-24779758ff9e', 'upgrade_requested', '2026-11-28 10:08:57.293859+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"1.0.0","requested_by":"alice","target":"1.1.0","type":"upgrade_requested","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fbb-723d-9df8-24779758ff9e","reason":"no reason given","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":2}'),
	(16, '01a221a1-1fbb-723d-9df8-24789c31e560', 1, '01a221a1-1fbb-723d-9df8-2479cd76b18d', 'instance_registered', '2026-11-28 10:08:57.293865+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"lost","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"lost"},"host":"local","kind":"npx","name":"lost","patience_seconds":60,"port":4251,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":null},"id":"01a221a1-1fbb-723d-9df8-2479cd76b18d","reason":"no reason given","source":"api","stream":"01a221a1-1fbb-723d-9df8-24789c31e560","version":1}'),
	(47, '01a221a1-1faa-7325-9159-7d21542014b5', 12, '01a221a1-1fef-773c-bf90-4a851a31ac1d', 'database_copied', '2026-11-28 10:08:57.327809+00', '{"actor":"alice","causation":"01a221a1-1fee-72ed-bec7-7641a23ab455","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"copy":{"database":"flags_before_7919_1_0","size":9000000},"type":"database_copied","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1fef-773c-bf90-4a851a31ac1d","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":12}'),
	(106, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 5, '01a221a1-2048-7061-a889-535faeaa6517', 'backup_taken', '2026-11-28 10:08:57.41755+00', '{"actor":"alice","causation":"01a221a1-2034-7040-a058-c13c63d1c1f8","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"dump":{"path":"/backups/rescue/6de2_1.dump","sha256":"b2a8905d46d2735a6489da68ebee378891650c720adf540a2a6dc3a810bf6233","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-2048-7061-a889-535faeaa6517","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":5}'),
	(107, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 4, '01a221a1-2048-7061-a889-536073f0234e', 'backup_taken', '2026-11-28 10:08:57.417582+00', '{"actor":"alice","causation":"01a221a1-2034-7040-a058-c13d091834f9","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"dump":{"path":"/backups/shaky/5612_1.dump","sha256":"75ae4a070a1dacb764ca312aefc77d6c610423d50352f1815fe6bbdf08095c0d","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2048-7061-a889-536073f0234e","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":4}'),
	(108, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 4, '01a221a1-2048-7061-a889-536174b0bd86', 'backup_taken', '2026-11-28 10:08:57.417585+00', '{"actor":"alice","causation":"01a221a1-2034-7040-a058-c13e35d42a34","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"dump":{"path":"/backups/legs/261d_1.dump","sha256":"24c4fac9d0dc6eefa09a13701f9255446aa67aae815ddcaf174ac1be2447e3ca","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2048-7061-a889-536174b0bd86","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":4}'),
	(109, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 4, '01a221a1-2048-7061-a889-5362b69d2472', 'backup_taken', '2026-11-28 10:08:57.417587+00', '{"actor":"alice","causation":"01a221a1-2034-7040-a058-c13fc9f67f06","correlation":"01a221a1-2031-7286-9663-2ea1846dc93a","data":{"dump":{"path":"/backups/stuck/c93a_1.dump","sha256":"9ed151280d16ad1b3870fa7c47e9ce7a19614ba0712045b39aad79cccb4d6f7f","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a"},"id":"01a221a1-2048-7061-a889-5362b69d2472","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":4}'),
	(110, '01a221a1-202e-7236-aea7-ebc76a94202a', 5, '01a221a1-2048-7061-a889-5364b5d43585', 'upgrade_approved', '2026-11-28 10:08:57.418802+00', '{"actor":"bob","causation":"01a221a1-2031-7286-9663-2ea39d66def6","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"approver":"bob","at":"2026-03-01T13:00:04.250000Z","missing":1,"plan_sha256":"79d645d0ba1f74d4aa315da60e6612295a200c82284bdbcb3d97c17b03bedda6","type":"upgrade_approved","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-2048-7061-a889-5364b5d43585","reason":"read the notes","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":5}'),
	(111, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 6, '01a221a1-204a-73e7-b4fa-e2de1b122825', 'artifact_pulled', '2026-11-28 10:08:57.418828+00', '{"actor":"alice","causation":"01a221a1-2048-7061-a889-535faeaa6517","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"artifacts":[{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"}],"type":"artifact_pulled","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-204a-73e7-b4fa-e2de1b122825","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":6}'),
	(112, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 5, '01a221a1-204a-73e7-b4fa-e2dfaab28681', 'upgrade_failed', '2026-11-28 10:08:57.418831+00', '{"actor":"alice","causation":"01a221a1-2048-7061-a889-536073f0234e","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"at":"2026-03-01T12:00:08.500000Z","problem":{"code":"pull-failed","detail":"it said \u0000 and ended.","output":"2f00787f6eed4695217a39e36fe34c9df73987ad590005ed6be068acb4e9ba29","seen":["npm ERR! [REDACTED]","é\\\"''"],"todo":"Look at the registry."},"step":"pull","type":"upgrade_failed","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-204a-73e7-b4fa-e2dfaab28681","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":5}'),
	(113, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 5, '01a221a1-204a-73e7-b4fa-e2e0e8e67d54', 'artifact_pulled', '2026-11-28 10:08:57.418833+00', '{"actor":"alice","causation":"01a221a1-2048-7061-a889-536174b0bd86","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"artifacts":[{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"},{"integrity":"sha512-7.5.1","package":"unleash-server","registry":"https://packages.example","version":"7.5.1"}],"type":"artifact_pulled","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-204a-73e7-b4fa-e2e0e8e67d54","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":5}'),
	(17, '00000000-0000-7000-8000-000000000002', 1, '01a221a1-1fbd-71a6-8135-60cd6052b757', 'endpoint_added', '2026-11-28 10:08:57.294814+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"config":{"instances":[],"name":"chat","ordered":false,"types":["astrolabe.upgrade.succeeded","astrolabe.instance.inconsistent"],"url":"https://chat.example/hook?a=1&b=%20"},"endpoint_id":"01a221a1-1fba-7568-94b4-244638f71653","key_id":"2c9fb45c64097526","type":"endpoint_added"},"id":"01a221a1-1fbd-71a6-8135-60cd6052b757","reason":"tell the team","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":1}'),
	(18, '01a221a1-1fac-7458-b02b-ee0a868fb818', 2, '01a221a1-1fbe-7306-85f2-379e9766ddd7', 'adoption_refused', '2026-11-28 10:08:57.294873+00', '{"actor":"ci","causation":"01a221a1-1fac-7458-b02b-ee0b5b3ba1a7","correlation":null,"data":{"at":"2026-03-01T12:00:04.250000Z","attempt":1,"problem":{"code":"nothing-runs","detail":"Nothing serves on port 4249.","output":null,"seen":[],"todo":"Start it."},"type":"adoption_refused"},"id":"01a221a1-1fbe-7306-85f2-379e9766ddd7","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":2}'),
	(19, '01a221a1-1fce-7272-9977-3d13c2645b75', 1, '01a221a1-1fce-7272-9977-3d140902b347', 'instance_registered', '2026-11-28 10:08:57.294876+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"newborn","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"newborn"},"host":"local","kind":"npx","name":"newborn","patience_seconds":60,"port":4252,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":null},"id":"01a221a1-1fce-7272-9977-3d140902b347","reason":"no reason given","source":"api","stream":"01a221a1-1fce-7272-9977-3d13c2645b75","version":1}'),
	(21, '00000000-0000-7000-8000-000000000002', 2, '01a221a1-1fd2-7534-9d6c-5267701bc5ed', 'endpoint_added', '2026-11-28 10:08:57.3052+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"config":{"instances":[],"name":"pager","ordered":false,"types":["astrolabe.upgrade.rolled_back"],"url":"http://pager.example:8080/"},"endpoint_id":"01a221a1-1fba-7568-94b4-2447584271bc","key_id":"2c9fb45c64097526","type":"endpoint_added"},"id":"01a221a1-1fd2-7534-9d6c-5267701bc5ed","reason":"tell the team","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":2}'),
	(22, '01a221a1-1faa-7325-9159-7d21542014b5', 4, '01a221a1-1fd2-7534-9d6c-52681c28138f', 'step_started', '2026-11-28 10:08:57.305221+00', '{"actor":"alice","causation":"01a221a1-1fbb-723d-9df8-247a56167919","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"attempt":1,"fence":1,"step":"preflight","type":"step_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","worker":"worker-1"},"id":"01a221a1-1fd2-7534-9d6c-52681c28138f","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":4}'),
	(23, '01a221a1-1fac-7458-b02b-ee0c363993a7', 4, '01a221a1-1fd7-76df-ac51-1c7e0eec9228', 'backup_taken', '2026-11-28 10:08:57.305223+00', '{"actor":"alice","causation":"01a221a1-1fd2-7534-9d6c-5266a88ef96c","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"dump":null,"type":"backup_taken","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fd7-76df-ac51-1c7e0eec9228","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":4}'),
	(31, '01a221a1-1faa-7325-9159-7d21542014b5', 7, '01a221a1-1fe8-7707-bfc2-60f5e5acdd93', 'backup_taken', '2026-11-28 10:08:57.321063+00', '{"actor":"alice","causation":"01a221a1-1fdb-7573-9ed0-a9383caf963b","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"dump":{"path":"/backups/flags/7919_1.dump","sha256":"e6fe3708f3442f7ef5e4dcb491d8f9029101c0933a4c3a0115a2d640b23f67d5","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1fe8-7707-bfc2-60f5e5acdd93","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":7}'),
	(32, '01a221a1-1fac-7458-b02b-ee0a868fb818', 4, '01a221a1-1fdd-7687-90f1-c58d27c241d5', 'adoption_refused', '2026-11-28 10:08:57.321089+00', '{"actor":"ci","causation":"01a221a1-1fd9-7066-a3da-6e7d6cc30aed","correlation":null,"data":{"at":"2026-03-01T12:00:12.750000Z","attempt":2,"problem":{"code":"nothing-runs","detail":"Nothing serves on port 4249.","output":null,"seen":[],"todo":"Start it."},"type":"adoption_refused"},"id":"01a221a1-1fdd-7687-90f1-c58d27c241d5","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":4}'),
	(33, '01a221a1-1fac-7458-b02b-ee0c363993a7', 7, '01a221a1-1fe8-7707-bfc2-60f6a8ec4505', 'instance_stopped', '2026-11-28 10:08:57.321092+00', '{"actor":"alice","causation":"01a221a1-1fdb-7573-9ed0-a93921ee26f8","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"last_healthy_at":"2026-03-01T12:00:08.500000Z","serves":false,"type":"instance_stopped","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fe8-7707-bfc2-60f6a8ec4505","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":7}'),
	(34, '01a221a1-1fbb-723d-9df8-24789c31e560', 2, '01a221a1-1fe0-76ce-bb9f-25d849458e97', 'adoption_refused', '2026-11-28 10:08:57.321094+00', '{"actor":"alice","causation":"01a221a1-1fbb-723d-9df8-2479cd76b18d","correlation":null,"data":{"at":"2026-03-01T12:00:04.250000Z","attempt":1,"problem":{"code":"nothing-runs","detail":"Nothing serves there.","output":null,"seen":[],"todo":"Start it."},"type":"adoption_refused"},"id":"01a221a1-1fe0-76ce-bb9f-25d849458e97","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fbb-723d-9df8-24789c31e560","version":2}'),
	(64, '01a221a1-1fac-7458-b02b-ee0a868fb818', 13, '01a221a1-2005-7299-9ed2-2be9476b429f', 'database_copied', '2026-11-28 10:08:57.349869+00', '{"actor":"alice","causation":"01a221a1-2004-753b-a50a-f0bbbe75ac8a","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"copy":{"database":"box_before_b528_1_0","size":9000000},"type":"database_copied","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-2005-7299-9ed2-2be9476b429f","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":13}'),
	(65, '00000000-0000-7000-8000-000000000002', 8, '01a221a1-2006-73da-b18e-897e6f52a3dd', 'secret_rotated', '2026-11-28 10:08:57.351197+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-244638f71653","generation":3,"key_id":"2c9fb45c64097526","old_until":"2026-03-02T13:00:00Z","type":"secret_rotated"},"id":"01a221a1-2006-73da-b18e-897e6f52a3dd","reason":"leaked","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":8}'),
	(66, '01a221a1-1faa-7325-9159-7d21542014b5', 19, '01a221a1-2006-73da-b18e-897f8496e154', 'rollback_requested', '2026-11-28 10:08:57.351227+00', '{"actor":"alice","causation":"01a221a1-2004-753b-a50a-f0bcd6433112","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"accept_lost_writes":false,"type":"rollback_requested","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-2006-73da-b18e-897f8496e154","reason":"slow","source":"api","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":19}'),
	(67, '01a221a1-1fac-7458-b02b-ee0a868fb818', 14, '01a221a1-2006-73da-b18e-89807c5fdf16', 'migration_started', '2026-11-28 10:08:57.351231+00', '{"actor":"alice","causation":"01a221a1-2005-7299-9ed2-2be9476b429f","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"port":null,"type":"migration_started","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-2006-73da-b18e-89807c5fdf16","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":14}'),
	(20, '01a221a1-1fac-7458-b02b-ee0c363993a7', 3, '01a221a1-1fd2-7534-9d6c-5266a88ef96c', 'preflight_passed', '2026-11-28 10:08:57.298685+00', '{"actor":"alice","causation":"01a221a1-1fbb-723d-9df8-24779758ff9e","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"at":"2026-03-01T12:00:04.250000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-1.1.0","package":"@astra/cli","registry":"https://packages.example","version":"1.1.0"},"old":{"integrity":"sha512-1.0.0","package":"@astra/cli","registry":"https://packages.example","version":"1.0.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fd2-7534-9d6c-5266a88ef96c","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":3}'),
	(24, '01a221a1-1faa-7325-9159-7d21542014b5', 5, '01a221a1-1fda-74d8-a26a-72633884bf33', 'preflight_passed', '2026-11-28 10:08:57.306615+00', '{"actor":"alice","causation":"01a221a1-1fd2-7534-9d6c-52681c28138f","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"at":"2026-03-01T12:30:04.250000Z","plan":{"breaking":["6.0.0"],"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"},{"name":"disk","ok":true,"output":"2f00787f6eed4695217a39e36fe34c9df73987ad590005ed6be068acb4e9ba29","seen":"9.1 GB free, 0.2 GB needed"}],"commands":[{"argv":["pg_dump","--format=custom","--file","UPGRADE.dump"],"step":"backup"}],"migrations":[{"blocks":"nothing","documented":true,"old_code_works":true,"type":"new-table","why":"the catalogue changes in milliseconds"},{"blocks":"nothing","documented":false,"old_code_works":false,"type":"drop-or-rename","why":"the catalogue changes in milliseconds; the old version breaks on its result"}],"new":{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[{"breaking":true,"migrations":["new-table","drop-or-rename"],"notes":"Drops the strategy “gradual” — naïve café 🧭.","required_stop":false,"rollback":"Not without the dump.","sha256":"5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e","url":"https://notes.example/6.0.0","version":"6.0.0"}],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1fda-74d8-a26a-72633884bf33","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":5}'),
	(25, '01a221a1-1fac-7458-b02b-ee0a868fb818', 3, '01a221a1-1fd9-7066-a3da-6e7d6cc30aed', 'adoption_requested', '2026-11-28 10:08:57.30664+00', '{"actor":"ci","causation":null,"correlation":null,"data":{"type":"adoption_requested"},"id":"01a221a1-1fd9-7066-a3da-6e7d6cc30aed","reason":"no reason given","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":3}'),
	(26, '01a221a1-1fac-7458-b02b-ee0c363993a7', 5, '01a221a1-1fda-74d8-a26a-7264a6962bfc', 'artifact_pulled', '2026-11-28 10:08:57.306646+00', '{"actor":"alice","causation":"01a221a1-1fd7-76df-ac51-1c7e0eec9228","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"artifacts":[{"integrity":"sha512-1.0.0","package":"@astra/cli","registry":"https://packages.example","version":"1.0.0"},{"integrity":"sha512-1.1.0","package":"@astra/cli","registry":"https://packages.example","version":"1.1.0"}],"type":"artifact_pulled","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fda-74d8-a26a-7264a6962bfc","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":5}'),
	(27, '01a221a1-1fac-7458-b02b-ee0e5709c9db', 2, '01a221a1-1fd8-730e-a899-0b0f4ddecd79', 'adoption_refused', '2026-11-28 10:08:57.306648+00', '{"actor":"alice","causation":"01a221a1-1fac-7458-b02b-ee0f98562f9a","correlation":null,"data":{"at":"2026-03-01T12:00:04.250000Z","attempt":1,"problem":{"code":"nothing-runs","detail":"Nothing serves there.","output":null,"seen":[],"todo":"Start it."},"type":"adoption_refused"},"id":"01a221a1-1fd8-730e-a899-0b0f4ddecd79","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0e5709c9db","version":2}'),
	(28, '00000000-0000-7000-8000-000000000002', 3, '01a221a1-1fdb-7573-9ed0-a9379fa35809', 'endpoint_added', '2026-11-28 10:08:57.319785+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"config":{"instances":[],"name":"archive","ordered":false,"types":["astrolabe.instance.retired"],"url":"https://archive.example/"},"endpoint_id":"01a221a1-1fba-7568-94b4-24484d8868db","key_id":"0000000000000000","type":"endpoint_added"},"id":"01a221a1-1fdb-7573-9ed0-a9379fa35809","reason":"tell the team","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":3}'),
	(29, '01a221a1-1faa-7325-9159-7d21542014b5', 6, '01a221a1-1fdb-7573-9ed0-a9383caf963b', 'step_started', '2026-11-28 10:08:57.319829+00', '{"actor":"alice","causation":"01a221a1-1fda-74d8-a26a-72633884bf33","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"attempt":1,"fence":1,"step":"backup","type":"step_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","worker":"worker-1"},"id":"01a221a1-1fdb-7573-9ed0-a9383caf963b","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":6}'),
	(30, '01a221a1-1fac-7458-b02b-ee0c363993a7', 6, '01a221a1-1fdb-7573-9ed0-a93921ee26f8', 'step_started', '2026-11-28 10:08:57.319832+00', '{"actor":"alice","causation":"01a221a1-1fda-74d8-a26a-7264a6962bfc","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"attempt":1,"fence":1,"step":"migrate","type":"step_started","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e","worker":"worker-1"},"id":"01a221a1-1fdb-7573-9ed0-a93921ee26f8","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":6}'),
	(35, '01a221a1-1faa-7325-9159-7d21542014b5', 8, '01a221a1-1fe9-74d8-8e97-0cd38c97f76a', 'step_started', '2026-11-28 10:08:57.32203+00', '{"actor":"alice","causation":"01a221a1-1fe8-7707-bfc2-60f5e5acdd93","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"attempt":1,"fence":1,"step":"pull","type":"step_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","worker":"worker-1"},"id":"01a221a1-1fe9-74d8-8e97-0cd38c97f76a","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":8}'),
	(36, '01a221a1-1fac-7458-b02b-ee0c363993a7', 8, '01a221a1-1fe9-74d8-8e97-0cd428ef955e', 'database_copied', '2026-11-28 10:08:57.322058+00', '{"actor":"alice","causation":"01a221a1-1fe8-7707-bfc2-60f6a8ec4505","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"copy":null,"type":"database_copied","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fe9-74d8-8e97-0cd428ef955e","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":8}'),
	(37, '00000000-0000-7000-8000-000000000002', 4, '01a221a1-1fea-7227-ae1f-949d9cfaa6c6', 'endpoint_added', '2026-11-28 10:08:57.322682+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"config":{"instances":[],"name":"gone","ordered":false,"types":["astrolabe.review.overdue"],"url":"https://gone.example/"},"endpoint_id":"01a221a1-1fba-7568-94b4-24497a410c43","key_id":"2c9fb45c64097526","type":"endpoint_added"},"id":"01a221a1-1fea-7227-ae1f-949d9cfaa6c6","reason":"tell the team","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":4}'),
	(38, '01a221a1-1faa-7325-9159-7d21542014b5', 9, '01a221a1-1fea-7227-ae1f-949fc2375476', 'artifact_pulled', '2026-11-28 10:08:57.322697+00', '{"actor":"alice","causation":"01a221a1-1fe9-74d8-8e97-0cd38c97f76a","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"artifacts":[{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"}],"type":"artifact_pulled","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1fea-7227-ae1f-949fc2375476","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":9}'),
	(39, '01a221a1-1fac-7458-b02b-ee0a868fb818', 5, '01a221a1-1fea-7227-ae1f-949c5401e71a', 'instance_reconfigured', '2026-11-28 10:08:57.322699+00', '{"actor":"ci","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":{"also":["edge"],"database_service":"db","engine":null,"env_files":[],"files":["compose.yaml","prod.yaml"],"folder":"/srv/box","name":"box","profiles":[],"service":"gateway"},"database":{"host":"127.0.0.1","maintenance":"postgres","name":"box","password":null,"port":5432,"user":"box"},"host":"box-1.example","kind":"compose","name":"box","patience_seconds":60,"port":4249,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_reconfigured"},"id":"01a221a1-1fea-7227-ae1f-949c5401e71a","reason":"it is elsewhere","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":5}'),
	(40, '01a221a1-1fac-7458-b02b-ee0c363993a7', 9, '01a221a1-1fea-7227-ae1f-94a07fd97e2d', 'migration_started', '2026-11-28 10:08:57.322736+00', '{"actor":"alice","causation":"01a221a1-1fe9-74d8-8e97-0cd428ef955e","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"port":null,"type":"migration_started","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fea-7227-ae1f-94a07fd97e2d","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":9}'),
	(41, '01a221a1-1fac-7458-b02b-ee0e5709c9db', 3, '01a221a1-1fea-7227-ae1f-949eeb18cade', 'instance_retired', '2026-11-28 10:08:57.322739+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"type":"instance_retired"},"id":"01a221a1-1fea-7227-ae1f-949eeb18cade","reason":"it never was","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0e5709c9db","version":3}'),
	(44, '01a221a1-1faa-7325-9159-7d21542014b5', 11, '01a221a1-1fee-72ed-bec7-7641a23ab455', 'instance_stopped', '2026-11-28 10:08:57.326822+00', '{"actor":"alice","causation":"01a221a1-1feb-75b9-9ebe-dd6954b1ab94","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"last_healthy_at":"2026-03-01T12:30:08.500000Z","serves":true,"type":"instance_stopped","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1fee-72ed-bec7-7641a23ab455","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":11}'),
	(45, '01a221a1-1fac-7458-b02b-ee0a868fb818', 6, '01a221a1-1fec-7454-842e-c15fff937648', 'instance_adopted', '2026-11-28 10:08:57.32684+00', '{"actor":"ci","causation":"01a221a1-1fea-7227-ae1f-949c5401e71a","correlation":null,"data":{"at":"2026-03-01T12:00:17Z","attempt":3,"kind":"compose","seen":"unleash 6.10.1 serves on port 4249","type":"instance_adopted","version":"6.10.1"},"id":"01a221a1-1fec-7454-842e-c15fff937648","reason":"it is elsewhere","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":6}'),
	(46, '01a221a1-1fac-7458-b02b-ee0c363993a7', 11, '01a221a1-1fee-72ed-bec7-76421b1c9f28', 'upgrade_succeeded', '2026-11-28 10:08:57.326842+00', '{"actor":"alice","causation":"01a221a1-1fec-7454-842e-c15edd444f99","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"at":"2026-03-01T12:00:13.750000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"counters":{"tables":{},"total":0},"type":"upgrade_succeeded","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e","version":"1.1.0"},"id":"01a221a1-1fee-72ed-bec7-76421b1c9f28","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":11}'),
	(49, '01a221a1-1faa-7325-9159-7d21542014b5', 13, '01a221a1-1ff4-7341-8a3d-d2735d7e005b', 'migration_started', '2026-11-28 10:08:57.334488+00', '{"actor":"alice","causation":"01a221a1-1fef-773c-bf90-4a851a31ac1d","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"port":null,"type":"migration_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1ff4-7341-8a3d-d2735d7e005b","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":13}'),
	(50, '01a221a1-1fac-7458-b02b-ee0c363993a7', 12, '01a221a1-1ff4-7341-8a3d-d272f5d724e6', 'instance_observed', '2026-11-28 10:08:57.334513+00', '{"actor":"worker-1","causation":null,"correlation":null,"data":{"at":"2026-03-01T12:30:13.750000Z","seen":"Astra is not installed","type":"instance_observed","version":null},"id":"01a221a1-1ff4-7341-8a3d-d272f5d724e6","reason":"it looked","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":12}'),
	(51, '00000000-0000-7000-8000-000000000002', 5, '01a221a1-1ff8-74d8-b1ac-2e4749b1891f', 'endpoint_added', '2026-11-28 10:08:57.336779+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"config":{"instances":[],"name":"old","ordered":false,"types":["astrolabe.upgrade.requested"],"url":"https://old.example/"},"endpoint_id":"01a221a1-1fba-7568-94b4-244ab67eb8ad","key_id":"2c9fb45c64097526","type":"endpoint_added"},"id":"01a221a1-1ff8-74d8-b1ac-2e4749b1891f","reason":"tell the team","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":5}'),
	(52, '01a221a1-1faa-7325-9159-7d21542014b5', 14, '01a221a1-1ff8-74d8-b1ac-2e486e81adfd', 'step_progressed', '2026-11-28 10:08:57.336803+00', '{"actor":"alice","causation":"01a221a1-1ff4-7341-8a3d-d2735d7e005b","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"done":242,"message":"migration 242 of 332","step":"migrate","total":332,"type":"step_progressed","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1ff8-74d8-b1ac-2e486e81adfd","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":14}'),
	(53, '01a221a1-1fac-7458-b02b-ee0a868fb818', 8, '01a221a1-1ff6-718a-ade6-86f0c87fa920', 'preflight_passed', '2026-11-28 10:08:57.336805+00', '{"actor":"alice","causation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"at":"2026-03-01T12:00:21.250000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha256:ed3b89f186cf610a92d0d5db03cf327dca05cf7f2be7a576ef2c20c73eba4788","package":"unleashorg/unleash-server","registry":"images.example:5000","version":"7.0.0"},"old":{"integrity":"sha256:c911c00da74a42d8283eb334c1b129d382d29fde3d66b910b25a3c9f40fa4021","package":"unleashorg/unleash-server","registry":"images.example:5000","version":"6.10.1"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-1ff6-718a-ade6-86f0c87fa920","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":8}'),
	(59, '01a221a1-1faa-7325-9159-7d21542014b5', 17, '01a221a1-2003-73dc-ad5f-a9d09f2c8363', 'step_started', '2026-11-28 10:08:57.347936+00', '{"actor":"alice","causation":"01a221a1-2002-76da-9fbb-fc8e85f6876d","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"attempt":1,"fence":1,"step":"verify","type":"step_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","worker":"worker-1"},"id":"01a221a1-2003-73dc-ad5f-a9d09f2c8363","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":17}'),
	(60, '01a221a1-1fac-7458-b02b-ee0a868fb818', 11, '01a221a1-2003-73dc-ad5f-a9cf7c28028b', 'step_started', '2026-11-28 10:08:57.347959+00', '{"actor":"alice","causation":"01a221a1-2002-76da-9fbb-fc8dcd23ab4c","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"attempt":1,"fence":4,"step":"migrate","type":"step_started","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","worker":"worker-2"},"id":"01a221a1-2003-73dc-ad5f-a9cf7c28028b","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":11}'),
	(61, '00000000-0000-7000-8000-000000000002', 7, '01a221a1-2004-753b-a50a-f0babe2ccedd', 'secret_rotated', '2026-11-28 10:08:57.348957+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-244638f71653","generation":2,"key_id":"2c9fb45c64097526","old_until":"2026-03-02T12:00:00Z","type":"secret_rotated"},"id":"01a221a1-2004-753b-a50a-f0babe2ccedd","reason":"yearly","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":7}'),
	(42, '01a221a1-1faa-7325-9159-7d21542014b5', 10, '01a221a1-1feb-75b9-9ebe-dd6954b1ab94', 'step_started', '2026-11-28 10:08:57.324394+00', '{"actor":"alice","causation":"01a221a1-1fea-7227-ae1f-949fc2375476","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"attempt":1,"fence":1,"step":"migrate","type":"step_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","worker":"worker-1"},"id":"01a221a1-1feb-75b9-9ebe-dd6954b1ab94","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":10}'),
	(43, '01a221a1-1fac-7458-b02b-ee0c363993a7', 10, '01a221a1-1fec-7454-842e-c15edd444f99', 'migration_finished', '2026-11-28 10:08:57.324449+00', '{"actor":"alice","causation":"01a221a1-1fea-7227-ae1f-94a07fd97e2d","correlation":"01a221a1-1fbb-723d-9df8-24779758ff9e","data":{"downtime_ms":900,"healthy_at":"2026-03-01T12:00:09.500000Z","last_migration":null,"migrations_after":null,"migrations_before":null,"type":"migration_finished","upgrade_id":"01a221a1-1fbb-723d-9df8-24779758ff9e"},"id":"01a221a1-1fec-7454-842e-c15edd444f99","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-1fac-7458-b02b-ee0c363993a7","version":10}'),
	(48, '01a221a1-1fac-7458-b02b-ee0a868fb818', 7, '01a221a1-1ff3-74a3-9a84-5d6724ffb528', 'upgrade_requested', '2026-11-28 10:08:57.331952+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"6.10.1","requested_by":"alice","target":"7.0.0","type":"upgrade_requested","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","reason":"no reason given","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":7}'),
	(54, '01a221a1-1faa-7325-9159-7d21542014b5', 15, '01a221a1-1ffe-74da-be12-8567f9c0b44b', 'step_progressed', '2026-11-28 10:08:57.345903+00', '{"actor":"alice","causation":"01a221a1-1ff8-74d8-b1ac-2e486e81adfd","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"done":null,"message":"it says: \"C:\\new\" <ä 🧭\t\u001e\u001f> \\restrict '' $1;\n-- \n\\.\n","step":"migrate","total":null,"type":"step_progressed","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-1ffe-74da-be12-8567f9c0b44b","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":15}'),
	(55, '01a221a1-1fac-7458-b02b-ee0a868fb818', 9, '01a221a1-1ffd-73cc-a296-4bab2fc18996', 'backup_taken', '2026-11-28 10:08:57.345941+00', '{"actor":"alice","causation":"01a221a1-1ff6-718a-ade6-86f0c87fa920","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"dump":{"path":"/backups/box/b528_1.dump","sha256":"72aa1575e45c9f1d65c0490d9de80f6546a0fca31f77e2a4a69bc89c6800ab0e","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-1ffd-73cc-a296-4bab2fc18996","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":9}'),
	(56, '00000000-0000-7000-8000-000000000002', 6, '01a221a1-1fff-77ee-abf9-d1ba0de1e9e0', 'endpoint_changed', '2026-11-28 10:08:57.347165+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"config":{"instances":["01a221a1-1faa-7325-9159-7d21542014b5"],"name":"pager","ordered":true,"types":["astrolabe.upgrade.rolled_back"],"url":"https://pager.example/"},"endpoint_id":"01a221a1-1fba-7568-94b4-2447584271bc","type":"endpoint_changed"},"id":"01a221a1-1fff-77ee-abf9-d1ba0de1e9e0","reason":"only flags","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":6}'),
	(57, '01a221a1-1faa-7325-9159-7d21542014b5', 16, '01a221a1-2002-76da-9fbb-fc8e85f6876d', 'migration_finished', '2026-11-28 10:08:57.347188+00', '{"actor":"alice","causation":"01a221a1-1ffe-74da-be12-8567f9c0b44b","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"downtime_ms":4700,"healthy_at":"2026-03-01T12:30:12.500000Z","last_migration":"20250101-last","migrations_after":332,"migrations_before":210,"type":"migration_finished","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-2002-76da-9fbb-fc8e85f6876d","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":16}'),
	(58, '01a221a1-1fac-7458-b02b-ee0a868fb818', 10, '01a221a1-2002-76da-9fbb-fc8dcd23ab4c', 'artifact_pulled', '2026-11-28 10:08:57.347191+00', '{"actor":"alice","causation":"01a221a1-1ffd-73cc-a296-4bab2fc18996","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"artifacts":[{"integrity":"sha256:c911c00da74a42d8283eb334c1b129d382d29fde3d66b910b25a3c9f40fa4021","package":"unleashorg/unleash-server","registry":"images.example:5000","version":"6.10.1"},{"integrity":"sha256:ed3b89f186cf610a92d0d5db03cf327dca05cf7f2be7a576ef2c20c73eba4788","package":"unleashorg/unleash-server","registry":"images.example:5000","version":"7.0.0"}],"type":"artifact_pulled","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-2002-76da-9fbb-fc8dcd23ab4c","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":10}'),
	(73, '01a221a1-1faa-7325-9159-7d21542014b5', 21, '01a221a1-200a-72b7-b152-2bf3ca1dccf7', 'rollback_requested', '2026-11-28 10:08:57.35556+00', '{"actor":"alice","causation":"01a221a1-2008-76ef-8125-151c26b5dea8","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"accept_lost_writes":false,"type":"rollback_requested","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-200a-72b7-b152-2bf3ca1dccf7","reason":"slow","source":"api","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":21}'),
	(74, '01a221a1-1fac-7458-b02b-ee0a868fb818', 17, '01a221a1-200a-72b7-b152-2bf2ad5d95f1', 'instance_observed', '2026-11-28 10:08:57.355587+00', '{"actor":"worker-2","causation":null,"correlation":null,"data":{"at":"2026-03-01T12:30:33.750000Z","seen":"unleash 7.6.0 serves on port 4249","type":"instance_observed","version":"7.6.0"},"id":"01a221a1-200a-72b7-b152-2bf2ad5d95f1","reason":"it looked","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":17}'),
	(77, '01a221a1-1faa-7325-9159-7d21542014b5', 22, '01a221a1-200c-7787-9e2c-a76f775c5d8d', 'rollback_refused', '2026-11-28 10:08:57.357387+00', '{"actor":"alice","causation":"01a221a1-200a-72b7-b152-2bf3ca1dccf7","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"problem":{"code":"counters-unreadable","detail":"The counters could not be read.","output":null,"seen":[],"todo":""},"type":"rollback_refused","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","writes":{"tables":{},"total":null}},"id":"01a221a1-200c-7787-9e2c-a76f775c5d8d","reason":"slow","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":22}'),
	(78, '01a221a1-1fac-7458-b02b-ee0a868fb818', 19, '01a221a1-200d-7106-b816-58636c3f065e', 'instance_retired', '2026-11-28 10:08:57.357406+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"type":"instance_retired"},"id":"01a221a1-200d-7106-b816-58636c3f065e","reason":"moved","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":19}'),
	(82, '00000000-0000-7000-8000-000000000002', 13, '01a221a1-200f-77ac-8aee-9ae92bffc813', 'endpoint_disabled', '2026-11-28 10:08:57.359555+00', '{"actor":"relay","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-244ab67eb8ad","type":"endpoint_disabled","why":"failing"},"id":"01a221a1-200f-77ac-8aee-9ae92bffc813","reason":"nothing has reached the endpoint for too long","source":"relay","stream":"00000000-0000-7000-8000-000000000002","version":13}'),
	(83, '01a221a1-1faa-7325-9159-7d21542014b5', 24, '01a221a1-200f-77ac-8aee-9aea8d4c5997', 'step_started', '2026-11-28 10:08:57.359897+00', '{"actor":"alice","causation":"01a221a1-200e-7757-a11c-dd1d1eaa0a78","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"attempt":1,"fence":4,"step":"rollback","type":"step_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","worker":"worker-1"},"id":"01a221a1-200f-77ac-8aee-9aea8d4c5997","reason":"slow, and nobody needs those rows","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":24}'),
	(62, '01a221a1-1faa-7325-9159-7d21542014b5', 18, '01a221a1-2004-753b-a50a-f0bcd6433112', 'upgrade_succeeded', '2026-11-28 10:08:57.348985+00', '{"actor":"alice","causation":"01a221a1-2003-73dc-ad5f-a9d09f2c8363","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"at":"2026-03-01T12:30:16.750000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"counters":{"tables":{"public.features":3,"public.😀":0,"public.ﬁne":0},"total":3},"type":"upgrade_succeeded","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","version":"6.10.1"},"id":"01a221a1-2004-753b-a50a-f0bcd6433112","reason":"Quartalswechsel – für “Astra” 🚀","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":18}'),
	(63, '01a221a1-1fac-7458-b02b-ee0a868fb818', 12, '01a221a1-2004-753b-a50a-f0bbbe75ac8a', 'instance_stopped', '2026-11-28 10:08:57.349029+00', '{"actor":"alice","causation":"01a221a1-2003-73dc-ad5f-a9cf7c28028b","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"last_healthy_at":"2026-03-01T12:00:25.500000Z","serves":true,"type":"instance_stopped","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-2004-753b-a50a-f0bbbe75ac8a","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":12}'),
	(68, '01a221a1-1fac-7458-b02b-ee0a868fb818', 15, '01a221a1-2007-700d-be20-718e23f1129b', 'migration_finished', '2026-11-28 10:08:57.351938+00', '{"actor":"alice","causation":"01a221a1-2006-73da-b18e-89807c5fdf16","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"downtime_ms":4700,"healthy_at":"2026-03-01T12:00:29.500000Z","last_migration":"20250101-last","migrations_after":332,"migrations_before":210,"type":"migration_finished","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528"},"id":"01a221a1-2007-700d-be20-718e23f1129b","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":15}'),
	(69, '00000000-0000-7000-8000-000000000002', 9, '01a221a1-2008-76ef-8125-151b2988ea9c', 'secret_rotated', '2026-11-28 10:08:57.35286+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-24484d8868db","generation":2,"key_id":"2c9fb45c64097526","old_until":"2026-03-02T12:00:00Z","type":"secret_rotated"},"id":"01a221a1-2008-76ef-8125-151b2988ea9c","reason":"the master key is new","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":9}'),
	(70, '01a221a1-1faa-7325-9159-7d21542014b5', 20, '01a221a1-2008-76ef-8125-151c26b5dea8', 'rollback_refused', '2026-11-28 10:08:57.352884+00', '{"actor":"alice","causation":"01a221a1-2006-73da-b18e-897f8496e154","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"problem":{"code":"writes-would-be-lost","detail":"12 rows were written since.","output":null,"seen":["public.events: 8","public.features: 4"],"todo":"Ask again and accept their loss."},"type":"rollback_refused","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","writes":{"tables":{"public.events":8,"public.features":4},"total":12}},"id":"01a221a1-2008-76ef-8125-151c26b5dea8","reason":"slow","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":20}'),
	(71, '01a221a1-1fac-7458-b02b-ee0a868fb818', 16, '01a221a1-2008-76ef-8125-151d24e84c89', 'upgrade_succeeded', '2026-11-28 10:08:57.352887+00', '{"actor":"alice","causation":"01a221a1-2007-700d-be20-718e23f1129b","correlation":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","data":{"at":"2026-03-01T12:00:33.750000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"counters":{"tables":{"public.features":3,"public.😀":0,"public.ﬁne":0},"total":3},"type":"upgrade_succeeded","upgrade_id":"01a221a1-1ff3-74a3-9a84-5d6724ffb528","version":"7.0.0"},"id":"01a221a1-2008-76ef-8125-151d24e84c89","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":16}'),
	(72, '00000000-0000-7000-8000-000000000002', 10, '01a221a1-2009-7550-9f76-8fd1c033a91e', 'endpoint_disabled', '2026-11-28 10:08:57.353876+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-24484d8868db","type":"endpoint_disabled","why":"asked"},"id":"01a221a1-2009-7550-9f76-8fd1c033a91e","reason":"maintenance","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":10}'),
	(75, '00000000-0000-7000-8000-000000000002', 11, '01a221a1-200b-7763-b379-f1d57f4b9110', 'endpoint_enabled', '2026-11-28 10:08:57.356492+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-24484d8868db","type":"endpoint_enabled"},"id":"01a221a1-200b-7763-b379-f1d57f4b9110","reason":"tell the team","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":11}'),
	(76, '01a221a1-1fac-7458-b02b-ee0a868fb818', 18, '01a221a1-200b-7763-b379-f1d65943d79f', 'drift_accepted', '2026-11-28 10:08:57.35653+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"at":"2026-03-01T12:30:38Z","type":"drift_accepted","version":"7.6.0"},"id":"01a221a1-200b-7763-b379-f1d65943d79f","reason":"I went on by hand","source":"api","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":18}'),
	(80, '01a221a1-1faa-7325-9159-7d21542014b5', 23, '01a221a1-200e-7757-a11c-dd1d1eaa0a78', 'rollback_requested', '2026-11-28 10:08:57.358575+00', '{"actor":"alice","causation":"01a221a1-200c-7787-9e2c-a76f775c5d8d","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"accept_lost_writes":true,"type":"rollback_requested","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919"},"id":"01a221a1-200e-7757-a11c-dd1d1eaa0a78","reason":"slow, and nobody needs those rows","source":"api","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":23}'),
	(81, '01a221a1-1fac-7458-b02b-ee0a868fb818', 20, '01a221a1-200e-7757-a11c-dd1e58b94489', 'kept_discarded', '2026-11-28 10:08:57.3586+00', '{"actor":"worker-2","causation":"01a221a1-200d-7106-b816-58636c3f065e","correlation":null,"data":{"name":"box_before_b528_1_0","type":"kept_discarded","what":"database"},"id":"01a221a1-200e-7757-a11c-dd1e58b94489","reason":"its retention has ended","source":"worker/worker-2","stream":"01a221a1-1fac-7458-b02b-ee0a868fb818","version":20}'),
	(79, '00000000-0000-7000-8000-000000000002', 12, '01a221a1-200d-7106-b816-58647c828e9d', 'endpoint_disabled', '2026-11-28 10:08:57.358095+00', '{"actor":"relay","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-24497a410c43","type":"endpoint_disabled","why":"gone"},"id":"01a221a1-200d-7106-b816-58647c828e9d","reason":"the endpoint answered 410 Gone","source":"relay","stream":"00000000-0000-7000-8000-000000000002","version":12}'),
	(89, '01a221a1-202e-7236-aea7-ebc76a94202a', 1, '01a221a1-202e-7236-aea7-ebc8efa01bf3', 'instance_registered', '2026-11-28 10:08:57.390746+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":2,"expires_hours":72,"review_hours":24,"when":"always"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"strict","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"strict"},"host":"local","kind":"npx","name":"strict","patience_seconds":60,"port":4243,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":"5.6.0"},"id":"01a221a1-202e-7236-aea7-ebc8efa01bf3","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":1}'),
	(95, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 2, '01a221a1-2031-7286-9663-2e9e9c4c6de2', 'upgrade_requested', '2026-11-28 10:08:57.393617+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":true,"from_version":"5.6.0","requested_by":"alice","target":"6.10.1","type":"upgrade_requested","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-2031-7286-9663-2e9e9c4c6de2","reason":"CVE","source":"api","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":2}'),
	(96, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 2, '01a221a1-2031-7286-9663-2e9f7ce25612', 'upgrade_requested', '2026-11-28 10:08:57.393647+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"6.10.1","type":"upgrade_requested","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2031-7286-9663-2e9f7ce25612","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":2}'),
	(97, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 2, '01a221a1-2031-7286-9663-2ea0754e261d', 'upgrade_requested', '2026-11-28 10:08:57.393651+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"7.5.1","type":"upgrade_requested","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2031-7286-9663-2ea0754e261d","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":2}'),
	(98, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 2, '01a221a1-2031-7286-9663-2ea1846dc93a', 'upgrade_requested', '2026-11-28 10:08:57.393653+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"7.0.0","type":"upgrade_requested","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a"},"id":"01a221a1-2031-7286-9663-2ea1846dc93a","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":2}'),
	(84, '01a221a1-1faa-7325-9159-7d21542014b5', 25, '01a221a1-2010-70fd-a8bc-630003ccddca', 'rollback_started', '2026-11-28 10:08:57.360288+00', '{"actor":"alice","causation":"01a221a1-200f-77ac-8aee-9aea8d4c5997","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"cause":"request","problem":null,"step":null,"type":"rollback_started","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","writes":{"tables":{"public.events":8,"public.features":4},"total":12}},"id":"01a221a1-2010-70fd-a8bc-630003ccddca","reason":"slow, and nobody needs those rows","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":25}'),
	(85, '01a221a1-1faa-7325-9159-7d21542014b5', 26, '01a221a1-2010-70fd-a8bc-6301b672fff0', 'database_restored', '2026-11-28 10:08:57.360718+00', '{"actor":"alice","causation":"01a221a1-2010-70fd-a8bc-630003ccddca","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"kept":"flags_after_7919_1","last_healthy_at":"2026-03-01T12:30:25.250000Z","type":"database_restored","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","writes":{"tables":{},"total":0}},"id":"01a221a1-2010-70fd-a8bc-6301b672fff0","reason":"slow, and nobody needs those rows","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":26}'),
	(86, '01a221a1-1faa-7325-9159-7d21542014b5', 27, '01a221a1-2010-70fd-a8bc-6302a9a2882c', 'upgrade_rolled_back', '2026-11-28 10:08:57.361086+00', '{"actor":"alice","causation":"01a221a1-2010-70fd-a8bc-6301b672fff0","correlation":"01a221a1-1fbb-723d-9df8-247a56167919","data":{"at":"2026-03-01T12:30:29.500000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"downtime_ms":9000,"type":"upgrade_rolled_back","upgrade_id":"01a221a1-1fbb-723d-9df8-247a56167919","version":"5.6.0"},"id":"01a221a1-2010-70fd-a8bc-6302a9a2882c","reason":"slow, and nobody needs those rows","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":27}'),
	(87, '01a221a1-1faa-7325-9159-7d21542014b5', 28, '01a221a1-2011-710f-951a-d4069e74369e', 'kept_discarded', '2026-11-28 10:08:57.361911+00', '{"actor":"worker-1","causation":"01a221a1-2010-70fd-a8bc-6302a9a2882c","correlation":null,"data":{"name":"/backups/flags/7919_1.dump","type":"kept_discarded","what":"dump"},"id":"01a221a1-2011-710f-951a-d4069e74369e","reason":"its retention has ended","source":"worker/worker-1","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":28}'),
	(88, '01a221a1-1faa-7325-9159-7d21542014b5', 29, '01a221a1-2012-7164-9b3a-9670cdce9584', 'instance_reconfigured', '2026-11-28 10:08:57.362515+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"flags","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"flags"},"host":"local","kind":"npx","name":"flags","patience_seconds":60,"port":4242,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":24,"secrets":{"INIT_ADMIN_API_TOKENS":"file:/run/secrets/flags"},"settings":{"LOG_LEVEL":"info"}},"type":"instance_reconfigured"},"id":"01a221a1-2012-7164-9b3a-9670cdce9584","reason":"less noise","source":"api","stream":"01a221a1-1faa-7325-9159-7d21542014b5","version":29}'),
	(90, '01a221a1-202e-7236-aea7-ebc76a94202a', 2, '01a221a1-2030-7314-9fd2-ffcfcb0820bd', 'upgrade_requested', '2026-11-28 10:08:57.392667+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"latest","type":"upgrade_requested","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":2}'),
	(91, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 1, '01a221a1-202e-7236-aea7-ebca7831e770', 'instance_registered', '2026-11-28 10:08:57.392699+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":2,"when":"breaking"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"rescue","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"rescue"},"host":"local","kind":"npx","name":"rescue","patience_seconds":60,"port":4244,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":"5.6.0"},"id":"01a221a1-202e-7236-aea7-ebca7831e770","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":1}'),
	(92, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 1, '01a221a1-202e-7236-aea7-ebcc8f43e356', 'instance_registered', '2026-11-28 10:08:57.392703+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"shaky","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"shaky"},"host":"local","kind":"npx","name":"shaky","patience_seconds":60,"port":4245,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":"5.6.0"},"id":"01a221a1-202e-7236-aea7-ebcc8f43e356","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":1}'),
	(93, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 1, '01a221a1-202e-7236-aea7-ebceaf71f858', 'instance_registered', '2026-11-28 10:08:57.392705+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"legs","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"legs"},"host":"local","kind":"npx","name":"legs","patience_seconds":60,"port":4247,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":"5.6.0"},"id":"01a221a1-202e-7236-aea7-ebceaf71f858","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":1}'),
	(94, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 1, '01a221a1-202e-7236-aea7-ebd044a329eb', 'instance_registered', '2026-11-28 10:08:57.392707+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"stuck","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"stuck"},"host":"local","kind":"npx","name":"stuck","patience_seconds":60,"port":4246,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":"5.6.0"},"id":"01a221a1-202e-7236-aea7-ebd044a329eb","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":1}'),
	(99, '01a221a1-202e-7236-aea7-ebc76a94202a', 3, '01a221a1-2031-7286-9663-2ea26c7e8c56', 'preflight_passed', '2026-11-28 10:08:57.411474+00', '{"actor":"alice","causation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"at":"2026-03-01T12:00:04.250000Z","plan":{"breaking":[],"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.5.1","package":"unleash-server","registry":"https://packages.example","version":"7.5.1"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"}]},"type":"preflight_passed","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-2031-7286-9663-2ea26c7e8c56","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":3}'),
	(100, '01a221a1-202e-7236-aea7-ebc76a94202a', 4, '01a221a1-2031-7286-9663-2ea39d66def6', 'approval_requested', '2026-11-28 10:08:57.411519+00', '{"actor":"alice","causation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"approvers":2,"type":"approval_requested","until":"2026-03-04T12:00:04.250000Z","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-2031-7286-9663-2ea39d66def6","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":4}'),
	(101, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 3, '01a221a1-2034-7040-a058-c13b866507d9', 'preflight_passed', '2026-11-28 10:08:57.412919+00', '{"actor":"alice","causation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"at":"2026-03-01T12:00:04.250000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-2034-7040-a058-c13b866507d9","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":3}'),
	(102, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 4, '01a221a1-2034-7040-a058-c13c63d1c1f8', 'review_requested', '2026-11-28 10:08:57.412947+00', '{"actor":"alice","causation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"type":"review_requested","until":"2026-03-01T14:00:04.250000Z","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-2034-7040-a058-c13c63d1c1f8","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":4}'),
	(103, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 3, '01a221a1-2034-7040-a058-c13d091834f9', 'preflight_passed', '2026-11-28 10:08:57.41295+00', '{"actor":"alice","causation":"01a221a1-2031-7286-9663-2e9f7ce25612","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"at":"2026-03-01T12:00:04.250000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2034-7040-a058-c13d091834f9","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":3}'),
	(104, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 3, '01a221a1-2034-7040-a058-c13e35d42a34', 'preflight_passed', '2026-11-28 10:08:57.412952+00', '{"actor":"alice","causation":"01a221a1-2031-7286-9663-2ea0754e261d","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"at":"2026-03-01T12:00:04.250000Z","plan":{"breaking":[],"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.5.1","package":"unleash-server","registry":"https://packages.example","version":"7.5.1"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"}]},"type":"preflight_passed","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2034-7040-a058-c13e35d42a34","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":3}'),
	(105, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 3, '01a221a1-2034-7040-a058-c13fc9f67f06', 'preflight_passed', '2026-11-28 10:08:57.412954+00', '{"actor":"alice","causation":"01a221a1-2031-7286-9663-2ea1846dc93a","correlation":"01a221a1-2031-7286-9663-2ea1846dc93a","data":{"at":"2026-03-01T12:00:04.250000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.0.0","package":"unleash-server","registry":"https://packages.example","version":"7.0.0"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a"},"id":"01a221a1-2034-7040-a058-c13fc9f67f06","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":3}'),
	(115, '01a221a1-202e-7236-aea7-ebc76a94202a', 6, '01a221a1-204b-759d-99f2-149d7e37cd3d', 'upgrade_approved', '2026-11-28 10:08:57.420035+00', '{"actor":"carol","causation":"01a221a1-2048-7061-a889-5364b5d43585","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"approver":"carol","at":"2026-03-01T14:00:04.250000Z","missing":0,"plan_sha256":"79d645d0ba1f74d4aa315da60e6612295a200c82284bdbcb3d97c17b03bedda6","type":"upgrade_approved","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-204b-759d-99f2-149d7e37cd3d","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":6}'),
	(116, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 7, '01a221a1-204b-759d-99f2-149ecf07d99d', 'step_started', '2026-11-28 10:08:57.420052+00', '{"actor":"alice","causation":"01a221a1-204a-73e7-b4fa-e2de1b122825","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"attempt":1,"fence":1,"step":"migrate","type":"step_started","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2","worker":"worker-2"},"id":"01a221a1-204b-759d-99f2-149ecf07d99d","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":7}'),
	(117, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 6, '01a221a1-204b-759d-99f2-149f8675e328', 'step_started', '2026-11-28 10:08:57.420054+00', '{"actor":"alice","causation":"01a221a1-204a-73e7-b4fa-e2e0e8e67d54","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"attempt":1,"fence":1,"step":"migrate","type":"step_started","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d","worker":"worker-2"},"id":"01a221a1-204b-759d-99f2-149f8675e328","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":6}'),
	(118, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 6, '01a221a1-204b-759d-99f2-14a0c04b0de4', 'step_started', '2026-11-28 10:08:57.420056+00', '{"actor":"alice","causation":"01a221a1-204a-73e7-b4fa-e2e1524867bc","correlation":"01a221a1-2031-7286-9663-2ea1846dc93a","data":{"attempt":1,"fence":1,"step":"migrate","type":"step_started","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a","worker":"worker-1"},"id":"01a221a1-204b-759d-99f2-14a0c04b0de4","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":6}'),
	(119, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 8, '01a221a1-204d-74ab-9bf9-4c5a0880ca18', 'instance_stopped', '2026-11-28 10:08:57.421534+00', '{"actor":"alice","causation":"01a221a1-204b-759d-99f2-149ecf07d99d","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"last_healthy_at":"2026-03-01T12:00:08.500000Z","serves":true,"type":"instance_stopped","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-204d-74ab-9bf9-4c5a0880ca18","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":8}'),
	(120, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 6, '01a221a1-204c-770c-b0b5-16051a033d6b', 'upgrade_retried', '2026-11-28 10:08:57.421548+00', '{"actor":"bob","causation":"01a221a1-204a-73e7-b4fa-e2dfaab28681","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"attempt":2,"from_version":"5.6.0","retried_by":"bob","type":"upgrade_retried","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-204c-770c-b0b5-16051a033d6b","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":6}'),
	(114, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 5, '01a221a1-204a-73e7-b4fa-e2e1524867bc', 'artifact_pulled', '2026-11-28 10:08:57.418835+00', '{"actor":"alice","causation":"01a221a1-2048-7061-a889-5362b69d2472","correlation":"01a221a1-2031-7286-9663-2ea1846dc93a","data":{"artifacts":[{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},{"integrity":"sha512-7.0.0","package":"unleash-server","registry":"https://packages.example","version":"7.0.0"}],"type":"artifact_pulled","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a"},"id":"01a221a1-204a-73e7-b4fa-e2e1524867bc","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":5}'),
	(123, '01a221a1-202e-7236-aea7-ebc76a94202a', 7, '01a221a1-204d-74ab-9bf9-4c5df6878fd1', 'preflight_passed', '2026-11-28 10:08:57.422883+00', '{"actor":"carol","causation":"01a221a1-204b-759d-99f2-149d7e37cd3d","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"at":"2026-03-01T14:00:08.500000Z","plan":{"breaking":[],"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.5.1","package":"unleash-server","registry":"https://packages.example","version":"7.5.1"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"}]},"type":"preflight_passed","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-204d-74ab-9bf9-4c5df6878fd1","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":7}'),
	(124, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 9, '01a221a1-204e-70a9-9724-c09dfc54a26c', 'database_copied', '2026-11-28 10:08:57.422915+00', '{"actor":"alice","causation":"01a221a1-204d-74ab-9bf9-4c5a0880ca18","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"copy":{"database":"rescue_before_6de2_1_0","size":9000000},"type":"database_copied","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-204e-70a9-9724-c09dfc54a26c","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":9}'),
	(125, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 8, '01a221a1-204e-70a9-9724-c09ed51ee446', 'database_copied', '2026-11-28 10:08:57.422919+00', '{"actor":"alice","causation":"01a221a1-204d-74ab-9bf9-4c5bee0a9dfc","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"copy":{"database":"legs_before_261d_1_0","size":9000000},"type":"database_copied","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-204e-70a9-9724-c09ed51ee446","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":8}'),
	(134, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 12, '01a221a1-2052-703e-baed-5c1fef3067a5', 'upgrade_succeeded', '2026-11-28 10:08:57.426517+00', '{"actor":"alice","causation":"01a221a1-2050-7633-b210-4d8531c98b50","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"at":"2026-03-01T12:00:16.750000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"counters":{"tables":{"public.features":3,"public.😀":0,"public.ﬁne":0},"total":3},"type":"upgrade_succeeded","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2","version":"6.10.1"},"id":"01a221a1-2052-703e-baed-5c1fef3067a5","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":12}'),
	(135, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 8, '01a221a1-2051-7453-b41c-21dccf839426', 'backup_taken', '2026-11-28 10:08:57.426541+00', '{"actor":"bob","causation":"01a221a1-204f-70a0-8773-5c6a0a91f85d","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"dump":{"path":"/backups/shaky/5612_2.dump","sha256":"47184d106d36ae2d4472057bd327707d7386ef7614527798cb2cca5bdc445d20","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2051-7453-b41c-21dccf839426","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":8}'),
	(136, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 11, '01a221a1-2052-703e-baed-5c2074df31d7', 'leg_finished', '2026-11-28 10:08:57.426543+00', '{"actor":"alice","causation":"01a221a1-2050-7633-b210-4d86ccfa177e","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"at":"2026-03-01T12:00:16.750000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"type":"leg_finished","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d","version":"6.10.1"},"id":"01a221a1-2052-703e-baed-5c2074df31d7","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":11}'),
	(140, '01a221a1-202e-7236-aea7-ebc76a94202a', 10, '01a221a1-2053-779b-89e9-253f6618a31c', 'upgrade_cancelled', '2026-11-28 10:08:57.42839+00', '{"actor":"alice","causation":"01a221a1-2050-7633-b210-4d84c22df3b9","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"at":"2026-03-01T14:00:12.750000Z","type":"upgrade_cancelled","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-2053-779b-89e9-253f6618a31c","reason":"not needed","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":10}'),
	(141, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 13, '01a221a1-2053-779b-89e9-25401521719d', 'upgrade_reviewed', '2026-11-28 10:08:57.428422+00', '{"actor":"carol","causation":"01a221a1-2052-703e-baed-5c1fef3067a5","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"at":"2026-03-01T13:00:16.750000Z","reviewer":"carol","type":"upgrade_reviewed","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2","verdict":"objected"},"id":"01a221a1-2053-779b-89e9-25401521719d","reason":"it could have waited","source":"api","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":13}'),
	(142, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 10, '01a221a1-2054-73e3-bf1a-cf9cf210e37d', 'step_started', '2026-11-28 10:08:57.428426+00', '{"actor":"bob","causation":"01a221a1-2053-779b-89e9-253d6426ca47","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"attempt":2,"fence":2,"step":"migrate","type":"step_started","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612","worker":"worker-1"},"id":"01a221a1-2054-73e3-bf1a-cf9cf210e37d","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":10}'),
	(143, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 13, '01a221a1-2054-73e3-bf1a-cf9d99284aec', 'database_copied', '2026-11-28 10:08:57.428428+00', '{"actor":"alice","causation":"01a221a1-2053-779b-89e9-253ee838a034","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"copy":{"database":"legs_before_261d_1_1","size":9000000},"type":"database_copied","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2054-73e3-bf1a-cf9d99284aec","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":13}'),
	(144, '01a221a1-202e-7236-aea7-ebc76a94202a', 11, '01a221a1-2054-73e3-bf1a-cf9eb1ae65a3', 'upgrade_requested', '2026-11-28 10:08:57.429154+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"7.0.0","type":"upgrade_requested","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3"},"id":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":11}'),
	(145, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 14, '01a221a1-2054-73e3-bf1a-cf9fb1493e9c', 'upgrade_requested', '2026-11-28 10:08:57.429181+00', '{"actor":"bob","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":true,"from_version":"6.10.1","requested_by":"bob","target":"7.0.0","type":"upgrade_requested","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c"},"id":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c","reason":"CVE","source":"api","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":14}'),
	(121, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 7, '01a221a1-204d-74ab-9bf9-4c5bee0a9dfc', 'instance_stopped', '2026-11-28 10:08:57.42155+00', '{"actor":"alice","causation":"01a221a1-204b-759d-99f2-149f8675e328","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"last_healthy_at":"2026-03-01T12:00:08.500000Z","serves":true,"type":"instance_stopped","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-204d-74ab-9bf9-4c5bee0a9dfc","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":7}'),
	(122, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 7, '01a221a1-204d-74ab-9bf9-4c5cbe84fed9', 'instance_stopped', '2026-11-28 10:08:57.421585+00', '{"actor":"alice","causation":"01a221a1-204b-759d-99f2-14a0c04b0de4","correlation":"01a221a1-2031-7286-9663-2ea1846dc93a","data":{"last_healthy_at":"2026-03-01T12:00:08.500000Z","serves":true,"type":"instance_stopped","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a"},"id":"01a221a1-204d-74ab-9bf9-4c5cbe84fed9","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":7}'),
	(137, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 9, '01a221a1-2053-779b-89e9-253d6426ca47', 'artifact_pulled', '2026-11-28 10:08:57.427646+00', '{"actor":"bob","causation":"01a221a1-2051-7453-b41c-21dccf839426","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"artifacts":[{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"}],"type":"artifact_pulled","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2053-779b-89e9-253d6426ca47","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":9}'),
	(138, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 12, '01a221a1-2053-779b-89e9-253ee838a034', 'instance_stopped', '2026-11-28 10:08:57.427667+00', '{"actor":"alice","causation":"01a221a1-2052-703e-baed-5c2074df31d7","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"last_healthy_at":"2026-03-01T12:00:21Z","serves":true,"type":"instance_stopped","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2053-779b-89e9-253ee838a034","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":12}'),
	(139, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 9, '01a221a1-2052-703e-baed-5c211109b3b1', 'instance_inconsistent', '2026-11-28 10:08:57.427676+00', '{"actor":"alice","causation":"01a221a1-204f-70a0-8773-5c6c5917387b","correlation":"01a221a1-2031-7286-9663-2ea1846dc93a","data":{"at":"2026-03-01T12:00:17Z","problem":{"code":"restore-failed","detail":"The copy is gone.","output":null,"seen":[],"todo":"Restore the dump by hand."},"type":"instance_inconsistent","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a"},"id":"01a221a1-2052-703e-baed-5c211109b3b1","reason":"wrong instance","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":9}'),
	(172, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 20, '01a221a1-2063-73a7-bd8b-b557f7b860fb', 'upgrade_retried', '2026-11-28 10:08:57.44567+00', '{"actor":"alice","causation":"01a221a1-2060-73b5-be7f-812c2b300df3","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"attempt":3,"from_version":"5.6.0","retried_by":"","type":"upgrade_retried","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2063-73a7-bd8b-b557f7b860fb","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":20}'),
	(126, '01a221a1-202e-7236-aea7-ebc76a94202a', 8, '01a221a1-204f-70a0-8773-5c679bf83ae3', 'backup_taken', '2026-11-28 10:08:57.42432+00', '{"actor":"carol","causation":"01a221a1-204d-74ab-9bf9-4c5df6878fd1","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"dump":{"path":"/backups/strict/20bd_1.dump","sha256":"ae11948dd15b4940b9c4702e087e2e6f01f99c109b1143eab7d436e719948da1","size":104857,"tables":40,"tool":"pg_dump (PostgreSQL) 18.6"},"type":"backup_taken","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-204f-70a0-8773-5c679bf83ae3","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":8}'),
	(127, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 10, '01a221a1-204f-70a0-8773-5c687cfe5acc', 'migration_started', '2026-11-28 10:08:57.424381+00', '{"actor":"alice","causation":"01a221a1-204e-70a9-9724-c09dfc54a26c","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"port":null,"type":"migration_started","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-204f-70a0-8773-5c687cfe5acc","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":10}'),
	(128, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 9, '01a221a1-204f-70a0-8773-5c69d9a31830', 'migration_started', '2026-11-28 10:08:57.424385+00', '{"actor":"alice","causation":"01a221a1-204e-70a9-9724-c09ed51ee446","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"port":40555,"type":"migration_started","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-204f-70a0-8773-5c69d9a31830","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":9}'),
	(129, '01a221a1-202e-7236-aea7-ebc76a94202a', 9, '01a221a1-2050-7633-b210-4d84c22df3b9', 'artifact_pulled', '2026-11-28 10:08:57.425273+00', '{"actor":"carol","causation":"01a221a1-204f-70a0-8773-5c679bf83ae3","correlation":"01a221a1-2030-7314-9fd2-ffcfcb0820bd","data":{"artifacts":[{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"},{"integrity":"sha512-7.5.1","package":"unleash-server","registry":"https://packages.example","version":"7.5.1"}],"type":"artifact_pulled","upgrade_id":"01a221a1-2030-7314-9fd2-ffcfcb0820bd"},"id":"01a221a1-2050-7633-b210-4d84c22df3b9","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":9}'),
	(130, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 11, '01a221a1-2050-7633-b210-4d8531c98b50', 'migration_finished', '2026-11-28 10:08:57.425299+00', '{"actor":"alice","causation":"01a221a1-204f-70a0-8773-5c687cfe5acc","correlation":"01a221a1-2031-7286-9663-2e9e9c4c6de2","data":{"downtime_ms":4700,"healthy_at":"2026-03-01T12:00:12.500000Z","last_migration":"20250101-last","migrations_after":332,"migrations_before":210,"type":"migration_finished","upgrade_id":"01a221a1-2031-7286-9663-2e9e9c4c6de2"},"id":"01a221a1-2050-7633-b210-4d8531c98b50","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":11}'),
	(131, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 7, '01a221a1-204f-70a0-8773-5c6a0a91f85d', 'preflight_passed', '2026-11-28 10:08:57.425302+00', '{"actor":"bob","causation":"01a221a1-204c-770c-b0b5-16051a033d6b","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"at":"2026-03-01T12:00:12.750000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-204f-70a0-8773-5c6a0a91f85d","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":7}'),
	(132, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 10, '01a221a1-2050-7633-b210-4d86ccfa177e', 'migration_finished', '2026-11-28 10:08:57.425304+00', '{"actor":"alice","causation":"01a221a1-204f-70a0-8773-5c69d9a31830","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"downtime_ms":4700,"healthy_at":"2026-03-01T12:00:12.500000Z","last_migration":"20250101-last","migrations_after":332,"migrations_before":210,"type":"migration_finished","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2050-7633-b210-4d86ccfa177e","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":10}'),
	(133, '01a221a1-202e-7236-aea7-ebcfd0b3380f', 8, '01a221a1-204f-70a0-8773-5c6c5917387b', 'rollback_started', '2026-11-28 10:08:57.42531+00', '{"actor":"alice","causation":"01a221a1-204d-74ab-9bf9-4c5cbe84fed9","correlation":"01a221a1-2031-7286-9663-2ea1846dc93a","data":{"cause":"cancel","problem":null,"step":null,"type":"rollback_started","upgrade_id":"01a221a1-2031-7286-9663-2ea1846dc93a","writes":null},"id":"01a221a1-204f-70a0-8773-5c6c5917387b","reason":"wrong instance","source":"api","stream":"01a221a1-202e-7236-aea7-ebcfd0b3380f","version":8}'),
	(148, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 12, '01a221a1-2055-77f0-8f4e-f5cc1760229c', 'database_copied', '2026-11-28 10:08:57.43011+00', '{"actor":"bob","causation":"01a221a1-2054-73e3-bf1a-cfa01f78e3b4","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"copy":{"database":"shaky_before_5612_2_0","size":9000000},"type":"database_copied","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2055-77f0-8f4e-f5cc1760229c","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":12}'),
	(149, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 15, '01a221a1-2055-77f0-8f4e-f5cdf76c3c78', 'migration_finished', '2026-11-28 10:08:57.430136+00', '{"actor":"alice","causation":"01a221a1-2054-73e3-bf1a-cfa18ec9beed","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"downtime_ms":4700,"healthy_at":"2026-03-01T12:00:25Z","last_migration":"20250101-last","migrations_after":332,"migrations_before":210,"type":"migration_finished","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2055-77f0-8f4e-f5cdf76c3c78","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":15}'),
	(150, '01a221a1-202e-7236-aea7-ebc76a94202a', 12, '01a221a1-2056-74a1-95a2-86a9f4859757', 'preflight_passed', '2026-11-28 10:08:57.431107+00', '{"actor":"alice","causation":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3","correlation":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3","data":{"at":"2026-03-01T14:00:17Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.0.0","package":"unleash-server","registry":"https://packages.example","version":"7.0.0"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3"},"id":"01a221a1-2056-74a1-95a2-86a9f4859757","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":12}'),
	(151, '01a221a1-202e-7236-aea7-ebc76a94202a', 13, '01a221a1-2056-74a1-95a2-86aa2a02795d', 'approval_requested', '2026-11-28 10:08:57.431137+00', '{"actor":"alice","causation":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3","correlation":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3","data":{"approvers":2,"type":"approval_requested","until":"2026-03-04T14:00:17Z","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3"},"id":"01a221a1-2056-74a1-95a2-86aa2a02795d","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":13}'),
	(146, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 11, '01a221a1-2054-73e3-bf1a-cfa01f78e3b4', 'instance_stopped', '2026-11-28 10:08:57.429195+00', '{"actor":"bob","causation":"01a221a1-2054-73e3-bf1a-cf9cf210e37d","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"last_healthy_at":"2026-03-01T12:00:17Z","serves":true,"type":"instance_stopped","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2054-73e3-bf1a-cfa01f78e3b4","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":11}'),
	(147, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 14, '01a221a1-2054-73e3-bf1a-cfa18ec9beed', 'migration_started', '2026-11-28 10:08:57.429232+00', '{"actor":"alice","causation":"01a221a1-2054-73e3-bf1a-cf9d99284aec","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"port":null,"type":"migration_started","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d"},"id":"01a221a1-2054-73e3-bf1a-cfa18ec9beed","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":14}'),
	(156, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 17, '01a221a1-2057-7751-80b3-f690d50e982d', 'upgrade_failed', '2026-11-28 10:08:57.43249+00', '{"actor":"bob","causation":"01a221a1-2056-74a1-95a2-86ac983ca877","correlation":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c","data":{"at":"2026-03-01T13:00:25.250000Z","problem":{"code":"disk","detail":"Too little room.","output":null,"seen":[],"todo":"Free some."},"step":"backup","type":"upgrade_failed","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c"},"id":"01a221a1-2057-7751-80b3-f690d50e982d","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":17}'),
	(157, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 14, '01a221a1-2058-73f4-9397-83d740639774', 'rollback_started', '2026-11-28 10:08:57.432516+00', '{"actor":"bob","causation":"01a221a1-2056-74a1-95a2-86ad7de21fbc","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"cause":"failure","problem":{"code":"health-never-came","detail":"The gateway did not answer.","output":null,"seen":["boom"],"todo":"Look at its log."},"step":"migrate","type":"rollback_started","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612","writes":null},"id":"01a221a1-2058-73f4-9397-83d740639774","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":14}'),
	(159, '01a221a1-202e-7236-aea7-ebc76a94202a', 15, '01a221a1-2059-700f-8b50-946f315b455e', 'upgrade_requested', '2026-11-28 10:08:57.434194+00', '{"actor":"dave","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"dave","target":"7.0.0","type":"upgrade_requested","upgrade_id":"01a221a1-2059-700f-8b50-946f315b455e"},"id":"01a221a1-2059-700f-8b50-946f315b455e","reason":"it is Monday","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":15}'),
	(162, '01a221a1-202e-7236-aea7-ebc76a94202a', 16, '01a221a1-205b-7272-bd16-ff79501ca7ed', 'preflight_passed', '2026-11-28 10:08:57.436169+00', '{"actor":"dave","causation":"01a221a1-2059-700f-8b50-946f315b455e","correlation":"01a221a1-2059-700f-8b50-946f315b455e","data":{"at":"2026-03-01T15:00:21.250000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.0.0","package":"unleash-server","registry":"https://packages.example","version":"7.0.0"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2059-700f-8b50-946f315b455e"},"id":"01a221a1-205b-7272-bd16-ff79501ca7ed","reason":"it is Monday","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":16}'),
	(163, '01a221a1-202e-7236-aea7-ebc76a94202a', 17, '01a221a1-205b-7272-bd16-ff7a4753d254', 'approval_requested', '2026-11-28 10:08:57.436202+00', '{"actor":"dave","causation":"01a221a1-2059-700f-8b50-946f315b455e","correlation":"01a221a1-2059-700f-8b50-946f315b455e","data":{"approvers":2,"type":"approval_requested","until":"2026-03-04T15:00:21.250000Z","upgrade_id":"01a221a1-2059-700f-8b50-946f315b455e"},"id":"01a221a1-205b-7272-bd16-ff7a4753d254","reason":"it is Monday","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":17}'),
	(164, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 16, '01a221a1-205b-7272-bd16-ff7bcbe68d24', 'instance_inconsistent', '2026-11-28 10:08:57.436205+00', '{"actor":"bob","causation":"01a221a1-205a-7186-ac2c-2ac1430881a9","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"at":"2026-03-01T12:00:29.750000Z","problem":{"code":"port-in-use","detail":"Port 4245 is taken.","output":null,"seen":[],"todo":"End what holds it."},"type":"instance_inconsistent","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-205b-7272-bd16-ff7bcbe68d24","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":16}'),
	(165, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 17, '01a221a1-205c-71e2-a9c5-3007942f61fb', 'rollback_started', '2026-11-28 10:08:57.43714+00', '{"actor":"bob","causation":"01a221a1-205b-7272-bd16-ff7bcbe68d24","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"cause":"retry","problem":null,"step":null,"type":"rollback_started","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612","writes":null},"id":"01a221a1-205c-71e2-a9c5-3007942f61fb","reason":"ended it","source":"api","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":17}'),
	(167, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 18, '01a221a1-205e-72d1-8180-292eb00c1643', 'database_restored', '2026-11-28 10:08:57.44015+00', '{"actor":"bob","causation":"01a221a1-205c-71e2-a9c5-3007942f61fb","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"kept":"shaky_after_5612_2","last_healthy_at":"2026-03-01T12:00:34Z","type":"database_restored","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612","writes":{"tables":{},"total":0}},"id":"01a221a1-205e-72d1-8180-292eb00c1643","reason":"ended it","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":18}'),
	(168, '01a221a1-202e-7236-aea7-ebc76a94202a', 19, '01a221a1-2060-73b5-be7f-812b2d334d74', 'upgrade_requested', '2026-11-28 10:08:57.440674+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"7.0.0","type":"upgrade_requested","upgrade_id":"01a221a1-2060-73b5-be7f-812b2d334d74"},"id":"01a221a1-2060-73b5-be7f-812b2d334d74","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":19}'),
	(169, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 19, '01a221a1-2060-73b5-be7f-812c2b300df3', 'upgrade_rolled_back', '2026-11-28 10:08:57.440689+00', '{"actor":"bob","causation":"01a221a1-205e-72d1-8180-292eb00c1643","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"at":"2026-03-01T12:00:38.250000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"downtime_ms":9000,"type":"upgrade_rolled_back","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612","version":"5.6.0"},"id":"01a221a1-2060-73b5-be7f-812c2b300df3","reason":"ended it","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":19}'),
	(170, '01a221a1-202e-7236-aea7-ebc76a94202a', 20, '01a221a1-2063-73a7-bd8b-b555216573f4', 'preflight_passed', '2026-11-28 10:08:57.443562+00', '{"actor":"alice","causation":"01a221a1-2060-73b5-be7f-812b2d334d74","correlation":"01a221a1-2060-73b5-be7f-812b2d334d74","data":{"at":"2026-03-01T15:00:25.500000Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.0.0","package":"unleash-server","registry":"https://packages.example","version":"7.0.0"},"old":{"integrity":"sha512-5.6.0","package":"unleash-server","registry":"https://packages.example","version":"5.6.0"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2060-73b5-be7f-812b2d334d74"},"id":"01a221a1-2063-73a7-bd8b-b555216573f4","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":20}'),
	(152, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 15, '01a221a1-2056-74a1-95a2-86ab6ca070a5', 'preflight_passed', '2026-11-28 10:08:57.43114+00', '{"actor":"bob","causation":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c","correlation":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c","data":{"at":"2026-03-01T13:00:21Z","plan":{"breaking":null,"checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"commands":[],"migrations":[],"new":{"integrity":"sha512-7.0.0","package":"unleash-server","registry":"https://packages.example","version":"7.0.0"},"old":{"integrity":"sha512-6.10.1","package":"unleash-server","registry":"https://packages.example","version":"6.10.1"},"releases":[],"stops":[]},"type":"preflight_passed","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c"},"id":"01a221a1-2056-74a1-95a2-86ab6ca070a5","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":15}'),
	(153, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 16, '01a221a1-2056-74a1-95a2-86ac983ca877', 'review_requested', '2026-11-28 10:08:57.431176+00', '{"actor":"bob","causation":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c","correlation":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c","data":{"type":"review_requested","until":"2026-03-01T15:00:21Z","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c"},"id":"01a221a1-2056-74a1-95a2-86ac983ca877","reason":"CVE","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":16}'),
	(154, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 13, '01a221a1-2056-74a1-95a2-86ad7de21fbc', 'migration_started', '2026-11-28 10:08:57.43118+00', '{"actor":"bob","causation":"01a221a1-2055-77f0-8f4e-f5cc1760229c","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"port":null,"type":"migration_started","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2056-74a1-95a2-86ad7de21fbc","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":13}'),
	(155, '01a221a1-202e-7236-aea7-ebcd53ae6a57', 16, '01a221a1-2056-74a1-95a2-86ae41622267', 'upgrade_succeeded', '2026-11-28 10:08:57.431184+00', '{"actor":"alice","causation":"01a221a1-2055-77f0-8f4e-f5cdf76c3c78","correlation":"01a221a1-2031-7286-9663-2ea0754e261d","data":{"at":"2026-03-01T12:00:29.250000Z","checks":[{"name":"health","ok":true,"output":null,"seen":"GOOD"}],"counters":{"tables":{"public.features":3,"public.😀":0,"public.ﬁne":0},"total":3},"type":"upgrade_succeeded","upgrade_id":"01a221a1-2031-7286-9663-2ea0754e261d","version":"7.5.1"},"id":"01a221a1-2056-74a1-95a2-86ae41622267","reason":"no reason given","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebcd53ae6a57","version":16}'),
	(158, '01a221a1-202e-7236-aea7-ebc76a94202a', 14, '01a221a1-2058-73f4-9397-83d8ef1c50c8', 'upgrade_rejected', '2026-11-28 10:08:57.433308+00', '{"actor":"bob","causation":"01a221a1-2056-74a1-95a2-86aa2a02795d","correlation":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3","data":{"approver":"bob","at":"2026-03-01T15:00:17Z","type":"upgrade_rejected","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9eb1ae65a3"},"id":"01a221a1-2058-73f4-9397-83d8ef1c50c8","reason":"not on a Friday","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":14}'),
	(160, '01a221a1-202e-7236-aea7-ebc9785ab3e9', 18, '01a221a1-205a-7186-ac2c-2ac0601627a5', 'review_overdue', '2026-11-28 10:08:57.435123+00', '{"actor":"worker-2","causation":"01a221a1-2057-7751-80b3-f690d50e982d","correlation":null,"data":{"at":"2026-03-01T15:00:21Z","type":"review_overdue","upgrade_id":"01a221a1-2054-73e3-bf1a-cf9fb1493e9c"},"id":"01a221a1-205a-7186-ac2c-2ac0601627a5","reason":"the time for the review has passed","source":"worker/worker-2","stream":"01a221a1-202e-7236-aea7-ebc9785ab3e9","version":18}'),
	(161, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 15, '01a221a1-205a-7186-ac2c-2ac1430881a9', 'database_restored', '2026-11-28 10:08:57.435151+00', '{"actor":"bob","causation":"01a221a1-2058-73f4-9397-83d740639774","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"kept":"shaky_after_5612_2","last_healthy_at":"2026-03-01T12:00:25.500000Z","type":"database_restored","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612","writes":{"tables":{},"total":0}},"id":"01a221a1-205a-7186-ac2c-2ac1430881a9","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":15}'),
	(166, '01a221a1-202e-7236-aea7-ebc76a94202a', 18, '01a221a1-205d-73a6-9acf-effa0bd309e4', 'approval_expired', '2026-11-28 10:08:57.43815+00', '{"actor":"worker-1","causation":"01a221a1-205b-7272-bd16-ff7a4753d254","correlation":"01a221a1-2059-700f-8b50-946f315b455e","data":{"at":"2026-03-04T15:00:21.250000Z","type":"approval_expired","upgrade_id":"01a221a1-2059-700f-8b50-946f315b455e"},"id":"01a221a1-205d-73a6-9acf-effa0bd309e4","reason":"the time for approvals has passed","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":18}'),
	(171, '01a221a1-202e-7236-aea7-ebc76a94202a', 21, '01a221a1-2063-73a7-bd8b-b556c1f0381e', 'approval_requested', '2026-11-28 10:08:57.443579+00', '{"actor":"alice","causation":"01a221a1-2060-73b5-be7f-812b2d334d74","correlation":"01a221a1-2060-73b5-be7f-812b2d334d74","data":{"approvers":2,"type":"approval_requested","until":"2026-03-04T15:00:25.500000Z","upgrade_id":"01a221a1-2060-73b5-be7f-812b2d334d74"},"id":"01a221a1-2063-73a7-bd8b-b556c1f0381e","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":21}'),
	(173, '01a221a1-202e-7236-aea7-ebc76a94202a', 22, '01a221a1-2065-75e1-8791-163cf0700c25', 'upgrade_approved', '2026-11-28 10:08:57.446609+00', '{"actor":"carol","causation":"01a221a1-2063-73a7-bd8b-b556c1f0381e","correlation":"01a221a1-2060-73b5-be7f-812b2d334d74","data":{"approver":"carol","at":"2026-03-01T16:00:25.500000Z","missing":1,"plan_sha256":"e78f096692cdfbdb8bb18bae6e9d2772585ee3d39629d1e0824100058581edcc","type":"upgrade_approved","upgrade_id":"01a221a1-2060-73b5-be7f-812b2d334d74"},"id":"01a221a1-2065-75e1-8791-163cf0700c25","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebc76a94202a","version":22}'),
	(174, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 21, '01a221a1-2067-765c-afe1-a0a9bcc781b3', 'upgrade_refused', '2026-11-28 10:08:57.447675+00', '{"actor":"alice","causation":"01a221a1-2063-73a7-bd8b-b557f7b860fb","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"at":"2026-03-01T12:00:42.500000Z","checks":[],"problem":{"code":"disk","detail":"Too little room.","output":null,"seen":[],"todo":"Free some."},"type":"upgrade_refused","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2067-765c-afe1-a0a9bcc781b3","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":21}'),
	(175, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 22, '01a221a1-2068-72be-9baa-46e9ce1c7736', 'upgrade_retried', '2026-11-28 10:08:57.448486+00', '{"actor":"alice","causation":"01a221a1-2067-765c-afe1-a0a9bcc781b3","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"attempt":4,"from_version":"5.6.0","retried_by":"","type":"upgrade_retried","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2068-72be-9baa-46e9ce1c7736","reason":"no reason given","source":"api","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":22}'),
	(176, '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 23, '01a221a1-2069-7790-abe6-2c2301c05511', 'upgrade_refused', '2026-11-28 10:08:57.44988+00', '{"actor":"alice","causation":"01a221a1-2068-72be-9baa-46e9ce1c7736","correlation":"01a221a1-2031-7286-9663-2e9f7ce25612","data":{"at":"2026-03-01T12:00:46.750000Z","checks":[{"name":"process","ok":false,"output":null,"seen":"nothing on this host serves on port 4245"}],"problem":{"code":"preflight-process","detail":"nothing on this host serves on port 4245","output":null,"seen":[],"todo":""},"type":"upgrade_refused","upgrade_id":"01a221a1-2031-7286-9663-2e9f7ce25612"},"id":"01a221a1-2069-7790-abe6-2c2301c05511","reason":"no reason given","source":"worker/worker-1","stream":"01a221a1-202e-7236-aea7-ebcbb3ae13c3","version":23}'),
	(177, '01a221a1-2081-7051-ae4e-79033776e1ff', 1, '01a221a1-2081-7051-ae4e-7904b23099b9', 'instance_registered', '2026-11-28 10:08:57.473933+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"config":{"address":"127.0.0.1","approvals":{"approvers":1,"expires_hours":72,"review_hours":24,"when":"never"},"compose":null,"database":{"host":"127.0.0.1","maintenance":"postgres","name":"waits","password":"env:ASTROLABE_SECRET_DB","port":5432,"user":"waits"},"host":"local","kind":"npx","name":"waits","patience_seconds":60,"port":4300,"prefix":null,"product":"unleash","require_notes":false,"retention_hours":168,"secrets":{},"settings":{}},"type":"instance_registered","version":"5.6.0"},"id":"01a221a1-2081-7051-ae4e-7904b23099b9","reason":"no reason given","source":"api","stream":"01a221a1-2081-7051-ae4e-79033776e1ff","version":1}'),
	(178, '01a221a1-2081-7051-ae4e-79033776e1ff', 2, '01a221a1-2082-727d-a9fa-58db5bd57dfc', 'upgrade_requested', '2026-11-28 10:08:57.474477+00', '{"actor":"alice","causation":null,"correlation":null,"data":{"acknowledge_breaking":[],"emergency":false,"from_version":"5.6.0","requested_by":"alice","target":"7.0.0","type":"upgrade_requested","upgrade_id":"01a221a1-2082-727d-a9fa-58db5bd57dfc"},"id":"01a221a1-2082-727d-a9fa-58db5bd57dfc","reason":"no reason given","source":"api","stream":"01a221a1-2081-7051-ae4e-79033776e1ff","version":2}'),
	(179, '00000000-0000-7000-8000-000000000002', 14, '01a221a1-2098-75c9-85d6-41af16222568', 'endpoint_removed', '2026-11-28 10:08:57.496566+00', '{"actor":"admin","causation":null,"correlation":null,"data":{"endpoint_id":"01a221a1-1fba-7568-94b4-244ab67eb8ad","type":"endpoint_removed"},"id":"01a221a1-2098-75c9-85d6-41af16222568","reason":"nobody listens","source":"api","stream":"00000000-0000-7000-8000-000000000002","version":14}');

INSERT INTO astrolabe.lease VALUES
	('01a221a1-1fac-7458-b02b-ee0e5709c9db', 1, 'worker-2', '2026-11-28 10:08:57.309089+00'),
	('01a221a1-1fbb-723d-9df8-24789c31e560', 1, 'worker-1', '2026-11-28 10:08:57.321478+00'),
	('01a221a1-1fac-7458-b02b-ee0c363993a7', 1, 'worker-1', '2026-11-28 10:08:57.327992+00'),
	('01a221a1-1fac-7458-b02b-ee0a868fb818', 5, 'worker-2', '2026-11-28 10:08:57.359385+00'),
	('01a221a1-1faa-7325-9159-7d21542014b5', 5, 'worker-1', '2026-11-28 10:08:57.36218+00'),
	('01a221a1-202e-7236-aea7-ebcfd0b3380f', 2, 'worker-1', '2026-11-28 10:08:57.428075+00'),
	('01a221a1-202e-7236-aea7-ebcd53ae6a57', 1, 'worker-2', '2026-11-28 10:08:57.43223+00'),
	('01a221a1-202e-7236-aea7-ebc9785ab3e9', 3, 'worker-2', '2026-11-28 10:08:57.435728+00'),
	('01a221a1-202e-7236-aea7-ebc76a94202a', 6, 'worker-1', '2026-11-28 10:08:57.443877+00'),
	('01a221a1-202e-7236-aea7-ebcbb3ae13c3', 6, 'worker-1', '2026-11-28 10:08:57.450128+00');

INSERT INTO astrolabe.log VALUES
	(0, 1),
	(1, 2),
	(2, 3),
	(3, 4),
	(4, 5),
	(5, 6),
	(6, 7),
	(7, 8),
	(8, 9),
	(9, 10),
	(10, 11),
	(11, 12),
	(12, 13),
	(13, 14),
	(14, 15),
	(15, 16),
	(16, 17),
	(17, 18),
	(18, 19),
	(19, 20),
	(20, 21),
	(21, 22),
	(22, 23),
	(23, 24),
	(24, 25),
	(25, 26),
	(26, 27),
	(27, 28),
	(28, 29),
	(29, 30),
	(30, 31),
	(31, 32),
	(32, 33),
	(33, 34),
	(34, 35),
	(35, 36),
	(36, 37),
	(37, 38),
	(38, 39),
	(39, 40),
	(40, 41),
	(41, 42),
	(42, 43),
	(43, 44),
	(44, 45),
	(45, 46),
	(46, 47),
	(47, 48),
	(48, 49),
	(49, 50),
	(50, 51),
	(51, 52),
	(52, 53),
	(53, 54),
	(54, 55),
	(55, 56),
	(56, 57),
	(57, 58),
	(58, 59),
	(59, 60),
	(60, 61),
	(61, 62),
	(62, 63),
	(63, 64),
	(64, 65),
	(65, 66),
	(66, 67),
	(67, 68),
	(68, 69),
	(69, 70),
	(70, 71),
	(71, 72),
	(72, 73),
	(73, 74),
	(74, 75),
	(75, 76),
	(76, 77),
	(77, 78),
	(78, 79),
	(79, 80),
	(80, 81),
	(81, 82),
	(82, 83),
	(83, 84),
	(84, 85),
	(85, 86),
	(86, 87),
	(87, 88),
	(88, 89),
	(89, 90),
	(90, 91),
	(91, 92),
	(92, 93),
	(93, 94),
	(94, 95),
	(95, 96),
	(96, 97),
	(97, 98),
	(98, 99),
	(99, 100),
	(100, 101),
	(101, 102),
	(102, 103),
	(103, 104),
	(104, 105),
	(105, 106),
	(106, 107),
	(107, 108),
	(108, 109),
	(109, 110),
	(110, 111),
	(111, 112),
	(112, 113),
	(113, 114),
	(114, 115),
	(115, 116),
	(116, 117),
	(117, 118),
	(118, 119),
	(119, 120),
	(120, 121),
	(121, 122),
	(122, 123),
	(123, 124),
	(124, 125),
	(125, 126),
	(126, 127),
	(127, 128),
	(128, 129),
	(129, 130),
	(130, 131),
	(131, 132),
	(132, 133),
	(133, 134),
	(134, 135),
	(135, 136),
	(136, 137),
	(137, 138),
	(138, 139),
	(139, 140),
	(140, 141),
	(141, 142),
	(142, 143),
	(143, 144),
	(144, 145),
	(145, 146),
	(146, 147),
	(147, 148),
	(148, 149),
	(149, 150),
	(150, 151),
	(151, 152),
	(152, 153),
	(153, 154),
	(154, 155),
	(155, 156),
	(156, 157),
	(157, 158),
	(158, 159),
	(159, 160),
	(160, 161),
	(161, 162),
	(162, 163),
	(163, 164),
	(164, 165),
	(165, 166),
	(166, 167),
	(167, 168),
	(168, 169),
	(169, 170),
	(170, 171),
	(171, 172),
	(172, 173),
	(173, 174),
	(174, 175),
	(175, 176),
	(176, 177),
	(177, 178),
	(178, 179);

INSERT INTO astrolabe.log_head VALUES
	(1, 179);

INSERT INTO astrolabe.output VALUES
	('\x2f00787f6eed4695217a39e36fe34c9df73987ad590005ed6be068acb4e9ba29', '\x6e706d204552522120636f646520453430340a6e706d204552522120c3a9000a', '2100-01-01 00:00:00+00');

INSERT INTO astrolabe.subscription VALUES
	('views', 178),
	('webhooks', 178);

INSERT INTO astrolabe.tree_batch VALUES
	(0, '\x7f374c20c05bb78448fb5ad486d199ba365ba1846e980128403e3f99b220e2e6d38f0ffd7d8bd22cc4e749f53174171b2b5f6f9fa40847e938e933eb1430152061adede8042a6d1c69c3a258e3247a6dbc4f48afb050cd927767e6509b1ffae27a3f3b84efefcb8d0741a829a5575aa772348bbc5b4727392bad5ebd431343543fd2e9717a89220e0a9172286cb5058d1b9fd25101e05233b6682ced928e96cbeb31a0f1c35e2c20f8969add37b504d861ea7085c2b86f5c6f0ab1641fc68062b9f58f64126dec272b5127e687b4810281c99e6c8c3299718093b10dde4f182b24123c7c9921e0f77f37bfd009c4a023bbbed22de2bfb01ca95443be6f8b3163', '\xaa64e188fe7e33469895a44345a558e04490b606ea269fa992890735fa45c35c11c01dfee73d3249f04ae2a8610bb3313906d643a6de944139e3249b7e32b188dda3edf9f62c3a57f7274294f65691d8ea81f9589dd9055adeebdda50045ac0db767d7b4a0807c80c95c970ec9b1d62910fd5fda0b0977dc688511de58a5e63449f3c5ac54d452d9ac96d761e860cd0e2389c8ca94c61c355ff3962963c191cdd6138cd5c40e7b944eda521607b3dc00c60fa7c70fe017e18800d58d91eed7e28fb7242aba0fdd18456baf2b36a8774b6f8b18f8396d9d800fb11cbd5c571faad86ebf9dcabe4c8b3998bf97a4c731155088a20f475ebab20b8c7649d26a91c0'),
	(8, '\xcf9b19c2046de667a5809f8400a1cb9e65dee468fa39436cfe9ab544279a25cd4d7e88950bc02f33c6f3fe1b477e2f81105d10a4d78d9445cecf41ebf7df42baf81bf4710f6dd3ad127aec780fc4591466e1f87fe73b80e21c4976c06c8ac449b2e2150a26a59621aaf907ee80493c3c568bbaa3fee2c6c1378a5d42fbd5b79ad4a75299bfa358bc1e75aeba31430b5438d7fb8009fc0863a6f2e83c9f90c66be25dde49f6509449bcf735448bf243d7ee8948f5a50af63eaacb3ebd1231f5c134a5a26de4d2ed50cedb4fdf67ff7a8e2fb7fee4a4f0d938630b76217f4afeef95aa075d706aec0f202d96727fd138a98d742fe2ca10afd8f44214ded3843cc7c31faedbffe8a9e1881ef2f122396802d3a4cfc67d20d8d7d1f7c3a2fc3ded3a120a1a8eeb01303c9ff0d9bdeca451c2cf62e4aa17f9b8858b664a22e0e8d452f12e0b040f297f112f5d9d8f4eaddd7ace37be36302470df517afecaaeb6fb4b59b4a0afdf4e897bed0439187534d180e7546a5ff94016f97f67deff4bd19c3d4fa8894ce74a28485656ce977223557537b9fbf48ad28fe5434920573a966f77d269555201f9dbb25637adea426bf229556341ff3311565ed3874fad6ee2b05585561deae324589ba2e78b1d7e500acfb77cf6a53f3a6751d3369ae8291a2beb9354197bc84b3fd6b92875707f064fdc3d19d1a3c5fb404e5ccfa126926437fee702d64adac8d9bf9e487b61dd9983362c569fbb2dca232b151c344e68490474d6e034e08b5cb76b1960f602ec18de3326a1f402811e4a4f611cfa8aba3012cf0f797ffc97b242e3fd1b3271ac788b522451a5320d2a5bc74a675c2e37149a35704fe51127f19a4c82746276e6875cd5217c0664bda970f7bf462d0dc4362e7d553fb6af41124e668651a05e482bb0a8f9c62d71ec10a378d0697c2862027604d2ef31fcabed4aadfe33fa612df01b2e991fc8f3db5c338bf2874deecc6422daff7bd748262d2538b91c802f300b16872ce9004ee2dae7e7d3f91b5b43668c08909625e3a0ad1e85f020721d335a73e62c7c9c42fa289050bde0ff0b957da022409b3463abc15ca2c6b98a51c2613eeda83ff995c7c092bf6495e49aac2118caa102894ef02435bdad43dda0dfa86686905da5231638e22edf5ef56a41f698b3e5c20d34456f2b40352ad4332c0d30c58888f8757f47ba32ff6097bd2ca0972da5217da7f12aabae81a7841872eeb088096248d36e153c75a32e9ab4e59c1f5aaf469403aaf7f952ed43069ab37030417fc4ae81872388333ace882d34efa80118c678adaab59da399d780884e8a7af5a37c167472434657907c9fd9ef472932cbf0d64adbdea8590626400ba1fe67f172058f798baf86d651f4ef1a792e8c1367033c1ade76c5be8433fbe0f73a51c2735bd5c9931c3a7e77572c3a9270ee156c55a2e533d0fc0022a9984a4f4c62fe632cbabf74bf441d7abfba641e3071f472096cea1f0d1fd1d83188c66c72a5fc7b2dd79e785dbd3a6e4c64da1853ff1f7bf03ecc2d0b8f1f5743991950c9e2b74fba5b3a8ca63260ba2addb649193dacfc6bc3f12c867d36fd72bc3e512645ba73ddbb542fc2df1f52eb7c03d43012ea0e26e92ce1c68f9ebe217c0d2dd6b05fbaa398a6ed94f45c6e364b620aba9c7375c633254210f4675d2d0763647c991e767b8be91d400e24302b09efee448bd0edde5901aa5ee0e0e5dcea4b4bd40b23f93fe597f23471028d9c61aedb9d825f0e2b9039fe6cf207a24653673025dc4f5d7e10db475c79cf24fa6c8363d3d481db3509bdd6459a2deb201d482a2ac0a25131008cba55913c1b2ad4ec8e4e5df567ef8afbf4dcaba618f11168269de408a71ba5934a6313a1946b7af333ff9ef2639c785da71a9479c2b5195b2128cbb41638abcb674a31cbc213771f021391a3c81b016be3b7f556a8507b38ab25be1a331db469acb7a044f84ecc5469c55fe1b8345104bcc10e17e097cf5d27cd15bc8df0338f5baaf183eb87c0dfaeab6fa0d0e1ecd232d66afb08947acd1d7ffd22569364a40492737689a95e393a00b4b500054385c7f43fb38c421cfd3b89e7e571320f9c7fae3e56df188a0343957e6be249e78596bb487a814355a0af40e9e5ea98d09bb7b37f5c8676522c98efe32074812a24d1a2eb1aeac21f21c5a79b7c2b4e4a90082127833e4599ebd16ecccdbb4ba95938e0f53b54f0c531643325919f74845708e785532727115d10beb04cf255d63b01f8794fb046c0d254da63ee11c4f1ea0aa8d6b17e969cc1d041324a036b993a741709e5bf12ef7ea14aa2e3916edcfa9ce8451ac9eb1883ccafed8692e1e6de581d3cdf93f6952498a13b7cc6dbe83414e1c0250c575fccd6df19ef3df0db91b7bdad7e4e764a42b1ca2a3bb9feef7fba5f30d686d66ea8829bdd68c2a823720516bb8590fe3d669f2b2499a2030c20f5d8593104e1aeed996f984fc70061a550874bbeae758cdd66de1f3d10d65e91872424f1c872dee55cce38dc56cbf39874610128197a2a02c9b2c33eab4571b0355d95762dbcb599856c8e2571799074c3117ae540b4610c004b972d44b03ff570ef1184132232b4cbd645ce8da8d69054d5fde631d9253ca4b5018c4cf42c24775d255a3365be8864b4388eddeb7fe2537d6621061d108871a9e0a277287d35b1a8a0481c4ba8a61f74c93b50199ca29297f1475520fee77b7d7d29e15987586d7947b700c3971281bd701fa2179f367d82fe1c91760a7d143bef36934c23843951f4a27483ef4e955975ad433078da651264ada51e2dcf704df7f2ffd2fc6dac763d9ca9c216b1421e5e81b7d1c0c0011c76ff2fe9d04f2c5159f019e3936d530a4ff90bc79d56c2139a253ab5e5d6a03825771f84d2c14f5685148670beed717134c9c9375023e598a4fe57680b363cb82294b69dfbfd1982c657ca4e88fd97eb5517153a7788569cc9a45c869eeb7ac52f63ee6a1e95119658d9d21630186cc608060690e4871c236ea388b40d05891f9976273f766d10d31450003633e154566fb9e72d03a4d901a8273cbe094f93629bc8969e798819e65fc56f589745a3e26e6d3905dd6e26b36b32f05e4c7e57c3c0bd9d82d83d9e96a21b0081a882c281dd1fa022df21ebb15f66770ab6759ea19b36c0380d569bb2792a7eb02d0ea1eae760bca3439b944561e5a3ebc922214bb697570366df085ef7bd862a2cab1ada8a3a91e2fee3ffd12aad34fa2b52f7f1b5a29801b369781d6e67de9d2ced553f41414e973322c80c527f58e6d87af63d4f337280bf13e101703b0aacf6051a37bc766ec690354844edfcc380cbfbce52413b854f9e33086a577ff7c52cc5f130c936bf0817c64844669d41eff571c85177d619513b8097beaa7a6d4c4b5c720a7d95d45e68d087e632ab57f702b904618bfe82ab4ebf495e00d5174f67da545f0cec802bb82ada2d1cfc3cfd876df762b228d27216e6641d827e7714ea5ca3d2b3ec23769f8879ecf04341f846d7ed4bc9786757701c561fab7267df162070ccd7f12868629b2e7113be468a38461d579aa216c290bc51434adfe5a2060c72a9daa3dd382f9a944f6230', '\x9211ec7bc7cf8d35213deed21ce21cbb31c7ae5301cf342e81f9b54088ea2cb2a9e68e4891348138b64e794e096f92495671578f421d3621d1529c82f0229360632ef6aec59deb607ff648955f01e06e42f3fec09756fbbae2cd0bf15006715eb75966f99111e2bb3e92ff555e6a6d9717f832c18661394efa2cada0c15e78517f4d69fc7e47bc8b693ebe5d372653671ffe16c89e63ef8bc61696b3310cdc3918fd41e9d39b8d4e846b6891c6ca598e8b2f89dee3cf046eeadb1fb2bf00947b89a3931ed801b64694aa910d95b3e9d97969b0ddb669e40cc8160d66e866bac1782d3bc6971e817d62cd8a83fe0dcba0bd15362cb79a9240305b4ca154bc74eb08b658dc64e744d81af8cdb9778b02ad5887616c35b162ae2131dc2952018b57b44cff1e495dfa370117db88a9e18aa56647198488e5cca13ebee8cc11ece07237ee24a79fc3be945e3d5694098435d203fd80c5cba483da4a02002359d63f45fd4e92818ddda3b5f0aebfc87644e128b66c2ab496dd317ebdbdb8a9401f872b0f16f25a81596f33c4ec6f84c4551fe6fef3b7f9fc27edc8a27471647735669f9e8569b825cbc3979f515063fc76ac66cc63b2d4df891be84763161a920f486694e911fa5baaadb10e6d18309284d9e3c369af2ade240b63221de1da6d5b9480121ae590c9fba919dce8e03031c71e670d777c461a93fcf63c9e1c3017feb1dea8717acc46007a8ee3f4fe3a9f172e3ec677b7a9c0eb109e76cfd905ce83326bcdcb4e12d8a3d21cdb26e4294d3a03ac72b3ac2aa215afa35d3b8afb98676bc69417817f4fa9b7f1f05d22138befcf71c571bd35487af9f56ef1ff15438f824e4e2825c5d1bc84b2f79599f20a8edac3773ff3661ecac62418da8f3cdde69bc9ec63c80064954658e324dca2595029940e0db93e10ba719590922230d679004979b9fc06d47ed47ef7b744665049ea1246bf28e17ba24a488c96943c13aae28cf625910b0088314666b80612ae1774114ca7c2a376935faa929bd989722857b6b7c638899542da5c894453d1223d35ea718b2aa85860212e48fcd974bc4ab4feb635e975724596198d196bfec8bde71d532a50091c934f71869e2cbd78ae0e92b94ce7ba0b601d0ce21f3631299d41e362f32b42617ea7aa199c91e90c22ab961e7a6f8c733d42c50ada5dba4a8c3d1cae9398e2efc38dbc80903d1a49678db150add0db165c1cd0d6c129bd7a4254ee9c953b7d1135ad1be57d13e28484ef4f77284e22bbd86d1759040c06c66e40ed530f58d9961516d0fdaa3b5cadaa2fe8160eeb03a4b38eb595409396f92ab9775333eff79a9462781a7a3162682296eab76de9ba6b8da177929f0a8bf45270380291f408f14918011dde4930e66b7d7c7b9c684863ba2093d260c59c43dd087d9cd1b9f10a62e0de9c1afcbb1b394bc22767246f762855257224aa2ffd374f109a0ce8505e169cfc7163e515057048824e1024e46ef67d338c1893e63d08b8be91f0c09419b85bc0dc29564323ed71964246ca33956f36e8c2fe95c37bbb0a08b5a4caeaff7cb67e0eb91ba62aca12e147ab6219a29e597b2058f88251a7586e5123ead923131915dc4afea8c869a491f6c108b902ee7036bf724bc6292ee8f62699d8d6c18c250ebd34ad66b2e76d4b650918724fc20158749a7487ce4c674c12729d8aa77a1088a42c62356289c81b20e48da0908fc38db2bc720b9df747dd2f777d36cda4390a20cae845b57228ca2fc20ec97ec60c2eca73f23c2319b4ef4de562460dc29f94106e4768020fc4645329592d54d836e932c6d719db906af2f2ab707081072d6ffb614cedb5d19ed5f7f254fee6b475ca20fce8bfac5ec42ace01ad7cfeecc2080771e0f07a6ccefc9bd0ae548c1c0886c6394fbb85c5c39f676819155675c3b601349c4b64c5de6c45d246e52adf2dfa320014bc204e60a096cd2ecd46a616b846cdcc530cda0610764eaa882b64afd3a443ddcc84664c1349b262c9e2f990090112ec9fb70bdb4c76b3a6870cd9de2da74fc1d9689cad36cbab6f71fe9b4e740df2f14c988f5a2e8edd8218482de7af22399fd663c831770012e6744f17692339618a2b8c10faafaf4b38756f663ae3100c0fb2acae59b9e78d823a70acfb0d1d8504a07ea8279cdcba8548a9be284118f2c7db125d66ce2dafc0e60fe7db7965fed81d54ee7a2f9345ecf357af398c64fe5548b95de2dfceda8527291eb42060078595b08802a61fb4952ac924eb7ccb447edde4762d7a545cd75c74808c38ae193c9372ec120c4e7b2296af0b05213b4d3b12779782620c7529270d834e1d851d8ba7799b7486b9a8d769e6e793188e854539fdf5b7760396fbf7d49561ed9942530f58e0d23a5a7cfaab94ceae684aca1d5229b19ccab13d79fad637ebac411796db0f7b092f9e956321866da632b972593f9ae9b67011632b46500ab9ef6d3a1d6a6fe56ea84ccd1b0908e1254a8d7afe6e9afc75697023bde3b603440d00421023a355c83b41b16455bd30ed1ecdd5cb2330b3e5055b43d660c151c10b9e5fb27617e3fd903e709e06569d764565b11e5e6e74d6183145cea12e50cb14e1e9efb93be46493610cd6c047b55d4414eda02f81ba31395faf89b532773b96adf32e730b3a2199e6e53af71050680f2f2f26c34b04051d329822b802313c6c9c0bdd55626454731070c12eae8c54bce48cb605d3d0bf44c09bb1692ece94d3ccb086087ea5b63a2e40ad12c7b5ecfe0a15bbf3f766e2db2ecf676a4174ecbf116521dbb3e802b899abc7b88ee71a832e26f4d647181b0414eec6da80f39cf4c6fa4f69ff9344c17810a9db45adab8be4a5f5af15ad10938ecf80e7d47436aad306ee6a2341d7bd0a4646be198f7c15dd5e85bf42e46bd1b0bf85ba8b28c6435f655c9256db751d4fde444d2d229bdc6eb2c31e5f6e93c4bdc99f92a1a03c454c3500b34840ca499a5cfe2aa6901107ea45c50b7fdb6bbf0c03edd056acd48d7b14108c5e449e61421e5fc4e69cfd9904ad5a7b6e2351cfc29850cd71e018e1871e4b31b8868afd13dcf1a3007480b3bb91b0bbf20c523feb7f56a2e4291eb09fc9d9fa5a56e3581876437eb16c28cf91c671d31c08db8b720a04000c5310edaf1a08bc8d1e05299d41492acc0caf6d49bfec0b8b2fe3978a1e5b591ab99ec790239599989851326d8cbed67357068bc7dba9a69cb6c5a5db8c0ef6815240c99b0a754f9566dcbd90965c447872280eae91bfbde6268f009c95a5970f66f9aadc82768279db42ec987b1cc202b73b8c01ed4fecd3307ac54e8e0c9f1a0d49152b590c2884ccea32b82170bd59503a8cbb536665cc6823b096c742883a10755d0c6185aa9adc7eedc897f89eb81f4e48454a3fb0181ebd5f2a63ca3f297a74a6f70fce5ed8ccb296ccef7fd7896c3633e6b26ec3c9cb0ea71c928395bc3caca5fea8b6749ff73570a4e02a67829e1a714f723cbfd2810ed068c7c5866a2e9a1c377cb1a582ebb3e2d54f99bf89d9e171f3e020544a538d48376eefb803c0f6097090ae1348811697373cf9b24b62076fd483c493ff5e5d1b057d134b02aa1120d08dd2c4e25ca639'),
	(88, '\xb4b32623c9d3534c438ffac956e27f542624832fb904cea807fa6d2cbf229a91986f51c4949d61abf10075c5209f52fe3b251a2ad30647286086c827e25c5b411ad2ea321e9c0c668a549365aa9f0635633c5abe6a72416e49bddfb565ac78f27521fd56137fdac8c8b5caf348c88beff0fc1fc43edd4a45fb5c0c64446ab3f395081c9c5a99f509ce4743f2f64310eb2d5ff6cd27b4f619a0d5afb1adc16cae3eba6290aac47d014c72dae27f9ecb64bb1fc57bc3ad83992b9c75b7ee5151f729798e17bedc61fec90622f4848b95fb49afe13a1f073e9033a1ef2580764e5deba85eb14920cc4dfb3fa9e1152acd1a537a5a318527926bf83f5102dc81ff24d93a5ed114353ca79389115d88944b3a60668c0f809c702d81f342615d3c5f92b0186f910188a139ab1a919a0a151b938446023dd8b1b5b9856a2febab99b5c31e95bce3c68506147c2b2df2dd4303643728651ad5c0e9eb6bd18b697168e79ab65906663c7b0e7b2aeed936a95db4c1e10cd27998b922aefa6b692bd6560b3f30c0e0dd67c1942d5718e4aa9d6cf9c1d91187690063e32786656d0fd4682b5cc788f5284aad8e3e3d6204d74e8d311f845ffed1df766deb05c61439382b05d071811c1fb410c3953ea411e4b9ce1a0f84565c2035043e16dd53f160bea28b9fc1ce6a32ee408285d384b680afd7938e9170db427237c024b44a92b93431d3a397ab0374182e0bb762ca3f7b1b001014c09c4adf88a60eeb5f2f91a76412a1f3d005ef1798b1ea11c00d6aee0b88250aba5abea91834cc118fbc2d9b756df4215474f27538f8c8dd71579a50546889e221a72faa5afd38232959c0ff892065554676b6d2b919cff40df90113847bb7c95bb92a8ab8b3a9383830b1596114d656f5123c306da98c9d1b5338b140264b0333630920e60428059544e89e93e4f7bdd69ce01a0dc15ac457c87c9a35c8ca157cca80cbf18905705899c36d06825a8a34e05d94bf4eaee0d62dd1fd3c39aa268138e81a10ec8b58cd0a45dc1088bd08006a077c2dbe456af5eb4f409ce675e278c8bc748a54bff18f95a6df602ea7250b685ede94cee11ec31472f9c162604b5718f90004cb5e6659b8288c0f8c0d49c256a15a260cc6767ddc970b45c6cb734f3f6b3c89d3c341aef0c489eb258c17486f2fb57ca6be8e894c1190dc9c9e788cd910d28efee0b5c3aa205b7f7ca06023c66b0660bfac5603104c491d4f92111cc7e2622c846ebf4ace25b461ad5b68712d91fed6dd593d898f5541e7964e87ff340c85c3b1e820a9fef6f75497428a3930508ba889c668e19f30f8511451ec8ebda96120d49cb598ac50798895434c6c8056190439f3fe1fce62ce6c052a356a607cf19a2db1c86519cd01923e0473637598169089533bdc9cdc80e20f284256ed58d075d5374802f911f185aae680eec6003f1b8d8db860de93f7537a09110d4cde21b79339153bcfa08cbbe103500c316bddba95a37da018523054f04a1fc9e058099c1e5d2fbf3a1ea08a8fa78d69cf167147e28a88f6b2b1975fe24d4036e951d34b076129c7f68a99c57fa26060c1252769c056862384fb0070e0d5747e70abf0a19119841ca94983c33d65260025a0f4b63d99ee3383c18d244dbc46bd586c9d0fc4f08f77d01d14540dd58a3bd58d08786cd4da495769fe735e02143fefab82f2cd177a263c570f5dd8a83878e46cf6c1a4e1eaf875df2cbb76783e91bda6ae8ef85f556e2538acec9d410d082a2b4fbddb10237c993ab402b6a27bcf2b9f440ca1a11de1136d32d28aea4a8734816501875006c4961c956cd0cf6e42dc54592a64a10365d9fc25499b90f95b40f2defbd2503e40d5f63788e2a42694bd798bb67fa47e5f780566ef1a0177cef15ce6c5ca60ea670ce8581f448bf065264f0f254fc71d97b50ed9d5c5c2243abcdfa650af0a5c30c4537b70c458e5fc46af839b0997587b5d082f57f91c2ece5ba3d4e284f3389263785d07d42a9fcc74483fd74542a6bcd37e563c5b2c17df1d2007c8d0061c388ae19a2bf7e4625868a309467ac41246348221674a87a6adf555e83526ad2ce1e8497264afed4a70bea6c5b825cae04ae4da1009c27d17de1cb833e9a91e1c9cabc63d376e3be1cdac806bac372e4981639f5a1d28cf0b62fc4b119548faa8dad7c2a54b9d93841c874cbab1e7b5241ecc3fa585c00b39b49327a5a9345695e1e6cee5efff96bca4e71ed04df8eb25906727424cbe4049486fd9269bb0a7b0510bfc02829e325486e49b0fff1689ed32a348e93c8dfa38d3566b80f8237a504664d4cce544fdf9dd0b373eb2a6f3126f997b6b6578c072964463a3e3724e41652cf419ae363b8be492993361471723b18bcd8ec1f5f07bda4009a4f1ca2c0525426535e1daf7a840ddbff3a436b91a7e594418d1aae7bdf8bf22ce31202d5c0ea7c7b24c50621a896e64f2e2da8b0a4f5167e07931b5be33dbfd4a10cec681e5509d53c770af54210d12c27fe2747fa6915838258127d563b1bb8037b1b2e2bfc67a827aca3e249083f11bc1f985feaef907de319ce8372b18016845d2e3778e3da13e9056c82bff492d3c716f16232db4f10ac0e0e95c70c4d3810faba3d536aeb79cebf7d4b0f4208a8b1e6543e58516ba500c52119a4cd5706718eeec8c37bce9d347b112ed6866e94a282b30e4343db8e92f3bd796bbb0128a32db8b68588e589660ef4468d849d9a3c4275601811c52c4ac3eb646843963ae0f2156a36d72f683c85aad92d5752d5b4ef09d76cb420c77ba867b3f5c0d2e66c66c59f1d8058f285af8b1a50233259e982de0b4c58d7d0ab7b29e8a68de1f2080b455df136bc74752fa006a971b3ccee31335f7c6799e060d94618316ae7ee78a0e59ffc7c9807dc74ac7c7017e8f41847ea24ce370d7d1fa10d93c638b798c284627dc369c1ff49c92db03c4c3b8ec22cb5c9afde3c8240b4717b8aadce62087bdfad756cf5f421f3e810d51505a128142c2260f5f5077f7ddb193d809cb5550c15a33ab783c1ec7be0fb45a68d713b0efc66829a357648fc331d5373d567bd3c67ea8e55752d9bb4cf9b9d3ea023fd4f321890c518c2e1a4ba3f73f932d0b006a8bb5b31a81033665c04e0db3dfd21eebc6d8563ea63b761b162015a17c4d29899c90a66fca1529d7ee8e735f61094f83f2c380421ec13618ee9aaada89dd71ff8a4427f7fdc330bee0854dab4afd29fb363656543f3e370904051d3a049c6a789894dcdbd5c6486014d6490f954623bad79a380e33171d3827f3e76356d2ffc70a0c0fa9c4826382318ffbf66d6bc3ef1f1da3274176bf9f214bf8241b6df0e91d1b257cecff7cb038150c7b10dd5aa8df4e75aedfd47b806fc09841e37fb492164ffced5e18d168ebfad2dfa7cfaaeb812c892d45b4c9850b8f85a07b4a0148b2bd8ac1e11173d22c16c011a296b005b64394daf2df8a575a5059d32270b09b6b2c17a93241f8e653ababd9d2dc95e6f6b4cc5e7b36fb72a370696207eb19e1480e724218c67e408e6669a889d83839fb07cfd0aefed101379d4f14d2470072878d6c450a2f2db288fdd59e5ac64f6de786040fa17c043e8a9943fffb77b3605156c00f4e92b6319b0183572af5e82f60611609d019b5a4e0fd86e408a64de6f9ed64c723e8b1c15c9d2f1724ba59d25d7ac3eb735f6a9faf72976a48efc30c0e26e9b8c81cbf4a31eaea65976b01dd9300ae96292178b80d75c6e2529289b3542a3bad908b1059a34c1aeaf9d77aaecd7ea3e4f4e2acd14fcc7091cbaeca083af2909e15bc1cfbf3a41a1c9605ceefa7628ed2655a0aedb0b62c38941a932aece0cfc59a9321a23a4fa7ed7f4f9fdbf649a3943acf196f77763db5fc29e37b400715e28d5dcc56efddf30dab55e5a8e25c2e8ea1bff142ea7bd0ae77de4fb53b73cc21cf15c2b9f01c67675c5dadc4debb29c53b8ee6b9093e', '\xf38727aa39756b092bca46dc7f7a766a80a8e41934c072a24024b062ab5fd81ab91476ecbf6faa47b9e9f26aec27b0993ffc92a04b4d56ae764f7314e9d9ee03ce91393429aeea55ac6283aa82ad8263cf3d57ec50d4c4ecfcffb55e1d10fbe266647da79fcac17d3cb65c37f25f23ac998e01fdf8ddfabf2af54b3e028065f246f200710e978b47b965649c986def891fd2e9da043e4bdd4354e4bc244541c7e52ce638c0c72f63a18c0410e7d9c06aa94f5770989cd2dbaf065660e2c4b7162557dec33807d2b2c3c95ee90895f98b533ccb6bc7684641013d2e7de748cffb2a5dc7cd66f4db67bd0fe26ffe95139f9e981e26bf7c14bf28c157c767ed0d38c68c6a369ea8f22487823751fad8e50417b62d9c844f5916034cd999b2c7573fac5bd2c96e0107b644e970762f6413cda54798ece7f25365b40390ca911e6f6147dc534f3ace3cc8acfa7547dfe1b80883bb8883109888fcc970e457fb3876ea08d3cc495ca2b90a821a38f7b39b11f82300f79fbcdd0363a700f810e47910b055557cbb7ba52d273f430d7d81b2a817694878e7c1dfafb26656929131d633921c56b9921867536df79cf76d12e931bab8c40a45c6dca1a94d47b5814fc2a5e6edee298c3f0436440cb5e10e98433fd1afa6629ecd8f5e3b293008e2e6737f96ef6f9551933b54d934c7e41e25b8d94ce57b5f67967a4cb42c2d413dca6f4b547ac2ef724e2a5ae6a919c6d681d24cab242c5b82769fa9c26c97cdda9b92cd6b504353640da6971ba3d0dae3cce384fe153dd9850918ac8284cc5a65b6707ec643d43fcec1285b86994c2f914efb6bb20cf267e63c80e560df393cedd7b1c0355bd193c883cb6f97acce953ab9feabea95cad2bc01e42f198069c3474b7e1724293dc593c9de03b067f91c1eb84351cc7c56a869800a4a87eacd288d808788da06060fb34c3f258b01b8fec0c104f048fd5c24d8eccbf0cfb02d49c29841abe13d9531d63df95e0af32e58ff63158658967bed402e67189789a64b0699ef1d13d8fa0ff64e17730c226aaaf1207074133861baa2d443e08125cc3e6b8d679df50fba07546be7471e6b8952e61aa436afb2d4edb3e662954cee9077b90b973e300fada0b7be2a010d285b0cdf72fb54ccd00de4be3eb907b0e4a0f52cb2b50543801c9840c487eaca8c96647362b7a4d894206b29fc0f538fc9df6a3d3585931f49acf43e5913f586916f9073f4f2cafb50a21c26ea6767971f129fe2fadf40df63ec27c613d777f2334122e0d9ec5e94ce6fc958fcefe673ef880fb6bd5efd0951e23276a362e4e9e40773c01e9d9a40c008c02f1a6e4eb0ae06c9c02e67098d90292e579e34b12e9a7446cc42d829a664ed48a9979bd34be7d16455f817a9702c21a05bd531dabefc9dd2c73771340eb35a095e5ae44b5c5c6e93df5e20e0994609988eea2c463e7308ff9f844cd7de6f1eddb2dbc0a150e7fece96fe0a3d1cff4c8c1870325d1538fe4e8a40bc8cbb733c793c246db548c9270cada28f61c2b5d1f380e71deaad7e944380adb2ccb08a11480e5ff5b235d4e130bdb2a9fd11b9d141d9d62e77a91ae8b396bafa39b78a50f1b69b2dded0948411753ddcc4d973a7add15021b7a73c25be63273aa5c89e1d76cd066eba9960ef594349876a3b8cacdf7bb6e22f65d9862a1e55d36fab769737ad1dfe124448e5308c1e0f01e15325e8cd7d9bb987ddff130762beecc7e9306e745b4d734a1ec6a9dc20003a68edbd06fcea2b7bebeac67ef64d43d78ad9eae82f421dac6b39c7f9a55d89710a5e69eb6eab6bd18c3dd7326a84ebccf947b465e9ba8d99a204f7c3345828455010d48ae0d84f0bb567274f3184bf13b0a1e6412e0463f75ef25898277c045e6ebe5de2ee93c11a64c139561c73cc355c5e98e5e0ac34b204c126200ba5095527a4078f59dd01551733fdfd9993146c1d0e3a762454cfd66cc6e37c1a2a822520e57ef8502d50ae376265802413c0e0ecbc60b7eece34c9ce9c175dcd7811d6b1e5dde3fc5a04a836114345e8c6b427f3cdc1a129b64a6af1ffed76d1f27872ee88ab33c7211e0ddc18b90da5b095e8d9c4bb0dbfd4ef65e12bc45bb145f5a2964bb75edc98bd784810d23bbcf6f10b9e30858471b26825e6d8a95aa0e54dd4ead1730ad1ab9e2ea5dbf631edbbec8a08d1f226005293818e5d5fb5e782a631c84cf4e1cf2c7c1a326bb12a179d532aa7d76fabb38f68905f1db2011a96fc05fd69627145db335a5f12d01f54dd2cc56835716baecbb60ae4ca838fe6264c975652ba635b0366c292cfddade673ebdbc1ef91d6bf04f319c916fe75de342ccd9c8fadef547f8f6100fe010bf2a07bb2d1c68f032f8da279771d39b95ba530d8920eda26c95a9eeea330a40bbe5971cbf31d91ece61407177602c7a7253c522372869b775aefa1afd6025dc2856290dd0c9c1446a535daf6539e62235c7c2a2dcfb54f04e71881af4298d0cdde0088b04aa6e3ca0c5b9e1eadd2740a6ec39d3d9d0eadcd555ef7c7b006be41f00b7c48085fd7f9530a65ffaf77171b31b6f4b5b1c07fb44f21231716f760531d042b379e17275b684902a71cb6f2a27c467f15e125ba36d3f547e6d9ae34045e0b140a5ee269637c1f68cbbebbe8684ba28b9c1de5a2e0dc9673da58c5cb1afafd70fe50ffc69f54bff458d5225902ae0364e82fe5f72f24671d86cb417b66decd54f34de1762df73898d3406ac5ff3a8886950350c4d03822ebcc7a78890575e65487fed5df4c524427e97885d6e98eeba57240953edd952aec085c348af92a100ee557e529460f822404f46e1dffecf5e7c7a842272bd7ecb35697ec438232f71607891af90c12b26e1acef4927cac67708087f4bbee6ff87dd9cf9b8e3f9bdaa9298d29de6d353829844b2daf70330ec7b4df3ed14aa6d58db7a6bd6d572eaee4b746c658134a441c30bdcd60d8a38ca3579b825bb15e9279ebe23963d83253666d9ca14be7144e7024d52a292d25429804514996b0e5b28f7101f875c84874631edcac50bc75ebc0b90785a83190dab269403df4f5d3108b047983a2782c58826026698cd637b10b00146a0d4231bc74ccd8b95278fe550f98e591167123362edd5499eae9d807c2137714494c8642caef86be0726b564581f69d9dee838b831e14e2320fa67caa0c2185da57d9ead668e026c1531b719d39ee052e7ef16a70a4b203a0e5b0796101ce1e22114b096c88834d949d66c5d890936144df2a0aecb5f711fc9d58315224400d459207cad50003efe30650fcb61fe7ce8acbca7472149d4512120061dab27bfad6cac2935ab734e99bb1cc67641bfb3ff60d3f82d08dc93597154d092aed8c6ebe6ccb30c7133d54d632f1ca038f9e56495050d2b445f5aa0b35dc0fdaa579145ff28ab6f8ad96941e5e910cf6f4fa1b2f81ecc154f45e802dcadc279e89bcb02fd3a88a098e021c77b73833b0d2178a790e5f50b96fec605fe5ba9602b68d219552893596572f4b4d8a75ef8978f16a1aa381e16b39e498ace06b31130be2384ae6e84f05d075bbe20e31b83b28fb94d5d35c2f2d0ba22f361e9559c8dfaa4e970b15fc027de4eab80c0219706c8221d231d3cf942e707c2c088f73ebf7d42c28e9b924c20ab427e4cbeae363025fe13b244bae81a8de96dbd327efae6dde22c001495e39970258f5782445958412aee06135a763a9cf9444257f4b6626383a2ac6ce5486a7d4e70d33290ef1cc3810c99adbd6b215d02f966ddc86aebd48fd3b579463f5bb69e6d59808324a6a89cb6ff9d2d3430c00ddeda7812f2a620f3d55a815261fee7558d7f33ed919bf5bb2ec8bdfa402846fc5ea51f02fed50926b0643da310227eb318e96f7c990e5a9eca6addba3d67b31513e0f1c73b7fe520c34c68d2b900106a041641b5080611691976e4b4245bbe77d66ff428044080bbb03f56ad500fe6cb'),
	(176, '\xad8fb8ae697893fd1f8f02cb67c30eb50c2bb8e09480c2c2b39fc97d9d318e91fb1ec18df5f877bb974d0f969c82a710b86e13b9d81a907bd7b729813a1baf1e', '\xf5c6b5b2877b505630c9feb171cee36758bdaaed6053b310d21e571e521b879fd2ed264e69b8e0320ca1b34f0783761dc9d1790947d3294cdc0f510105be2745'),
	(178, '\x252e2532451cbd46c90c99b3f37463defaff132201789a2b27cbeb5217a369f2', '\x4110a9239394377720a8649e7f70b5069bd80f51138e51954aa59e760671f132');

--
-- Data for Name: unsequenced; Type: TABLE DATA; Schema: astrolabe; Owner: -
--

INSERT INTO astrolabe.view_instance VALUES
	('01a221a1-1fce-7272-9977-3d13c2645b75', 'newborn', 'unleash', 'npx', 'local', NULL, 'adopting', NULL, 'adopt', NULL, 1, '2026-11-28 10:08:57.294876+00', NULL),
	('01a221a1-1fac-7458-b02b-ee0e5709c9db', 'ghost', 'unleash', 'npx', 'local', NULL, 'retired', NULL, NULL, NULL, 3, '2026-11-28 10:08:57.322739+00', NULL),
	('01a221a1-1fbb-723d-9df8-24789c31e560', 'lost', 'unleash', 'npx', 'local', NULL, 'unadopted', NULL, NULL, NULL, 2, '2026-11-28 10:08:57.321094+00', NULL),
	('01a221a1-1fac-7458-b02b-ee0a868fb818', 'box', 'unleash', 'compose', 'box-1.example', '7.6.0', 'retired', NULL, NULL, '2026-03-08 12:30:38+00', 20, '2026-11-28 10:08:57.3586+00', true),
	('01a221a1-1faa-7325-9159-7d21542014b5', 'flags', 'unleash', 'npx', 'local', '5.6.0', 'idle', NULL, NULL, '2026-03-08 12:30:29.5+00', 29, '2026-11-28 10:08:57.362515+00', NULL),
	('01a221a1-1fac-7458-b02b-ee0c363993a7', 'tool', 'astra-cli', 'cli', 'local', '1.1.0', 'idle', NULL, NULL, NULL, 12, '2026-11-28 10:08:57.334513+00', false),
	('01a221a1-202e-7236-aea7-ebc9785ab3e9', 'rescue', 'unleash', 'npx', 'local', '6.10.1', 'idle', NULL, NULL, NULL, 18, '2026-11-28 10:08:57.435123+00', NULL),
	('01a221a1-202e-7236-aea7-ebcd53ae6a57', 'legs', 'unleash', 'npx', 'local', '7.5.1', 'idle', NULL, NULL, '2026-03-08 12:00:29.25+00', 16, '2026-11-28 10:08:57.431184+00', NULL),
	('01a221a1-202e-7236-aea7-ebcfd0b3380f', 'stuck', 'unleash', 'npx', 'local', '5.6.0', 'inconsistent', '01a221a1-2031-7286-9663-2ea1846dc93a', NULL, NULL, 9, '2026-11-28 10:08:57.427676+00', NULL),
	('01a221a1-202e-7236-aea7-ebcbb3ae13c3', 'shaky', 'unleash', 'npx', 'local', '5.6.0', 'idle', NULL, NULL, '2026-03-08 12:00:08.5+00', 23, '2026-11-28 10:08:57.44988+00', NULL),
	('01a221a1-202e-7236-aea7-ebc76a94202a', 'strict', 'unleash', 'npx', 'local', '5.6.0', 'awaiting_approval', '01a221a1-2060-73b5-be7f-812b2d334d74', NULL, '2026-03-04 15:00:25.5+00', 22, '2026-11-28 10:08:57.446609+00', NULL),
	('01a221a1-2081-7051-ae4e-79033776e1ff', 'waits', 'unleash', 'npx', 'local', '5.6.0', 'upgrading', '01a221a1-2082-727d-a9fa-58db5bd57dfc', 'preflight', NULL, 2, '2026-11-28 10:08:57.474477+00', NULL);

INSERT INTO astrolabe.view_upgrade VALUES
	('01a221a1-1fbb-723d-9df8-24779758ff9e', '01a221a1-1fac-7458-b02b-ee0c363993a7', '1.0.0', '1.1.0', '1.1.0', 'succeeded', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.293859+00', '2026-11-28 10:08:57.326842+00', 900, NULL, NULL, 11),
	('01a221a1-1fbb-723d-9df8-247a56167919', '01a221a1-1faa-7325-9159-7d21542014b5', '5.6.0', '6.10.1', '6.10.1', 'rolled_back', 1, 'alice', 'Quartalswechsel – für “Astra” 🚀', '2026-11-28 10:08:57.293373+00', '2026-11-28 10:08:57.361086+00', 9000, NULL, NULL, 27),
	('01a221a1-1ff3-74a3-9a84-5d6724ffb528', '01a221a1-1fac-7458-b02b-ee0a868fb818', '6.10.1', '7.0.0', '7.0.0', 'succeeded', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.331952+00', '2026-11-28 10:08:57.352887+00', 4700, NULL, NULL, 16),
	('01a221a1-2030-7314-9fd2-ffcfcb0820bd', '01a221a1-202e-7236-aea7-ebc76a94202a', '5.6.0', 'latest', '7.5.1', 'cancelled', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.392667+00', '2026-11-28 10:08:57.42839+00', NULL, NULL, NULL, 10),
	('01a221a1-2031-7286-9663-2e9e9c4c6de2', '01a221a1-202e-7236-aea7-ebc9785ab3e9', '5.6.0', '6.10.1', '6.10.1', 'succeeded', 1, 'alice', 'CVE', '2026-11-28 10:08:57.393617+00', '2026-11-28 10:08:57.428422+00', 4700, NULL, NULL, 13),
	('01a221a1-2031-7286-9663-2ea0754e261d', '01a221a1-202e-7236-aea7-ebcd53ae6a57', '5.6.0', '7.5.1', '7.5.1', 'succeeded', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.393651+00', '2026-11-28 10:08:57.431184+00', 4700, NULL, NULL, 16),
	('01a221a1-2031-7286-9663-2ea1846dc93a', '01a221a1-202e-7236-aea7-ebcfd0b3380f', '5.6.0', '7.0.0', '7.0.0', 'inconsistent', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.393653+00', '2026-11-28 10:08:57.427676+00', NULL, 'restore-failed', 'The copy is gone.', 9),
	('01a221a1-2054-73e3-bf1a-cf9eb1ae65a3', '01a221a1-202e-7236-aea7-ebc76a94202a', '5.6.0', '7.0.0', '7.0.0', 'rejected', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.429154+00', '2026-11-28 10:08:57.433308+00', NULL, NULL, NULL, 14),
	('01a221a1-2054-73e3-bf1a-cf9fb1493e9c', '01a221a1-202e-7236-aea7-ebc9785ab3e9', '6.10.1', '7.0.0', '7.0.0', 'failed', 1, 'bob', 'CVE', '2026-11-28 10:08:57.429181+00', '2026-11-28 10:08:57.435123+00', NULL, 'disk', 'Too little room.', 18),
	('01a221a1-2031-7286-9663-2e9f7ce25612', '01a221a1-202e-7236-aea7-ebcbb3ae13c3', '5.6.0', '6.10.1', '6.10.1', 'refused', 4, 'alice', 'no reason given', '2026-11-28 10:08:57.393647+00', '2026-11-28 10:08:57.44988+00', NULL, 'preflight-process', 'nothing on this host serves on port 4245', 23),
	('01a221a1-2059-700f-8b50-946f315b455e', '01a221a1-202e-7236-aea7-ebc76a94202a', '5.6.0', '7.0.0', '7.0.0', 'expired', 1, 'dave', 'it is Monday', '2026-11-28 10:08:57.434194+00', '2026-11-28 10:08:57.43815+00', NULL, NULL, NULL, 18),
	('01a221a1-2060-73b5-be7f-812b2d334d74', '01a221a1-202e-7236-aea7-ebc76a94202a', '5.6.0', '7.0.0', '7.0.0', 'awaiting_approval', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.440674+00', '2026-11-28 10:08:57.446609+00', NULL, NULL, NULL, 22),
	('01a221a1-2082-727d-a9fa-58db5bd57dfc', '01a221a1-2081-7051-ae4e-79033776e1ff', '5.6.0', '7.0.0', '7.0.0', 'requested', 1, 'alice', 'no reason given', '2026-11-28 10:08:57.474477+00', '2026-11-28 10:08:57.474477+00', NULL, NULL, NULL, 2);

INSERT INTO astrolabe.webhook_attempt VALUES
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-1fee-72ed-bec7-76421b1c9f28', 1, '2026-03-01 12:00:00+00', 204, 12, ''),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-2004-753b-a50a-f0bcd6433112', 1, '2026-03-01 12:00:00+00', 500, 30, 'sorry');

INSERT INTO astrolabe.webhook_delivery VALUES
	('01a221a1-1fba-7568-94b4-24484d8868db', '01a221a1-1fea-7227-ae1f-949eeb18cade', 'astrolabe.instance.retired', '01a221a1-1fac-7458-b02b-ee0e5709c9db', 40, '2026-11-28 10:08:57.322739+00', 'pending', '2026-11-28 10:08:57.343744+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-2008-76ef-8125-151d24e84c89', 'astrolabe.upgrade.succeeded', '01a221a1-1fac-7458-b02b-ee0a868fb818', 70, '2026-11-28 10:08:57.352887+00', 'pending', '2026-11-28 10:08:57.373465+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-24484d8868db', '01a221a1-200d-7106-b816-58636c3f065e', 'astrolabe.instance.retired', '01a221a1-1fac-7458-b02b-ee0a868fb818', 77, '2026-11-28 10:08:57.357406+00', 'pending', '2026-11-28 10:08:57.373465+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-2052-703e-baed-5c1fef3067a5', 'astrolabe.upgrade.succeeded', '01a221a1-202e-7236-aea7-ebc9785ab3e9', 133, '2026-11-28 10:08:57.426517+00', 'pending', '2026-11-28 10:08:57.447728+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-2052-703e-baed-5c211109b3b1', 'astrolabe.instance.inconsistent', '01a221a1-202e-7236-aea7-ebcfd0b3380f', 138, '2026-11-28 10:08:57.427676+00', 'pending', '2026-11-28 10:08:57.447728+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-2056-74a1-95a2-86ae41622267', 'astrolabe.upgrade.succeeded', '01a221a1-202e-7236-aea7-ebcd53ae6a57', 154, '2026-11-28 10:08:57.431184+00', 'pending', '2026-11-28 10:08:57.447728+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-24497a410c43', '01a221a1-205a-7186-ac2c-2ac0601627a5', 'astrolabe.review.overdue', '01a221a1-202e-7236-aea7-ebc9785ab3e9', 159, '2026-11-28 10:08:57.435123+00', 'pending', '2026-11-28 10:08:57.447728+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-205b-7272-bd16-ff7bcbe68d24', 'astrolabe.instance.inconsistent', '01a221a1-202e-7236-aea7-ebcbb3ae13c3', 163, '2026-11-28 10:08:57.436205+00', 'pending', '2026-11-28 10:08:57.447728+00', 0, 0, 0, NULL),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-1fee-72ed-bec7-76421b1c9f28', 'astrolabe.upgrade.succeeded', '01a221a1-1fac-7458-b02b-ee0c363993a7', 45, '2026-11-28 10:08:57.326842+00', 'delivered', '2026-11-28 10:08:57.498833+00', 1, 1, 1, '2026-11-28 10:08:57.498833+00'),
	('01a221a1-1fba-7568-94b4-244638f71653', '01a221a1-2004-753b-a50a-f0bcd6433112', 'astrolabe.upgrade.succeeded', '01a221a1-1faa-7325-9159-7d21542014b5', 61, '2026-11-28 10:08:57.348985+00', 'failed', '2026-11-28 10:08:57.499761+00', 1, 1, 1, '2026-11-28 10:08:57.499761+00'),
	('01a221a1-1fba-7568-94b4-2447584271bc', '01a221a1-2010-70fd-a8bc-6302a9a2882c', 'astrolabe.upgrade.rolled_back', '01a221a1-1faa-7325-9159-7d21542014b5', 85, '2026-11-28 10:08:57.361086+00', 'pending', '2026-11-28 10:09:27.500458+00', 1, 0, 0, NULL);

INSERT INTO astrolabe.webhook_failing VALUES
	('01a221a1-1fba-7568-94b4-244638f71653', '2026-11-28 10:08:57.499611+00');

INSERT INTO public.schema_version VALUES
	('0008');

SELECT pg_catalog.setval('astrolabe.checkpoint_id_seq', 5, true);

SELECT pg_catalog.setval('astrolabe.event_ingest_id_seq', 179, true);

ALTER TABLE ONLY astrolabe.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY astrolabe.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (command_id);

ALTER TABLE astrolabe.event
    ADD CONSTRAINT entry_fits_a_leaf CHECK ((octet_length(entry) <= 65280)) NOT VALID;

ALTER TABLE ONLY astrolabe.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (ingest_id);

ALTER TABLE ONLY astrolabe.event
    ADD CONSTRAINT event_stream_id_version_key UNIQUE (stream_id, version);

ALTER TABLE ONLY astrolabe.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (resource);

ALTER TABLE ONLY astrolabe.log_head
    ADD CONSTRAINT log_head_pkey PRIMARY KEY (id);

ALTER TABLE ONLY astrolabe.log
    ADD CONSTRAINT log_ingest_id_key UNIQUE (ingest_id);

ALTER TABLE ONLY astrolabe.log
    ADD CONSTRAINT log_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY astrolabe.output
    ADD CONSTRAINT output_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY astrolabe.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (name);

ALTER TABLE ONLY astrolabe.tree_batch
    ADD CONSTRAINT tree_batch_pkey PRIMARY KEY (first);

ALTER TABLE ONLY astrolabe.tree_tile
    ADD CONSTRAINT tree_tile_pkey PRIMARY KEY (level, index);

ALTER TABLE ONLY astrolabe.view_instance
    ADD CONSTRAINT view_instance_pkey PRIMARY KEY (instance_id);

ALTER TABLE ONLY astrolabe.view_upgrade
    ADD CONSTRAINT view_upgrade_pkey PRIMARY KEY (upgrade_id);

ALTER TABLE ONLY astrolabe.webhook_attempt
    ADD CONSTRAINT webhook_attempt_pkey PRIMARY KEY (endpoint_id, event_id, number);

ALTER TABLE ONLY astrolabe.webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (endpoint_id, event_id);

ALTER TABLE ONLY astrolabe.webhook_failing
    ADD CONSTRAINT webhook_failing_pkey PRIMARY KEY (endpoint_id);

ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkc PRIMARY KEY (version_num);

CREATE INDEX checkpoint_size ON astrolabe.checkpoint USING btree (size, id);

CREATE UNIQUE INDEX event_upgrade ON astrolabe.event USING btree (event_id) WHERE (type = 'upgrade_requested'::text);

CREATE INDEX output_kept_until ON astrolabe.output USING btree (kept_until);

CREATE INDEX view_instance_due ON astrolabe.view_instance USING btree (updated_at) WHERE (due IS NOT NULL);

CREATE INDEX view_instance_due_at ON astrolabe.view_instance USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX view_upgrade_instance ON astrolabe.view_upgrade USING btree (instance_id, upgrade_id);

CREATE INDEX webhook_delivery_due ON astrolabe.webhook_delivery USING btree (endpoint_id, due_at, "position") WHERE (state = 'pending'::text);

CREATE INDEX webhook_delivery_failed ON astrolabe.webhook_delivery USING btree (endpoint_id) WHERE (state = 'failed'::text);

CREATE INDEX webhook_delivery_finished ON astrolabe.webhook_delivery USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX webhook_delivery_order ON astrolabe.webhook_delivery USING btree (endpoint_id, instance_id, "position") WHERE (state = 'pending'::text);

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON astrolabe.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid();

ALTER TABLE astrolabe.checkpoint ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON astrolabe.command FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid();

ALTER TABLE astrolabe.command ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON astrolabe.event FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid();

ALTER TABLE astrolabe.event ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON astrolabe.log FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid();

ALTER TABLE astrolabe.log ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON astrolabe.tree_batch FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid();

ALTER TABLE astrolabe.tree_batch ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON astrolabe.tree_tile FOR EACH STATEMENT EXECUTE FUNCTION astrolabe.forbid();

ALTER TABLE astrolabe.tree_tile ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE ONLY astrolabe.log
    ADD CONSTRAINT log_ingest_id_fkey FOREIGN KEY (ingest_id) REFERENCES astrolabe.event(ingest_id);

ALTER TABLE ONLY astrolabe.webhook_attempt
    ADD CONSTRAINT webhook_attempt_endpoint_id_event_id_fkey FOREIGN KEY (endpoint_id, event_id) REFERENCES astrolabe.webhook_delivery(endpoint_id, event_id) ON DELETE CASCADE;

GRANT USAGE ON SCHEMA astrolabe TO astrolabe_app;

REVOKE ALL ON FUNCTION astrolabe.sequence(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION astrolabe.sequence(batch integer) TO astrolabe_app;

GRANT SELECT,INSERT ON TABLE astrolabe.checkpoint TO astrolabe_app;

GRANT SELECT,INSERT ON TABLE astrolabe.command TO astrolabe_app;

GRANT SELECT,INSERT ON TABLE astrolabe.event TO astrolabe_app;

GRANT SELECT,INSERT,UPDATE ON TABLE astrolabe.lease TO astrolabe_app;

GRANT SELECT ON TABLE astrolabe.log TO astrolabe_app;

GRANT SELECT ON TABLE astrolabe.log_head TO astrolabe_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE astrolabe.output TO astrolabe_app;

GRANT SELECT,INSERT,UPDATE ON TABLE astrolabe.subscription TO astrolabe_app;

GRANT SELECT,INSERT ON TABLE astrolabe.tree_batch TO astrolabe_app;

GRANT SELECT,INSERT ON TABLE astrolabe.tree_tile TO astrolabe_app;

GRANT SELECT,INSERT ON TABLE astrolabe.unsequenced TO astrolabe_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE astrolabe.view_instance TO astrolabe_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE astrolabe.view_upgrade TO astrolabe_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE astrolabe.webhook_attempt TO astrolabe_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE astrolabe.webhook_delivery TO astrolabe_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE astrolabe.webhook_failing TO astrolabe_app;


