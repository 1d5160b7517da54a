-- What is read: epochs, access, snapshots, events, a board's past. Streams know the database by these functions alone.

-- The life these numbers belong to. A copy restored elsewhere, a failover or another database is another epoch by itself.
CREATE OR REPLACE FUNCTION current_epoch() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT substr(encode(sha256(convert_to(concat_ws('/', e.seed, s.system_identifier,
               CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
               (SELECT oid FROM pg_database WHERE datname = current_database())), 'UTF8')), 'hex'), 1, 8)
      FROM log_epoch e, pg_control_system() s
$$;

-- Begin another epoch: every client takes a new snapshot. The payload * says that any topic may have moved.
CREATE OR REPLACE FUNCTION renew_epoch() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE log_epoch SET seed = gen_random_uuid(), renewed_at = now();
    PERFORM pg_notify('livelane', '*');
    RETURN current_epoch();
END
$$;

-- Credentials and access ---------------------------------------------------------------------------------------------

-- Whose secret hashes to this? No row: unknown, expired, or its person is erased.
CREATE OR REPLACE FUNCTION credential(hash bytea) RETURNS TABLE (kind text, id bigint, person_id bigint, expires_at timestamptz)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT 'session', s.id, s.person_id, s.expires_at
      FROM session s JOIN person p ON p.id = s.person_id
     WHERE s.secret_hash = hash AND s.expires_at > now() AND p.erased_at IS NULL
    UNION ALL
    SELECT 'token', t.id, t.person_id, (t.expires_on + 1)::timestamp AT TIME ZONE 'UTC'
      FROM token t JOIN person p ON p.id = t.person_id
     WHERE t.secret_hash = hash AND (t.expires_on IS NULL OR t.expires_on >= (now() AT TIME ZONE 'UTC')::date) AND p.erased_at IS NULL
$$;

-- May this person read these topics? One row a topic asked for.
CREATE OR REPLACE FUNCTION topic_access(person bigint, topics text[]) RETURNS TABLE (topic text, found boolean, may_read boolean)
LANGUAGE sql STABLE AS $$
    SELECT t.topic,
           CASE t.kind WHEN 'board' THEN EXISTS (SELECT FROM board b WHERE b.id = t.id)
                       WHEN 'user' THEN EXISTS (SELECT FROM person p WHERE p.id = t.id AND p.erased_at IS NULL)
                       ELSE false END,
           CASE t.kind WHEN 'board' THEN EXISTS (SELECT FROM member m WHERE m.board_id = t.id AND m.person_id = topic_access.person)
                       WHEN 'user' THEN t.id = topic_access.person
                       ELSE false END
      FROM (SELECT u.topic, substring(u.topic from '^(board|user)/[1-9][0-9]{0,17}$') AS kind,
                   substring(u.topic from '^(?:board|user)/([1-9][0-9]{0,17})$')::bigint AS id
              FROM unnest(topics) u (topic)) t
$$;

CREATE OR REPLACE FUNCTION topic_heads(topics text[]) RETURNS TABLE (topic text, seq bigint, lowest_seq bigint)
LANGUAGE sql STABLE AS $$
    SELECT c.topic, c.seq, c.lowest_seq FROM topic_clock c WHERE c.topic = ANY (topics)
$$;

CREATE OR REPLACE FUNCTION topic_seq(topic text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT c.seq FROM topic_clock c WHERE c.topic = topic_seq.topic), 0)
$$;

-- Snapshots ----------------------------------------------------------------------------------------------------------

-- A row as REST and snapshots show it. Tickets leave the description out unless asked.
CREATE OR REPLACE FUNCTION board_json(b board) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', b.id, 'uid', b.uid, 'title', b.title, 'description', b.description, 'version', b.version,
        'archived_at', rfc3339(b.archived_at), 'created_at', rfc3339(b.created_at), 'created_by', b.created_by,
        'updated_at', rfc3339(b.updated_at))
$$;
CREATE OR REPLACE FUNCTION column_json(c board_column) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', c.id, 'uid', c.uid, 'board_id', c.board_id, 'title', c.title, 'wip_limit', c.wip_limit,
        'rank', c.rank, 'version', c.version, 'archived_at', rfc3339(c.archived_at), 'created_at', rfc3339(c.created_at),
        'created_by', c.created_by, 'updated_at', rfc3339(c.updated_at))
$$;
CREATE OR REPLACE FUNCTION ticket_json(t ticket) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', t.id, 'uid', t.uid, 'board_id', t.board_id, 'column_id', t.column_id, 'title', t.title,
        'description', t.description, 'has_description', t.description <> '', 'rank', t.rank, 'version', t.version,
        'archived_at', rfc3339(t.archived_at), 'created_at', rfc3339(t.created_at), 'created_by', t.created_by,
        'updated_at', rfc3339(t.updated_at))
$$;
CREATE OR REPLACE FUNCTION ticket_brief(t ticket) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', t.id, 'uid', t.uid, 'board_id', t.board_id, 'column_id', t.column_id, 'title', t.title,
        'has_description', t.description <> '', 'rank', t.rank, 'version', t.version,
        'archived_at', rfc3339(t.archived_at), 'created_at', rfc3339(t.created_at), 'created_by', t.created_by,
        'updated_at', rfc3339(t.updated_at))
$$;
CREATE OR REPLACE FUNCTION members_json(board bigint) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(json_build_object('person_id', m.person_id, 'name', p.name, 'role', m.role) ORDER BY m.id), '[]')
      FROM member m JOIN person p ON p.id = m.person_id WHERE m.board_id = board
$$;

-- The whole state of a topic and the seq it stands at, in ONE statement's snapshot: STABLE, or a busy writer tears it.
-- `app` is the web app's version. No row: there is no such topic. Open rows only; a ticket hides with its column.
CREATE OR REPLACE FUNCTION topic_snapshot(topic text, app text) RETURNS TABLE (seq bigint, state text) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT topic_seq(topic_snapshot.topic),
           json_build_object('v', 1, 'app', app, 'topic', topic_snapshot.topic, 'seq', topic_seq(topic_snapshot.topic), 'epoch', current_epoch(),
               'board', board_json(b),
               'columns', (SELECT coalesce(json_agg(column_json(c) ORDER BY c.rank, c.id), '[]') FROM board_column c
                            WHERE c.board_id = b.id AND c.archived_at IS NULL),
               'tickets', (SELECT coalesce(json_agg(ticket_brief(t) ORDER BY t.column_id, t.rank, t.id), '[]')
                             FROM ticket t JOIN board_column c ON c.id = t.column_id
                            WHERE t.board_id = b.id AND t.archived_at IS NULL AND c.archived_at IS NULL),
               'members', members_json(b.id),
               'labels', '[]'::json)::text
      FROM board b
     WHERE b.id = substring(topic_snapshot.topic from '^board/([1-9][0-9]{0,17})$')::bigint
    UNION ALL
    SELECT topic_seq(topic_snapshot.topic),
           json_build_object('v', 1, 'app', app, 'topic', topic_snapshot.topic, 'seq', topic_seq(topic_snapshot.topic), 'epoch', current_epoch(),
               'person', json_build_object('id', p.id, 'uid', p.uid, 'name', p.name, 'admin', p.admin, 'time_zone', p.time_zone,
                                           'locale', p.locale, 'version', p.version),
               'memberships', (SELECT coalesce(json_agg(json_build_object('board_id', b.id, 'title', b.title, 'role', m.role,
                                   'archived_at', rfc3339(b.archived_at)) ORDER BY b.id), '[]')
                                 FROM member m JOIN board b ON b.id = m.board_id WHERE m.person_id = p.id),
               'unread', 0)::text
      FROM person p
     WHERE p.id = substring(topic_snapshot.topic from '^user/([1-9][0-9]{0,17})$')::bigint AND p.erased_at IS NULL
$$;

-- Events -------------------------------------------------------------------------------------------------------------

-- The texts over 4 KB (UTF-8) of an event's object, by key.
CREATE OR REPLACE FUNCTION long_texts(object json) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(key ORDER BY key) FROM json_each_text(object) WHERE octet_length(value) > 4096
$$;

-- One event as the protocol shows it, JSON on one line. Names are joined here and now; with `whole` nothing is left out.
CREATE OR REPLACE FUNCTION event_json(e event, whole boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    changed json := e."set";
    former  json := e.was;
    keys    text[];
    left_   text[];
    noun    text := e.noun;
BEGIN
    IF NOT whole AND octet_length(changed::text) > 4096 THEN
        keys := long_texts(changed);
        IF keys IS NOT NULL THEN
            changed := (changed::jsonb - keys)::json;
            left_ := (SELECT array_agg('set.' || k) FROM unnest(keys) k);
        END IF;
    END IF;
    IF NOT whole AND octet_length(former::text) > 4096 THEN
        keys := long_texts(former);
        IF keys IS NOT NULL THEN
            former := (former::jsonb - keys)::json;
            left_ := left_ || (SELECT array_agg('was.' || k) FROM unnest(keys) k);
        END IF;
    END IF;
    IF changed IS NOT NULL AND noun IN ('member', 'person') THEN
        changed := (changed::jsonb || jsonb_build_object('name', (SELECT p.name FROM person p WHERE p.id = e.entity_id)))::json;
    ELSIF noun = 'membership' AND e.kind = 'c' THEN
        changed := (changed::jsonb || coalesce((SELECT jsonb_build_object('title', b.title, 'archived_at', rfc3339(b.archived_at))
                                                  FROM board b WHERE b.id = e.entity_id), '{}'))::json;
    END IF;
    RETURN concat('{"v":1,"topic":"', e.topic, '","seq":', e.seq,
        ',"type":"', noun, CASE e.kind WHEN 'c' THEN '.created' WHEN 'u' THEN '.updated' ELSE '.deleted' END,
        '","at":"', rfc3339(e.at), '","via":', to_json(e.via),
        ',"actor":', coalesce((SELECT json_build_object('id', p.id, 'name', p.name)::text FROM person p WHERE p.id = e.actor_id), 'null'),
        ',"op":', coalesce(to_json(e.op)::text, 'null'), ',"id":', e.entity_id,
        ',"set":' || changed::text, ',"was":' || former::text, ',"moved_to":' || e.moved_to,
        CASE WHEN e.more THEN ',"more":true' END, ',"omitted":' || to_json(left_)::text, '}');
END
$$;

-- The topic's events with seq > after, oldest first, at most `most`. `type` 'topic.updated' is no change of a row: what
-- snapshots show has changed, send one (reason schema) in its stead.
-- Times never fall while numbers rise (number_one), so the months before the event `after` are left out if it is found within
-- the topic's last month, where that of whoever reads as it happens mostly is; looking further back would cost what it spares.
-- Planned once a session, not for every read: planning took longer than reading, and longer with every month. Such a plan
-- knows neither the topic nor how much is asked for, so only the index that brings the events in order is left to it.
CREATE OR REPLACE FUNCTION read_events(topic text, after bigint, most integer, whole boolean)
RETURNS TABLE (seq bigint, at timestamptz, more boolean, type text, body text) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    recent timestamptz := (SELECT c.at - interval '1 month' FROM topic_clock c WHERE c.topic = read_events.topic);
    since  timestamptz := (SELECT min(e.at) FROM event e WHERE e.topic = read_events.topic AND e.seq = after AND e.at >= recent);
BEGIN
    RETURN QUERY
    SELECT e.seq, e.at, e.more, e.noun || CASE e.kind WHEN 'c' THEN '.created' WHEN 'u' THEN '.updated' ELSE '.deleted' END,
           event_json(e, whole)
      FROM event e
     WHERE e.topic = read_events.topic AND e.seq > after AND e.at >= coalesce(since, '-infinity')
     ORDER BY e.seq
     LIMIT most;
END
$$;

-- For a migration that changes what snapshots show: every topic gets a new seq, and its readers a snapshot (reason schema).
CREATE OR REPLACE FUNCTION touch_all_topics() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pending (topic, head, noun, kind, entity_id, "set", was)
        SELECT c.topic, row_number() OVER () = 1, 'topic', 'u', 0, '{}', '{}' FROM topic_clock c;
END
$$;

-- The past -----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION jsonb_under(earlier jsonb, later jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(earlier, '{}') || coalesce(later, '{}')
$$;
DO $$
BEGIN
    IF to_regprocedure('jsonb_overlay(jsonb)') IS NULL THEN
        CREATE AGGREGATE jsonb_overlay (jsonb) (SFUNC = jsonb_under, STYPE = jsonb, INITCOND = '{}');
    END IF;
END
$$;

-- The rows of one noun of a board as they were at `seq`: today's rows with the `was` of every later event laid over them,
-- newest first. `today` are today's rows as they travel, keyed by id. A row whose first later event is its creation was not
-- there yet. `changed_at` is the last change up to then of a row changed since, else null.
CREATE OR REPLACE FUNCTION rows_at(board bigint, noun text, seq bigint, today jsonb)
RETURNS TABLE (id bigint, was jsonb, changed_at timestamptz) LANGUAGE sql STABLE AS $$
    WITH later AS MATERIALIZED (
        SELECT e.entity_id, (array_agg(e.kind ORDER BY e.seq))[1] AS first_kind,
               jsonb_overlay(e.was::jsonb ORDER BY e.seq DESC) AS undo
          FROM event e
         WHERE e.topic = 'board/' || board AND e.seq > rows_at.seq AND e.noun = rows_at.noun
         GROUP BY e.entity_id)
    SELECT coalesce(l.entity_id, n.key::bigint), coalesce(n.value, '{}') || coalesce(l.undo, '{}'),
           CASE WHEN l.entity_id IS NOT NULL THEN
               (SELECT max(e.at) FROM event e WHERE e.entity_id = l.entity_id AND e.noun = rows_at.noun
                   AND e.topic = 'board/' || board AND e.seq <= rows_at.seq) END
      FROM jsonb_each(today) n FULL JOIN later l ON l.entity_id = n.key::bigint
     WHERE l.first_kind IS DISTINCT FROM 'c'
$$;

-- The board's snapshot as it was at `seq`, in the shape of topic_snapshot(). Null: the board is unknown. The caller checks
-- that lowest_seq - 1 <= seq <= today's seq.
CREATE OR REPLACE FUNCTION board_at(board bigint, seq bigint, app text) RETURNS text LANGUAGE sql STABLE AS $$
    WITH b AS MATERIALIZED (
        SELECT r.was || jsonb_build_object('id', r.id, 'updated_at', coalesce(rfc3339(r.changed_at), rfc3339(b.updated_at))) AS row_
          FROM board b, rows_at(board_at.board, 'board', board_at.seq, jsonb_build_object(b.id::text, to_jsonb(b) - '{workspace_id,id,updated_at}'::text[])) r
         WHERE b.id = board_at.board
    ), c AS MATERIALIZED (
        SELECT r.was || jsonb_build_object('id', r.id, 'updated_at', rfc3339(coalesce(r.changed_at, (r.was->>'updated_at')::timestamptz))) AS row_
          FROM rows_at(board_at.board, 'column', board_at.seq,
               (SELECT coalesce(jsonb_object_agg(c.id, to_jsonb(c)), '{}') FROM board_column c WHERE c.board_id = board_at.board)) r
         WHERE r.was->>'archived_at' IS NULL
    ), t AS MATERIALIZED (
        SELECT (r.was - 'description') || jsonb_build_object('id', r.id, 'has_description', coalesce(r.was->>'description', '') <> '',
                   'updated_at', rfc3339(coalesce(r.changed_at, (r.was->>'updated_at')::timestamptz))) AS row_
          FROM rows_at(board_at.board, 'ticket', board_at.seq,
               (SELECT coalesce(jsonb_object_agg(t.id, to_jsonb(t)), '{}') FROM ticket t WHERE t.board_id = board_at.board)) r
         WHERE r.was->>'archived_at' IS NULL
    ), m AS (
        SELECT r.id, r.was->>'role' AS role
          FROM rows_at(board_at.board, 'member', board_at.seq,
               (SELECT coalesce(jsonb_object_agg(m.person_id, jsonb_build_object('role', m.role)), '{}') FROM member m WHERE m.board_id = board_at.board)) r
    )
    SELECT json_build_object('v', 1, 'app', app, 'topic', 'board/' || board_at.board, 'seq', board_at.seq, 'epoch', current_epoch(),
        'board', utc_times(b.row_),
        'columns', (SELECT coalesce(json_agg(utc_times(c.row_) ORDER BY c.row_->>'rank' COLLATE "C", (c.row_->>'id')::bigint), '[]') FROM c),
        'tickets', (SELECT coalesce(json_agg(utc_times(t.row_) ORDER BY (t.row_->>'column_id')::bigint, t.row_->>'rank' COLLATE "C", (t.row_->>'id')::bigint), '[]')
                      FROM t WHERE EXISTS (SELECT FROM c WHERE c.row_->'id' = t.row_->'column_id')),
        'members', (SELECT coalesce(json_agg(json_build_object('person_id', m.id, 'name', p.name, 'role', m.role) ORDER BY m.id), '[]')
                      FROM m JOIN person p ON p.id = m.id),
        'labels', '[]'::json)::text
      FROM b
$$;

-- Times that came from a row rather than from the log, written as the protocol writes them.
CREATE OR REPLACE FUNCTION utc_times(row_ jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT row_ || jsonb_build_object('created_at', rfc3339((row_->>'created_at')::timestamptz),
                                      'archived_at', rfc3339((row_->>'archived_at')::timestamptz))
$$;

-- Upkeep -------------------------------------------------------------------------------------------------------------

-- Raise the lowest kept seq of the topics over the rows of the log that `gone` (SQL) gives as (topic, seq).
CREATE OR REPLACE FUNCTION raise_lowest_seq(gone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- clocks in topic order, as the numbering takes them
    EXECUTE format('WITH gone AS MATERIALIZED (SELECT topic, max(seq) AS seq FROM (%s) g GROUP BY topic), '
        'held AS MATERIALIZED (SELECT c.topic FROM topic_clock c JOIN gone g ON g.topic = c.topic ORDER BY c.topic FOR UPDATE OF c) '
        'UPDATE topic_clock c SET lowest_seq = greatest(c.lowest_seq, g.seq + 1) FROM gone g, held h WHERE c.topic = g.topic AND h.topic = c.topic', gone);
END
$$;

-- Forget what has expired, make the coming months' partitions, and with retention drop one that holds nothing younger than `retention_days`, after
-- raising the lowest kept seq of its topics: one a call, so that no transaction holds the clocks for long. Returns what it was dropped of,
-- nothing when no more is due (or it is in use). One node at a time; the others return at once.
CREATE OR REPLACE FUNCTION log_upkeep(retention_days integer DEFAULT NULL, today date DEFAULT (now() AT TIME ZONE 'UTC')::date) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    month date;
    part  record;
    until timestamptz;
    gone  text;
    rows  bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('livelane log upkeep')) THEN
        RETURN;
    END IF;
    PERFORM set_config('lock_timeout', '1s', true);   -- a partition in use is left for the next time; nobody queues behind us
    DELETE FROM idempotency WHERE created_at < now() - interval '24 hours';
    DELETE FROM session WHERE expires_at < now();
    DELETE FROM one_time_code WHERE expires_at < now() - interval '7 days';
    BEGIN
        PERFORM set_config('lock_timeout', '100ms', true);   -- reads and writes of the log queue behind us so long
        FOR month IN SELECT generate_series(date_trunc('month', today), date_trunc('month', today) + interval '2 months', '1 month')::date LOOP
            CONTINUE WHEN to_regclass(format('event_%s', to_char(month, 'YYYY_MM'))) IS NOT NULL;
            -- a month already begun in the default partition stays there
            CONTINUE WHEN EXISTS (SELECT FROM event_default d WHERE d.at >= month::timestamp AT TIME ZONE 'UTC'
                                     AND d.at < (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            EXECUTE format('CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)', 'event_' || to_char(month, 'YYYY_MM'),
                month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
        END LOOP;
        PERFORM set_config('lock_timeout', '1s', true);
    EXCEPTION WHEN lock_not_available THEN   -- a backup reads it, say: the month is not here yet, and calls come every hour
        NULL;
    END;
    IF retention_days IS NULL THEN
        RETURN;
    END IF;
    until := date_trunc('month', today - retention_days)::timestamp AT TIME ZONE 'UTC';
    BEGIN
        SELECT p.name, p.ends INTO part
          FROM (SELECT c.relname AS name, substring(pg_get_expr(c.relpartbound, c.oid) from $r$TO \('([^']+)'\)$r$)::timestamptz AS ends
                  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'event'::regclass) p
         WHERE p.ends <= until ORDER BY p.ends LIMIT 1;
        IF FOUND THEN
            PERFORM raise_lowest_seq(format('SELECT topic, seq FROM %I', part.name));
            PERFORM set_config('lock_timeout', '100ms', true);
            EXECUTE format('DROP TABLE %I', part.name);
            RETURN NEXT part.name;
        ELSE
            -- months without a partition of their own, since nothing ran: some rows a call, and of each topic the oldest
            gone := format('SELECT e.topic, e.seq, e.at FROM event_default e WHERE e.at < %L ORDER BY e.topic, e.seq LIMIT 10000', until);
            PERFORM raise_lowest_seq(gone);
            EXECUTE format('DELETE FROM event_default d USING (%s) g WHERE (d.topic, d.seq, d.at) = (g.topic, g.seq, g.at)', gone);
            GET DIAGNOSTICS rows = ROW_COUNT;
            RETURN QUERY SELECT 'event_default' WHERE rows > 0;
        END IF;
    EXCEPTION WHEN lock_not_available THEN
        RETURN;
    END;
END
$$;

-- Blank a ticket's texts in its row and in the log, and renew the epoch so that no client keeps them. False: no such ticket.
CREATE OR REPLACE FUNCTION redact_ticket(ticket_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    known boolean;
BEGIN
    UPDATE ticket SET title = 'Redacted', description = '' WHERE id = ticket_id;
    known := FOUND OR EXISTS (SELECT FROM event WHERE entity_id = ticket_id AND noun = 'ticket');
    PERFORM number_now();
    UPDATE event SET "set" = redacted("set"), was = redacted(was) WHERE entity_id = ticket_id AND noun = 'ticket';
    DELETE FROM idempotency WHERE body IS NOT NULL AND (body::jsonb ->> 'id') = ticket_id::text AND body::jsonb ? 'column_id';
    PERFORM renew_epoch();
    RETURN known;
END
$$;
CREATE OR REPLACE FUNCTION redacted(object json) RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN object IS NULL THEN NULL ELSE (object::jsonb
        || CASE WHEN object->'title' IS NOT NULL THEN '{"title": "Redacted"}'::jsonb ELSE '{}' END
        || CASE WHEN object->'description' IS NOT NULL THEN '{"description": ""}'::jsonb ELSE '{}' END)::json END
$$;

-- Blank a person: name, address, password and credentials go, memberships and invitations end, the id stays. False: no such person.
-- Of a board that has no other owner the longest editor becomes one, else the longest viewer: it can go on.
CREATE OR REPLACE FUNCTION erase_person(person_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    address text;
BEGIN
    PERFORM FROM board b   -- as every change of members does: two owners that go at once would each see the other
      WHERE b.id IN (SELECT m.board_id FROM member m WHERE m.person_id = erase_person.person_id) ORDER BY b.id FOR NO KEY UPDATE;
    UPDATE member x SET role = 'owner'
      FROM (SELECT DISTINCT ON (m.board_id) m.id
              FROM member m JOIN member mine ON mine.board_id = m.board_id AND mine.person_id = erase_person.person_id AND mine.role = 'owner'
             WHERE m.person_id <> erase_person.person_id
               AND NOT EXISTS (SELECT FROM member o WHERE o.board_id = m.board_id AND o.role = 'owner' AND o.person_id <> erase_person.person_id)
             ORDER BY m.board_id, m.role = 'viewer', m.created_at, m.id) heir
     WHERE x.id = heir.id;
    SELECT p.email INTO address FROM person p WHERE p.id = erase_person.person_id FOR NO KEY UPDATE;
    UPDATE person SET name = 'Former member', email = NULL, password_hash = NULL, admin = false, erased_at = now(), time_zone = 'UTC', locale = 'en'
     WHERE id = erase_person.person_id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM session s WHERE s.person_id = erase_person.person_id;
    DELETE FROM token t WHERE t.person_id = erase_person.person_id;
    DELETE FROM one_time_code c WHERE c.person_id = erase_person.person_id;
    DELETE FROM member m WHERE m.person_id = erase_person.person_id;
    DELETE FROM invitation i WHERE i.email = address;
    -- their answers, and others' about them as a member or as invited
    DELETE FROM idempotency i WHERE i.person_id = erase_person.person_id OR i.body::jsonb->>'email' = address
        OR i.body::jsonb->>'person_id' = erase_person.person_id::text;
    RETURN true;
END
$$;

-- Let a role write the boards by SQL: rows of the nouns, and reading the log. Nothing of credentials.
CREATE OR REPLACE FUNCTION grant_sql_access(role_name name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON board, board_column, ticket, member TO %I', role_name);
    EXECUTE format('GRANT SELECT ON event, topic_clock, workspace TO %I', role_name);
    EXECUTE format('GRANT SELECT (id, uid, name, admin, time_zone, locale, version, created_at, updated_at, erased_at) ON person TO %I', role_name);
END
$$;
REVOKE EXECUTE ON FUNCTION renew_epoch(), log_upkeep(integer, date), redact_ticket(bigint), erase_person(bigint), grant_sql_access(name),
    touch_all_topics(), attach_to_log(regclass, text, text, text[], text, text, text, text) FROM PUBLIC;
