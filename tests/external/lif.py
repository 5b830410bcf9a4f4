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
