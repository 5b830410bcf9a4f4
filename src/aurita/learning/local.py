"""Local learning, the five steps: run a batch with frozen weights; every unit's loss; the rule names units; they alone
take an optimiser step on their own loss; go on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from aurita._kinds import saved
from aurita._typing import Bool, Float, Int, UInt
from aurita._words import counted
from aurita.data.batch import Batch
from aurita.errors import AuritaError
from aurita.learning._growing import stages
from aurita.learning._learners import check_objectives, objectives_of, who_may
from aurita.learning._native_units import learns_natively
from aurita.learning._on_jax import OnJax
from aurita.learning._on_native import OnNative
from aurita.learning._parts import with_parts
from aurita.learning._recording import depends_on_learners, recorded, with_sources
from aurita.learning._schedule import Schedule, cut, schedule
from aurita.learning._schedule import drawn as drawn_batch
from aurita.learning._weighing import MOST_WHERE_WEIGHED
from aurita.learning.alignment import realigned, refuse_wired_listeners
from aurita.learning.batches import as_data, hold_out
from aurita.learning.callbacks import current_callback
from aurita.learning.passage import Masks, Ranks, compacted, prunable, pruned, spaces
from aurita.learning.settings import Learning
from aurita.learning.stopping import Stopping
from aurita.progress import counting
from aurita.reservoir import Reservoir

_PRUNED_BY = 0.75


@saved()
class History(NamedTuple):
    """What happened while a reservoir learnt.

    Attributes:
        losses: local loss of every unit at every step; NaN for units that have none, and where a batch held nothing of
            a unit's part.
        selected: which units took a step.
        held_out: mean held-out local loss at each check, with `patience`; empty otherwise.
        held_out_units: of every unit, NaN for those that do not learn by gradient; empty without `patience`.
        partners: changes of partners, rows of (step, unit, source dropped, source opened), -1 for none.
    """

    losses: Float[np.ndarray, "step unit"]
    selected: Bool[np.ndarray, "step unit"]
    held_out: Float[np.ndarray, "check"]
    held_out_units: Float[np.ndarray, "check each"] = np.zeros((0, 0))
    partners: Int[np.ndarray, "change 4"] = np.zeros((0, 4), np.int64)

    def __repr__(self) -> str:
        steps, units = self.losses.shape
        known = [f"{np.nanmean(row):.4g}" for row in self.losses if np.isfinite(row).any()]
        course = f", mean local loss {known[0]} to {known[-1]}" if known else ""
        return f"History({counted(steps, 'step')} of {counted(units, 'unit')}{course})"


@runtime_checkable
class Steps(Protocol):
    """Steps of learning of all units of a reservoir, on one of the engines.

    Attributes:
        keys: of each step.
        size: steps at a time.
    """

    keys: UInt[np.ndarray, "step 2"]
    size: int

    @property
    def reservoir(self) -> Reservoir:
        """As it is now."""

    @property
    def partners(self) -> Int[np.ndarray, "change 4"]:
        """Changes of partners, as of `History`."""

    def run(
        self, steps: range, may: Bool[np.ndarray, "unit"], near: Bool[np.ndarray, "_ _"], masks: Masks | None
    ) -> tuple[Float[np.ndarray, "step unit"], Bool[np.ndarray, "step unit"]]:
        """Take some steps; losses before each, and who took it.

        Args:
            steps: which.
            may: who may learn.
            near: who is near whom, where the rule asks.
            masks: where passages learn, as `silence` had them.
        """

    def put(self, reservoir: Reservoir, /) -> None:
        """Go on from these weights."""

    def importance(self, batch: Schedule, masks: Masks) -> tuple[Ranks | None, ...]:
        """How much each unit's loss on a batch would rise without each of its afferents; None where no mask is."""

    def silence(self, masks: Masks, /) -> None:
        """Weights and moments of afferents that are not received are zero from now on."""

    def held_out(self) -> Float[np.ndarray, "unit"]:
        """Local loss of every unit on the sequences that were held out."""


def learn(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"] | Batch,
    settings: Learning | None = None,
    *,
    lengths: np.ndarray | None = None,
    targets: Float[np.ndarray, "batch time target"] | None = None,
    scored: Bool[np.ndarray, "batch time"] | None = None,
    only: Bool[np.ndarray, "unit"] | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Reservoir, History]:
    """Let the units of a reservoir learn, each on its own.

    Args:
        reservoir: what learns; it is not changed.
        inputs: sequences, padded at their ends; or a `Batch`, which has lengths, targets and scored steps with it.
        settings: how; `Learning()` by default.
        lengths: steps of each sequence.
        targets: the target that is broadcast to all units, for the objectives `target` and `mixed`; one-hot for
            `cross_entropy`. Fed back too, one step late, where the reservoir has as many feedback channels.
        scored: steps at which the target counts; all by default.
        only: units that may learn, of all populations; all that can by default. The others cost next to nothing.
        seed: of batches, rules and noise.
        progress: called with steps done and steps in all.

    Returns:
        The reservoir that has learnt, and the history.

    Raises:
        AuritaError: inputs, targets or settings that do not fit the reservoir.

    Source: design.md, "Local learning".

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Learning, Population, Reservoir, learn
        >>> wave = np.sin(np.arange(60) / 3)[None, :, None]
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=4)], inputs=1)
        >>> reservoir, history = learn(reservoir, wave, Learning(steps=50))
        >>> bool(history.losses[-1].mean() < history.losses[0].mean())
        True
    """
    settings = settings or Learning()
    check_objectives(reservoir, settings)
    data = as_data(reservoir, inputs, lengths, targets, scored, needs_targets=settings.needs_targets)
    if settings.grow:
        return _growing(reservoir, data, settings, only, seed, progress or current_callback())
    may = who_may(reservoir, only)
    units = reservoir.units
    if settings.objective == "frozen" or settings.steps == 0 or not may.any():
        return reservoir, History(np.zeros((0, units)), np.zeros((0, units), bool), np.zeros(0))
    if settings.passages.aligned:
        refuse_wired_listeners(reservoir)
    fan_in = settings.passages.fan_in
    masks = None if fan_in is None else prunable(reservoir, fan_in)
    held = None
    if settings.stopping is not None:
        data, held = hold_out(data, settings.stopping.held_out, seed)
        held = with_sources(reservoir, held, settings)
    weighs = settings.adaptive and "mixed" in objectives_of(reservoir, settings)
    data = with_sources(reservoir, with_parts(data, MOST_WHERE_WEIGHED if weighs else 1.0, units, seed), settings)
    batches = schedule(data, settings, objectives_of(reservoir, settings), seed)
    progress = counting("units learn", progress or current_callback())
    native = learns_natively(reservoir, settings)
    if settings.passages.partners is not None and not native:
        raise AuritaError(
            "partners are chosen on the native engine only, which was not built, was not asked for, or does not cover "
            "what is to learn; use units that it covers, and no fan_in"
        )
    engine = (OnNative if native else OnJax)(reservoir, data, held, settings, batches, seed)
    return _fitted(engine, data, settings, may, masks, held is not None, progress)


def _growing(
    reservoir: Reservoir,
    given: Batch,
    settings: Learning,
    only: np.ndarray | None,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Reservoir, History]:
    """One run of learning after the other, of longer and longer segments."""
    parts: list[History] = []
    done = 0
    for stage, (now, sequences) in enumerate(stages(given, settings)):

        def so_far(step: int, _: int, done: int = done) -> None:
            if progress is not None:
                progress(done + step, settings.steps)

        reservoir, history = learn(reservoir, sequences, now, only=only, seed=seed + stage, progress=so_far)
        parts.append(history)
        done += now.steps
    return reservoir, History(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _fitted(
    engine: Steps,
    data: Batch,
    settings: Learning,
    may: Bool[np.ndarray, "unit"],
    masks: Masks | None,
    checks: bool,
    progress: Callable[[int, int], None] | None,
) -> tuple[Reservoir, History]:
    """The reservoir after all steps, some at a time: between them passages change, and early stopping is considered."""
    drawn, passages = engine.reservoir, settings.passages
    stopping = None
    if checks and settings.stopping is not None:
        stopping = Stopping(drawn, may, settings.stopping.patience, alone=not depends_on_learners(drawn))
    losses, selected, still = [], [], may
    pruning = masks is not None
    for start in range(0, settings.steps, engine.size):
        done, before = min(start + engine.size, settings.steps), engine.reservoir
        spacing = settings.selects.spacing
        near = spaces(before, masks) < spacing if spacing else np.zeros((0, 0), bool)
        some_losses, some_selected = engine.run(range(start, done), still, near, masks)
        losses.append(some_losses)
        selected.append(some_selected)
        if passages.aligned:
            engine.put(
                realigned(before, engine.reservoir, *_reference(before, data, settings, engine.keys[0]), masks=masks)
            )
        if pruning and masks is not None and passages.fan_in is not None:
            part = 1.0 if done >= settings.steps else done / (_PRUNED_BY * settings.steps)
            pruning = part < 1
            batch = drawn_batch(data, replace(settings, input_noise=0.0, l2=0.0), engine.keys[done - 1])
            masks = pruned(drawn, masks, engine.importance(batch, masks), passages.fan_in, part=part)
            engine.silence(masks)
        if progress is not None:
            progress(done, settings.steps)
        # What is not pruned yet is not what was asked for, however well it does.
        if stopping is None or pruning:
            continue
        still = stopping.check(engine.reservoir, engine.held_out(), done)
        if not still.any():
            break
    learnt, history = _finished(drawn, engine.reservoir, stopping, losses, selected, may)
    history = history._replace(partners=engine.partners)
    return learnt if masks is None else compacted(learnt, masks), history


def _reference(
    reservoir: Reservoir, data: Batch, settings: Learning, key: object
) -> tuple[Float[np.ndarray, "source time batch"], Bool[np.ndarray, "time batch"]]:
    """What all sources are over the batch by which new outputs are mapped to old ones: always the same one."""
    batch = cut(data, settings, drawn_batch(data, settings, key))
    when = np.arange(batch.inputs.shape[1])[:, None]
    return recorded(reservoir, batch), (when < batch.lengths) & (when >= settings.washout)


def _finished(
    drawn: Reservoir,
    learnt: Reservoir,
    stopping: Stopping | None,
    losses: list[np.ndarray],
    selected: list[np.ndarray],
    may: np.ndarray,
) -> tuple[Reservoir, History]:
    """The best reservoir, and what happened on the way to it."""
    checks = np.zeros((0, drawn.units)) if stopping is None else np.array(stopping.checks)
    mean = checks[:, ~np.isnan(checks).all(0)].mean(1) if len(checks) else np.zeros(0)
    history = History(np.concatenate(losses), np.concatenate(selected), mean, checks)
    history.losses[:, ~may] = np.nan
    return (stopping.best if stopping is not None and stopping.checks else learnt), history
