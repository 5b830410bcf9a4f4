"""The diagonal memory unit: a linear recurrence of a few complex states that learns what to keep, without a window.

    s_n(t) = rho_n(t) e^{i theta_n(t)} s_n(t-1) + sqrt(1 - rho_n(t)^2) g_n(t) (B x(t))_n
    rho_n  = exp(-exp(r_n + (R x)_n)),   theta_n = a_n + (A x)_n,   g_n = 2 sigma((G x)_n + c_n)
    f      = tanh(W1 [x; s] + b1),   phi = [x; Re s; Im s; f],   y = clip(Wo phi + bo)

`ungated` units have neither R, A nor G and c, and are linear in all their inputs so far; `gated` ones have R, G and c;
`turned` ones also have A: their inputs turn their states, which counts. Decay and gates depend on the input of the
same step alone, so the recurrence stays diagonal and its gradient exact.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from aurita._jax import jax, jnp
from aurita._keys import Key, split
from aurita._typing import Array, Float, PyTree
from aurita.errors import AuritaError
from aurita.units._heads import HeadedUnit
from aurita.units._recurrence import recurrence
from aurita.units.lanes import Inputs, Lived, Moments, Params, Start, Time, at_steps, computed_once, linear, with_lanes
from aurita.units.unit import Answers, Exported, Response, at_least, drawn, normal, one_of, uniform, zeros

KINDS = ("ungated", "gated", "turned")
SLOWEST, FASTEST = -16.0, 3.0
"""Bounds on the logarithm of a rate of decay: a state forgets within 1/20 of a step, or in nine million."""

_STATES = {"ungated": 16, "gated": 8, "turned": 8}


class Coefficients(NamedTuple):
    """Decay and drive of all states, real and imaginary parts."""

    decay_re: Float[Array, "state *lanes"]
    decay_im: Float[Array, "state *lanes"]
    drive_re: Float[Array, "state *lanes"]
    drive_im: Float[Array, "state *lanes"]


@dataclass(frozen=True, kw_only=True)
class DiagonalMemoryUnit(HeadedUnit):
    """A diagonal linear recurrence with learned decays and frequencies, a small hidden layer and linear heads.

    Attributes:
        kind: `ungated`, `gated` or `turned`.
        states: complex states; 16 by default of `ungated` units, 8 of the others.
        hidden: width of the hidden layer.
        longest: longest time constant that is drawn, in steps; they are log-uniform from 1 step on.
        real: share of the states whose angle stays zero: two real states of one decay each.
        gain: standard deviation of a weight times the square root of its fan-in.
        clip: bound on the outputs.

    Source: linear recurrent units (Orvieto et al. 2023, "Resurrecting recurrent neural networks for long sequences"),
    gated by the input as in Gu and Dao 2023, "Mamba", and De et al. 2024, "Griffin".

    Example:
        >>> DiagonalMemoryUnit(slots=6, kind="turned").feature_sizes()
        {'context': 16, 'hidden': 8}
    """

    kind: str = "gated"
    states: int | None = None
    hidden: int = 8
    longest: float = 1000.0
    real: float = 0.25
    gain: float = 1.0
    clip: float = 2.5

    learns_by: ClassVar[str] = "gradient"
    recurrent_weights: ClassVar[tuple[str, ...]] = (
        *("rate", "angle", "in_re", "in_im"),
        *("rate_w", "open_w", "open_b", "angle_w"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("kind", self.kind, KINDS)
        if self.states is not None:
            at_least("states", self.states, 1)
        at_least("hidden", self.hidden, 0)
        at_least("longest", self.longest, 1)
        at_least("gain", self.gain, 0)
        at_least("clip", self.clip, 1e-6)
        if not 0 <= self.real <= 1:
            raise AuritaError(f"real is {self.real}; expected a share between 0 and 1")

    def exported(self, weights: dict[str, np.ndarray], state: PyTree, time: int) -> Exported:
        del time
        return Exported(weights, np.stack([state["re"], state["im"]])[..., 0])

    @property
    def width(self) -> int:
        """Complex states."""
        return _STATES[self.kind] if self.states is None else self.states

    @property
    def turning(self) -> int:
        """States with an angle; the others, after them, have none."""
        return self.width - round(self.real * self.width)

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        keys = iter(split(key, 16))
        d, n = self.slots, self.width

        def normals(*shape: int) -> np.ndarray:
            return normal(next(keys), (*shape, units), self.gain / math.sqrt(shape[-1]))

        params = {
            "rate": -uniform(next(keys), (n, units), 0, math.log(self.longest)),
            "angle": np.pi * uniform(next(keys), (self.turning, units), 0, 1) ** 2,
            "in_re": normals(n, d),
            "in_im": normals(n, d),
        }
        if self.kind != "ungated":
            params |= {"rate_w": normals(n, d), "open_w": normals(n, d), "open_b": np.zeros((n, units))}
        if self.kind == "turned":
            params |= {"angle_w": normals(self.turning, d)}
        if self.hidden:
            params |= {"w1": normals(self.hidden, d + 2 * n), "b1": normal(next(keys), (self.hidden, units), 0.5)}
        params |= {"wo": normals(d, self._phi_size), "bo": np.zeros((d, units))}
        return drawn(params | self._init_heads(normals, targets))

    def _only_predicts(self, name: str) -> bool:
        return name in ("wo", "bo")

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        d, n, phi = self.slots, self.width, self._phi_size
        shapes: dict[str, tuple[int, ...]] = {"rate": (n,), "angle": (self.turning,), "in_re": (n, d), "in_im": (n, d)}
        if self.kind != "ungated":
            shapes |= {"rate_w": (n, d), "open_w": (n, d), "open_b": (n,)}
        if self.kind == "turned":
            shapes |= {"angle_w": (self.turning, d)}
        if self.hidden:
            shapes |= {"w1": (self.hidden, d + 2 * n), "b1": (self.hidden,)}
        shapes |= {"wo": (d, phi), "bo": (d,)}
        return shapes | self._shapes_of_heads(targets)

    def feature_sizes(self) -> dict[str, int]:
        sizes = {"context": 2 * self.width, "hidden": self.hidden}
        return {kind: size for kind, size in sizes.items() if size}

    @property
    def _phi_size(self) -> int:
        return self.slots + 2 * self.width + self.hidden

    def initial_state(self, units: int, batch: int) -> Params:
        return {"re": zeros(self.width, units, batch), "im": zeros(self.width, units, batch)}

    def prepare(self, params: Params) -> Params:
        return with_lanes(params)

    def step(
        self, prepared: Params, state: Params, inputs: Inputs, time: Time, steps: Lived
    ) -> tuple[Params, Response]:
        del time, steps
        decay_re, decay_im, drive_re, drive_im = self.coefficients(prepared, inputs)
        re, im = state["re"], state["im"]
        state = {"re": decay_re * re - decay_im * im + drive_re, "im": decay_re * im + decay_im * re + drive_im}
        return state, self._answer(prepared, inputs, jnp.concatenate([state["re"], state["im"]]))

    def respond(
        self,
        params: Params,
        inputs: Moments,
        batch: int,
        *,
        targets: bool = False,
        at: tuple[int, ...] | None = None,
        start: Start | None = None,
    ) -> Answers:
        lanes = with_lanes(params)
        context = self.states_of(params, inputs, batch, start)
        if at is not None:
            inputs, context = at_steps(inputs, batch, at), at_steps(context, batch, at)
        response = self._answer(lanes, inputs, context)
        guesses = self.target_features(lanes, response) if targets else None
        return response, self._predictions(lanes, response), guesses

    def state_after(self, params: Params, inputs: Moments, batch: int, start: Start) -> Start:
        last = self.states_of(params, inputs, batch, start)[:, -batch:]
        return {"re": last[: self.width], "im": last[self.width :]}

    def states_of(
        self, params: Params, inputs: Float[Array, "slot moment"], batch: int, start: Params | None = None
    ) -> Float[Array, "context moment"]:
        """States of one unit at every step, real parts first; from zeros by default.

        Args:
            params: of the unit.
            inputs: its inputs; lanes run over the batch within a step.
            batch: sequences.
            start: state before the first step, `re` and `im` of shape (state, batch).
        """
        found = self.coefficients(with_lanes(params), inputs)
        by_time = [
            jnp.swapaxes(jnp.broadcast_to(part, (self.width, inputs.shape[1])).reshape(self.width, -1, batch), 0, 1)
            for part in found
        ]
        first = None if start is None else jax.lax.complex(start["re"], start["im"])
        states = recurrence(jax.lax.complex(*by_time[:2]), jax.lax.complex(*by_time[2:]), first)
        both = jnp.concatenate([states.real, states.imag], axis=1)
        return jnp.swapaxes(both, 0, 1).reshape(2 * self.width, -1)

    def coefficients(self, lanes: Params, inputs: Float[Array, "slot *lanes"]) -> Coefficients:
        """Decay and drive of every state, by weights with lanes."""
        rate, angle = lanes["rate"], lanes["angle"]
        if self.kind != "ungated":
            rate = rate + linear(lanes["rate_w"], inputs)
        if self.kind == "turned":
            angle = angle + linear(lanes["angle_w"], inputs)
        rate = jnp.exp(jnp.clip(rate, SLOWEST, FASTEST))
        kept = jnp.exp(-rate)
        # Not 1 - rho^2, which is zero in single precision where the decay is slow, with an infinite gradient.
        scale = jnp.sqrt(-jnp.expm1(-2 * rate))
        if self.kind != "ungated":
            scale = 2 * scale * jax.nn.sigmoid(linear(lanes["open_w"], inputs) + lanes["open_b"])
        turning, still = kept[: self.turning], kept[self.turning :]
        return Coefficients(
            decay_re=jnp.concatenate([turning * jnp.cos(angle), still]),
            decay_im=jnp.concatenate([turning * jnp.sin(angle), jnp.zeros_like(still)]),
            drive_re=scale * linear(lanes["in_re"], inputs),
            drive_im=scale * linear(lanes["in_im"], inputs),
        )

    def _answer(
        self, lanes: Params, inputs: Float[Array, "slot *lanes"], context: Float[Array, "context *lanes"]
    ) -> Response:
        seen = computed_once(jnp.concatenate([inputs, context]), inputs)
        features = {"received": inputs, "context": seen[self.slots :]}
        if self.hidden:
            features["hidden"] = computed_once(jnp.tanh(linear(lanes["w1"], seen) + lanes["b1"]), inputs)
        unclipped = self._first_prediction(lanes, Response(inputs, features))
        return Response(jnp.clip(unclipped, -self.clip, self.clip), features)

    def _first_prediction(self, lanes: Params, response: Response) -> Float[Array, "slot *lanes"]:
        return linear(lanes["wo"], self._phi(response)) + lanes["bo"]
