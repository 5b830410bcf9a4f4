"""Small models that tests of pictures share."""

import numpy as np
import pytest

from aurita import Learning, ReservoirClassifier


def waves(count=12, seed=0):
    """Sequences of three classes that differ in pace and in nothing else."""
    rng = np.random.default_rng(seed)
    paces = np.arange(count) % 3
    X = [np.sin(np.arange(14 + k % 5)[:, None] * [0.3, 0.5] * (1 + p) + rng.uniform(0, 6)) for k, p in enumerate(paces)]
    return X, np.array(["slow", "even", "fast"])[paces]


@pytest.fixture(scope="session")
def sequences():
    return waves(24)


@pytest.fixture(scope="session")
def classifier(sequences):
    """Fitted, its units having learnt a little."""
    return ReservoirClassifier(units=8, learning=Learning(steps=30)).fit(*sequences)
