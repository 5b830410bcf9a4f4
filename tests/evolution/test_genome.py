"""Genomes: their shapes, masks, and vectors."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.evolution._search import as_rows, of_rows
from aurita.evolution.genes import joined
from aurita.evolution.genome import Genome


def started(count=6, inputs=3, **options):
    genome = Genome(**options)
    return genome, genome.start(np.random.default_rng(0), count, inputs)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(0, 5), st.integers(1, 4), st.sampled_from([0.3, 1.0]))
def test_what_is_dead_or_masked_has_no_effect(neurons, room, inputs, density):
    _, genes = started(neurons=neurons, most=neurons + room, inputs=inputs, density=density)
    numbers = genes.effective()
    assert genes.sizes.tolist() == [neurons] * 6
    assert not numbers["recurrent"][:, neurons:].any()
    assert not numbers["recurrent"][:, :, neurons:].any()
    assert not numbers["inputs"][:, neurons:].any()
    np.testing.assert_array_equal(numbers["recurrent"][~genes.recurrent_mask], 0)
    np.testing.assert_array_equal(numbers["output_mask"].sum(axis=1), neurons)


def test_first_reservoirs_have_the_spectral_radius_asked_for_and_leaks_within_bounds():
    _, genes = started(neurons=12, spectral_radius=0.7, leak=(0.1, 0.2))
    radii = np.abs(np.linalg.eigvals(genes.effective()["recurrent"].astype(float))).max(axis=1)
    np.testing.assert_allclose(radii, 0.7, rtol=1e-5)
    assert genes.leak.min() >= 0.1
    assert genes.leak.max() <= 0.2


def test_ternary_weights_are_three_and_scaled_by_the_gain():
    _, genes = started(neurons=12, values="ternary", spectral_radius=0.5)
    assert set(np.unique(genes.recurrent)) <= {-1.0, 0.0, 1.0}
    radii = np.abs(np.linalg.eigvals(genes.effective()["recurrent"].astype(float))).max(axis=1)
    np.testing.assert_allclose(radii, 0.5, rtol=1e-5)


def test_a_vector_gives_back_the_reservoir_it_came_from():
    genome, genes = started(neurons=5, most=7, density=0.5)
    back = genome.unflatten(genome.flatten(genes)[2:3], genes.take([2]))
    for name, value in genes.take([2]).effective().items():
        np.testing.assert_allclose(back.effective()[name], value, rtol=1e-6)
    with pytest.raises(AuritaError, match="ternary"):
        Genome(values="ternary").flatten(genes)


def test_rows_hold_everything():
    _, genes = started(neurons=3, most=4)
    back = of_rows(as_rows(genes), genes)
    for name, value in genes.arrays().items():
        np.testing.assert_array_equal(getattr(back, name), value)
        assert getattr(back, name).dtype == value.dtype


def test_connections_are_counted_among_the_living():
    _, genes = started(count=2, neurons=2, most=4, inputs=3)
    everything = replace(
        genes, recurrent_mask=np.ones_like(genes.recurrent_mask), input_mask=np.ones_like(genes.input_mask)
    )
    assert everything.connections.tolist() == [10, 10]
    assert everything.connectivity.tolist() == [1.0, 1.0]
    assert joined(genes, genes).count == 4


@pytest.mark.parametrize(
    "options",
    [{"neurons": 0}, {"neurons": 5, "most": 4}, {"values": "binary"}, {"leak": (0.5, 0.1)}, {"density": 0.0},
     {"spectral_radius": -1.0}],
)  # fmt: skip
def test_genomes_that_cannot_be_are_refused(options):
    with pytest.raises(AuritaError):
        Genome(**options)
