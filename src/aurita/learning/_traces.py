"""Forward traces: what states that never end owe to the weights of a unit, kept beside them along a stream.

A state `s` that goes on from chunk to chunk depends on every weight `w` through all that was ever received. Its trace
`ds/dw` is all that is needed of that past. Put as `s + trace . (w - w0)` at the start of a chunk, with `w0` the value
of `w` then, the state has the value and the slope that the whole past gives it, and the gradient of the loss is exact.
In a diagonal recurrence a state depends on its own row of weights alone, so traces are as large as weights; the
passage, which all states share, takes one of each.

Source: real-time recurrent learning (Williams and Zipser 1989), exact and cheap for diagonal recurrences as in Zucchet
et al. 2023, "Online learning of long-range dependencies".
"""

import numpy as np

from aurita._jax import jax, jnp
from aurita._typing import Array, Float, Int, PyTree
from aurita.errors import AuritaError
from aurita.reservoir import Population, Reservoir, Weights, apply_passage
from aurita.units.lanes import Params

Past = dict[str, PyTree]
"""State and traces of one unit, or of several with the unit first: `state` by part, `rows` and `passage` by weight."""


def has_past(population: Population) -> bool:
    """Whether units learn, and have a memory that a window of inputs does not hold."""
    return population.learns_by == "gradient" and bool(population.unit.recurrent_weights)


def no_past(reservoir: Reservoir, batch: int) -> tuple[Past | None, ...]:
    """Before the first step of a stream, by population and unit first; None where windows hold all that matters.

    Raises:
        AuritaError: such units with slots that leak.
    """
    made: list[Past | None] = []
    for population, weights in zip(reservoir.populations, reservoir.weights, strict=True):
        if not has_past(population):
            made.append(None)
            continue
        if weights.rates is not None:
            raise AuritaError(
                f"a {type(population.unit).__name__} with leaky slots does not learn on line; "
                "use time_constant=1, its own states are slow"
            )
        state = {name: np.moveaxis(np.asarray(part), 1, 0) for name, part in _initial(population, batch).items()}
        parts, states = len(state), next(iter(state.values())).shape[1]
        rows = {
            name: np.zeros((population.units, parts, batch, *weights.unit[name].shape[:-1]), np.float32)
            for name in population.unit.recurrent_weights
            if name in weights.unit
        }
        learned = weights.passage if population.passage == "learned" else {}
        passage = {
            name: np.zeros((population.units, parts, states, batch, *array.shape[:-1]), np.float32)
            for name, array in learned.items()
        }
        made.append({"state": state, "rows": rows, "passage": passage})
    return tuple(made)


def start_of(weights: Weights, past: Past) -> dict[str, Float[Array, "state batch"]]:
    """The state of one unit, as a function of its weights: its value, with the slope of its traces."""

    def change(weight: Array) -> Array:
        return weight - jax.lax.stop_gradient(weight)

    names = list(past["state"])
    start = jnp.stack([past["state"][name] for name in names])
    for name, trace in past["rows"].items():
        moved = (trace * change(weights.unit[name])).reshape(*trace.shape[:3], -1).sum(3)
        start = start.at[:, : moved.shape[2]].add(jnp.swapaxes(moved, 1, 2))
    for name, trace in past["passage"].items():
        moved = (trace * change(weights.passage[name])).reshape(*trace.shape[:3], -1).sum(3)
        start = start + moved
    return dict(zip(names, start, strict=True))


def advanced(
    population: Population,
    weights: Weights,
    afferents: Int[Array, "afferent"],
    sources: Float[Array, "source time batch"],
    lived: Float[Array, "time batch"],
    past: Past,
) -> Past:
    """The past of one unit after some more steps, of which those count that are lived."""
    _, steps, batch = sources.shape
    flat = sources.reshape(len(sources), -1)[afferents]

    def end(unit: Params, passage: Params) -> Float[Array, "part state batch"]:
        now = Weights({**weights.unit, **unit}, {**weights.passage, **passage}, None)
        inputs = apply_passage(jax.tree.map(lambda leaf: leaf[..., None], now), flat) * lived.reshape(-1)
        last = population.unit.state_after(now.unit, inputs, batch, start_of(now, past))
        return jnp.stack([last[name] for name in past["state"]])

    own = {name: weights.unit[name] for name in past["rows"]}
    learned = {name: weights.passage[name] for name in past["passage"]}
    if not steps:
        return past
    value, back = jax.vjp(end, own, learned)
    parts = value.shape[0]
    # Of its own weights a state depends on one row: the sum over states has the slope of each.
    by_lane = jnp.eye(parts * batch).reshape(parts, batch, parts, 1, batch)
    rows = jax.vmap(jax.vmap(lambda one: back(jnp.broadcast_to(one, value.shape))[0]))(by_lane)
    passage: dict[str, Array] = {}
    if learned:
        each = jnp.eye(value.size).reshape(*value.shape, *value.shape)
        passage = jax.vmap(jax.vmap(jax.vmap(lambda one: back(one)[1])))(each)
    return {"state": dict(zip(past["state"], value, strict=True)), "rows": rows, "passage": passage}


def _initial(population: Population, batch: int) -> dict[str, Array]:
    state: dict[str, Array] = population.unit.initial_state(population.units, batch)
    return state
