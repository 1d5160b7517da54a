-- Tickets: read, add, change, move, archive. Each is one call: credential, access, lock, rules, write, number.

-- One row. No row: no such credential; body null: no such ticket for this person.
CREATE OR REPLACE FUNCTION read_ticket(hash bytea, ticket_id bigint) RETURNS TABLE (body text, person bigint) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT CASE WHEN t.id IS NOT NULL THEN ticket_json(t)::text END, c.person_id
      FROM credential(hash) c
      LEFT JOIN (ticket t JOIN member m ON m.board_id = t.board_id) ON t.id = read_ticket.ticket_id AND m.person_id = c.person_id
$$;

-- Places ------------------------------------------------------------------------------------------------------------

-- The open ticket above this one, null when it is the first.
CREATE OR REPLACE FUNCTION ticket_above(t ticket) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT a.id FROM ticket a
     WHERE a.column_id = t.column_id AND (a.rank, a.id) < (t.rank, t.id) AND a.archived_at IS NULL
     ORDER BY a.rank DESC, a.id DESC LIMIT 1
$$;

-- Give every ticket of the column but `leave` a short rank again, order kept, no version changed. False: someone holds one.
CREATE OR REPLACE FUNCTION rekey_tickets(column_ bigint, leave bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    ids   bigint[];
    ranks text[] := '{}';
    last  text;
BEGIN
    BEGIN
        PERFORM FROM ticket t WHERE t.column_id = column_ FOR NO KEY UPDATE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RETURN false;
    END;
    SELECT array_agg(t.id ORDER BY t.rank, t.id) INTO ids FROM ticket t WHERE t.column_id = column_ AND t.id IS DISTINCT FROM leave;
    FOR i IN 1..coalesce(cardinality(ids), 0) LOOP
        last := rank_between(last, NULL);
        ranks := ranks || last;
    END LOOP;
    PERFORM set_config('livelane.rekey', 'on', true);
    UPDATE ticket t SET rank = n.rank FROM unnest(ids, ranks) n (id, rank) WHERE t.id = n.id AND t.rank <> n.rank;
    PERFORM set_config('livelane.rekey', 'off', true);
    RETURN true;
END
$$;

-- A rank for `moving` (null: a new ticket) in a column that the caller has locked. `place` is {} for last, {"after": null}
-- for first, {"after": id} for below that open ticket.
CREATE OR REPLACE FUNCTION ticket_rank(column_ bigint, place jsonb, moving bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    above text;
    below text;
    made  text;
    above_id bigint;
BEGIN
    FOR attempt IN 1..2 LOOP
        above := NULL;
        below := NULL;
        IF NOT place ? 'after' THEN
            SELECT t.rank INTO above FROM ticket t WHERE t.column_id = column_ AND t.id IS DISTINCT FROM moving
             ORDER BY t.rank DESC, t.id DESC LIMIT 1;
        ELSIF place->'after' = 'null' THEN
            SELECT t.rank INTO below FROM ticket t WHERE t.column_id = column_ AND t.id IS DISTINCT FROM moving
             ORDER BY t.rank, t.id LIMIT 1;
        ELSE
            SELECT t.rank, t.id INTO above, above_id FROM ticket t
             WHERE t.id = (place->>'after')::bigint AND t.column_id = column_ AND t.archived_at IS NULL AND t.id IS DISTINCT FROM moving;
            IF NOT FOUND THEN
                PERFORM refuse('LL4AF', 'The ticket it should stand below is not open in that column. Nothing was moved.', '{"field": "after"}');
            END IF;
            SELECT t.rank INTO below FROM ticket t
             WHERE t.column_id = column_ AND t.id IS DISTINCT FROM moving AND (t.rank, t.id) > (above, above_id)
             ORDER BY t.rank, t.id LIMIT 1;
        END IF;
        made := rank_between(above, below);
        IF length(made) <= 40 THEN
            RETURN made;
        END IF;
        EXIT WHEN attempt = 2 OR NOT rekey_tickets(column_, moving);
    END LOOP;
    IF length(made) <= 200 THEN
        RETURN made;
    END IF;
    -- No room and no lock to make some: the nearest place further down.
    FOR below IN SELECT t.rank FROM ticket t WHERE t.column_id = column_ AND t.id IS DISTINCT FROM moving AND t.rank > coalesce(above, '') ORDER BY t.rank, t.id LOOP
        made := rank_between(above, below);
        IF length(made) <= 200 THEN
            RETURN made;
        END IF;
        above := below;
    END LOOP;
    RETURN rank_behind(above);
END
$$;

CREATE OR REPLACE FUNCTION refuse_archived_board(board_id bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM board b WHERE b.id = board_id AND b.archived_at IS NOT NULL) THEN
        PERFORM refuse('LL4AR', 'This board is archived: restore it first.');
    END IF;
END
$$;

-- Lock the column that gets a ticket, and say no when it or its board is archived.
CREATE OR REPLACE FUNCTION lock_open_column(column_ bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hidden boolean;
    closed boolean;
    board  bigint;
BEGIN
    SELECT c.archived_at IS NOT NULL, c.board_id INTO hidden, board FROM board_column c WHERE c.id = column_ FOR NO KEY UPDATE;
    SELECT b.archived_at IS NOT NULL INTO closed FROM board b WHERE b.id = board;
    IF board IS NULL THEN
        PERFORM refuse('LL404', 'There is no such column, or you may not see it.');
    ELSIF hidden THEN
        PERFORM refuse('LL4AR', 'That column is archived: restore it first.');
    ELSIF closed THEN
        PERFORM refuse_archived_board(board);
    END IF;
END
$$;

-- Writes -------------------------------------------------------------------------------------------------------------

-- `ticket` is {title, description?, after?, uid?}.
CREATE OR REPLACE FUNCTION add_ticket(hash bytea, key text, print bytea, column_id bigint, ticket jsonb) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    who    bigint;
    board  bigint;
    role   text;
    answer written;
    t      ticket;
BEGIN
    SELECT c.person_id, b.board_id, m.role INTO who, board, role
      FROM credential(hash) c
      LEFT JOIN board_column b ON b.id = add_ticket.column_id
      LEFT JOIN member m ON m.board_id = b.board_id AND m.person_id = c.person_id;
    PERFORM allow(who, role, 'editor', 'column');
    answer := first_answer(who, key, print);
    IF answer.person IS NOT NULL THEN
        RETURN answer;
    END IF;
    PERFORM set_context(who, key, 'rest');
    PERFORM lock_open_column(add_ticket.column_id);
    INSERT INTO ticket AS x (uid, board_id, column_id, title, description, rank)
    VALUES (coalesce((ticket->>'uid')::uuid, gen_random_uuid()), board, add_ticket.column_id, ticket->>'title',
            coalesce(ticket->>'description', ''), ticket_rank(add_ticket.column_id, ticket, NULL))
    RETURNING x.* INTO t;
    RETURN finish(who, key, print, ticket_json(t), 'board/' || board);
END
$$;

-- Lock a ticket for a write by someone who may edit its board, and the board of `to_column` where one is given; that board is
-- `target`. The key's first answer comes back in `answer` instead, to somebody who might ask for it anew.
CREATE OR REPLACE FUNCTION hold_ticket(hash bytea, key text, print bytea, ticket_id bigint, to_column bigint,
    OUT who bigint, OUT t ticket, OUT target bigint, OUT answer written)
LANGUAGE plpgsql AS $$
DECLARE
    board bigint;
    role  text;
    there text;
BEGIN
    -- a row at a time: joining them costs more than the join saves
    SELECT c.person_id INTO who FROM credential(hash) c;
    SELECT x.board_id INTO board FROM ticket x WHERE x.id = ticket_id;
    SELECT m.role INTO role FROM member m WHERE m.board_id = board AND m.person_id = who;
    IF to_column IS NOT NULL THEN
        SELECT l.board_id INTO target FROM board_column l WHERE l.id = to_column;
        IF target = board THEN
            there := role;
        ELSE
            SELECT m.role INTO there FROM member m WHERE m.board_id = target AND m.person_id = who;
        END IF;
        IF (there IN ('editor', 'owner')) IS NOT TRUE THEN   -- allow() only where it refuses: calls are what costs here
            PERFORM allow(who, role, 'viewer', 'ticket'), allow(who, there, 'editor', 'column');
        END IF;
    END IF;
    IF (role IN ('editor', 'owner')) IS NOT TRUE THEN
        PERFORM allow(who, role, 'editor', 'ticket');
    END IF;
    answer := first_answer(who, key, print);
    IF answer.person IS NULL THEN
        PERFORM set_context(who, key, 'rest', 'ticket/' || ticket_id);
        SELECT * INTO t FROM ticket x WHERE x.id = ticket_id FOR UPDATE;
        IF t.board_id IS DISTINCT FROM board THEN   -- it went elsewhere, or away, while we waited
            PERFORM allow(who, role_on(who, t.board_id), 'editor', 'ticket');
        END IF;
    END IF;
END
$$;

-- `change` is {title?, description?, archived?}: archived may only be false, which restores.
CREATE OR REPLACE FUNCTION change_ticket(hash bytea, key text, print bytea, known integer, ticket_id bigint, change jsonb) RETURNS written
LANGUAGE plpgsql AS $$
DECLARE
    held   record;
    t      ticket;
    closed boolean;
    hidden boolean;
BEGIN
    held := hold_ticket(hash, key, print, ticket_id, NULL);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    t := held.t;
    SELECT b.archived_at IS NOT NULL, c.archived_at IS NOT NULL INTO closed, hidden
      FROM board b, board_column c WHERE b.id = t.board_id AND c.id = t.column_id;
    IF closed THEN
        PERFORM refuse_archived_board(t.board_id);
    ELSIF hidden THEN
        PERFORM refuse('LL4AR', 'The column of this ticket is archived: restore the column, or move the ticket to another.');
    ELSIF t.archived_at IS NOT NULL AND change <> '{"archived": false}' THEN
        PERFORM refuse('LL4AR', 'This ticket is archived: restore it first.');
    END IF;
    IF known <> t.version THEN
        PERFORM refuse_conflicts('ticket', t.id, known, t.version, change,
            jsonb_build_object('title', t.title, 'description', t.description, 'archived', t.archived_at IS NOT NULL), ticket_json(t));
    END IF;
    UPDATE ticket x
       SET title = CASE WHEN change ? 'title' THEN change->>'title' ELSE x.title END,
           description = CASE WHEN change ? 'description' THEN change->>'description' ELSE x.description END,
           archived_at = CASE WHEN change ? 'archived' THEN NULL ELSE x.archived_at END
     WHERE x.id = t.id
    RETURNING x.* INTO t;
    RETURN finish(held.who, key, print, ticket_json(t), 'board/' || t.board_id);
END
$$;

-- To a column of this board or of another, to a place as ticket_rank() names it.
CREATE OR REPLACE FUNCTION move_ticket(hash bytea, key text, print bytea, known integer, ticket_id bigint, column_id bigint, place jsonb)
RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    held   record;
    t      ticket;
    above  bigint;
    stays  boolean;
BEGIN
    held := hold_ticket(hash, key, print, ticket_id, move_ticket.column_id);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    t := held.t;
    PERFORM lock_open_column(move_ticket.column_id);
    IF t.board_id <> held.target THEN
        PERFORM refuse_archived_board(t.board_id);
    END IF;
    IF t.archived_at IS NOT NULL THEN
        PERFORM refuse('LL4AR', 'This ticket is archived: restore it first.');
    END IF;
    IF t.column_id = move_ticket.column_id OR known <> t.version THEN
        above := ticket_above(t);
    END IF;
    IF known <> t.version THEN
        PERFORM refuse_conflicts('ticket', t.id, known, t.version,
            jsonb_build_object('position', jsonb_build_object('column_id', move_ticket.column_id, 'after', CASE WHEN place ? 'after' THEN place->'after'
                ELSE to_jsonb((SELECT x.id FROM ticket x WHERE x.column_id = move_ticket.column_id AND x.id <> t.id AND x.archived_at IS NULL
                                ORDER BY x.rank DESC, x.id DESC LIMIT 1)) END)),
            jsonb_build_object('position', jsonb_build_object('column_id', t.column_id, 'after', above)), ticket_json(t));
    END IF;
    IF t.column_id <> move_ticket.column_id THEN
        stays := false;
    ELSIF place ? 'after' THEN
        stays := place->'after' = coalesce(to_jsonb(above), 'null');
    ELSE
        stays := NOT EXISTS (SELECT FROM ticket x WHERE x.column_id = t.column_id AND x.archived_at IS NULL AND (x.rank, x.id) > (t.rank, t.id));
    END IF;
    IF NOT stays THEN
        UPDATE ticket x
           SET board_id = held.target, column_id = move_ticket.column_id, rank = ticket_rank(move_ticket.column_id, place, t.id)
         WHERE x.id = t.id
        RETURNING x.* INTO t;
    END IF;
    RETURN finish(held.who, key, print, ticket_json(t), 'board/' || t.board_id);
END
$$;

CREATE OR REPLACE FUNCTION archive_ticket(hash bytea, key text, print bytea, ticket_id bigint) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    held record;
    t    ticket;
BEGIN
    held := hold_ticket(hash, key, print, ticket_id, NULL);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    t := held.t;
    PERFORM refuse_archived_board(t.board_id);
    IF t.archived_at IS NOT NULL THEN
        PERFORM refuse('LL4AR', 'This ticket is archived already.');
    END IF;
    UPDATE ticket x SET archived_at = now() WHERE x.id = t.id RETURNING x.* INTO t;
    RETURN finish(held.who, key, print, ticket_json(t), 'board/' || t.board_id);
END
$$;
