"""The attention unit: attention over its own last inputs, a small hidden layer, linear heads (design: `linear_head`).

    a_hj = softmax_j( (Wq z(t) + bq)_h . (Wk z(t-j))_h / sqrt(dh) + b_hj )
    c    = concat_h Wv_h sum_j a_hj z(t-j)
    f    = tanh(W1 [z; c] + b1),   phi = [z; c; f],   y = clip(Wo phi + bo)

A bias on the keys is left out: it adds the same number to the scores of all ages, and the softmax does not see it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aurita._jax import jnp
from aurita._keys import Key, split
from aurita._typing import Array, Float, PyTree
from aurita.units._attend import Blocks, attend, in_blocks
from aurita.units.lanes import Params, computed_once, linear, linear_per_head
from aurita.units.memory import MemoryUnit
from aurita.units.unit import Response, at_least, drawn, generator, normal, one_of, uniform

# Blocks of steps gain nothing where memories are shorter than a block.
_SHORT = 16

AGE_BIASES = ("random", "flat", "recency", "mixed")


@dataclass(frozen=True, kw_only=True)
class AttentionUnit(MemoryUnit):
    """Attention over the unit's own memory with linear heads, the default unit.

    A linear head lets a unit be an exact linear predictor of its own inputs, which a normalised block cannot be.

    Attributes:
        gain: standard deviation of a weight times the square root of its fan-in.
        query_key_gain: further factor on queries and on keys.
        query_bias: standard deviation of the query biases; without them a silent input asks for nothing.
        bias_scale: standard deviation of the random age biases.
        age_bias: `random`, `flat`, `recency` (-age / tau, tau log-uniform up to M) or `mixed`: one of the three a head.
        age_bias_rate: factor on the learning rate of age biases.

    Source: the attention of Vaswani et al. 2017, "Attention Is All You Need", read out by linear heads.

    Example:
        >>> from aurita._keys import new_key
        >>> unit = AttentionUnit(slots=4, memory=8)
        >>> {name: value.shape for name, value in unit.init(new_key(0), units=10).items()}["w1"]
        (8, 8, 10)
    """

    gain: float = 0.5
    query_key_gain: float = 1.0
    query_bias: float = 1.0
    bias_scale: float = 1.0
    age_bias: str = "random"
    age_bias_rate: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("gain", "query_key_gain", "query_bias", "bias_scale", "age_bias_rate"):
            at_least(name, getattr(self, name), 0)
        one_of("age_bias", self.age_bias, AGE_BIASES)

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        keys = iter(split(key, 16))

        def normals(*shape: int) -> np.ndarray:
            return normal(next(keys), (*shape, units), self.gain / math.sqrt(shape[-1]))

        d, width = self.slots, self.head_width
        params: dict[str, np.ndarray] = {}
        if self.heads:
            params |= {
                "wq": self.query_key_gain * normals(self.heads, width, d),
                "bq": normal(next(keys), (self.heads, width, units), self.query_bias * self.gain),
                "wk": self.query_key_gain * normals(self.heads, width, self._stored),
                "wv": normals(self.heads, width, d),
                "age_bias": self._age_biases(next(keys), units),
            }
        if self.hidden:
            seen = d + self.heads * width
            params |= {"w1": 1.5 * normals(self.hidden, seen), "b1": normal(next(keys), (self.hidden, units), 0.5)}
        params |= {"wo": normals(d, self._phi_size), "bo": np.zeros((d, units))}
        return drawn(params | self._init_heads(normals, targets))

    def rate_of(self, name: str) -> float:
        return self.age_bias_rate if name == "age_bias" else 1.0

    def _only_predicts(self, name: str) -> bool:
        return name in ("wo", "bo")

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        d, heads, width = self.slots, self.heads, self.head_width
        shapes: dict[str, tuple[int, ...]] = {"wo": (d, self._phi_size), "bo": (d,)}
        if heads:
            shapes |= {"wq": (heads, width, d), "bq": (heads, width), "wk": (heads, width, self._stored)}
            shapes |= {"wv": (heads, width, d), "age_bias": (self.memory, heads)}
        if self.hidden:
            shapes |= {"w1": (self.hidden, d + heads * width), "b1": (self.hidden,)}
        return shapes | self._shapes_of_heads(targets)

    def _age_biases(self, key: Array, units: int) -> Float[np.ndarray, "age head unit"]:
        random_key, tau_key, kind_key = split(key, 3)
        lanes = (self.heads, units)
        random = normal(random_key, (self.memory, *lanes), self.bias_scale)
        tau = np.exp(uniform(tau_key, lanes, 0, math.log(max(self.memory, 2))))
        recency = -np.arange(self.memory)[:, None, None] / tau
        kinds = {"random": random, "flat": 0 * random, "recency": recency}
        if self.age_bias != "mixed":
            return kinds[self.age_bias]
        choice = generator(kind_key).integers(0, 3, lanes)
        return np.select([choice == 0, choice == 1], [random, 0 * random], recency)

    def _fold(self, params: Params) -> tuple[Params, Params]:
        if not self.heads:
            return params, {}
        scale = 1 / math.sqrt(self.head_width)
        # (head, width, stored) and (head, width, slot): a query in the space of the stored inputs.
        fold = scale * (params["wk"][:, :, :, None] * params["wq"][:, :, None, :]).sum(1)
        offset = scale * (params["wk"] * params["bq"][:, :, None]).sum(1)
        flat = fold.reshape(self.heads * self._stored, self.slots, *fold.shape[3:])
        folded = {**params, "query_w": flat, "query_b": offset}
        return folded, {"age_bias": params["age_bias"]}

    def _remembered(self, inputs: Float[Array, "slot moment"], batch: int, at: tuple[int, ...] | None) -> PyTree:
        if at is not None or self.memory <= _SHORT or self.dilation > 1 or self.masks_start:
            return self.windows(inputs, batch, at)
        stored = inputs
        if self.shifted_keys:
            before = jnp.pad(inputs, ((0, 0), (batch, 0)))[:, : inputs.shape[1]]
            stored = jnp.concatenate([inputs, before])
        return in_blocks(stored, self.memory, batch)

    def attention_scores(
        self, params: Mapping[str, np.ndarray], memory: Float[np.ndarray, "age stored window"]
    ) -> Float[np.ndarray, "head age window"]:
        query = np.einsum("hwd,dl->hwl", params["wq"], memory[0, : self.slots]) + params["bq"][..., None]
        keys = np.einsum("hws,asl->hwal", params["wk"], memory)
        return np.einsum("hwl,hwal->hal", query, keys) / np.sqrt(self.head_width) + params["age_bias"].T[..., None]

    def _answer(
        self,
        params: Params,
        by_age: Params,
        memory: Float[Array, "age stored *lanes"] | Blocks,
        inputs: Float[Array, "slot *lanes"],
        alive: Array | None,
    ) -> Response:
        features = {"received": inputs}
        seen = inputs
        if self.heads:
            query = linear(params["query_w"], inputs).reshape(self.heads, self._stored, *inputs.shape[1:])
            bias = jnp.moveaxis(by_age["age_bias"], 0, 1)
            mixed = attend(query + params["query_b"], memory, bias, alive, self.slots)
            context = linear_per_head(params["wv"], mixed).reshape(-1, *inputs.shape[1:])
            seen = computed_once(jnp.concatenate([inputs, context]), inputs)
            features["context"] = seen[self.slots :]
        if self.hidden:
            features["hidden"] = computed_once(jnp.tanh(linear(params["w1"], seen) + params["b1"]), inputs)
        unclipped = self._first_prediction(params, Response(inputs, features))
        return Response(jnp.clip(unclipped, -self.clip, self.clip), features)

    def _first_prediction(self, params: Params, response: Response) -> Float[Array, "slot *lanes"]:
        return linear(params["wo"], self._phi(response)) + params["bo"]
