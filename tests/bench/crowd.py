"""Many subscribers in one process: non-blocking sockets under epoll, timed as the bytes arrive."""

import errno
import os
import re
import select
import socket
import time
from collections.abc import Callable, Sequence

from tests.bench.machine import cpu_s

ABREAST = 100  # connections being opened at once
PATIENCE_S = 60.0
BEAT = re.compile(rb'"set":.{0,60}?Beat (\d+)"')  # an event's new title


class Crowd:
    """Open streams to one server. A beat is an event that renames a ticket to "Beat 17"."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.epoll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.carry: dict[int, bytes] = {}
        self.ended: set[int] = set()

    def __len__(self) -> int:
        return len(self.sockets)

    def open(self, requests: Sequence[bytes], opened: bytes) -> None:
        """Open a stream a request; returns when each has received the text `opened`."""
        waiting: dict[int, bytes] = {}
        todo = list(reversed(requests))
        until = time.monotonic() + PATIENCE_S
        while todo or waiting:
            while todo and len(waiting) < ABREAST:
                waiting[self._begin(todo.pop())] = b""
            assert time.monotonic() < until, f"{len(waiting)} streams did not open, {len(self)} did"
            for fd, _ in self.epoll.poll(1.0):
                got = self._take(fd)
                assert got != b"", f"a stream was closed while it opened: {waiting.get(fd, b'')[:300]!r}"
                if fd in waiting and got:
                    waiting[fd] += got
                    if opened in waiting[fd]:
                        del waiting[fd]

    def close(self) -> None:
        for each in self.sockets.values():
            each.close()
        self.sockets.clear()
        self.epoll.close()

    def hear(self, beats: int, for_s: float) -> dict[int, dict[int, float]]:
        """Return for each beat when each stream received it (monotonic).

        Ends once so many beats have reached everybody, or after `for_s`.
        """
        heard: dict[int, dict[int, float]] = {}
        left = beats * len(self)
        until = time.monotonic() + for_s
        poll, now, find = self.epoll.poll, time.monotonic, BEAT.findall
        while left > 0 and now() < until:
            for fd, _ in poll(0.5, 2048):
                got = self._take(fd)
                if not got:
                    continue
                at = now()
                if fd in self.carry:
                    got = self.carry.pop(fd) + got
                found = find(got)
                if not found:
                    self.carry[fd] = got[-400:]  # half of a frame, perhaps
                for number in found:
                    by = heard.setdefault(int(number), {})
                    if fd not in by:
                        by[fd] = at
                        left -= 1
        return heard

    def idle(self, for_s: float) -> None:
        """Read whatever comes for so long."""
        until = time.monotonic() + for_s
        while (left := until - time.monotonic()) > 0:
            for fd, _ in self.epoll.poll(left, 2048):
                self._take(fd)

    def _begin(self, request: bytes) -> int:
        one = socket.socket()
        one.setblocking(False)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = one.connect_ex(self.address)
        assert code in (0, errno.EINPROGRESS), os.strerror(code)
        connected = select.poll()
        connected.register(one, select.POLLOUT)
        assert connected.poll(10_000), "a connection was not accepted within 10 s"
        one.send(request)
        fd = one.fileno()
        self.sockets[fd] = one
        self.epoll.register(fd, select.EPOLLIN)
        return fd

    def _take(self, fd: int) -> bytes | None:
        """Return what has arrived, b"" when the stream has ended, None when there is nothing after all."""
        try:
            got = self.sockets[fd].recv(262_144)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            got = b""
        if not got:
            self.epoll.unregister(fd)
            self.ended.add(fd)
        return got


def timed(pid: int, work: Callable[[], None]) -> tuple[float, float]:
    """Run something; return the seconds it took and the CPU seconds the process spent meanwhile."""
    cpu, began = cpu_s(pid), time.monotonic()
    work()
    return time.monotonic() - began, cpu_s(pid) - cpu


def stream_request(path: str, token: str, cursor: str = "") -> bytes:
    """Return the bytes of a stream's request."""
    last = f"Last-Event-ID: {cursor}\r\n" if cursor else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {token}\r\n{last}\r\n"
    ).encode()
