"""The echo unit: a group of leaky-tanh neurons, as in any echo state network.

    y(t) = (1 - a) y(t-1) + a tanh(g z(t) + W y(t-1) + b)

One unit of N slots with a fixed random passage is a plain echo state network of N neurons; many small ones mix with
attention units. Source: Jaeger 2001, "The echo state approach"; Lukoševičius 2012, "A practical guide".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackNoConvergence, eigs

from aurita._jax import jnp
from aurita._keys import Key, split
from aurita._typing import Array, Float, PyTree
from aurita.errors import AuritaError
from aurita.units.lanes import Inputs, Lived, Params, Time
from aurita.units.unit import Exported, InDouble, Response, Unit, at_least, drawn, generator, normal, uniform, zeros

_SMALL = 64


@dataclass(frozen=True, kw_only=True)
class EchoUnit(Unit):
    """A group of `slots` leaky-tanh neurons with fixed random recurrent weights; it learns nothing.

    Attributes:
        spectral_radius: largest absolute eigenvalue of the recurrent weights of each group.
        leak: leak rate `a` in (0, 1], or a pair: log-uniform between the two, one rate a neuron.
        connections: recurrent connections into each neuron; all of them if there are fewer neurons than that.
        input_scale: factor `g` on the inputs of the slots.
        bias_scale: biases are uniform between minus and plus this.

    Example:
        >>> from aurita._keys import new_key
        >>> weights = EchoUnit(slots=100, connections=10).init(new_key(0), units=1)
        >>> weights["sources"].shape
        (10, 100, 1)
    """

    slots: int = 4
    spectral_radius: float = 0.9
    leak: float | tuple[float, float] = 0.3
    connections: int = 10
    input_scale: float = 1.0
    bias_scale: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("spectral_radius", self.spectral_radius, 0)
        at_least("connections", self.connections, 0)
        at_least("input_scale", self.input_scale, 0)
        at_least("bias_scale", self.bias_scale, 0)
        low, high = self.leak if isinstance(self.leak, tuple) else (self.leak, self.leak)
        if not 0 < low <= high <= 1:
            raise AuritaError(f"leak is {self.leak}; expected a rate in (0, 1], or a pair of rates, the smaller first")

    @property
    def _sparse(self) -> bool:
        return self.slots > _SMALL and 2 * self.connections < self.slots

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        del targets
        weight_key, source_key, leak_key, bias_key = split(key, 4)
        n, fan_in = self.slots, min(self.connections, self.slots)
        # Columns of sources: a random ordering per neuron, its first `fan_in` entries.
        order = generator(source_key)
        sources = np.stack([[order.permutation(n)[:fan_in] for _ in range(n)] for _ in range(units)], axis=-1)
        sources = sources.transpose(1, 0, 2).astype(np.int32)
        weights = normal(weight_key, (fan_in, n, units), 1.0)
        for unit in range(units):
            weights[..., unit] *= _rescaling(sources[..., unit], weights[..., unit], self.spectral_radius)
        low, high = self.leak if isinstance(self.leak, tuple) else (self.leak, self.leak)
        spread = uniform(leak_key, (n, units), math.log(low), math.log(high))
        bias = uniform(bias_key, (n, units), -self.bias_scale, self.bias_scale)
        params = {"leak": np.clip(np.exp(spread), low, high), "bias": bias}
        if self._sparse:
            return drawn({**params, "weights": weights, "sources": sources})
        dense = np.zeros((n, n, units), weights.dtype)
        for unit in range(units):
            dense[np.arange(n)[None, :], sources[..., unit], unit] = weights[..., unit]
        return drawn({**params, "weights": dense})

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        del targets
        n = self.slots
        sparse: dict[str, tuple[int, ...]] = {"weights": (self.connections, n), "sources": (self.connections, n)}
        return {"leak": (n,), "bias": (n,), **(sparse if self._sparse else {"weights": (n, n)})}

    def check_weights(self, params: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]) -> None:
        super().check_weights(params, {name: shape for name, shape in shapes.items() if name != "sources"})
        sources = params.get("sources")
        if sources is None:
            return
        if sources.dtype.kind != "i":
            raise AuritaError(f"sources is of type {sources.dtype}; expected whole numbers")
        if sources.size and not (int(sources.min()) >= 0 and int(sources.max()) < self.slots):
            raise AuritaError(f"sources name neurons that are none of {self.slots}")

    def initial_state(self, units: int, batch: int) -> Float[Array, "slot unit batch"]:
        return zeros(self.slots, units, batch)

    def in_double(self, params: Mapping[str, np.ndarray]) -> InDouble | None:
        weights = params["weights"]
        if weights.dtype != np.float64 or "sources" in params or type(self).step is not EchoUnit.step:
            return None
        recurrent, leak, bias = weights.T, params["leak"], params["bias"]

        def run(inputs: np.ndarray, state: PyTree) -> tuple[np.ndarray, PyTree]:
            driven = self.input_scale * inputs + bias
            state = np.zeros((len(inputs), self.slots)) if state is None else state
            states = np.empty(driven.shape)
            for step in range(driven.shape[1]):
                state = (1 - leak) * state + leak * np.tanh(driven[:, step] + state @ recurrent)
                states[:, step] = state
            return states, state

        return run

    def exported(self, weights: dict[str, np.ndarray], state: PyTree, time: int) -> Exported:
        """With one number for each pair of neurons."""
        own = dict(weights)
        if (sources := own.pop("sources", None)) is not None:
            sparse = own["weights"]
            _, neurons, units = sparse.shape
            own["weights"] = np.zeros((neurons, neurons, units), sparse.dtype)
            for unit in range(units):
                np.add.at(
                    own["weights"][..., unit], (np.arange(neurons)[None, :], sources[..., unit]), sparse[..., unit]
                )
        return super().exported(own, state, time)

    def step(
        self, prepared: Params, state: Float[Array, "slot unit batch"], inputs: Inputs, time: Time, steps: Lived
    ) -> tuple[Array, Response]:
        del time, steps
        leak, bias = prepared["leak"][..., None], prepared["bias"][..., None]
        new = jnp.tanh(self.input_scale * inputs + _recurrent(prepared, state) + bias)
        state = (1 - leak) * state + leak * new
        return state, Response(state, {"received": inputs})


def _recurrent(prepared: Params, state: Float[Array, "slot unit batch"]) -> Float[Array, "slot unit batch"]:
    weights = prepared["weights"]
    if "sources" not in prepared:
        if weights.shape[2] == 1:
            return (weights[..., 0] @ state[:, 0])[:, None]
        return jnp.einsum("nmu,mub->nub", weights, state)
    picked = jnp.take_along_axis(state[None], prepared["sources"][..., None], axis=1)
    return (weights[..., None] * picked).sum(0)


def _rescaling(sources: np.ndarray, weights: np.ndarray, radius: float) -> float:
    """The factor that gives the matrix with these `(connection, neuron)` entries the spectral radius."""
    fan_in, n = sources.shape
    if fan_in == 0:
        return 1.0
    rows = np.broadcast_to(np.arange(n), (fan_in, n))
    matrix = csr_array((weights.ravel().astype(float), (rows.ravel(), sources.ravel())), shape=(n, n))
    largest = None
    if n > 4 * _SMALL:
        try:
            largest = float(abs(eigs(matrix, k=1, v0=np.ones(n), return_eigenvectors=False)[0]))
        except ArpackNoConvergence:
            largest = None
    if largest is None:
        largest = float(abs(np.linalg.eigvals(matrix.toarray())).max())
    return radius / largest if largest > 1e-9 * float(np.abs(weights).max()) else 1.0
