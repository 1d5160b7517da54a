"""GET /streams and GET /streams/boards/{id}: who asks, what they may read, from where; then an open stream."""

import asyncio
import contextlib
import hashlib
import random
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, route
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from sse_starlette import EventSourceResponse

from streams import frames, log, metrics
from streams.cursor import Place, parse_id
from streams.frames import Reason
from streams.hub import Hub
from streams.listener import EVERYTHING
from streams.log import Ask, Grant
from streams.probe import probe
from streams.problems import Problem, answer_exception, answer_http_exception, answer_problem
from streams.response import BEGUN, SERVERS_SEND, EventStream, headers_alone
from streams.settings import Settings
from streams.subscriber import Subscriber

TOPICS = 100  # on one stream
CURSOR_BYTES = 4096
START_S = 5.0  # the start waits so long for the database at most
NOW = 1 << 63  # more than any number: nothing known before will do
BOARD_ID = re.compile(r"[1-9][0-9]{0,17}")


def create_app(settings: Settings) -> Litestar:
    """Return the streams as an ASGI app.

    Its state has `health`, `drain` and `rung` for whoever runs it, and `heard`, which may be replaced: it returns the
    session in PostgreSQL whose notifications only repeat what `rung` was called with, 0 for none.
    """

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncGenerator[None]:
        async with log.open_pool(settings) as pool:
            hub = Hub(settings, pool, lambda: app.state.heard())

            async def health() -> dict[str, dict[str, object]]:
                return hub.wakeups.health()

            app.state.update({"hub": hub, "health": health, "drain": hub.drain})
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(hub.run())
                # The port opens when streams can: at a 503 a browser's EventSource gives up for good.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(hub.topics.known.wait(), START_S)
                yield
                await hub.drain()
                running.cancel()

    def rung(topic: str) -> None:
        """A change in this process has moved the topic, and is committed; "*": any topic may have moved."""
        hub: Hub | None = app.state.get("hub")
        if hub is None:
            return  # nobody watches yet
        if topic == EVERYTHING:
            hub.lookout.again()
        else:
            hub.rung(topic)

    app = Streams(
        [board, several, probe],
        lifespan=[running],
        openapi_config=None,
        exception_handlers={Problem: answer_problem, HTTPException: answer_http_exception, Exception: answer_exception},
        logging_config=None,
    )
    app.state.update({"rung": rung, "heard": lambda: 0})
    return app


class Streams(Litestar):
    """Litestar, as far as the response's head. What goes on for minutes is not kept waiting inside the framework."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        own: Any = {
            **scope,
            SERVERS_SEND: send,
            "state": {**scope.get("state", {})},
        }  # the framework's notes go with it
        subscriber: Subscriber | None = None
        try:
            await super().__call__(own, receive, send)
            subscriber = own.pop(BEGUN, None)
        finally:
            if BEGUN in own:  # begun, and then something failed
                own[BEGUN].hub.leave(own[BEGUN])
        if subscriber:
            del own
            if isinstance(scope["headers"], list):
                scope["headers"].clear()  # read; the server would keep them as long as the stream
            await subscriber.run(receive, send)


@route("/streams/boards/{board_id:str}", http_method=["GET", "HEAD"], media_type="text/event-stream")
async def board(request: Request[Any, Any, State], board_id: FromPath[str]) -> EventSourceResponse:
    """One board, live."""
    if not BOARD_ID.fullmatch(board_id):
        raise Problem(404, f"There is no board {board_id[:40]}.")
    return await _open(request, [f"board/{board_id}"])


@route("/streams", http_method=["GET", "HEAD"], media_type="text/event-stream")
async def several(request: Request[Any, Any, State]) -> EventSourceResponse:
    """Several boards and the person's own topic on one connection: `?board=1&board=2&me=true`."""
    boards = request.query_params.getall("board", [])
    for id_ in boards:
        if not BOARD_ID.fullmatch(id_):
            raise Problem(422, "A board is named by its number, as in ?board=1&board=2.", field="board")
    me = request.query_params.get("me", "false")
    if me not in ("true", "false"):
        raise Problem(422, "Either me=true or me=false.", field="me")
    topics = list(dict.fromkeys(f"board/{id_}" for id_ in boards))
    if me == "true":
        topics.append("me")
    if not topics:
        raise Problem(422, "Name at least one topic: ?board=1, or ?me=true.", field="board")
    if len(topics) > TOPICS:
        raise Problem(422, f"One stream carries at most {TOPICS} topics; {len(topics)} were asked for.", field="board")
    return await _open(request, topics)


async def _open(request: Request[Any, Any, State], topics: list[str]) -> EventSourceResponse:
    hub: Hub = request.app.state.hub
    cursor = _cursor(request)
    if hub.draining or hub.topics.epoch is None:
        raise Problem(503, "The server is starting or stopping; try again in a moment.", retry_after_s=1)
    _find_room(hub)
    subscriber = None
    try:
        rings = hub.rings
        secret_hash, grant = await _admit(hub, request, topics)
        if len(hub.people.get(grant.person, ())) >= hub.settings.streams_per_person:
            raise Problem(429, "You have as many open streams as one person may have.", retry_after_s=10)
        readable = [topic for topic in grant.topics if topic not in grant.missing | grant.refused]
        if not readable:
            raise Problem(404, "There is nothing of that name that you may read.")
        if request.method == "HEAD" or _is_prefetch(request):
            return headers_alone()
        _find_room(hub)  # again: many may have come while we asked, and from here to `join` nothing is awaited
        if hub.draining:  # since we asked; those that are to be told goodbye have been counted
            raise Problem(503, "The server is stopping; try again in a moment.", retry_after_s=1)
        subscriber = Subscriber(hub, grant.person, secret_hash, readable, Place(hub.topics.epoch, {}), {})
        hub.join(subscriber)  # first, so that nothing is committed unseen while the heads are read
        if hub.rings != rings:  # somebody's access changed since ours was read
            hub.spawn(hub.recheck([subscriber]))
        await _begin(hub, subscriber, cursor)
    except BaseException as error:
        if subscriber:
            subscriber.goodbye = "refused"
            hub.leave(subscriber)
        if isinstance(error, log.AWAY):
            raise Problem(503, "The database cannot be reached; try again in a moment.", retry_after_s=2) from error
        raise
    now = asyncio.get_running_loop().time()
    subscriber.checked_at = now
    subscriber.expires_at = None if grant.expires_in_s is None else now + grant.expires_in_s
    subscriber.ends_at = now + random.uniform(*hub.settings.rotate_s)  # noqa: S311 -- jitter, no secret
    retry_ms = frames.jittered(hub.settings.retry_ms)
    subscriber.asides.insert(0, frames.opening(retry_ms))
    subscriber.asides += [frames.bye("gone", retry_ms, topic) for topic in grant.topics if topic not in readable]
    hub.rounds.add(subscriber)
    return EventStream(subscriber)


def _find_room(hub: Hub) -> None:
    if len(hub.streams) >= hub.settings.streams_per_process:
        raise Problem(503, "This server has as many open streams as it may have.", retry_after_s=10)


def _is_prefetch(request: Request[Any, Any, State]) -> bool:
    """Whether a browser fetches it ahead, in case somebody goes there."""
    hints = _headers(request, b"sec-purpose") + _headers(request, b"purpose")
    return any(hint.startswith(b"prefetch") for hint in hints)


async def _begin(hub: Hub, subscriber: Subscriber, cursor: str | None) -> None:
    """Decide for each topic from where it goes on."""
    now = cursor == "now"
    while True:
        epoch = hub.topics.epoch
        assert epoch
        held = parse_id(cursor) if cursor is not None else None
        seqs = held.seqs if held and held.epoch == epoch else {}
        heads = await hub.topics.heads(subscriber.topics, dict.fromkeys(subscriber.topics, NOW) if now else seqs)
        if hub.topics.epoch == epoch:
            break
    topics = subscriber.topics
    if now:
        subscriber.place = Place(epoch, {topic: heads[topic] for topic in topics})
        subscriber.asides.insert(0, frames.heartbeat(subscriber.place))
        metrics.OPENED.labels("now").inc()
        return
    due: dict[str, Reason] = {}
    for topic in topics:
        if cursor is not None and held is None:
            due[topic] = "malformed"
        elif held is None or topic not in held.seqs:
            due[topic] = "start"
        elif topic not in seqs:
            due[topic] = "epoch"
        elif seqs[topic] > heads[topic]:
            due[topic] = "ahead"
    subscriber.place = Place(epoch, {topic: seqs[topic] for topic in topics if topic not in due})
    subscriber.due = due
    metrics.OPENED.labels(next(iter(due.values()), "cursor")).inc()


async def _admit(hub: Hub, request: Request[Any, Any, State], topics: list[str]) -> tuple[bytes, Grant]:
    """Return whose credential this is and what they may read of the topics."""
    secret = await _secret(hub, request)
    if secret is not None:
        secret_hash = hashlib.sha256(secret).digest()
        grant = await hub.grants.ask(Ask(secret_hash, tuple(topics)))
        if grant is not None:
            return secret_hash, grant
    raise Problem(401, "Sign in, or send a valid token as Authorization: Bearer ….")


async def _secret(hub: Hub, request: Request[Any, Any, State]) -> bytes | None:
    """By what the request says whose it is: its bearer token, else the session cookie."""
    headers = _headers(request, b"authorization")
    if len(headers) > 1:
        raise Problem(400, "The header authorization may stand there once.")
    if headers:
        scheme, _, token = headers[0].partition(b" ")
        return token.strip() if scheme.lower() == b"bearer" and token.strip() else None
    crumbs = [crumb.strip() for header in _headers(request, b"cookie") for crumb in header.split(b";")]
    if not crumbs:
        return None
    # Others' cookies may be there in any number: those of one host go to all of its ports. Of the same name the first
    # is that of the longest path.
    ours = await hub.cookie() + b"="
    return next((crumb[len(ours) :] for crumb in crumbs if crumb.startswith(ours)), None)


def _cursor(request: Request[Any, Any, State]) -> str | None:
    """The last id the client has seen: from the header, else from `?after=`. None: it has seen none."""
    headers = _headers(request, b"last-event-id")
    if len(headers) > 1:
        return "?"  # two cursors are none
    in_header = bool(headers and headers[0])
    cursor = headers[0].decode("latin-1") if in_header else request.query_params.get("after", "")
    if len(cursor) > CURSOR_BYTES:
        field = "Last-Event-ID" if in_header else "after"
        raise Problem(422, f"A cursor has at most {CURSOR_BYTES} bytes.", field=field)
    if in_header and cursor == "now":
        return "?"  # only the query says now
    return cursor or None


def _headers(request: Request[Any, Any, State], wanted: bytes) -> list[bytes]:
    return [value for name, value in request.scope["headers"] if name == wanted]
