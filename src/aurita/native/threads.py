"""How many threads the native engine uses: what this process may, and no more than the environment allows."""

import os


def thread_count() -> int:
    """Cores that this process may run on, limited by `OMP_NUM_THREADS`, which process pools set, and by cgroups.

    Example:
        >>> thread_count() >= 1
        True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdecimal() and int(asked) > 0:
        cores = min(cores, int(asked))
    return max(1, min(cores, _quota() or cores))


def _quota() -> int | None:
    """Whole cores that a Linux control group grants."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
