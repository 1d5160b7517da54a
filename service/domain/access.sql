-- The door of every call: who asks, may they, was this asked before. Errors carry the codes of domain/errors.py.

-- Refuse with a code of ours. `more` travels as JSON beside the sentence.
CREATE OR REPLACE FUNCTION refuse(code text, sentence text, more json DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', sentence USING ERRCODE = code, DETAIL = more::text;
END
$$;

-- The person a credential belongs to.
CREATE OR REPLACE FUNCTION caller(hash bytea) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    who bigint;
BEGIN
    SELECT c.person_id INTO who FROM credential(hash) c;
    IF NOT FOUND THEN
        PERFORM refuse('LL401', 'Sign in first: this session or token is unknown or has ended.');
    END IF;
    RETURN who;
END
$$;

-- Pass, or refuse: 404 to those who may not know that it exists, 403 to members with too low a role.
-- `what` is named in the sentence. `role` is null for no member, also of a thing that is not there.
CREATE OR REPLACE FUNCTION allow(who bigint, role text, needed text, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF who IS NULL THEN
        PERFORM refuse('LL401', 'Sign in first: this session or token is unknown or has ended.');
    ELSIF role IS NULL THEN
        PERFORM refuse('LL404', format('There is no such %s, or you may not see it.', what));
    ELSIF array_position('{viewer,editor,owner}', role) < array_position('{viewer,editor,owner}', needed) THEN
        PERFORM refuse('LL403', format('This needs the role %s on the board; yours is %s.', needed, role));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION role_on(who bigint, board bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT m.role FROM member m WHERE m.board_id = board AND m.person_id = who
$$;

-- Idempotency --------------------------------------------------------------------------------------------------------

-- The first answer to this key, or null when this is the first time. A concurrent first time is waited for.
CREATE OR REPLACE FUNCTION first_answer(who bigint, key text, print bytea) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    kept   idempotency;
    answer written;
BEGIN
    IF key IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(who || '/' || key, 0));
    SELECT * INTO kept FROM idempotency i
     WHERE i.person_id = who AND i.key = first_answer.key AND i.created_at > now() - interval '24 hours';
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF kept.fingerprint <> print THEN
        PERFORM refuse('LL4ID', 'This Idempotency-Key was used for another request: make a new key for each change.');
    END IF;
    answer := (kept.body, kept.topic, kept.seq, who);
    RETURN answer;
END
$$;

-- Number what was written, keep the answer under its key, and return it. The last step of every write.
CREATE OR REPLACE FUNCTION finish(who bigint, key text, print bytea, body json, topic text) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    answer written;
    alone  text := current_setting('livelane.alone', true);   -- "#12": numbered already, see number_one()
BEGIN
    answer.body := body::text;
    answer.seq := CASE WHEN alone LIKE '#%' THEN substr(alone, 2)::bigint ELSE number_now(topic) END;
    answer.topic := CASE WHEN answer.seq IS NOT NULL THEN topic END;
    answer.person := who;
    IF key IS NOT NULL THEN
        INSERT INTO idempotency AS i (person_id, key, fingerprint, body, topic, seq)
        VALUES (who, key, print, answer.body, answer.topic, answer.seq)
            ON CONFLICT ON CONSTRAINT idempotency_pkey DO UPDATE
            SET (fingerprint, body, topic, seq, created_at) =
                (excluded.fingerprint, excluded.body, excluded.topic, excluded.seq, excluded.created_at);
    END IF;
    RETURN answer;
END
$$;

-- If-Match -----------------------------------------------------------------------------------------------------------

-- Refuse with 409 when one of the fields in `yours` was changed after version `known`; `theirs` holds their values now.
-- Call it in a statement after the one that took the row's lock: only that sees the log of whom we waited for.
-- Where the log does not hold every version since, each field that differs conflicts. Who did it on a board that the acting
-- person may not read is not said. Events of a member have no version and bear the person's id on each board: with `topic` any
-- of that topic may be the change.
DROP FUNCTION IF EXISTS refuse_conflicts(text, bigint, integer, integer, jsonb, jsonb, json);
CREATE OR REPLACE FUNCTION refuse_conflicts(noun text, id bigint, known integer, version integer, yours jsonb, theirs jsonb, row_ json, topic text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found json;
BEGIN
    IF known IS NULL OR known = version THEN
        RETURN;
    END IF;
    WITH later AS MATERIALIZED (
        SELECT e.topic, e.seq, e.at, e.actor_id, e.via, e.kind, e."set", v.version, CASE WHEN e.kind = 'u' THEN e.was ELSE
               (SELECT d.was FROM event d   -- it came from another board: what it was there
                 WHERE d.entity_id = e.entity_id AND d.noun = e.noun AND d.kind = 'd' AND (d.was->>'version')::integer = v.version - 1
                 ORDER BY d.at DESC LIMIT 1) END AS was
          FROM event e CROSS JOIN LATERAL (SELECT (e."set"->>'version')::integer) v (version)
         WHERE e.entity_id = refuse_conflicts.id AND e.noun = refuse_conflicts.noun AND e.kind <> 'd'
           AND CASE WHEN refuse_conflicts.topic IS NULL THEN v.version > known ELSE e.topic = refuse_conflicts.topic END
    ), reach AS (
        SELECT known < refuse_conflicts.version AND count(DISTINCT l.version) = refuse_conflicts.version - known AS whole FROM later l
    )
    SELECT json_agg(json_build_object('field', y.key, 'yours', y.value, 'theirs', theirs->y.key, 'by', t.by, 'via', t.via,
               'at', rfc3339(t.at)) ORDER BY y.key)
      INTO found
      FROM jsonb_each(yours) y
      CROSS JOIN LATERAL (SELECT CASE y.key WHEN 'archived' THEN 'archived_at' ELSE y.key END) f (field)
      CROSS JOIN reach r
      LEFT JOIN LATERAL (
          SELECT l.at, CASE WHEN a.may_read THEN l.via END AS via,
                 (SELECT json_build_object('id', p.id, 'name', p.name) FROM person p WHERE p.id = l.actor_id AND a.may_read) AS by
            FROM later l CROSS JOIN LATERAL topic_access(log_actor(), ARRAY[l.topic]) a
           WHERE CASE
                     WHEN y.key = 'name' THEN l."set"->'name' IS NOT NULL   -- watched, so it has no former value
                     WHEN l.was IS NULL THEN true   -- what it was on the other board is not kept
                     WHEN y.key = 'position' THEN l.kind = 'c' OR l.was->'rank' IS NOT NULL OR l.was->'column_id' IS NOT NULL
                     WHEN l.kind = 'c' THEN l.was->>f.field IS DISTINCT FROM l."set"->>f.field
                     ELSE l.was->f.field IS NOT NULL END   -- `was` holds exactly what changed
           ORDER BY l.version DESC, l.at DESC, l.seq DESC LIMIT 1) t ON true
     WHERE y.value IS DISTINCT FROM theirs->y.key AND (t.at IS NOT NULL OR NOT r.whole);
    IF found IS NOT NULL THEN
        PERFORM refuse('LL4CO', 'Somebody changed the same field since you read it. Nothing was applied.',
            json_build_object('conflicts', found, 'current', row_));
    END IF;
END
$$;
