"""Packages whose names are loaded when they are first used, so that importing one costs next to nothing."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package.

    Args:
        package: its `__name__`.
        homes: the module, within the package, of every public name.

    Example:
        >>> get, names, _ = lazy("aurita", {"AuritaError": "errors"})
        >>> get("AuritaError").__name__, names()
        ('AuritaError', ['AuritaError'])
    """
    public = sorted(homes)

    def get(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: public, public
