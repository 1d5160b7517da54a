-- The event log: capture by statement, numbering at commit. Re-applied whenever this file changes.
--
-- A statement's changed rows go to `pending`. Just before COMMIT one deferred trigger numbers them, topic by topic in
-- ascending order, writes `event`, and rings the channel `livelane` with each topic. A number is taken as late as it can
-- be, so a transaction that idles blocks nobody, and numbers follow the order of commits without a gap. A notification
-- says in its payload which topics may have moved, with a blank between, or `*` for any. A row that is all its transaction
-- changes is numbered in its own statement instead: number_one().

-- Times as the protocol writes them: RFC 3339 in UTC, microseconds. That has four digits for the year: what SQL has put beyond is
-- said as the nearest, so that no row that has a time (archived_at) is said to have none.
CREATE OR REPLACE FUNCTION rfc3339(moment timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(CASE WHEN moment < '0001-01-01 00:00+00' THEN '0001-01-01 00:00+00' WHEN moment >= '10000-01-01 00:00+00'
                        THEN '9999-12-31 23:59:59.999999+00' ELSE moment END AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Context ------------------------------------------------------------------------------------------------------------

-- Say for this transaction who acts, under which operation key, through which door. Any of them may be null.
-- `alone` ("ticket/7") promises that it changes this row, by one UPDATE, and nothing else: see number_one(). Whoever has changed
-- something already cannot promise it: what came first must get the lower number.
CREATE OR REPLACE FUNCTION set_context(actor bigint, op text, via text, alone text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    said := set_config('livelane.actor', coalesce(actor::text, ''), true);   -- assigned: PERFORM runs a query
    said := set_config('livelane.op', coalesce(op, ''), true);
    said := set_config('livelane.via', coalesce(via, ''), true);
    said := set_config('livelane.alone', CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN alone ELSE '' END, true);
END
$$;

-- The person acting in this transaction. Whatever else the setting says counts as none: it must never abort a write.
CREATE OR REPLACE FUNCTION log_actor() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    said text := current_setting('livelane.actor', true);
BEGIN
    IF said IS NULL OR said !~ '^[0-9]{1,18}$' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT id FROM person WHERE id = said::bigint);
END
$$;

CREATE OR REPLACE FUNCTION log_op() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN char_length(current_setting('livelane.op', true)) BETWEEN 1 AND 200 AND current_setting('livelane.op', true) !~ '[^\x21-\x7e]'
                THEN current_setting('livelane.op', true) END
$$;

CREATE OR REPLACE FUNCTION log_via() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN current_setting('livelane.via', true) IN ('rest', 'system') THEN current_setting('livelane.via', true)
                ELSE 'sql:' || session_user END
$$;

-- Numbering ----------------------------------------------------------------------------------------------------------

-- Fail with 23514 when the column holds more open tickets than its limit. Adders queue on the column_fill row until they
-- commit, and a transaction whose snapshot is older than another adder's commit gets 40001 instead of a stale count.
CREATE OR REPLACE FUNCTION check_wip_limit(column_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    most integer;
    open bigint;
BEGIN
    SELECT c.wip_limit INTO most FROM board_column c WHERE c.id = check_wip_limit.column_id;
    IF most IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO column_fill AS f (column_id, entries) VALUES (check_wip_limit.column_id, 1)
        ON CONFLICT ON CONSTRAINT column_fill_pkey DO UPDATE SET entries = f.entries + 1;
    SELECT count(*) INTO open FROM ticket t WHERE t.column_id = check_wip_limit.column_id AND t.archived_at IS NULL;
    IF open > most THEN
        RAISE EXCEPTION 'column % may hold % open tickets and would hold %', check_wip_limit.column_id, most, open
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wip_limit', TABLE = 'ticket', COLUMN = 'column_id';
    END IF;
END
$$;

-- Number one event, write it to the log and ring its topic unless the caller does. Returns the number.
-- number_now() comes here when it finds one event, and the capture of an UPDATE when the transaction has said that the row
-- is all it changes (set_context): then there is nothing to gather in `pending`, and `livelane.alone` holds the number ("#12")
-- instead of the promise, for finish(). The promise is good for one statement. If that changes something else, or a trigger may
-- do so that comes later (log_is_last), all is numbered at COMMIT as ever.
CREATE OR REPLACE FUNCTION number_one(topic_ text, noun text, kind "char", entity_id bigint, set_ json, was json, moved_to bigint, guard bigint, ring boolean)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last   bigint;
    moment timestamptz;
BEGIN
    -- A number that a reader may have seen must survive a crash; a stronger setting stays.
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    IF guard IS NOT NULL AND EXISTS (SELECT FROM board_column c WHERE c.id = guard AND c.wip_limit IS NOT NULL) THEN
        PERFORM check_wip_limit(guard);
    END IF;
    INSERT INTO topic_clock AS c (topic, seq, at) VALUES (topic_, 1, clock_timestamp())
        ON CONFLICT ON CONSTRAINT topic_clock_pkey
        DO UPDATE SET seq = c.seq + 1, at = greatest(clock_timestamp(), c.at)
        RETURNING c.seq, c.at INTO last, moment;
    INSERT INTO event (topic, seq, at, noun, kind, entity_id, actor_id, via, op, "set", was, moved_to, more)
        VALUES (topic_, last, moment, noun, kind, entity_id, log_actor(), log_via(), log_op(), set_, was, moved_to, false);
    IF ring THEN
        PERFORM pg_notify('livelane', topic_);
    END IF;
    RETURN last;
END
$$;

-- A trigger of the user's that changes once more the row that is being written does so before log_update comes to what it
-- answers. So give the last events of a topic (after the number `before`, made at `moment`) the order of their rows' versions, each
-- row's in the places they have among the others. A row that is deleted and made anew in between begins with version 1 again.
CREATE OR REPLACE FUNCTION order_by_version(topic text, before bigint, moment timestamptz) RETURNS void LANGUAGE sql
SET enable_nestloop = off AS $$   -- what was written a moment ago has no statistics
    WITH several AS (
        SELECT e.noun, e.entity_id FROM event e WHERE e.topic = order_by_version.topic AND e.seq > before AND e.at = moment
         GROUP BY 1, 2 HAVING count(*) > 1
    ), versioned AS (
        SELECT e.*, v.version, e.kind = 'd' AND e.moved_to IS NULL
                   AND bool_or(e.kind = 'c' AND v.version = 1) OVER (row_ ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS ends_a_life
          FROM event e JOIN several USING (noun, entity_id)
          CROSS JOIN LATERAL (SELECT substring(coalesce(e."set"->>'version', e.was->>'version') from '^[0-9]{1,18}$')::bigint) v (version)
         WHERE e.topic = order_by_version.topic AND e.seq > before AND e.at = moment AND v.version IS NOT NULL
        WINDOW row_ AS (PARTITION BY e.noun, e.entity_id ORDER BY e.seq)
    ), lives AS (
        SELECT v.*, count(*) FILTER (WHERE v.ends_a_life) OVER (PARTITION BY v.noun, v.entity_id ORDER BY v.seq
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS life
          FROM versioned v
    ), placed AS MATERIALIZED (
        SELECT l.*, row_number() OVER (PARTITION BY l.noun, l.entity_id ORDER BY l.seq) AS place,
               row_number() OVER (PARTITION BY l.noun, l.entity_id ORDER BY l.life, l.version, l.kind = 'd', l.seq) AS turn
          FROM lives l
    )
    UPDATE event e SET kind = f.kind, "set" = f."set", was = f.was, moved_to = f.moved_to
      FROM placed f JOIN placed t ON (t.noun, t.entity_id, t.place) = (f.noun, f.entity_id, f.turn)
     WHERE f.place <> f.turn AND e.topic = order_by_version.topic AND e.seq = t.seq AND e.at = moment
$$;

-- Number what this transaction has changed so far, write it to the log and ring its topics (at COMMIT). Returns the last
-- number given in `for_topic`, null when nothing changed there. Runs at COMMIT by itself; call it as the last thing in a
-- transaction to learn the number before.
-- PostgreSQL lets one notifying commit through at a time, flush of the disk included. So a session that has set
-- `livelane.wake` to `caller` rings `for_topic` itself, after the commit; whoever does not say so need not know.
CREATE OR REPLACE FUNCTION number_now(for_topic text DEFAULT NULL) RETURNS bigint
-- pending and topic_clock look empty or full at plan time and are the opposite at run time: always by index
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    x        xid8 := pg_current_xact_id_if_assigned();
    waiting  integer := 0;   -- 0, 1, or more
    one      pending;
    per      record;
    column_  bigint;
    last     bigint;
    moment   timestamptz;
    answer   bigint;
    actor    bigint;
    via      text;
    op       text;
    nested   boolean;
    rung     text := CASE WHEN current_setting('livelane.wake', true) = 'caller' THEN for_topic END;  -- by the caller
BEGIN
    IF x IS NULL THEN
        RETURN NULL;
    END IF;
    FOR one IN SELECT p.* FROM pending p WHERE p.xid = x LIMIT 2 LOOP
        waiting := waiting + 1;
    END LOOP;
    IF waiting = 0 THEN
        RETURN NULL;
    END IF;
    IF waiting = 1 THEN
        DELETE FROM pending p WHERE p.xid = x;
        last := number_one(one.topic, one.noun, one.kind, one.entity_id, one."set", one.was, one.moved_to, one.guard, one.topic IS DISTINCT FROM rung);
        RETURN CASE WHEN one.topic = for_topic THEN last END;
    END IF;

    IF current_setting('synchronous_commit') IN ('off', 'local') THEN   -- as in number_one()
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    actor := log_actor();
    via := log_via();
    op := log_op();
    nested := current_setting('livelane.nested', true) = 'on';
    FOR column_ IN SELECT DISTINCT p.guard FROM pending p WHERE p.xid = x AND p.guard IS NOT NULL ORDER BY 1 LOOP
        PERFORM check_wip_limit(column_);
    END LOOP;
    FOR per IN SELECT p.topic, count(*) AS n FROM pending p WHERE p.xid = x GROUP BY p.topic ORDER BY p.topic LOOP
        INSERT INTO topic_clock AS c (topic, seq, at) VALUES (per.topic, per.n, clock_timestamp())
            ON CONFLICT ON CONSTRAINT topic_clock_pkey
            DO UPDATE SET seq = c.seq + per.n, at = greatest(clock_timestamp(), c.at)
            RETURNING c.seq, c.at INTO last, moment;
        INSERT INTO event (topic, seq, at, noun, kind, entity_id, actor_id, via, op, "set", was, moved_to, more)
            SELECT p.topic, last - per.n + p.place, moment, p.noun, p.kind, p.entity_id, actor, via, op, p."set", p.was,
                   p.moved_to, p.place < per.n
              FROM (SELECT q.*, row_number() OVER (ORDER BY q.id) AS place
                      FROM pending q WHERE q.xid = x AND q.topic = per.topic) p;
        IF nested AND per.n > 1 THEN
            PERFORM order_by_version(per.topic, last - per.n, moment);
        END IF;
        IF per.topic IS DISTINCT FROM rung THEN
            PERFORM pg_notify('livelane', per.topic);
        END IF;
        IF per.topic = for_topic THEN
            answer := last;
        END IF;
    END LOOP;
    DELETE FROM pending p WHERE p.xid = x;
    PERFORM set_config('livelane.numbered', 'on', true);   -- number_at_commit()
    RETURN answer;
END
$$;

-- Each statement has its head here, and the first of them numbers what all have changed. Those after it look for their own row alone: what
-- a transaction has deleted itself stays in the index until it ends, and to walk all of it for each statement is quadratic.
CREATE OR REPLACE FUNCTION number_at_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    last bigint;
BEGIN
    IF current_setting('livelane.numbered', true) = 'on' THEN
        IF NOT EXISTS (SELECT FROM pending p WHERE p.xid = NEW.xid AND p.topic = NEW.topic AND p.id = NEW.id) THEN
            RETURN NULL;
        END IF;
    END IF;
    last := number_now();
    RETURN NULL;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'number_at_commit' AND tgrelid = 'pending'::regclass) THEN
        CREATE CONSTRAINT TRIGGER number_at_commit AFTER INSERT ON pending DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.head) EXECUTE FUNCTION number_at_commit();
        ALTER TABLE pending ENABLE ALWAYS TRIGGER number_at_commit;
    END IF;
END
$$;

-- Capture ------------------------------------------------------------------------------------------------------------

-- SQL text of a column's value as JSON text, for the row alias given.
CREATE OR REPLACE FUNCTION log_value_sql(type regtype, expression text) RETURNS text LANGUAGE sql AS $$
    SELECT format('coalesce(%s, ''null'')', CASE
        WHEN type IN ('bigint'::regtype, 'integer', 'smallint', 'boolean') THEN format('%s::text', expression)
        WHEN type = 'timestamptz'::regtype THEN format('''"'' || rfc3339(%s) || ''"''', expression)
        ELSE format('to_json(%s)::text', expression) END)
$$;

-- SQL text of `{"a": …}` over the columns of a table, for one row alias: the whole row, or with `other` only what differs
-- from that row. A column written `-name` is watched: its change makes an event whose `set` has it as null, since its value
-- does not travel.
CREATE OR REPLACE FUNCTION log_object_sql(table_ regclass, columns text[], row_ text, other text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    parts text := '';
    col   text;
    type  regtype;
    item  text;
BEGIN
    FOREACH col IN ARRAY columns LOOP
        IF col LIKE '-%' THEN
            IF row_ = 'n' AND other IS NOT NULL THEN
                parts := parts || format(', CASE WHEN n.%1$I IS DISTINCT FROM o.%1$I THEN %2$L END', substr(col, 2), format('"%s":null', substr(col, 2)));
            END IF;
            CONTINUE;
        END IF;
        SELECT a.atttypid INTO type FROM pg_attribute a WHERE a.attrelid = table_ AND a.attname = col AND NOT a.attisdropped;
        IF type IS NULL THEN
            RAISE EXCEPTION 'table % has no column %', table_, col;
        END IF;
        item := format('%L || %s', '"' || col || '":', log_value_sql(type, format('%s.%I', row_, col)));
        IF other IS NOT NULL THEN
            item := format('CASE WHEN %1$s.%3$I IS DISTINCT FROM %2$s.%3$I THEN %4$s END', row_, other, col, item);
        END IF;
        parts := parts || ', ' || item;
    END LOOP;
    RETURN CASE WHEN parts = '' THEN '''{}''::json' ELSE format('(''{'' || concat_ws('',''%s) || ''}'')::json', parts) END;
END
$$;

-- PL/pgSQL text that appends to `set_` and `was_` what differs between the rows `o` and `n`, as log_object_sql() says it.
-- A step for each column: setting up one expression over all of them is what an update of one row would spend most on.
CREATE OR REPLACE FUNCTION log_diff_steps(table_ regclass, columns text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    steps text := '';
    col   text;
    type  regtype;
BEGIN
    FOREACH col IN ARRAY columns LOOP
        IF col LIKE '-%' THEN
            steps := steps || format('IF n.%1$I IS DISTINCT FROM o.%1$I THEN set_ := set_ || %2$L; END IF; ', substr(col, 2),
                format(',"%s":null', substr(col, 2)));
        ELSE
            SELECT a.atttypid INTO type FROM pg_attribute a WHERE a.attrelid = table_ AND a.attname = col AND NOT a.attisdropped;
            steps := steps || format('IF n.%1$I IS DISTINCT FROM o.%1$I THEN set_ := set_ || %2$L || %3$s; was_ := was_ || %2$L || %4$s; END IF; ',
                col, ',"' || col || '":', log_value_sql(type, format('n.%I', col)), log_value_sql(type, format('o.%I', col)));
        END IF;
    END LOOP;
    RETURN steps;
END
$$;

-- Is what `log_update` captures now all that there is to number? A trigger of the user's that comes after it may change more,
-- which belongs to the same batch; those FOR EACH ROW come before, and deferred ones see a transaction that is numbered in any case.
-- And the promise may have been made by somebody else than set_context(), after a first change.
CREATE OR REPLACE FUNCTION log_is_last(table_ oid) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = table_ AND t.tgname > 'log_update' AND t.tgtype & 1 = 0)
       AND NOT EXISTS (SELECT FROM pending p WHERE p.xid = pg_current_xact_id());
END
$$;

-- (Re)make the capture function and triggers of one attached table.
CREATE OR REPLACE FUNCTION log_make_capture(table_ regclass) RETURNS void LANGUAGE plpgsql AS $make$
DECLARE
    name_  name := (SELECT relname FROM pg_class WHERE oid = table_);
    -- may a change be numbered at once? Only where it is one event, in the topic that finish() answers with
    short  boolean := (SELECT count(*) = 1 AND bool_and(topics = $$ARRAY['board/' || r.board_id]$$) FROM log_attachment WHERE table_name = name_);
    a      record;
    gist   text;   -- does this attachment's view of the row differ?
    ins    text := '';
    upd    text := '';
    del    text := '';
    lone   text := '';
    same   text := 'true';
    singles boolean := true;
    into_  text := 'INSERT INTO pending (topic, head, noun, kind, entity_id, "set", was, moved_to, guard)';
    set_   text;
    diff   text;
BEGIN
    FOR a IN SELECT * FROM log_attachment WHERE table_name = name_ ORDER BY noun LOOP
        SELECT string_agg(format('o.%1$I IS DISTINCT FROM n.%1$I', ltrim(c, '-')), ' OR ') INTO gist FROM unnest(a.columns) c;
        diff := log_object_sql(table_, a.columns, 'n', 'o');
        set_ := CASE WHEN a.reveals IS NULL THEN diff
                     ELSE format('CASE WHEN %s THEN %s ELSE %s END', a.reveals, log_object_sql(table_, a.columns, 'n', NULL), diff) END;
        IF a.kinds LIKE '%c%' THEN
            ins := ins || format(E'        %s\n        SELECT t.topic, row_number() OVER () = 1, %L, ''c'', %s, %s, NULL, NULL, %s\n'
                '          FROM new_rows n CROSS JOIN LATERAL unnest(%s) t (topic);\n',
                into_, a.noun, log_alias(a.entity, 'n'), log_object_sql(table_, a.columns, 'n', NULL),
                coalesce(replace(log_alias(a.guard, 'n'), '{entering}', 'true'), 'NULL::bigint'), log_alias(a.topics, 'n'));
        END IF;
        IF a.kinds LIKE '%d%' THEN
            del := del || format(E'        %s\n        SELECT t.topic, row_number() OVER () = 1, %L, ''d'', %s, NULL, %s, NULL, NULL\n'
                '          FROM old_rows o CROSS JOIN LATERAL unnest(%s) t (topic);\n',
                into_, a.noun, log_alias(a.entity, 'o'), log_object_sql(table_, a.columns, 'o', NULL), log_alias(a.topics, 'o'));
        END IF;
        IF a.kinds LIKE '%u%' THEN
            -- By place as well: keys that set null may change a row more than once within a statement.
            -- A topic in both rows: updated; only in the old: deleted (moved away); only in the new: created (moved here)
            upd := upd || format(E'        %s\n        SELECT t.topic, row_number() OVER () = 1, %L, t.kind,\n'
                '               CASE t.kind WHEN ''d'' THEN %s ELSE %s END,\n'
                '               CASE t.kind WHEN ''u'' THEN %s WHEN ''c'' THEN %s END,\n'
                '               CASE t.kind WHEN ''u'' THEN %s WHEN ''d'' THEN %s END,\n'
                '               CASE WHEN t.kind = ''d'' THEN substring((%s)[1] from ''^board/([0-9]+)$'')::bigint END,\n'
                '               CASE WHEN t.kind <> ''d'' THEN %s END\n'
                '          FROM (SELECT *, row_number() OVER () AS log_place FROM old_rows) o\n'
                '          JOIN (SELECT *, row_number() OVER () AS log_place FROM new_rows) n ON n.id = o.id AND n.log_place = o.log_place\n'
                '          CROSS JOIN LATERAL log_topics(%s, %s) t\n'
                '         WHERE %s;\n',
                into_, a.noun, log_alias(a.entity, 'o'), log_alias(a.entity, 'n'),
                set_, log_object_sql(table_, a.columns, 'n', NULL),
                log_object_sql(table_, a.columns, 'o', 'n'), log_object_sql(table_, a.columns, 'o', NULL),
                log_alias(a.topics, 'n'),
                coalesce(replace(log_alias(a.guard, 'n'), '{entering}', 'o.archived_at IS NOT NULL OR o.column_id <> n.column_id'), 'NULL::bigint'),
                log_alias(a.topics, 'o'), log_alias(a.topics, 'n'), gist);
            IF a.kinds LIKE '%c%' THEN   -- the one-row update: an expression at a time, since starting a statement is what costs
                same := same || format(' AND (%s) = (%s)', log_alias(a.topics, 'o'), log_alias(a.topics, 'n'))
                    || coalesce(' AND NOT (' || a.reveals || ')', '');
                lone := lone || format(E'                            set_ := '''';\n'
                    '                            was_ := '''';\n'
                    '                            %1$s\n'
                    '                            IF set_ <> '''' THEN\n'
                    '                                FOREACH topic IN ARRAY (%2$s) LOOP\n'
                    '                                    IF %9$s AND alone = %4$L || %5$s AND pg_trigger_depth() = 1 AND log_is_last(TG_RELID) THEN\n'
                    '                                        alone := set_config(''livelane.alone'', ''#'' || number_one(topic, %3$L, ''u'', %5$s, %6$s, NULL, %7$s,\n'
                    '                                            current_setting(''livelane.wake'', true) IS DISTINCT FROM ''caller''), true);\n'
                    '                                    ELSE\n'
                    '                                        %8$s\n'
                    '                                        VALUES (topic, true, %3$L, ''u'', %5$s, %6$s, NULL, %7$s);\n'
                    '                                    END IF;\n'
                    '                                END LOOP;\n'
                    '                            END IF;\n',
                    log_diff_steps(table_, a.columns), log_alias(a.topics, 'n'), a.noun, name_ || '/', log_alias(a.entity, 'n'),
                    $json$('{' || substr(set_, 2) || '}')::json, ('{' || substr(was_, 2) || '}')::json$json$,
                    coalesce(replace(log_alias(a.guard, 'n'), '{entering}', 'o.archived_at IS NOT NULL OR o.column_id <> n.column_id'), 'NULL::bigint'),
                    into_, short::text);
            ELSE
                singles := false;
            END IF;
        END IF;
    END LOOP;

    -- enable_nestloop off: transition tables have no statistics, and a plan made for one row must not meet 20,000. That makes
    -- the lateral join look dear, so jit off: compiling cost four times the work for 20,000 rows. Names are columns where they may
    -- be both: those of an attachment's expressions know nothing of our variables.
    EXECUTE format($def$
        CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off SET jit = off AS $body$
        #variable_conflict use_column
        DECLARE
            many  boolean := true;
            alone text := current_setting('livelane.alone', true);
        BEGIN
            IF alone <> '' THEN   -- the promise is good for one statement
                PERFORM set_config('livelane.alone', '', true);
            END IF;
            IF pg_trigger_depth() > 1 THEN   -- order_by_version()
                PERFORM set_config('livelane.nested', 'on', true);
            END IF;
            IF TG_OP = 'INSERT' THEN
%s
            ELSIF TG_OP = 'DELETE' THEN
%s
            ELSE
                IF %s THEN
                    <<one_row>>
                    DECLARE
                        pair  record;
                        o     %s;
                        n     %s;
                        set_  text;
                        was_  text;
                        topic text;
                    BEGIN
                        FOR pair IN SELECT old_rows AS o, new_rows AS n FROM old_rows, new_rows LIMIT 2 LOOP
                            many := NOT many;   -- false after one
                            o := pair.o;
                            n := pair.n;
                        END LOOP;
                        IF NOT many AND %s THEN
%s
                        ELSE
                            many := true;
                        END IF;
                    END;
                END IF;
                IF many THEN
%s
                END IF;
            END IF;
            RETURN NULL;
        END $body$ $def$,
        'capture_' || name_, ins || '        NULL;', del || '        NULL;', singles::text, table_, table_, same, lone || '                            NULL;',
        upd || '        NULL;');

    -- Whoever may run it may make it the trigger of a table of their own, and write to the log what they like. As a trigger it
    -- fires for all writers: that asks for no right.
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %I() FROM PUBLIC', 'capture_' || name_);

    EXECUTE format('DROP TRIGGER IF EXISTS log_insert ON %1$s; DROP TRIGGER IF EXISTS log_update ON %1$s;'
                   'DROP TRIGGER IF EXISTS log_delete ON %1$s; DROP TRIGGER IF EXISTS log_truncate ON %1$s;'
                   'DROP TRIGGER IF EXISTS log_fixed_id ON %1$s', table_);
    EXECUTE format('CREATE TRIGGER log_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows '
                   'FOR EACH STATEMENT EXECUTE FUNCTION %I()', table_, 'capture_' || name_);
    EXECUTE format('CREATE TRIGGER log_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
                   'FOR EACH STATEMENT EXECUTE FUNCTION %I()', table_, 'capture_' || name_);
    EXECUTE format('CREATE TRIGGER log_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows '
                   'FOR EACH STATEMENT EXECUTE FUNCTION %I()', table_, 'capture_' || name_);
    EXECUTE format('CREATE TRIGGER log_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()', table_);
    EXECUTE format('CREATE TRIGGER log_fixed_id BEFORE UPDATE OF id ON %s FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) '
                   'EXECUTE FUNCTION refuse_new_id()', table_);
    EXECUTE format('ALTER TABLE %1$s ENABLE ALWAYS TRIGGER log_insert, ENABLE ALWAYS TRIGGER log_update, '
                   'ENABLE ALWAYS TRIGGER log_delete, ENABLE ALWAYS TRIGGER log_truncate, ENABLE ALWAYS TRIGGER log_fixed_id', table_);
END
$make$;

-- An expression over the row `r`, said of another alias.
CREATE OR REPLACE FUNCTION log_alias(expression text, alias text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(expression, '\mr\.', alias || '.', 'g')
$$;

-- What an update is to each topic: 'u' where both rows show, 'd' where only the old one did, 'c' where only the new one does.
CREATE OR REPLACE FUNCTION log_topics(old_topics text[], new_topics text[]) RETURNS TABLE (topic text, kind "char")
LANGUAGE sql IMMUTABLE AS $$
    SELECT o, CASE WHEN o = ANY (new_topics) THEN 'u' ELSE 'd' END::"char" FROM unnest(old_topics) o
    UNION ALL
    SELECT n, 'c'::"char" FROM unnest(new_topics) n WHERE old_topics IS NULL OR n <> ALL (old_topics)
$$;

CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE % is refused: open boards could not see it. Use DELETE FROM % instead; it is live like any other write.',
        TG_TABLE_NAME, TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
END
$$;

CREATE OR REPLACE FUNCTION refuse_new_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id of a % cannot change (% to %): the log names rows by it', TG_TABLE_NAME, OLD.id, NEW.id
        USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, COLUMN = 'id';
END
$$;

-- Attach a table to the log: from now on any client's change of its rows is an event.
--   table_   the table; it needs an integer column `id`
--   noun     what the events call a row ("ticket": ticket.created, ticket.updated, ticket.deleted)
--   topics   SQL expression over the row `r`, a text[] without repeats: the topics that show the row (null or empty: none)
--   columns  the columns that travel; `-name` makes an event when it changes but stays out of it
--   entity   SQL expression over `r`: the id that events carry
--   kinds    which of c, u, d make events
--   reveals  SQL condition over the rows `o` (old) and `n` (new): this update brings back a row that snapshots leave out,
--            so the event carries the whole row
--   guard    SQL expression over `r`, in which {entering} is true when the row enters the column: check_wip_limit's argument
-- A table may be attached under several nouns. Calling again replaces.
CREATE OR REPLACE FUNCTION attach_to_log(table_ regclass, noun text, topics text, columns text[], entity text DEFAULT 'r.id',
    kinds text DEFAULT 'cud', reveals text DEFAULT NULL, guard text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log_attachment AS l VALUES ((SELECT relname FROM pg_class WHERE oid = table_), attach_to_log.noun, attach_to_log.entity,
        attach_to_log.topics, attach_to_log.columns, attach_to_log.kinds, attach_to_log.reveals, attach_to_log.guard)
        ON CONFLICT ON CONSTRAINT log_attachment_pkey DO UPDATE SET (entity, topics, columns, kinds, reveals, guard) =
            (excluded.entity, excluded.topics, excluded.columns, excluded.kinds, excluded.reveals, excluded.guard);
    PERFORM log_make_capture(table_);
END
$$;

-- Rows ---------------------------------------------------------------------------------------------------------------

-- The database alone sets version and updated_at: +1 on each real change, nothing on a no-op. Under `livelane.rekey`
-- (ranks rewritten, no row placed elsewhere) another rank counts as none.
CREATE OR REPLACE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reranked record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.version := 1;
        RETURN NEW;
    END IF;
    NEW.version := OLD.version;
    NEW.updated_at := OLD.updated_at;
    IF NEW IS DISTINCT FROM OLD THEN
        IF current_setting('livelane.rekey', true) = 'on' AND TG_TABLE_NAME IN ('ticket', 'board_column') THEN
            reranked := OLD;
            reranked.rank := NEW.rank;
            IF NEW IS NOT DISTINCT FROM reranked THEN
                RETURN NEW;
            END IF;
        END IF;
        NEW.version := OLD.version + 1;
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;

-- A row that brought its own id: the sequence goes on behind it, so that the next row without one does not meet it. JSON's numbers
-- are exact up to 2^53. The upper half of that the sequence does not follow: no ROLLBACK takes it back, and there must be room behind.
CREATE OR REPLACE FUNCTION follow_id(sequence_ regclass, id bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF id NOT BETWEEN 1 AND 9007199254740991 THEN
        RAISE EXCEPTION 'an id lies between 1 and 9007199254740991; % does not', id USING ERRCODE = 'check_violation', COLUMN = 'id';
    ELSIF id < 4503599627370496 AND id > coalesce(pg_sequence_last_value(sequence_), 0) THEN
        PERFORM setval(sequence_, id);
    END IF;
END
$$;

-- The rank of a row that goes last, behind the one that has been last. A rank that would be too long is that row's own: (rank, id) is
-- the order, and a newer row has the larger id.
CREATE OR REPLACE FUNCTION rank_behind(last text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    made text := rank_between(last, NULL);
BEGIN
    RETURN CASE WHEN length(made) > 200 THEN last ELSE made END;
END
$$;

-- What an INSERT may leave out of a placed row: its board (the column's), its rank (last), its creator (who acts).
CREATE OR REPLACE FUNCTION fill_ticket() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM follow_id('ticket_id_seq', NEW.id);
    IF NEW.board_id IS NULL THEN
        SELECT c.board_id INTO NEW.board_id FROM board_column c WHERE c.id = NEW.column_id;
    END IF;
    IF NEW.rank IS NULL THEN
        NEW.rank := rank_behind((SELECT t.rank FROM ticket t WHERE t.column_id = NEW.column_id ORDER BY t.rank DESC, t.id DESC LIMIT 1));
    END IF;
    IF NEW.created_by IS NULL THEN
        NEW.created_by := log_actor();
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION fill_column() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM follow_id('board_column_id_seq', NEW.id);
    IF NEW.rank IS NULL THEN
        NEW.rank := rank_behind((SELECT c.rank FROM board_column c WHERE c.board_id = NEW.board_id ORDER BY c.rank DESC, c.id DESC LIMIT 1));
    END IF;
    IF NEW.created_by IS NULL THEN
        NEW.created_by := log_actor();
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION fill_creator() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM follow_id((TG_TABLE_NAME || '_id_seq')::regclass, NEW.id);
    IF NEW.created_by IS NULL THEN
        NEW.created_by := log_actor();
    END IF;
    RETURN NEW;
END
$$;

-- A restored column brings its tickets back: they stand in the log whole, since snapshots left them out meanwhile. The
-- tickets are held until COMMIT, in hiding as in returning: else one changed in between would be logged as it was before,
-- after the change, and one moved out in between would miss the row that a snapshot of that moment left out. For the same
-- reason nothing comes in meanwhile: whoever is at it is waited for, before its tickets are looked up.
CREATE OR REPLACE FUNCTION return_tickets() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM board_column c   -- meets the lock of the foreign key
      WHERE c.id IN (SELECT n.id FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.archived_at IS NOT NULL AND n.archived_at IS NULL)
      ORDER BY c.id FOR UPDATE;
    WITH turned AS MATERIALIZED (
        SELECT n.id, n.archived_at IS NULL AS returned
          FROM old_rows o JOIN new_rows n ON n.id = o.id
         WHERE (o.archived_at IS NULL) <> (n.archived_at IS NULL)
    ), held AS MATERIALIZED (
        SELECT t FROM ticket t WHERE t.column_id IN (SELECT id FROM turned) ORDER BY t.id FOR NO KEY UPDATE
    )
    INSERT INTO pending (topic, head, noun, kind, entity_id, "set", was)
    SELECT 'board/' || (h.t).board_id, row_number() OVER () = 1, 'ticket', 'u', (h.t).id, ticket_columns(h.t), '{}'
      FROM held h JOIN turned c ON c.id = (h.t).column_id
     WHERE c.returned AND (h.t).archived_at IS NULL
     ORDER BY (h.t).rank, (h.t).id;
    RETURN NULL;
END
$$;

-- Names are joined when a membership is read, so they stand still while somebody joins: the event of a new name goes to
-- those who are members then. Who is erased, also while this waits for it, counts as one who is not there.
CREATE OR REPLACE FUNCTION hold_names() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased boolean;
BEGIN
    PERFORM FROM board b WHERE b.id = NEW.board_id FOR SHARE;
    SELECT p.erased_at IS NOT NULL INTO erased FROM person p WHERE p.id = NEW.person_id FOR SHARE;
    IF erased THEN
        RAISE EXCEPTION 'person % is erased and can be no member', NEW.person_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'member_person_id_fkey', TABLE = 'member', COLUMN = 'person_id';
    END IF;
    RETURN NEW;
END
$$;

-- A person's open streams look at their credential again when one of them ends or changes.
CREATE OR REPLACE FUNCTION ring_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_notify('livelane', 'user/' || OLD.person_id);
    RETURN NULL;
END
$$;

-- Ranks --------------------------------------------------------------------------------------------------------------

-- A rank strictly between a and b (null: no bound on that side), as short as can be; null when there is no room (a >= b,
-- or b is a followed by zeros): re-key the column then. Base 62, compared byte by byte. Appending and prepending count in
-- the leading digits whose length the first letter tells (a: 1 digit … z: 26; Z … A downwards), after the published idea of
-- fractional indexing with an integer part (observablehq.com/@dgreensp/implementing-fractional-indexing).
CREATE OR REPLACE FUNCTION rank_between(a text, b text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    digits CONSTANT text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    head   integer;
    size   integer;
    i      integer;
    made   text := '';
    x      integer;
    y      integer;
    rest   text;
    above  text;
BEGIN
    IF a IS NOT NULL AND b IS NOT NULL AND a COLLATE "C" >= b COLLATE "C" THEN
        RETURN NULL;
    END IF;
    IF a IS NULL AND b IS NULL THEN
        RETURN 'a0';
    END IF;
    IF a IS NULL OR b IS NULL THEN   -- count on from the integer part
        rest := coalesce(a, b);
        head := ascii(rest);
        size := CASE WHEN head BETWEEN 97 AND 122 THEN head - 96 WHEN head BETWEEN 65 AND 90 THEN 91 - head END;
        IF size IS NOT NULL AND length(rest) > size THEN
            IF b IS NOT NULL AND length(b) > size + 1 AND rtrim(substr(b, size + 2), '0') <> '' THEN
                RETURN left(b, size + 1);
            END IF;
            made := substr(rest, 2, size);
            FOR i IN REVERSE size..1 LOOP
                x := strpos(digits, substr(made, i, 1)) - 1 + CASE WHEN b IS NULL THEN 1 ELSE -1 END;
                made := overlay(made PLACING substr(digits, (x + 62) % 62 + 1, 1) FROM i FOR 1);
                IF x BETWEEN 0 AND 61 THEN
                    RETURN chr(head) || made;
                END IF;
            END LOOP;
            -- all digits rolled over: one more digit further out, or the step across the middle
            IF b IS NULL AND head = 90 THEN RETURN 'a0'; END IF;
            IF a IS NULL AND head = 97 THEN RETURN 'Zz'; END IF;
            IF b IS NULL AND head < 122 THEN
                RETURN chr(head + 1) || CASE WHEN head >= 97 THEN repeat('0', size + 1) ELSE repeat('0', size - 1) END;
            END IF;
            IF a IS NULL AND head > 65 THEN
                RETURN chr(head - 1) || CASE WHEN head > 97 THEN repeat('z', size - 1) ELSE repeat('z', size + 1) END;
            END IF;
        END IF;
        made := '';
    END IF;

    -- the midpoint of two fractions; `made` is what they share
    rest := coalesce(a, '');
    above := b;
    LOOP
        IF above IS NOT NULL AND above = '' THEN
            RETURN NULL;
        END IF;
        x := CASE WHEN rest = '' THEN 0 ELSE strpos(digits, left(rest, 1)) - 1 END;
        y := CASE WHEN above IS NULL THEN 62 ELSE strpos(digits, left(above, 1)) - 1 END;
        IF y - x > 1 THEN
            RETURN made || substr(digits, (x + y + 1) / 2 + 1, 1);
        ELSIF x = y THEN
            above := substr(above, 2);
        ELSIF above IS NOT NULL AND rtrim(substr(above, 2), '0') <> '' AND y > 0 THEN
            RETURN made || left(above, 1);
        ELSE
            above := NULL;
        END IF;
        made := made || substr(digits, x + 1, 1);
        rest := substr(rest, 2);
    END LOOP;
END
$$;

-- They run with the owner's rights, and nobody else calls them: see log_make_capture(). Only number_now() is anyone's.
REVOKE EXECUTE ON FUNCTION check_wip_limit(bigint), number_at_commit(), fill_ticket(), fill_column(), fill_creator(),
    return_tickets(), hold_names(), ring_person() FROM PUBLIC;
