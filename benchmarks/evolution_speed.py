"""Reservoirs of 14 neurons judged on 500 training trials, a second: ours, ReservoirPy and neat-python in loops.

python benchmarks/evolution_speed.py [--repeats 5]

Each run simulates 500 trials for the readout and 250 to score, fits a ridge readout on the last state and scores it.
The peers loop over reservoirs (ReservoirPy also over trials, neat-python also over steps), as a user of theirs would
write it, with the same readout; A and B in turn. Ours on two worker processes and on one.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from aurita.evolution import Genome, Workers
from aurita.evolution.evaluation import Scoring
from aurita.evolution.trials import TrialSource

FITTED, SCORED, NEURONS, LEAK = 500, 250, 14, 0.3
OURS, PEERS = 2048, 2


def main() -> None:
    """Print candidates a second and the ratios."""
    options = argparse.ArgumentParser()
    options.add_argument("--repeats", type=int, default=5)
    repeats = options.parse_args().repeats
    trials = TrialSource("decision", FITTED, SCORED, 1).draw([0, 0])
    genome = Genome(neurons=NEURONS)
    genes = genome.start(np.random.default_rng(0), OURS, trials.inputs.shape[2])
    inputs = np.transpose(trials.inputs[0], (2, 0, 1)).astype(float)
    answers = trials.targets[0].argmax(0)
    with Workers(count=2, chunk=128).running() as pair:
        arms: dict[str, tuple[int, Callable[[], object]]] = {
            "aurita, two workers": (OURS, lambda: pair.scores(genome, genes, trials, Scoring())),
            "aurita, one process": (OURS, lambda: genome.scores(genes, trials, Scoring())),
            "ReservoirPy": (PEERS, lambda: [reservoirpy(inputs, answers, seed) for seed in range(PEERS)]),
            "neat-python": (PEERS, lambda: [neat_python(inputs, answers, seed) for seed in range(PEERS)]),
        }
        for _, run in arms.values():
            run()
        rates: dict[str, list[float]] = {name: [] for name in arms}
        for _ in range(repeats):
            for name, (count, run) in arms.items():
                start = time.perf_counter()
                run()
                rates[name].append(count / (time.perf_counter() - start))
    best = np.median(rates["aurita, two workers"])
    for name, values in rates.items():
        rate = np.median(values)
        print(f"{name}: {rate:.2f} candidates a second, ours on two workers over it: {best / rate:.0f}")


def unit_loss(states: np.ndarray, answers: np.ndarray) -> float:
    """Ridge readout on the last states of the first trials, accuracy on the rest."""
    x = np.column_stack([states, np.ones(len(states))])
    fitted, wanted = x[:FITTED], np.eye(4)[answers[:FITTED]]
    weights = np.linalg.solve(fitted.T @ fitted + 1e-4 * np.eye(x.shape[1]), fitted.T @ wanted)
    return float(((x[FITTED:] @ weights).argmax(1) == answers[FITTED:]).mean())


def reservoirpy(inputs: np.ndarray, answers: np.ndarray, seed: int) -> float:
    """A reservoir of theirs, run over the trials one by one."""
    from reservoirpy.nodes import Reservoir

    node = Reservoir(NEURONS, lr=LEAK, sr=0.9, seed=seed)
    states = []
    node.initialize(inputs[0])
    for trial in inputs:
        node.reset()
        states.append(node.run(trial)[-1])
    return unit_loss(np.array(states), answers)


def neat_python(inputs: np.ndarray, answers: np.ndarray, seed: int) -> float:
    """A recurrent network of theirs of as many neurons, fully connected, driven step by step."""
    from neat.activations import tanh_activation
    from neat.aggregations import sum_aggregation
    from neat.nn import RecurrentNetwork

    rng = np.random.default_rng(seed)
    sources = [*range(-inputs.shape[2], 0), *range(NEURONS)]
    evaluated = []
    for neuron in range(NEURONS):
        links = [(source, float(rng.normal())) for source in sources]
        evaluated.append((neuron, tanh_activation, sum_aggregation, 0.0, 1.0, links))
    network = RecurrentNetwork([*range(-inputs.shape[2], 0)], [*range(NEURONS)], evaluated)
    states = []
    for trial in inputs:
        network.reset()
        for step in trial:
            predicted = network.activate(step)
        states.append(list(predicted))
    return unit_loss(np.array(states), answers)


if __name__ == "__main__":
    main()
