"""The native learning kernel against JAX: losses and gradients of one step, and processors beside each other."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from learning_cases import DENSE, unit_of

from aurita import Learning, Population, Reservoir
from aurita.learning._local_loss import RecordedBatch, evaluate, total_loss
from aurita.learning._step import what_learns
from aurita.native import kernels
from aurita.native.learn_kernel import KernelObjective, Learners, Recorded, with_slack

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

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
    population = Population(unit=unit_of(unit), units=3, **how)
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
