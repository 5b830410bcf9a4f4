"""Alignment and drift against closed forms and plain numpy."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, EchoUnit, Learning, Population, Reservoir, learn
from aurita.engine.running import recorded
from aurita.engine.scanning import record
from aurita.learning import Passages
from aurita.learning.alignment import aligned, drift, realigned

SMALL = AttentionUnit(slots=3, memory=2, hidden=3, clip=100.0)
WAVE = np.sin(np.arange(80)[None, :, None] * [0.4, 0.7] + np.arange(3)[:, None, None])


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """What compiles is small and runs a few steps: optimising it takes longer than running it."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def reservoir(passage="mixed", afferents="all", *, units=4, **given):
    population = Population(unit=SMALL, units=units, passage=passage, afferents=afferents, **given)
    return Reservoir.build([population], inputs=2, seed=1)


def remapped(given, unit, matrix, shift):
    """The reservoir with the outputs of one unit sent through an affine map."""
    params = dict(given.weights[0].unit)
    wo, bo = np.array(params["wo"]), np.array(params["bo"])
    wo[..., unit], bo[..., unit] = matrix @ wo[..., unit], matrix @ bo[..., unit] + shift
    params |= {"wo": jnp.asarray(wo), "bo": jnp.asarray(bo)}
    return replace(given, weights=(replace(given.weights[0], unit=params),))


MIX = np.array([[1.0, 0.5, 0.0], [0.0, -2.0, 0.3], [0.4, 0.0, 0.7]])


def recording(given, inputs, lengths=None):
    """What units receive of a reservoir of one population that does not leak, `(unit, slot, time, batch)`."""
    begins = jnp.zeros(len(inputs), jnp.int32)
    sources = np.asarray(record(given, jnp.transpose(jnp.asarray(inputs, jnp.float32), (1, 2, 0)), None, begins), float)
    matrix, bias = (np.asarray(given.weights[0].passage[name], float) for name in ("matrix", "bias"))
    wiring = np.asarray(given.wiring[0])
    return np.stack(
        [np.einsum("sk,ktb->stb", matrix[..., u], sources[wiring[:, u]]) + bias[:, u, None, None] for u in range(4)]
    )


def test_an_invertible_change_of_language_is_undone_for_every_listener():
    """A unit that says `M y` instead of `y`: its receivers' passages become `P inv(M)`, as in the closed form."""
    before = reservoir()
    after = remapped(before, 1, MIX, np.zeros(3))
    assert drift(before, after, WAVE).min() > 0.01
    followed = aligned(before, after, WAVE, ridge=1e-9)
    np.testing.assert_allclose(recording(followed, WAVE), recording(before, WAVE), atol=2e-3)
    assert drift(before, followed, WAVE).max() < 1e-5
    columns = before.sources.outputs_of(0)[:, 1]
    old, new = (np.asarray(r.weights[0].passage["matrix"], float) for r in (before, followed))
    for unit in range(4):
        places = [np.flatnonzero(np.asarray(before.wiring[0])[:, unit] == c)[0] for c in columns]
        np.testing.assert_allclose(new[:, places, unit], old[:, places, unit] @ np.linalg.inv(MIX), atol=0.02)
        others = np.setdiff1d(np.arange(old.shape[1]), places)
        np.testing.assert_array_equal(new[:, others, unit], old[:, others, unit])


def test_receivers_of_a_part_get_the_best_map_of_that_part():
    """Four afferents of fourteen, against numpy's least squares on the recorded sources."""
    before = reservoir(afferents=4, input_fraction=0.2, self_loops=False)
    after = remapped(before, 2, MIX, np.array([0.3, 0.0, -1.0]))
    followed = aligned(before, after, WAVE, ridge=1e-9)
    outputs, wiring = before.sources.outputs_of(0)[:, 2], np.asarray(before.wiring[0])
    data = jnp.transpose(jnp.asarray(WAVE, jnp.float32), (1, 2, 0))
    predicted = np.asarray(record(before, data, None, jnp.zeros(3, jnp.int32)), float)[outputs, 1:].reshape(3, -1)
    # One step of silence is where a recording starts; the answer to its last step, it lacks.
    retell = MIX @ predicted + np.array([[0.3], [0.0], [-1.0]])
    found = 0
    for unit in range(4):
        places = [k for k, source in enumerate(wiring[:, unit]) if source in outputs]
        if not 0 < len(places) < 3:
            continue
        slots = [int(np.flatnonzero(outputs == wiring[k, unit])[0]) for k in places]
        design = np.vstack([retell[slots], np.ones(predicted.shape[1])]).T
        solution = np.linalg.lstsq(design, predicted[slots].T, rcond=None)[0]
        old, new = (np.asarray(r.weights[0].passage["matrix"], float) for r in (before, followed))
        np.testing.assert_allclose(new[:, places, unit], old[:, places, unit] @ solution[:-1].T, atol=0.02)
        shift = old[:, places, unit] @ solution[-1]
        bias = (np.asarray(r.weights[0].passage["bias"], float)[:, unit] for r in (before, followed))
        np.testing.assert_allclose(-np.subtract(*bias), shift, atol=0.02)
        found += 1
    assert found, "this test wants a receiver that receives a part of what the unit says"


# Users do not run with warnings as errors, and numpy makes a number of an array of one, with a warning.
@pytest.mark.filterwarnings("ignore")
def test_a_listener_that_receives_one_output_of_a_unit_gets_its_inverse():
    before = reservoir(afferents=1, input_fraction=0.0, self_loops=False)
    sources = np.asarray(before.wiring[0])[0]
    receiver = int(np.flatnonzero(sources >= 2)[0])
    after = remapped(before, before.sources.owner()[sources[receiver]], -2 * np.eye(3), np.full(3, 0.5))
    followed = aligned(before, after, WAVE, ridge=1e-9)
    old, new = (np.asarray(r.weights[0].passage["matrix"], float)[:, 0, receiver] for r in (before, followed))
    np.testing.assert_allclose(new, old / -2, rtol=1e-3)
    bias = [np.asarray(r.weights[0].passage["bias"], float)[:, receiver] for r in (before, followed)]
    np.testing.assert_allclose(bias[1] - bias[0], old / 4, atol=1e-3)


def test_what_nobody_changed_is_left_as_it_is():
    before = reservoir()
    assert aligned(before, before, WAVE) is before


def test_a_unit_that_falls_silent_is_replaced_by_its_mean():
    before = reservoir()
    silent = remapped(before, 0, np.zeros((3, 3)), np.zeros(3))
    followed = aligned(before, silent, WAVE)
    assert all(np.isfinite(np.asarray(a)).all() for a in followed.weights[0].passage.values())
    # The first step, of silence, is not part of what a mean is taken over.
    old, new = recording(before, WAVE)[:, :, 1:], recording(followed, WAVE)[:, :, 1:]
    np.testing.assert_allclose(new.mean((2, 3)), old.mean((2, 3)), atol=0.05)


def test_drift_by_hand():
    before = reservoir(time_constant=1.0)
    after = remapped(before, 1, MIX, np.zeros(3))
    lengths = np.array([80, 50, 80])
    counted = np.arange(80)[:, None] < lengths
    old, new = recording(before, WAVE)[..., counted], recording(after, WAVE)[..., counted]
    size = ((old - old.mean(-1, keepdims=True)) ** 2).sum((1, 2))
    np.testing.assert_allclose(
        drift(before, after, WAVE, lengths=lengths), ((new - old) ** 2).sum((1, 2)) / size, rtol=1e-3
    )


def test_drift_of_a_unit_that_received_a_constant():
    feed = reservoir(receives="inputs")
    louder = replace(
        feed, weights=(replace(feed.weights[0], passage={**feed.weights[0].passage, "bias": jnp.ones((3, 4))}),)
    )
    silence = np.zeros((1, 10, 2))
    assert np.isinf(drift(feed, louder, silence)).all()
    assert (drift(feed, feed, silence) == 0).all()


@pytest.mark.parametrize("passage", ["mixed", "learned"])
def test_learning_with_alignment_lets_less_drift(passage):
    given = reservoir(passage)
    plain, _ = learn(given, WAVE, Learning(steps=10, rule="round_robin"))
    followed, history = learn(
        given, WAVE, Learning(steps=10, rule="round_robin", passages=Passages(aligned=True, every=5))
    )
    assert np.isfinite(history.losses).all()
    if passage == "mixed":
        assert drift(given, followed, WAVE).max() < 0.5 * drift(given, plain, WAVE).max()
        assert drift(given, plain, WAVE).max() > 1e-3


def test_alignment_of_a_pruned_passage_leaves_what_is_not_received_silent():
    before = reservoir("learned", 4)
    masks = tuple(np.random.default_rng(0).random(np.shape(wiring)) < 0.5 for wiring in before.wiring)
    matrix = before.weights[0].passage["matrix"]
    before = eqx.tree_at(lambda r: r.weights[0].passage["matrix"], before, jnp.where(masks[0], matrix, 0.0))
    after = remapped(before, 1, MIX, np.zeros(3))
    followed = realigned(before, after, recorded(before, WAVE), np.ones((80, 3), bool), masks=masks)
    matrix = np.asarray(followed.weights[0].passage["matrix"])
    assert (matrix[:, ~masks[0]] == 0).all()
    assert (matrix != np.asarray(before.weights[0].passage["matrix"])).any()


def test_refusals():
    wired = Reservoir.build([Population(unit=SMALL, units=4, input_fraction=0.2)], inputs=2)
    with pytest.raises(AuritaError, match="units of population 0 are wired to units that learn"):
        learn(wired, WAVE, Learning(steps=1, passages=Passages(aligned=True)))
    with pytest.raises(AuritaError, match="units of population 0 are wired to units that learn"):
        aligned(wired, wired, WAVE)
    with pytest.raises(AuritaError, match="expected the same reservoir twice"):
        drift(reservoir(), reservoir(units=5), WAVE)
    with pytest.raises(AuritaError, match=r"inputs have shape \(1, 5, 3\); expected \(sequences, steps, 2 channels\)"):
        drift(reservoir(), reservoir(), np.zeros((1, 5, 3)))


def test_wired_units_may_receive_units_that_do_not_learn():
    echo = Population(unit=EchoUnit(slots=3), units=1, passage="mixed", afferents="all", receives="inputs")
    receiver = Population(unit=SMALL, units=3, receives="earlier")
    given = Reservoir.build([echo, receiver], inputs=2)
    with_, _ = learn(given, WAVE, Learning(steps=2, passages=Passages(aligned=True, every=1)))
    without, _ = learn(given, WAVE, Learning(steps=2))
    np.testing.assert_allclose(with_.weights[1].unit["wo"], without.weights[1].unit["wo"], atol=1e-6)
