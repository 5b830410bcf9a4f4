"""Hyper-parameter search: what is sampled, by what, how often."""

import json
import zlib
from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from aurita.studies.declaration import SearchPlan

Space = Mapping[str, Mapping[str, Any]]


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Optuna's words for a search space.

    Example:
        >>> distributions({"units": {"low": 4, "high": 20, "integer": True}})
        {'units': IntDistribution(high=20, log=False, low=4, step=1)}
    """
    return {name: _distribution(span) for name, span in sorted(space.items())}


def decoded(found: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Values as the model takes them: Optuna keeps no lists, so these are named by their text there."""
    return {
        name: span["choices"][_names(span).index(found[name])] if "choices" in span else found[name]
        for name, span in space.items()
    }


def budget(plan: SearchPlan, space: Space) -> int:
    """Trials of one search: as declared, or the whole grid where that is smaller."""
    return len(grid(plan, space)) if plan.sampler == "grid" else plan.trials


def grid(plan: SearchPlan, space: Space) -> list[dict[str, Any]]:
    """Points of the grid in an order drawn once, as many as the budget allows.

    Example:
        >>> space = {"leak": {"low": 0.01, "high": 1.0, "log": True, "points": 3}, "kind": {"choices": ["a", "b"]}}
        >>> sorted({point["leak"] for point in grid(SearchPlan("grid"), space)})
        [0.01, 0.1, 1.0]
    """
    axes = {name: _axis(span) for name, span in sorted(space.items())}
    points = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    Random(0).shuffle(points)
    return points[: plan.trials]


def sampler(plan: SearchPlan, name: str, slot: int) -> optuna.samplers.BaseSampler:
    """The sampler of one trial, seeded by its place in the search: a trial made again is the same trial.

    Args:
        plan: says which.
        name: of the search.
        slot: of the trial, from 0.
    """
    seed = zlib.crc32(f"{name} {slot}".encode())
    if plan.sampler == "tpe":
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    return optuna.samplers.RandomSampler(seed=seed)


def _distribution(span: Mapping[str, Any]) -> BaseDistribution:
    if "choices" in span:
        return CategoricalDistribution(_names(span))
    log = span.get("log", False)
    if span.get("integer"):
        return IntDistribution(int(span["low"]), int(span["high"]), log=log)
    return FloatDistribution(float(span["low"]), float(span["high"]), log=log)


def _names(span: Mapping[str, Any]) -> list[Any]:
    return [json.dumps(choice) if isinstance(choice, list | dict) else choice for choice in span["choices"]]


def _axis(span: Mapping[str, Any]) -> list[Any]:
    if "choices" in span:
        return _names(span)
    low, high, whole = span["low"], span["high"], span.get("integer", False)
    if whole and "points" not in span:
        return list(range(int(low), int(high) + 1))
    spaced = (np.geomspace if span.get("log") else np.linspace)(low, high, span["points"])
    if whole:
        return sorted({round(value) for value in spaced})
    # Rounding must not leave the range.
    return [float(min(max(value, low), high)) for value in spaced]
