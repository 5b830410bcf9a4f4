"""Features: what a readout may see of a step, by kind, population and unit, in their order."""

import numpy as np

from aurita._typing import Int
from aurita.errors import AuritaError
from aurita.reservoir import Population, Reservoir
from aurita.units import UNITS, Unit

FEATURES = ("input", "output", "hidden", "context", "sum", "ahead", "target", "error")
"""Kinds of features a readout may see of a step: the external input; outputs of units; activations of their hidden
layers; what their attention brought; the sum of an anarchist's state; predictions at horizons after the first; guesses
of the target; errors of the prediction made one step before."""

DEFAULT_FEATURES = ("input", "output", "hidden", "sum", "error")


def feature_size(reservoir: Reservoir, features: tuple[str, ...]) -> int:
    """Number of features of a step."""
    return len(feature_names(reservoir, features))


def feature_names(reservoir: Reservoir, features: tuple[str, ...]) -> list[str]:
    """What each feature is, in order: `input 0`, then `hidden 3 of unit 17` and the like.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=2), units=1, receives="inputs")], inputs=2)
        >>> feature_names(reservoir, ("input", "output"))
        ['input 0', 'input 1', 'output 0 of unit 0', 'output 1 of unit 0']
    """
    return [
        f"{kind} {i}" if unit is None else f"{kind} {i} of unit {unit}"
        for kind, i, unit in _feature_places(reservoir, features)
    ]


def feature_owners(reservoir: Reservoir, features: tuple[str, ...]) -> Int[np.ndarray, "feature"]:
    """The unit that each feature belongs to, -1 for inputs."""
    return np.array([-1 if unit is None else unit for _, _, unit in _feature_places(reservoir, features)])


def feature_populations(reservoir: Reservoir, features: tuple[str, ...]) -> Int[np.ndarray, "feature"]:
    """The population that each feature belongs to, -1 for inputs."""
    owners = feature_owners(reservoir, features)
    numbers = np.repeat(np.arange(len(reservoir.populations)), [each.units for each in reservoir.populations])
    return np.where(owners < 0, -1, numbers[np.maximum(owners, 0)])


def feature_kinds(reservoir: Reservoir, features: tuple[str, ...]) -> list[list[tuple[str, int]]]:
    """Kinds of features that the readout sees of each population, inputs aside, and how many a unit has of each.

    Raises:
        AuritaError: kinds that there are not, or no feature at all.
    """
    own = [kind for population in reservoir.populations for kind in population.features or ()]
    known = dict.fromkeys((*FEATURES, *(kind for p in reservoir.populations for kind in p.unit.kinds)))
    unknown = [kind for kind in (*features, *own) if kind not in known]
    if unknown or not features:
        raise AuritaError(f"features are {(*features, *own)!r}; expected some of {', '.join(known)}")
    found = []
    for population in reservoir.populations:
        sizes = _sizes(reservoir, population.unit)
        found.append([(kind, sizes[kind]) for kind in seen_kinds(population, features) if sizes.get(kind)])
    if "input" not in features and not any(found):
        raise AuritaError(f"the units of this reservoir have none of the features {', '.join(features)}")
    return found


def _feature_places(reservoir: Reservoir, features: tuple[str, ...]) -> list[tuple[str, int, int | None]]:
    """Kind, number and unit of each feature, in order."""
    found = feature_kinds(reservoir, features)
    places: list[tuple[str, int, int | None]] = []
    if "input" in features:
        places += [("input", i, None) for i in range(reservoir.inputs)]
    first = 0
    for population, kinds in zip(reservoir.populations, found, strict=True):
        units = range(first, first + population.units)
        places += [(kind, i, unit) for kind, size in kinds for i in range(size) for unit in units]
        first += population.units
    return places


def seen_kinds(population: Population, features: tuple[str, ...]) -> list[str]:
    """Kinds of features that the readout sees of a population, in their order."""
    known = (*FEATURES, *(kind for kind in population.unit.kinds if kind not in FEATURES))
    return [k for k in known if k in features and (population.features is None or k in population.features)]


def known_kinds() -> tuple[str, ...]:
    """All kinds of features that any unit type has, those defined outside the package included."""
    return tuple(dict.fromkeys((*FEATURES, *(kind for unit in UNITS.values() for kind in unit.kinds))))


def _sizes(reservoir: Reservoir, unit: Unit) -> dict[str, int]:
    derived = {kind: made.size for kind, made in unit.derived_features(reservoir.targets).items()}
    return {"output": unit.slots, "error": unit.slots, **unit.feature_sizes(), **derived}
