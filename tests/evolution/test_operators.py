"""Mutation and crossover: what they keep, and historical markings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.evolution import Genome, Mutation
from aurita.evolution._species import crossed, distance, matching, offspring, sorted_into_species
from aurita.evolution.operators import RATES, mutated, no_marks

NEVER = dict.fromkeys(RATES, 0.0)
ALWAYS = dict.fromkeys(RATES, 0.7)


def sound(genes):
    """Living neurons have a marking of their own, dead ones none; the readout sees a living neuron."""
    for alive, marks, output_mask in zip(genes.alive, genes.marks, genes.output_mask, strict=True):
        assert alive.any()
        assert (marks[~alive] == -1).all()
        assert (marks[alive] >= 0).all()
        assert len(set(marks[alive])) == alive.sum()
        assert (output_mask & alive).any()
    assert ((genes.leak > 0) & (genes.leak < 1)).all()
    assert np.isfinite(genes.effective()["recurrent"]).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.integers(0, 4), st.sampled_from(["continuous", "ternary"]), st.integers(0, 99))
def test_twenty_generations_of_everything_leave_sound_genes(neurons, room, values, seed):
    rng = np.random.default_rng(seed)
    genome = Genome(neurons=neurons, most=neurons + room, values=values, density=0.7)
    genes, marks = genome.start(rng, 6, 2), no_marks()
    for _ in range(20):
        before = {name: value.copy() for name, value in genes.arrays().items()}
        children, marks = mutated(genome, genes, Mutation(**ALWAYS), marks, rng)
        for name, value in before.items():
            np.testing.assert_array_equal(value, getattr(genes, name))
        sound(children)
        assert children.sizes.max() <= neurons + room
        genes = crossed(children.take([0, 1, 2, 3, 4, 5]), children.take([5, 4, 3, 2, 1, 0]), rng)
        sound(genes)
    if values == "ternary":
        assert set(np.unique(genes.effective()["recurrent"] != 0)) <= {True, False}
        assert set(np.unique(genes.recurrent)) <= {-1.0, 0.0, 1.0}
    assert len(np.unique(marks[:, 2])) == len(marks)


def test_a_split_connection_goes_through_the_new_neuron():
    rng = np.random.default_rng(0)
    genome = Genome(neurons=1, most=2, spectral_radius=0.5)
    parents = genome.start(rng, 40, 1)
    children, marks = mutated(genome, parents, Mutation(**{**NEVER, "add": 1.0}), no_marks(), rng)
    assert children.sizes.tolist() == [2] * 40
    # One neuron that receives one input and itself has two connections to split.
    assert sorted(map(tuple, marks[:, :2].tolist())) == [(-2, 0), (0, 0)]
    from_input = ~children.input_mask[:, 0, 0]
    assert set(children.marks[from_input, 1]) == {marks[marks[:, 0] == -2][0, 2]}
    assert (children.inputs[from_input, 1, 0] == 1).all()
    np.testing.assert_array_equal(children.recurrent[from_input, 0, 1], parents.inputs[from_input, 0, 0])


@pytest.mark.parametrize(("rate", "change"), [("connect", 1), ("disconnect", -1), ("rewire", 0), ("remove", None)])
def test_each_operator_changes_what_it_says(rate, change):
    rng = np.random.default_rng(0)
    genome = Genome(neurons=4, density=0.5)
    parents = genome.start(rng, 30, 3)
    children, _ = mutated(genome, parents, Mutation(**{**NEVER, rate: 1.0}), no_marks(), rng)
    if change is None:
        assert (children.sizes == parents.sizes - 1).all()
    else:
        assert (children.connections == parents.connections + change).all()
        assert (children.input_mask != parents.input_mask).any() or (
            children.recurrent_mask != parents.recurrent_mask
        ).any()


def test_a_child_has_each_shared_neuron_from_one_parent():
    genome = Genome(neurons=6)
    a, b = (genome.start(np.random.default_rng(seed), 50, 2) for seed in (1, 2))
    child = crossed(a, b, np.random.default_rng(3))
    of_a = (child.inputs == a.inputs).all(axis=2)
    of_b = (child.inputs == b.inputs).all(axis=2)
    assert (of_a ^ of_b).all()
    assert 0.4 < of_a.mean() < 0.6
    np.testing.assert_array_equal(child.bias, np.where(of_a, a.bias, b.bias))
    np.testing.assert_array_equal(child.recurrent, np.where(of_a[:, :, None], a.recurrent, b.recurrent))


def test_neurons_are_matched_by_marking_wherever_they_stand():
    genome = Genome(neurons=3, most=4)
    genes = genome.start(np.random.default_rng(0), 1, 2)
    order = [2, 3, 0, 1]
    moved = {name: value[:, order] for name, value in genes.arrays().items()}
    for name in ("recurrent", "recurrent_mask"):
        moved[name] = moved[name][:, :, order]
    other = type(genes)(**moved)
    assert distance(genes, other, 0, 0) == 0
    child = crossed(genes, other, np.random.default_rng(1))
    np.testing.assert_array_equal(child.effective()["recurrent"], genes.effective()["recurrent"])
    first, second = matching(genes.marks[0], other.marks[0])
    np.testing.assert_array_equal(genes.marks[0, first], other.marks[0, second])


def test_species_keep_their_numbers_and_the_unlike_get_new_ones():
    rng = np.random.default_rng(0)
    genome = Genome(neurons=5)
    a, b = genome.start(rng, 1, 2), genome.start(rng, 1, 2)
    genes = type(a)(**{k: np.concatenate([v, v, getattr(b, k)]) for k, v in a.arrays().items()})
    first = sorted_into_species(genes, None, 0.5, rng)
    assert first.species.tolist() == [0, 0, 1]
    only_second = sorted_into_species(genes.take([2, 2]), first, 0.5, rng)
    assert only_second.species.tolist() == [1, 1]
    back = sorted_into_species(genes.take([0, 2]), only_second, 0.5, rng)
    assert back.species.tolist() == [2, 1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 3)), min_size=1, max_size=20), st.integers(0, 30))
def test_children_are_shared_out_to_the_last(members, total):
    fitness, species = (np.array(column) for column in zip(*members, strict=True))
    due = offspring(fitness.astype(float), species, total)
    assert sum(due.values()) == total
    assert min(due.values()) >= 0


def test_crowded_species_share_their_fitness():
    fitness, species = np.array([0.0, 1.0, 1.0, 1.0, 1.0]), np.array([2, 0, 0, 0, 1])
    assert offspring(fitness, species, 10) == {0: 5, 1: 5, 2: 0}


def test_rates_that_are_no_chances_are_refused():
    with pytest.raises(AuritaError, match="rewire"):
        Mutation(rewire=1.5)
