"""Evaluating a whole population in one compiled call: every reservoir is run over all trials, read out and scored.

Reservoirs are taken one after the other inside the call, each with all trials of all task seeds as the columns of its
matrix products: with 14 neurons that is five times faster than the population merged into the lanes. The readout is
ridge regression on the last state, in closed form, one a task seed; its penalty keeps the Cholesky factor of the Gram
matrix of standardised states safe in float32.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from aurita._jax import compiled_with, jax, jnp
from aurita._typing import Array, Bool, Float
from aurita.errors import AuritaError
from aurita.evolution.genes import Genes
from aurita.evolution.trials import Trials

MEASURES = ("cross_entropy", "score", "squares")


@dataclass(frozen=True)
class Scoring:
    """How the readout is fitted and what fitness is.

    Attributes:
        fitness: on the sequences that the readout was not fitted on: `score` (accuracy of classes, the share of
            variance explained of values), minus the mean `squares` of the errors, or minus the `cross_entropy` of
            classes, the readout's answers as logits: smooth where accuracy goes in steps.
        temperature: that answers are divided by for the cross-entropy.
        penalty: ridge penalty on standardised states, times the number of sequences.
    """

    fitness: Literal["cross_entropy", "score", "squares"] = "cross_entropy"
    temperature: float = 0.1
    penalty: float = 1e-4

    def __post_init__(self) -> None:
        if self.fitness not in MEASURES:
            raise AuritaError(f"fitness is {self.fitness!r}; expected one of {', '.join(MEASURES)}")
        if not (self.temperature > 0 and self.penalty >= 1e-6):
            raise AuritaError(
                f"temperature is {self.temperature} and penalty {self.penalty}; expected above 0, and at least 1e-6, "
                "below which float32 does not factorise"
            )


@dataclass(frozen=True, eq=False)
class Scores:
    """What came of every reservoir; means over the task seeds, all on sequences that no readout was fitted on.

    Attributes:
        fitness: what is selected for, higher is better; minus infinity where it is no finite number.
        score: accuracy, or share of variance explained; minus infinity where it is no finite number.
        behaviour: share of right answers among the sequences of each class (zeros for values).
    """

    fitness: Float[np.ndarray, "population"]
    score: Float[np.ndarray, "population"]
    behaviour: Float[np.ndarray, "population class"]


def scores_of(genes: Genes, trials: Trials, reading: Scoring) -> Scores:
    """Run, read out and score a population of echo reservoirs, in one call.

    Args:
        genes: the population.
        trials: what it is tried on.
        reading: how.

    Example:
        >>> from aurita.evolution import TrialSource, Genome
        >>> genes = Genome(neurons=5).start(np.random.default_rng(0), count=3, inputs=8)
        >>> trials = TrialSource("decision", fitted=50, scored=20).draw([0])
        >>> scores_of(genes, trials, Scoring()).score.shape
        (3,)
    """
    ragged = bool((trials.lengths < trials.inputs.shape[1]).any())
    given = (jnp.asarray(trials.inputs), jnp.asarray(trials.targets), alive_steps(trials) if ragged else None)
    predicted = _echo(genes.effective(), *given, trials.fitted, trials.classes, reading.temperature, reading.penalty)
    return collected(predicted, reading)


def last_states(
    reservoir: dict[str, Array], inputs: Float[Array, "time input lane"], alive: Bool[Array, "time lane"] | None
) -> Float[Array, "neuron lane"]:
    """States of one echo reservoir after the last step of each sequence, those that the readout does not see zero."""
    leak, bias = reservoir["leak"][:, None], reservoir["bias"][:, None]

    def step(state: Array, given: tuple[Array, Array | None]) -> tuple[Array, None]:
        row, lives = given
        drive = reservoir["inputs"] @ row + reservoir["recurrent"] @ state + bias
        new = (1 - leak) * state + leak * jnp.tanh(drive)
        return (new if lives is None else jnp.where(lives, new, state)), None

    state, _ = jax.lax.scan(step, jnp.zeros((leak.shape[0], inputs.shape[2])), (inputs, alive))
    return state * reservoir["output_mask"][:, None]


def measured(
    states: Float[Array, "feature seed*batch"],
    targets: Float[Array, "seed output batch"],
    fitted: int,
    classes: bool,
    temperature: Array | float,
    penalty: Array | float,
) -> dict[str, Array]:
    """Fit the readout of each task seed and measure it, averaged over the seeds."""
    seeds, _, batch = targets.shape
    features = jnp.swapaxes(states.reshape(-1, seeds, batch), 0, 1)
    one = partial(_read_out, fitted=fitted, classes=classes, temperature=temperature, penalty=penalty)
    return {name: value.mean(axis=0) for name, value in jax.vmap(one)(features, targets).items()}


def collected(predicted: dict[str, Array], reading: Scoring) -> Scores:
    """Measures of a population as scores."""
    fitness = np.asarray(predicted[reading.fitness], np.float64)
    score = np.asarray(predicted["score"], np.float64)
    return Scores(
        fitness=np.where(np.isfinite(fitness), fitness, -np.inf),
        score=np.where(np.isfinite(score), score, -np.inf),
        behaviour=np.nan_to_num(np.asarray(predicted["behaviour"], np.float64)),
    )


def merged(inputs: Float[Array, "seed time input batch"]) -> Float[Array, "time input seed*batch"]:
    """The sequences of all task seeds side by side."""
    return jnp.concatenate(list(inputs), axis=-1)


@compiled_with(static_argnames=("fitted", "classes"))
def _echo(
    population: dict[str, Array],
    inputs: Array,
    targets: Array,
    alive: Array | None,
    fitted: int,
    classes: bool,
    temperature: float,
    penalty: float,
) -> dict[str, Array]:
    sequences = merged(inputs)

    def one(reservoir: dict[str, Array]) -> dict[str, Array]:
        states = last_states(reservoir, sequences, alive)
        return measured(states, targets, fitted, classes, temperature, penalty)

    return jax.lax.map(one, population)


def _read_out(
    features: Float[Array, "feature batch"],
    targets: Float[Array, "output batch"],
    *,
    fitted: int,
    classes: bool,
    temperature: Array | float,
    penalty: Array | float,
) -> dict[str, Array]:
    """Ridge on the first `fitted` sequences, measured on the others."""
    mean = features[:, :fitted].mean(axis=1, keepdims=True)
    # A feature that hardly varies is not blown up: float32 has nothing to say about it.
    spread = jnp.sqrt(jnp.square(features[:, :fitted] - mean).mean(axis=1, keepdims=True) + 1e-6)
    standard = (features - mean) / spread
    x, wanted, middle = standard[:, :fitted], targets[:, :fitted], targets[:, :fitted].mean(axis=1, keepdims=True)
    gram = x @ x.T / fitted + penalty * jnp.eye(len(x))
    factor = jax.scipy.linalg.cho_factor(gram, lower=True)
    weights = jax.scipy.linalg.cho_solve(factor, x @ (wanted - middle).T / fitted)
    predicted, truth = weights.T @ standard[:, fitted:] + middle, targets[:, fitted:]
    squares = jnp.square(predicted - truth).mean()
    if not classes:
        variance = jnp.square(truth - truth.mean()).mean()
        explained = 1 - squares / jnp.where(variance > 0, variance, 1.0)
        return {"squares": -squares, "score": explained, "cross_entropy": -squares, "behaviour": jnp.zeros(1)}
    right = predicted.argmax(axis=0) == truth.argmax(axis=0)
    # An answer that is no number is no answer: its argmax would be the first class.
    right = right & jnp.isfinite(predicted).all(axis=0)
    entropy = (jax.nn.log_softmax(predicted / temperature, axis=0) * truth).sum(axis=0).mean()
    among = (truth * right).sum(axis=1) / jnp.maximum(truth.sum(axis=1), 1)
    return {"squares": -squares, "score": right.mean(), "cross_entropy": entropy, "behaviour": among}


def alive_steps(trials: Trials) -> Bool[Array, "time lane"]:
    """Which steps each sequence has, those of all task seeds side by side."""
    steps = np.arange(trials.inputs.shape[1])[:, None]
    return jnp.asarray(steps < trials.lengths.reshape(1, -1))
