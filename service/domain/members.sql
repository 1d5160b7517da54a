-- Members and invitations. Changes of one board's members queue on the board's row, so that an owner is always left.

CREATE OR REPLACE FUNCTION member_json(m member, with_email boolean) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', m.person_id, 'person_id', m.person_id, 'name', p.name, 'email', CASE WHEN with_email THEN p.email END,
        'role', m.role, 'version', m.version, 'created_at', rfc3339(m.created_at), 'created_by', m.created_by,
        'updated_at', rfc3339(m.updated_at), 'invitation_id', NULL::bigint, 'link', NULL::text)
      FROM person p WHERE p.id = m.person_id
$$;

-- An invitation in the shape of a member who has no account yet.
CREATE OR REPLACE FUNCTION invitation_json(i invitation) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('id', NULL::bigint, 'person_id', NULL::bigint, 'name', NULL::text, 'email', i.email,
        'role', i.role, 'version', NULL::integer, 'created_at', rfc3339(i.created_at), 'created_by', i.created_by,
        'updated_at', rfc3339(i.created_at), 'invitation_id', i.id, 'link', NULL::text)
$$;

-- The members in the order they came; for owners with their addresses, and with those who are invited.
CREATE OR REPLACE FUNCTION list_members(hash bytea, board_id bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    who  bigint := caller(hash);
    held text := role_on(who, board_id);
BEGIN
    PERFORM allow(who, held, 'viewer', 'board');
    RETURN (SELECT coalesce(json_agg(x.row_ ORDER BY x.invited, x.id), '[]')
              FROM (SELECT false AS invited, m.id, member_json(m, held = 'owner') AS row_
                      FROM member m WHERE m.board_id = list_members.board_id
                    UNION ALL
                    SELECT true, i.id, invitation_json(i)
                      FROM invitation i WHERE i.board_id = list_members.board_id AND held = 'owner') x);
END
$$;

-- Lock the board for a change of its members by someone with the role `needed`.
CREATE OR REPLACE FUNCTION hold_members(hash bytea, key text, print bytea, board_id bigint, needed text, OUT who bigint, OUT role text, OUT answer written)
LANGUAGE plpgsql AS $$
BEGIN
    who := caller(hash);
    role := role_on(who, board_id);
    PERFORM allow(who, role, needed, 'board');
    answer := first_answer(who, key, print);
    IF answer.person IS NULL THEN
        PERFORM set_context(who, key, 'rest');
        PERFORM FROM board b WHERE b.id = hold_members.board_id FOR NO KEY UPDATE;
        role := role_on(who, board_id);
        PERFORM allow(who, role, needed, 'board');
    END IF;
END
$$;

-- `member` is {email, role}. Somebody with an account is a member at once; for another address the code opens an invitation.
CREATE OR REPLACE FUNCTION add_member(hash bytea, key text, print bytea, board_id bigint, member jsonb, code bytea) RETURNS written
LANGUAGE plpgsql AS $$
DECLARE
    held   record;
    whom   bigint;
    m      member;
    i      invitation;
    answer written;
BEGIN
    held := hold_members(hash, key, print, board_id, 'owner');
    answer := held.answer;
    IF answer.person IS NULL THEN
        PERFORM refuse_archived_board(add_member.board_id);
        SELECT p.id INTO whom FROM person p WHERE p.email = lower(member->>'email') FOR SHARE;   -- may be erased at this moment
        IF whom IS NOT NULL THEN
            INSERT INTO member AS x (board_id, person_id, role) VALUES (add_member.board_id, whom, member->>'role')
                ON CONFLICT ON CONSTRAINT member_board_id_person_id_key DO NOTHING RETURNING x.* INTO m;
            IF NOT FOUND THEN
                PERFORM refuse('LL4EX', 'This person is a member already.', '{"field": "email"}');
            END IF;
            DELETE FROM invitation x WHERE x.board_id = add_member.board_id AND x.email = lower(member->>'email');
            RETURN finish(held.who, key, print, member_json(m, true), 'board/' || add_member.board_id);
        END IF;
        INSERT INTO invitation AS x (board_id, email, role, created_by)
        VALUES (add_member.board_id, lower(member->>'email'), member->>'role', held.who)
            ON CONFLICT ON CONSTRAINT invitation_board_id_email_key DO UPDATE SET role = excluded.role
        RETURNING x.* INTO i;
        answer := finish(held.who, key, print, invitation_json(i), 'board/' || add_member.board_id);
    END IF;
    -- The first answer is kept without its secret, so a repeated request gets a link of its own. Each is good.
    INSERT INTO one_time_code (code_hash, purpose, invitation_id, expires_at)
    SELECT code, 'invitation', x.id, now() + interval '7 days'
      FROM invitation x WHERE x.id = (answer.body::json->>'invitation_id')::bigint;
    RETURN answer;
END
$$;

CREATE OR REPLACE FUNCTION refuse_last_owner(board_id bigint, person_id bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM member m WHERE m.board_id = refuse_last_owner.board_id AND m.role = 'owner' AND m.person_id <> refuse_last_owner.person_id) THEN
        PERFORM refuse('LL4LO', 'This is the board''s only owner: make somebody else an owner first.', '{"field": "role"}');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION change_member(hash bytea, key text, print bytea, known integer, board_id bigint, person_id bigint, change jsonb)
RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    held record;
    m    member;
BEGIN
    held := hold_members(hash, key, print, board_id, 'owner');
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    PERFORM refuse_archived_board(change_member.board_id);
    SELECT * INTO m FROM member x WHERE x.board_id = change_member.board_id AND x.person_id = change_member.person_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('LL404', 'This person is not a member of the board.');
    END IF;
    PERFORM refuse_conflicts('member', m.person_id, known, m.version, change, jsonb_build_object('role', m.role), member_json(m, true),
        'board/' || m.board_id);
    IF m.role = 'owner' AND change->>'role' <> 'owner' THEN
        PERFORM refuse_last_owner(m.board_id, m.person_id);
    END IF;
    UPDATE member x SET role = coalesce(change->>'role', x.role) WHERE x.id = m.id RETURNING x.* INTO m;
    RETURN finish(held.who, key, print, member_json(m, true), 'board/' || m.board_id);
END
$$;

-- An owner removes anyone; everyone may leave.
CREATE OR REPLACE FUNCTION remove_member(hash bytea, key text, print bytea, board_id bigint, person_id bigint) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    held record;
    m    member;
    seen json;
BEGIN
    held := hold_members(hash, key, print, board_id, CASE WHEN caller(hash) = person_id THEN 'viewer' ELSE 'owner' END);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    SELECT * INTO m FROM member x WHERE x.board_id = remove_member.board_id AND x.person_id = remove_member.person_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('LL404', 'This person is not a member of the board.');
    END IF;
    IF m.role = 'owner' THEN
        PERFORM refuse_last_owner(m.board_id, m.person_id);
    END IF;
    seen := member_json(m, held.role = 'owner');
    DELETE FROM member x WHERE x.id = m.id;
    RETURN finish(held.who, key, print, seen, 'board/' || m.board_id);
END
$$;

-- Invitations --------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION withdraw_invitation(hash bytea, key text, print bytea, board_id bigint, invitation_id bigint) RETURNS written
LANGUAGE plpgsql AS $$
DECLARE
    held record;
    i    invitation;
BEGIN
    held := hold_members(hash, key, print, board_id, 'owner');
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    DELETE FROM invitation x WHERE x.id = invitation_id AND x.board_id = withdraw_invitation.board_id RETURNING x.* INTO i;
    IF NOT FOUND THEN
        PERFORM refuse('LL404', 'There is no such invitation.');
    END IF;
    RETURN finish(held.who, key, print, invitation_json(i), 'board/' || withdraw_invitation.board_id);
END
$$;

-- Somebody signed in takes an invitation up, whatever address it was made for: who holds the link was meant to have it.
CREATE OR REPLACE FUNCTION accept_invitation(hash bytea, key text, print bytea, code bytea) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    who    bigint := caller(hash);
    answer written;
    i      invitation;
    b      board;
BEGIN
    answer := first_answer(who, key, print);
    IF answer.person IS NOT NULL THEN
        PERFORM allow(who, role_on(who, (answer.body::json->>'id')::bigint), 'viewer', 'board');
        RETURN answer;
    END IF;
    PERFORM set_context(who, key, 'rest');
    SELECT x.* INTO i FROM usable_code(code) c JOIN invitation x ON x.id = c.invitation_id;
    SELECT * INTO b FROM board x WHERE x.id = i.board_id FOR NO KEY UPDATE;
    DELETE FROM invitation x WHERE x.id = i.id;
    IF NOT FOUND THEN
        PERFORM refuse('LL403', 'This code is not valid, or not any more.');
    END IF;
    INSERT INTO member (board_id, person_id, role) VALUES (b.id, who, i.role) ON CONFLICT ON CONSTRAINT member_board_id_person_id_key DO NOTHING;
    RETURN finish(who, key, print, board_row(b, role_on(who, b.id)), 'board/' || b.id);
END
$$;
