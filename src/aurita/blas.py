"""One BLAS thread for small matrices: starting, and waiting for, more of them takes longer than the work itself.

The number of threads also decides in which order products are summed: results are the same bytes for any number of
them only where it does not count.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_LOCK = Lock()
_ASKED = {False: 0, True: 0}
_LIMITS: list[Any] = []
_SMALL = 2**22
_BRING_THEIR_OWN = ("numpy", "scipy.linalg", "sklearn", "torch", "statsmodels")


@contextmanager
def one_thread(numbers: int = 0) -> Iterator[None]:
    """Within this context linear algebra runs on one core.

    Args:
        numbers: of the matrices; with more than four millions the libraries use the threads that they like, also
            within another context.

    Example:
        >>> import numpy as np
        >>> with one_thread():
        ...     float(np.linalg.det(np.eye(3)))
        1.0
    """
    large = numbers > _SMALL
    _count(large, 1)
    try:
        yield
    finally:
        _count(large, -1)


def many_threads_for(numbers: int) -> AbstractContextManager[None]:
    """Within this context linear algebra of matrices of so many numbers uses all threads, if these are large.

    Example:
        >>> with one_thread(), many_threads_for(100):
        ...     1 + 1
        2
    """
    return one_thread(numbers) if numbers > _SMALL else nullcontext()


def _count(large: bool, change: int) -> None:
    """One more or one fewer who asks; one thread as long as somebody wants it and nobody has large matrices."""
    with _LOCK:
        _ASKED[large] += change
        limited = _ASKED[False] > 0 and not _ASKED[True]
        if limited and not _LIMITS:
            found = _libraries(tuple(name in sys.modules for name in _BRING_THEIR_OWN))
            _LIMITS.append(found.limit(limits=1, user_api="blas"))
        elif not limited and _LIMITS:
            _LIMITS.pop().restore_original_limits()


@lru_cache(maxsize=1)
def _libraries(loaded: tuple[bool, ...]) -> ThreadpoolController:
    """The BLAS libraries of this process: looking for them takes 15 ms, so it is done again where more may be there."""
    del loaded
    return ThreadpoolController()
