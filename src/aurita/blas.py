"""One BLAS thread for small matrices: starting, and waiting for, more of them takes longer than the work itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import threadpool_limits

_LOCK = Lock()
_INSIDE: list[threadpool_limits | None] = []
_SMALL = 2**22


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
            _INSIDE.append(threadpool_limits(1, user_api="blas"))
        _INSIDE.append(None)
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE.pop()
            if len(_INSIDE) == 1:
                limited = _INSIDE.pop()
                assert limited is not None
                limited.restore_original_limits()
