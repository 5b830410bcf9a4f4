"""The local loss by hand, its gradient by finite differences, and that no gradient enters another unit."""

from functools import partial
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from aurita import AttentionUnit, EchoUnit, Learning, Population, Reservoir
from aurita.engine.scanning import record
from aurita.learning._local_loss import RecordedBatch, local_loss, unit_inputs
from aurita.learning._recording import record_batch
from aurita.learning._step import losses_of
from aurita.learning.batches import as_data
from aurita.units.objectives import target_loss

LENGTHS = np.array([12, 8])
KEY = 3
SETTINGS = Learning(objective="mixed", washout=2)
loss_of = eqx.filter_jit(local_loss)
respond = partial(jax.jit, static_argnums=(0, 3))(lambda unit, *given: unit.respond(*given, targets=True))


@pytest.fixture(scope="module")
def society():
    """A recurrent reservoir in float64 whose units all receive each other, and what they receive of a batch."""
    attention = AttentionUnit(slots=2, memory=3, hidden=3, horizons=(1, 2))
    populations = [
        Population(unit=attention, units=3, passage="mixed", afferents="all", time_constant=4.0),
        Population(unit=attention, units=2, passage="learned", afferents="all", passage_bias=0.3),
        Population(unit=EchoUnit(slots=2), units=2, input_fraction=0.2),
    ]
    reservoir = Reservoir.build(populations, inputs=2, seed=1, feedback=1, targets=1)
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(2, 12, 2)), rng.normal(size=(2, 12, 1))
    scored = (rng.random((2, 12)) < 0.6).astype(float)
    data = as_data(reservoir, inputs, LENGTHS, targets, scored, needs_targets=True)
    with jax.enable_x64(True):
        randomised = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), reservoir.weights)
        for i in (0, 1):
            for name in ("target_w", "target_b", "ahead_b", "bo"):
                shape = randomised[i].unit[name].shape
                randomised[i].unit[name] = jnp.asarray(0.5 * rng.normal(size=shape))
        reservoir = eqx.tree_at(lambda r: r.weights, reservoir, randomised)
        data = jax.tree.map(lambda leaf: jnp.asarray(leaf, float) if leaf.dtype == jnp.float32 else leaf, data)
        yield SimpleNamespace(reservoir=reservoir, data=data)


def weights_of(reservoir, population, unit):
    return jax.tree.map(lambda leaf: leaf[..., unit], reservoir.weights[population])


def directions(weights):
    """One random direction for each unit, in which its weights alone move."""
    rng, found, first = np.random.default_rng(5), [], 0
    total = sum(jax.tree.leaves(some)[0].shape[-1] for some in weights)
    for some in weights:
        leaves, tree = jax.tree.flatten(some)
        units = leaves[0].shape[-1]
        moves = [np.zeros((total, *leaf.shape)) for leaf in leaves]
        for move in moves:
            for unit in range(units):
                move[first + unit, ..., unit] = rng.normal(size=move.shape[1:-1])
        found.append(jax.tree.unflatten(tree, [jnp.asarray(move) for move in moves]))
        first += units
    return tuple(found)


@eqx.filter_jit
def everything(reservoir, data, settings, moves):
    """Losses of all units, what they received, and how each loss moves when one unit moves."""

    def losses(weights, *, recorded):
        now = eqx.tree_at(lambda r: r.weights, reservoir, weights)
        recording = record_batch(now, data, settings)
        if not recorded:
            inputs, teacher = (jnp.transpose(array, (1, 2, 0)) for array in (data.inputs, data.targets))
            sources = record(now, inputs, teacher, data.begins)
            recording = recording._replace(sources=sources.reshape(sources.shape[0], -1))
        return losses_of(now, recording, settings, jax.random.key(KEY)), recording

    def moved(move, *, recorded):
        return jax.jvp(partial(losses, recorded=recorded), (reservoir.weights,), (move,), has_aux=True)[1]

    slopes = [jax.lax.map(partial(moved, recorded=recorded), moves) for recorded in (True, False)]
    return *losses(reservoir.weights, recorded=True), *slopes


@pytest.fixture(scope="module")
def moved(society):
    moves = directions(society.reservoir.weights)
    return *everything(society.reservoir, society.data, SETTINGS, moves), moves


def by_hand(reservoir, recording, population, unit, settings, *, lengths=LENGTHS):
    """The loss of one unit from the values of the sources, in loops over slots, sequences and steps."""
    kind, weights = reservoir.populations[population].unit, weights_of(reservoir, population, unit)
    predicted = np.asarray(recording.sources).reshape(len(recording.sources), -1, recording.batch)
    z = predicted[np.asarray(reservoir.wiring[population])[:, unit]]
    if weights.passage:
        bias = np.asarray(weights.passage["bias"])[:, None, None]
        z = np.einsum("da,atb->dtb", np.asarray(weights.passage["matrix"]), z) + bias
    if weights.rates is not None:
        leaky, before = np.zeros_like(z), 0.0
        for t in range(z.shape[1]):
            before = leaky[:, t] = (1 - weights.rates[:, None]) * before + weights.rates[:, None] * z[:, t]
        z = leaky
    flat = jnp.asarray(z.reshape(kind.slots, -1))
    _, predictions, guesses = respond(kind, weights.unit, flat, recording.batch)
    predictions = np.asarray(predictions).reshape(len(kind.horizons), kind.slots, -1, recording.batch)
    own = []
    for i, horizon in enumerate(kind.horizons):
        for slot in range(kind.slots):
            pairs = [
                (predictions[i, slot, t, b], z[slot, t + horizon, b])
                for b, length in enumerate(lengths)
                for t in range(settings.washout, length - horizon)
            ]
            error = np.mean([(guess - truth) ** 2 for guess, truth in pairs])
            relative = reservoir.populations[population].passage == "learned"
            own.append(error / (np.var([truth for _, truth in pairs]) + 1e-6) if relative else error)
    own = np.mean(own)
    target = np.asarray(recording.target).reshape(-1, z.shape[1], recording.batch)
    scored = np.asarray(recording.scored).reshape(-1, recording.batch)
    guesses = np.asarray(guesses).reshape(target.shape)
    task = [
        (guesses[0, t, b] - target[0, t, b]) ** 2
        for b, length in enumerate(lengths)
        for t in range(length)
        if scored[t, b]
    ]
    return {"self": own, "target": np.mean(task), "mixed": np.mean(task) + settings.alpha * own}[settings.objective]


@pytest.mark.parametrize("place", [(0, 1), (1, 0)])
def test_losses_are_what_they_say(society, moved, place):
    losses, recording, *_ = moved
    expected = by_hand(society.reservoir, recording, *place, SETTINGS)
    assert float(losses[3 * place[0] + place[1]]) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("objective", ["self", "target"])
def test_the_objectives_alone(society, moved, objective):
    recording, settings = moved[1], Learning(objective=objective)
    population = society.reservoir.populations[1]
    counted = jnp.asarray(np.arange(12)[:, None] < LENGTHS[None, :], float).reshape(-1)
    recording = recording._replace(counted=counted)
    afferents = society.reservoir.wiring[1][:, 1]
    loss = loss_of(weights_of(society.reservoir, 1, 1), population, afferents, recording, settings, jax.random.key(0))
    assert float(loss) == pytest.approx(by_hand(society.reservoir, recording, 1, 1, settings), rel=1e-9)


def test_echo_units_have_no_loss(moved):
    assert np.asarray(moved[0])[5:].tolist() == [0, 0]


def test_what_was_recorded_has_the_target_fed_back_one_step_late(society, moved):
    fed_back = np.asarray(moved[1].sources[-1]).reshape(12, 2)
    assert not fed_back[0].any()
    np.testing.assert_array_equal(fed_back[1:], np.asarray(society.data.targets)[:, :-1, 0].T)


def test_no_gradient_enters_another_unit(moved):
    """Entry `(u, v)`: how the loss of v moves as u moves."""
    recorded, through, units = np.asarray(moved[2]), np.asarray(moved[3]), np.arange(5)
    assert recorded.shape == (7, 7)
    assert (recorded[~np.eye(7, dtype=bool)] == 0.0).all()
    assert (np.abs(recorded[units, units]) > 1e-3).all()
    # The test would see it: through the run itself, losses do move with the weights of other units.
    assert (np.abs(through[~np.eye(7, dtype=bool)].reshape(7, 6)[:, :4]) > 1e-9).all()


@pytest.mark.parametrize("place", [(0, 2), (1, 1)])
def test_the_gradient_of_a_unit_is_that_of_finite_differences(society, moved, place):
    population, unit = place
    reservoir = society.reservoir
    flat, shaped = ravel_pytree(weights_of(reservoir, population, unit))
    afferents = reservoir.wiring[population][:, unit]

    def loss(one):
        given = (reservoir.populations[population], afferents, moved[1], SETTINGS, jax.random.key(KEY))
        return local_loss(shaped(one), *given)

    losses = jax.jit(partial(jax.lax.map, loss))
    steps = 1e-6 * jnp.eye(len(flat))
    differences = (losses(flat + steps) - losses(flat - steps)) / 2e-6
    gradient = jax.jit(jax.grad(loss))(flat)
    np.testing.assert_allclose(gradient, differences, atol=1e-7)
    assert np.count_nonzero(differences) > 0.9 * (len(flat) - 2 * (population == 0))
    # In the reservoir as a whole the loss moves with this unit's weights by that much, and by nothing else.
    number = 3 * population + unit
    move = ravel_pytree(jax.tree.map(lambda leaf: leaf[number, ..., unit], moved[4][population]))[0]
    assert float(moved[2][number, number]) == pytest.approx(float(gradient @ move), rel=1e-9)


def test_cross_entropy_and_square_errors_count_scored_steps_alone():
    rng = np.random.default_rng(0)
    guesses, classes = rng.normal(size=(3, 7)), rng.integers(0, 3, 7)
    scored = np.array([1, 0, 1, 1, 0, 1, 0.5])
    onehot = np.eye(3)[:, classes]
    each = -np.log(np.exp(guesses[classes, np.arange(7)]) / np.exp(guesses).sum(0))
    given = [jnp.asarray(array) for array in (guesses, onehot, scored)]
    assert float(target_loss(*given, "cross_entropy")) == pytest.approx((each * scored).sum() / scored.sum(), rel=1e-5)
    squares = ((guesses - onehot) ** 2).mean(0)
    assert float(target_loss(*given, "squares")) == pytest.approx((squares * scored).sum() / scored.sum(), rel=1e-5)
    assert float(target_loss(given[0], given[1], 0 * given[2], "squares")) == 0
    light = float(target_loss(given[0], given[1], 1e-12 * given[2], "squares"))
    assert light == pytest.approx((squares * scored).sum() / scored.sum(), rel=1e-5)


def test_noise_is_received_and_not_predicted():
    """With a head that says zero, noise on what is received must not change the loss; with a random head it must."""
    population = Population(unit=AttentionUnit(slots=2, memory=2, hidden=2), units=1)
    reservoir = Reservoir.build([population], inputs=2, seed=0)
    recording = RecordedBatch(
        jnp.asarray(np.random.default_rng(0).normal(size=(4, 30)), jnp.float32),
        jnp.ones(30),
        jnp.zeros((0, 30)),
        jnp.ones(30),
        1,
    )
    weights, afferents = weights_of(reservoir, 0, 0), jnp.array([0, 1])
    silent = eqx.tree_at(lambda w: w.unit["wo"], weights, 0 * weights.unit["wo"])
    for given, same in ((silent, True), (weights, False)):
        one, two = (
            float(loss_of(given, population, afferents, recording, Learning(input_noise=n), jax.random.key(0)))
            for n in (0.0, 0.5)
        )
        assert (one == pytest.approx(two, rel=1e-6)) == same


def test_what_a_unit_receives_is_low_passed_slot_by_slot():
    population = Population(unit=AttentionUnit(slots=2), units=1, time_constant=9.0)
    reservoir = Reservoir.build([population], inputs=2, seed=0)
    predicted = np.random.default_rng(0).normal(size=(4, 5, 3))
    recording = RecordedBatch(jnp.asarray(predicted.reshape(4, -1)), jnp.ones(15), jnp.zeros((0, 15)), jnp.ones(15), 3)
    weights = weights_of(reservoir, 0, 0)
    rates, before = np.asarray(weights.rates)[:, None], np.zeros((2, 3))
    inputs = np.asarray(unit_inputs(weights, jnp.array([3, 1]), recording)).reshape(2, 5, 3)
    for t in range(5):
        before = (1 - rates) * before + rates * predicted[[3, 1], t]
        np.testing.assert_allclose(inputs[:, t], before, atol=1e-6)


def leaky(passage="learned", memory=3, dilation=1):
    unit = AttentionUnit(slots=2, memory=memory, dilation=dilation, hidden=2, shifted_keys=False)
    population = Population(unit=unit, units=1, passage=passage, afferents="all", time_constant=9.0)
    reservoir = Reservoir.build([population], inputs=2, seed=3, targets=1)
    return reservoir, population, weights_of(reservoir, 0, 0), reservoir.wiring[0][:, 0]


@pytest.mark.parametrize("reach", [1, 3, 20])
def test_a_passage_follows_what_a_leaky_slot_holds_for_some_steps(reach):
    """The slope of what is received at one step, summed by hand over the last `reach` steps."""
    _, _, weights, afferents = leaky()
    sources = np.random.default_rng(1).normal(size=(4, 11 * 2))
    recording = RecordedBatch(jnp.asarray(sources, jnp.float32), jnp.ones(22), jnp.zeros((0, 22)), jnp.ones(22), 2)

    def predicted(matrix):
        now = eqx.tree_at(lambda w: w.passage["matrix"], weights, matrix)
        return unit_inputs(now, afferents, recording, reach).reshape(2, 11, 2)

    np.testing.assert_allclose(
        predicted(weights.passage["matrix"]), unit_inputs(weights, afferents, recording).reshape(2, 11, 2)
    )
    slopes = np.asarray(jax.jacobian(predicted)(weights.passage["matrix"]))
    own, rates = sources[np.asarray(afferents)].reshape(-1, 11, 2), np.asarray(weights.rates, float)
    for slot in (0, 1):
        for step in range(11):
            first = max(0, step - reach + 1)
            decay = rates[slot] * (1 - rates[slot]) ** np.arange(step - first, -1, -1)
            expected = np.einsum("t,atb->ba", decay, own[:, first : step + 1])
            np.testing.assert_allclose(slopes[slot, step, :, slot], expected, rtol=1e-4, atol=1e-6)
            np.testing.assert_array_equal(slopes[slot, step, :, 1 - slot], 0)


@pytest.mark.parametrize(("memory", "dilation"), [(3, 1), (2, 4)])
def test_no_gradient_runs_further_back_than_the_memory_and_as_many_steps_of_the_leak(memory, dilation):
    """Only one step is loud, and only the last one is judged: what is loud earlier moves the loss, not the passage."""
    _, population, weights, afferents = leaky(memory=memory, dilation=dilation)
    weights = eqx.tree_at(lambda w: w.unit["target_w"], weights, replace_fn=lambda w: w + 1)
    reach, steps = (memory - 1) * dilation + 1, 14
    settings = Learning(objective="target")
    last = jnp.asarray(np.arange(steps) == steps - 1, jnp.float32)

    def slope(sources):
        recording = RecordedBatch(sources, jnp.ones(steps), jnp.ones((1, steps)), last, 1)
        return jax.grad(local_loss)(weights, population, afferents, recording, settings, jax.random.key(0)).passage[
            "matrix"
        ]

    loud = jnp.eye(steps)[:, None] * jnp.ones((1, 4, 1))
    found = np.abs(np.asarray(jax.jit(lambda all_: jax.lax.map(slope, all_))(loud))).max(axis=(1, 2))
    away = steps - 1 - np.arange(steps)
    assert found[away > 2 * (reach - 1)].max() < 1e-6 * found.max(), "nothing but rounding"
    assert found[steps - 1] > 0
    assert found[steps - 1 - 2 * (reach - 1)] > 0
