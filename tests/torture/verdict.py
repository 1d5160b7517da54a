"""What must hold when all is quiet."""

import json
from collections import Counter
from typing import Any

import psycopg

from tests.oracle import Replica, of_snapshot
from tests.torture.ground import Ground
from tests.torture.reader import Reader

COMPARED = {
    "columns": ("board_id", "title", "wip_limit", "rank", "version"),
    "tickets": ("board_id", "column_id", "title", "rank", "version", "has_description"),
    "members": ("person_id", "name", "role"),
}


async def heads(ground: Ground) -> dict[str, int]:
    """The last number of every topic."""
    with psycopg.connect(ground.server.url, autocommit=True) as conn:
        return dict(conn.execute("SELECT topic, seq FROM topic_clock").fetchall())


async def judge(ground: Ground, readers: list[Reader]) -> None:
    """Raise AssertionError for anything lost, doubled or different."""
    with psycopg.connect(ground.server.url, autocommit=True) as conn:
        _the_log_has_no_gaps(conn)
        log = _events(conn)
        _what_was_acknowledged_is_there(ground, log)
        for board in ground.boards:
            rows = _selected(conn, board.id)
            state = await ground.ada.get(board.path)
            _same(_shown(of_snapshot(state)), rows, f"the snapshot of {board.topic} and SELECT")
            _same(_shown(_replayed(log[board.topic])), rows, f"the replayed log of {board.topic} and SELECT")
            for reader in readers:
                if replica := reader.consumer.replicas.get(board.topic):
                    _same(replica.board(), of_snapshot(state), f"{board.topic} of {reader.name} and the snapshot")
    mine = f"user/{ground.ada.id}"
    async with ground.ada.stream("/streams?me=true") as stream:
        state = (await stream.named("snapshot"))["state"]
    for reader in readers:
        if replica := reader.consumer.replicas.get(mine):
            _same(replica.person(), of_snapshot(state), f"{mine} of {reader.name} and the snapshot")


def _same(one: dict[str, Any], other: dict[str, Any], what: str) -> None:
    different = [
        f"{key} {row_id}: {one[key].get(row_id)} != {other[key].get(row_id)}"
        for key in one
        for row_id in one[key].keys() | other[key].keys()
        if one[key].get(row_id) != other[key].get(row_id)
    ]
    assert not different, f"{what} differ:\n" + "\n".join(different[:10])


def _the_log_has_no_gaps(conn: psycopg.Connection[Any]) -> None:
    wrong = conn.execute(
        """
        SELECT c.topic, c.seq, count(e.seq), min(e.seq), max(e.seq), bool_or(e.more AND e.seq = c.seq)
          FROM topic_clock c LEFT JOIN event e ON e.topic = c.topic
         GROUP BY c.topic, c.seq
        HAVING count(e.seq) <> c.seq OR min(e.seq) <> 1 OR max(e.seq) <> c.seq
            OR count(DISTINCT e.seq) <> c.seq OR bool_or(e.more AND e.seq = c.seq)
        """
    ).fetchall()
    assert not wrong, f"not 1..n, or the last says more: {wrong}"
    pending = conn.execute("SELECT count(*) FROM pending").fetchone()
    assert pending == (0,), f"{pending} changes were captured and never numbered"


def _events(conn: psycopg.Connection[Any]) -> dict[str, list[dict[str, Any]]]:
    log: dict[str, list[dict[str, Any]]] = {}
    for (topic,) in conn.execute("SELECT topic FROM topic_clock").fetchall():
        found = conn.execute("SELECT body FROM read_events(%s, 0, 100000000, true)", (topic,)).fetchall()
        log[topic] = [json.loads(body) for (body,) in found]
    return log


def _what_was_acknowledged_is_there(ground: Ground, log: dict[str, list[dict[str, Any]]]) -> None:
    ledger = ground.ledger
    of_key: dict[str, list[dict[str, Any]]] = {}
    born: Counter[str] = Counter()
    for events in log.values():
        for event in events:
            if event["op"]:
                of_key.setdefault(event["op"], []).append(event)
            if event["type"] == "ticket.created":
                born[event["set"]["uid"]] += 1

    for key, place in ledger.acknowledged.items():
        found = of_key.get(key, [])
        if place is None:
            assert not found, f"{key} was said to change nothing and made {found}"
            continue
        topic, seq = place
        assert [event for event in found if (event["topic"], event["seq"]) == (topic, seq)], f"{key} was lost: {place}"
        for one in {event["topic"] for event in found}:
            run = [event for event in found if event["topic"] == one]
            first = run[0]["seq"]
            assert [event["seq"] for event in run] == list(range(first, first + len(run))), (
                f"{key} was done twice: {run}"
            )
            assert [bool(event.get("more")) for event in run] == [True] * (len(run) - 1) + [False], f"{key}: {run}"
            assert one != topic or run[-1]["seq"] == seq, f"{key} was answered {seq}, which is not its last: {run}"
    deleted = {
        event["id"]
        for events in log.values()
        for event in events
        if event["type"] == "ticket.deleted" and "moved_to" not in event
    }
    for key, told in ledger.refused.items():
        found = of_key.get(key, [])
        if found and len(told) > 2 and " 404 " in told[-1] and found[-1]["id"] in deleted:
            continue  # an earlier attempt did it and its answer was lost; until the next, SQL deleted the ticket
        assert not found, f"{key} was refused and done: {found}\n" + "\n".join(told)
    for uid in ledger.committed:
        assert born[uid] >= 1, f"the ticket {uid} was committed and is not in the log"
    for uid in ledger.undone:
        assert born[uid] == 0, f"the ticket {uid} was rolled back and is in the log"


def _replayed(events: list[dict[str, Any]]) -> dict[str, Any]:
    replica = Replica()
    replica.seq = 0
    for event in events:
        replica.event(event)
    return replica.board()


def _selected(conn: psycopg.Connection[Any], board: int) -> dict[str, dict[int, dict[str, Any]]]:
    """The open rows, straight from the tables."""
    queries = {
        "columns": "SELECT id, to_jsonb(c) FROM board_column c WHERE board_id = %s AND archived_at IS NULL",
        "tickets": """SELECT t.id, to_jsonb(t) || jsonb_build_object('has_description', t.description <> '')
                        FROM ticket t JOIN board_column c ON c.id = t.column_id
                       WHERE t.board_id = %s AND t.archived_at IS NULL AND c.archived_at IS NULL""",
        "members": """SELECT m.person_id, to_jsonb(m) || jsonb_build_object('name', p.name)
                        FROM member m JOIN person p ON p.id = m.person_id WHERE m.board_id = %s""",
    }
    return {
        key: {
            row_id: {name: row[name] for name in COMPARED[key]}
            for row_id, row in conn.execute(query.encode(), (board,)).fetchall()
        }
        for key, query in queries.items()
    }


def _shown(board: dict[str, Any]) -> dict[str, dict[int, dict[str, Any]]]:
    return {
        key: {row_id: {name: row[name] for name in names} for row_id, row in board[key].items()}
        for key, names in COMPARED.items()
    }
