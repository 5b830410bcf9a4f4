"""Numbers behind the pictures against closed forms and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from aurita import AuritaError
from aurita.pictures.measures import (
    best_units,
    confusions,
    course,
    explained_by_units,
    explained_share,
    kept_together,
    rank_of,
)
from aurita.pictures.states import Column, States, states_from
from aurita.pictures.visiting import states_of


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**16))
def test_the_rank_is_the_number_of_directions(rank, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(200, rank)) @ rng.normal(size=(rank, 8))
    found = rank_of(values)
    assert found.rank == rank
    assert 1 - 1e-9 <= found.participation <= rank + 1e-9


def test_the_participation_ratio_is_that_of_the_variances():
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)
    found = rank_of(signs * np.sqrt([4.0, 2.0, 1.0]))
    np.testing.assert_allclose(found.variances, [4, 2, 1])
    assert found.participation == pytest.approx(49 / 21)
    assert rank_of(np.full((10, 3), 7.0)).rank == 0


def test_what_features_tell_is_the_adjusted_coefficient_of_determination():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = x @ [1.0, 2.0, 0.0] + rng.normal(size=400)
    r2 = LinearRegression().fit(x, y).score(x, y)
    chance = 3 / 399
    expected = (r2 - chance) / (1 - chance)
    assert explained_share(x, Column("y", "target", y)) == pytest.approx(expected, abs=2e-3)
    assert explained_share(rng.normal(size=(400, 3)), Column("y", "target", y)) < 0.02
    codes = (x[:, 0] > 0).astype(int)
    assert explained_share(np.eye(2)[codes], Column("c", "target", codes, ("a", "b"))) > 0.99


def test_the_unit_that_knows_is_found_and_when():
    rng = np.random.default_rng(1)
    labels = np.arange(40) % 2
    values = rng.normal(size=(40, 10, 4))
    values[:, 5:, 2] += 6 * labels[:, None]
    columns = [Column("target", "target", np.repeat(labels, 10), ("a", "b"))]
    states = States(
        values=values.reshape(400, 4),
        sequence=np.repeat(np.arange(40), 10),
        step=np.tile(np.arange(10), 40),
        names=list("wxyz"),
        owners=np.array([0, 0, 1, 1]),
        sequences=[str(i) for i in range(40)],
        units=["unit 0", "unit 1"],
        columns=columns,
    )
    explained, steps = explained_by_units(states)
    assert steps.tolist() == list(range(10))
    assert (explained[1, 5:] > 0.8).all()
    assert (explained[1, :5] < 0.5).all()
    assert (explained[0] < 0.5).all()
    assert best_units(states)[0][0] == 1


def test_classes_apart_are_kept_together():
    rng = np.random.default_rng(2)
    labels = [["a", "b", "c"][k % 3] for k in range(30)]
    centres = {"a": [0, 0, 9], "b": [0, 9, 0], "c": [0, 0, 0]}
    given_states = [rng.normal(size=(8, 3)) + centres[label] for label in labels]
    found = kept_together(states_from(given_states, labels=labels))
    assert min(found.values()) > 0.95
    shuffled = kept_together(states_from([rng.normal(size=(8, 3)) for _ in labels], labels=labels))
    assert all(abs(share - 1 / 3) < 0.12 for share in shuffled.values())


def test_a_course_is_the_mean_by_step():
    states = states_from([np.ones((3, 1)), np.ones((2, 1))], labels=[np.array([0.5, 1.5, 2.5]), np.array([1.5, 3.5])])
    steps, means, counts = course(states, states.target)
    assert steps.tolist() == [0, 1, 2]
    assert means.tolist() == [1.0, 2.5, 2.5]
    assert counts.tolist() == [2, 2, 1]


def test_confusions_are_those_of_the_models_answers(classifier, sequences):
    X, y = sequences
    wrong = y.copy()
    wrong[0] = "fast"
    counts, names = confusions(states_of(classifier, X, wrong))
    predicted = classifier.predict(X)
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            assert counts[i, j] == ((wrong == one) & (predicted == other)).sum()


def test_without_a_target_there_is_nothing_to_tell():
    with pytest.raises(AuritaError, match="give y, or labels"):
        explained_by_units(states_from(np.ones((4, 2))))
