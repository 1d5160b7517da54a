"""`livelane doctor` against real faults: each is made, and the report must name it and what mends it."""

from typing import Any

import psycopg
import pytest

from service.doctor import database, log, way
from service.doctor.finding import Finding as Found
from tests.cluster import Cluster
from tests.doctor import examine, one, troubles
from tests.journeys.conftest import Web
from tests.product import Product


def not_ok(url: str, conn: psycopg.Connection, check: str) -> list[Found]:
    return [found for found in database.look(url, conn) if found.check == check and found.level != "ok"]


@pytest.fixture
def board(database_url: str) -> int:
    """A board with columns and tickets that moved, were renamed, archived, deleted."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO person (email, name) VALUES ('ada@example.org', 'Ada')")
        conn.execute("INSERT INTO board (title) VALUES ('Road')")
        conn.execute("INSERT INTO member (board_id, person_id, role) VALUES (1, 1, 'owner')")
        conn.execute("INSERT INTO board_column (board_id, title) VALUES (1, 'To do'), (1, 'Done')")
        conn.execute("INSERT INTO ticket (column_id, title) SELECT 1, 'T' || n FROM generate_series(1, 9) n")
        conn.execute("UPDATE ticket SET column_id = 2, title = title || ' moved' WHERE id % 2 = 0")
        conn.execute("UPDATE ticket SET archived_at = now() WHERE id = 5")
        conn.execute("DELETE FROM ticket WHERE id = 3")
        conn.execute("SELECT log_upkeep()")
    return 1


def counts(url: str) -> list[Any]:
    with psycopg.connect(url) as conn:
        tables = ("person", "board", "ticket", "token", "event", "topic_clock", "pending")
        return [conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() for table in tables]


@pytest.mark.usefixtures("board")
def test_a_healthy_product_is_found_healthy_and_left_as_it_was(serve: Product) -> None:
    before = counts(serve.database_url)

    code, findings = examine(serve.url, "--database-url", serve.database_url)

    assert (code, troubles(findings)) == (0, [])
    assert {"database", "triggers", "log-and-rows", "reach", "host", "buffering", "latency"} <= {
        finding["check"] for finding in findings
    }
    assert counts(serve.database_url) == before


def test_a_page_where_the_stream_should_be_is_found(web: Web) -> None:
    (found,) = [
        found for found in way.streams(way.Address(web.url), None, "llt_x", None, None) if found.level == "fail"
    ]

    assert (found.check, found.text) == ("stream", "The stream is answered with text/html, no event stream.")


@pytest.mark.usefixtures("board")
def test_a_disabled_trigger_and_what_it_missed_are_found(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("ALTER TABLE ticket DISABLE TRIGGER log_update")
        conn.execute("UPDATE ticket SET title = 'Unseen' WHERE id = 1")
        off = [*log.look(conn)]
        conn.execute("ALTER TABLE ticket ENABLE ALWAYS TRIGGER log_update")
        on = [*log.look(conn)]

    disabled, missed = [finding for finding in off if finding.level == "fail"]
    assert disabled.todo.startswith("ALTER TABLE ticket ENABLE ALWAYS TRIGGER log_update;")
    assert "ticket 1 has another title" in missed.text
    assert [(finding.level, finding.check) for finding in on] == [("ok", "triggers"), ("fail", "log-and-rows")]


@pytest.mark.usefixtures("board")
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("DELETE FROM event WHERE topic = 'board/1' AND seq = 7", "missing: 7"),
        ("DELETE FROM event WHERE topic = 'board/1' AND seq > 15", "missing: 16, 17, 18"),
        ("UPDATE topic_clock SET seq = seq - 2 WHERE topic = 'board/1'", "its log goes on to"),
        ("DELETE FROM topic_clock WHERE topic = 'board/1'", "Boards 1 are not in the log"),
        ("UPDATE event SET was = '{}', kind = 'd' WHERE noun = 'ticket' AND entity_id = 9", "ticket 9 was deleted"),
        ("SET session_replication_role = replica; ALTER TABLE ticket DISABLE TRIGGER ALL; "
         "DELETE FROM ticket WHERE id = 8; ALTER TABLE ticket ENABLE TRIGGER ALL", "ticket 8 is in the log but not"),
    ],
)  # fmt: skip
def test_a_log_that_was_harmed_is_found(admin_url: str, harm: str, said: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as conn:
        conn.execute(harm.encode())
        found = [finding for finding in log.look(conn) if finding.check == "log-and-rows"]

    assert [finding.level for finding in found] == ["fail"]
    assert said in found[0].text
    assert found[0].todo


@pytest.mark.usefixtures("board")
def test_a_trigger_that_replicas_pass_by_is_found(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("ALTER TABLE board ENABLE TRIGGER log_insert")
        conn.execute("DROP TRIGGER log_delete ON board_column")
        conn.execute("ALTER TABLE session DISABLE TRIGGER ring_person")
        found = [finding for finding in log.look(conn) if finding.level == "fail"]

        for finding in found:
            conn.execute(finding.todo.encode())
        healed = [finding.level for finding in log.look(conn)]

    assert [finding.check for finding in found] == ["triggers"] * 3
    assert healed == ["ok", "ok"]


@pytest.mark.usefixtures("board")
def test_changes_that_were_never_numbered_are_found(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("ALTER TABLE pending DISABLE TRIGGER number_at_commit")
        conn.execute("UPDATE ticket SET title = 'Unnumbered' WHERE id = 1")
        checks = {finding.check: finding for finding in log.look(conn) if finding.level == "fail"}

    assert set(checks) == {"triggers", "pending", "log-and-rows"}
    assert checks["pending"].text.startswith("1 captured changes")


@pytest.mark.usefixtures("board")
def test_a_forgotten_transaction_is_named_with_how_to_end_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OLD_S", 0)
    with psycopg.connect(database_url, autocommit=True) as conn, psycopg.connect(database_url) as lunch:
        lunch.execute("UPDATE ticket SET title = 'Held' WHERE id = 1")
        [found] = not_ok(database_url, conn, "old-transactions")

        assert f"pg_terminate_backend({lunch.info.backend_pid})" in found.todo
        lunch.rollback()


@pytest.mark.usefixtures("board")
def test_a_schema_that_everyone_may_write_to_is_found(database_url: str, admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")

    with psycopg.connect(database_url, autocommit=True) as conn:
        [found] = not_ok(database_url, conn, "public-schema")

    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(found.todo.removeprefix("As its owner: ").encode())


@pytest.mark.usefixtures("board")
def test_functions_that_everyone_may_run_are_found(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC")
        [found] = not_ok(database_url, conn, "functions")
        assert "capture_ticket()" in found.todo

        conn.execute(found.todo.removeprefix("As their owner: ").encode())

        assert not_ok(database_url, conn, "functions") == []


def test_without_an_account_the_set_up_code_stays_good(serve: Product) -> None:
    _, findings = examine(serve.url, "--database-url", serve.database_url)

    assert {finding["check"] for finding in troubles(findings)} <= {"stream", "upkeep"}
    with psycopg.connect(serve.database_url) as conn:
        assert conn.execute("SELECT count(*) FROM person").fetchone() == (0,)


@pytest.mark.usefixtures("board")
def test_an_address_of_another_database_is_found(serve: Product, cluster: Cluster, template: str) -> None:
    with cluster.database("livelane_doctor_other", template) as other:
        with psycopg.connect(other, autocommit=True) as conn:
            conn.execute("INSERT INTO person (name) VALUES ('Bo')")
            conn.execute("SELECT log_upkeep()")

        code, findings = examine(serve.url, "--database-url", other)

    assert code == 1
    assert "another database" in one(findings, "identity")["todo"]


def test_an_address_where_nothing_answers_is_found(serve: Product) -> None:
    serve.stop()

    code, findings = examine(serve.url, "--database-url", serve.database_url)

    assert code == 1
    assert one(findings, "reach")["text"].endswith("cannot be reached: Connection refused.")
