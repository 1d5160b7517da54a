"""History: the log over REST, and boards as they were."""

from typing import Any

import psycopg

from tests.service.conftest import Person


async def test_a_boards_history_is_newest_first_between_bounds(ada: Person):
    board, (todo, *_) = await ada.board()
    for number in range(4):
        await ada.ticket(todo, str(number))
    head = (await ada.get(f"/api/boards/{board}"))["seq"]
    path = f"/api/boards/{board}/events"

    assert [event["seq"] for event in await ada.get(path)] == list(range(head, 0, -1))
    between = await ada.get(f"{path}?after_seq=2&before_seq={head}")
    assert [event["seq"] for event in between] == list(range(head - 1, 2, -1))
    assert [event["seq"] for event in await ada.get(f"{path}?limit=2")] == [head, head - 1]
    assert await ada.get(f"{path}/{head}") == (await ada.get(path))[0]
    await ada.refused(404, "not-found", "GET", f"{path}/{head + 1}")


async def test_history_leaves_nothing_out(ada: Person):
    board, (todo, *_) = await ada.board()
    ticket = await ada.ticket(todo, description="x" * 50_000)

    (event,) = await ada.get(f"/api/tickets/{ticket['id']}/events")

    assert event["set"]["description"] == "x" * 50_000
    assert "omitted" not in event
    assert event["actor"] == {"id": ada.id, "name": "Ada"}
    assert event["topic"] == f"board/{board}"


async def test_a_board_as_it_was(ada: Person):
    board, (todo, doing, _) = await ada.board()
    ticket = await ada.ticket(todo, "before")
    path = f"/api/boards/{board}"
    then = await ada.get(path)
    await ada.do("PATCH", f"/api/tickets/{ticket['id']}", {"title": "after"})
    await ada.do("POST", f"/api/tickets/{ticket['id']}/move", {"column_id": doing})
    await ada.do("PATCH", path, {"title": "Renamed"})
    await ada.do("DELETE", f"/api/columns/{todo}")

    assert untimed(await ada.get(f"{path}?at={then['seq']}")) == untimed(then)
    await ada.refused(404, "not-found", "GET", f"{path}?at={then['seq'] + 100}")


def untimed(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Without `updated_at`, which the log knows only as the time of the event."""
    rows = [snapshot["board"], *snapshot["columns"], *snapshot["tickets"]]
    for row in rows:
        row.pop("updated_at")
    return snapshot


async def test_what_the_log_no_longer_keeps_is_gone(ada: Person, conn: psycopg.AsyncConnection):
    board, (todo, *_) = await ada.board()
    await ada.ticket(todo)
    head = (await ada.get(f"/api/boards/{board}"))["seq"]
    await conn.execute("DELETE FROM event WHERE seq < %s", (head,))
    await conn.execute("UPDATE topic_clock SET lowest_seq = %s WHERE topic = %s", (head, f"board/{board}"))

    await ada.refused(410, "gone", "GET", f"/api/boards/{board}?at={head - 2}")
    await ada.refused(410, "gone", "GET", f"/api/boards/{board}/events/{head - 1}")
    await ada.get(f"/api/boards/{board}?at={head - 1}")


async def test_the_archive_lists_what_is_archived(ada: Person):
    board, (todo, doing, _) = await ada.board()
    ticket = await ada.ticket(doing)
    await ada.do("DELETE", f"/api/tickets/{ticket['id']}")
    await ada.do("DELETE", f"/api/columns/{todo}")

    archive = await ada.get(f"/api/boards/{board}/archive")

    assert [column["id"] for column in archive["columns"]] == [todo]
    assert [row["id"] for row in archive["tickets"]] == [ticket["id"]]
    assert "description" not in archive["tickets"][0]
