"""One BLAS thread inside, what there was before outside, however contexts are nested over threads."""

import threading

import pytest
import scipy.linalg  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits

from aurita.blas import one_thread


def threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_one_inside_and_as_before_outside():
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("this BLAS has one thread only")
        with one_thread():
            assert threads() == {1}
            with one_thread():
                assert threads() == {1}
            assert threads() == {1}
        assert threads() == {2}
        with one_thread(10**9):
            assert threads() == {2}


def test_the_last_thread_to_leave_restores():
    with threadpool_limits(2, user_api="blas"):
        before, entered, leave = threads(), threading.Event(), threading.Event()

        def stay():
            with one_thread():
                entered.set()
                leave.wait(10)

        other = threading.Thread(target=stay)
        other.start()
        entered.wait(10)
        with one_thread():
            pass
        assert threads() == {1}
        leave.set()
        other.join()
        assert threads() == before
