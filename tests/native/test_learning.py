"""The native learning kernel against JAX: losses and gradients of one step, whole runs, threads, processors."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, BlockUnit, EchoUnit, Learning, Population, Reservoir, learn
from aurita.learning import EarlyStopping, Passages
from aurita.learning._local_loss import RecordedBatch, evaluate, total_loss
from aurita.learning._step import what_learns
from aurita.native import kernels, set_engine
from aurita.native.learn_kernel import KernelObjective, Learners, Recorded, with_slack
from aurita.units import AnarchistUnit

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

DENSE = {"passage": "learned", "afferents": "all", "receives": "inputs"}
BATCH, STEPS, TARGETS = 5, 20, 3

CASES = {
    "wired": ({"slots": 4, "hidden": 6}, {"receives": "inputs"}, "target", "squares", None),
    "passage, cross-entropy, shifted keys, two heads": (
        {"slots": 6, "memory": 12, "heads": 2, "head_dim": 4, "shifted_keys": True},
        DENSE,
        "target",
        "cross_entropy",
        (19,),
    ),
    "own future at three horizons": ({"slots": 4, "memory": 5, "horizons": (1, 2, 4)}, DENSE, "self", "squares", None),
    "mixed, dilated, masked": (
        {"slots": 4, "memory": 5, "dilation": 3, "before_start": "masked", "shifted_keys": True},
        DENSE,
        "mixed",
        "squares",
        None,
    ),
    "feed-forward half": ({"slots": 4, "heads": 0, "memory": 1, "hidden": 7}, DENSE, "mixed", "squares", None),
    "leaky slots": ({"slots": 4, "memory": 4}, {**DENSE, "time_constant": 9.0}, "mixed", "squares", None),
    "leaky slots, dilated, judged at the end": (
        {"slots": 4, "memory": 3, "dilation": 2},
        {**DENSE, "time_constant": 20.0},
        "target",
        "squares",
        (19,),
    ),
    "what is broadcast": ({"slots": 5, "memory": 6}, DENSE, "reward", "squares", (9, 19)),
    "attention half": ({"slots": 4, "hidden": 0}, {**DENSE, "passage": "mixed"}, "mixed", "squares", None),
    "many slots, two heads": (
        {"slots": 11, "memory": 5, "heads": 2, "head_dim": 3, "hidden": 5},
        DENSE,
        "mixed",
        "squares",
        None,
    ),
    "many slots, shifted keys, masked, many horizons": (
        {
            "slots": 9,
            "memory": 4,
            "shifted_keys": True,
            "before_start": "masked",
            "horizons": tuple(range(1, 19)),
        },
        {"receives": "inputs"},
        "self",
        "squares",
        None,
    ),
    "block": ({"block": "relu", "slots": 4, "memory": 6, "heads": 2}, DENSE, "mixed", "squares", None),
    "block, rms, gelu, shifted keys, dilated": (
        {
            "block": "gelu",
            "normalisation": "rms",
            "slots": 3,
            "heads": 1,
            "memory": 4,
            "dilation": 2,
            "shifted_keys": True,
            "before_start": "zeros",
        },
        DENSE,
        "target",
        "cross_entropy",
        (9, 19),
    ),
    "block, tanh, many slots, wired": (
        {"block": "tanh", "normalisation": "tanh", "slots": 10, "memory": 3, "heads": 3, "horizons": (1, 3)},
        {"receives": "inputs"},
        "self",
        "squares",
        None,
    ),
    "block without normalisation, leaky slots": (
        {"block": "gelu", "normalisation": "none", "slots": 4, "memory": 5, "head_dim": 5},
        {**DENSE, "time_constant": 7.0},
        "mixed",
        "squares",
        None,
    ),
    "attention half of a block": (
        {"block": "relu", "slots": 4, "hidden": 0, "memory": 4},
        DENSE,
        "mixed",
        "squares",
        None,
    ),
    "feed-forward half of a block, broadcast": (
        {"block": "tanh", "slots": 5, "heads": 0, "memory": 1, "hidden": 6},
        DENSE,
        "reward",
        "squares",
        (9, 19),
    ),
    "prediction by the feed-forward half of a block": (
        {"block": "relu", "normalisation": "rms", "slots": 5, "heads": 0, "memory": 1, "hidden": 6},
        {**DENSE, "passage": "mixed"},
        "self",
        "squares",
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_are_those_of_jax(name):
    unit, how, objective, loss, at = CASES[name]
    population = Population(unit=_unit(unit), units=3, **how)
    rng = np.random.default_rng(0)
    reservoir = Reservoir.build([population], inputs=12, targets=TARGETS)
    weights = _with_heads(reservoir.weights[0], rng)
    settings = Learning(objective=objective, loss=loss, l2=0.01)
    recording = _recording(reservoir, loss, at, rng)
    expected = _jax_gradients(weights, population, reservoir, recording, settings)
    for level in (4, 3, 0):
        losses, gradients = _native_gradient(weights, population, reservoir, recording, settings, at, level)
        for unit_losses, gradient, (value, wanted) in zip(losses, gradients, expected, strict=True):
            np.testing.assert_allclose(unit_losses[2], value, rtol=1e-5, atol=1e-7)
            largest = max(np.abs(part).max() for part in wanted.values())
            for name, part in wanted.items():
                np.testing.assert_allclose(gradient[name], part, atol=1e-4 * largest, err_msg=name)


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
    data = _data(rng, None, "last")
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
    data = _data(rng, settings.get("loss"), scored)
    reservoir = Reservoir.build([_population(kind) for kind in kinds], inputs=2, targets=2, **built)
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
    data = _data(rng, None, "last")
    reservoir = Reservoir.build([_population({}) for _ in range(3)], inputs=2, targets=2)
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
    data = _data(rng, None, "last" if "ends" in name else None)
    reservoir = Reservoir.build([_population(kind) for kind in kinds], inputs=2, targets=2)
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
    reservoir = Reservoir.build([_population({})], inputs=2, targets=2)
    broken = eqx.tree_at(
        lambda r: r.weights[0].unit["w1"], reservoir, jnp.full_like(reservoir.weights[0].unit["w1"], np.nan)
    )
    data = _data(np.random.default_rng(0), None, None)
    learnt, history = learn(broken, settings=Learning(objective="target", steps=3), **data)
    assert np.isnan(history.losses).all()
    np.testing.assert_array_equal(learnt.weights[0].unit["wq"], broken.weights[0].unit["wq"])


def _unit(given):
    if "block" not in given:
        return AttentionUnit(**given)
    return BlockUnit(**{"activation": given["block"], **{k: v for k, v in given.items() if k != "block"}})


def _population(kind):
    if kind == "echo":
        return Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    if kind == "receiver":
        return Population(unit=EchoUnit(slots=4), units=2, passage="mixed", afferents="all", receives="earlier")
    if kind == "anarchist":
        return Population(unit=AnarchistUnit(slots=2), units=4, receives="inputs")
    how = {name: kind[name] for name in ("receives", "time_constant") if name in kind}
    unit = {name: value for name, value in kind.items() if name not in how}
    if "anarchist" in kind:
        made = AnarchistUnit(slots=2, constraint=unit["anarchist"])
        return Population(unit=made, units=3, **{**DENSE, "passage": "mixed"} | how)
    return Population(unit=_unit({"slots": 3, "memory": 6, "hidden": 5} | unit), units=3, **DENSE | how)


def _data(rng, loss, scored):
    count, steps = 12, 20
    lengths = rng.integers(steps // 2, steps + 1, count)
    targets = rng.normal(size=(count, steps, 2))
    if loss == "cross_entropy":
        targets = np.eye(2)[rng.integers(0, 2, (count, steps))]
    mask = np.ones((count, steps), bool)
    if scored == "last":
        mask = np.arange(steps) == lengths[:, None] - 1
    elif scored == "some":
        mask = rng.random((count, steps)) < 0.1
    inputs = rng.normal(size=(count, steps, 2))
    return {"inputs": inputs, "lengths": lengths, "targets": targets, "scored": mask}


def _with_heads(weights, rng):
    """Heads that say something: those for targets are drawn as zeros."""
    zeros = ("target_w", "target_b", "bo", "ahead_b")
    unit = {k: v + 0.3 * rng.normal(size=v.shape) if k in zeros else v for k, v in weights.unit.items()}
    return eqx.tree_at(lambda w: w.unit, weights, unit)


def _recording(reservoir, loss, at, rng):
    lanes = STEPS * BATCH
    target = rng.normal(size=(TARGETS, lanes))
    if loss == "cross_entropy":
        target = np.eye(TARGETS)[rng.integers(0, TARGETS, lanes)].T
    scored = (rng.random(lanes) < 0.5).astype(np.float32)
    if at is not None:
        scored *= np.repeat(np.isin(np.arange(STEPS), at), BATCH)
    counted = (rng.random(lanes) < 0.9).astype(np.float32)
    sources = rng.normal(size=(reservoir.sources.total, lanes))
    return RecordedBatch(*(jnp.asarray(a, jnp.float32) for a in (sources, counted, target, scored)), BATCH)


def _jax_gradients(weights, population, reservoir, recording, settings):
    learnt = what_learns(weights, population)

    @eqx.filter_jit
    def of(own, wires):
        learns, stays = eqx.partition(own, learnt)

        def loss(learns):
            whole = eqx.combine(learns, stays)
            unit_loss, _ = evaluate(whole, population, wires, recording, settings, jax.random.key(0))
            return total_loss(unit_loss, whole, population, settings)

        return jax.value_and_grad(loss)(learns)

    found = []
    for u in range(population.units):
        value, gradient = of(jax.tree.map(lambda array, u=u: array[..., u], weights), reservoir.wiring[0][:, u])
        passage = gradient.passage if population.passage == "learned" else {}
        found.append((float(value), {name: np.asarray(part) for name, part in {**gradient.unit, **passage}.items()}))
    return found


def _native_gradient(weights, population, reservoir, recording, settings, at, level):
    lanes, unit = STEPS * BATCH, population.unit
    scored = np.asarray(recording.scored)
    counted = np.asarray(recording.counted)
    own = with_slack((len(unit.horizons), lanes))
    for row, horizon in zip(own, unit.horizons, strict=True):
        both = counted[: -horizon * BATCH] * counted[horizon * BATCH :]
        row[: len(both)] = both / max(both.sum(), 1)
    recorded = Recorded(
        _slack(recording.sources),
        _slack(recording.target),
        _slack(scored / max(scored.sum(), 1e-9)),
        own,
        lived=_slack(np.repeat(np.arange(STEPS), BATCH)),
    )
    learners = Learners(population, weights, np.asarray(reservoir.wiring[0]).T)
    objective = KernelObjective(
        settings.objective in ("self", "mixed"),
        settings.objective in ("target", "mixed", "reward"),
        settings.alpha,
        "broadcast" if settings.objective == "reward" else settings.loss,
        l2=settings.l2,
    )
    losses = np.zeros((1, 3, 3), np.float32)
    gradients = np.zeros((3, learners.total), np.float32)
    learners.run(
        kernels(level),
        objective,
        [recorded],
        batch=BATCH,
        ranges=np.array([[0, lanes]] if at is None else [[step * BATCH, BATCH] for step in at]),
        first=0 if at is None else max(0, min(at) - learners.span + 1),
        chosen=np.ones((1, 3), bool),
        rates=np.zeros(1),
        units=slice(0, 3),
        losses=losses,
        gradients=gradients,
    )
    named = learners.named(gradients)
    return losses[0], [{name: part[unit] for name, part in named.items()} for unit in range(3)]


def _slack(array):
    made = with_slack(np.shape(array))
    made[...] = np.asarray(array)
    return made
