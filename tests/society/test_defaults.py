"""Settings by default follow the shape of the data."""

import numpy as np
import pytest

from aurita.data.batch import Batch
from aurita.society import default_learning


@pytest.mark.parametrize(
    ("sequences", "steps"), [(10, 300), (1_500, 300), (4_000, 800), (7_500, 1_500), (50_000, 1_500)]
)
def test_many_sequences_have_more_steps(sequences: int, steps: int) -> None:
    batch = Batch.of(np.zeros((sequences, 4, 1)), targets=np.zeros((sequences, 4, 1)))
    assert default_learning(batch, "squares").steps == steps


def test_series_have_steps_of_their_own() -> None:
    batch = Batch.of(np.zeros((1, 9_000, 1)), targets=np.zeros((1, 9_000, 1)))
    assert default_learning(batch, "squares").steps == 600


def test_steps_that_are_given_are_kept() -> None:
    batch = Batch.of(np.zeros((9_000, 4, 1)), targets=np.zeros((9_000, 4, 1)))
    assert default_learning(batch, "squares", steps=7).steps == 7
