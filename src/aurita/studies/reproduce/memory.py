"""Memory capacity over 60 delays with 128 outputs: frozen attention units beside echo state networks.

A head whose age bias is sharp and whose queries are silent is a delay line of one tap; 32 units with four such heads
each hold most of the past 60 steps, linearly, before anything has learnt.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from aurita.studies.plans import ModelPlan
from aurita.studies.study import Study

REFERENCE = "ESN of 96"
_TAPS = {"slots": 4, "memory": 61, "heads": 4, "head_dim": 1, "hidden": 0, "age_bias": "random"}
_ESN = {"spectral_radius": 0.95, "leak": 1.0, "input_scaling": 0.1, "bias_scale": 0.0}


def study(
    features: int = 128, *, seeds: int | Sequence[int] = 10, storage: str | Path = "aurita-memory.sqlite"
) -> Study:
    """The study: attention units of `features` outputs in all, with and without content attention, and two networks.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     len(study(seeds=2, storage=f"{folder}/s.sqlite").models)
        4
    """
    shared = {"units": features // 4, "passage": "mixed", "receives": "inputs", "features": ["output"]}
    taps = {**_TAPS, "bias_scale": 8.0, "gain": 1.0}
    models = [
        ModelPlan("attention units", "reservoir", {**shared, "unit": taps}),
        ModelPlan("attention by age alone", "reservoir", {**shared, "unit": {**taps, "query_key_gain": 0.0}}),
        ModelPlan("ESN of 96", "esn", {**_ESN, "units": 96}),
        ModelPlan("ESN of 480", "esn", {**_ESN, "units": 480}),
    ]
    return Study("memory-capacity", ["memory_capacity"], models, seeds=seeds, storage=storage)


def report(done: Study) -> list[tuple[str, pd.DataFrame]]:
    """Capacity of every model, and verdicts against the echo state network of 96 neurons."""
    found = done.compare(reference=REFERENCE)
    columns = ["model", "seeds", "difference", "low", "high", "p_corrected", "verdict"]
    return [("Memory capacity over 60 delays", found.summary), (f"Against {REFERENCE}", found.pairs[columns])]


def seconds_expected(done: Study, *, features: int = 128) -> float:
    """Seconds that a run from nothing takes on two cores."""
    del done, features
    return 120.0
