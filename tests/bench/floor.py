"""The floor of a fan-out: a process that writes finished bytes to every socket with os.write, and nothing else.

    python -m tests.bench.floor FRAME_FILE [DATABASE_URL]

It prints its port. A datagram to that port makes it write the frame, with the datagram's text for MARK; so does a
notification on the channel `livelane`, with "Beat 1", "Beat 2" …
"""

import os
import select
import socket
import sys
from pathlib import Path

import psycopg

OPENED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n: ok\n\n\r\n"


def main() -> None:
    """Serve until killed."""
    frame = Path(sys.argv[1]).read_bytes()
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    listening.setblocking(False)
    port = listening.getsockname()[1]
    bell = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bell.bind(("127.0.0.1", port))
    epoll = select.epoll()
    epoll.register(listening, select.EPOLLIN)
    epoll.register(bell, select.EPOLLIN)
    conn = None
    if len(sys.argv) > 2:
        conn = psycopg.connect(sys.argv[2], autocommit=True)
        conn.execute("LISTEN livelane")
        epoll.register(conn, select.EPOLLIN)
    print(port, flush=True)
    readers: dict[int, socket.socket] = {}
    ready: list[int] = []
    rung = 0
    while True:
        for fd, _ in epoll.poll():
            if fd == listening.fileno():
                one, _ = listening.accept()
                one.setblocking(False)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                readers[one.fileno()] = one
                epoll.register(one, select.EPOLLIN)
            elif fd == bell.fileno():
                _write_all(ready, frame.replace(b"MARK", bell.recv(200)))
            elif conn and fd == conn.fileno():
                for _ in conn.notifies(timeout=0):
                    rung += 1
                    _write_all(ready, frame.replace(b"MARK", b"Beat %d" % rung))
            elif readers[fd].recv(65_536):
                os.write(fd, OPENED)
                ready.append(fd)
            else:
                epoll.unregister(fd)
                readers.pop(fd).close()
                if fd in ready:
                    ready.remove(fd)


def _write_all(ready: list[int], frame: bytes) -> None:
    write = os.write
    for fd in ready:
        write(fd, frame)


if __name__ == "__main__":
    main()
