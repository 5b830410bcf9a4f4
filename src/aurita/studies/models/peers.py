"""Reservoirs of other libraries, read by our readout, so that nothing but the reservoir differs."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from aurita.errors import AuritaError, require
from aurita.studies.models.fitted import Fitted, ReadOut, read_out, runs_freely
from aurita.tasks import Split, Task


def reservoirpy(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    units: int = 100,
    spectral_radius: float = 0.9,
    leak: float = 0.3,
    input_scaling: float = 1.0,
    connectivity: float = 0.1,
    input_connectivity: float = 0.1,
    inputs: bool = False,
    summary: str = "times:4",
    readout: str = "ridge",
) -> Fitted:
    """An echo state network of ReservoirPy 0.4: its `Reservoir` node, normal recurrent and Bernoulli input weights.

    Trouvain et al. 2020, "ReservoirPy: an efficient and user-friendly library to design echo state networks".

    Args:
        seed: of the weights.
        units: neurons.
        spectral_radius: of the recurrent weights.
        leak: leak rate, above 0 to 1.
        input_scaling: size of the input weights.
        connectivity: fraction of the recurrent weights that are not zero.
        input_connectivity: the same of the input weights.
        inputs: whether the readout sees the inputs as well.
        summary: of the states, where a sequence has one target.
        readout: `ridge` or `logistic`.

    Returns:
        Predictions and, for one-step forecasts of all channels, free running. Of the fixed numbers, weights that are
        zero do not count.

    Raises:
        AuritaError: ReservoirPy is not installed, or parameters that do not fit.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0, sequences=(30, 10, 10))
        >>> fitted = reservoirpy(task, ["test"], units=50)
        >>> fitted.trained, task.score(fitted.predictions["test"]) < 0.1
        (153, True)
    """
    _check(units, spectral_radius, leak, input_scaling, connectivity, input_connectivity)
    node = require("reservoirpy.nodes", "peers", "the model reservoirpy").Reservoir(
        units,
        lr=leak,
        sr=spectral_radius,
        input_scaling=input_scaling,
        rc_connectivity=connectivity,
        input_connectivity=input_connectivity,
        input_dim=task.channels,
        seed=seed,
    )
    node.initialize(task.train.inputs[0])

    def features(split: Split) -> list[np.ndarray]:
        return [states(x) for x in split.inputs]

    def states(x: np.ndarray) -> np.ndarray:
        node.reset()
        seen = node.run(np.asarray(x, dtype=np.float64))
        return np.concatenate([x, seen], axis=1) if inputs else seen

    found = read_out(task, features, splits, summary=summary, readout=readout)
    return Fitted(
        found.predictions,
        trained=found.numbers,
        # Full matrices come dense, others sparse.
        fixed=sum(int(csr_array(weights).count_nonzero()) for weights in (node.W, node.Win)),
        details={"readout_features": found.features},
        continue_series=_continuing(node, states, found, inputs) if runs_freely(task) else None,
    )


def _check(units: int, radius: float, leak: float, scaling: float, connectivity: float, receiving: float) -> None:
    if units < 3 or radius < 0 or scaling < 0:
        raise AuritaError(
            f"units {units}, spectral_radius {radius}, input_scaling {scaling}; at least 3, 0 and 0 are expected"
        )
    for name, value in (("leak", leak), ("connectivity", connectivity), ("input_connectivity", receiving)):
        if not 0 < value <= 1:
            raise AuritaError(f"{name} is {value}; expected above 0 and at most 1")


class Node(Protocol):
    """What is asked of a node of ReservoirPy."""

    def step(self, x: np.ndarray) -> np.ndarray: ...


def _continuing(
    node: Node, states: Callable[[np.ndarray], np.ndarray], found: ReadOut, inputs: bool
) -> Callable[[Sequence[np.ndarray], int], list[np.ndarray]]:
    coefficients, intercept = found.readout.coef_, found.readout.intercept_

    def go_on(contexts: Sequence[np.ndarray], steps: int) -> list[np.ndarray]:
        return [run_on(context, steps) for context in contexts]

    def run_on(context: np.ndarray, steps: int) -> np.ndarray:
        seen = states(context)[-1]
        predicted = np.empty((steps, len(intercept)))
        # Where the readout sees the inputs, a gain above 1 leaves the range of numbers; that is the model's answer.
        with np.errstate(over="ignore", invalid="ignore"):
            for step in range(steps):
                predicted[step] = seen @ coefficients + intercept
                if not np.all(np.isfinite(predicted[step])):
                    predicted[step:] = np.nan
                    break
                state = node.step(predicted[step])
                seen = np.concatenate([predicted[step], state]) if inputs else state
        return predicted

    return go_on
