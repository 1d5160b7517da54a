"""Growth: reading back in a log of up to ten million events."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import msgspec

from streams.tail import BULK
from tests.bench.crowd import Crowd, stream_request
from tests.bench.picture import Line, Lines, picture
from tests.bench.report import Album, Figure
from tests.bench.site import Site

BOARDS = 100
TICKETS = 20
GAP = 400  # events a reader lacks: still less than travel as a snapshot
PAGE = 50
MONTHS = {1_000: 1, 100_000: 4, 1_000_000: 9, 10_000_000: 24}  # the log's partitions at that size


class Cost(msgspec.Struct, frozen=True):
    """What was seen at one size, medians in ms."""

    events: int
    months: int
    newest_ms: float  # SQL: the newest event of a random board, after the one before it
    gap_ms: float  # SQL: the next 400 events after a random number of a random board
    resume_ms: float  # HTTP: from connecting with a cursor 400 events old to the last of them
    page_ms: float  # REST: fifty events before a random number
    commit_ms: float  # one rename


def measure(site: Site, sizes: list[int], times: int, album: Album) -> list[Figure]:
    """Fill the log step by step; return the cost of reading in it at each size."""
    boards = [site.board(TICKETS) for _ in range(BOARDS)]
    tickets = [site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board) for board in boards]
    site.conn.execute("DELETE FROM event")  # the boards' own beginning; their filled history takes its place
    costs: list[Cost] = []
    filling = 0.0
    there = month = 0
    for size in sizes:
        at = time.monotonic()
        site.conn.execute("DELETE FROM event WHERE seq > %s", (there // BOARDS,))  # measured with; numbered again here
        for _ in range(MONTHS[size] - month):
            _fill(
                site,
                boards,
                tickets,
                there // BOARDS,
                (size - there) // (MONTHS[size] - month),
                MONTHS[sizes[-1]] - month,
            )
            there += (size - there) // (MONTHS[size] - month) // BOARDS * BOARDS
            month += 1
        site.conn.execute("UPDATE topic_clock SET seq = %s WHERE topic LIKE 'board/%%'", (there // BOARDS,))
        site.settle()
        filling += time.monotonic() - at
        costs.append(_at(site, boards, tickets, there, month, times))
    album.pictures["replay"] = draw(costs)
    held = site.value(
        "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'event'::regclass"
    )
    at = time.monotonic()
    dropped = site.conn.execute("SELECT log_upkeep(%s)", (31 * (month - 1),)).fetchall()
    drop_ms = (time.monotonic() - at) * 1000
    assert dropped or month < 3, "retention dropped nothing"
    first, last = costs[0], costs[-1]
    beside = f"among {first.events:,}"
    return [
        Figure(f"filling the log to {last.events:,} events", filling, "s", note=(
            f"a month at a time, its indexes afterwards, as a bulk load does; {held / 1e9:.2f} GB with indexes"
        )),
        Figure(f"the newest event, among {last.events:,}", last.newest_ms, "ms", beside, first.newest_ms,
               note=f"the SQL function, as every node asks for each event; {last.months} months and those to come"),
        Figure(f"{GAP} events after a cursor, among {last.events:,}", last.gap_ms, "ms", beside, first.gap_ms,
               note=f"the SQL function; {last.months} monthly partitions"),
        Figure(f"a stream resumes {GAP} events back, among {last.events:,}", last.resume_ms, "ms", beside,
               first.resume_ms, note="from connecting to the last of them"),
        Figure(f"a page of {PAGE} from the history, among {last.events:,}", last.page_ms, "ms", beside, first.page_ms,
               note="over REST, at a random place"),
        Figure(f"commit of one rename, among {last.events:,}", last.commit_ms, "ms", beside, first.commit_ms),
        Figure(f"retention drops {len(dropped)} months of it", drop_ms, "ms"),
    ]  # fmt: skip


def draw(costs: list[Cost]) -> str:
    """Return the picture."""

    def panel(title: str, name: str) -> Lines:
        line = Line("", [(cost.events, getattr(cost, name)) for cost in costs], texts=True)
        return Lines(title, "events in the log", [line], log=True)

    return picture(
        "A longer log",
        f"Medians, each at a random place of one of {BOARDS} boards; partitions by month, up to {costs[-1].months}",
        [
            panel(f"SQL: {GAP} events after a cursor, ms", "gap_ms"),
            panel(f"A stream resumes {GAP} events back, ms", "resume_ms"),
            panel(f"REST: {PAGE} events of the history, ms", "page_ms"),
            panel("Commit of one rename, ms", "commit_ms"),
        ],
    )


def _at(site: Site, boards: list[int], tickets: list[int], events: int, months: int, times: int) -> Cost:
    luck = random.Random(events)
    each = events // BOARDS
    for n, ticket in enumerate(tickets * 2):
        site.commit(ticket, f"Renamed this month, {events}.{n}")
    head = site.value("SELECT topic_seq(%s)", f"board/{boards[0]}")  # of every board

    def newest() -> None:
        topic = f"board/{luck.choice(boards)}"
        rows = site.conn.execute("SELECT * FROM read_events(%s, %s, %s, false)", (topic, head - 1, BULK + 1)).fetchall()
        assert len(rows) == 1

    def gap() -> None:
        board, after = luck.choice(boards), luck.randrange(max(1, each - GAP))
        site.conn.execute("SELECT * FROM read_events(%s, %s, %s, false)", (f"board/{board}", after, GAP)).fetchall()

    site.start()
    try:
        epoch = site.value("SELECT current_epoch()")
        unread = luck.sample(boards, min(times, BOARDS))
        with httpx.Client(headers={"authorization": f"Bearer {site.token}"}, base_url=site.product.url) as client:

            def page() -> None:
                before = luck.randrange(1, each) + 1
                answer = client.get(f"/api/boards/{luck.choice(boards)}/events?before_seq={before}&limit={PAGE}")
                assert answer.status_code == 200, answer.text

            def resume() -> None:
                board = unread.pop()
                head = site.value("SELECT topic_seq(%s)", f"board/{board}")
                cursor = f"{epoch}:board/{board}={max(1, head - GAP)}"
                crowd = Crowd(site.address)
                request = stream_request(f"/streams/boards/{board}", site.token, cursor)
                crowd.open([request], b'"seq":%d,' % head)
                crowd.close()

            turn = iter(range(10_000))
            return Cost(
                events=events,
                months=months,
                newest_ms=_median(newest, times),
                gap_ms=_median(gap, times),
                page_ms=_median(page, times),
                resume_ms=_median(resume, len(unread)),
                commit_ms=_median(lambda: site.commit(luck.choice(tickets), f"Rename {next(turn)}"), times),
            )
    finally:
        site.product.stop()


def _median(what: Callable[[], object], times: int) -> float:
    took: list[float] = []
    for _ in range(times):
        began = time.monotonic()
        what()
        took.append(time.monotonic() - began)
    return statistics.median(took) * 1000


def _fill(site: Site, boards: list[int], tickets: list[int], after: int, events: int, ago: int) -> None:
    """Add a month that lies so many months back: renames, in turn on all boards, numbered on from `after`."""
    today = datetime.now(UTC)
    number = today.year * 12 + today.month - 1 - ago
    begins, ends = (f"{n // 12:04}-{n % 12 + 1:02}-01 00:00:00+00" for n in (number, number + 1))
    name = f"event_{number // 12:04}_{number % 12 + 1:02}"
    site.conn.execute(f"DROP TABLE IF EXISTS {name}".encode())  # of a measurement before
    site.conn.execute(f"CREATE TABLE {name} (LIKE event INCLUDING DEFAULTS)".encode())
    site.conn.execute(
        f"""
        INSERT INTO {name} (topic, seq, at, noun, kind, entity_id, actor_id, via, "set", was, more)
        SELECT 'board/' || (%(boards)s::bigint[])[1 + i %% %(n)s], %(after)s + 1 + i / %(n)s,
               %(begins)s::timestamptz + (%(ends)s::timestamptz - %(begins)s::timestamptz) * (i::float8 / %(events)s),
               'ticket', 'u', (%(tickets)s::bigint[])[1 + i %% %(n)s], %(who)s, 'rest',
               json_build_object('title', 'A ticket with its title number ' || i, 'version', i + 2),
               json_build_object('title', 'A ticket with its title number ' || i - 1, 'version', i + 1), false
          FROM generate_series(0, %(events)s / %(n)s * %(n)s - 1) i
        """.encode(),
        {"boards": boards, "tickets": tickets, "n": BOARDS, "after": after, "begins": begins, "ends": ends,
         "events": events, "who": site.reader},
    )  # fmt: skip
    site.conn.execute(f"ALTER TABLE {name} ADD PRIMARY KEY (topic, seq, at)".encode())
    site.conn.execute(f"CREATE INDEX ON {name} (entity_id, noun, at)".encode())
    site.conn.execute(f"ALTER TABLE event ATTACH PARTITION {name} FOR VALUES FROM ('{begins}') TO ('{ends}')".encode())
