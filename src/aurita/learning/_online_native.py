"""On line learning on the native engine: chunks, losses and steps are those of `aurita.learning.online`."""

from typing import NamedTuple

import numpy as np

from aurita._keys import Key, folded, new_key, split
from aurita._typing import Bool, Float, PyTree
from aurita.data.batch import Batch
from aurita.learning._carried_natively import carried_by, carry_on
from aurita.learning._learners import objectives_of
from aurita.learning._native_units import AnyLearners, Lanes, NativeUnits, Share
from aurita.learning._on_native import NativeSteps, noise_of
from aurita.learning._recording import with_sources
from aurita.learning._schedule import Schedule
from aurita.learning._traces import has_past
from aurita.learning._traces_natively import advanced, leaves_of, pasts_of
from aurita.learning.settings import Learning
from aurita.native.learn_kernel import Recorded, with_slack
from aurita.native.running import native_chunk
from aurita.reservoir import Reservoir, State


class Turns(NamedTuple):
    """How local steps are taken.

    Attributes:
        settings: of learning.
        before: steps taken so far.
        steps: to take now.
        rate: learning rate.
        may: who may learn.
        near: who is near whom.
        seed: of rules and noise.
    """

    settings: Learning
    before: int
    steps: int
    rate: float
    may: Bool[np.ndarray, "unit"]
    near: Bool[np.ndarray, "_ _"]
    seed: int

    @property
    def numbers(self) -> list[int]:
        return list(range(self.before, self.before + self.steps))

    @property
    def keys(self) -> list[Key]:
        """Of each step; the rule's is the second of three."""
        return [folded(new_key(self.seed), number) for number in self.numbers]


class Window(NamedTuple):
    """What units learn from: the sources of a chunk after some of the past.

    Attributes:
        sources: of the past and of the chunk.
        lived: steps before the chunk since learning on line began.
        data: the chunk.
        pasts: what units whose memory is no window bring from before it, as a `Standing` has them.
    """

    sources: Float[np.ndarray, "source time batch"]
    lived: int
    data: Batch
    pasts: tuple[object, ...] = ()


def advance(
    reservoir: Reservoir, state: State, data: Batch, features: tuple[str, ...]
) -> tuple[Float[np.ndarray, "time feature batch"], Float[np.ndarray, "source time batch"], State]:
    """Run over a chunk: features, what all sources were, and the state after it."""
    inputs, targets = (np.transpose(np.asarray(part), (1, 2, 0)) for part in (data.inputs, data.targets))
    fed = targets if reservoir.feedback and reservoir.feedback == targets.shape[1] else None
    return native_chunk(reservoir, state, inputs, fed, features)


def learn_window(
    reservoir: Reservoir, carried: tuple[object, ...], window: Window, turns: Turns
) -> tuple[Reservoir, tuple[np.ndarray, ...], tuple[np.ndarray, ...], Float[np.ndarray, "step unit"]]:
    """Local steps on a window: the reservoir after them, what is carried on, pasts for the next one, and losses."""
    units = NativeUnits(reservoir, turns.settings)
    carry_on(units, turns.settings, carried)
    _, total, batch = window.sources.shape
    context = total - window.data.inputs.shape[1]
    reach = max((max(learners.population.unit.horizons) for learners in units.by_gradient), default=0)
    only_target = objectives_of(reservoir, turns.settings) <= {"target", "frozen"}
    first = context if only_target else max(0, context - reach)
    lanes = Lanes(batch, np.array([[first * batch, (total - first) * batch]]), first, sparse=True)
    shared = _shared(units, window, context)
    common = [_own(learners, shared, window, turns.settings, context, reach) for learners in units.learners]
    pasts = pasts_of(units, window.pasts)
    next_pasts = leaves_of(units, advanced(units, pasts, common, batch, total - context))
    for learners, past in zip(units.by_gradient, pasts, strict=True):
        learners.past = past

    def shares(numbers: list[int]) -> list[Share]:
        return [
            Share(i, slice(0, learners.count), [_noisy(own, learners, turns, number) for number in numbers])
            for i, (learners, own) in enumerate(zip(units.learners, common, strict=True))
        ]

    keys = [split(key, 3)[1] for key in turns.keys]
    chosen = units.chosen_blindly(turns.may, keys, turns.numbers)
    if chosen is None:
        losses = np.stack(
            [
                units.step(shares([number]), lanes, key, number, turns.rate, turns.may, turns.near)[0]
                for key, number in zip(keys, turns.numbers, strict=True)
            ]
        )
    else:
        rates = np.full(turns.steps, turns.rate)
        losses = units.run(shares(turns.numbers), lanes, chosen, rates, learn=2)[..., 2]
    return units.reservoir, carried_by(units, turns.settings), next_pasts, losses


def learn_whole(
    reservoir: Reservoir, carried: tuple[PyTree, ...], data: Batch, batches: Schedule, turns: Turns
) -> tuple[Reservoir, tuple[np.ndarray, ...], Float[np.ndarray, "step unit"]]:
    """Local steps on batches of whole sequences, each from a fresh start."""
    settings = turns.settings
    data = with_sources(reservoir, data, settings)
    rates, keys = np.full(turns.steps, turns.rate), np.stack(turns.keys)
    engine = NativeSteps(reservoir, data, settings, batches, turns.seed, rates=rates, keys=keys, first=turns.before)
    carry_on(engine.units, settings, carried)
    losses, _ = engine.run(range(turns.steps), turns.may, turns.near)
    return engine.reservoir, carried_by(engine.units, settings), losses


def _shared(units: NativeUnits, window: Window, context: int) -> Recorded:
    """What all populations share of a window."""
    _, total, batch = window.sources.shape
    sources = with_slack((len(units.used), total * batch))
    sources[:] = window.sources[units.used].reshape(len(units.used), -1)
    targets = np.asarray(window.data.targets)
    target = with_slack((targets.shape[2], total * batch))
    target.reshape(-1, total, batch)[:, context:] = targets.transpose(2, 1, 0)
    scored = with_slack(total * batch)
    weights = np.asarray(window.data.scored, np.float32).T
    scored.reshape(total, batch)[context:] = weights / (weights.sum(dtype=np.float64) or 1.0)
    return Recorded(sources, target, scored, with_slack((0, total * batch)))


def _own(
    learners: AnyLearners, shared: Recorded, window: Window, settings: Learning, context: int, reach: int
) -> Recorded:
    """The window as one population has it."""
    _, total, batch = window.sources.shape
    unit, changes = learners.population.unit, {}
    when = np.arange(total)
    counted = (when >= context - reach) & (when >= context - window.lived)
    if learners.population.learns_by == "regression":
        changes["own"] = with_slack((1, total * batch))
        changes["own"][0] = np.repeat(counted, batch)
    elif (learners.population.objective or settings.objective) in ("self", "mixed"):
        own = with_slack((len(unit.horizons), total * batch))
        for row, horizon in zip(own, unit.horizons, strict=True):
            if horizon < total:
                both = np.repeat(counted[:-horizon] & counted[horizon:], batch)
                row[: both.size] = both / max(both.sum(), 1)
        changes["own"] = own
    if has_past(learners.population) and window.lived < context:
        # A passage's bias would be received before the stream began.
        changes["alive"] = with_slack(total * batch)
        changes["alive"][:] = np.repeat(np.arange(total) >= context - window.lived, batch)
    if unit.masks_start:
        changes["lived"] = with_slack(total * batch)
        changes["lived"][:] = np.repeat(np.arange(total), batch)
    return shared._replace(**changes)


def _noisy(own: Recorded, learners: AnyLearners, turns: Turns, number: int) -> Recorded:
    if not turns.settings.input_noise:
        return own
    return own._replace(noise=noise_of(turns.seed, number, learners.population.unit.slots, len(own.scored)))
