"""Threads of the native engine: as many as this process and the environment allow, and work spread over them."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from aurita.errors import AuritaError

_CHOSEN: list[int] = []


def thread_count() -> int:
    """Cores that this process may run on, limited by `OMP_NUM_THREADS`, which process pools set, and by cgroups.

    Example:
        >>> thread_count() >= 1
        True
    """
    if _CHOSEN:
        return _CHOSEN[-1]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdecimal() and int(asked) > 0:
        cores = min(cores, int(asked))
    # The quota is read from files, which takes as long as a short chunk of learning on line.
    return 1 if cores == 1 else max(1, min(cores, _quota() or cores))


@contextmanager
def set_threads(count: int) -> Iterator[None]:
    """Within this context the native engine uses `count` threads; results do not depend on them.

    Raises:
        AuritaError: a count below one.

    Example:
        >>> with set_threads(2):
        ...     thread_count()
        2
    """
    if count < 1:
        raise AuritaError(f"threads is {count}; expected at least 1")
    _CHOSEN.append(count)
    try:
        yield
    finally:
        _CHOSEN.pop()


def spread(work: Callable[[int, int], int], count: int) -> bool:
    """Do `count` pieces of work, over threads that end with the call, so that a process may fork at any time.

    Args:
        work: does the pieces from a first to before a last one, and returns zero where all went well.

    Returns:
        Whether all went well.
    """
    used = min(thread_count(), count)
    if used < 2:
        return work(0, count) == 0
    bounds = [count * i // (4 * used) for i in range(4 * used + 1)]
    with ThreadPoolExecutor(used) as pool:
        return not any(pool.map(work, bounds[:-1], bounds[1:]))


def _quota() -> int | None:
    """Whole cores that a Linux control group grants."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
