"""One BLAS thread for small matrices: starting, and waiting for, more of them takes longer than the work itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

_LOCK = Lock()
_INSIDE: list[object] = []
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
            _INSIDE.append(_controller().limit(limits=1, user_api="blas"))
        _INSIDE.append(None)
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE.pop()
            if len(_INSIDE) == 1:
                limited = _INSIDE.pop()
                limited.restore_original_limits()  # type: ignore[attr-defined]


@cache
def _controller() -> ThreadpoolController:
    # SciPy brings a library of its own, which has to be there to be found.
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()
