"""`global`: the same reservoir trained end to end by truncated backpropagation through time, for comparison only.

Every weight that local learning would train, and a linear readout, follow the gradient of the task's loss through all
units and back through time, up to the truncation.
"""

from functools import partial

import numpy as np

from aurita._jax import eqx, jax, jnp
from aurita._typing import Array, Bool, Float, PyTree
from aurita.data.batch import Batch
from aurita.engine.scanning import scan
from aurita.errors import AuritaError
from aurita.learning._step import cosine, moved, rates_of, what_learns
from aurita.learning.batches import as_data, draw, fed_back
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir, State
from aurita.reservoir.features import DEFAULT_FEATURES, feature_size
from aurita.units.objectives import target_loss


def learn_globally(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    targets: Float[np.ndarray, "batch time target"],
    settings: Learning | None = None,
    *,
    lengths: np.ndarray | None = None,
    scored: Bool[np.ndarray, "batch time"] | None = None,
    features: tuple[str, ...] = DEFAULT_FEATURES,
    truncation: int = 100,
    seed: int = 0,
) -> tuple[Reservoir, Float[np.ndarray, "step"]]:
    """Train a whole reservoir by truncated backpropagation through time.

    Args:
        reservoir: what is trained; it is not changed.
        inputs: sequences, padded at their ends.
        targets: what the readout should predict; fed back too, one step late, where the reservoir has as many channels.
        settings: of these, optimiser, rates, batches and segments apply; objective and rule do not.
        lengths: steps of each sequence.
        scored: steps at which the target counts.
        features: what the readout sees.
        truncation: steps after which the gradient is cut.
        seed: of batches.

    Returns:
        The trained reservoir and the loss at every step. Fit a readout on its states as on any other's.

    Raises:
        AuritaError: inputs or targets that do not fit.
    """
    settings = settings or Learning()
    data = as_data(reservoir, inputs, lengths, targets, scored, needs_targets=False)
    if data.targets.shape[2] == 0 or truncation < 1:
        raise AuritaError(
            f"targets have shape {np.shape(targets)} and truncation is {truncation}; both need at least 1"
        )
    mask = tuple(what_learns(w, p) for w, p in zip(reservoir.weights, reservoir.populations, strict=True))
    learns, stays = eqx.partition(reservoir.weights, mask)
    width = feature_size(reservoir, features)
    readout = {"w": jnp.zeros((data.targets.shape[2], width)), "b": jnp.zeros((data.targets.shape[2], 1))}
    optimiser = settings.transformation()
    trained = (learns, readout)
    state = optimiser.init(trained)
    fit = eqx.filter_jit(_fit)
    keys = jax.random.split(jax.random.key(seed), settings.steps)
    (learns, _), losses = fit(reservoir, trained, stays, state, data, keys, settings, features, truncation)
    return reservoir.replace(weights=eqx.combine(learns, stays)), np.asarray(losses)


def _fit(
    reservoir: Reservoir,
    trained: PyTree,
    stays: PyTree,
    state: PyTree,
    data: Batch,
    keys: Array,
    settings: Learning,
    features: tuple[str, ...],
    truncation: int,
) -> tuple[PyTree, Array]:
    optimiser = settings.transformation()
    each = zip(reservoir.weights, reservoir.populations, strict=True)
    factors = (tuple(rates_of(weights, population) for weights, population in each), {"w": 1.0, "b": 1.0})

    def step(carry: tuple[PyTree, ...], given: PyTree) -> tuple[PyTree, PyTree]:
        trained, state = carry
        key, number = given
        batch = draw(data, settings, key)

        def loss(trained: PyTree) -> Array:
            now = reservoir.replace(weights=eqx.combine(trained[0], stays))
            return task_loss(now, trained[1], batch, settings, features, truncation)

        value, gradient = jax.value_and_grad(loss)(trained)
        updates, state = optimiser.update(gradient, state, trained)
        rate = settings.learning_rate * (cosine(number / settings.steps) if settings.optimises.decay else 1.0)
        trained = jax.tree.map(partial(moved, settings, rate), trained, updates, factors)
        return (trained, state), value

    (trained, _), losses = jax.lax.scan(step, (trained, state), (keys, jnp.arange(len(keys))))
    return trained, losses


def task_loss(
    reservoir: Reservoir,
    readout: dict[str, Array],
    data: Batch,
    settings: Learning,
    features: tuple[str, ...],
    cut: int,
) -> Float[Array, ""]:
    """The task's loss of a batch; state is kept across cuts, the gradient is not."""
    batch, steps, _ = data.inputs.shape
    pieces = -(-steps // cut)
    padding = pieces * cut - steps
    start = reservoir.initial_state(batch)
    external, forced = jnp.transpose(data.inputs, (1, 2, 0)), fed_back(reservoir, data)

    def cut_up(array: Array) -> Array:
        return jnp.pad(array, ((0, padding), (0, 0), (0, 0))).reshape(pieces, cut, -1, batch)

    @jax.checkpoint
    def piece(state: State, given: tuple[Array, Array | None]) -> tuple[State, Array]:
        inputs, teacher = given
        begins = data.begins + state.steps
        found = scan(reservoir, jax.lax.stop_gradient(state), inputs, features=features, teacher=teacher, begins=begins)
        return found.state, jnp.einsum("of,tfb->tob", readout["w"], found.features) + readout["b"]

    predicted = jax.lax.scan(piece, start, jax.tree.map(cut_up, (external, forced)))[1].reshape(
        pieces * cut, -1, batch
    )[:steps]
    guesses = jnp.transpose(predicted, (1, 2, 0)).reshape(predicted.shape[1], -1)
    truth = jnp.transpose(data.targets, (2, 0, 1)).reshape(predicted.shape[1], -1)
    alive = jnp.arange(steps)[None, :] < data.lengths[:, None]
    return target_loss(guesses, truth, (data.scored * alive).reshape(-1), settings.loss)
