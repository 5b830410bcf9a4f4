"""Units with a memory of their last `M` inputs: the ring that holds it, and its windows over a whole sequence.

The ring keeps raw inputs, not keys and values. A query is folded through the key matrix into input space instead
(`(Wq z) . (Wk x) = (Wk' Wq z) . x`), and inputs are mixed before the value matrix is applied: nothing in the memory is
ever projected, the memory does not depend on the weights, and for heads as wide as the unit this is less work and
`2 H` times less memory traffic than cached keys and values.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita._jax import jax, jnp
from aurita._typing import Array, Float, Int, PyTree
from aurita.errors import AuritaError
from aurita.units._heads import HeadedUnit
from aurita.units.lanes import Inputs, Lived, Moments, Params, Start, Time, at_steps, with_lanes
from aurita.units.unit import Answers, Exported, Response, alive_ages, at_least, one_of, zeros


@dataclass(frozen=True, kw_only=True)
class MemoryUnit(HeadedUnit, abstract=True):
    """Base of the attention units: everything that concerns time.

    Attributes:
        memory: ages `M` that the unit attends to.
        dilation: steps `s` between them: ages `0, s, 2s, ...`.
        heads: attention heads `H`; none leaves the feed-forward half of the unit.
        head_dim: width `dh` of a head; as wide as the unit by default.
        hidden: width of the feed-forward layer; none leaves the attention half of the unit.
        shifted_keys: the key of an age also sees the step before it, which recall by association needs.
        before_start: memory before the first step: `zeros` that take part in the softmax, or `masked`.
        clip: bound on the outputs, which keeps recurrent wirings from running away.
    """

    memory: int = 8
    dilation: int = 1
    heads: int = 1
    head_dim: int | None = None
    hidden: int = 8
    shifted_keys: bool = False
    before_start: str = "zeros"
    clip: float = 2.5

    learns_by: ClassVar[str] = "gradient"
    windowed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("memory", self.memory, 1)
        at_least("dilation", self.dilation, 1)
        at_least("heads", self.heads, 0)
        at_least("hidden", self.hidden, 0)
        at_least("clip", self.clip, 1e-6)
        if self.head_dim is not None:
            at_least("head_dim", self.head_dim, 1)
        one_of("before_start", self.before_start, ("zeros", "masked"))
        if self.heads == 0 and self.hidden == 0:
            raise AuritaError("heads and hidden are both 0; a unit needs attention heads, a hidden layer, or both")

    @property
    def reach(self) -> int:
        return (self.memory - 1) * self.dilation + 1

    @property
    def masks_start(self) -> bool:
        return self.before_start == "masked"

    @property
    def attends(self) -> bool:
        return self.heads > 0

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.slots if self.head_dim is None else self.head_dim

    @property
    def _stored(self) -> int:
        return self.slots * (2 if self.shifted_keys else 1)

    def _answer(
        self,
        params: Params,
        by_age: Params,
        memory: object,
        inputs: Float[Array, "slot *lanes"],
        alive: Array | None,
    ) -> Response:
        """Response to a memory whose ages are in any order, the same in `by_age`, `memory` and `alive`."""
        raise NotImplementedError

    def _fold(self, params: Params) -> tuple[Params, Params]:
        """Weights with their lanes as `_answer` wants them, and those that go by age, age first."""
        raise NotImplementedError

    @property
    def _phi_size(self) -> int:
        return self.slots + self.heads * self.head_width + self.hidden

    def feature_sizes(self) -> dict[str, int]:
        sizes = {"context": self.heads * self.head_width, "hidden": self.hidden}
        return {kind: size for kind, size in sizes.items() if size}

    def initial_state(self, units: int, batch: int) -> Params:
        shape = (self.dilation, self.memory, self._stored, units, batch)
        state = {"ring": zeros(*shape)}
        if self.shifted_keys:
            state["last"] = zeros(self.slots, units, batch)
        return state

    def prepare(self, params: Params) -> tuple[Params, Params]:
        folded, by_age = self._fold(with_lanes(params))
        # Position i of the ring holds age (r - i) mod M at write position r: a slice of the reversed ages, twice over.
        return folded, {name: jnp.concatenate([value[::-1]] * 2) for name, value in by_age.items()}

    def exported(self, weights: dict[str, np.ndarray], state: PyTree, time: int) -> Exported:
        folded, by_age = self._fold(weights)
        own = {name: np.asarray(array) for name, array in {**folded, **by_age}.items()}
        if not self.heads:
            return Exported(own, np.zeros(0, np.float32))
        memory = _newest_first(np.asarray(state["ring"])[..., 0], time)
        return Exported(own, memory, *([np.asarray(state["last"])[..., 0]] if self.shifted_keys else []))

    def step(
        self, prepared: tuple[Params, Params], state: Params, inputs: Inputs, time: Time, steps: Lived
    ) -> tuple[Params, Response]:
        folded, twice = prepared
        size = self.memory
        phase, position = time % self.dilation, (time // self.dilation) % size
        entry = jnp.concatenate([inputs, state["last"]]) if self.shifted_keys else inputs
        place = (phase, position, *(jnp.zeros_like(position),) * 3)
        ring = jax.lax.dynamic_update_slice(state["ring"], entry[None, None], place)
        memory = jax.lax.dynamic_index_in_dim(ring, phase, keepdims=False) if self.dilation > 1 else ring[0]
        by_age = {name: jax.lax.dynamic_slice_in_dim(v, size - 1 - position, size) for name, v in twice.items()}
        alive = None
        if self.masks_start:
            ages = (position - jnp.arange(size)) % size
            alive = alive_ages(ages, steps, self.dilation)[:, None, :]
        state = {"ring": ring, "last": inputs} if self.shifted_keys else {"ring": ring}
        return state, self._answer(folded, by_age, memory, inputs, alive)

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
        del start
        lanes = with_lanes(params)
        folded, by_age = self._fold(lanes)
        memory = self._remembered(inputs, batch, at)
        steps = jnp.arange(inputs.shape[1] // batch) if at is None else jnp.asarray(at)
        alive = None
        if self.masks_start:
            alive = alive_ages(jnp.arange(self.memory), jnp.repeat(steps, batch), self.dilation)
        now = inputs if at is None else at_steps(inputs, batch, at)
        response = self._answer(folded, by_age, memory, now, alive)
        guesses = self.target_features(lanes, response) if targets else None
        return response, self._predictions(lanes, response), guesses

    def _remembered(self, inputs: Float[Array, "slot moment"], batch: int, at: tuple[int, ...] | None) -> PyTree:
        """The memory at every step, or `at` some, in a form that `_answer` takes."""
        return self.windows(inputs, batch, at)

    def windows(
        self, inputs: Float[Array, "slot moment"], batch: int, at: tuple[int, ...] | None = None
    ) -> Float[Array, "age stored lane"]:
        """The memory at every step, or `at` some, of sequences from a fresh start; the batch runs first."""
        lanes = inputs.shape[1]
        longest = self.reach
        padded = jnp.pad(inputs, ((0, 0), (longest * batch, 0)))

        def earlier(steps: int) -> Array:
            return jax.lax.slice_in_dim(padded, (longest - steps) * batch, (longest - steps) * batch + lanes, axis=1)

        def entries(shift: int) -> Array:
            ages = range(shift, self.memory * self.dilation + shift, self.dilation)
            if at is None:
                return jnp.stack([earlier(age) for age in ages])
            # One gather: a slice for every age would take seconds to compile.
            where = longest + jnp.asarray(at) - jnp.asarray(list(ages))[:, None]
            found = padded.reshape(len(inputs), -1, batch)[:, where]
            return jnp.swapaxes(found, 0, 1).reshape(self.memory, len(inputs), -1)

        return jnp.concatenate([entries(0), entries(1)], axis=1) if self.shifted_keys else entries(0)

    def align(self, state: Params, late: Int[Array, "batch"]) -> Params:
        ring = state["ring"]
        span = self.dilation * self.memory
        places = jnp.arange(span)
        old = (places[:, None] - late[None, :]) % span
        # The place of a step in time is index * dilation + phase.
        flat = jnp.swapaxes(ring, 0, 1).reshape(span, *ring.shape[2:])
        moved = jnp.take_along_axis(flat, old[:, None, None, :], axis=0)
        moved = jnp.swapaxes(moved.reshape(self.memory, self.dilation, *ring.shape[2:]), 0, 1)
        return {**state, "ring": moved}


def _newest_first(ring: Float[np.ndarray, "phase place *rest"], time: int) -> Float[np.ndarray, "age *rest"]:
    """What a ring holds, by age; its step `t` lies at phase `t % phases`, place `t // phases`."""
    phases, places = ring.shape[:2]
    steps = np.arange(time - 1, time - 1 - phases * places, -1)
    found = ring[steps % phases, (steps // phases) % places]
    return np.where((steps >= 0).reshape(-1, *[1] * (found.ndim - 1)), found, 0).astype(ring.dtype)
