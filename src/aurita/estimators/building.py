"""The reservoir of an estimator: the populations asked for, or a society that works well where none were."""

from collections.abc import Iterable

import numpy as np

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.estimators._constructors import ReservoirParameters
from aurita.learning import Learning
from aurita.reservoir import Population, Reservoir
from aurita.units import EchoUnit, preset

_SEEDS = 2**31 - 1
_SLOTS = 4
_UNITS = 40


def default_society(units: int, *, channels: int, longest: int, serves: str) -> list[Population]:
    """Attention units and, beside them, as many neurons of an echo state network as those have outputs.

    Args:
        units: how many units of four outputs each, half of them attention units.
        channels: of the sequences.
        longest: steps of the longest sequence; no memory is longer.
        serves: a preset of attention units, `classify` or `forecast`.

    Example:
        >>> [population.units for population in default_society(20, channels=2, longest=50, serves="forecast")]
        [10, 1]
    """
    attention = -(-units // 2)
    neurons = _SLOTS * (units - attention)
    unit = preset(serves, slots=_SLOTS, memory=min(8, longest))
    # Four slots each receive one source; more channels than these slots can cover come through a passage.
    receives_all = channels + _SLOTS * attention < _SLOTS or channels > _SLOTS * attention // 2
    passage: Document = {"passage": "mixed", "afferents": "all"} if receives_all else {}
    fraction = 0.8 if serves == "classify" else 0.5
    populations = [Population(unit=unit, units=attention, input_fraction=fraction, **passage)]
    if neurons:
        echo = EchoUnit(slots=neurons, spectral_radius=0.9, leak=(0.1, 1.0))
        populations.append(Population(unit=echo, units=1, passage="mixed", afferents="all", receives="inputs"))
    return populations


def drawn(
    parameters: ReservoirParameters,
    learning: Learning | None,
    *,
    inputs: int,
    outputs: int,
    longest: int,
    seed: int,
    serves: str = "classify",
) -> Reservoir | None:
    """The reservoir of an estimator, as drawn; None where the readout sees the bare inputs.

    Args:
        parameters: of the estimator.
        learning: how units will learn; None: they stay as drawn.
        inputs, outputs: channels, and targets that units have heads for, where they learn by them.
        longest: steps of the longest sequence.
        seed: of everything that is drawn.
        serves: the preset of units where no populations are given, `classify` or `forecast`.

    Raises:
        AuritaError: a unit whose memory is longer than every sequence.
    """
    populations = _populations(parameters.populations, parameters.units, inputs, longest, serves)
    if not populations:
        return None
    heads = outputs if learning is not None and learning.needs_targets else 0
    return Reservoir.build(populations, inputs=inputs, seed=seed, clock=tuple(parameters.clock), targets=heads)


def drawn_for_series(
    parameters: ReservoirParameters, learning: Learning | None, *, inputs: int, outputs: int, longest: int, seed: int
) -> Reservoir:
    """The same for a forecaster.

    Raises:
        AuritaError: as there, or no units.
    """
    found = drawn(parameters, learning, inputs=inputs, outputs=outputs, longest=longest, seed=seed, serves="forecast")
    if found is None:
        raise AuritaError("populations are empty or units is 0; a forecaster needs a reservoir: give it units")
    return found


def _populations(
    given: Population | Iterable[Population] | None, units: int | None, channels: int, longest: int, serves: str
) -> list[Population]:
    if given is None:
        units = _UNITS if units is None else int(units)
        return default_society(units, channels=channels, longest=longest, serves=serves) if units else []
    populations = [given] if isinstance(given, Population) else list(given)
    for population in populations:
        if population.unit.reach > longest:
            raise AuritaError(
                f"units remember the last {population.unit.reach} steps, and the longest sequence has {longest}; "
                "use a shorter memory or longer sequences"
            )
    return populations


def learns_by_default(learning: Learning | str | None) -> bool:
    """Whether nobody says how units learn: a society by the target, others not at all; None is an old word for it."""
    return learning is None or (isinstance(learning, str) and learning == "default")


def checked_learning(learning: Learning | str | None) -> Learning | None:
    """Settings of learning that are given; the name of an objective stands for its defaults.

    Returns:
        None where units are `frozen`, and where nothing is given.

    Raises:
        AuritaError: something else.
    """
    if learns_by_default(learning):
        return None
    if isinstance(learning, str):
        learning = Learning(objective=learning)
    if not isinstance(learning, Learning):
        raise AuritaError(
            f"learning is a {type(learning).__name__}; expected Learning(...), the name of an objective, or 'default'"
        )
    return None if learning.objective == "frozen" else learning


def seeds(random_state: object, ensemble: int) -> list[int]:
    """One seed for each member of an ensemble; a generator gives the first, and the others follow from it.

    Raises:
        AuritaError: a random state that scikit-learn does not take.
    """
    if isinstance(random_state, np.random.Generator):
        first = int(random_state.integers(_SEEDS))
    elif isinstance(random_state, int | np.integer) and not isinstance(random_state, bool):
        first = int(random_state)
    else:
        from sklearn.utils import check_random_state

        try:
            first = int(check_random_state(random_state).randint(_SEEDS))
        except (ValueError, TypeError) as error:
            raise AuritaError(f"random_state: {error}") from None
    if not 0 <= first < 2**32:
        raise AuritaError(f"random_state is {first}; expected a whole number from 0 to {2**32 - 1}")
    return [(first + 1_000_003 * member) % 2**32 for member in range(ensemble)]
