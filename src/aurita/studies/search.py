"""Hyper-parameter search: what Optuna's samplers suggest."""

import zlib
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from aurita.studies.declaration import SearchPlan
from aurita.studies.space import Space, choice_names, grid


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Optuna's words for a search space.

    Example:
        >>> distributions({"units": {"low": 4, "high": 20, "integer": True}})
        {'units': IntDistribution(high=20, log=False, low=4, step=1)}
    """
    found: dict[str, BaseDistribution] = {}
    for name, span in sorted(space.items()):
        if "choices" in span:
            found[name] = CategoricalDistribution(choice_names(span))
        elif span.get("integer"):
            found[name] = IntDistribution(int(span["low"]), int(span["high"]), log=span.get("log", False))
        else:
            found[name] = FloatDistribution(float(span["low"]), float(span["high"]), log=span.get("log", False))
    return found


def suggested(plan: SearchPlan, space: Space, study: optuna.Study, slot: int) -> dict[str, Any]:
    """What one trial is to try, as Optuna keeps it.

    What is drawn depends on the place in the search, not on the trial's number: a trial that was cut off and is made
    again is the same one, as far as the sampler's history is.

    Args:
        plan: says how to sample.
        space: of the parameters.
        study: with the trials so far.
        slot: place of the trial in the search, from 0.
    """
    if plan.sampler == "grid":
        return grid(plan, space)[slot]
    seed = zlib.crc32(f"{study.study_name} {slot}".encode())
    sampler: optuna.samplers.BaseSampler = optuna.samplers.RandomSampler(seed=seed)
    if plan.sampler == "tpe":
        # Trials at work count as bad ones, so that several workers do not try the same.
        sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    nobody = optuna.trial.create_trial(state=optuna.trial.TrialState.RUNNING)
    return {name: sampler.sample_independent(study, nobody, name, span) for name, span in distributions(space).items()}


def prunes(study: optuna.Study, trial: int) -> bool:
    """Whether the median of other trials at the step last reported is better, once there are five of them.

    Args:
        study: of the search.
        trial: number of the trial in the database.
    """
    return optuna.pruners.MedianPruner().prune(study, study._storage.get_trial(trial))
