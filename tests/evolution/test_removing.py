"""Neurons removed one by one, against runs by hand."""

from dataclasses import replace

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import (
    AttentionGenome,
    Genome,
    TrialSource,
    evolve,
    over_seeds,
    removed_one_by_one,
    scored_unseen,
    tuned_random,
)


@pytest.fixture(scope="module")
def splits():
    return TrialSource("decision", fitted=120, scored=1).unseen(0, 150)


def test_without_a_neuron_is_the_reservoir_that_never_had_it(splits):
    genome = Genome(neurons=4, most=6)
    genes = genome.start(np.random.default_rng(1), 1, 8)
    found = removed_one_by_one(genes, *splits)
    assert found.whole == pytest.approx(float(scored_unseen(genome, genes, *splits).score[0]))
    assert found.neurons.tolist() == [0, 1, 2, 3]
    for neuron in range(4):
        alive = genes.alive.copy()
        alive[0, neuron] = False
        one = scored_unseen(genome, replace(genes, alive=alive), *splits).score[0]
        assert found.refitted[neuron] == pytest.approx(float(one))


def test_nobody_misses_a_neuron_that_says_nothing_and_the_kept_readout_is_the_searchs(splits):
    genes = Genome(neurons=5).start(np.random.default_rng(2), 1, 8)
    genes.output_mask[0, 3] = False
    genes.recurrent_mask[0, :, 3] = False
    found = removed_one_by_one(genes, *splits)
    assert found.refitted[3] == found.whole
    assert found.kept[3] == pytest.approx(found.whole, abs=0.02)
    assert found.kept.mean() <= found.refitted.mean()


def test_attention_units_and_several_reservoirs_are_refused(splits):
    attention = AttentionGenome(units=2).start(np.random.default_rng(0), 1, 8)
    for genes in (attention, Genome(neurons=3).start(np.random.default_rng(0), 2, 8)):
        with pytest.raises(AuritaError, match="expected one echo"):
            removed_one_by_one(genes, *splits)


@pytest.mark.parametrize("search", ["topology", "diversity", "pareto"])
def test_searches_of_echo_neurons_refuse_attention_units(search):
    with pytest.raises(AuritaError, match="attention units have 'weights' and 'mutation'"):
        evolve("decision", AttentionGenome(units=2), search=search, generations=1, trials=(40, 20))


def test_over_seeds_tests_the_same_genes_on_each_seed():
    small = {"genome": Genome(neurons=3), "trials": (60, 30)}
    found = evolve("decision", search="topology", generations=1, population=8, **small)
    random = tuned_random("decision", evaluations=8, candidates=2, **small)
    result = over_seeds(found, {"random": random}, seeds=3, first=5, sequences=60)
    row = result.summary.set_index("model").loc["evolved"]
    assert row["mean"] == pytest.approx(np.mean([found.test(seed, 60) for seed in (5, 6, 7)]))
    with pytest.raises(AuritaError, match="at least one"):
        over_seeds(found, {}, seeds=3)
