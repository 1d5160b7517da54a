"""Looks at the way from here to the product: who stands between, and what they do to a stream."""

import contextlib
import json
import selectors
import statistics
import time
import zlib
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import msgspec

from service.doctor.finding import Finding, fail, ok, warn
from service.doctor.proxies import mend, name_by_refusal, name_of
from service.doctor.scratch import Scratch
from service.doctor.wire import Exchange, Unreachable, negotiated
from service.frames import Frames

OPENINGS = 6  # streams, one after another, before we believe that none is compressed
FIRST_S = 1.0  # for the first frame of each but the last
BEATS = 8  # events written
BETWEEN_S = 0.15
PATIENCE_S = 4.0  # for an event through the address; longer means that it is held back
CLUMP_S = 0.05  # events written further apart than this must not come in one piece
SLOW_S = 0.1  # what a proxy may add
HEARTBEAT_S = 12.0  # 10 are promised
EVENTS = "text/event-stream"
BROWSER = {"Accept-Encoding": "gzip, deflate, br", "Accept": "*/*"}


class Address(msgspec.Struct, frozen=True):
    """One way to the product."""

    url: str
    name: str = ""  # of who stands between, as far as it shows


class Heard(msgspec.Struct):
    """What came over one stream."""

    first_byte_s: float = 0.0
    delays_s: list[float] = msgspec.field(default_factory=list[float])  # COMMIT to arrival, of those that came
    clumps: int = 0
    missing: int = 0


def reach(url: str) -> Iterator[Finding | Address]:
    """Yield findings about plain requests, and the Address once it is known to be Livelane's."""
    try:
        with Exchange(f"{url}/health/live", {}) as live:
            body = live.whole()
    except Unreachable as error:
        yield fail("reach", f"{url} cannot be reached: {error}.",
                   "Look whether `livelane serve` runs, and at name, port and firewall on the way.")  # fmt: skip
        return
    if 300 <= live.status < 400:
        yield fail("reach", f"{url} redirects to {live.headers.get('location', 'another place')}.",
                   "Give that address, and set it as --public-url.")  # fmt: skip
        return
    hop = name_of(live.headers) or _refusal(url)
    between = f"{hop} stands between" if hop else "nobody shows between"
    if live.status in {502, 503, 504}:
        yield fail("reach", f"{hop or 'A proxy'} at {url} finds no Livelane behind it ({live.status}).",
                   "Start `livelane serve`, or correct the address that the proxy passes requests on to.")  # fmt: skip
        return
    if live.status != 200 or b'"live"' not in body:
        yield fail("reach", f"{url} answers, but not as Livelane does ({live.status} for /health/live).",
                   "Give the address with --public-url's prefix, and let the proxy pass all paths on.")  # fmt: skip
        return
    spoken = negotiated(url) if url.startswith("https") else live.version.lower()
    yield ok("reach", f"{url} is Livelane: {live.first_byte_s * 1000:.0f} ms, {spoken or live.version}, {between}.")
    yield from _ready(url)
    yield from _date(live)
    yield from _origin(url, hop)
    yield Address(url, hop)


def _refusal(url: str) -> str:
    try:
        with Exchange(url, {}, bare=b"GET / HTTP/1.1\r\nHost: a\r\n(: (\r\n\r\n") as answer:
            return name_by_refusal(answer.headers, answer.whole(1.0))
    except Unreachable:
        return ""


def _ready(url: str) -> Iterator[Finding]:
    try:
        with Exchange(f"{url}/health/ready", {}) as ready:
            body = json.loads(ready.whole())
        sick = {name: part for name, part in body["parts"].items() if not part["ok"]}
    except (Unreachable, ValueError, KeyError, TypeError):
        yield fail("ready", f"{url}/health/ready gives no answer to be read.", "Let the proxy pass /health on.")
        return
    for name, part in sick.items():
        yield fail("ready", f"The server's {name} is not well: {part.get('detail') or 'no reason given'}.",
                   "Its log says more; it heals by itself once the cause is gone.")  # fmt: skip
    if not sick:
        yield ok("ready", f"The server is ready: {', '.join(body['parts'])}.")


def _date(live: Exchange) -> Iterator[Finding]:
    from email.utils import parsedate_to_datetime  # here: only this check needs it

    try:
        theirs = parsedate_to_datetime(live.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return
    skew = theirs + 0.5 - time.time()  # the header counts whole seconds
    if abs(skew) > 3:
        yield warn("server-clock", f"The server's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} "
                   "this machine's.", "Run a time service (chrony, systemd-timesyncd) on both.")  # fmt: skip


def _origin(url: str, hop: str) -> Iterator[Finding]:
    """Ask as a browser's page would, with nothing in it: an address is refused before its content is looked at."""
    at = urlsplit(url)
    origin = f"{at.scheme}://{at.netloc}"
    with contextlib.suppress(Unreachable):
        with Exchange(f"{url}/api/session", {"Origin": origin}, method="POST", body=b"{}") as plain:
            refused = plain.status == 403
        if refused and at.scheme == "https":
            marks = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
            with Exchange(f"{url}/api/session", marks, method="POST", body=b"{}") as marked:
                refused = marked.status == 403
            if not refused:
                yield warn("host", f"Pages from {origin} are known by Sec-Fetch-Site alone: the Host header is "
                           "rewritten on the way.", f"Start `livelane serve` with --public-url {url}.")  # fmt: skip
                return
        if refused:
            yield fail("host", f"Sign-in and writes from pages at {origin} are refused: Host is rewritten on the "
                       "way.", f"Start `livelane serve` with --public-url {url}. Or: {mend(hop, 'host')}")  # fmt: skip
        else:
            yield ok("host", f"Pages at {origin} may sign in and write.")


def streams(
    address: Address, direct: Address | None, token: str, epoch: str | None, scratch: Scratch | None
) -> Iterator[Finding]:
    """Yield findings about streams through the address, beside the direct one."""
    path = f"/streams/boards/{scratch.board}" if scratch else "/streams?me=true"
    auth = {"Authorization": f"Bearer {token}"}
    try:
        with _open(address.url + path, auth | BROWSER) as stream:
            yield from _headers(stream, address, scratch is not None)
            if stream.status != 200 or not stream.headers.get("content-type", "").startswith(EVENTS):
                return
            yield from _identity(stream, epoch, address)
        with contextlib.ExitStack() as stack:
            plain = auth | {"Accept": "text/event-stream"}
            through = stack.enter_context(Exchange(address.url + path, plain, timeout_s=PATIENCE_S))
            beside = stack.enter_context(Exchange(direct.url + path, plain)) if direct else None
            if scratch:
                yield from _beats(through, beside, address, scratch)
            else:
                yield warn("latency", "No event was written: only the database gives a scratch board.",
                           "Give --data or --database-url as well to measure events.")  # fmt: skip
        yield _cut(address)
    except Unreachable as error:
        yield fail("buffering", f"The stream through {address.url} gives {error}.", mend(address.name, "buffering"))


def _open(url: str, headers: dict[str, str]) -> Exchange:
    """Open a stream; a compressed one if there is one among some: it may depend on how long the first piece is."""
    for _ in range(OPENINGS - 1):
        stream = Exchange(url, headers)
        if stream.status != 200 or "content-encoding" in stream.headers:
            return stream
        got = stream.piece(stream.sent_at + FIRST_S)
        if got is None:
            return stream  # it is held back; nothing has been read of it
        frames = Frames()
        frames.feed(got)
        while not frames.last_id and (got := stream.piece(stream.sent_at + FIRST_S)):
            frames.feed(got)  # up to the snapshot, so that the next has it in its first piece
        stream.close()
    return Exchange(url, headers)


def _cut(address: Address) -> Finding:
    """See whether a stream that breaks off, as when the server is killed, ends here too."""
    with Exchange(f"{address.url}/streams/probe?end=cut", {"Accept": "text/event-stream"}) as probe:
        until = time.monotonic() + PATIENCE_S
        while got := probe.piece(until):
            pass
    if got is None:
        return fail("cut", "A stream that breaks off, as when the server is killed, stays open here: nobody notices "
                    "until a heartbeat is missing.", mend(address.name, "cut"))  # fmt: skip
    return ok("cut", "A stream that breaks off ends here too.")


def _headers(stream: Exchange, address: Address, fresh: bool) -> Iterator[Finding]:
    if stream.status == 401 and fresh:
        yield fail("identity", f"{address.url} does not know a token that was just made in this database.",
                   "It runs on another database: give that one, or the right address. Or the proxy drops the header "
                   "Authorization.")  # fmt: skip
        return
    if stream.status == 401:
        yield fail("stream", "The token is not accepted.", "The proxy may drop the Authorization header; else make "
                   "another token with `livelane token EMAIL`.")  # fmt: skip
        return
    if stream.status != 200:
        detail = ""
        with contextlib.suppress(ValueError, KeyError, TypeError):  # not a problem document of ours
            detail = json.loads(stream.whole(1.0))["detail"]
        yield fail("stream", f"The stream is answered with {stream.status}{f': {detail}' if detail else '.'}",
                   "Look into the server's log.")  # fmt: skip
        return
    kind = stream.headers.get("content-type", "nothing").partition(";")[0]
    if kind != EVENTS:
        yield fail("stream", f"The stream is answered with {kind}, no event stream.",
                   f"Let the proxy pass /streams on to Livelane, and leave Content-Type: {EVENTS} alone.")  # fmt: skip
        return
    encoding = stream.headers.get("content-encoding", "identity")
    if encoding != "identity":
        yield fail("compression", f"The stream is compressed on the way ({encoding}): events wait in the compressor, "
                   "and each stream costs its memory.", mend(address.name, "compression"))  # fmt: skip
    else:
        yield ok("compression", "The stream is not compressed.")
    if "content-length" in stream.headers:
        yield fail("buffering", "The stream has a length: it is collected on the way.", mend(address.name, "length"))
    if "no-store" not in stream.headers.get("cache-control", "") or stream.headers.get("age", "0") != "0":
        yield warn("caching", "The stream's Cache-Control is changed on the way.", mend(address.name, "caching"))


def _identity(stream: Exchange, epoch: str | None, address: Address) -> Iterator[Finding]:
    """See that the address leads to the database we looked into, and how soon the first frame is here."""
    frames, until = Frames(), stream.sent_at + PATIENCE_S
    gzip = zlib.decompressobj(wbits=31) if stream.headers.get("content-encoding") == "gzip" else None
    while not frames.last_id and (got := stream.piece(until)):
        frames.feed(gzip.decompress(got) if gzip else got)
    if not frames.last_id:
        if "content-encoding" not in stream.headers:  # a compressor that holds it back is named already
            yield fail("buffering", f"Headers came through {address.url}, the first frame did not within "
                       f"{PATIENCE_S:.0f} s.", mend(address.name, "buffering"))  # fmt: skip
        return
    there = frames.last_id.partition(":")[0]
    if epoch and there != epoch:
        yield fail("identity", f"{address.url} runs on another database (epoch {there}, here {epoch}).",
                   "Give the database of that server, or the address of this one.")  # fmt: skip


def _beats(through: Exchange, beside: Exchange | None, address: Address, scratch: Scratch) -> Iterator[Finding]:
    exchanges = {"through": through} | ({"beside": beside} if beside else {})
    heard = _listen(exchanges, scratch)
    here = heard["through"]
    name = f"{address.name} holds" if address.name else "Something on the way holds"
    if not here.delays_s:
        yield fail("buffering", f"{name} events back: none of {BEATS} came within {PATIENCE_S:.0f} s.",
                   mend(address.name, "buffering"))  # fmt: skip
        return
    if here.missing or here.clumps > max(1, heard["beside"].clumps if "beside" in heard else 0):
        lost = f"{here.missing} of {BEATS} did not come in time" if here.missing else "they come in clumps"
        yield fail("buffering", f"{name} events back: {lost}.", mend(address.name, "buffering"))
        return
    yield ok("buffering", f"Each of {BEATS} events came by itself.")
    p50 = statistics.median(here.delays_s)
    text = f"First byte after {here.first_byte_s * 1000:.0f} ms; events {p50 * 1000:.1f} ms after their commit"
    text += f" (slowest {max(here.delays_s) * 1000:.1f} ms)"
    near = through.connect_s  # there and back once: what the network alone takes
    if "beside" in heard and heard["beside"].delays_s:
        near = statistics.median(heard["beside"].delays_s)
        text += f", {near * 1000:.1f} ms directly"
    if p50 - near > SLOW_S:
        yield warn("latency", f"{text}.", f"{mend(address.name, 'buffering')} Or the network between is slow.")
    else:
        yield ok("latency", f"{text}.")


def _listen(exchanges: dict[str, Exchange], scratch: Scratch) -> dict[str, Heard]:
    """Write events one after another and note when each came over each stream."""
    heard = {name: Heard(first_byte_s=exchange.first_byte_s) for name, exchange in exchanges.items()}
    frames = {name: Frames() for name in exchanges}
    for name, exchange in exchanges.items():  # up to the snapshot
        until = time.monotonic() + PATIENCE_S
        while not frames[name].last_id and (got := exchange.piece(until)):
            frames[name].feed(got)
    committed: dict[int, float] = {}
    arrived: dict[str, dict[int, float]] = {name: {} for name in exchanges}
    with selectors.DefaultSelector() as selector:
        for name, exchange in exchanges.items():
            selector.register(exchange, selectors.EVENT_READ, name)
        for number in range(BEATS):
            at, seq = scratch.write()
            committed[seq] = at
            last = number == BEATS - 1
            until = time.monotonic() + (PATIENCE_S if last else BETWEEN_S)
            while (left := until - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    exchange, now = exchanges[key.data], time.monotonic()
                    while got := exchange.piece(now + 0.001):
                        for frame in frames[key.data].feed(got):
                            if not frame.event:
                                arrived[key.data].setdefault(json.loads(frame.data)["seq"], now)
                    if exchange.ended:
                        selector.unregister(exchange)
                if not selector.get_map() or (last and all(len(seen) == BEATS for seen in arrived.values())):
                    break
    for name, seen in arrived.items():
        heard[name].delays_s = [max(seen[seq] - at, 0.0) for seq, at in committed.items() if seq in seen]
        heard[name].missing = BEATS - len(heard[name].delays_s)
        times = [seen[seq] for seq in sorted(seen)]
        heard[name].clumps = sum(later - sooner < CLUMP_S for sooner, later in pairwise(times))
    return heard


def idle(address: Address, token: str, board: int | None, for_s: float) -> Finding:
    """Keep a silent stream open for so long, and see that heartbeats come and nobody cuts it."""
    path = f"/streams/boards/{board}" if board else "/streams?me=true"
    began = last = time.monotonic()
    longest = 0.0
    try:
        with Exchange(address.url + path, {"Authorization": f"Bearer {token}"}) as stream:
            frames = Frames()
            while (now := time.monotonic()) - began < for_s:
                got = stream.piece(min(last + 2 * HEARTBEAT_S, began + for_s))
                if got == b"":
                    return fail("idle", f"The silent stream was cut after {time.monotonic() - began:.0f} s.",
                                mend(address.name, "idle"))  # fmt: skip
                if got:
                    frames.feed(got)
                    now = time.monotonic()
                    longest, last = max(longest, now - last), now
                elif now - last > 2 * HEARTBEAT_S:
                    break
    except Unreachable as error:
        return fail("idle", f"The stream gives {error}.", mend(address.name, "buffering"))
    silence = max(longest, time.monotonic() - last)
    if silence > HEARTBEAT_S:
        return fail("idle", f"No heartbeat came for {silence:.0f} s.", mend(address.name, "buffering"))
    return ok("idle", f"A silent stream stayed open for {for_s:.0f} s; the longest silence was {silence:.1f} s.")
