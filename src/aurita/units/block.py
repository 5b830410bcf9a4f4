"""The decoder block as a unit: masked attention, feed-forward, residuals and normalisation (design: `block`).

With `z_j = x(t-j) + p_j`:

    c = Wo concat_h( softmax_j( (Wq z_0)_h . (Wk z_j)_h / sqrt(dh) ) (Wv z_j)_h )
    r = N(z_0 + c),   y = N(r + W2 act(W1 r + b1) + b2)

Source: Vaswani et al. 2017, "Attention Is All You Need", section 3, on the unit's own memory.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from aurita._jax import jax, jnp
from aurita._keys import Key, split
from aurita._typing import Array, Float
from aurita.units._attend import attend
from aurita.units.lanes import Params, computed_once, linear, linear_per_head
from aurita.units.memory import MemoryUnit
from aurita.units.unit import Response, at_least, drawn, normal, one_of

ACTIVATIONS = ("relu", "gelu", "tanh")
NORMALISATIONS = ("layer", "rms", "tanh", "none")
EPSILON = 1e-5


@dataclass(frozen=True, kw_only=True)
class BlockUnit(MemoryUnit):
    """The published decoder block over the unit's own memory.

    With `heads=0` it is the feed-forward half alone, with `hidden=0` the attention half.

    Attributes:
        gain: standard deviation of a weight times the square root of its fan-in.
        embedding_scale: standard deviation of the embeddings of age.
        normalisation: `layer` (as published), `rms`, `tanh` or `none`.
        activation: `relu` (as published), `gelu` or `tanh`.

    Example:
        >>> BlockUnit(slots=4, heads=2, normalisation="tanh").feature_sizes()
        {'context': 4, 'hidden': 16}
    """

    heads: int = 2
    hidden: int = 16
    before_start: str = "masked"
    gain: float = 1.0
    embedding_scale: float = 0.1
    normalisation: str = "layer"
    activation: str = "relu"

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("gain", self.gain, 0)
        at_least("embedding_scale", self.embedding_scale, 0)
        one_of("normalisation", self.normalisation, NORMALISATIONS)
        one_of("activation", self.activation, ACTIVATIONS)

    @property
    def head_width(self) -> int:
        if self.head_dim is not None:
            return self.head_dim
        return max(1, self.slots // max(1, self.heads))

    def feature_sizes(self) -> dict[str, int]:
        sizes = {"context": self.slots if self.heads else 0, "hidden": self.hidden}
        return {kind: size for kind, size in sizes.items() if size}

    @property
    def _phi_size(self) -> int:
        return self.slots + sum(self.feature_sizes().values())

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        keys = iter(split(key, 16))

        def normals(*shape: int) -> np.ndarray:
            return normal(next(keys), (*shape, units), self.gain / math.sqrt(shape[-1]))

        d, width = self.slots, self.head_width
        params: dict[str, np.ndarray] = {}
        if self.heads:
            params |= {
                "embedding": normal(next(keys), (self.memory, self._stored, units), self.embedding_scale),
                "wq": normals(self.heads, width, d),
                "wk": normals(self.heads, width, self._stored),
                "wv": normals(self.heads, width, d),
                "wo": normals(d, self.heads * width),
            }
        if self.hidden:
            params |= {"w1": normals(self.hidden, d), "b1": np.zeros((self.hidden, units))}
            params |= {"w2": normals(d, self.hidden), "b2": np.zeros((d, units))}
        if self.normalisation in ("layer", "rms"):
            for half in self._halves():
                params |= {f"scale_{half}": np.ones((d, units))}
                if self.normalisation == "layer":
                    params |= {f"shift_{half}": np.zeros((d, units))}
        return drawn(params | self._init_heads(normals, targets))

    def _only_predicts(self, name: str) -> bool:
        after = {"w2", "b2", "scale_hidden", "shift_hidden"}
        return name in (after if self.hidden else {"scale_attention", "shift_attention"})

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        d, heads, width = self.slots, self.heads, self.head_width
        shapes: dict[str, tuple[int, ...]] = {}
        if heads:
            shapes |= {"embedding": (self.memory, self._stored), "wq": (heads, width, d)}
            shapes |= {"wk": (heads, width, self._stored), "wv": (heads, width, d), "wo": (d, heads * width)}
        if self.hidden:
            shapes |= {"w1": (self.hidden, d), "b1": (self.hidden,), "w2": (d, self.hidden), "b2": (d,)}
        for half in self._halves():
            if self.normalisation in ("layer", "rms"):
                shapes |= {f"scale_{half}": (d,)}
            if self.normalisation == "layer":
                shapes |= {f"shift_{half}": (d,)}
        return shapes | self._shapes_of_heads(targets)

    def _halves(self) -> list[str]:
        return [half for half, size in (("attention", self.heads), ("hidden", self.hidden)) if size]

    def _fold(self, params: Params) -> tuple[Params, Params]:
        if not self.heads:
            return params, {}
        scale = 1 / math.sqrt(self.head_width)
        fold = scale * (params["wk"][:, :, :, None] * params["wq"][:, :, None, :]).sum(1)
        flat = fold.reshape(self.heads * self._stored, self.slots, *fold.shape[3:])
        newest = params["embedding"][0, : self.slots]
        return {**params, "query_w": flat, "newest": newest}, {"embedding": params["embedding"]}

    def attention_scores(
        self, params: Mapping[str, np.ndarray], memory: Float[np.ndarray, "age stored window"]
    ) -> Float[np.ndarray, "head age window"]:
        embedding = params["embedding"][..., None]
        query = np.einsum("hwd,dl->hwl", params["wq"], memory[0, : self.slots] + embedding[0, : self.slots])
        keys = np.einsum("hws,asl->hwal", params["wk"], memory + embedding)
        return np.einsum("hwl,hwal->hal", query, keys) / np.sqrt(self.head_width)

    def _answer(
        self,
        params: Params,
        by_age: Params,
        memory: Float[Array, "age stored *lanes"],
        inputs: Float[Array, "slot *lanes"],
        alive: Array | None,
    ) -> Response:
        features = {"received": inputs}
        result = inputs
        if self.heads:
            now = inputs + params["newest"]
            query = linear(params["query_w"], now).reshape(self.heads, self._stored, *inputs.shape[1:])
            mixed = attend(query, memory + by_age["embedding"], 0.0, alive, self.slots)
            values = linear_per_head(params["wv"], mixed).reshape(-1, *inputs.shape[1:])
            features["context"] = computed_once(linear(params["wo"], values), inputs)
            result = self._normalised(params, "attention", now + features["context"])
        if self.hidden:
            inner = linear(params["w1"], result) + params["b1"]
            features["hidden"] = computed_once(_activation(self.activation)(inner), inputs)
            outer = linear(params["w2"], features["hidden"]) + params["b2"]
            result = self._normalised(params, "hidden", result + outer)
        features["prediction"] = result
        return Response(jnp.clip(result, -self.clip, self.clip), features)

    def _first_prediction(self, params: Params, response: Response) -> Float[Array, "slot *lanes"]:
        del params
        return response.features["prediction"]

    def _normalised(self, params: Params, half: str, x: Float[Array, "slot *lanes"]) -> Float[Array, "slot *lanes"]:
        if self.normalisation == "none":
            return x
        if self.normalisation == "tanh":
            return jnp.tanh(x)
        if self.normalisation == "rms":
            return x * jax.lax.rsqrt((x * x).mean(0) + EPSILON) * params[f"scale_{half}"]
        centred = x - x.mean(0)
        scaled = centred * jax.lax.rsqrt((centred * centred).mean(0) + EPSILON)
        return scaled * params[f"scale_{half}"] + params[f"shift_{half}"]


def _activation(name: str) -> Callable[[Array], Array]:
    return {"relu": jax.nn.relu, "gelu": jax.nn.gelu, "tanh": jnp.tanh}[name]
