-- History: the stream's objects with nothing left out, newest first.

CREATE OR REPLACE FUNCTION list_events(hash bytea, board_id bigint, after_seq bigint, before_seq bigint, most integer) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    who bigint := caller(hash);
BEGIN
    PERFORM allow(who, role_on(who, board_id), 'viewer', 'board');
    RETURN (SELECT '[' || coalesce(string_agg(event_json(e, true), ',' ORDER BY e.seq DESC), '') || ']'
              FROM (SELECT * FROM event x
                     WHERE x.topic = 'board/' || board_id AND x.seq > coalesce(after_seq, 0) AND x.seq < coalesce(before_seq, 9223372036854775807)
                     ORDER BY x.seq DESC LIMIT most) e);
END
$$;

-- Not STABLE: when it waited for retention to drop the event, only a later look at the clock says so.
CREATE OR REPLACE FUNCTION read_event(hash bytea, board_id bigint, seq bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    who  bigint := caller(hash);
    body text;
BEGIN
    PERFORM allow(who, role_on(who, board_id), 'viewer', 'board');
    SELECT event_json(e, true) INTO body FROM event e WHERE e.topic = 'board/' || board_id AND e.seq = read_event.seq;
    IF body IS NULL THEN
        IF read_event.seq < (SELECT c.lowest_seq FROM topic_clock c WHERE c.topic = 'board/' || board_id) THEN
            PERFORM refuse('LL410', 'This event is no longer kept.');
        END IF;
        PERFORM refuse('LL404', 'There is no such event yet.');
    END IF;
    RETURN body;
END
$$;

-- A ticket's life on the boards this person may see, also before it came to, or after it left, one of them. A page ends with
-- all of a transaction's events, which have one time: the next one begins before it.
CREATE OR REPLACE FUNCTION list_ticket_events(hash bytea, ticket_id bigint, before timestamptz, most integer) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    who  bigint := caller(hash);
    body text;
BEGIN
    SELECT '[' || string_agg(event_json(e, true), ',' ORDER BY e.at DESC, e.seq DESC) || ']' INTO body
      FROM (SELECT x.* FROM event x
             WHERE x.entity_id = ticket_id AND x.noun = 'ticket' AND x.at < coalesce(before, 'infinity')
               AND x.topic IN (SELECT 'board/' || m.board_id FROM member m WHERE m.person_id = who)
             ORDER BY x.at DESC FETCH FIRST (most) ROWS WITH TIES) e;
    IF body IS NULL AND NOT EXISTS (SELECT FROM event x WHERE x.entity_id = ticket_id AND x.noun = 'ticket'
            AND x.topic IN (SELECT 'board/' || m.board_id FROM member m WHERE m.person_id = who)) THEN
        PERFORM refuse('LL404', 'There is no such ticket, or you may not see it.')
          WHERE NOT EXISTS (SELECT FROM ticket t JOIN member m ON m.board_id = t.board_id WHERE t.id = ticket_id AND m.person_id = who);
    END IF;
    RETURN coalesce(body, '[]');
END
$$;
