"""Everybody comes back: the server restarts under thousands of streams, and each resumes where it was."""

import random
import re
import select
import socket
import time

import httpx

from tests.bench.crowd import Crowd, stream_request
from tests.bench.report import Figure
from tests.bench.site import Site, until

GOAL_S = 5.0


def measure(site: Site, readers: int) -> list[Figure]:
    """Return how long after the server is up again the last client has what it missed, and what that took."""
    board = site.board(50)
    ticket = site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board)
    site.start()
    try:
        crowd = Crowd(site.address)
        crowd.open([stream_request(f"/streams/boards/{board}?after=now", site.token)] * readers, b"event: heartbeat")
        cursor = f"{site.value('SELECT current_epoch()')}:board/{board}={_seq(site, board)}"
        site.product.stop()
        until(lambda: _drain(crowd), 10, "every stream to end")
        goodbye = time.monotonic()
        crowd.close()
        site.commit(ticket, "While they were away")
        site.start()
        up = time.monotonic()
        request = stream_request(f"/streams/boards/{board}", site.token, cursor)
        last = _return(site, request, readers, goodbye, up)
        reads = _metrics(site)
    finally:
        site.product.stop()
    return [
        Figure(f"{readers} clients back after a restart: the last", last, "s", "goal", GOAL_S, 1.0,
               "from the server being up; each with what it missed"),
        Figure("reads of the log for it", reads, "", note="one topic"),
    ]  # fmt: skip


def _return(site: Site, request: bytes, readers: int, goodbye: float, up: float) -> float:
    """Connect every client at its own jittered moment after the goodbye; return when the last had the missed event."""
    luck = random.Random(7)
    due = sorted(max(goodbye + luck.uniform(1.0, 3.0), up + luck.uniform(0.0, 2.0)) for _ in range(readers))
    epoll, sockets, waiting, now = select.epoll(), {}, {}, time.monotonic
    last = up
    begun = 0
    while begun < readers or waiting:
        assert now() < up + 60, f"{len(waiting)} clients are not back"
        while begun < readers and due[begun] <= now():
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(site.address)
            sockets[one.fileno()], waiting[one.fileno()] = one, b""
            epoll.register(one, select.EPOLLOUT)
            begun += 1
        timeout = max(0.0, due[begun] - now()) if begun < readers else 0.5
        for fd, what in epoll.poll(timeout, 2048):
            if what & select.EPOLLOUT:
                sockets[fd].send(request)
                epoll.modify(fd, select.EPOLLIN)
                continue
            got = sockets[fd].recv(65_536)
            assert got, f"a returning client was sent away: {waiting.get(fd)!r}"
            if fd in waiting:
                waiting[fd] += got
                if b"While they were away" in waiting[fd]:
                    del waiting[fd]
                    last = now()
    for one in sockets.values():
        one.close()
    return last - up


def _seq(site: Site, board: int) -> int:
    return site.value("SELECT topic_seq(%s)", f"board/{board}")


def _drain(crowd: Crowd) -> bool:
    crowd.idle(0.05)
    return len(crowd.ended) == len(crowd)


def _metrics(site: Site) -> float:
    text = httpx.get(f"{site.product.url}/metrics").text
    found = re.findall(r'^livelane_streams_reads_total\{what="(?:events|snapshot|gap)[^"]*"\} ([\d.e+]+)', text, re.M)
    return sum(float(value) for value in found)
