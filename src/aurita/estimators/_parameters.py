"""The parameters of all estimators: what each may be, in one table, checked when something is fitted."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from aurita.data.sequences import LAYOUTS
from aurita.data.targets import PER
from aurita.errors import AuritaError
from aurita.estimators._pooled_shapes import WORLDS
from aurita.estimators.building import checked_learning
from aurita.estimators.online import online_settings
from aurita.fields import is_real, is_whole, shown
from aurita.readout import READOUTS, Readout, Summary, summary_named
from aurita.reservoir import Population
from aurita.reservoir.features import FEATURES, known_kinds

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

MOST_UNITS = 100_000
MOST_MEMBERS = 10_000
MOST_TIMES = 10_000

MOST_STEPS = 100_000
"""Steps ahead that are forecast at once, at most."""

_SELECTIONS = ("rollout", "valid_time", "validation", "gcv")


class Constraint(NamedTuple):
    """What a parameter may be.

    Attributes:
        expected: in words, with what to do where that is not plain.
        fits: whether a value is that; it may complain itself where it knows more.
    """

    expected: str
    fits: Callable[[object], bool]


def check_parameters(estimator: "BaseEstimator") -> None:
    """Complain about the first parameter of an estimator that is not what the table says.

    Args:
        estimator: whose parameters are looked at.

    Raises:
        AuritaError: what was given, and what was expected.

    Example:
        >>> from aurita import ReservoirClassifier
        >>> check_parameters(ReservoirClassifier(washout="auto"))
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: washout is 'auto'; expected a whole number of steps, 0 or more
    """
    rules = PARAMETERS[_kind(estimator)]
    for name, value in estimator.get_params(deep=False).items():
        if name in rules and not rules[name].fits(value):
            plural = name.endswith("s") and name not in ("units", "predicts", "scale_inputs")
            raise AuritaError(f"{name} {'are' if plural else 'is'} {shown(value)}; expected {rules[name].expected}")


def _kind(estimator: object) -> str:
    """The estimator of ours that it is, or is derived from."""
    return next(kind.__name__ for kind in type(estimator).__mro__ if kind.__name__ in PARAMETERS)


def whole(least: int, most: int = 2**31 - 1, *, none: bool = False) -> Callable[[Any], bool]:
    """A check for whole numbers in bounds."""
    return lambda value: (value is None and none) or (is_whole(value) and least <= int(value) <= most)


def number(least: float, below: float, *, none: bool = False) -> Callable[[Any], bool]:
    """A check for finite numbers from `least` to below `below`."""
    return lambda value: (value is None and none) or (is_real(value) and least <= float(value) < below)


def one(*choices: str | None) -> Constraint:
    """A choice of names."""
    named = [choice for choice in choices if choice is not None]
    return Constraint(
        f"one of {', '.join(map(repr, choices))}",
        lambda value: (value is None and None in choices) or (isinstance(value, str) and value in named),
    )


def _truth(value: object) -> bool:
    return isinstance(value, bool | np.bool_)


def _listed(value: Any, fits: Callable[[Any], bool], least: int = 0) -> bool:
    listed = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return listed and len(value) >= least and all(fits(item) for item in value)


def _populations(value: object) -> bool:
    if value is None or isinstance(value, Population):
        return True
    if not isinstance(value, list | tuple):
        return False
    for item in value:
        if not isinstance(item, Population):
            raise AuritaError(
                f"populations hold a {type(item).__name__}; expected Population(unit=..., units=...), one or a list of "
                "them"
            )
    return True


def _features(value: object) -> bool:
    given = (value,) if isinstance(value, str) else value
    return given is None or _listed(given, lambda item: isinstance(item, str) and item in known_kinds(), 1)


def _summary(value: object) -> bool:
    if isinstance(value, Summary):
        return True
    if not isinstance(value, str) or len(value) > 40:
        return False
    return summary_named(value).width(1) <= MOST_TIMES


def _readout(value: object) -> bool:
    if value is None or isinstance(value, Readout):
        return True
    if isinstance(value, str) and ":" not in value:
        return value in READOUTS and not READOUTS[value].follows
    return isinstance(value, str | type) and issubclass(READOUTS.find(value), Readout)


def _values_readout(value: object) -> bool:
    if not _readout(value) or value == "committee":
        return False
    found = value if value is None or isinstance(value, Readout) else READOUTS.find(value)
    return found is None or not found.classes


def _forecast_readout(value: object) -> bool:
    return not isinstance(value, Readout) and _values_readout(value)


def _selection(value: object) -> bool:
    if isinstance(value, str) and value == "validation":
        raise AuritaError("selection is 'validation'; expected 'loo' or 'gcv', which need no rows of their own")
    return isinstance(value, str) and value in ("loo", "gcv")


def _season(value: object) -> bool:
    fits = whole(2, 1_000_000)
    return value is None or fits(value) or (isinstance(value, list | tuple) and _listed(value, fits, 1))


def _random_state(value: object) -> bool:
    if value is None or isinstance(value, np.random.RandomState | np.random.Generator):
        return True
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and 0 <= int(value) < 2**32


def _class_weight(value: object) -> bool:
    if value is None or (isinstance(value, str) and value == "balanced"):
        return True
    return isinstance(value, Mapping) and len(value) > 0 and all(number(1e-100, 1e100)(part) for part in value.values())


def _settings(check: Callable[[Any], object]) -> Callable[[Any], bool]:
    """A check by what complains itself."""

    def fits(value: object) -> bool:
        check(value)
        return True

    return fits


_SHARED = {
    "populations": Constraint(
        "Population(unit=..., units=...), a list of them, or None for the mixed society", _populations
    ),
    "units": Constraint(
        f"a whole number up to {MOST_UNITS:,}, 0 for the bare inputs, or None", whole(0, MOST_UNITS, none=True)
    ),
    "learning": Constraint("Learning(...), the name of an objective, or 'default'", _settings(checked_learning)),
    "features": Constraint(f"one or more of {', '.join(map(repr, FEATURES))}, or None", _features),
    "alphas": Constraint(
        "one or more positive finite numbers in a list, or None for a grid",
        lambda value: value is None or _listed(value, lambda item: number(0, 1e300)(item) and float(item) > 0, 1),
    ),
    "clock": Constraint(
        "a list of periods of 1 step or more, such as (24, 168), or () for none",
        lambda value: _listed(value, number(1, 1e12)),
    ),
    "scale_inputs": Constraint("True or False", _truth),
    "ensemble": Constraint(f"a whole number of reservoirs, 1 to {MOST_MEMBERS:,}", whole(1, MOST_MEMBERS)),
    "online": Constraint("Online(...), or None for its defaults", _settings(online_settings)),
    "random_state": Constraint(
        "a whole number from 0 to 4294967295, numpy.random.default_rng(...) or another generator of numpy's, or None",
        _random_state,
    ),
    "verbose": Constraint(
        "True, False, None or a callback", lambda value: value is None or _truth(value) or callable(value)
    ),
}
_SEQUENCES = _SHARED | {
    "summary": Constraint("'last', 'mean', 'mean_deviation' or 'times:K', with K up to 10,000", _summary),
    "selection": Constraint("'loo' or 'gcv'", _selection),
    "washout": Constraint("a whole number of steps, 0 or more", whole(0)),
    "layout": one(*LAYOUTS),
    "per": one(*PER),
    "shapes": one(*WORLDS),
}
_OF_READOUTS = ("alphas", "ensemble", "online", "per", "selection")
PARAMETERS: dict[str, dict[str, Constraint]] = {
    "ReservoirClassifier": _SEQUENCES
    | {
        "readout": Constraint(
            "None, 'ridge', 'committee', 'logistic', or another Readout, an object, its class or module:Name", _readout
        ),
        "class_weight": Constraint("'balanced', weights such as {'sick': 10.0}, or None", _class_weight),
    },
    "ReservoirFeatures": {name: rule for name, rule in _SEQUENCES.items() if name not in _OF_READOUTS},
    "ReservoirRegressor": _SEQUENCES | {"readout": Constraint("None, 'ridge' or another Readout", _values_readout)},
    "ReservoirForecaster": _SHARED
    | {
        "horizon": Constraint(f"a whole number of steps, 1 to {MOST_STEPS:,}", whole(1, MOST_STEPS)),
        "strategy": one("recursive", "direct"),
        "readout": Constraint("None, 'ridge', or the class or module:Name of another Readout", _forecast_readout),
        "predicts": one("values", "increments"),
        "difference": Constraint(
            "0, 1 or 2, or 'auto'", lambda value: (isinstance(value, str) and value == "auto") or whole(0, 2)(value)
        ),
        "season": Constraint("a whole number of steps, 2 to 1,000,000, a few such as (24, 168), or None", _season),
        "selection": one(*_SELECTIONS),
        "noise": Constraint("a number of deviations, 0 or more", number(0, 1e6)),
        "washout": Constraint("a whole number of steps, 0 or more, or None", whole(0, none=True)),
        "calibration": Constraint("a share from 0 to below 1", number(0, 1)),
        "lower": Constraint("a number that no forecast falls below, or None", number(-1e140, 1e140, none=True)),
        "upper": Constraint("a number that no forecast exceeds, or None", number(-1e140, 1e140, none=True)),
        "experts": Constraint("True, False or None", lambda value: value is None or _truth(value)),
    },
}
"""The table: of each estimator, what each of its parameters may be."""
