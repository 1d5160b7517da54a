"""People as they are over a day, at an easy pace: they open boards, leave, come back, write, look and sign in."""

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import h11
import httpx
import psycopg

from tests import sse
from tests.oracle import Consumer

PATIENCE_S = 60.0  # for an answer, on a machine that others use
VISIT_S = 60.0  # a stream's life, on average
BULK = 100  # tickets that one statement changes now and then
BULK_EVERY_S = 30.0


class Ground:
    """What they all share."""

    def __init__(self, url: str, token: str, database_url: str, boards: list[int], tickets: list[int]) -> None:
        self.url = url
        self.bearer = {"Authorization": f"Bearer {token}"}
        self.database_url = database_url
        self.boards = boards
        self.tickets = tickets  # spread over the boards
        self.over = asyncio.Event()
        self.did: Counter[str] = Counter()
        self.faults: list[str] = []  # what anybody saw that must not be

    async def go_on(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work until it is over. What goes wrong is noted, so that one fault does not end an hour's run."""
        while not self.over.is_set():
            try:
                await work()
            except Exception:
                self.faults.append(traceback.format_exc())
                await self.pause(5)

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until it is over."""
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            return


async def watch(ground: Ground, number: int) -> None:
    """Open streams one after another until it is over; believe nothing but the frames, so that a lost one is noticed.

    Every tenth stays as long as the server lets it. The others leave after a while, some without a goodbye, and come
    back to the same board with their cursor, or to others from the beginning.
    """
    chance = random.Random(number)
    stays = number % 10 == 0
    await ground.pause(chance.uniform(0, min(VISIT_S, 20)))
    topics, consumer = _choose(ground, chance)
    while not ground.over.is_set():
        if not stays and chance.random() < 0.5:
            topics, consumer = _choose(ground, chance)
        try:
            await _visit(ground, topics, consumer, 86_400 if stays else chance.expovariate(1 / VISIT_S), chance)
        except (OSError, h11.RemoteProtocolError, TimeoutError) as error:
            ground.did[f"stream failed: {type(error).__name__}"] += 1
        await ground.pause(chance.uniform(0.1, 4))


def _choose(ground: Ground, chance: random.Random) -> tuple[list[int], Consumer]:
    boards = sorted(chance.sample(ground.boards, chance.choice((1, 1, 1, 2, 4))))
    return boards, Consumer(*(f"board/{board}" for board in boards))


async def _visit(ground: Ground, boards: list[int], consumer: Consumer, for_s: float, chance: random.Random) -> None:
    path = f"/streams/boards/{boards[0]}" if len(boards) == 1 else "/streams?" + "&".join(f"board={n}" for n in boards)
    headers = dict(ground.bearer)
    if consumer.cursor:
        headers["Last-Event-ID"] = consumer.cursor
        consumer.reconnected()
    opened = await sse.open_stream(ground.url + path, headers, timeout=PATIENCE_S)
    ground.did[f"streams opened, {opened.status}"] += 1
    life = None
    try:
        if opened.status == 503:
            return
        assert opened.status == 200, opened.body
        async with asyncio.timeout(for_s) as life:
            while not ground.over.is_set():
                consumer.take(await opened.next(PATIENCE_S))
                opened.items.clear()
                ground.did["frames"] += 1
    except sse.Ended:
        ground.did["streams ended by the server"] += 1
    except TimeoutError:
        assert life is None or life.expired(), f"an open stream was silent for {PATIENCE_S:.0f} s"
    finally:
        if chance.random() < 0.3:
            opened.abort()  # a reset, as of a crash
        else:
            opened.close()


async def write_over_rest(ground: Ground, number: int, per_s: float) -> None:
    """Make, rename, move, archive and read tickets; now and then read whole boards and their history."""
    chance = random.Random(f"rest {number}")
    async with httpx.AsyncClient(base_url=ground.url, headers=ground.bearer, timeout=PATIENCE_S) as http:
        made: list[int] = []
        while not ground.over.is_set():
            board, ticket = chance.choice(ground.boards), chance.choice(ground.tickets)
            await _one(ground, http, chance, board, ticket, made)
            await ground.pause(chance.expovariate(per_s))


async def _one(
    ground: Ground, http: httpx.AsyncClient, chance: random.Random, board: int, ticket: int, made: list[int]
) -> None:
    async def call(method: str, path: str, body: object = None) -> Any:
        answer = await http.request(method, path, json=body)
        ground.did[f"{method} {answer.status_code}"] += 1
        assert answer.status_code in (200, 201, 204, 409, 503), f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.is_success and answer.content else {}

    kind = chance.random()
    if kind < 0.4:
        await call("PATCH", f"/api/tickets/{ticket}", {"title": f"Renamed {chance.random()}", "description": "Why."})
    elif kind < 0.6:
        columns = (await call("GET", f"/api/boards/{board}")).get("columns")
        row = await call("GET", f"/api/tickets/{ticket}")
        if not columns:
            return  # busy
        if row.get("board_id") == board:
            column = chance.choice(columns)["id"]
            await call("POST", f"/api/tickets/{ticket}/move", {"column_id": column, "after": None})
        row = await call("POST", f"/api/columns/{columns[0]['id']}/tickets", {"title": "For a while"})
        made += [row["id"]] if row else []
    elif kind < 0.8 and made:
        await call("DELETE", f"/api/tickets/{made.pop(0)}")  # boards stay as large as they are
    elif kind < 0.9:
        await call("GET", f"/api/boards/{board}/events?limit=50")
    else:
        await call("GET", f"/api/tickets/{ticket}/events")


async def write_by_sql(ground: Ground, per_s: float) -> None:
    """Rename tickets by SQL, and now and then very many in one statement."""
    chance = random.Random("sql")
    loop = asyncio.get_running_loop()
    bulk_at = loop.time() + BULK_EVERY_S
    async with await psycopg.AsyncConnection.connect(ground.database_url, autocommit=True) as conn:
        while not ground.over.is_set():
            if loop.time() > bulk_at:
                bulk_at += BULK_EVERY_S
                ids = [ground.tickets[n] for n in chance.sample(range(len(ground.tickets)), BULK)]
                ground.did["bulk UPDATE"] += 1
            else:
                ids = [chance.choice(ground.tickets)]
                ground.did["UPDATE"] += 1
            await conn.execute("UPDATE ticket SET title = %s WHERE id = ANY (%s)", (f"By SQL {chance.random()}", ids))
            await ground.pause(chance.expovariate(per_s))


async def make_boards(ground: Ground, every_s: float) -> None:
    """Make a board, look at it for a moment, leave it for good."""
    async with httpx.AsyncClient(base_url=ground.url, headers=ground.bearer, timeout=PATIENCE_S) as http:
        while not ground.over.is_set():
            answer = await http.post("/api/boards", json={"title": "For a moment"})
            if answer.status_code == 503:
                await ground.pause(every_s)
                continue
            made = answer.json()["id"]
            stream = await sse.open_stream(f"{ground.url}/streams/boards/{made}", ground.bearer, timeout=PATIENCE_S)
            await stream.named("snapshot", PATIENCE_S)
            stream.close()
            (await http.delete(f"/api/boards/{made}")).raise_for_status()
            ground.did["boards made and archived"] += 1
            await ground.pause(every_s)


async def sign_in(ground: Ground, email: str, password: str, every_s: float) -> None:
    """Sign in with a password, watch one's own topic for a moment, sign out."""
    while not ground.over.is_set():
        async with httpx.AsyncClient(base_url=ground.url, headers={"Origin": ground.url}, timeout=PATIENCE_S) as http:
            answer = await http.post("/api/session", json={"email": email, "password": password})
            assert answer.is_success, answer.text
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
            stream = await sse.open_stream(f"{ground.url}/streams?me=true", {"Cookie": cookie}, timeout=PATIENCE_S)
            await stream.named("snapshot", PATIENCE_S)
            (await http.delete("/api/session")).raise_for_status()
            said = await stream.named("bye", PATIENCE_S)
            assert said["reason"] == "expired", said
            stream.close()
        ground.did["signed in and out"] += 1
        await ground.pause(every_s)


def everybody(
    ground: Ground, streams: int, pace: float, email: str, password: str
) -> list[Callable[[], Awaitable[None]]]:
    """Return what each of them does; `pace` 1 is some ten writes a second."""
    works: list[Callable[[], Awaitable[None]]] = [
        lambda number=number: watch(ground, number) for number in range(streams)
    ]
    works += [lambda number=number: write_over_rest(ground, number, 1.5 * pace) for number in range(4)]
    works += [
        lambda: write_by_sql(ground, 4 * pace),
        lambda: make_boards(ground, 20 / pace),
        lambda: sign_in(ground, email, password, 20 / pace),
    ]
    return works
