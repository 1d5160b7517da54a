"""A board with a past, for pictures: a ferry harbour's timetable, eight people, twelve days of work."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from tests.browser.people import People, Person

CAST = ("Noor Bek", "Mira Okoye", "Tomás Vidal", "Iris Kell", "Kofi Adu", "Wen Li", "Elif Sahin", "Jo Renner")
DAYS = 12
DEEDS = 260

COLUMNS: dict[str, tuple[int | None, tuple[tuple[int, str], ...]]] = {
    "Inbox": (None, (
        (331, "Tide heights are wrong at Skerry Point on the day the clocks go back"),
        (330, "Deckhand can mark a sailing as full"),
        (329, "Ask the harbour office for the new pontoon numbers"),
        (327, "Printed timetable hides the return sailings on a second page that nobody finds"),
        (326, "Refund form asks for the booking number twice"),
        (322, "Larger text on the quay displays"),
        (320, "Import the winter timetable"),
        (317, "What does the app say when a sailing leaves early?"),
        (316, "Fog signal icon is the same as “delayed”"),
    )),
    "Ready": (None, (
        (311, "Keep the last timetable for 48 hours when there is no signal"),
        (309, "Move booking confirmations off the old mail server"),
        (305, "Show the next three sailings without opening the app"),
        (302, "Fares: one table per island instead of one for all"),
        (298, "Dogs travel free: say so before payment"),
        (297, "Screen reader reads “14:02” as a ratio"),
        (293, "Warn when a connection leaves less than ten minutes to change boats"),
        (290, "Retire the SMS timetable"),
    )),
    "Doing": (5, (
        (318, "Cancellation push gives the reason and the next sailing"),
        (312, "Vessel positions lag a minute behind the radio feed"),
        (307, "Check-in by scanning the ticket at the ramp"),
        (303, "Rewrite the “sailing cancelled” screen"),
        (299, "Timetable shows yesterday’s sailing after midnight"),
    )),
    "Blocked": (None, ()),
    "Review": (4, (
        (306, "Quay display switches to night colours at sunset"),
        (300, "Search finds islands by their old names too"),
        (291, "Booking totals in the crew report include refunds"),
    )),
    "Done": (None, (
        (288, "Sailing page opens at the right day"),
        (304, "Seat map for MV Dunlin"),
        (301, "Crew can sign in with a staff number"),
        (295, "Two sailings at the same minute swap places on refresh"),
        (289, "Cookie notice removed, because there are no cookies left"),
        (286, "Contrast of “last call” on the quay displays"),
        (283, "Route map works without JavaScript"),
        (281, "Nightly backup is restored and compared every Sunday"),
    )),
}  # fmt: skip

PUSH = """\
When a sailing is cancelled, people get “Sailing 14:10 cancelled” and then ring the office. The push has to answer the \
two questions they ring about:

- **why**: wind, tide, engine, crew
- **what now**: the next sailing with places, as `15:25, 31 places`

### Checklist

- [x] Ask the crew for the real reasons
- [x] Four sentences, one per reason
- [ ] Next sailing with places left
- [ ] Works when there is no next sailing today
- [ ] Read aloud by two screen readers
"""

OTHERS: tuple[tuple[str, tuple[tuple[str, int | None, int], ...]], ...] = (
    ("Quay displays", (("Ideas", None, 12), ("Next", None, 9), ("Doing", 5, 4), ("Done", None, 30))),
    (
        "Winter refit, MV Oystercatcher",
        (("Yard", None, 22), ("Parts", 8, 8), ("On board", None, 4), ("Done", None, 13)),
    ),
    ("Crew rota", (("Open", None, 6), ("Asked", None, 3), ("Set", None, 9))),
    ("Island council requests", (("New", None, 17), ("Answered", None, 5), ("Closed", None, 8))),
)


class Harbour:
    """The people, and the boards they made."""

    def __init__(self, url: str, database_url: str) -> None:
        self.url = url
        self.database_url = database_url
        people = People(database_url)
        self.people: dict[str, Person] = {}
        for name in CAST:
            person = people.new(name.split()[0])
            self.people[name.split()[0]] = person
            self._sql("UPDATE person SET name = %s, welcomed_at = now() WHERE id = %s", name, person.id)
        self.board = 0
        self.columns: dict[str, int] = {}
        self.random = random.Random(4812)

    def fill(self) -> None:
        """Make the boards, live through twelve days on the first of them, and date them so."""
        noor = self.people["Noor"]
        self.board = self._board("Tidetable", [(name, limit) for name, (limit, _) in COLUMNS.items()])
        for name, person in list(self.people.items())[1:]:
            role = "editor" if name != "Jo" else "viewer"
            self._sql("INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, %s)", self.board, person.id, role)
        for title, columns in OTHERS:
            board = self._board(title, [(name, limit) for name, limit, _ in columns])
            made = self._sql("SELECT id FROM board_column WHERE board_id = %s ORDER BY rank", board)
            for (column,), (_, _, count) in zip(made, columns, strict=True):
                self._sql(
                    "INSERT INTO ticket (column_id, title) SELECT %s, 'Ticket ' || n FROM generate_series(1, %s) n",
                    column, count,
                )  # fmt: skip
            for name in ("Elif", "Jo", "Kofi"):
                self._sql(
                    "INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, 'editor')",
                    board, self.people[name].id,
                )  # fmt: skip
            if title.startswith("Island"):
                self._sql("UPDATE member SET role = 'viewer' WHERE board_id = %s AND person_id = %s", board, noor.id)
        for column, (_, tickets) in COLUMNS.items():
            for number, title in tickets:
                self._write(number, self.random.choice(list(self.people)), column, title)
        self._sql("SELECT setval(pg_get_serial_sequence('ticket', 'id'), (SELECT max(id) FROM ticket))")
        self._live()
        self._date()

    def act(self, name: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What this person does over REST, as their browser would."""
        person = self.people[name]
        answer = httpx.request(
            method, self.url + path, json=body, cookies={person.cookie: person.secret},
            headers={"Sec-Fetch-Site": "same-origin"}, timeout=30,
        )  # fmt: skip
        assert answer.is_success, answer.text
        return answer.json()

    def _board(self, title: str, columns: list[tuple[str, int | None]]) -> int:
        made = self.act("Noor", "POST", "/api/boards", {"title": title, "columns": [name for name, _ in columns]})
        rows = self._sql("SELECT id FROM board_column WHERE board_id = %s ORDER BY rank", made["id"])
        for (column,), (name, limit) in zip(rows, columns, strict=True):
            if limit:
                self.act("Noor", "PATCH", f"/api/columns/{column}", {"wip_limit": limit})
            if title == "Tidetable":
                self.columns[name] = column
        return made["id"]

    def _write(self, number: int, name: str, column: str, title: str) -> None:
        self._sql("SELECT setval(pg_get_serial_sequence('ticket', 'id'), %s, false)", number)
        name = name if name != "Jo" else "Noor"
        self.act(name, "POST", f"/api/columns/{self.columns[column]}/tickets", {"title": title})

    def _live(self) -> None:
        """Tickets go forth and back as they do; some are renamed. Where they end is where they stand."""
        movers = [name for name in self.people if name != "Jo"]
        free = [number for name in ("Inbox", "Ready", "Done") for number, _ in COLUMNS[name][1]]
        for _ in range(DEEDS // 2):
            number = self.random.choice(free)
            home = self._sql("SELECT column_id, title FROM ticket WHERE id = %s", number)[0]
            who = self.random.choice(movers)
            if self.random.random() < 0.25:
                self.act(who, "PATCH", f"/api/tickets/{number}", {"title": home[1] + "?"})
                self.act(who, "PATCH", f"/api/tickets/{number}", {"title": home[1]})
                continue
            away = self.random.choice([self.columns[name] for name in ("Inbox", "Ready", "Blocked", "Done")])
            if away == home[0]:
                continue
            self.act(who, "POST", f"/api/tickets/{number}/move", {"column_id": away})
            self.act(self.random.choice(movers), "POST", f"/api/tickets/{number}/move", {"column_id": home[0]})
        push, title = 318, COLUMNS["Doing"][1][0][1]
        self.act("Noor", "PATCH", f"/api/tickets/{push}", {"title": "Cancellation push", "description": PUSH})
        self.act("Tomás", "POST", f"/api/tickets/{push}/move", {"column_id": self.columns["Ready"]})
        self._sql("UPDATE ticket SET title = 'Cancellation push says why' WHERE id = %s", push)
        self.act("Tomás", "POST", f"/api/tickets/{push}/move", {"column_id": self.columns["Doing"], "after": None})
        done = PUSH.replace("- [ ] Next sailing", "- [x] Next sailing")
        self.act("Noor", "PATCH", f"/api/tickets/{push}", {"description": done})
        self.act("Iris", "PATCH", f"/api/tickets/{push}", {"title": title})
        self.act("Tomás", "POST", "/api/tickets/306/move", {"column_id": self.columns["Review"], "after": None})

    def _date(self) -> None:
        """Lay the log over the last twelve days' working hours; as a test's database may be treated, and no other."""
        topic = f"board/{self.board}"
        seqs = [seq for (seq,) in self._sql("SELECT seq FROM event WHERE topic = %s ORDER BY seq", topic)]
        times = self._hours(len(seqs))
        with psycopg.connect(self.database_url, autocommit=True) as conn, conn.cursor() as cur:
            cur.executemany(
                "UPDATE event SET at = %s WHERE topic = %s AND seq = %s",
                [(at, topic, seq) for at, seq in zip(times, seqs, strict=True)],
            )
            cur.execute("ALTER TABLE ticket DISABLE TRIGGER USER")
            cur.execute(
                "UPDATE ticket t SET created_at = e.at FROM event e"
                " WHERE e.topic = %s AND e.noun = 'ticket' AND e.kind = 'c' AND e.entity_id = t.id",
                (topic,),
            )
            cur.execute("ALTER TABLE ticket ENABLE TRIGGER USER")

    def _hours(self, count: int) -> Iterator[datetime]:
        """So many moments in order: dense on working days, rare at night and on weekends; the last ones minutes ago."""
        now = datetime.now(UTC)
        start = now - timedelta(days=DAYS)
        moments: list[datetime] = []
        while len(moments) < count - 1:
            at = start + self.random.random() * (now - start - timedelta(hours=1))
            work = 8 <= at.hour < 18 and at.weekday() < 5
            if self.random.random() < (1.0 if work else 0.04):
                moments.append(at)
        return iter([*sorted(moments), now - timedelta(seconds=4)])

    def _sql(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            done = conn.execute(statement.encode(), arguments)
            return done.fetchall() if done.description else []
