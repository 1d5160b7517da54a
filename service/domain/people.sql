-- Accounts: the first one, sessions, me, tokens. Secrets arrive hashed; passwords are checked in Python, not here.

CREATE OR REPLACE FUNCTION person_json(p person) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', p.id, 'uid', p.uid, 'name', p.name, 'email', p.email, 'admin', p.admin, 'time_zone', p.time_zone,
        'locale', p.locale, 'has_password', p.password_hash IS NOT NULL, 'version', p.version,
        'created_at', rfc3339(p.created_at), 'updated_at', rfc3339(p.updated_at))
$$;

-- A code that can still be used, or null. The set-up code is void once there is a person.
CREATE OR REPLACE FUNCTION usable_code(hash bytea) RETURNS one_time_code LANGUAGE sql STABLE AS $$
    SELECT c.* FROM one_time_code c
     WHERE c.code_hash = hash AND c.used_at IS NULL AND c.expires_at > now()
       AND (c.purpose <> 'setup' OR NOT EXISTS (SELECT FROM person))
$$;

-- What a code is for: {purpose, email, name, board, role}; null when it cannot be used (any more).
CREATE OR REPLACE FUNCTION describe_code(hash bytea) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_build_object('purpose', c.purpose, 'email', coalesce(i.email, p.email), 'name', p.name,
               'board', CASE WHEN b.id IS NOT NULL THEN json_build_object('id', b.id, 'title', b.title) END, 'role', i.role,
               'has_account', c.purpose = 'sign-in' OR EXISTS (SELECT FROM person q WHERE q.email = i.email))::text
      FROM usable_code(hash) c
      LEFT JOIN invitation i ON i.id = c.invitation_id
      LEFT JOIN board b ON b.id = i.board_id
      LEFT JOIN person p ON p.id = c.person_id
     WHERE c.code_hash IS NOT NULL
$$;

-- Make the account that a set-up or invitation code stands for, and a session of it. The first person is an admin.
CREATE OR REPLACE FUNCTION make_account(code bytea, name text, email text, password_hash text, session_hash bytea) RETURNS written
LANGUAGE plpgsql AS $$
DECLARE
    c one_time_code;
    i invitation;
    p person;
BEGIN
    PERFORM FROM workspace FOR UPDATE;   -- one at a time: two with a set-up code each must not both be the first
    SELECT * INTO c FROM usable_code(code);
    IF c.code_hash IS NULL OR c.purpose = 'sign-in' THEN
        PERFORM refuse('LL403', 'This code is not valid, or not any more.');
    END IF;
    IF c.purpose = 'invitation' THEN
        SELECT * INTO i FROM invitation x WHERE x.id = c.invitation_id FOR UPDATE;
        IF i.email <> lower(make_account.email) THEN
            PERFORM refuse('LL422', 'This invitation is for another address.', '{"field": "email"}');
        END IF;
    END IF;
    UPDATE one_time_code x SET used_at = now() WHERE x.code_hash = c.code_hash;
    BEGIN
        INSERT INTO person AS x (name, email, password_hash, admin)
        VALUES (make_account.name, lower(make_account.email), make_account.password_hash, c.purpose = 'setup')
        RETURNING x.* INTO p;
    EXCEPTION WHEN unique_violation THEN
        PERFORM refuse('LL4EX', 'There is an account with this address: sign in with it and open the link again.', '{"field": "email"}');
    END;
    PERFORM set_context(p.id, NULL, 'rest');
    IF c.purpose = 'invitation' THEN
        INSERT INTO member (board_id, person_id, role, created_by) VALUES (i.board_id, p.id, i.role, i.created_by);
        DELETE FROM invitation x WHERE x.id = i.id;
    END IF;
    RETURN open_session(p.id, session_hash);
END
$$;

-- A session for this person, and for one who has never had a board a sample to play with. Answers as read_me().
CREATE OR REPLACE FUNCTION open_session(person_id bigint, session_hash bytea) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    p person;
BEGIN
    SELECT * INTO p FROM person x WHERE x.id = open_session.person_id AND x.erased_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('LL401', 'This account is gone.');
    END IF;
    INSERT INTO session (person_id, secret_hash) VALUES (p.id, session_hash);
    IF p.welcomed_at IS NULL THEN
        PERFORM set_context(p.id, NULL, 'rest');
        PERFORM make_sample_board(p.id) WHERE NOT EXISTS (SELECT FROM member m WHERE m.person_id = p.id);
        UPDATE person x SET welcomed_at = now() WHERE x.id = p.id RETURNING x.* INTO p;
    END IF;
    RETURN finish(p.id, NULL, NULL, person_json(p), 'user/' || p.id);
END
$$;

-- The same after a password was found right: refused when it has been changed since it was looked up.
CREATE OR REPLACE FUNCTION open_checked_session(person_id bigint, session_hash bytea, checked text) RETURNS written LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM person p WHERE p.id = open_checked_session.person_id AND p.password_hash = checked FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('LL401', 'This address and password do not belong together.');
    END IF;
    RETURN open_session(person_id, session_hash);
END
$$;

-- Exchange a sign-in code for a session, which for an hour may set a new password without the current one.
CREATE OR REPLACE FUNCTION exchange_code(code bytea, session_hash bytea) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    whose  bigint;
    answer written;
BEGIN
    UPDATE one_time_code c SET used_at = now()
     WHERE c.code_hash = code AND c.purpose = 'sign-in' AND c.used_at IS NULL AND c.expires_at > now()
    RETURNING c.person_id INTO whose;
    IF NOT FOUND THEN
        PERFORM refuse('LL401', 'This code is not valid, or not any more.');
    END IF;
    answer := open_session(whose, session_hash);
    UPDATE session s SET password_until = now() + interval '1 hour' WHERE s.secret_hash = session_hash;
    RETURN answer;
END
$$;

-- Who is it, and what does their password hash to? For sign-in; no row: nobody.
CREATE OR REPLACE FUNCTION person_by_email(email text) RETURNS TABLE (id bigint, password_hash text) LANGUAGE sql STABLE AS $$
    SELECT p.id, p.password_hash FROM person p WHERE p.email = lower(person_by_email.email) AND p.erased_at IS NULL
$$;

CREATE OR REPLACE FUNCTION end_session(hash bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    who bigint := caller(hash);
BEGIN
    DELETE FROM session s WHERE s.secret_hash = hash;
    IF NOT FOUND THEN
        PERFORM refuse('LL403', 'This is a token, not a session: DELETE /api/tokens/{id} ends it.');
    END IF;
    RETURN who;
END
$$;

-- Me. A session that is used lives on: thirty days from its last day of use.
CREATE OR REPLACE FUNCTION read_me(hash bytea) RETURNS TABLE (body text, person bigint) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE session s SET last_seen_at = now(), expires_at = now() + interval '30 days'
     WHERE s.secret_hash = hash AND s.expires_at > now() AND s.last_seen_at < now() - interval '1 day';
    RETURN QUERY SELECT person_json(p)::text, p.id FROM credential(hash) c JOIN person p ON p.id = c.person_id;
END
$$;

-- My password's hash, and whether a new one may be set without it: for an hour after a sign-in code.
DROP FUNCTION IF EXISTS my_password(bytea);
CREATE FUNCTION my_password(hash bytea) RETURNS TABLE (password_hash text, person bigint, forgotten boolean) LANGUAGE sql STABLE AS $$
    SELECT p.password_hash, p.id, EXISTS (SELECT FROM session s WHERE s.secret_hash = hash AND s.password_until > now())
      FROM credential(hash) c JOIN person p ON p.id = c.person_id
$$;

-- `change` is {name?, time_zone?, locale?}; `new_hash` is the new password's, `old_hash` what the current one was checked against.
CREATE OR REPLACE FUNCTION change_me(hash bytea, known integer, change jsonb, new_hash text, old_hash text) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    who bigint := caller(hash);
    p   person;
BEGIN
    PERFORM set_context(who, NULL, 'rest');
    SELECT * INTO p FROM person x WHERE x.id = who FOR NO KEY UPDATE;
    PERFORM refuse_conflicts('person', p.id, known, p.version, change,
        jsonb_build_object('name', p.name, 'time_zone', p.time_zone, 'locale', p.locale), person_json(p));
    IF new_hash IS NOT NULL THEN
        IF p.password_hash IS DISTINCT FROM old_hash THEN
            PERFORM refuse('LL403', 'The password was changed a moment ago.');
        END IF;
        DELETE FROM session s WHERE s.person_id = who AND s.secret_hash <> hash;
        UPDATE session s SET password_until = NULL WHERE s.secret_hash = hash;   -- one new password a code
        DELETE FROM one_time_code c WHERE c.person_id = who;
    END IF;
    UPDATE person x
       SET name = CASE WHEN change ? 'name' THEN change->>'name' ELSE x.name END,
           time_zone = CASE WHEN change ? 'time_zone' THEN change->>'time_zone' ELSE x.time_zone END,
           locale = CASE WHEN change ? 'locale' THEN change->>'locale' ELSE x.locale END,
           password_hash = coalesce(new_hash, x.password_hash)
     WHERE x.id = who
    RETURNING x.* INTO p;
    RETURN finish(who, NULL, NULL, person_json(p), 'user/' || who);
END
$$;

-- Tokens -------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION token_json(t token) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', t.id, 'name', t.name, 'created_at', rfc3339(t.created_at), 'expires_on', t.expires_on,
        'last_used_at', rfc3339(t.last_used_at))
$$;

CREATE OR REPLACE FUNCTION list_tokens(hash bytea) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    who bigint := caller(hash);
BEGIN
    RETURN (SELECT coalesce(json_agg(token_json(t) ORDER BY t.id), '[]') FROM token t WHERE t.person_id = who);
END
$$;

CREATE OR REPLACE FUNCTION add_token(hash bytea, name text, expires_on date, secret_hash bytea) RETURNS TABLE (body text, person bigint)
LANGUAGE plpgsql AS $$
DECLARE
    who bigint := caller(hash);
    t   token;
BEGIN
    INSERT INTO token AS x (person_id, name, expires_on, secret_hash)
    VALUES (who, add_token.name, add_token.expires_on, add_token.secret_hash)
    RETURNING x.* INTO t;
    RETURN QUERY SELECT token_json(t)::text, who;
END
$$;

CREATE OR REPLACE FUNCTION remove_token(hash bytea, token_id bigint) RETURNS TABLE (body text, person bigint) LANGUAGE plpgsql AS $$
DECLARE
    who bigint := caller(hash);
    t   token;
BEGIN
    DELETE FROM token x WHERE x.id = token_id AND x.person_id = who RETURNING x.* INTO t;
    IF NOT FOUND THEN
        PERFORM refuse('LL404', 'You have no such token.');
    END IF;
    RETURN QUERY SELECT token_json(t)::text, who;
END
$$;

-- The service tells now and then which tokens it has seen.
CREATE OR REPLACE FUNCTION note_tokens(hashes text[]) RETURNS void LANGUAGE sql AS $$
    UPDATE token t SET last_used_at = now() WHERE t.secret_hash IN (SELECT h::bytea FROM unnest(hashes) h)
$$;
