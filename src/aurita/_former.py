"""Keywords that a class takes under the names that they had in earlier versions."""

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from aurita.errors import AuritaError

Renamed = TypeVar("Renamed", bound=type)


def former_keywords(**former: str) -> Callable[[Renamed], Renamed]:
    """A decorator of classes that take keywords under former names too, with a `FutureWarning`.

    Args:
        former: for each former name that of today.

    Example:
        >>> @former_keywords(long="length")
        ... class Line:
        ...     def __init__(self, length: float) -> None:
        ...         self.length = length
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     print(Line(long=2.0).length)
        2.0
    """

    def decorate(kind: Renamed) -> Renamed:
        whole: Any = kind
        init = whole.__init__
        called = init.__qualname__.removesuffix(".__init__")

        @functools.wraps(init)
        def renaming(self: object, *args: Any, **given: Any) -> None:
            for name in former.keys() & given.keys():
                now = former[name]
                if now in given:
                    raise AuritaError(f"{called} has both {now} and {name}, its former name; give {now} alone")
                warnings.warn(
                    f"{called} calls {name} {now}; the former name will not be taken for ever",
                    FutureWarning,
                    stacklevel=2,
                )
                given[now] = given.pop(name)
            init(self, *args, **given)

        whole.__init__ = renaming
        return kind

    return decorate
