"""Registries: what a name stands for, of one kind of thing; each entry registers itself where it is defined.

A name is a short one of the package's own, such as `AttentionUnit`, or `module:Name` of anything that is defined
elsewhere. Whoever writes `module:Name` in a program, on the command line or in a study file asks for that module, so it
is imported. A saved file may come from anywhere, so it only names what is imported already, or what its reader trusts.
"""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Generic, TypeVar

from aurita.errors import AuritaError
from aurita.fields import shown

Thing = TypeVar("Thing")

_PACKAGE = __name__.partition(".")[0]
_ALLOWED: ContextVar[tuple[str, ...] | None] = ContextVar("allowed", default=None)
_TRUSTED: list[str] = []


class NotImported(AuritaError):
    """A saved file names code of a module that is neither imported nor trusted."""


class Registry(Mapping[str, Thing], Generic[Thing]):
    """Things of one kind by name, in the order in which they were defined.

    Args:
        what: the kind, in messages: `unit type`.
        fits: whether something may be an entry; what a name `module:Name` finds has to be one too.
        expected: what an entry is, in messages: `a subclass of Unit`.

    Example:
        >>> sounds = Registry("sound", callable, "a function")
        >>> @sounds.register("tick")
        ... def tick(): ...
        >>> sounds.find("tick") is tick, sounds.find("math:sin")(0.0)
        (True, 0.0)
    """

    def __init__(self, what: str, fits: Callable[[object], bool], expected: str) -> None:
        self._what, self._fits, self._expected = what, fits, expected
        self._known: dict[str, Thing] = {}

    @classmethod
    def of_subclasses(cls, what: str, base: type) -> "Registry[Any]":
        """Subclasses of a class by name."""
        return cls(
            what, lambda given: isinstance(given, type) and issubclass(given, base), f"a subclass of {base.__name__}"
        )

    def register(self, short: str) -> Callable[[Thing], Thing]:
        """A decorator that enters what it decorates, without a name as `module:Name`.

        Raises:
            AuritaError: another module has entered something by this name.
        """

        def enter(thing: Thing) -> Thing:
            name = short or f"{thing.__module__}:{thing.__qualname__}"  # type: ignore[attr-defined]
            known = self._known.get(name)
            if known is not None and _place(known) != _place(thing):
                raise AuritaError(
                    f"{self._what} {name!r} is there already, from {_place(known)}; give this one another name"
                )
            self._known[name] = thing
            return thing

        return enter

    def find(self, name: Any) -> Thing:
        """What a name stands for; an entry itself is handed through.

        Raises:
            AuritaError: an unknown name (the nearest ones are listed), a module that cannot be imported or, while a
                file is read, one that may not be, and something of another kind.
        """
        if not isinstance(name, str):
            if self._fits(name):
                found: Thing = name
                return found
            raise AuritaError(f"{self._what} is a {type(name).__name__}; expected {self._expected}, or its name")
        if name in self._known:
            return self._known[name]
        if ":" not in name:
            raise AuritaError(f"{self._what} {shown(name)} is unknown; expected {self._names(name)}, or module:Name")
        thing = imported(name)
        if not self._fits(thing):
            raise AuritaError(f"{shown(name)} is no {self._what}; expected {self._expected}")
        return thing

    def name_of(self, thing: object) -> str:
        """The name that finds a thing in another process: short for the package's own, otherwise `module:Name`.

        Raises:
            AuritaError: it has none, being defined within a function.
        """
        if _home(thing).partition(".")[0] == _PACKAGE:
            for name, known in self._known.items():
                if known is thing:
                    return name
        place = _place(thing)
        if "." in place.partition(":")[2]:
            raise AuritaError(f"{self._what} {place} is defined within another; define it at the top of a module")
        return place

    def __getitem__(self, name: str) -> Thing:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def _names(self, name: str) -> str:
        near = get_close_matches(name[:60], self._known, n=1, cutoff=0.6)
        return f"one of {', '.join(self._known)}" + (f" (did you mean {near[0]!r}?)" if near else "")


def imported(name: str) -> Any:
    """The attribute `Name` of the module of `module:Name`.

    Raises:
        AuritaError: no such module or attribute, one whose import fails, or one that may not be imported now.
    """
    module, _, attribute = name.partition(":")
    if not attribute.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise AuritaError(f"{shown(name)} names nothing; expected module:Name, such as mylib.units:LIFUnit")
    allowed = _ALLOWED.get()
    if allowed is not None:
        return _without_import(module, attribute, allowed)
    try:
        home = import_module(module)
    except ImportError as error:
        raise AuritaError(
            f"{name} cannot be imported ({error}); install the module, or run where Python finds it"
        ) from None
    if not hasattr(home, attribute):
        raise AuritaError(f"the module {module} has no {attribute!r}; expected module:Name of something it defines")
    return getattr(home, attribute)


def trust(*modules: str) -> None:
    """Let every file that this process reads name code of these modules; it is imported then."""
    _TRUSTED.extend(modules)


@contextmanager
def only_trusted(modules: Collection[str]) -> Iterator[None]:
    """Within this context names find nothing that is neither imported nor of these modules."""
    if isinstance(modules, str):
        raise AuritaError(f"trusted is {modules!r}; expected a list of modules, such as [{modules!r}]")
    before = _ALLOWED.set((*modules, *_TRUSTED))
    try:
        yield
    finally:
        _ALLOWED.reset(before)


def _without_import(module: str, attribute: str, allowed: tuple[str, ...]) -> Any:
    if module in allowed and module not in sys.modules:
        try:
            import_module(module)
        except ImportError as error:
            raise NotImported(f"the module {module} is trusted and cannot be imported ({error})") from None
    if module not in sys.modules:
        raise NotImported(
            f"the file holds a {attribute} of the module {module}, which is not imported; if you trust that code, "
            f"import {module} first or use load(path, trusted=[{module!r}]), on the command line --trust {module}"
        )
    # Not by `getattr`, which may run code of a module.
    found = vars(sys.modules[module])
    if attribute not in found:
        raise NotImported(f"the file holds a {attribute} of the module {module}, which has none; define it there")
    return found[attribute]


def _home(thing: object) -> str:
    return str(getattr(thing, "__module__", type(thing).__module__))


def _place(thing: object) -> str:
    return f"{_home(thing)}:{getattr(thing, '__qualname__', type(thing).__qualname__)}"
