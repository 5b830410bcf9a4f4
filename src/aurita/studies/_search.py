"""Hyper-parameter search: spaces, the points of a grid, and Optuna's samplers."""

import json
import math
import zlib
from collections.abc import Mapping
from itertools import product
from random import Random
from typing import TYPE_CHECKING

from aurita._typing import Document, DocumentView
from aurita.studies.plans import SearchPlan

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

Space = Mapping[str, DocumentView]


def decoded(found: DocumentView, space: Space) -> Document:
    """Values as the model takes them: Optuna keeps no lists, so these are named by their text there.

    Example:
        >>> decoded({"horizons": "[1, 2]"}, {"horizons": {"choices": [[1], [1, 2]]}})
        {'horizons': [1, 2]}
    """
    return {
        name: span["choices"][choice_names(span).index(found[name])] if "choices" in span else found[name]
        for name, span in space.items()
    }


def choice_names(span: DocumentView) -> list[str | int | float | bool | None]:
    """What Optuna calls the choices."""
    return [json.dumps(choice) if isinstance(choice, list | dict) else choice for choice in span["choices"]]


def budget(plan: SearchPlan, space: Space) -> int:
    """Trials of one search: as declared, or the whole grid where that is smaller."""
    return len(grid(plan, space)) if plan.sampler == "grid" else plan.trials


def grid(plan: SearchPlan, space: Space) -> list[Document]:
    """Points of the grid in an order drawn once, as many as the budget allows.

    Example:
        >>> space = {"leak": {"low": 0.01, "high": 1.0, "log": True, "points": 3}, "kind": {"choices": ["a", "b"]}}
        >>> sorted({round(point["leak"], 9) for point in grid(SearchPlan("grid"), space)})
        [0.01, 0.1, 1.0]
    """
    axes = {name: _axis(span) for name, span in sorted(space.items())}
    points = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    Random(0).shuffle(points)
    return points[: plan.trials]


def distributions(space: Space) -> "dict[str, BaseDistribution]":
    """A search space as Optuna has it.

    Example:
        >>> distributions({"units": {"low": 4, "high": 20, "integer": True}})
        {'units': IntDistribution(high=20, log=False, low=4, step=1)}
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for name, span in sorted(space.items()):
        if "choices" in span:
            found[name] = CategoricalDistribution(choice_names(span))
        elif span.get("integer"):
            found[name] = IntDistribution(int(span["low"]), int(span["high"]), log=span.get("log", False))
        else:
            found[name] = FloatDistribution(float(span["low"]), float(span["high"]), log=span.get("log", False))
    return found


def sampler(plan: SearchPlan, place: str) -> "BaseSampler":
    """The sampler of one trial.

    What it draws depends on the place in the search, not on the trial's number: a trial that was cut off and is made
    again is the same one, as far as the sampler's history is.
    """
    from optuna.samplers import RandomSampler, TPESampler

    seed = zlib.crc32(place.encode())
    if plan.sampler != "tpe":
        return RandomSampler(seed=seed)
    # Trials at work count as bad ones, so that several workers do not try the same.
    return TPESampler(seed=seed, constant_liar=True, multivariate=False)


def _axis(span: DocumentView) -> list[str | int | float | bool | None]:
    if "choices" in span:
        return choice_names(span)
    low, high, whole = span["low"], span["high"], span.get("integer", False)
    if whole and "points" not in span:
        return list(range(int(low), int(high) + 1))
    steps = max(span["points"] - 1, 1)
    if span.get("log"):
        values = [low * math.exp(math.log(high / low) * step / steps) for step in range(span["points"])]
    else:
        values = [low + (high - low) * step / steps for step in range(span["points"])]
    # Rounding must not leave the range.
    values = [float(min(max(value, low), high)) for value in values]
    return sorted({round(value) for value in values}) if whole else values
