"""Who learns, and what: units that can and may, and objectives that fit what is broadcast."""

import numpy as np

from aurita._typing import Bool
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir


def check_objectives(reservoir: Reservoir, settings: Learning) -> None:
    """Raise `AuritaError` where a population learns a target that the settings broadcast to nobody."""
    untold = objectives_of(reservoir, settings) & {"target", "mixed", "reward"}
    if untold and not settings.needs_targets:
        raise AuritaError(
            f"a population has the objective {untold.pop()!r} and the settings of learning {settings.objective!r}, "
            "which broadcasts no target; use Learning(objective='target'), and 'self' or 'frozen' by population"
        )


def objectives_of(reservoir: Reservoir, settings: Learning) -> set[str]:
    """Objectives of the units that learn by gradient."""
    return {p.objective or settings.objective for p in reservoir.populations if p.learns_by == "gradient"}


def who_may(reservoir: Reservoir, only: np.ndarray | None = None) -> Bool[np.ndarray, "unit"]:
    """Which units can learn, of those named.

    Raises:
        AuritaError: names that are no mask over the units.
    """
    can = np.concatenate([np.full(p.units, p.learns_by != "nothing") for p in reservoir.populations])
    if only is None:
        return can
    only = np.asarray(only)
    if only.shape != can.shape or only.dtype != bool:
        raise AuritaError(
            f"only is {only.dtype} of shape {only.shape}; expected true or false for each of the "
            f"{counted(len(can), 'unit')}"
        )
    return can & only
