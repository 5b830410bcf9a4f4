"""Scores of a population against plain numpy and scikit-learn's ridge."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import Ridge

from aurita.errors import AuritaError
from aurita.evolution import Genome, Scoring, TrialSource, scores_of
from aurita.evolution.trials import trials_of
from aurita.native import set_engine
from aurita.tasks import Split


def by_hand(genes, number, x):
    """Last state of every sequence, in float64."""
    numbers = {name: value[number].astype(float) for name, value in genes.effective().items()}
    states = []
    for sequence in x:
        s = np.zeros(len(numbers["bias"]))
        for received in sequence:
            drive = numbers["inputs"] @ received + numbers["recurrent"] @ s + numbers["bias"]
            s = (1 - numbers["leak"]) * s + numbers["leak"] * np.tanh(drive)
        states.append(s * numbers["output_mask"])
    return np.array(states)


def ridge_scores(states, hot, fitted, penalty, temperature):
    train, rest = states[:fitted], states[fitted:]
    mean, deviation = train.mean(0), np.sqrt(train.var(0) + 1e-6)
    model = Ridge(alpha=penalty * fitted).fit((train - mean) / deviation, hot[:fitted])
    predicted, truth = model.predict((rest - mean) / deviation), hot[fitted:]
    right = predicted.argmax(1) == truth.argmax(1)
    return (
        right.mean(),
        (log_softmax(predicted / temperature, axis=1) * truth).sum(1).mean(),
        -((predicted - truth) ** 2).mean(),
    )


@pytest.fixture
def genes():
    made = Genome(neurons=6, most=9, density=0.6).start(np.random.default_rng(1), 4, 8)
    made.output_mask[2, 1] = False
    return made


def test_scores_are_those_of_a_loop_in_numpy_and_ridge_of_scikit_learn(genes):
    trials = TrialSource("decision", fitted=80, scored=40, seeds=2).draw([3])
    expected = []
    for number in range(genes.count):
        seeds = [
            ridge_scores(by_hand(genes, number, x.transpose(2, 0, 1)), y.T, 80, 1e-3, 0.2)
            for x, y in zip(trials.inputs.astype(float), trials.targets.astype(float), strict=True)
        ]
        expected.append(np.mean(seeds, axis=0))
    for column, fitness in enumerate(("score", "cross_entropy", "squares")):
        found = scores_of(genes, trials, Scoring(fitness=fitness, temperature=0.2, penalty=1e-3))
        np.testing.assert_allclose(found.fitness, np.array(expected)[:, column], atol=2e-4)


def test_states_of_short_sequences_are_taken_at_their_own_ends(genes):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(length, 8)) for length in rng.integers(3, 12, 60)]
    labels = np.array([int(v[-1, 0] > 0) for v in x])
    states = by_hand(genes, 1, x)
    expected = ridge_scores(states, np.eye(2)[labels], 40, 1e-4, 0.1)
    found = scores_of(genes, trials_of([Split(x, labels)], 40), Scoring())
    assert found.score[1] == pytest.approx(expected[0], abs=1e-6)
    assert found.fitness[1] == pytest.approx(expected[1], abs=1e-3)


def test_room_for_growth_changes_nothing():
    small = Genome(neurons=5).start(np.random.default_rng(4), 3, 8)
    large = Genome(neurons=5, most=11).start(np.random.default_rng(4), 3, 8)
    arrays = {name: np.zeros_like(value) for name, value in large.arrays().items()}
    for name, value in small.arrays().items():
        arrays[name][tuple(slice(0, width) for width in value.shape)] = value
    arrays["leak"][:, 5:] = 0.5
    trials = TrialSource("decision", fitted=60, scored=40).draw([0])
    before, after = (scores_of(g, trials, Scoring()) for g in (small, type(large)(**arrays)))
    np.testing.assert_allclose(before.fitness, after.fitness, rtol=1e-4)


def test_engines_agree_for_all_sizes_and_in_any_groups(genes, monkeypatch):
    trials, reading = TrialSource("decision", fitted=30, scored=20), Scoring(penalty=1e-3, temperature=0.3)
    for alive in (1, 5):
        other = replace(genes, alive=genes.alive & (np.arange(9) < alive))
        found = scores_of(other, trials.draw([alive]), reading).fitness
        with set_engine("jax"):
            np.testing.assert_allclose(scores_of(other, trials.draw([alive]), reading).fitness, found, atol=1e-4)
    monkeypatch.setattr("aurita.evolution.evaluation._MOST_NUMBERS", 1)
    np.testing.assert_allclose(scores_of(other, trials.draw([5]), reading).fitness, found, rtol=1e-6)


def test_more_reservoirs_need_no_more_memory(genes, monkeypatch):
    monkeypatch.setattr("aurita.evolution.evaluation._MOST_NUMBERS", 2**15)
    trials, needed = TrialSource("decision", fitted=300, scored=100).draw([0]), []
    for count in (20, 200):
        many = genes.take([0] * count)
        tracemalloc.start()
        found = scores_of(many, trials, Scoring())
        needed.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(set(found.fitness)) == 1
    assert needed[1] < 2 * needed[0]


def test_numbers_that_are_none_score_minus_infinity(genes):
    genes.inputs[1] = np.nan
    found = scores_of(genes, TrialSource("decision", fitted=30, scored=20).draw([0]), Scoring())
    assert found.fitness[1] == -np.inf
    assert found.score[1] <= found.score[0]
    assert np.isfinite(np.delete(found.fitness, 1)).all()


def test_dead_and_equal_neurons_are_no_trouble_for_the_factorisation(genes):
    genes.inputs[:], genes.recurrent[:], genes.bias[:], genes.leak[:] = 0.3, 0.0, 0.0, 0.5
    genes.alive[0] = False
    found = scores_of(genes, TrialSource("decision", fitted=30, scored=20).draw([0]), Scoring(penalty=1e-6))
    assert np.isfinite(found.fitness).all()


def test_values_are_scored_by_the_variance_explained(genes):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(5, 8)) for _ in range(300)]
    y = np.array([v[-1].sum() for v in x])
    states = by_hand(genes, 2, x)
    standard = (states - states[:200].mean(0)) / np.sqrt(states[:200].var(0) + 1e-6)
    expected = Ridge(alpha=1e-4 * 200).fit(standard[:200], y[:200]).score(standard[200:], y[200:])
    found = scores_of(genes, trials_of([Split(x, y)], 200), Scoring(fitness="score"))
    assert found.fitness[2] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("options", [{"fitness": "luck"}, {"temperature": 0.0}, {"penalty": 0.0}])
def test_readings_that_cannot_be_are_refused(options):
    with pytest.raises(AuritaError):
        Scoring(**options)
