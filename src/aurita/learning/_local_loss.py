"""The local loss of one unit, a function of its own weights alone.

The outputs of the sources are constants: no gradient enters another unit, and none runs back in time beyond the
unit's own memory. So learning is a supervised problem over the windows of all steps, parallel over time. What a leaky
slot holds of earlier steps is such a memory too: a learned passage follows it back for as many steps as the unit's
memory is long, and what came before is a constant.
"""

from typing import NamedTuple

from aurita._jax import jax, jnp
from aurita._typing import Array, Bool, Document, Float, Int
from aurita.learning._traces import Past, start_of
from aurita.learning.settings import Learning
from aurita.reservoir import Population, Weights, apply_passage
from aurita.units.lanes import at_steps
from aurita.units.objectives import OBJECTIVES, Attempt, Objective, UnitLoss

START = 1.0
"""The weight of `self` before a unit has weighed its losses itself."""


class RecordedBatch(NamedTuple):
    """A recorded batch; lanes run over time, and over the batch within a step.

    Attributes:
        sources: outputs of all sources.
        counted: 1 at steps of the sequences, 0 at padding and washout.
        target: the broadcast target at the steps `at`; no channels where there is none.
        scored: weights of those steps.
        batch: sequences.
        at: the only steps at which the objective scores; None for all.
        parts: what each unit learns from; None: from everything.
        lived: 0 at steps before a stream began; None where all are lived.
        pasts: by population, what its units have received before the batch, unit first; empty where nothing was.
    """

    sources: Float[Array, "source time*batch"]
    counted: Float[Array, "time*batch"]
    target: Float[Array, "target lane"]
    scored: Float[Array, "lane"]
    batch: int
    at: tuple[int, ...] | None = None
    parts: Bool[Array, "unit time*batch"] | None = None
    lived: Float[Array, "time*batch"] | None = None
    pasts: tuple[Past | None, ...] = ()

    def only(self, part: Bool[Array, "time*batch"] | None) -> "RecordedBatch":
        """The same, where nothing but this part counts."""
        if part is None:
            return self
        asked = part if self.at is None else at_steps(part[None], self.batch, self.at)[0]
        return self._replace(counted=self.counted * part, scored=self.scored * asked, parts=None)


def local_loss(
    weights: Weights,
    population: Population,
    afferents: Int[Array, "afferent"],
    recording: RecordedBatch,
    settings: Learning,
    key: Array,
    part: Bool[Array, "time*batch"] | None = None,
    alpha: Float[Array, ""] | None = None,
    past: Past | None = None,
) -> Float[Array, ""]:
    """Loss of one unit, whose weights have no unit axis.

    Args:
        part: of the batch that it learns from; everything by default.
        alpha: its own weight of `self` in `mixed`, that of the settings by default.
        past: what it received before the batch; nothing by default.
    """
    unit_loss, _ = evaluate(weights, population, afferents, recording, settings, key, part, past)
    return total_loss(unit_loss, weights, population, settings, alpha)


def evaluate(
    weights: Weights,
    population: Population,
    afferents: Int[Array, "afferent"],
    recording: RecordedBatch,
    settings: Learning,
    key: Array,
    part: Bool[Array, "time*batch"] | None = None,
    past: Past | None = None,
) -> tuple[UnitLoss, UnitLoss]:
    """Losses of the objectives of one unit on its part of a batch, and on the rest of it."""
    unit, objective = population.unit, objective_of(population, settings)
    learned = population.passage == "learned"
    inputs = unit_inputs(weights, afferents, recording, unit.reach if learned else None)
    noisy = inputs
    if settings.input_noise:
        noisy = inputs + settings.input_noise * jax.random.normal(key, inputs.shape)
    asked: Document = {"targets": objective.target, "at": recording.at}
    if past is not None:
        # Silent before the stream began: a passage's bias would be received there.
        noisy, asked["start"] = noisy * recording.lived, start_of(weights, past)
    _, predictions, predicted = unit.respond(weights.unit, noisy, recording.batch, **asked)

    def losses(recording: RecordedBatch) -> UnitLoss:
        return objective.evaluate(
            Attempt(
                horizons=unit.horizons,
                predictions=predictions,
                inputs=inputs,
                counted=recording.counted,
                predicted=predicted,
                target=recording.target,
                scored=recording.scored,
                batch=recording.batch,
                relative=learned,
                loss=settings.loss,
            )
        )

    return losses(recording.only(part)), losses(recording.only(None if part is None else ~part))


def objective_of(population: Population, settings: Learning) -> type[Objective]:
    """What the units of a population learn."""
    return OBJECTIVES.find(population.objective or settings.objective)


def total_loss(
    unit_loss: UnitLoss,
    weights: Weights,
    population: Population,
    settings: Learning,
    alpha: Float[Array, ""] | None = None,
) -> Float[Array, ""]:
    """The one loss that a unit descends."""
    fixed = START if isinstance(settings.alpha, str) else settings.alpha
    total = objective_of(population, settings).total(unit_loss, fixed if alpha is None else alpha)
    if settings.l2:
        total += settings.l2 * sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(weights))
    return total


def unit_inputs(
    weights: Weights, afferents: Int[Array, "afferent"], recording: RecordedBatch, reach: int | None = None
) -> Float[Array, "slot time*batch"]:
    """Inputs of one unit: its passage applied to its afferents, low-passed where slots leak.

    Args:
        reach: steps of what a slot holds that the gradient follows back; all by default.
    """
    lanes = jax.tree.map(lambda leaf: leaf[..., None], weights)
    inputs = apply_passage(lanes, recording.sources[afferents])
    if weights.rates is None:
        return inputs
    slots = inputs.shape[0]
    rates = jnp.broadcast_to(weights.rates[:, None, None], (slots, inputs.shape[1] // recording.batch, recording.batch))
    held = _low_pass(rates, inputs.reshape(rates.shape))
    if reach is not None and reach < held.shape[1]:
        before = jnp.pad(held, ((0, 0), (reach, 0), (0, 0)))[:, : held.shape[1]]
        held -= (1 - rates) ** reach * (before - jax.lax.stop_gradient(before))
    return held.reshape(slots, -1)


def _low_pass(rates: Float[Array, "slot time batch"], inputs: Float[Array, "slot time batch"]) -> Array:
    """`y(t) = (1 - r) y(t-1) + r x(t)` for all steps at once."""

    def combine(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
        return first[0] * second[0], second[0] * first[1] + second[1]

    return jax.lax.associative_scan(combine, (1 - rates, rates * inputs), axis=1)[1]
