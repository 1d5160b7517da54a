"""The machine as far as measuring needs it: cores, file limits, the CPU and memory of a process."""

import contextlib
import os
import platform
import resource
import time
from collections.abc import Iterator
from pathlib import Path


def cores() -> tuple[int, int]:
    """Return the server's core and the load's; the same one twice on a machine with one core."""
    there = sorted(os.sched_getaffinity(0))
    return there[0], there[1 % len(there)]


def pin(core: int, pid: int = 0) -> None:
    """Keep a process on one core, all its threads that there are now or will be."""
    for task in _tasks(pid or os.getpid()):
        os.sched_setaffinity(int(task.name), {core})


def raise_file_limit(wanted: int) -> int:
    """Allow this process and its children so many open files, as far as may be; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        for limit in (max(hard, wanted), hard):
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, limit), max(hard, min(wanted, limit))))
                break
            except (ValueError, PermissionError):
                continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def cpu_s(pid: int) -> float:
    """Return how long the process has run on a core, all threads together, as the scheduler counts it."""
    total = 0
    for task in _tasks(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def cores_in_use(for_s: float = 1.0) -> float:
    """Look for so long how many cores are at work; the load average remembers minutes that are over."""

    def at_work() -> int:
        user, nice, system, _idle, _waiting, *rest = map(
            int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
        )
        return user + nice + system + sum(rest)

    before = at_work()
    time.sleep(for_s)
    return (at_work() - before) / os.sysconf("SC_CLK_TCK") / for_s


def rss_bytes(pid: int) -> int:
    """Return the process's resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def description() -> dict[str, object]:
    """Return what the figures were taken on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cores": os.cpu_count(),
        "cpu": model,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _tasks(pid: int) -> Iterator[Path]:
    return iter(list(Path(f"/proc/{pid}/task").iterdir()))
