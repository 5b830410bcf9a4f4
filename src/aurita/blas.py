"""One BLAS thread for small matrices: starting, and waiting for, more of them takes longer than the work itself."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_LOCK = Lock()
_INSIDE: list[Any] = []
_SMALL = 2**22
_BRING_THEIR_OWN = ("numpy", "scipy.linalg", "sklearn", "torch", "statsmodels")


@contextmanager
def one_thread(numbers: int = 0) -> Iterator[None]:
    """Within this context linear algebra runs on one core.

    Args:
        numbers: of the matrices; with more than four millions the libraries use the threads that they like.

    Example:
        >>> import numpy as np
        >>> with one_thread():
        ...     float(np.linalg.det(np.eye(3)))
        1.0
    """
    if numbers > _SMALL:
        yield
        return
    with _LOCK:
        if not _INSIDE:
            found = _libraries(tuple(name in sys.modules for name in _BRING_THEIR_OWN))
            _INSIDE.append(found.limit(limits=1, user_api="blas"))
        _INSIDE.append(None)
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE.pop()
            if len(_INSIDE) == 1:
                _INSIDE.pop().restore_original_limits()


@lru_cache(maxsize=1)
def _libraries(loaded: tuple[bool, ...]) -> ThreadpoolController:
    """The BLAS libraries of this process: looking for them takes 15 ms, so it is done again where more may be there."""
    del loaded
    return ThreadpoolController()
