"""Our own reservoirs in a study: attention units, echo units and both, frozen or learning, and trained globally."""

from collections.abc import Callable, Sequence

import numpy as np

from aurita._typing import Document
from aurita.data.batch import Batch
from aurita.engine.running import generate, run, states_of
from aurita.errors import AuritaError
from aurita.learning import Learning, learn, learn_globally
from aurita.reservoir import Population, Reservoir
from aurita.studies.models.fitted import Fitted, ReadOut, read_out, runs_freely, target_by_step
from aurita.tasks import Split, Task
from aurita.units import AttentionUnit, EchoUnit, preset


def reservoir(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    units: int = 12,
    kind: str = "memory",
    unit: Document | None = None,
    passage: str = "learned",
    afferents: int | str | None = "all",
    receives: str = "inputs",
    input_fraction: float = 0.5,
    time_constant: float = 1.0,
    clock: Sequence[float] = (),
    echo: int = 0,
    echo_unit: Document | None = None,
    echo_scale: float = 1.0,
    features: Sequence[str] = ("hidden",),
    learning: Document | None = None,
    summary: str = "times:4",
    readout: str = "ridge",
) -> Fitted:
    """Attention units with echo neurons beside them, and a linear readout of both.

    Args:
        seed: of wiring, weights and batches; the task's data have their own.
        units: attention units; 0 for none.
        kind: preset of the attention units.
        unit: parameters of `AttentionUnit` to set differently; a memory longer than the longest sequence is cut.
        passage: `wired`, `mixed` or `learned`.
        afferents: how many sources an attention unit receives, or `all`.
        receives: `all`, `inputs`, or `earlier`: inputs and the echo neurons, which come first.
        input_fraction: probability that an afferent is an external input.
        time_constant: of leaky slots, 1 for none.
        clock: periods of clock inputs, in steps.
        echo: echo neurons beside the attention units; they receive external inputs and each other.
        echo_unit: parameters of `EchoUnit`, its slots aside.
        echo_scale: deviation of the echo neurons' input weights, times the root of the number of inputs.
        features: what the readout sees of attention units, and `input`; of echo neurons it sees the activations.
        learning: parameters of `Learning`; frozen units by default. The loss follows the task.
        summary: of the states, where a sequence has one target.
        readout: `ridge` or `logistic`.

    Returns:
        Predictions, counts, local losses and, for one-step forecasts, free running.

    Raises:
        AuritaError: parameters that do not fit.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0)
        >>> fitted = reservoir(task, ["test"], units=4, kind="forecast", echo=10)
        >>> fitted.trained, round(task.score(fitted.predictions["test"]), 2)
        (129, 0.02)
    """
    settings = settings_for(task, learning)
    populations = _echoes(echo, echo_unit, echo_scale)
    if units:
        populations.append(
            Population(
                unit=_attention(task, kind, unit),
                units=units,
                passage=passage,
                afferents=None if passage == "wired" else afferents,
                receives=receives,
                input_fraction=input_fraction,
                time_constant=time_constant,
                features=tuple(name for name in features if name != "input"),
            )
        )
    targets = task.outputs if settings.needs_targets else 0
    built = _built(task, populations, clock=clock, targets=targets, seed=seed)
    learnt, losses, updated = built, None, 0
    if settings.objective != "frozen" and units:
        learnt, history = learn(built, batch_of(task), settings, seed=seed)
        losses = history.losses[:, -units:]
        updated = built.parameter_counts()["trained"]
    seen = tuple(dict.fromkeys((*features, *(("output",) if echo else ()))))
    return answered(task, learnt, seen, splits, updated, losses, summary, readout)


def esn(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    units: int = 100,
    spectral_radius: float = 0.9,
    leak: float | Sequence[float] = 0.3,
    input_scaling: float = 1.0,
    bias_scale: float = 0.2,
    connections: int = 10,
    clock: Sequence[float] = (),
    inputs: bool = False,
    summary: str = "times:4",
    readout: str = "ridge",
) -> Fitted:
    """An echo state network of our echo units.

    Args:
        seed: of the weights.
        units: neurons.
        spectral_radius: of the recurrent weights.
        leak: leak rate, or the bounds of log-uniform rates.
        input_scaling: deviation of the input weights, times the root of the number of inputs.
        bias_scale: half-width of the biases.
        connections: recurrent connections into each neuron.
        clock: periods of clock inputs, in steps.
        inputs: whether the readout sees the inputs as well.
        summary: of the states, where a sequence has one target.
        readout: `ridge` or `logistic`.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0)
        >>> round(task.score(esn(task, ["test"], units=50).predictions["test"]), 2)
        0.03
    """
    parameters = {
        "spectral_radius": spectral_radius,
        "leak": leak,
        "bias_scale": bias_scale,
        "connections": connections,
    }
    features = ("input", "output") if inputs else ("output",)
    built = _built(task, _echoes(units, parameters, input_scaling), clock=clock, targets=0, seed=seed)
    return answered(task, built, features, splits, 0, None, summary, readout)


def trained_globally(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    units: int = 12,
    kind: str = "memory",
    unit: Document | None = None,
    passage: str = "learned",
    afferents: int | str | None = "all",
    receives: str = "inputs",
    clock: Sequence[float] = (),
    features: Sequence[str] = ("hidden",),
    learning: Document | None = None,
    truncation: int = 100,
) -> Fitted:
    """The attention units of `reservoir`, trained end to end by truncated backpropagation through time.

    Per-step tasks only. The readout is fitted anew in closed form on the trained states.

    Args:
        task, splits, units, kind, unit, passage, afferents, receives, clock, features: as of `reservoir`.
        seed: of wiring, weights and batches.
        learning: parameters of `Learning`; objective and rule do not apply.
        truncation: steps after which the gradient is cut.
    """
    if not task.per_step:
        raise AuritaError(f"task {task.name} has one target a sequence; `global` learns targets per step")
    settings = settings_for(task, {"objective": "target", **(learning or {})})
    population = Population(
        unit=_attention(task, kind, unit),
        units=units,
        passage=passage,
        afferents=None if passage == "wired" else afferents,
        receives=receives,
    )
    built = _built(task, [population], clock=clock, targets=0, seed=seed)
    batch = batch_of(task)
    learnt, losses = learn_globally(
        built,
        batch.inputs,
        batch.targets,
        settings,
        lengths=batch.lengths,
        scored=batch.scored,
        features=tuple(features),
        truncation=truncation,
        seed=seed,
    )
    fitted = answered(task, learnt, tuple(features), splits, built.parameter_counts()["trained"], None, "last", "ridge")
    fitted.details.update(loss_first=float(losses[0]), loss_last=float(losses[-1]))
    return fitted


def settings_for(task: Task, learning: Document | None) -> Learning:
    loss = "cross_entropy" if task.category in ("classification", "labels") else "squares"
    return Learning(**{"objective": "frozen", "loss": loss, **(learning or {})})


def _attention(task: Task, kind: str, changes: Document | None) -> AttentionUnit:
    longest = max(int(getattr(task, split).lengths.max()) for split in ("train", "validation", "test"))
    unit = preset(kind, **(changes or {}))
    if unit.reach <= longest:
        return unit
    return preset(kind, **{**(changes or {}), "memory": max(1, (longest - 1) // unit.dilation + 1)})


def _echoes(neurons: int, parameters: Document | None, scale: float) -> list[Population]:
    if not neurons:
        return []
    given = dict(parameters or {})
    if isinstance(given.get("leak"), list):
        given["leak"] = tuple(given["leak"])
    unit = EchoUnit(slots=neurons, **given)
    passage: Document = {"passage": "mixed", "afferents": "all", "receives": "inputs", "passage_scale": scale}
    return [Population(unit=unit, units=1, features=("output",), **passage)]


def _built(
    task: Task, populations: Sequence[Population], *, clock: Sequence[float], targets: int, seed: int
) -> Reservoir:
    return Reservoir.build(populations, inputs=task.channels, clock=clock, targets=targets, seed=seed)


def batch_of(task: Task) -> Batch:
    """Training sequences with their targets per step; one a sequence is asked at its last step."""
    inputs, lengths = task.train.padded()
    targets, scored = target_by_step(task, task.train)
    return Batch.of(inputs, lengths, targets, scored)


def answered(
    task: Task,
    learnt: Reservoir,
    features: tuple[str, ...],
    splits: Sequence[str],
    updated: int,
    losses: np.ndarray | None,
    summary: str,
    readout: str,
    penalty: float | None = None,
) -> Fitted:
    """What a reservoir answers, read out by a readout that is fitted on its states."""

    def states(split: Split) -> list[np.ndarray]:
        return states_of(learnt, Batch.of(*split.padded()), features)

    def at_scored(split: Split) -> list[np.ndarray]:
        return states_of(learnt, Batch.of(*split.padded()), features, split.scored_steps())

    found = read_out(task, states, splits, summary=summary, readout=readout, penalty=penalty, at_scored=at_scored)
    counts = learnt.parameter_counts()
    return Fitted(
        found.predictions,
        trained=updated + found.numbers,
        fixed=counts["trained"] + counts["fixed"] - updated,
        losses=losses,
        details={"readout_features": found.features, "trained_in_units": updated},
        continue_series=_continuing(task, learnt, features, found),
    )


def _continuing(
    task: Task, learnt: Reservoir, features: tuple[str, ...], found: ReadOut
) -> Callable[[Sequence[np.ndarray], int], list[np.ndarray]] | None:
    if not runs_freely(task):
        return None

    def go_on(contexts: Sequence[np.ndarray], steps: int) -> list[np.ndarray]:
        predicted = []
        for context in contexts:
            seen, state = run(learnt, context[None], features=features)
            first = found.readout.predict(seen[0, -1:])
            coefficients, intercept = found.readout.coef_, found.readout.intercept_
            predicted.append(generate(learnt, state, coefficients, intercept, first, steps, features=features)[0])
        return predicted

    return go_on
