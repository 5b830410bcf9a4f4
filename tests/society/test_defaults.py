"""Settings by default follow the shape of the data."""

import numpy as np
import pytest

from aurita.data.batch import Batch
from aurita.society import default_learning, society_for


@pytest.mark.parametrize(
    ("sequences", "steps"), [(10, 300), (1_500, 300), (4_000, 800), (7_500, 1_500), (50_000, 1_500)]
)
def test_many_sequences_have_more_steps(sequences: int, steps: int) -> None:
    batch = Batch.of(np.zeros((sequences, 4, 1)), targets=np.zeros((sequences, 4, 1)))
    assert default_learning(batch, "squares").steps == steps


def test_long_sequences_that_are_seen_whole_have_fewer_steps() -> None:
    batch = Batch.of(np.zeros((7_500, 300, 1)), targets=np.zeros((7_500, 300, 1)))
    assert default_learning(batch, "squares").steps == 500


def test_series_have_steps_of_their_own() -> None:
    batch = Batch.of(np.zeros((1, 9_000, 1)), targets=np.zeros((1, 9_000, 1)))
    assert default_learning(batch, "squares").steps == 600


def test_steps_that_are_given_are_kept() -> None:
    batch = Batch.of(np.zeros((9_000, 4, 1)), targets=np.zeros((9_000, 4, 1)))
    assert default_learning(batch, "squares", steps=7).steps == 7


@pytest.mark.parametrize(
    ("steps", "segment", "first", "later"), [(90, 200, 90, 90), (331, 331, 64, 331), (600, 200, 64, 64)]
)
def test_sequences_of_moderate_length_are_seen_whole(steps: int, segment: int, first: int, later: int) -> None:
    batch = Batch.of(np.zeros((20, steps, 1)), targets=np.zeros((20, steps, 1)))
    settings = default_learning(batch, "squares")
    assert settings.segment == segment
    for generation, window in ((False, first), (True, later)):
        populations = society_for(batch, settings.segment, later=generation)
        assert max(getattr(population.unit, "memory", 0) for population in populations) == window


def test_labels_of_sequences_leave_windows_short() -> None:
    batch = Batch.of(np.zeros((20, 331, 1)), labels=np.zeros((20, 1)))
    settings = default_learning(batch, "squares")
    assert settings.segment == 200
    assert (
        max(getattr(population.unit, "memory", 0) for population in society_for(batch, settings.segment, later=True))
        == 64
    )
