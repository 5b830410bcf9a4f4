"""Evaluating a whole population at once: every reservoir is run over all trials, read out and scored.

All reservoirs run side by side, as the units of one, over all trials of all task seeds. The readout is ridge
regression on the last state, in closed form, one a reservoir and task seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aurita._typing import Float, Int
from aurita.blas import one_thread
from aurita.engine.running import run
from aurita.errors import AuritaError
from aurita.evolution._protocols import Pool
from aurita.evolution.genes import Genes
from aurita.evolution.trials import Trials
from aurita.reservoir import Population, Reservoir, Weights
from aurita.units import EchoUnit

_MOST_NUMBERS = 2**24
_WEIGHTS = {"weights": "recurrent", "leak": "leak", "bias": "bias"}
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
                f"temperature is {self.temperature} and penalty {self.penalty}; expected above 0, and at least 1e-6"
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

    def take(self, which: slice) -> "Scores":
        """Those of some reservoirs."""
        return Scores(self.fitness[which], self.score[which], self.behaviour[which])


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
    parts = _parts(genes, trials)
    return collected([measured(_run(part, trials), trials, reading) for part in parts], reading)


def parts_of(genes: Pool, numbers: int) -> Iterator[Pool]:
    """Some reservoirs at a time, of so many numbers each, so that a large population needs no more memory."""
    size = max(1, _MOST_NUMBERS // numbers)
    for first in range(0, genes.count, size):
        yield genes.take(slice(first, first + size))


def _parts(genes: Genes, trials: Trials) -> Iterator[Genes]:
    return parts_of(genes, genes.bias.shape[1] * trials.lengths.size)


def states_of(genes: Genes, trials: Trials) -> Float[np.ndarray, "reservoir neuron lane"]:
    """States of echo reservoirs after the last step of each sequence, those that the readout does not see zero.

    The reservoirs are run as the units of one population.
    """
    return np.concatenate([_run(part, trials) for part in _parts(genes, trials)])


def _run(genes: Genes, trials: Trials) -> Float[np.ndarray, "reservoir neuron lane"]:
    numbers = genes.effective()
    count, neurons, inputs = numbers["inputs"].shape
    unit = {name: np.moveaxis(numbers[key], 0, -1) for name, key in _WEIGHTS.items()}
    passage = {"matrix": np.moveaxis(numbers["inputs"], 0, -1), "bias": np.zeros((neurons, count), np.float32)}
    population = Population(
        unit=EchoUnit(slots=neurons), units=count, passage="mixed", afferents="all", receives="inputs"
    )
    reservoir = Reservoir(
        inputs=inputs,
        populations=(population,),
        wiring=(np.tile(np.arange(inputs, dtype=np.int32)[:, None], count),),
        weights=(Weights(unit, passage, None),),
        connected=(False, False),
    )
    return last_outputs(reservoir, trials).swapaxes(0, 1) * numbers["output_mask"][..., None]


def last_outputs(reservoir: Reservoir, trials: Trials) -> Float[np.ndarray, "slot unit lane"]:
    """Outputs of the units of the only population after the last step of each sequence."""
    sequences, lengths = lanes_of(trials)
    _, state = run(reservoir, sequences, lengths=lengths, features=("input",))
    return np.asarray(state.outputs[0])


def lanes_of(trials: Trials) -> tuple[Float[np.ndarray, "lane time input"], Int[np.ndarray, "lane"]]:
    """The sequences of all task seeds side by side, and their lengths."""
    inputs = trials.inputs.transpose(0, 3, 1, 2)
    return inputs.reshape(-1, *inputs.shape[2:]), trials.lengths.reshape(-1)


def measured(
    states: Float[np.ndarray, "reservoir feature lane"], trials: Trials, reading: Scoring
) -> dict[str, Float[np.ndarray, "reservoir ..."]]:
    """Fit the readout of each reservoir and task seed, ridge on the first sequences, and measure it on the others.

    Means over the seeds.
    """
    by_seed = np.split(states.astype(np.float64), len(trials.targets), axis=2)
    # Weights that are no numbers give states that are none.
    with one_thread(), np.errstate(invalid="ignore", over="ignore"):
        found = [_read_out(*pair, trials, reading) for pair in zip(by_seed, trials.targets, strict=True)]
    return {name: np.mean([one[name] for one in found], axis=0) for name in found[0]}


def collected(parts: Sequence[dict[str, np.ndarray]], reading: Scoring) -> Scores:
    """Measures of a population, in parts of some reservoirs each, as scores."""
    predicted = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    fitness = np.asarray(predicted[reading.fitness], np.float64)
    score = np.asarray(predicted["score"], np.float64)
    return Scores(
        fitness=np.where(np.isfinite(fitness), fitness, -np.inf),
        score=np.where(np.isfinite(score), score, -np.inf),
        behaviour=np.nan_to_num(np.asarray(predicted["behaviour"], np.float64)),
    )


def _read_out(
    features: Float[np.ndarray, "reservoir feature lane"],
    targets: Float[np.ndarray, "output lane"],
    trials: Trials,
    reading: Scoring,
) -> dict[str, Float[np.ndarray, "reservoir ..."]]:
    fitted = trials.fitted
    mean = features[..., :fitted].mean(axis=2, keepdims=True)
    # A feature that hardly varies is not blown up: single precision has nothing to say about it.
    spread = np.sqrt(features[..., :fitted].var(axis=2, keepdims=True) + 1e-6)
    standard = (features - mean) / spread
    x, middle = standard[..., :fitted], targets[:, :fitted].mean(axis=1, keepdims=True)
    gram = x @ x.swapaxes(1, 2) / fitted + reading.penalty * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x @ (targets[:, :fitted] - middle).T / fitted)
    predicted, truth = weights.swapaxes(1, 2) @ standard[..., fitted:] + middle, targets[:, fitted:]
    squares = np.square(predicted - truth).mean(axis=(1, 2))
    if not trials.classes:
        variance = np.square(truth - truth.mean()).mean()
        explained = 1 - squares / (variance if variance > 0 else 1.0)
        return {"squares": -squares, "score": explained, "cross_entropy": -squares, "behaviour": np.zeros((len(x), 1))}
    # An answer that is no number is no answer: its argmax would be the first class.
    right = (predicted.argmax(axis=1) == truth.argmax(axis=0)) & np.isfinite(predicted).all(axis=1)
    logits = predicted / reading.temperature
    shares = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    entropy = (shares * truth).sum(axis=1).mean(axis=1)
    among = (truth * right[:, None]).sum(axis=2) / np.maximum(truth.sum(axis=1), 1)
    return {"squares": -squares, "score": right.mean(axis=1), "cross_entropy": entropy, "behaviour": among}
