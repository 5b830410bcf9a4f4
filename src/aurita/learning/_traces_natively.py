"""Forward traces on the native engine: pasts as JAX has them, as the kernels have them, and how they go on."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from aurita._typing import Array, Float
from aurita.learning._native_units import NativeUnits
from aurita.learning._traces import has_past
from aurita.native.learn_kernel import Learners, Past, Recorded

Leaves = Sequence[Array]


def pasts_of(units: NativeUnits, leaves: Leaves) -> list[Past | None]:
    """Pasts of populations that learn, from the arrays of a `Standing`; None where windows hold all that matters."""
    given = iter([np.asarray(leaf, np.float32) for leaf in leaves])
    return [_taken(learners, given) if has_past(learners.population) else None for learners in units.by_gradient]


def leaves_of(units: NativeUnits, pasts: Sequence[Past | None]) -> tuple[Float[np.ndarray, "unit ..."], ...]:
    """The arrays of a `Standing` again."""
    found: list[np.ndarray] = []
    for learners, past in zip(units.by_gradient, pasts, strict=True):
        if past is not None:
            found += _given(learners, past)
    return tuple(found)


def advanced(
    units: NativeUnits, pasts: Sequence[Past | None], windows: Sequence[Recorded], batch: int, steps: int
) -> list[Past | None]:
    """Pasts after the first steps of a window, by the weights that units have now."""
    found: list[Past | None] = []
    for learners, past, window in zip(units.by_gradient, pasts, windows, strict=False):
        if past is not None:
            past = Past(*(part.copy() for part in past))
            units.follow(learners, past, window, batch, steps)
        found.append(past)
    return found


def _taken(learners: Learners, given: Iterator[np.ndarray]) -> Past:
    """The next arrays: of the passage, of the unit's weights, the state; by name, imaginary parts before real ones."""
    names, _ = _own(learners)
    passage = {name: next(given) for name in _passage(learners)}
    rows = {name: next(given) for name in sorted(names)}
    im, re = next(given), next(given)
    count, states, batch = re.shape
    # (unit, part, batch, ...): real parts first.
    own = [rows[name][:, ::-1].reshape(count, 2, batch, -1) for name in names]
    parts = [passage[name][:, ::-1].reshape(count, 2, states, batch, -1) for name in ("matrix", "bias") if passage]
    none = np.zeros((count, 2, states, batch, 0), np.float32)
    return Past(
        np.ascontiguousarray(np.concatenate([re, im], axis=1)),
        np.ascontiguousarray(np.concatenate(own, axis=3)),
        np.ascontiguousarray(np.concatenate(parts or [none], axis=4)),
    )


def _given(learners: Learners, past: Past) -> list[np.ndarray]:
    names, shapes = _own(learners)
    count, _, batch, _ = past.own.shape
    states = past.start.shape[1] // 2
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    own = {
        name: past.own[:, ::-1, :, first:last].reshape(count, 2, batch, *shape)
        for name, shape, (first, last) in zip(names, shapes, pairwise(ends), strict=True)
    }
    passage = {}
    if past.passage.shape[-1]:
        slots = learners.population.unit.slots
        matrix, bias = past.passage[:, ::-1, ..., :-slots], past.passage[:, ::-1, ..., -slots:]
        passage = {"bias": bias, "matrix": matrix.reshape(*matrix.shape[:4], slots, -1)}
    parts = [*(passage[name] for name in _passage(learners)), *(own[name] for name in sorted(names))]
    return [np.ascontiguousarray(part) for part in (*parts, past.start[:, states:], past.start[:, :states])]


def _own(learners: Learners) -> tuple[list[str], list[tuple[int, ...]]]:
    """Weights that states depend on, in the order of the kernels, and their shapes."""
    shapes = learners.shapes
    names = [name for name in learners.names[0] if name in learners.population.unit.recurrent_weights]
    return names, [shapes[name] for name in names]


def _passage(learners: Learners) -> list[str]:
    return sorted(learners.names[1]) if learners.population.passage == "learned" else []
