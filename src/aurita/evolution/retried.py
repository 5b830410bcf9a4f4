"""One evolved reservoir over many seeds of its task, beside tuned random ones, with the statistics of the studies."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from aurita.errors import AuritaError
from aurita.evolution.baselines import Tuned

if TYPE_CHECKING:
    from aurita.evolution.evolving import Evolution
    from aurita.studies.statistics import Comparison


def over_seeds(
    found: "Evolution", baselines: Mapping[str, Tuned], *, seeds: int = 50, first: int = 0, sequences: int = 1000
) -> "Comparison":
    """Compare the champion of a search with random reservoirs, on seeds of the task that no search saw.

    In each seed the champion's readout is fitted anew on that seed's sequences; its neurons stay as they are. A random
    reservoir is drawn anew for each seed, with the hyper-parameters that were tuned.

    Args:
        found: what `evolve` returned.
        baselines: what `tuned_random` returned, by name.
        seeds: how many.
        first: the first of them.
        sequences: unseen ones a seed.

    Returns:
        A `Comparison` of `aurita.studies.statistics`; its reference is `evolved`.

    Raises:
        AuritaError: no baseline, one that is called `evolved`, or fewer than two seeds.

    Example:
        >>> from aurita.evolution import Genome, evolve, tuned_random
        >>> small = {"genome": Genome(neurons=3), "trials": (60, 30)}
        >>> random = tuned_random("decision", evaluations=8, candidates=2, **small)
        >>> found = evolve("decision", search="topology", generations=1, **small)
        >>> result = over_seeds(found, {"random 3": random}, seeds=3, sequences=50)
        >>> sorted(result.summary["model"])
        ['evolved', 'random 3']
    """
    if not baselines or "evolved" in baselines or seeds < 2:
        raise AuritaError(
            f"baselines are {sorted(baselines)} on {seeds} seeds; expected at least one, by another name than "
            "'evolved', and two seeds or more"
        )
    from aurita.studies.statistics import compare

    rows = []
    for seed in range(first, first + seeds):
        scores = {"evolved": found.test(seed, sequences)}
        scores |= {name: float(tuned.test(seed, 1, sequences)[0]) for name, tuned in baselines.items()}
        rows += [
            {"model": name, "task": found.drawing.name, "seed": seed, "score": score} for name, score in scores.items()
        ]
    return compare(pd.DataFrame(rows), "score", higher_is_better=True, reference="evolved")
