"""Steps of a reservoir on JAX, under one scan: open or closed on itself, with what is to be kept of every step.

Time comes first and the batch last.
"""

from collections.abc import Callable
from typing import NamedTuple

from aurita._jax import compiled, jax, jnp
from aurita._typing import Array, Bool, Float, Int, PyTree
from aurita.native.running import Bounds
from aurita.reservoir import Reservoir, State, Weights, apply_passage
from aurita.reservoir.clock import clock_at
from aurita.reservoir.features import feature_names, seen_kinds


class Closed(NamedTuple):
    """How a run is closed on itself: each prediction of a readout is the first part of the next external input.

    Attributes:
        coefficients, intercept: of the readout.
        first: the prediction at the last known step, the input of the first step.
        bounds: that each prediction is held within before it is fed back; None: there are none.
    """

    coefficients: Float[Array, "feature output"]
    intercept: Float[Array, "output"]
    first: Float[Array, "output batch"]
    bounds: Bounds | None = None


class Scanned(NamedTuple):
    """What a scan leaves. What was not to be kept is None.

    Attributes:
        state: after the last step.
        features: of every step.
        sources: values of all sources at every step.
        predictions: of a closed run, each as it was fed back.
    """

    state: State
    features: Float[Array, "time feature batch"]
    sources: Float[Array, "time source batch"]
    predictions: Float[Array, "time output batch"]


def scan(
    reservoir: Reservoir,
    state: State,
    inputs: Float[Array, "time input batch"],
    *,
    features: tuple[str, ...] = (),
    sources: bool = False,
    teacher: Float[Array, "time feedback batch"] | None = None,
    alive: Bool[Array, "time batch"] | None = None,
    begins: Int[Array, "batch"] | None = None,
    runs: tuple[bool, ...] | None = None,
    closed: Closed | None = None,
) -> Scanned:
    """Run, and keep what is asked for.

    Args:
        state: before the first step.
        inputs: external inputs; of a closed run, those that are not predicted.
        features: kinds of features to keep of every step; none by default.
        sources: whether to keep what all sources were at every step.
        teacher: fed back one step later.
        alive: where false, a sequence keeps its state, and its features are zeros.
        begins: step at which the clock begins; by default the number of steps that a state has gone through.
        runs: which populations run, all by default; the others keep the outputs they have.
        closed: how predictions are fed back; None: they are not.
    """
    step = make_step(reservoir, features, runs=runs)
    steps, _, batch = inputs.shape
    clock = clock_inputs(reservoir, state.steps if begins is None else begins, steps)
    external = jnp.concatenate([inputs, clock], axis=1)

    def body(carry: tuple[State, PyTree], given: tuple[PyTree, ...]) -> tuple[tuple[State, PyTree], PyTree]:
        (state, fed), (now, forced, lives) = carry, given
        predicted = None
        if closed is not None:
            predicted, past = _bounded(closed.bounds, *fed)
            now = jnp.concatenate([predicted, now])
            if reservoir.feedback:
                state = state.replace(feedback=predicted)
        kept = _sources(now, state) if sources else None
        new, pieces = step(state, now)
        if forced is not None:
            new = new.replace(feedback=forced)
        if closed is not None:
            shown = jnp.concatenate([piece.reshape(-1, batch) for piece in pieces])
            return (new, (closed.coefficients.T @ shown + closed.intercept[:, None], past)), (None, kept, predicted)
        if lives is not None:
            new = jax.tree.map(lambda a, b: a if a.ndim == 0 else jnp.where(lives, a, b), new, state)
            pieces = [jnp.where(lives, piece, 0.0) for piece in pieces]
        return (new, None), (pieces, kept, None)

    fed = None
    if closed is not None:
        fed = closed.first, None if closed.bounds is None else closed.bounds.past
    (state, _), (pieces, kept, predicted) = jax.lax.scan(body, (state, fed), (external, teacher, alive))
    found = jnp.concatenate([piece.reshape(steps, -1, batch) for piece in pieces], axis=1) if pieces else None
    return Scanned(state, found, kept, predicted)


compiled_scan = compiled(scan)
"""`scan` as one program for each structure and shape of what it is given."""


def _sources(external: Float[Array, "input batch"], state: State) -> Float[Array, "source batch"]:
    """All sources of a step: external inputs of now, outputs and feedback of the step before."""
    flat = [outputs.reshape(-1, external.shape[1]) for outputs in state.outputs]
    return jnp.concatenate([external, *flat, state.feedback])


def _bounded(bounds: Bounds | None, predicted: Array, past: Array | None) -> tuple[Array, Array | None]:
    """A prediction whose value is held within bounds, and the last values with this one among them."""
    if bounds is None or past is None:
        return predicted, None
    carried = jnp.tensordot(bounds.weights, past, 1)
    value = predicted * bounds.deviation + bounds.mean + carried
    held = jnp.clip(value, bounds.lower, bounds.upper)
    predicted = jnp.where(held == value, predicted, (held - carried - bounds.mean) / bounds.deviation)
    return predicted, jnp.concatenate([past, held[None]])[1:]


def make_step(
    reservoir: Reservoir, features: tuple[str, ...], *, runs: tuple[bool, ...] | None = None
) -> Callable[[State, Array], tuple[State, list[Float[Array, "... batch"]]]]:
    """One step as a function of the state and the external inputs, clock included.

    Features come in pieces, each `(feature, unit, batch)` of one kind and population: joined step by step they would
    cost a copy a step. Populations that do not run, none of them by default, keep the outputs they have.
    """
    if features:
        feature_names(reservoir, features)
    runs = runs or (True,) * len(reservoir.populations)
    populations = list(zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True))
    prepared = [population.unit.prepare(weights.unit) for population, _, weights in populations]
    lanes = [_lanes(weights) for _, _, weights in populations]

    def step(state: State, external: Float[Array, "input batch"]) -> tuple[State, list[Array]]:
        sources = _sources(external, state)
        outputs, units, leaky = [], [], []
        pieces = [external[: reservoir.inputs]] if "input" in features else []
        for i, (population, wiring, weights) in enumerate(populations):
            if not runs[i]:
                outputs.append(state.outputs[i])
                units.append(state.units[i])
                leaky.append(state.leaky[i])
                continue
            inputs = jax.lax.optimization_barrier(apply_passage(lanes[i], sources[wiring]))
            if weights.rates is not None:
                rates = weights.rates[..., None]
                inputs = (1 - rates) * state.leaky[i] + rates * inputs
            unit_state, response = population.unit.step(prepared[i], state.units[i], inputs, state.time, state.steps)
            kinds = {**response.features, "output": response.output, "error": inputs - state.outputs[i]}
            shown = seen_kinds(population, features)
            for kind, derived in population.unit.derived_features(reservoir.targets).items():
                if kind in shown:
                    kinds[kind] = derived.of(lanes[i].unit, response)
            pieces += [kinds[kind] for kind in shown if kind in kinds]
            outputs.append(response.output)
            units.append(unit_state)
            leaky.append(None if weights.rates is None else inputs)
        new = State(
            time=state.time + 1,
            steps=state.steps + 1,
            outputs=tuple(outputs),
            feedback=state.feedback,
            units=tuple(units),
            leaky=tuple(leaky),
        )
        return new, pieces

    return step


def record(
    reservoir: Reservoir,
    inputs: Float[Array, "time input batch"],
    teacher: Float[Array, "time feedback batch"] | None,
    begins: Int[Array, "batch"],
) -> Float[Array, "source time batch"]:
    """Values of all sources at every step, from a fresh start: what units receive and learn from.

    Populations that no unit receives are not run, and silent here; without any other the reservoir is not run at all.
    `begins` are the steps at which the inputs were cut from longer sequences, whose clock they keep.
    """
    steps, _, batch = inputs.shape
    if not reservoir.recurrent:
        external = jnp.concatenate([inputs, clock_inputs(reservoir, begins, steps)], axis=1)
        silent = jnp.zeros((steps, reservoir.sources.total - external.shape[1], batch))
        return jnp.swapaxes(jnp.concatenate([external, silent], axis=1), 0, 1)
    state, runs = reservoir.initial_state(batch), reservoir.connected[:-1]
    found = scan(reservoir, state, inputs, sources=True, teacher=teacher, begins=begins, runs=runs)
    return jnp.swapaxes(found.sources, 0, 1)


compiled_record = compiled(record)


def _lanes(weights: Weights) -> Weights:
    return jax.tree.map(lambda array: array[..., None], weights)


def clock_inputs(reservoir: Reservoir, lived: Int[Array, "batch"], steps: int) -> Float[Array, "time clock batch"]:
    """The clock of the next steps, for every sequence from the number of steps it has lived."""
    return clock_at(reservoir.clock, lived[None, :] + jnp.arange(steps)[:, None])


@compiled
def align(reservoir: Reservoir, state: State, late: Int[Array, "batch"]) -> State:
    """A state as it would be had each sequence ended `late` steps later, receiving nothing."""
    units = [p.unit.align(s, late) for p, s in zip(reservoir.populations, state.units, strict=True)]
    return state.replace(units=tuple(units))
