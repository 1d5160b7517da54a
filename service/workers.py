"""Runs several workers on one listening socket: starts them, replaces the dead, stops them together."""

import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess

logger = logging.getLogger(__name__)

STOP_S = 20.0  # after SIGTERM; then SIGKILL
RESTART_S = 0.5  # between two starts of the same worker
HOPELESS = 3  # workers that died in a row within HEALTHY_S of their start: the next would too
HEALTHY_S = 5.0


def run_workers(
    count: int, target: Callable[[socket.socket], None], listening: socket.socket, buried: Callable[[int], None]
) -> None:
    """Run `target(listening)` in `count` processes until SIGINT or SIGTERM. `target` must be picklable.

    A worker that dies is replaced, and `buried` called with its number. Raises ChildProcessError when workers die as
    soon as they start.
    """
    context = multiprocessing.get_context("spawn")
    stopping = threading.Event()
    wake_read, wake_write = os.pipe()

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()
        os.write(wake_write, b"!")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    alive_end, our_end = context.Pipe(duplex=False)  # closes when we end, however we end: see _work

    def start() -> tuple[SpawnProcess, float]:
        process = context.Process(target=_work, args=(target, listening, alive_end), name="livelane-worker")
        process.start()
        return process, time.monotonic()

    workers = [start() for _ in range(count)]
    died_young = 0
    try:
        while not stopping.is_set():
            multiprocessing.connection.wait([wake_read, *(process.sentinel for process, _ in workers)])
            for index, (process, began) in enumerate(workers):
                if stopping.is_set() or process.is_alive():
                    continue
                died_young = died_young + 1 if time.monotonic() - began < HEALTHY_S else 0
                if died_young >= HOPELESS:
                    raise ChildProcessError(
                        f"{HOPELESS} workers in a row ended as soon as they had started. The log says why; "
                        "`livelane serve --workers 1` shows it alone."
                    )
                logger.warning("worker %s ended with %s; starting another", process.pid, process.exitcode)
                buried(process.pid or 0)
                stopping.wait(RESTART_S)
                workers[index] = start()
    finally:
        _stop([process for process, _ in workers])
        our_end.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(workers: list[SpawnProcess]) -> None:
    for process in workers:
        process.terminate()
    until = time.monotonic() + STOP_S
    for process in workers:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


def _work(
    target: Callable[[socket.socket], None],
    listening: socket.socket,
    alive_end: "multiprocessing.connection.Connection[None, None]",
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the parent, which tells us

    def leave_with_parent() -> None:
        multiprocessing.connection.wait([alive_end])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=leave_with_parent, daemon=True).start()
    target(listening)
