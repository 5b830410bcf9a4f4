"""A library of somebody's own, in one file: a spiking unit, a readout, a selection rule and a task."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from aurita.learning import Rule
from aurita.readout import Readout
from aurita.tasks import Split, Task
from aurita.units import Response, Unit
from aurita.units.unit import drawn, generator, zeros


@dataclass(frozen=True, kw_only=True)
class LIFUnit(Unit):
    """Leaky integrate-and-fire neurons; a linear map of their low-passed spikes is the output.

    The gradient takes a sigmoid for the threshold: Neftci, Mostafa and Zenke 2019, "Surrogate gradient learning".
    """

    threshold: float = 1.0

    learns_by = "gradient"
    kinds = ("potential",)

    def init(self, key, units, targets=0):
        random = generator(key)
        return drawn(
            {
                "decay": random.uniform(0.5, 0.95, (self.slots, units)),
                "out": random.normal(0, 0.3, (self.slots, self.slots, units)),
            }
        )

    def initial_state(self, units, batch):
        return {"potential": zeros(self.slots, units, batch), "trace": zeros(self.slots, units, batch)}

    def step(self, prepared, state, inputs, time, steps):
        potential = prepared["decay"][..., None] * state["potential"] + 2 * inputs
        soft = jax.nn.sigmoid(4 * (potential - self.threshold))
        spikes = soft + jax.lax.stop_gradient((potential > self.threshold) - soft)
        potential = potential - self.threshold * jax.lax.stop_gradient(spikes)
        trace = 0.8 * state["trace"] + 0.2 * spikes
        output = (prepared["out"][..., None] * trace).sum(1)
        return {"potential": potential, "trace": trace}, Response(output, {"hidden": trace, "potential": potential})

    def feature_sizes(self):
        return {"hidden": self.slots, "potential": self.slots}

    def rate_of(self, name):
        return 0.1 if name == "decay" else 1.0

    def in_double(self, params):
        decay, out = (np.asarray(params[name], np.float64) for name in ("decay", "out"))

        def run(inputs, state):
            potential, trace = np.zeros((2, len(inputs), self.slots)) if state is None else state
            outputs = np.empty(inputs.shape)
            for step in range(inputs.shape[1]):
                potential = decay * potential + 2 * inputs[:, step]
                spikes = potential > self.threshold
                potential = potential - self.threshold * spikes
                trace = 0.8 * trace + 0.2 * spikes
                outputs[:, step] = trace @ out.T
            return outputs, (potential, trace)

        return run if params["decay"].dtype == np.float64 else None

    def onnx_step(self, graph, layer, slots, now, lived):
        potential, trace = (
            graph.op("Squeeze", graph.cut(now["memory"], 1, part, part + 1), graph.const([1])) for part in range(2)
        )
        threshold = graph.const(np.array(self.threshold))
        decayed = graph.op("Mul", graph.const(layer.weights["decay"]), potential)
        potential = graph.op("Add", decayed, graph.op("Mul", graph.const(np.array(2.0)), slots))
        spikes = graph.cast(graph.op("Greater", potential, threshold), graph.real)
        potential = graph.op("Sub", potential, graph.op("Mul", threshold, spikes))
        kept, added = (
            graph.op("Mul", graph.const(np.array(share)), part) for share, part in ((0.8, trace), (0.2, spikes))
        )
        trace = graph.op("Add", kept, added)
        output = graph.einsum("dsu,bsu->bdu", graph.const(layer.weights["out"]), trace)
        both = [graph.op("Unsqueeze", part, graph.const([1])) for part in (potential, trace)]
        return {"output": output, "hidden": trace, "potential": potential}, {"memory": graph.joined(both, 1)}

    def c_step(self, source, own, layer):
        for name in ("decay", "out"):
            source.array(f"{own}_{name}", layer.weights[name])
        source.state(f"{own}_memory", layer.memory)
        n, units, at = self.slots, layer.units, f"[d * {layer.units} + u]"
        spiking, traced = f"{own}_memory{at}", f"{own}_memory[({n} + d) * {units} + u]"
        within = [
            f"        real output[{n}], last[{n}], hidden[{n}], potential[{n}];",
            f"        for (int d = 0; d < {n}; d++) {{",
            f"            real now = {own}_decay{at} * {spiking} + 2 * z[d];",
            f"            real spike = now > (real){self.threshold!r} ? 1 : 0;",
            f"            {spiking} = potential[d] = now - (real){self.threshold!r} * spike;",
            f"            {traced} = hidden[d] = (real)0.8 * {traced} + (real)0.2 * spike;",
            "        }",
            f"        for (int d = 0; d < {n}; d++) {{",
            "            output[d] = 0;",
            f"            for (int s = 0; s < {n}; s++)",
            f"                output[d] += {own}_out[(d * {n} + s) * {units} + u] * hidden[s];",
            f"            last[d] = {own}_outputs{at};",
            f"            {own}_outputs{at} = output[d];",
            "        }",
        ]
        return [], within, []


SMALL = LIFUnit(slots=3, threshold=0.8)


@dataclass(frozen=True, kw_only=True)
class Weakest(Rule):
    """The one unit with the smallest loss takes a step."""

    ranks = True

    def __call__(self, losses, may, near, key, step):
        return may & (jnp.arange(len(may)) == jnp.argmin(jnp.where(may, losses, jnp.inf)))


class Penalised(Readout):
    """Least squares with one penalty, as a share of the mean variance of the features."""

    def __init__(self, penalty=1e-3):
        self.penalty = penalty

    def fit(self, features, targets):
        x, y = np.asarray(features, float), np.asarray(targets, float)
        gram = (x - x.mean(0)).T @ (x - x.mean(0))
        cross = (x - x.mean(0)).T @ (y - y.mean(0))
        self.coef_ = np.linalg.solve(gram + _diagonal(gram, self.penalty), cross)
        self.intercept_ = y.mean(0) - x.mean(0) @ self.coef_
        self.error_ = ((self.predict(x) - y) ** 2).mean(0)
        return self

    def predict(self, features):
        return features @ self.coef_ + self.intercept_

    @classmethod
    def weights_by_penalty(cls, moments):
        def weights(alpha):
            coef = np.linalg.solve(moments.gram + _diagonal(moments.gram, alpha), moments.cross)
            return coef, moments.target_mean - moments.feature_mean @ coef

        return weights


def _diagonal(gram, alpha):
    return (alpha * np.trace(gram) / len(gram) + 1e-9) * np.eye(len(gram))


def pulses(*, seed=0, count=12):
    """Trains of pulses, fast or slow."""
    parts = (_trains(np.random.default_rng([seed, part]), count) for part in range(3))
    return Task("lif:pulses", seed, *parts, category="labels", metric="accuracy", chance=0.5)


def _trains(rng, count):
    speeds = np.arange(count) % 2
    trains = [
        (np.sin(np.arange(30) / (1.5 + 2 * speed) + rng.uniform(0, 6)) > 0.3)[:, None].astype(float) for speed in speeds
    ]
    return Split(trains, np.where(speeds, "slow", "fast"))
