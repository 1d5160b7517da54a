"""REST under load: connections that each send the next request when the last one is answered."""

import select
import socket
import time
from collections import deque
from collections.abc import Callable

import msgspec

from tests.bench.machine import cpu_s

WARM_S = 0.7


class Load(msgspec.Struct, frozen=True):
    """What one run gave."""

    per_s: float
    cpu_us: float  # of the server, per request
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


def run(
    address: tuple[str, int],
    pid: int,
    request: Callable[[int], bytes],
    *,
    connections: int = 32,
    for_s: float = 3.0,
    at_most_per_s: float = 0.0,
) -> Load:
    """Send `request(n)` for n = 0, 1, 2 … over so many connections for so long, after a short warm-up.

    With `at_most_per_s` requests are spread evenly: CPU per request depends on how many come at once.
    """
    epoll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    sent_at: dict[int, float] = {}
    buffers: dict[int, bytes] = {}
    times: list[float] = []
    statuses: dict[int, int] = {}
    number = 0
    now = time.monotonic
    for _ in range(connections):
        one = socket.create_connection(address, 5)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
        sockets[one.fileno()] = one
        buffers[one.fileno()] = b""
        epoll.register(one, select.EPOLLIN)
    free = deque(sockets)
    began, cpu = now(), cpu_s(pid)
    due, apart_s = began, 1 / at_most_per_s if at_most_per_s else 0.0
    warm_until, warm = began + WARM_S, True
    until = warm_until + for_s
    while (at := now()) < until:
        if warm and at >= warm_until:
            warm, began, cpu, times, statuses = False, at, cpu_s(pid), [], {}
        while free and due <= at:
            fd = free.popleft()
            sockets[fd].send(request(number))
            number += 1
            sent_at[fd] = at
            due = max(due + apart_s, at - 0.1)
        for fd, _ in epoll.poll(max(0.0, due - now()) if free else 1.0):
            data = buffers[fd] + sockets[fd].recv(262_144)
            status = _complete(data)
            if not status:
                buffers[fd] = data
                continue
            buffers[fd] = b""
            at = now()
            times.append(at - sent_at[fd])
            statuses[status] = statuses.get(status, 0) + 1
            free.append(fd)
    took, spent = now() - began, cpu_s(pid) - cpu
    for one in sockets.values():
        one.close()
    epoll.close()
    times.sort()
    count = len(times)
    assert count, "no request was answered"
    return Load(
        per_s=count / took,
        cpu_us=spent / count * 1e6,
        p50_ms=times[count // 2] * 1000,
        p99_ms=times[min(count - 1, int(count * 0.99))] * 1000,
        statuses=statuses,
    )


def _complete(data: bytes) -> int:
    """Return the status once the whole answer is there, else 0."""
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return 0
    lower = head.lower()
    place = lower.find(b"content-length:")
    if place >= 0:
        end = lower.find(b"\r\n", place)
        length = int(lower[place + 15 : end if end >= 0 else None])
        return int(head[9:12]) if len(body) >= length else 0
    if b"chunked" in lower:
        return int(head[9:12]) if body.endswith(b"0\r\n\r\n") else 0
    return int(head[9:12])


def json_request(method: str, path: str, token: str, body: str = "", extra: str = "") -> bytes:
    """Return the bytes of one request with a bearer token."""
    content = f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n" if body else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{content}{extra}\r\n{body}"
    ).encode()
