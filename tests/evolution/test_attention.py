"""Genomes of attention reservoirs: the reservoirs they stand for, and that they can be searched."""

from dataclasses import replace

import numpy as np
import pytest

import aurita
from aurita.errors import AuritaError
from aurita.evolution import AttentionGenome, RandomSearch, Scoring, TrialSource, evolve
from aurita.evolution.trials import trials_of
from aurita.native import set_engine
from aurita.readout import RidgeReadout
from aurita.tasks import Split
from aurita.units import AttentionUnit

GENOME = AttentionGenome(units=3, unit=AttentionUnit(slots=4, memory=4, hidden=3))


@pytest.fixture
def genes():
    return GENOME.start(np.random.default_rng(0), 3, 8)


def test_scores_are_those_of_the_reservoirs_run_and_read_out_one_by_one(genes):
    trials = TrialSource("decision", fitted=200, scored=100, seeds=1).draw([0])
    found = GENOME.scores(genes, trials, Scoring(penalty=1e-4, fitness="squares"))
    hot = trials.targets[0].T
    for number in range(3):
        states, _ = aurita.run(
            GENOME.reservoir(genes, number), trials.inputs[0].transpose(2, 0, 1), features=("output",)
        )
        last = states[:, -1]
        predicted = RidgeReadout(alphas=(1e-4,), selection="gcv").fit(last[:200], hot[:200]).predict(last[200:])
        assert found.fitness[number] == pytest.approx(-np.square(predicted - hot[200:]).mean(), abs=1e-3)
        assert found.score[number] == pytest.approx((predicted.argmax(1) == hot[200:].argmax(1)).mean(), abs=0.03)


def test_short_sequences_are_read_at_their_own_ends(genes):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(length, 8)) for length in rng.integers(3, 9, 60)]
    labels = np.arange(60) % 2
    trials = trials_of([Split(x, labels)], 40)
    longer = trials_of([Split(x, labels)], 40)
    padded = np.pad(longer.inputs, ((0, 0), (0, 5), (0, 0), (0, 0)), constant_values=9.0)
    other = type(longer)(padded, longer.targets, longer.lengths, 40, True)
    np.testing.assert_allclose(
        GENOME.scores(genes, trials, Scoring()).fitness, GENOME.scores(genes, other, Scoring()).fitness, rtol=1e-4
    )


def test_every_input_is_received_and_a_vector_gives_back_its_reservoir(genes):
    for wiring in genes.wiring:
        assert set(range(8)) <= set(wiring.ravel())
    back = GENOME.unflatten(GENOME.flatten(genes), genes.take([0]))
    for name, value in genes.arrays().items():
        np.testing.assert_allclose(back.arrays()[name], value, rtol=1e-9)


@pytest.mark.parametrize("features", [("output",), ("input", "hidden", "output")])
def test_reservoirs_side_by_side_are_those_alone_on_either_engine(genes, features, monkeypatch):
    genome = replace(GENOME, features=features)
    trials = TrialSource("decision", fitted=30, scored=20, seeds=2).draw([0])
    found = genome.scores(genes, trials, Scoring()).fitness
    with set_engine("jax"):
        np.testing.assert_allclose(genome.scores(genes, trials, Scoring()).fitness, found, rtol=1e-3)
    monkeypatch.setattr("aurita.evolution.attention._MOST_NUMBERS", 1)
    np.testing.assert_allclose(genome.scores(genes, trials, Scoring()).fitness, found, atol=1e-4)


def test_a_vector_is_the_same_whatever_order_the_weights_came_in(genes):
    backwards = dict(reversed(genes.arrays().items()))
    assert list(GENOME.genes_of(backwards).weights) != list(genes.weights)
    np.testing.assert_array_equal(GENOME.flatten(GENOME.genes_of(backwards)), GENOME.flatten(genes))


@pytest.mark.parametrize("search", ["weights", RandomSearch(population=6)])
def test_it_can_be_searched_and_resumed(search, tmp_path):
    options = {"population": 6, "trials": (60, 40), "task_seeds": 1, "elite": 2, "checkpoint": tmp_path / "a"}
    evolve("decision", GENOME, search=search, generations=1, **options)
    found = evolve("decision", GENOME, search=search, generations=3, resume=True, **options)
    whole = evolve("decision", GENOME, search=search, generations=3, **{**options, "checkpoint": None})
    for name, value in found.champion.arrays().items():
        np.testing.assert_array_equal(value, whole.champion.arrays()[name])
    assert 0 <= found.test(sequences=50) <= 1


def test_genomes_that_cannot_be_are_refused():
    with pytest.raises(AuritaError):
        AttentionGenome(units=0)
