"""What optimisers, rules and weights of losses carry from step to step, as arrays in the order in which JAX has them.

A stream that one engine began is so gone on with by the other, and files say nothing of engines.
"""

from collections.abc import Sequence

import numpy as np

from aurita._tree import leaves
from aurita.learning._native_units import NativeUnits
from aurita.learning._weighing import Weighing
from aurita.learning.rules import Course
from aurita.learning.settings import Learning
from aurita.native.learn_kernel import Learners
from aurita.reservoir import Reservoir

_HOLDS = {"adam": ("taken", "first", "second"), "rmsprop": ("second",), "lion": ("taken", "first"), "sgd": ()}
"""What each optimiser holds of a unit: steps taken, and moments of each weight."""
_REST = 7


def at_the_start(reservoir: Reservoir, settings: Learning) -> tuple[np.ndarray, ...]:
    """What is carried before the first step."""
    return carried_by(NativeUnits(reservoir, settings), settings)


def carried_by(units: NativeUnits, settings: Learning) -> tuple[np.ndarray, ...]:
    """What is carried now."""
    found: list[np.ndarray] = []
    learners = dict(zip(units.numbers, units.learners, strict=True))
    for p, population in enumerate(units.drawn.populations):
        own = learners.get(p)
        if not isinstance(own, Learners):
            found.append(np.zeros(population.units, np.float32))
            continue
        for name in _HOLDS[settings.optimises.name]:
            found += [own.taken.copy()] if name == "taken" else _in_order(own, own.moments(name))
    return (*found, *(np.asarray(one, np.float32) for one in leaves((units.course, units.weighing))))


def carry_on(units: NativeUnits, settings: Learning, carried: Sequence[object]) -> None:
    """Go on from what was carried before."""
    given = iter([np.asarray(one) for one in carried])
    learners = dict(zip(units.numbers, units.learners, strict=True))
    for p in range(len(units.drawn.populations)):
        own = learners.get(p)
        if not isinstance(own, Learners):
            next(given)
            continue
        for name in _HOLDS[settings.optimises.name]:
            if name == "taken":
                own.taken[:] = next(given)
            else:
                own.set_moments(name, {key: next(given) for key in _names(own)})
    rest = list(given)
    assert len(rest) == _REST
    units.course = Course(*rest[:3])
    inside, outside = units.weighing
    units.weighing = Weighing(type(inside)(*rest[3:5]), type(outside)(*rest[5:7]))


def _names(learners: Learners) -> list[str]:
    """Weights that learn, those of units first, each sorted by name."""
    unit, passage = learners.names
    return [*sorted(unit), *(sorted(passage) if learners.population.passage == "learned" else [])]


def _in_order(learners: Learners, moments: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [moments[name] for name in _names(learners)]
