-- What the log captures of which table. Applied last, after the functions it needs; applying again changes nothing.

CREATE OR REPLACE FUNCTION row_trigger(table_ regclass, name_ text, events text, function_ text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS %1$I ON %2$s; CREATE TRIGGER %1$I BEFORE %3$s ON %2$s FOR EACH ROW EXECUTE FUNCTION %4$I();'
                   'ALTER TABLE %2$s ENABLE ALWAYS TRIGGER %1$I', name_, table_, events, function_);
END
$$;

-- Row triggers fire in the order of their names: fill, then whatever others add, then keep, which sees what the row has become.
SELECT row_trigger('ticket', 'fill_row', 'INSERT', 'fill_ticket');
SELECT row_trigger('board_column', 'fill_row', 'INSERT', 'fill_column');
SELECT row_trigger('board', 'fill_row', 'INSERT', 'fill_creator');
SELECT row_trigger('member', 'fill_row', 'INSERT', 'fill_creator');
SELECT row_trigger('member', 'hold_names', 'INSERT', 'hold_names');
SELECT row_trigger(t::regclass, 'zzz_keep_row', 'INSERT OR UPDATE', 'keep_row')
  FROM unnest(ARRAY['person', 'board', 'member', 'board_column', 'ticket']) t;
DROP TRIGGER IF EXISTS keep_row ON person;   -- its name in the last release
DROP TRIGGER IF EXISTS keep_row ON board;
DROP TRIGGER IF EXISTS keep_row ON member;
DROP TRIGGER IF EXISTS keep_row ON board_column;
DROP TRIGGER IF EXISTS keep_row ON ticket;

-- In a function, so that it is looked up only for a ticket that leaves its column.
CREATE OR REPLACE FUNCTION column_is_archived(id bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM board_column c WHERE c.id = column_is_archived.id AND c.archived_at IS NOT NULL);
END
$$;

SELECT attach_to_log('board', 'board', $$ARRAY['board/' || r.id]$$,
    '{uid,title,description,version,archived_at,created_at,created_by}');
SELECT attach_to_log('board_column', 'column', $$ARRAY['board/' || r.board_id]$$,
    '{uid,board_id,title,wip_limit,rank,version,archived_at,created_at,created_by}',
    reveals => 'o.archived_at IS NOT NULL AND n.archived_at IS NULL');
SELECT attach_to_log('ticket', 'ticket', $$ARRAY['board/' || r.board_id]$$,
    '{uid,board_id,column_id,title,description,rank,version,archived_at,created_at,created_by}',
    reveals => $$(o.archived_at IS NOT NULL AND n.archived_at IS NULL) OR (o.column_id <> n.column_id
        AND column_is_archived(o.column_id))$$,
    guard => 'CASE WHEN r.archived_at IS NULL AND ({entering}) THEN r.column_id END');

-- A membership shows on the board and on the person's own topic.
SELECT attach_to_log('member', 'member', $$ARRAY['board/' || r.board_id]$$, '{person_id,role}', entity => 'r.person_id');
SELECT attach_to_log('member', 'membership', $$ARRAY['user/' || r.person_id]$$, '{board_id,role}', entity => 'r.board_id');
SELECT attach_to_log('board', 'membership',
    $$(SELECT array_agg('user/' || m.person_id ORDER BY m.person_id) FROM member m WHERE m.board_id = r.id)$$,
    '{title,archived_at}', kinds => 'u');

-- Names do not travel: they are joined when an event is read.
SELECT attach_to_log('person', 'person', $$ARRAY['user/' || r.id]$$, '{-name,admin,time_zone,locale,version}');
SELECT attach_to_log('person', 'member',
    $$(SELECT array_agg('board/' || m.board_id ORDER BY m.board_id) FROM member m WHERE m.person_id = r.id)$$,
    '{-name}', kinds => 'u');

-- What others attached, by this release's log_make_capture() too. A table that was dropped left its lines behind.
SELECT log_make_capture(t) FROM (SELECT DISTINCT to_regclass(quote_ident(table_name)) FROM log_attachment
                                  WHERE table_name NOT IN ('board', 'board_column', 'ticket', 'member', 'person')) o (t) WHERE t IS NOT NULL;

-- A ticket as it travels, whole.
DO $$
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION ticket_columns(n ticket) RETURNS json LANGUAGE sql STABLE AS %L', 'SELECT '
        || log_object_sql('ticket', (SELECT columns FROM log_attachment WHERE table_name = 'ticket' AND noun = 'ticket'), 'n', NULL));
END
$$;

DROP TRIGGER IF EXISTS return_tickets ON board_column;
CREATE TRIGGER return_tickets AFTER UPDATE ON board_column REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION return_tickets();
ALTER TABLE board_column ENABLE ALWAYS TRIGGER return_tickets;

DROP TRIGGER IF EXISTS ring_person ON session;
CREATE TRIGGER ring_person AFTER DELETE OR UPDATE OF expires_at, secret_hash ON session FOR EACH ROW EXECUTE FUNCTION ring_person();
DROP TRIGGER IF EXISTS ring_person ON token;
CREATE TRIGGER ring_person AFTER DELETE OR UPDATE OF expires_on, secret_hash ON token FOR EACH ROW EXECUTE FUNCTION ring_person();

-- The coming months' partitions, before the first event needs one.
SELECT log_upkeep();
