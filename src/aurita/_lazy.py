"""Packages whose names are loaded when they are first used, so that importing one costs next to nothing."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazy(
    package: str, homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package.

    Args:
        package: its `__name__`.
        homes: the public names of each module, by its name within the package.

    Example:
        >>> get, names, _ = lazy("aurita", {"errors": ["AuritaError"]})
        >>> get("AuritaError").__name__, names()
        ('AuritaError', ['AuritaError'])
    """
    home = {name: module for module, names in homes.items() for name in names}
    public = sorted(home)

    def get(name: str) -> Any:
        if name in home:
            return getattr(import_module(f"{package}.{home[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: public, public
