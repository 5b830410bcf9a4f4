"""Motifs of wirings whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import AttentionGenome, Genome, motifs


def wired(recurrent):
    genes = Genome(neurons=len(recurrent)).start(np.random.default_rng(0), 1, 2)
    return replace(genes, recurrent=np.asarray(recurrent, float)[None], gain=np.ones((1, len(recurrent))))


def test_a_ring_is_one_ring():
    found = motifs(wired([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), graphs=10)
    counts = dict(zip(found.triads["triad"], found.triads["count"], strict=True))
    assert {name for name, count in counts.items() if count} == {"030C"}
    assert (found.connections, found.self_loops, found.in_rings, found.hub) == (3, 0, 1.0, 0.5)
    assert not found.feed_forward


def test_a_hub_that_speaks_to_all_is_feed_forward():
    recurrent = np.zeros((6, 6))
    recurrent[1:, 0] = -1
    found = motifs(wired(recurrent), graphs=50)
    assert found.hub == 1.0 > found.hub_random
    assert found.feed_forward
    assert found.in_rings == 0
    # Two that receive the hub and not each other, ten times; the rest of the twenty are three strangers.
    counts = dict(zip(found.triads["triad"], found.triads["count"], strict=True))
    assert (counts["021D"], counts["003"]) == (10, 10)


def test_weak_connections_do_not_count_and_a_self_loop_is_recurrence():
    found = motifs(wired([[1.0, 0.1, 0], [0, 0, 0.5], [0, 0, 0]]), graphs=5)
    assert (found.connections, found.self_loops, found.feed_forward) == (1, 1, False)


def test_random_graphs_have_as_many_triads_and_the_same_seed_gives_the_same():
    genes = Genome(neurons=7, density=0.4).start(np.random.default_rng(3), 1, 2)
    first, again = motifs(genes, graphs=20, seed=4), motifs(genes, graphs=20, seed=4)
    assert first.triads.equals(again.triads)
    assert first.triads["count"].sum() == pytest.approx(first.triads["random"].sum()) == 35
    np.testing.assert_allclose(first.time_constants, np.sort(1 / genes.leak[0])[::-1], rtol=1e-5)


def test_what_has_no_motifs_is_refused():
    two = Genome(neurons=4).start(np.random.default_rng(0), 2, 2)
    attention = AttentionGenome(units=2).start(np.random.default_rng(0), 1, 2)
    for genes in (two, attention, wired(np.zeros((2, 2)))):
        with pytest.raises(AuritaError, match="expected"):
            motifs(genes)
