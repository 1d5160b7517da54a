"""What goes wrong around the service: held rows, a database that is away, deadlocks, a full disk."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from psycopg import sql

from service.settings import Settings
from tests.service.conftest import Person, running
from tests.wire import Wire


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    with Wire(database_url) as wire:
        yield wire


class TestAHeldRow:
    async def test_a_write_to_it_is_told_so_within_a_second(self, ada: Person, conn: psycopg.AsyncConnection):
        _, (todo, *_) = await ada.board()
        ticket = await ada.ticket(todo)
        path = f"/api/tickets/{ticket['id']}"
        async with conn.transaction():
            await conn.execute("UPDATE ticket SET title = 'held' WHERE id = %s", (ticket["id"],))
            took: list[float] = []
            for _ in range(3):
                began = time.monotonic()
                answer = await ada.ask("PATCH", path, {"title": "mine"})
                took.append(time.monotonic() - began)
                assert (answer.status_code, answer.json()["type"]) == (503, "/problems/locked")
                assert answer.headers["retry-after"] == "1"
            assert min(took) < 1.0, took
            assert (await ada.get(path))["title"] == ticket["title"]

        assert (await ada.do("PATCH", path, {"title": "mine"}))["title"] == "mine"

    async def test_a_crowd_at_it_is_told_in_time_and_holds_up_nobody(self, ada: Person, conn: psycopg.AsyncConnection):
        _, (todo, *_) = await ada.board()
        held, free = [f"/api/tickets/{(await ada.ticket(todo))['id']}" for _ in range(2)]
        for path in (held, free):  # so that their board is known
            await ada.do("PATCH", path, {"title": "before"})

        async def told(number: int) -> float:
            began = time.monotonic()
            await ada.refused(503, "locked", "PATCH", held, {"title": f"crowd {number}"})
            return time.monotonic() - began

        took: list[float] = []
        async with conn.transaction():
            await conn.execute("UPDATE ticket SET title = 'held' WHERE id = %s", (held.rpartition("/")[2],))
            waiting = [asyncio.create_task(told(number)) for number in range(40)]
            while not all(task.done() for task in waiting):
                began = time.monotonic()
                await ada.do("PATCH", free, {"title": f"free {len(took)}"})
                took.append(time.monotonic() - began)
            answered = sorted([await task for task in waiting])

        # Within LOCKED_S, and then as slow machines are. Passing the gate in pairs, the last would be told after
        # 1.8 s, and what is free be held up for more than one.
        assert answered[-1] < 1.5, answered
        assert max(took) < 1.0, took

    async def test_other_boards_do_not_notice(self, ada: Person, conn: psycopg.AsyncConnection):
        _, (todo, *_) = await ada.board()
        held = [(await ada.ticket(todo, str(number)))["id"] for number in range(20)]
        _, (elsewhere, *_) = await ada.board()
        mine = (await ada.ticket(elsewhere))["id"]
        async with conn.transaction():
            await conn.execute("UPDATE ticket SET description = 'held' WHERE column_id = %s", (todo,))
            waiting = [
                asyncio.create_task(ada.ask("PATCH", f"/api/tickets/{ticket}", {"title": "x"})) for ticket in held * 2
            ]
            took: list[float] = []
            for number in range(30):
                began = time.monotonic()
                await ada.do("PATCH", f"/api/tickets/{mine}", {"title": f"free {number}"})
                took.append(time.monotonic() - began)
            answers = await asyncio.gather(*waiting)

        assert {answer.json()["type"] for answer in answers} == {"/problems/locked"}
        assert sorted(took[:12])[3] < 0.15, took  # while all of them wait

    async def test_other_tickets_of_the_board_can_be_changed_and_moved(
        self, ada: Person, conn: psycopg.AsyncConnection
    ):
        board, (todo, doing, _) = await ada.board()
        one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")
        async with conn.transaction():
            await conn.execute("UPDATE ticket SET title = 'held' WHERE id = %s", (one["id"],))
            await ada.do("PATCH", f"/api/tickets/{two['id']}", {"title": "free"})
            await ada.do("POST", f"/api/tickets/{two['id']}/move", {"column_id": doing})
            await ada.do("POST", f"/api/tickets/{two['id']}/move", {"column_id": todo, "after": one["id"]})

        assert await ada.order(board, todo) == ["held", "free"]


class TestTheDatabaseAway:
    @pytest.fixture
    def settings(self, wire: Wire) -> Settings:
        return Settings(database_url=wire.url)

    @pytest.mark.parametrize("how", ["cut", "hold"])
    async def test_is_told_within_two_seconds_and_heals_by_itself(self, how: str, wire: Wire, ada: Person):
        board, (todo, *_) = await ada.board()
        ticket = await ada.ticket(todo)
        getattr(wire, how)()

        took: list[float] = []

        async def told(method: str, path: str, body: dict[str, str] | None = None) -> None:
            began = time.monotonic()
            answer = await ada.ask(method, path, body)
            took.append(time.monotonic() - began)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert int(answer.headers["retry-after"]) > 0

        for _ in range(2):  # by connections that fall silent, and then without any
            await asyncio.gather(
                told("PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"}),
                told("GET", f"/api/tickets/{ticket['id']}"),
                told("POST", "/api/boards", {"title": "x"}),
                told("GET", f"/api/boards/{board}"),
                told("GET", f"/api/boards/{board}?at=1"),
                told("GET", f"/api/boards/{board}/archive"),
                told("GET", f"/api/boards/{board}/events"),
                told("GET", f"/api/tickets/{ticket['id']}/events"),
            )
        assert sorted(took)[len(took) // 2] < 2.0, took
        assert max(took) < 4.0, took
        wire.mend()

        async with asyncio.timeout(20):  # it is told to wait 2 s
            path, back = f"/api/tickets/{ticket['id']}", {"title": "back"}
            while (answer := await ada.ask("PATCH", path, back)).status_code == 503:  # noqa: ASYNC110 -- as clients do
                await asyncio.sleep(0.1)
        assert answer.status_code == 200

    async def test_the_service_starts_without_it(self, wire: Wire, url: str):
        wire.cut()
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.get("/api/me", headers={"authorization": "Bearer x"})

        assert answer.status_code == 503

    async def test_strangers_are_not_told_where_it_is(self, wire: Wire, url: str):
        wire.cut()
        port = wire.url.rpartition(":")[2].partition("/")[0]
        async with httpx.AsyncClient(base_url=url) as client:
            asked = await client.post("/api/code", json={"code": "x" * 22}, headers={"sec-fetch-site": "same-origin"})

        assert asked.status_code == 503
        assert port not in asked.text
        assert "127.0.0.1" not in asked.text

    async def test_reads_survive_the_end_of_every_connection(self, ada: Person, conn: psycopg.AsyncConnection):
        board, _ = await ada.board()
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'livelane service'"
        )

        assert (await ada.get(f"/api/boards/{board}"))["board"]["id"] == board


async def test_what_goes_in_the_same_instant_is_not_found(ada: Person, conn: psycopg.AsyncConnection):
    board, _ = await ada.board()
    async with conn.transaction():
        await conn.execute("DELETE FROM board WHERE id = %s", (board,))
        waiting = asyncio.create_task(ada.ask("POST", f"/api/boards/{board}/columns", {"title": "Late"}))
        await until_it_waits(conn)

    answer = await waiting
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "deleted" in answer.json()["detail"]


async def test_who_goes_in_the_same_instant_is_not_signed_in(ada: Person, conn: psycopg.AsyncConnection):
    async with conn.transaction():
        await conn.execute("DELETE FROM person WHERE id = %s", (ada.id,))
        waiting = asyncio.create_task(ada.ask("POST", "/api/tokens", {"name": "late"}))
        await until_it_waits(conn)

    answer = await waiting
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/signed-out")


async def until_it_waits(conn: psycopg.AsyncConnection) -> None:
    """Return when a request of the service waits for a lock."""
    waits = """SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'livelane service'
                  AND wait_event_type = 'Lock'"""
    async with asyncio.timeout(1):
        while await (await conn.execute(waits.encode())).fetchone() is None:  # noqa: ASYNC110 -- the database has no event for it
            await asyncio.sleep(0.01)


async def fail_writes(conn: psycopg.AsyncConnection, code: str, times: int) -> None:
    """Make the next `times` updates of tickets fail with this SQLSTATE."""
    await conn.execute("CREATE SEQUENCE tries")
    body = sql.SQL(
        """
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('tries') <= {} THEN
                RAISE EXCEPTION 'as asked' USING ERRCODE = {};
            END IF;
            RETURN NEW;
        END $$;
        """
    )
    await conn.execute(body.format(times, code))
    await conn.execute("CREATE TRIGGER fail BEFORE UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION fail()")


@pytest.mark.parametrize("code", ["40P01", "40001"])
async def test_a_deadlock_is_tried_again_three_times(code: str, ada: Person, conn: psycopg.AsyncConnection):
    _, (todo, *_) = await ada.board()
    ticket = await ada.ticket(todo)
    await fail_writes(conn, code, 3)

    answer = await ada.ask("PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"}, idempotency_key="k")

    assert answer.status_code == 200
    assert answer.json()["version"] == 2


@pytest.mark.parametrize("code", ["53100", "53300", "25006", "40P01"])
async def test_a_full_disk_is_no_fault_of_the_request(code: str, ada: Person, conn: psycopg.AsyncConnection):
    _, (todo, *_) = await ada.board()
    ticket = await ada.ticket(todo)
    await fail_writes(conn, code, 1000)

    told = await ada.refused(503, "unavailable", "PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"})

    assert told["detail"]
    assert "as asked" not in told["detail"]  # that is for the log
    assert (await ada.get(f"/api/tickets/{ticket['id']}"))["version"] == 1


async def test_many_writes_of_one_board_are_told_in_time_too(wire: Wire, conn: psycopg.AsyncConnection):
    settings = Settings(database_url=wire.url)
    async with running(settings) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
        cursor = await conn.execute(
            """
            WITH p AS (INSERT INTO person (name) VALUES ('Ada') RETURNING id)
            INSERT INTO token (person_id, name, secret_hash)
            SELECT id, 'test', sha256('llt_x') FROM p RETURNING person_id
            """
        )
        assert await cursor.fetchone()
        client.headers["authorization"] = "Bearer llt_x"
        board = (await client.post("/api/boards", json={"title": "x"})).json()["id"]
        await client.patch(f"/api/boards/{board}", json={"title": "y"})
        wire.hold()
        began = time.monotonic()

        answers = await asyncio.gather(
            *(client.patch(f"/api/boards/{board}", json={"title": str(number)}) for number in range(40))
        )

        assert {answer.status_code for answer in answers} == {503}
        assert time.monotonic() - began < 5  # one patience, not one after the other
        wire.mend()
