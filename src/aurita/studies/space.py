"""Search spaces: the points of a grid, and values as a model takes them."""

import json
import math
from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any

from aurita.studies.declaration import SearchPlan

Space = Mapping[str, Mapping[str, Any]]


def decoded(found: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Values as the model takes them: Optuna keeps no lists, so these are named by their text there.

    Example:
        >>> decoded({"horizons": "[1, 2]"}, {"horizons": {"choices": [[1], [1, 2]]}})
        {'horizons': [1, 2]}
    """
    return {
        name: span["choices"][choice_names(span).index(found[name])] if "choices" in span else found[name]
        for name, span in space.items()
    }


def choice_names(span: Mapping[str, Any]) -> list[Any]:
    """What Optuna calls the choices."""
    return [json.dumps(choice) if isinstance(choice, list | dict) else choice for choice in span["choices"]]


def budget(plan: SearchPlan, space: Space) -> int:
    """Trials of one search: as declared, or the whole grid where that is smaller."""
    return len(grid(plan, space)) if plan.sampler == "grid" else plan.trials


def grid(plan: SearchPlan, space: Space) -> list[dict[str, Any]]:
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


def _axis(span: Mapping[str, Any]) -> list[Any]:
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
