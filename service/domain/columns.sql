-- Columns: add, change, move, archive. Their order is made under a lock on the board's row.

-- The open column left of this one, null when it is the first.
CREATE OR REPLACE FUNCTION column_before(c board_column) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT a.id FROM board_column a
     WHERE a.board_id = c.board_id AND (a.rank, a.id) < (c.rank, c.id) AND a.archived_at IS NULL
     ORDER BY a.rank DESC, a.id DESC LIMIT 1
$$;

CREATE OR REPLACE FUNCTION rekey_columns(board bigint, leave bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    ids   bigint[];
    ranks text[] := '{}';
    last  text;
BEGIN
    BEGIN
        PERFORM FROM board_column c WHERE c.board_id = board FOR NO KEY UPDATE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RETURN false;
    END;
    SELECT array_agg(c.id ORDER BY c.rank, c.id) INTO ids FROM board_column c WHERE c.board_id = board AND c.id IS DISTINCT FROM leave;
    FOR i IN 1..coalesce(cardinality(ids), 0) LOOP
        last := rank_between(last, NULL);
        ranks := ranks || last;
    END LOOP;
    PERFORM set_config('livelane.rekey', 'on', true);
    UPDATE board_column c SET rank = n.rank FROM unnest(ids, ranks) n (id, rank) WHERE c.id = n.id AND c.rank <> n.rank;
    PERFORM set_config('livelane.rekey', 'off', true);
    RETURN true;
END
$$;

-- As ticket_rank(), for the columns of a board.
CREATE OR REPLACE FUNCTION column_rank(board bigint, place jsonb, moving bigint) RETURNS text LANGUAGE plpgsql AS $$
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
            SELECT c.rank INTO above FROM board_column c WHERE c.board_id = board AND c.id IS DISTINCT FROM moving
             ORDER BY c.rank DESC, c.id DESC LIMIT 1;
        ELSIF place->'after' = 'null' THEN
            SELECT c.rank INTO below FROM board_column c WHERE c.board_id = board AND c.id IS DISTINCT FROM moving
             ORDER BY c.rank, c.id LIMIT 1;
        ELSE
            SELECT c.rank, c.id INTO above, above_id FROM board_column c
             WHERE c.id = (place->>'after')::bigint AND c.board_id = board AND c.archived_at IS NULL AND c.id IS DISTINCT FROM moving;
            IF NOT FOUND THEN
                PERFORM refuse('LL4AF', 'The column it should stand after is not open on that board. Nothing was moved.', '{"field": "after"}');
            END IF;
            SELECT c.rank INTO below FROM board_column c
             WHERE c.board_id = board AND c.id IS DISTINCT FROM moving AND (c.rank, c.id) > (above, above_id)
             ORDER BY c.rank, c.id LIMIT 1;
        END IF;
        made := rank_between(above, below);
        IF length(made) <= 40 THEN
            RETURN made;
        END IF;
        EXIT WHEN attempt = 2 OR NOT rekey_columns(board, moving);
    END LOOP;
    IF length(made) <= 200 THEN
        RETURN made;
    END IF;
    RETURN rank_behind((SELECT max(c.rank) FROM board_column c WHERE c.board_id = board AND c.id IS DISTINCT FROM moving));
END
$$;

-- `column_` is {title, after?, wip_limit?, uid?}.
CREATE OR REPLACE FUNCTION add_column(hash bytea, key text, print bytea, board_id bigint, column_ jsonb) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    who    bigint := caller(hash);
    answer written;
    c      board_column;
BEGIN
    PERFORM allow(who, role_on(who, add_column.board_id), 'editor', 'board');
    answer := first_answer(who, key, print);
    IF answer.person IS NOT NULL THEN
        RETURN answer;
    END IF;
    PERFORM set_context(who, key, 'rest');
    PERFORM FROM board b WHERE b.id = add_column.board_id FOR NO KEY UPDATE;
    PERFORM refuse_archived_board(add_column.board_id);
    INSERT INTO board_column AS x (uid, board_id, title, wip_limit, rank)
    VALUES (coalesce((column_->>'uid')::uuid, gen_random_uuid()), add_column.board_id, column_->>'title',
            (column_->>'wip_limit')::integer, column_rank(add_column.board_id, column_, NULL))
    RETURNING x.* INTO c;
    RETURN finish(who, key, print, column_json(c), 'board/' || c.board_id);
END
$$;

-- Lock a column for a write by an editor. With `order_` the board's row too, before it, as whoever orders columns does.
CREATE OR REPLACE FUNCTION hold_column(hash bytea, key text, print bytea, column_id bigint, order_ boolean, OUT who bigint, OUT c board_column, OUT answer written)
LANGUAGE plpgsql AS $$
DECLARE
    board bigint;
    role  text;
BEGIN
    SELECT p.person_id, x.board_id, m.role INTO who, board, role
      FROM credential(hash) p
      LEFT JOIN board_column x ON x.id = column_id
      LEFT JOIN member m ON m.board_id = x.board_id AND m.person_id = p.person_id;
    PERFORM allow(who, role, 'editor', 'column');
    answer := first_answer(who, key, print);
    IF answer.person IS NULL THEN
        PERFORM set_context(who, key, 'rest');
        IF order_ THEN
            PERFORM FROM board b WHERE b.id = board FOR NO KEY UPDATE;
        END IF;
        SELECT * INTO c FROM board_column x WHERE x.id = column_id FOR NO KEY UPDATE;
        IF c.board_id IS DISTINCT FROM board THEN
            PERFORM allow(who, role_on(who, c.board_id), 'editor', 'column');
        END IF;
        PERFORM refuse_archived_board(c.board_id);
    END IF;
END
$$;

-- `change` is {title?, wip_limit?, archived?}.
CREATE OR REPLACE FUNCTION change_column(hash bytea, key text, print bytea, known integer, column_id bigint, change jsonb) RETURNS written
LANGUAGE plpgsql AS $$
DECLARE
    held record;
    c    board_column;
BEGIN
    held := hold_column(hash, key, print, column_id, false);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    c := held.c;
    IF c.archived_at IS NOT NULL AND change <> '{"archived": false}' THEN
        PERFORM refuse('LL4AR', 'This column is archived: restore it first.');
    END IF;
    PERFORM refuse_conflicts('column', c.id, known, c.version, change,
        jsonb_build_object('title', c.title, 'wip_limit', c.wip_limit, 'archived', c.archived_at IS NOT NULL), column_json(c));
    UPDATE board_column x
       SET title = CASE WHEN change ? 'title' THEN change->>'title' ELSE x.title END,
           wip_limit = CASE WHEN change ? 'wip_limit' THEN (change->>'wip_limit')::integer ELSE x.wip_limit END,
           archived_at = CASE WHEN change ? 'archived' THEN NULL ELSE x.archived_at END
     WHERE x.id = c.id
    RETURNING x.* INTO c;
    RETURN finish(held.who, key, print, column_json(c), 'board/' || c.board_id);
END
$$;

CREATE OR REPLACE FUNCTION move_column(hash bytea, key text, print bytea, known integer, column_id bigint, place jsonb) RETURNS written
LANGUAGE plpgsql AS $$
DECLARE
    held  record;
    c     board_column;
    before_ bigint;
BEGIN
    held := hold_column(hash, key, print, column_id, true);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    c := held.c;
    IF c.archived_at IS NOT NULL THEN
        PERFORM refuse('LL4AR', 'This column is archived: restore it first.');
    END IF;
    before_ := column_before(c);
    PERFORM refuse_conflicts('column', c.id, known, c.version,
        jsonb_build_object('position', jsonb_build_object('after', CASE WHEN place ? 'after' THEN place->'after'
            ELSE to_jsonb((SELECT x.id FROM board_column x WHERE x.board_id = c.board_id AND x.id <> c.id AND x.archived_at IS NULL
                            ORDER BY x.rank DESC, x.id DESC LIMIT 1)) END)),
        jsonb_build_object('position', jsonb_build_object('after', before_)), column_json(c));
    IF NOT (CASE
           WHEN place ? 'after' THEN place->'after' = coalesce(to_jsonb(before_), 'null')
           ELSE NOT EXISTS (SELECT FROM board_column x WHERE x.board_id = c.board_id AND x.archived_at IS NULL AND (x.rank, x.id) > (c.rank, c.id)) END)
    THEN
        UPDATE board_column x SET rank = column_rank(c.board_id, place, c.id) WHERE x.id = c.id RETURNING x.* INTO c;
    END IF;
    RETURN finish(held.who, key, print, column_json(c), 'board/' || c.board_id);
END
$$;

CREATE OR REPLACE FUNCTION archive_column(hash bytea, key text, print bytea, column_id bigint) RETURNS written LANGUAGE plpgsql AS $$
DECLARE
    held record;
    c    board_column;
BEGIN
    held := hold_column(hash, key, print, column_id, false);
    IF (held.answer).person IS NOT NULL THEN
        RETURN held.answer;
    END IF;
    c := held.c;
    IF c.archived_at IS NOT NULL THEN
        PERFORM refuse('LL4AR', 'This column is archived already.');
    END IF;
    UPDATE board_column x SET archived_at = now() WHERE x.id = c.id RETURNING x.* INTO c;
    RETURN finish(held.who, key, print, column_json(c), 'board/' || c.board_id);
END
$$;
