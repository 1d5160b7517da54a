"""A few colleagues who work on a board at human speed, through REST as people do and through SQL as scripts do."""

import contextlib
import random
import threading
from collections.abc import Callable
from typing import Any

import httpx
import psycopg

REQUEST_S = 10.0
CROWDED = 40  # open tickets; from then on nobody adds any
FULL_DONE = 8  # tickets in the last column; then the oldest is archived

Row = dict[str, Any]

IDEAS = (
    "Ask the neighbours about the noise", "Photograph the breakfast for the website", "Compare three coffee roasters",
    "Write the allergen list", "Order more small plates", "Fix the squeaking front door", "Train for the evening rush",
    "Print the summer menu", "Plan the opening day", "Clean the awning", "Answer the reviews of last week",
    "Taste the new lemon cake", "Repair table four", "Find somebody for the flowers", "Set up card payments outside",
    "Move the wine delivery to Tuesday", "Try oat milk from the second supplier", "Label the spice jars",
    "Write to the newspaper", "Count the chairs", "Paint the bicycle stand", "Replace the light over the bar",
    "Invite the school choir", "Translate the menu", "Check the fire extinguishers", "Choose music for mornings",
)  # fmt: skip
NOTES = (
    "Price first, then taste.\n\n- [ ] call\n- [ ] compare\n- [ ] decide",
    "Talked to the landlord: **fine by her**, as long as it is quiet after ten.",
    "See the list on the fridge.",
    "Needs about two hours and somebody tall.",
    "| what | when |\n| --- | --- |\n| draft | Monday |\n| print | Thursday |",
)
ADDITIONS = (" (urgent)", " (waiting for an answer)", " before Friday", ", again", " with Mira")


class Robot(threading.Thread):
    """One colleague. Looks at the board, thinks, does one thing, and again, until `stop` is set."""

    def __init__(self, url: str, token: str, board: int, pause_s: tuple[float, float], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._board, self._pause_s, self._over = url, board, pause_s, stop
        self._headers = {"authorization": f"Bearer {token}"}
        self._luck = random.Random(token)  # noqa: S311 -- a habit, no secret

    def run(self) -> None:
        with httpx.Client(base_url=f"{self._url}/api", headers=self._headers, timeout=REQUEST_S) as client:
            while not self._over.wait(self._luck.uniform(*self._pause_s)):
                with contextlib.suppress(httpx.TransportError):  # the server starts, stops or restarts: next time
                    answer = client.get(f"/boards/{self._board}")
                    if answer.status_code == 200:
                        self._act(client, answer.json())

    def _act(self, client: httpx.Client, board: Row) -> None:
        """Do one thing. A refusal (a full column, somebody quicker) is part of the game."""
        columns: list[Row] = board["columns"]
        tickets: list[Row] = board["tickets"]
        if not columns:
            return
        deeds: list[tuple[float, Callable[[], None]]] = []
        if len(tickets) < CROWDED:
            deeds.append((1.2, lambda: self._add(client, columns, tickets)))
        if tickets:
            ticket = self._luck.choice(tickets)
            deeds += [
                (5.0, lambda: self._advance(client, columns, tickets)),
                (1.5, lambda: self._reorder(client, ticket, tickets)),
                (1.0, lambda: self._rename(client, ticket)),
                (1.0, lambda: self._describe(client, ticket)),
            ]
        if sum(ticket["column_id"] == columns[-1]["id"] for ticket in tickets) > FULL_DONE:
            deeds.append((4.0, lambda: self._archive(client, columns[-1], tickets)))
        [deed] = self._luck.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])
        deed()

    def _add(self, client: httpx.Client, columns: list[Row], tickets: list[Row]) -> None:
        there = {ticket["title"] for ticket in tickets}
        if new := [idea for idea in IDEAS if idea not in there]:
            client.post(f"/columns/{columns[0]['id']}/tickets", json={"title": self._luck.choice(new)})

    def _advance(self, client: httpx.Client, columns: list[Row], tickets: list[Row]) -> None:
        order = [column["id"] for column in columns]
        movable = [ticket for ticket in tickets if ticket["column_id"] in order[:-1]]
        if not movable:
            return
        ticket = self._luck.choice(movable)
        target = order[order.index(ticket["column_id"]) + 1]
        self._move(client, ticket, target, tickets)

    def _reorder(self, client: httpx.Client, ticket: Row, tickets: list[Row]) -> None:
        self._move(client, ticket, ticket["column_id"], tickets)

    def _move(self, client: httpx.Client, ticket: Row, column: int, tickets: list[Row]) -> None:
        others = [other["id"] for other in tickets if other["column_id"] == column and other["id"] != ticket["id"]]
        after = self._luck.choice([None, *others[:4]])
        client.post(
            f"/tickets/{ticket['id']}/move",
            json={"column_id": column, "after": after},
            headers={"if-match": f'"{ticket["version"]}"'},  # as a browser does: nobody's move is taken back
        )

    def _rename(self, client: httpx.Client, ticket: Row) -> None:
        title: str = ticket["title"]
        worn = next((addition for addition in ADDITIONS if title.endswith(addition)), None)
        title = title.removesuffix(worn) if worn else title + self._luck.choice(ADDITIONS)
        self._patch(client, ticket, {"title": title})

    def _describe(self, client: httpx.Client, ticket: Row) -> None:
        if not ticket["has_description"]:
            self._patch(client, ticket, {"description": self._luck.choice(NOTES)})
            return
        text: str = client.get(f"/tickets/{ticket['id']}").json().get("description", "")
        if "- [ ]" in text:
            self._patch(client, ticket, {"description": text.replace("- [ ]", "- [x]", 1)})

    def _archive(self, client: httpx.Client, column: Row, tickets: list[Row]) -> None:
        done = [ticket for ticket in tickets if ticket["column_id"] == column["id"]]
        client.delete(f"/tickets/{done[-1]['id']}")

    def _patch(self, client: httpx.Client, ticket: Row, change: Row) -> None:
        client.patch(f"/tickets/{ticket['id']}", json=change, headers={"if-match": f'"{ticket["version"]}"'})


class Script(threading.Thread):
    """A script that knows SQL alone: now and then it changes a ticket past the service, as live as any other change."""

    def __init__(self, database_url: str, board: int, pause_s: tuple[float, float], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._board, self._pause_s, self._over = database_url, board, pause_s, stop

    def run(self) -> None:
        luck = random.Random(self._board)  # noqa: S311 -- a habit, no secret
        while not self._over.wait(luck.uniform(*self._pause_s)):
            with contextlib.suppress(psycopg.Error), psycopg.connect(self._url, autocommit=True) as conn:
                conn.execute(
                    """
                    UPDATE ticket
                       SET title = CASE WHEN title LIKE '%% ✓' THEN left(title, -2) ELSE title || ' ✓' END
                     WHERE id = (SELECT t.id FROM ticket t
                                  WHERE t.board_id = %s AND t.archived_at IS NULL ORDER BY random() LIMIT 1)
                    """,
                    (self._board,),
                )
