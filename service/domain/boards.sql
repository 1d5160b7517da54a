-- Boards: list, create, read now or as they were, change, archive.

CREATE OR REPLACE FUNCTION board_row(b board, role text) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT (board_json(b)::jsonb || jsonb_build_object('role', role))::json
$$;

-- How many tickets the board shows. Two reads of indexes: a ticket's own row does not say that its column is archived.
CREATE OR REPLACE FUNCTION shown_tickets(board bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT (SELECT count(*) FROM ticket t WHERE t.board_id = board AND t.archived_at IS NULL)
         - (SELECT count(*) FROM board_column c JOIN ticket t ON t.column_id = c.id
             WHERE c.board_id = board AND c.archived_at IS NOT NULL AND t.archived_at IS NULL)
$$;

-- The boards this person is a member of, oldest first: the open ones, or the archived ones; with what a list shows of each.
CREATE OR REPLACE FUNCTION list_boards(hash bytea, archived boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    who bigint := caller(hash);
BEGIN
    RETURN (SELECT coalesce(json_agg(board_row(b, m.role)::jsonb || jsonb_build_object(
                'tickets', shown_tickets(b.id), 'changed_at', rfc3339(coalesce(k.at, b.updated_at))) ORDER BY b.id), '[]')::text
              FROM member m JOIN board b ON b.id = m.board_id
              LEFT JOIN topic_clock k ON k.topic = 'board/' || b.id
             WHERE m.person_id = who AND (b.archived_at IS NOT NULL) = archived);
END
$$;

-- `board` is {title, description?, columns?, uid?}; who creates it owns it.
CREATE OR REPLACE FUNCTION create_board(hash bytea, key text, print bytea, board jsonb) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    who    bigint := caller(hash);
    answer written;
    b      board;
    titles text[] := ARRAY['To do', 'Doing', 'Done'];
    ranks  text[] := '{}';
BEGIN
    answer := first_answer(who, key, print);
    IF answer.person IS NOT NULL THEN
        PERFORM allow(who, role_on(who, (answer.body::json->>'id')::bigint), 'viewer', 'board');
        RETURN answer;
    END IF;
    PERFORM set_context(who, key, 'rest');
    IF board ? 'columns' THEN
        titles := ARRAY(SELECT jsonb_array_elements_text(board->'columns'));
    END IF;
    FOR i IN 1..cardinality(titles) LOOP
        ranks := ranks || rank_between(ranks[i - 1], NULL);
    END LOOP;
    INSERT INTO board AS x (uid, title, description)
    VALUES (coalesce((board->>'uid')::uuid, gen_random_uuid()), board->>'title', coalesce(board->>'description', ''))
    RETURNING x.* INTO b;
    INSERT INTO member (board_id, person_id, role) VALUES (b.id, who, 'owner');
    INSERT INTO board_column (board_id, title, rank) SELECT b.id, n.title, n.rank FROM unnest(titles, ranks) n (title, rank);
    UPDATE person SET welcomed_at = now() WHERE id = who AND welcomed_at IS NULL;
    RETURN finish(who, key, print, board_row(b, 'owner'), 'board/' || b.id);
END
$$;

-- The snapshot, or no row's body when `known` still names it. `tag` names what is sent: epoch, seq, the web app's version.
CREATE OR REPLACE FUNCTION read_board(hash bytea, board_id bigint, known text, app text, OUT body text, OUT tag text, OUT person bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    person := caller(hash);
    PERFORM allow(person, role_on(person, board_id), 'viewer', 'board');
    tag := concat_ws('-', current_epoch(), topic_seq('board/' || board_id), md5(app));
    IF known IS DISTINCT FROM tag THEN
        SELECT s.state INTO body FROM topic_snapshot('board/' || board_id, app) s;
    END IF;
END
$$;

-- The snapshot as it was at `seq`. Whether the log reaches back so far is asked after it was read, hence not STABLE: the read
-- waits for retention that drops a month, and does not see it then.
CREATE OR REPLACE FUNCTION read_board_at(hash bytea, board_id bigint, seq bigint, app text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    who    bigint := caller(hash);
    last   bigint := topic_seq('board/' || board_id);
    lowest bigint;
    body   text;
BEGIN
    PERFORM allow(who, role_on(who, board_id), 'viewer', 'board');
    IF last < read_board_at.seq THEN
        PERFORM refuse('LL404', format('This board has come to %s; there is no %s yet.', last, read_board_at.seq));
    END IF;
    body := board_at(board_id, read_board_at.seq, app);
    SELECT h.lowest_seq INTO lowest FROM topic_heads(ARRAY['board/' || board_id]) h;
    IF read_board_at.seq < lowest - 1 THEN
        PERFORM refuse('LL410', format('The log of this board is kept from %s on; what was before is gone.', lowest));
    ELSIF body IS NULL THEN
        PERFORM refuse('LL404', format('At %s this board was not there yet.', read_board_at.seq));
    END IF;
    RETURN body;
END
$$;

-- What is archived: {board, total, columns, tickets}, newest first, at most `most` of each; a ticket as in the snapshot.
-- A column's tickets are told by the column; tickets of archived columns that are not archived themselves are not listed.
DROP FUNCTION IF EXISTS read_archive(bytea, bigint);  -- a process of the last release calls this one by its default
CREATE OR REPLACE FUNCTION read_archive(hash bytea, board_id bigint, most bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    who bigint := caller(hash);
BEGIN
    PERFORM allow(who, role_on(who, board_id), 'viewer', 'board');
    RETURN (SELECT json_build_object('board', board_json(b),
        'total', (SELECT count(*) FROM board_column c WHERE c.board_id = b.id AND c.archived_at IS NOT NULL)
               + (SELECT count(*) FROM ticket t WHERE t.board_id = b.id AND t.archived_at IS NOT NULL),
        'columns', (SELECT coalesce(json_agg(x.row_), '[]')
                      FROM (SELECT column_json(c) AS row_ FROM board_column c WHERE c.board_id = b.id AND c.archived_at IS NOT NULL
                             ORDER BY c.archived_at DESC, c.id LIMIT most) x),
        'tickets', (SELECT coalesce(json_agg(x.row_), '[]')
                      FROM (SELECT ticket_brief(t) AS row_ FROM ticket t WHERE t.board_id = b.id AND t.archived_at IS NOT NULL
                             ORDER BY t.archived_at DESC, t.id LIMIT most) x))::text
      FROM board b WHERE b.id = read_archive.board_id);
END
$$;

CREATE OR REPLACE FUNCTION hold_board(hash bytea, key text, print bytea, board_id bigint, needed text, OUT who bigint, OUT role text, OUT b board, OUT answer written)
LANGUAGE plpgsql AS $$
BEGIN
    who := caller(hash);
    role := role_on(who, board_id);
    PERFORM allow(who, role, needed, 'board');
    answer := first_answer(who, key, print);
    IF answer.person IS NULL THEN
        PERFORM set_context(who, key, 'rest');
        SELECT * INTO b FROM board x WHERE x.id = hold_board.board_id FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM allow(who, NULL, needed, 'board');
        END IF;
    END IF;
END
$$;

-- `change` is {title?, description?, archived?}. Restoring is the owner's, like archiving.
CREATE OR REPLACE FUNCTION change_board(hash bytea, key text, print bytea, known integer, board_id bigint, change jsonb) RETURNS written
LANGUAGE plpgsql AS $$
DECLARE
    held record;
    b    board;
BEGIN
    held := hold_board(hash, key, print, board_id, CASE WHEN change ? 'archived' THEN 'owner' ELSE 'editor' END);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    b := held.b;
    IF b.archived_at IS NOT NULL AND change <> '{"archived": false}' THEN
        PERFORM refuse('LL4AR', 'This board is archived: restore it first.');
    END IF;
    PERFORM refuse_conflicts('board', b.id, known, b.version, change,
        jsonb_build_object('title', b.title, 'description', b.description, 'archived', b.archived_at IS NOT NULL), board_row(b, held.role));
    UPDATE board x
       SET title = CASE WHEN change ? 'title' THEN change->>'title' ELSE x.title END,
           description = CASE WHEN change ? 'description' THEN change->>'description' ELSE x.description END,
           archived_at = CASE WHEN change ? 'archived' THEN NULL ELSE x.archived_at END
     WHERE x.id = b.id
    RETURNING x.* INTO b;
    RETURN finish(held.who, key, print, board_row(b, held.role), 'board/' || b.id);
END
$$;

CREATE OR REPLACE FUNCTION archive_board(hash bytea, key text, print bytea, board_id bigint) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    held record;
    b    board;
BEGIN
    held := hold_board(hash, key, print, board_id, 'owner');
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    b := held.b;
    IF b.archived_at IS NOT NULL THEN
        PERFORM refuse('LL4AR', 'This board is archived already.');
    END IF;
    UPDATE board x SET archived_at = now() WHERE x.id = b.id RETURNING x.* INTO b;
    RETURN finish(held.who, key, print, board_row(b, held.role), 'board/' || b.id);
END
$$;
