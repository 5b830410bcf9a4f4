"""Constructors of estimators with the interface of another library: the parameters of aurita's own, declared there."""

import inspect
from abc import update_abstractmethods
from collections.abc import Callable
from typing import Any, TypeVar

Kind = TypeVar("Kind", bound=type)


def parameters_of(estimator: type, *names: str, **defaults: object) -> Callable[[Kind], Kind]:
    """A decorator that gives a class an `__init__` with some parameters of an estimator of aurita.

    The constructor stores them, as scikit-learn, sktime and aeon want it, and then calls that of the base class.

    Args:
        estimator: whose parameters they are.
        names: of the parameters, in the order of the constructor.
        defaults: of those that differ, or that are the adapter's own; these come first.

    Example:
        >>> from aurita import ReservoirRegressor
        >>> @parameters_of(ReservoirRegressor, "units", "summary", clusters=8)
        ... class Adapter: ...
        >>> vars(Adapter(8, 4))
        {'clusters': 8, 'units': 4, 'summary': 'times:4'}
    """
    known = inspect.signature(estimator).parameters
    kinds = inspect.Parameter.POSITIONAL_OR_KEYWORD
    own = [inspect.Parameter(name, kinds, default=value) for name, value in defaults.items() if name not in names]
    taken = [known[name].replace(kind=kinds, default=defaults.get(name, known[name].default)) for name in names]
    signature = inspect.Signature([inspect.Parameter("self", kinds), *own, *taken])

    def with_constructor(kind: Kind) -> Kind:
        base: Callable[[object], None] = kind.__init__  # type: ignore[misc]

        def constructor(*given: Any, **named: Any) -> None:
            bound = signature.bind(*given, **named)
            bound.apply_defaults()
            self = bound.arguments.pop("self")
            for name, value in bound.arguments.items():
                setattr(self, name, value)
            base(self)

        constructor.__signature__ = signature  # type: ignore[attr-defined]
        kind.__init__ = constructor  # type: ignore[misc]
        update_abstractmethods(kind)
        return kind

    return with_constructor
