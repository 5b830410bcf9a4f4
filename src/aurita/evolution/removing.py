"""Which neurons an evolved reservoir needs: each is removed in turn, the readout fitted anew or left as it is."""

from dataclasses import dataclass, replace

import numpy as np

from aurita._typing import Float, Int
from aurita.errors import AuritaError
from aurita.evolution.evaluation import Scoring, scores_of, states_of
from aurita.evolution.genes import Genes
from aurita.evolution.trials import trials_between
from aurita.tasks import Split


@dataclass(frozen=True, eq=False)
class Removals:
    """Scores of a reservoir without one of its neurons.

    Attributes:
        whole: score of the whole reservoir.
        neurons: which one was removed, by its number in the genes.
        refitted: scores where the readout was fitted anew: what nobody else can do.
        kept: scores with the readout of the whole reservoir: what the readout had relied on.
    """

    whole: float
    neurons: Int[np.ndarray, "removed"]
    refitted: Float[np.ndarray, "removed"]
    kept: Float[np.ndarray, "removed"]


def removed_one_by_one(genes: Genes, fitted: Split, unseen: Split, reading: Scoring | None = None) -> Removals:
    """Remove each neuron in turn and score what is left.

    A removed neuron is silent: no other neuron receives it, and the readout sees 0.

    Args:
        genes: one echo reservoir, such as the champion of a search.
        fitted: sequences that readouts are fitted on.
        unseen: sequences that score them, see `TrialSource.unseen`.
        reading: how readouts are fitted.

    Raises:
        AuritaError: several reservoirs, or attention units.

    Example:
        >>> from aurita.evolution import TrialSource, Genome
        >>> fitted, unseen = TrialSource("decision", fitted=60, scored=1).unseen(0, 40)
        >>> found = removed_one_by_one(Genome(neurons=3).start(np.random.default_rng(0), 1, 8), fitted, unseen)
        >>> found.neurons.tolist(), found.refitted.shape, found.kept.shape
        ([0, 1, 2], (3,), (3,))
    """
    if not isinstance(genes, Genes) or genes.count != 1:
        raise AuritaError(
            f"genes are {getattr(genes, 'count', 'no')} reservoirs of {type(genes).__name__}; expected one echo "
            "reservoir, such as the champion of a search, or genes.take([0])"
        )
    reading, trials = reading or Scoring(), trials_between(fitted, unseen)
    neurons = np.flatnonzero(genes.alive[0])
    without = genes.take(np.zeros(len(neurons) + 1, int))
    alive = without.alive.copy()
    alive[np.arange(1, len(neurons) + 1), neurons] = False
    without = replace(without, alive=alive)
    refitted = scores_of(without, trials, reading).score
    states = states_of(without, trials).astype(np.float64)
    kept = _kept(states, trials.targets[0], trials.fitted, trials.classes, reading.penalty)
    return Removals(float(refitted[0]), neurons, refitted[1:], kept[1:])


def _kept(
    states: Float[np.ndarray, "reservoir neuron lane"],
    targets: Float[np.ndarray, "output lane"],
    fitted: int,
    classes: bool,
    penalty: float,
) -> Float[np.ndarray, "reservoir"]:
    """Scores of all reservoirs with the readout of the first, fitted as in a search."""
    whole = states[0, :, :fitted]
    mean = whole.mean(axis=1, keepdims=True)
    spread = np.sqrt(whole.var(axis=1, keepdims=True) + 1e-6)
    x, middle = (whole - mean) / spread, targets[:, :fitted].mean(axis=1, keepdims=True)
    gram = x @ x.T / fitted + penalty * np.eye(len(x))
    weights = np.linalg.solve(gram, x @ (targets[:, :fitted] - middle).T / fitted)
    predicted = weights.T @ ((states[:, :, fitted:] - mean) / spread) + middle
    truth = targets[:, fitted:]
    if classes:
        return (predicted.argmax(axis=1) == truth.argmax(axis=0)).mean(axis=1)
    return 1 - np.square(predicted - truth).mean(axis=(1, 2)) / np.square(truth - truth.mean()).mean()
