"""Follow learning that happens inside something else, such as the fit of an estimator."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
# Of the whole process: estimators let the members of an ensemble learn in threads of their own.
_CALLBACKS: list[Progress | None] = [None]


@contextmanager
def following(progress: Progress | None) -> Iterator[None]:
    """Within this context every `learn` without a `progress` of its own calls this one.

    Args:
        progress: called with steps done and steps in all, such as a `ProgressLog`; None calls nothing.

    Example:
        >>> import numpy as np
        >>> from aurita import Learning, ReservoirClassifier
        >>> from aurita.learning import following
        >>> steps = []
        >>> X, y = np.random.default_rng(0).normal(size=(6, 8, 2)), [0, 1] * 3
        >>> with following(lambda done, total: steps.append((done, total))):
        ...     model = ReservoirClassifier(units=2, learning=Learning(steps=30)).fit(X, y)
        >>> steps
        [(25, 30), (30, 30)]
    """
    _CALLBACKS.append(progress)
    try:
        yield
    finally:
        _CALLBACKS.pop()


def current_callback() -> Progress | None:
    """The callback of the innermost context; None outside of any."""
    return _CALLBACKS[-1]
