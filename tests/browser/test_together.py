"""Two people, and psql, on one board."""

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.window import Tab, Window
from tests.product import Product


async def two(people: People, board: Board, window: Window, other_window: Window) -> tuple[Tab, Tab]:
    await window.sign_in(people.new("Ada", board.id))
    await other_window.sign_in(people.new("Ben", board.id))
    ada, ben = await window.tab(board.id), await other_window.tab(board.id)
    await ada.live()
    await ben.live()
    return ada, ben


async def test_two_people_see_each_others_changes_and_psqls(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await two(people, board, window, other_window)
    first, second = board.tickets[:2]

    made = await ada.run({"do": "ticket.create", "column_id": board.columns[0], "title": "New", "description": "words"})
    await ben.until(f"board.ticket({made['id']})?.title === 'New'")
    await ben.ask(f"void board.loadDescription({made['id']})")
    await ben.until(f"board.description({made['id']}) === 'words'")
    await ben.run({"do": "ticket.edit", "id": first, "title": "Ben's"})
    await ada.until(f'board.ticket({first}).title === "Ben\'s"')
    await ada.run({"do": "ticket.move", "id": second, "column_id": board.columns[2], "after": None})
    await ben.until(f"board.tickets({board.columns[2]})[0] === {second}")
    await ben.run({"do": "ticket.archive", "id": first})
    await ada.until(f"board.ticket({first}) === undefined")
    await ben.ask("void board.undo()")
    await ada.until(f'board.ticket({first})?.title === "Ben\'s"')
    board.rename(second, "psql's")
    for tab in (ada, ben):
        await tab.until(f'board.ticket({second}).title === "psql\'s"')
    for column in board.columns:
        assert await ada.ask(f"board.tickets({column})") == await ben.ask(f"board.tickets({column})")
    assert await ada.missed() == await ben.missed() == []


async def test_different_fields_both_survive_and_the_same_field_is_told(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await two(people, board, window, other_window)
    ticket = board.tickets[0]

    await window.context.set_offline(True)
    await ada.do({"do": "ticket.edit", "id": ticket, "title": "Ada's title"})
    await ben.run({"do": "ticket.edit", "id": ticket, "description": "Ben's words"})
    await window.context.set_offline(False)
    await ada.until("board.pending().length === 0")
    assert board.sql("SELECT title, description FROM ticket WHERE id = %s", ticket) == [("Ada's title", "Ben's words")]
    await ben.until(f'board.ticket({ticket}).title === "Ada\'s title"')  # else the conflict would be his

    await window.context.set_offline(True)
    await ada.do({"do": "ticket.edit", "id": ticket, "title": "Ada again"})
    assert (await ben.run({"do": "ticket.edit", "id": ticket, "title": "Ben's title"}))["is"] == "saved"
    await window.context.set_offline(False)
    await ada.until("board.conflicts().length === 1")
    conflict = (await ada.ask("board.conflicts()"))[0]
    assert [(f["field"], f["yours"], f["theirs"], f["by"]["name"]) for f in conflict["fields"]] == [
        ("title", "Ada again", "Ben's title", "Ben")
    ]
    await ada.until(f'board.ticket({ticket}).title === "Ben\'s title"')

    await ada.ask("void board.resolve(board.conflicts()[0].op, 'mine')")
    await ben.until(f"board.ticket({ticket}).title === 'Ada again'")


async def test_a_stale_drag_never_moves_the_ticket_back_f49(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await two(people, board, window, other_window)
    ticket = board.tickets[0]
    seen = await ben.ask(f"board.ticket({ticket}).version")
    await ada.run({"do": "ticket.move", "id": ticket, "column_id": board.columns[2]})
    await ben.until(f"board.ticket({ticket}).column_id === {board.columns[2]}")

    # Ben began to drag before Ada's move and drops after it.
    outcome = await ben.run({"do": "ticket.move", "id": ticket, "column_id": board.columns[1], "seen": seen})

    assert outcome["is"] == "conflict"
    assert [f["field"] for f in outcome["conflict"]["fields"]] == ["position"]
    assert outcome["conflict"]["fields"][0]["by"]["name"] == "Ada"
    assert board.column_of(ticket) == board.columns[2]
    await ben.until(f"board.ticket({ticket}).column_id === {board.columns[2]}")

    await ben.ask("void board.resolve(board.conflicts()[0].op, 'mine')")
    await ada.until(f"board.ticket({ticket}).column_id === {board.columns[1]}")


async def test_text_for_a_ticket_that_is_gone_is_kept_f50(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await two(people, board, window, other_window)
    archived, deleted = board.tickets[:2]
    await window.context.set_offline(True)
    await ada.do({"do": "ticket.edit", "id": archived, "title": "Kept one"})
    await ada.do({"do": "ticket.edit", "id": deleted, "title": "Kept two"})
    await ben.run({"do": "ticket.archive", "id": archived})
    board.sql("DELETE FROM ticket WHERE id = %s", deleted)
    await window.context.set_offline(False)

    await ada.until("board.pending().length === 2 && board.pending().every((p) => p.state === 'failed')")
    kept = await ada.ask("board.pending().map((p) => [p.id, p.command.title, p.refusal.problem])")
    assert kept == [[archived, "Kept one", "archived"], [deleted, "Kept two", "not-found"]]
    await ada.until(f"board.ticket({archived}) === undefined && board.ticket({deleted}) === undefined")

    await ada.run({"do": "ticket.restore", "id": archived})
    await ada.ask("void board.retry(board.pending()[0].op)")
    await ben.until(f"board.ticket({archived})?.title === 'Kept one'")


async def test_undo_is_refused_with_a_reason_when_someone_changed_the_same(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await two(people, board, window, other_window)
    ticket = board.tickets[0]
    await ada.run({"do": "ticket.edit", "id": ticket, "title": "Ada's"})
    await ben.until(f'board.ticket({ticket}).title === "Ada\'s"')
    await ben.run({"do": "ticket.edit", "id": ticket, "title": "Ben's"})
    await ada.until(f'board.ticket({ticket}).title === "Ben\'s"')

    await ada.ask("void board.undo()")
    await ada.until("notices.some((n) => n.kind === 'refused' && n.undo)")
    notice = (await ada.ask("notices.filter((n) => n.kind === 'refused')"))[0]
    assert notice["conflict"]["fields"][0]["by"]["name"] == "Ben"
    assert board.title(ticket) == "Ben's"
    assert await ada.title(ticket) == "Ben's"


async def test_a_refused_move_goes_back_and_says_why(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE board_column SET wip_limit = 2 WHERE id = %s", board.columns[1])
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()

    outcome = await tab.run({"do": "ticket.move", "id": board.tickets[0], "column_id": board.columns[1]})
    assert outcome["is"] == "refused"
    assert outcome["refusal"]["problem"] == "wip-limit"
    assert await tab.ask(f"board.ticket({board.tickets[0]}).column_id") == board.columns[0]


async def test_my_change_is_there_before_the_request_leaves_and_never_flickers(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    ticket, target = board.tickets[0], board.columns[2]

    places = await tab.ask(
        f"""await (async () => {{
            const places = []
            const note = () => places.push(board.ticket({ticket}).column_id)
            board.subscribe('ticket:{ticket}', note)
            const done = board.run({{ do: 'ticket.move', id: {ticket}, column_id: {target}, after: null }}).settled
            note()
            await done
            await new Promise((resolve) => setTimeout(resolve, 500))
            return places
        }})()"""
    )
    assert set(places) == {target}
    assert await tab.ask("board.pending()") == []


async def test_a_transaction_is_shown_whole(served: Product, people: People, board: Board, window: Window) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    await tab.ask(
        "void (window.torn = 0, board.onApplied(() => { const titles = new Set(board.columns()"
        ".flatMap((c) => board.tickets(c)).map((t) => board.ticket(t).title)); if (titles.size > 1) torn++ }))"
    )
    for n in range(20):
        board.sql("UPDATE ticket SET title = %s WHERE board_id = %s", f"Round {n}", board.id)
    await tab.until(f"board.ticket({board.tickets[0]}).title === 'Round 19'")
    assert await tab.ask("torn") == 0


async def test_a_long_description_that_the_stream_leaves_out_is_fetched_when_looked_at(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    ticket = board.tickets[0]
    await tab.ask(f"void board.subscribe('description:{ticket}', () => {{}})")
    for text in ("x" * 9_000, "y" * 9_000):
        board.sql("UPDATE ticket SET description = %s WHERE id = %s", text, ticket)
        await tab.until(f"board.description({ticket})?.[0] === '{text[0]}'")
    assert len(await tab.ask(f"board.description({ticket})")) == 9_000


async def test_thousands_of_changes_at_once_converge_f13(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql(
        "INSERT INTO ticket (board_id, column_id, title, rank)"
        " SELECT %s, %s, 'Bulk ' || n, 'b' || lpad(n::text, 6, '0') FROM generate_series(1, 3000) n",
        board.id,
        board.columns[0],
    )
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    board.sql("UPDATE ticket SET title = title || '!' WHERE board_id = %s", board.id)
    await tab.until(f"board.seq() === {board.seq()}", 20_000)
    assert await tab.ask(
        "board.columns().flatMap((c) => board.tickets(c)).every((t) => board.ticket(t).title.endsWith('!'))"
    )
