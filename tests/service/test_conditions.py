"""Idempotency-Key and If-Match."""

import asyncio

import psycopg

from tests.service.conftest import NewPerson, Person


class TestIdempotencyKey:
    async def test_the_same_request_again_gets_the_first_answer(self, ada: Person):
        board, (todo, *_) = await ada.board()
        path, body = f"/api/columns/{todo}/tickets", {"title": "once"}
        first = await ada.ask("POST", path, body, idempotency_key="k1")
        again = await ada.ask("POST", path, body, idempotency_key="k1")

        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert first.headers["event-seq"] == again.headers["event-seq"]
        assert await ada.order(board, todo) == ["once"]
        assert (await ada.get(f"/api/boards/{board}/events?limit=1"))[0]["op"] == "k1"

    async def test_another_request_with_the_same_key_is_refused(self, ada: Person):
        _, (todo, doing, _) = await ada.board()
        ticket = await ada.ticket(todo)
        path = f"/api/tickets/{ticket['id']}"
        await ada.do("PATCH", path, {"title": "a"}, idempotency_key="k1")

        await ada.refused(422, "idempotency", "PATCH", path, {"title": "b"}, idempotency_key="k1")
        await ada.refused(422, "idempotency", "PATCH", path, {"title": "a"}, idempotency_key="k1", if_match='"1"')
        await ada.refused(422, "idempotency", "DELETE", path, idempotency_key="k1")
        await ada.refused(
            422, "idempotency", "POST", f"/api/columns/{doing}/tickets", {"title": "a"}, idempotency_key="k1"
        )

    async def test_another_person_has_keys_of_their_own(self, person: NewPerson):
        ada, bob = await person("Ada"), await person("Bob")
        one = await ada.do("POST", "/api/boards", {"title": "x"}, idempotency_key="k")
        other = await bob.do("POST", "/api/boards", {"title": "x"}, idempotency_key="k")

        assert one["id"] != other["id"]

    async def test_many_at_once_with_one_key_write_once(self, ada: Person):
        board, (todo, *_) = await ada.board()

        answers = await asyncio.gather(
            *(
                ada.ask("POST", f"/api/columns/{todo}/tickets", {"title": "once"}, idempotency_key="k")
                for _ in range(10)
            )
        )

        assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
        assert await ada.order(board, todo) == ["once"]

    async def test_access_is_checked_before_the_first_answer_is_given_again(
        self, person: NewPerson, conn: psycopg.AsyncConnection
    ):
        ada, bob = await person("Ada"), await person("Bob")
        board, (todo, *_) = await ada.board()
        await ada.do("POST", f"/api/boards/{board}/members", {"email": "bob@example.org", "role": "editor"})
        path = f"/api/columns/{todo}/tickets"
        await bob.do("POST", path, {"title": "secret"}, idempotency_key="k")
        await ada.do("DELETE", f"/api/boards/{board}/members/{bob.id}")

        await bob.refused(404, "not-found", "POST", path, {"title": "secret"}, idempotency_key="k")

    async def test_a_board_s_first_answer_is_given_again_to_members_only(self, person: NewPerson):
        ada, bob = await person("Ada"), await person("Bob")
        made = await ada.do("POST", "/api/boards", {"title": "Garden"}, idempotency_key="k")
        members = f"/api/boards/{made['id']}/members"
        await ada.do("POST", members, {"email": "bob@example.org", "role": "owner"})
        await ada.do("DELETE", f"{members}/{ada.id}")

        await ada.refused(404, "not-found", "POST", "/api/boards", {"title": "Garden"}, idempotency_key="k")
        await bob.do("POST", members, {"email": "ada@example.org", "role": "viewer"})
        assert await ada.do("POST", "/api/boards", {"title": "Garden"}, idempotency_key="k") == made

    async def test_a_failed_write_leaves_the_key_free(self, ada: Person):
        _, (todo, *_) = await ada.board()
        path = f"/api/columns/{todo}/tickets"
        await ada.refused(409, "misplaced", "POST", path, {"title": "x", "after": 999}, idempotency_key="k")
        await ada.do("POST", path, {"title": "x"}, idempotency_key="k")

    async def test_a_key_of_other_characters_is_malformed(self, ada: Person):
        for key in ("with space", "x" * 201, ""):
            await ada.refused(400, "malformed", "POST", "/api/boards", {"title": "x"}, idempotency_key=key)
            await ada.do("POST", "/api/tokens", {"name": "it is nothing to them"}, idempotency_key=key)
            await ada.do("PATCH", "/api/me", {"name": "Ada"}, idempotency_key=key)


class TestIfMatch:
    async def test_changes_of_other_fields_are_no_conflict(self, ada: Person):
        _, (todo, *_) = await ada.board()
        ticket = await ada.ticket(todo)
        path = f"/api/tickets/{ticket['id']}"
        await ada.do("PATCH", path, {"title": "theirs"}, if_match='"1"')

        mine = await ada.do("PATCH", path, {"description": "mine"}, if_match='"1"')

        assert (mine["title"], mine["description"], mine["version"]) == ("theirs", "mine", 3)

    async def test_a_change_of_the_same_field_is_told_with_both_values(self, person: NewPerson):
        ada, bob = await person("Ada"), await person("Bob")
        board, (todo, *_) = await ada.board()
        await ada.do("POST", f"/api/boards/{board}/members", {"email": "bob@example.org", "role": "editor"})
        ticket = await ada.ticket(todo, "first")
        path = f"/api/tickets/{ticket['id']}"
        await bob.do("PATCH", path, {"title": "theirs"})

        told = await ada.refused(
            409, "conflict", "PATCH", path, {"title": "mine", "description": "also"}, if_match='"1"'
        )

        (conflict,) = told["conflicts"]
        assert conflict.pop("at").endswith("Z")
        assert conflict == {
            "field": "title",
            "yours": "mine",
            "theirs": "theirs",
            "by": {"id": bob.id, "name": "Bob"},
            "via": "rest",
        }
        assert told["current"]["title"] == "theirs"
        assert (await ada.get(path))["description"] == ""

    async def test_who_changed_it_on_a_board_i_may_not_see_is_not_said(self, person: NewPerson):
        ada, bob = await person("Ada"), await person("Bob")
        shared, (todo, *_) = await ada.board()
        await ada.do("POST", f"/api/boards/{shared}/members", {"email": "bob@example.org", "role": "editor"})
        private, (desk, *_) = await ada.board()
        await ada.do("POST", f"/api/boards/{private}/members", {"email": "bob@example.org", "role": "editor"})
        ticket = await ada.ticket(desk, "first")
        path = f"/api/tickets/{ticket['id']}"
        await bob.do("PATCH", path, {"title": "said in private"})
        await ada.do("POST", f"{path}/move", {"column_id": todo})
        carl = await person("Carl")
        await ada.do("POST", f"/api/boards/{shared}/members", {"email": "carl@example.org", "role": "editor"})

        told = await carl.refused(409, "conflict", "PATCH", path, {"title": "mine"}, if_match='"1"')
        seen = await bob.refused(409, "conflict", "PATCH", path, {"title": "mine"}, if_match='"1"')

        assert (told["conflicts"][0]["by"], told["conflicts"][0]["via"]) == (None, None)
        assert (seen["conflicts"][0]["by"]["id"], seen["conflicts"][0]["via"]) == (bob.id, "rest")

    async def test_two_new_names_of_mine_conflict_and_another_field_does_not(self, ada: Person):
        known = (await ada.get("/api/me"))["version"]
        await ada.do("PATCH", "/api/me", {"name": "Ada L."})

        told = await ada.refused(409, "conflict", "PATCH", "/api/me", {"name": "A. L."}, if_match=f'"{known}"')
        mine = await ada.do("PATCH", "/api/me", {"time_zone": "Europe/Berlin"}, if_match=f'"{known}"')
        again = await ada.do("PATCH", "/api/me", {"name": "A. L."}, if_match=f'"{known + 1}"')

        (conflict,) = told["conflicts"]
        assert (conflict["field"], conflict["yours"], conflict["theirs"]) == ("name", "A. L.", "Ada L.")
        assert (mine["name"], mine["time_zone"]) == ("Ada L.", "Europe/Berlin")
        assert again["name"] == "A. L."

    async def test_a_change_by_sql_conflicts_likewise(self, ada: Person, conn: psycopg.AsyncConnection):
        _, (todo, *_) = await ada.board()
        ticket = await ada.ticket(todo)
        await conn.execute("UPDATE ticket SET title = 'sql' WHERE id = %s", (ticket["id"],))

        told = await ada.refused(
            409, "conflict", "PATCH", f"/api/tickets/{ticket['id']}", {"title": "mine"}, if_match='"1"'
        )

        assert told["conflicts"][0]["by"] is None
        assert told["conflicts"][0]["via"].startswith("sql:")

    async def test_a_field_changed_with_a_move_to_another_board_conflicts_and_one_left_alone_does_not(
        self, ada: Person, conn: psycopg.AsyncConnection
    ):
        _, (todo, *_) = await ada.board()
        there, (inbox, *_) = await ada.board()
        ticket = await ada.ticket(todo, "first", description="as it was")
        path = f"/api/tickets/{ticket['id']}"
        await conn.execute(
            "UPDATE ticket SET board_id = %s, column_id = %s, title = 'theirs' WHERE id = %s",
            (there, inbox, ticket["id"]),
        )

        told = await ada.refused(409, "conflict", "PATCH", path, {"title": "mine"}, if_match='"1"')
        mine = await ada.do("PATCH", path, {"description": "mine"}, if_match='"1"')

        assert [(c["field"], c["theirs"]) for c in told["conflicts"]] == [("title", "theirs")]
        assert told["conflicts"][0]["via"].startswith("sql:")
        assert (mine["title"], mine["description"], mine["board_id"]) == ("theirs", "mine", there)

    async def test_a_move_to_another_board_by_rest_is_no_change_of_a_text(self, ada: Person):
        _, (todo, *_) = await ada.board()
        _, (inbox, *_) = await ada.board()
        ticket = await ada.ticket(todo, "first")
        path = f"/api/tickets/{ticket['id']}"
        await ada.do("POST", f"{path}/move", {"column_id": inbox})
        await ada.do("POST", f"{path}/move", {"column_id": todo})

        assert (await ada.do("PATCH", path, {"title": "mine"}, if_match='"1"'))["version"] == 4
        await ada.refused(409, "conflict", "POST", f"{path}/move", {"column_id": inbox}, if_match='"1"')

    async def test_what_a_ticket_was_on_the_other_board_being_gone_every_differing_field_conflicts(
        self, ada: Person, conn: psycopg.AsyncConnection
    ):
        here, (todo, *_) = await ada.board()
        _, (inbox, *_) = await ada.board()
        ticket = await ada.ticket(todo, "first")
        path = f"/api/tickets/{ticket['id']}"
        await ada.do("POST", f"{path}/move", {"column_id": inbox})
        await conn.execute("DELETE FROM event WHERE topic = %s", (f"board/{here}",))

        await ada.refused(409, "conflict", "PATCH", path, {"title": "mine"}, if_match='"1"')
        await ada.do("PATCH", path, {"title": "first", "description": ""}, if_match='"1"')

    async def test_a_role_that_was_changed_conflicts_and_names_who_did_it(self, person: NewPerson):
        ada, bob, carl = await person("Ada"), await person("Bob"), await person("Carl")
        boards = [(await ada.board())[0] for _ in range(2)]
        for board in boards:
            await ada.do("POST", f"/api/boards/{board}/members", {"email": "bob@example.org", "role": "viewer"})
            await ada.do("POST", f"/api/boards/{board}/members", {"email": "carl@example.org", "role": "owner"})
        path = f"/api/boards/{boards[0]}/members/{bob.id}"
        await carl.do("PATCH", path, {"role": "editor"})
        await ada.do("PATCH", f"/api/boards/{boards[1]}/members/{bob.id}", {"role": "editor"})  # of no concern
        await bob.do("PATCH", "/api/me", {"name": "Bobby"})

        told = await ada.refused(409, "conflict", "PATCH", path, {"role": "owner"}, if_match='"1"')

        (conflict,) = told["conflicts"]
        assert conflict.pop("at").endswith("Z")
        assert conflict == {
            "field": "role",
            "yours": "owner",
            "theirs": "editor",
            "by": {"id": carl.id, "name": "Carl"},
            "via": "rest",
        }

    async def test_ranks_written_anew_hide_no_other_change(self, ada: Person, conn: psycopg.AsyncConnection):
        _, (todo, doing, _) = await ada.board()
        ticket = await ada.ticket(todo, "first")
        path = f"/api/tickets/{ticket['id']}"
        async with conn.transaction():
            await conn.execute("SET LOCAL livelane.rekey = 'on'")
            await conn.execute("UPDATE ticket SET title = 'theirs', rank = 'b0' WHERE id = %s", (ticket["id"],))
            await conn.execute("UPDATE board_column SET title = 'theirs' WHERE id = %s", (doing,))
            await conn.execute("UPDATE board SET title = 'theirs' WHERE id = %s", (ticket["board_id"],))

        for noun in (path, f"/api/columns/{doing}", f"/api/boards/{ticket['board_id']}"):
            told = await ada.refused(409, "conflict", "PATCH", noun, {"title": "mine"}, if_match='"1"')
            assert told["current"]["version"] == 2

    async def test_a_move_that_moved_meanwhile_conflicts_on_its_position(self, ada: Person):
        _, (todo, doing, done) = await ada.board()
        ticket = await ada.ticket(todo)
        other = await ada.ticket(doing)
        path = f"/api/tickets/{ticket['id']}"
        await ada.do("POST", f"{path}/move", {"column_id": doing})

        told = await ada.refused(409, "conflict", "POST", f"{path}/move", {"column_id": done}, if_match='"1"')

        (conflict,) = told["conflicts"]
        assert conflict["field"] == "position"
        assert conflict["yours"] == {"column_id": done, "after": None}
        assert conflict["theirs"] == {"column_id": doing, "after": other["id"]}
        await ada.do("PATCH", path, {"title": "fine"}, if_match='"1"')

    async def test_a_rekey_is_no_change_of_position(self, ada: Person, conn: psycopg.AsyncConnection):
        _, (todo, *_) = await ada.board()
        one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")
        await conn.execute("SELECT rekey_tickets(%s, NULL)", (todo,))
        await conn.execute("SELECT set_config('livelane.rekey', 'on', false)")
        await conn.execute("UPDATE ticket SET rank = 'b' || rank WHERE column_id = %s", (todo,))
        await conn.execute("SELECT set_config('livelane.rekey', 'off', false)")

        moved = await ada.do(
            "POST", f"/api/tickets/{two['id']}/move", {"column_id": todo, "after": None}, if_match='"1"'
        )

        assert moved["version"] == 2
        assert one["version"] == 1

    async def test_where_the_log_is_gone_every_differing_field_conflicts(
        self, ada: Person, conn: psycopg.AsyncConnection
    ):
        _, (todo, *_) = await ada.board()
        ticket = await ada.ticket(todo, "one")
        path = f"/api/tickets/{ticket['id']}"
        await ada.do("PATCH", path, {"title": "two"})
        await conn.execute("DELETE FROM event")

        told = await ada.refused(409, "conflict", "PATCH", path, {"title": "two", "description": "x"}, if_match='"1"')

        assert [conflict["field"] for conflict in told["conflicts"]] == ["description"]

    async def test_the_conflict_names_the_one_who_was_waited_for(self, ada: Person, conn: psycopg.AsyncConnection):
        _, (todo, *_) = await ada.board()
        ticket = await ada.ticket(todo)
        async with conn.transaction():
            await conn.execute("UPDATE ticket SET title = 'theirs' WHERE id = %s", (ticket["id"],))
            waiting = asyncio.create_task(
                ada.ask("PATCH", f"/api/tickets/{ticket['id']}", {"title": "mine"}, if_match='"1"')
            )
            while not await waits_for_a_lock(conn):  # the database has no event for it
                assert not waiting.done(), waiting.result().text
                await asyncio.sleep(0.01)

        answer = await waiting
        assert answer.status_code == 409
        assert answer.json()["conflicts"][0]["theirs"] == "theirs"

    async def test_it_names_exactly_one_version(self, ada: Person):
        board, _ = await ada.board()
        for value in ("1", "*", '"1", "2"', 'W/"1"', '"x"', ""):
            await ada.refused(400, "malformed", "PATCH", f"/api/boards/{board}", {"title": "x"}, if_match=value)

    async def test_a_version_that_no_row_has_come_to_is_a_conflict_however_long_it_is(self, ada: Person):
        board, _ = await ada.board()
        path = f"/api/boards/{board}"
        for value in ("999", "2147483648", "9" * 30):
            await ada.refused(409, "conflict", "PATCH", path, {"title": "x"}, if_match=f'"{value}"')
        assert (await ada.do("PATCH", path, {"title": "x"}, if_match=f'"{1:030}"'))["version"] == 2

    async def test_elsewhere_it_is_nothing(self, ada: Person):
        _, (todo, *_) = await ada.board()
        made = await ada.do("POST", f"/api/columns/{todo}/tickets", {"title": "x"}, if_match="*")
        await ada.do("DELETE", f"/api/tickets/{made['id']}", if_match="*")


async def waits_for_a_lock(conn: psycopg.AsyncConnection) -> bool:
    cursor = await conn.execute(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return await cursor.fetchone() is not None
