"""Whole runs of native learning against JAX: threads, neighbours, passages, losses that are not finite."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from learning_cases import DENSE, population_of, sequences_of

from aurita import AttentionUnit, AuritaError, Learning, Population, Reservoir, learn
from aurita.learning import EarlyStopping, Passages
from aurita.native import kernels, set_engine

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

RUNS = {
    "labels at the ends of ragged sequences": ([{}], {"objective": "target"}, "last", {}),
    "few scored steps of segments": ([{}], {"objective": "target", "segment": 9}, "some", {}),
    "masked memories, a clock, cross-entropy": (
        [{"before_start": "masked"}],
        {"objective": "target", "loss": "cross_entropy"},
        "last",
        {"clock": (4.0,)},
    ),
    "masked memories, a target everywhere, ragged": (
        [{"before_start": "masked"}, {"block": "relu", "before_start": "masked"}],
        {"objective": "target", "steps": 10},
        None,
        {},
    ),
    "mixed, washed out, decaying": (
        [{"horizons": (1, 2)}],
        {"objective": "mixed", "washout": 2, "weight_decay": 0.1},
        None,
        {},
    ),
    "a first generation of echo neurons, segments": (
        ["echo", {"receives": "earlier"}],
        {"objective": "target", "segment": 9},
        None,
        {},
    ),
    "units that receive each other, early stopping": (
        [{"receives": "all"}],
        {"objective": "self", "stopping": EarlyStopping(patience=25), "steps": 50},
        None,
        {},
    ),
    "what is broadcast": ([{}], {"objective": "reward"}, "some", {}),
    "blocks, labels at the ends": (
        [{"block": "relu", "heads": 2}],
        {"objective": "target", "loss": "cross_entropy"},
        "last",
        {},
    ),
    "blocks that receive each other, mixed, lion, segments": (
        [{"block": "gelu", "normalisation": "rms", "receives": "all"}],
        {"objective": "mixed", "optimiser": "lion", "segment": 9},
        "some",
        {},
    ),
    "anarchists among others, their own future": (["anarchist", {}], {"objective": "self"}, None, {}),
    "anarchists of unit variance, labels at the ends": (
        [{}, {"anarchist": "unit_variance"}],
        {"objective": "target"},
        "last",
        {},
    ),
    "whitened anarchists alone, leaky, segments, the largest": (
        [{"anarchist": "whitened", "time_constant": 6.0}],
        {"objective": "self", "segment": 9, "washout": 2, "rule": "largest", "steps": 3},
        None,
        {},
    ),
    "anarchists, each weighs its losses": (
        ["anarchist", {}],
        {"objective": "mixed", "alpha": "adaptive", "steps": 3},
        None,
        {},
    ),
    "the largest loss": ([{}], {"objective": "self", "rule": "largest"}, None, {}),
    "the largest recent fall": ([{}], {"objective": "self", "rule": {"type": "largest", "by": "progress"}}, None, {}),
    "spaced by what can fall": (
        [{"receives": "all"}],
        {"objective": "self", "rule": {"type": "spaced", "by": "reducible"}, "l2": 0.01},
        None,
        {},
    ),
    "drawn by loss": (["echo", {}], {"objective": "target", "rule": "proportional"}, None, {}),
    "drawn at random, segments": ([{}], {"objective": "mixed", "rule": "random", "segment": 9}, None, {}),
    "in turn": ([{}, {}], {"objective": "target", "rule": "round_robin"}, "last", {}),
    "each weighs its losses": ([{"horizons": (1, 2)}], {"objective": "mixed", "alpha": "adaptive"}, None, {}),
    "each weighs its losses, segments, the largest": (
        ["echo", {}],
        {"objective": "mixed", "alpha": "adaptive", "segment": 9, "batch": 3, "rule": "largest"},
        "some",
        {},
    ),
}


@pytest.mark.parametrize("rule", ["all", "random"])
def test_a_unit_does_not_depend_on_those_beside_it(rule):
    rng = np.random.default_rng(3)
    data = sequences_of(rng, None, "last")
    settings = Learning(objective="mixed", steps=10, rule=rule)
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=15, **DENSE)], inputs=2, targets=2)
    together, history = learn(reservoir, settings=settings, **data)
    chosen = np.flatnonzero(history.selected.any(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aurita.learning._native_units._GROUP", 1)
        alone, _ = learn(reservoir, settings=settings, **data)
    assert len(chosen)
    for one, other in zip(jax.tree.leaves(together.weights), jax.tree.leaves(alone.weights), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", RUNS)
def test_whole_runs_are_those_of_jax(name):
    kinds, settings, scored, built = RUNS[name]
    rng = np.random.default_rng(1)
    data = sequences_of(rng, settings.get("loss"), scored)
    reservoir = Reservoir.build([population_of(kind) for kind in kinds], inputs=2, targets=2, **built)
    how = Learning(**{"steps": 25, "batch": 5, **settings})
    found = {}
    for engine in ("jax", "native"):
        with set_engine(engine):
            found[engine] = learn(reservoir, data["inputs"], how, **{k: v for k, v in data.items() if k != "inputs"})
    (jax_weights, jax_history), (weights, history) = ((r.weights, h) for r, h in (found["jax"], found["native"]))
    loose = 10 if "whitened" in name else 1  # rounding is divided by the smallest deviation
    np.testing.assert_allclose(history.losses, jax_history.losses, rtol=loose * 1e-4, atol=2e-6)
    np.testing.assert_array_equal(history.selected, jax_history.selected)
    np.testing.assert_allclose(history.held_out, jax_history.held_out, rtol=loose * 1e-4)
    for one, other in zip(jax.tree.leaves(weights), jax.tree.leaves(jax_weights), strict=True):
        np.testing.assert_allclose(one, other, rtol=loose * 1e-4, atol=loose * 1e-4)


def test_threads_change_no_byte(monkeypatch):
    rng = np.random.default_rng(2)
    data = sequences_of(rng, None, "last")
    reservoir = Reservoir.build([population_of({}) for _ in range(3)], inputs=2, targets=2)
    results = []
    for threads in ("1", "2", "3", "4"):
        monkeypatch.setattr("aurita.learning._native_units.thread_count", lambda n=threads: int(n))
        learnt, _ = learn(reservoir, settings=Learning(objective="target", steps=10), **data)
        results.append([np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(learnt.weights)])
    assert results[0] == results[1] == results[2] == results[3]


class OwnUnit(AttentionUnit):
    """A unit of somebody's own."""


def test_what_is_not_covered_falls_back_or_is_named():
    reservoir = Reservoir.build([Population(unit=OwnUnit(slots=2), units=2)], inputs=2)
    data = {"inputs": np.random.default_rng(0).normal(size=(3, 12, 2))}
    settings = Learning(objective="self", steps=2)
    learn(reservoir, settings=settings, **data)
    with set_engine("native"), pytest.raises(AuritaError, match="OwnUnit learns on JAX only"):
        learn(reservoir, settings=settings, **data)


CHANGES = {
    "pruned": ([{}, "echo"], {"objective": "self"}, {"fan_in": 1, "every": 4}),
    "pruned, ragged, labels at the ends, segments": (
        ["echo", {"receives": "earlier"}, {"block": "tanh"}],
        {"objective": "target", "segment": 11, "weight_decay": 0.1},
        {"fan_in": 2, "every": 3},
    ),
    "pruned, spaced": ([{"receives": "all"}], {"objective": "mixed", "rule": "spaced"}, {"fan_in": 3, "every": 5}),
    "aligned": ([{"receives": "all"}], {"objective": "self"}, {"aligned": True, "every": 4}),
    "pruned and aligned": ([{"receives": "all"}], {"objective": "self"}, {"fan_in": 3, "aligned": True, "every": 4}),
    "pruned and aligned, echo neurons receive": (
        [{"receives": "all"}, "echo"],
        {"objective": "self", "rule": "spaced"},
        {"fan_in": 2, "aligned": True, "every": 3},
    ),
    "aligned, receivers that do not learn, segments": (
        [{}, "receiver"],
        {"objective": "mixed", "segment": 9, "washout": 1},
        {"aligned": True, "every": 5},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_passages_change_as_on_jax(name):
    kinds, settings, passages = CHANGES[name]
    rng = np.random.default_rng(3)
    data = sequences_of(rng, None, "last" if "ends" in name else None)
    reservoir = Reservoir.build([population_of(kind) for kind in kinds], inputs=2, targets=2)
    how = Learning(**{"steps": 12, "batch": 5, "passages": Passages(**passages), **settings})
    found = {}
    for engine in ("jax", "native"):
        with set_engine(engine):
            found[engine] = learn(reservoir, settings=how, **data)
    (expected, before), (learnt, history) = found["jax"], found["native"]
    np.testing.assert_allclose(history.losses, before.losses, rtol=2e-4)
    np.testing.assert_array_equal(history.selected, before.selected)
    for one, other in zip(learnt.wiring, expected.wiring, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(jax.tree.leaves(learnt.weights), jax.tree.leaves(expected.weights), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


def test_weights_stay_where_a_loss_is_not_finite():
    reservoir = Reservoir.build([population_of({})], inputs=2, targets=2)
    broken = eqx.tree_at(
        lambda r: r.weights[0].unit["w1"], reservoir, jnp.full_like(reservoir.weights[0].unit["w1"], np.nan)
    )
    data = sequences_of(np.random.default_rng(0), None, None)
    learnt, history = learn(broken, settings=Learning(objective="target", steps=3), **data)
    assert np.isnan(history.losses).all()
    np.testing.assert_array_equal(learnt.weights[0].unit["wq"], broken.weights[0].unit["wq"])
