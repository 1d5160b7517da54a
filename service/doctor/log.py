"""Holds the log against the rows: triggers that capture, numbers without gaps, boards that equal their replay."""

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from service.doctor.finding import Finding, fail, ok

CAPTURE = ("log_insert", "log_update", "log_delete", "log_truncate", "log_fixed_id")
ROWS = {  # triggers of a table's own, beside the capture
    "ticket": ("fill_row", "zzz_keep_row"),
    "board_column": ("fill_row", "zzz_keep_row", "return_tickets"),
    "board": ("fill_row", "zzz_keep_row"),
    "member": ("fill_row", "hold_names", "zzz_keep_row"),
    "person": ("zzz_keep_row",),
    "pending": ("number_at_commit",),
    "session": ("ring_person",),
    "token": ("ring_person",),
}
LATE = ("session", "token")  # not of the log: without their trigger a revocation is noticed a minute late
SAMPLE = 20  # boards
LONGEST = 200_000  # events of a board that are replayed; longer logs are only counted
SHOWN = 3  # of the differences found

Conn = psycopg.Connection[tuple[Any, ...]]


class Attachment(msgspec.Struct, frozen=True):
    """How one table's rows show on boards; the SQL texts are the database's own."""

    table: str
    noun: str
    entity: str
    topics: str
    row: str  # SQL text of the row as it travels, over the alias r


def look(conn: Conn) -> Iterator[Finding]:
    """Yield a finding a check, and one for each thing that is wrong."""
    yield from _triggers(conn)
    yield from _left_behind(conn)
    yield from _boards(conn)


def _triggers(conn: Conn) -> Iterator[Finding]:
    attached = conn.execute(
        """
        SELECT DISTINCT table_name FROM log_attachment
         WHERE to_regclass(quote_ident(table_name)) IS NOT NULL   -- a dropped table leaves its lines behind
         ORDER BY 1
        """
    ).fetchall()
    tables = [name for (name,) in attached]
    wanted = {table: (*CAPTURE, *ROWS.get(table, ())) for table in tables}
    wanted |= {table: ROWS[table] for table in ("pending", *LATE)}
    there = {
        (table, trigger): enabled
        for table, trigger, enabled in conn.execute(
            """
            SELECT c.relname, t.tgname, t.tgenabled
              FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
             WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
            """
        ).fetchall()
    }
    sick = 0
    for table, triggers in wanted.items():
        extra = [name for at, name in there if at == table and name not in triggers and there[at, name] == "D"]
        for trigger in (*triggers, *extra):
            state = there.get((table, trigger))
            if state == "A" or (state == "O" and table in LATE):
                continue
            sick += 1
            yield _sick_trigger(table, trigger, state)
    if not sick:
        yield ok("triggers", f"All triggers of the log are there and always fire, on {', '.join(tables)}.")


def _sick_trigger(table: str, trigger: str, state: str | None) -> Finding:
    logs = trigger.startswith("log_") or trigger in {"number_at_commit", "return_tickets"}
    harm = "changes go past the log" if logs else "what it keeps in order is not kept"
    if state is None:
        mend = f"SELECT log_make_capture('{table}');"
        if trigger not in CAPTURE:
            mend = "DELETE FROM migration WHERE name = 'schema/attach.sql'; and run `livelane migrate`."
        return fail("triggers", f"The trigger {trigger} on {table} is missing: {harm}.", mend)
    always = "" if table in LATE else "ALWAYS "
    enable = f"ALTER TABLE {table} ENABLE {always}TRIGGER {trigger};"
    if state == "D":
        again = " Then run `livelane doctor` again to see what was missed." if logs else ""
        return fail("triggers", f"The trigger {trigger} on {table} is disabled: {harm}.", enable + again)
    said = {"O": "does not fire in sessions with session_replication_role = replica", "R": "fires in those alone"}
    return fail("triggers", f"The trigger {trigger} on {table} {said[state]}.", enable)


def _left_behind(conn: Conn) -> Iterator[Finding]:
    row = conn.execute("SELECT count(*) FROM pending WHERE xid < pg_snapshot_xmin(pg_current_snapshot())").fetchone()
    if row and row[0]:
        yield fail(
            "pending",
            f"{row[0]} captured changes were never numbered: their numbering trigger did not fire.",
            "Enable the trigger number_at_commit on pending, then DELETE FROM pending WHERE "
            "xid < pg_snapshot_xmin(pg_current_snapshot()); SELECT renew_epoch();",
        )


def _boards(conn: Conn) -> Iterator[Finding]:
    attachments = _attachments(conn)
    clocks = conn.execute(
        """
        (SELECT topic FROM topic_clock WHERE topic LIKE 'board/%%' ORDER BY at DESC LIMIT %(half)s)
         UNION
        (SELECT topic FROM topic_clock WHERE topic LIKE 'board/%%' ORDER BY random() LIMIT %(half)s)
         ORDER BY 1
        """,
        {"half": SAMPLE // 2},
    ).fetchall()
    sick = replayed = events = 0
    for (topic,) in clocks:
        gap = _gap(conn, topic)
        if gap:
            sick += 1
            yield gap
            continue
        row = conn.execute(
            "SELECT count(*) FROM (SELECT FROM event WHERE topic = %s LIMIT %s) few", (topic, LONGEST)
        ).fetchone()
        events += row[0] if row else 0
        if row and row[0] >= LONGEST:
            continue
        replayed += 1
        if differs := [said for attachment in attachments for said in _differences(conn, topic, attachment)]:
            sick += 1
            more = f" and {len(differs) - SHOWN} more" if len(differs) > SHOWN else ""
            yield fail(
                "log-and-rows",
                f"{topic} is not what its log says: {'; '.join(differs[:SHOWN])}{more}. "
                "A trigger was off, or the log was changed by hand.",
                "Once the triggers are on again, SELECT renew_epoch(); gives every reader a new snapshot; "
                "the missed changes stay missing in the history.",
            )
    orphans = _boards_without_log(conn)
    if orphans:
        sick += 1
        yield fail(
            "log-and-rows",
            f"Boards {', '.join(map(str, orphans[:5]))} are not in the log at all.",
            "They were made while a trigger was off; touch each once: UPDATE board SET title = title || '' …, "
            "or restore a backup.",
        )
    if not sick:
        text = f"{replayed} boards with {events} events replayed: numbers without gaps, rows as logged."
        yield ok("log-and-rows", text if clocks else "There are no boards yet.")


def _gap(conn: Conn, topic: str) -> Finding | None:
    row = conn.execute(
        """
        SELECT c.seq, c.lowest_seq, count(e.seq), min(e.seq), max(e.seq)
          FROM topic_clock c LEFT JOIN event e ON e.topic = c.topic AND e.seq >= c.lowest_seq
         WHERE c.topic = %s
         GROUP BY c.topic
        """,
        (topic,),
    ).fetchone()
    if row is None:
        return None
    head, lowest, count, first, last = row
    if count == head - lowest + 1 and (count == 0 or (first == lowest and last == head)):
        return None
    missing = conn.execute(
        """
        SELECT n FROM generate_series(%s::bigint, %s::bigint) n
         WHERE NOT EXISTS (SELECT FROM event e WHERE e.topic = %s AND e.seq = n) ORDER BY 1 LIMIT 3
        """,
        (lowest, head, topic),
    ).fetchall()
    named = ", ".join(str(number) for (number,) in missing)
    todo = (
        f"Events were deleted by hand, or the database lost writes; UPDATE topic_clock SET lowest_seq = {head + 1} "
        f"WHERE topic = '{topic}'; makes readers begin with a snapshot instead of stumbling."
    )
    if last is not None and last > head:
        return fail(
            "log-and-rows",
            f"{topic} stands at {head}, but its log goes on to {last}.",
            f"UPDATE topic_clock SET seq = {last} WHERE topic = '{topic}'; SELECT renew_epoch();",
        )
    return fail("log-and-rows", f"{topic} has {count} of its events {lowest} to {head}; missing: {named}.", todo)


def _attachments(conn: Conn) -> list[Attachment]:
    """Return what shows on boards and is logged from its creation on."""
    rows = conn.execute(
        """
        SELECT table_name, noun, entity, topics,
               log_object_sql(to_regclass(quote_ident(table_name)), columns, 'r', NULL)
          FROM log_attachment
         WHERE kinds LIKE '%%c%%' AND topics LIKE '%%board/%%' AND to_regclass(quote_ident(table_name)) IS NOT NULL
         ORDER BY 1, 2
        """
    ).fetchall()
    return [Attachment(*row) for row in rows]


def _differences(conn: Conn, topic: str, to: Attachment) -> list[str]:
    """Return in words where a noun's rows differ from what the kept log makes of them. One statement, one snapshot."""
    query = sql.SQL(
        """
        WITH logged AS MATERIALIZED (
            SELECT entity_id AS id, (array_agg(kind ORDER BY seq DESC))[1] AS last,
                   jsonb_overlay("set"::jsonb ORDER BY seq) AS said
              FROM event WHERE topic = %(topic)s AND noun = %(noun)s GROUP BY entity_id
        ), here AS MATERIALIZED (
            SELECT ({entity})::bigint AS id, ({row})::jsonb AS row_ FROM {table} r WHERE %(topic)s = ANY ({topics})
        ), kept AS (SELECT lowest_seq = 1 AS whole FROM topic_clock WHERE topic = %(topic)s)
        SELECT coalesce(l.id, h.id),
               CASE WHEN h.id IS NULL THEN 'gone'
                    WHEN l.id IS NULL THEN 'unlogged'
                    WHEN l.last = 'd' THEN 'deleted'
                    ELSE 'differs' END,
               (SELECT string_agg(s.key, ', ' ORDER BY s.key) FROM jsonb_each(l.said) s
                 WHERE h.row_ ? s.key AND h.row_ -> s.key IS DISTINCT FROM s.value)
          FROM logged l FULL JOIN here h ON h.id = l.id
         WHERE CASE WHEN h.id IS NULL THEN l.last <> 'd'
                    WHEN l.id IS NULL THEN (SELECT whole FROM kept)
                    WHEN l.last = 'd' THEN true
                    ELSE EXISTS (SELECT FROM jsonb_each(l.said) s
                                  WHERE h.row_ ? s.key AND h.row_ -> s.key IS DISTINCT FROM s.value) END
         ORDER BY 1
         LIMIT 100
        """
    ).format(
        entity=_own_text(to.entity), row=_own_text(to.row), topics=_own_text(to.topics), table=sql.Identifier(to.table)
    )
    words = {
        "gone": "is in the log but not in the table",
        "unlogged": "was never logged",
        "deleted": "was deleted by the log but is there",
    }
    found = conn.execute(query, {"topic": topic, "noun": to.noun}).fetchall()
    return [f"{to.noun} {number} {words.get(how) or f'has another {fields}'}" for number, how, fields in found]


def _own_text(text: str) -> sql.SQL:
    """SQL that the database itself wrote: attach_to_log's expressions and log_object_sql's."""
    return sql.SQL(text.replace("%", "%%"))  # pyright: ignore[reportArgumentType]


def _boards_without_log(conn: Conn) -> list[int]:
    rows = conn.execute(
        """
        SELECT b.id FROM board b
         WHERE NOT EXISTS (SELECT FROM topic_clock c WHERE c.topic = 'board/' || b.id)
         ORDER BY 1 LIMIT 6
        """
    ).fetchall()
    return [number for (number,) in rows]
