"""Threads of the native engine: how many, and that work is done once by whoever does it."""

import os
import threading

import pytest

from aurita import AuritaError
from aurita.native.threads import set_threads, spread, thread_count


def test_threads_are_what_the_environment_or_the_caller_says(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert 1 <= thread_count() <= (os.cpu_count() or 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1,2")
    assert thread_count() == 1
    with set_threads(5):
        assert thread_count() == 5
    with pytest.raises(AuritaError, match="threads is 0; expected at least 1"), set_threads(0):
        pass


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_work_is_done_once(count):
    done, lock = [], threading.Lock()

    def work(first, last):
        with lock:
            done.extend(range(first, last))
        return 0

    with set_threads(3):
        assert spread(work, count)
    assert sorted(done) == list(range(count))
    with set_threads(3):
        assert not spread(lambda first, last: int(first <= count // 2 < last), count)
    assert threading.active_count() < 20
