"""Objectives: what a unit learns by its own loss; its own next inputs, a broadcast target, or both.

A loss is a function of one unit's predictions and of its inputs, which are constants, so that no gradient enters
another unit. A new objective is a subclass of `Objective` in one file, anywhere, and a `Learning` or a `Population`
takes it by its name.
"""

from typing import ClassVar, NamedTuple

from aurita._jax import jax, jnp
from aurita._registry import Registry
from aurita._typing import Array, Float
from aurita.errors import AuritaError


class UnitLoss(NamedTuple):
    """The losses of one unit's objectives, zero for those that it does not have."""

    own: Float[Array, "*unit"]
    target: Float[Array, "*unit"]


class Attempt(NamedTuple):
    """What one unit predicted over a batch, and what came; lanes run over time, and over the batch within a step.

    Attributes:
        horizons: steps ahead of the predictions.
        predictions: of the unit's own inputs.
        inputs: of the unit.
        counted: 1 at steps of the sequences, 0 at padding and washout.
        predicted: the target, as the unit predicts it; None where nobody asked.
        target: at the lanes that are scored.
        scored: weights of these lanes.
        batch: sequences.
        relative: whether the unit shapes its inputs itself, by a learned passage.
        loss: of the target: `squares` or `cross_entropy`.
    """

    horizons: tuple[int, ...]
    predictions: Float[Array, "horizon slot lane"]
    inputs: Float[Array, "slot moment"]
    counted: Float[Array, "moment"]
    predicted: Float[Array, "target lane"] | None
    target: Float[Array, "target lane"]
    scored: Float[Array, "lane"]
    batch: int
    relative: bool
    loss: str


class Objective:
    """Base of all objectives; a subclass with a `name` registers itself.

    Attributes:
        name: as settings name it; within the package only.
        own: whether the loss depends on predictions of the unit's own inputs.
        target: whether it depends on those of the broadcast target.
    """

    name: ClassVar[str] = ""
    own: ClassVar[bool] = False
    target: ClassVar[bool] = False

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        OBJECTIVES.register(cls.name)(cls)

    @classmethod
    def evaluate(cls, attempt: Attempt) -> UnitLoss:
        """The losses of one unit."""
        nothing = jnp.zeros(())
        own = own_loss(attempt) if cls.own else nothing
        if not cls.target or attempt.predicted is None:
            return UnitLoss(own, nothing)
        return UnitLoss(own, target_loss(attempt.predicted, attempt.target, attempt.scored, attempt.loss))

    @classmethod
    def total(cls, unit_loss: UnitLoss, alpha: object) -> Float[Array, ""]:
        """The one loss that a unit descends; `alpha` is the weight of `own` beside that of `target`."""
        del alpha
        return unit_loss.own + unit_loss.target


OBJECTIVES: Registry[type[Objective]] = Registry.of_subclasses("objective", Objective)
"""Objectives by name."""


class Self(Objective):
    """Predict one's own next inputs."""

    name = "self"
    own = True


class Target(Objective):
    """Predict the broadcast target."""

    name = "target"
    target = True


class Mixed(Objective):
    """Predict the target, and with a smaller weight one's own next inputs."""

    name = "mixed"
    own = target = True

    @classmethod
    def total(cls, unit_loss: UnitLoss, alpha: object) -> Float[Array, ""]:
        return unit_loss.target + alpha * unit_loss.own


class Reward(Objective):
    """Descend the product of what one's heads say with what is broadcast: the gradient by the sum of all heads.

    Where a loss is a function of the sum of the outputs of all units, this is its gradient, exactly, and each unit
    needs nothing of the others but that sum. For rewards the heads are logits of actions and a value (policy gradients:
    Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning").
    """

    name = "reward"
    target = True

    @classmethod
    def evaluate(cls, attempt: Attempt) -> UnitLoss:
        assert attempt.predicted is not None
        total = attempt.scored.sum()
        mean = attempt.scored / jnp.where(total > 0, total, 1.0)
        return UnitLoss(jnp.zeros(()), ((attempt.predicted * attempt.target).sum(0) * mean).sum())


class Frozen(Objective):
    """Learn nothing."""

    name = "frozen"


def own_loss(attempt: Attempt) -> Float[Array, ""]:
    """Mean square error on the unit's own next inputs; where the unit shapes these, relative to their variance.

    A learned passage could otherwise meet the objective by letting nothing through.
    """
    total = jnp.zeros(())
    inputs, counts = attempt.inputs, attempt.counted
    for prediction, horizon in zip(attempt.predictions, attempt.horizons, strict=True):
        shift = horizon * attempt.batch
        if shift >= inputs.shape[1]:
            continue
        counted = counts[:-shift] * (counts[shift:] > 0)
        truth = inputs[:, shift:]
        size = jnp.maximum(counted.sum(), 1.0)
        error = ((prediction[:, :-shift] - truth) ** 2 * counted).sum(1) / size
        if attempt.relative:
            mean = (truth * counted).sum(1, keepdims=True) / size
            error /= ((truth - mean) ** 2 * counted).sum(1) / size + 1e-6
        total += error.mean() / len(attempt.horizons)
    return total


def target_loss(
    predicted: Float[Array, "target lane"], target: Float[Array, "target lane"], scored: Float[Array, "lane"], kind: str
) -> Float[Array, ""]:
    """Mean over the scored steps of cross-entropy or square error.

    Raises:
        AuritaError: another kind of loss.
    """
    if kind == "cross_entropy":
        each = -(target * jax.nn.log_softmax(predicted, axis=0)).sum(0)
    elif kind == "squares":
        each = ((predicted - target) ** 2).mean(0)
    else:
        raise AuritaError(f"loss is {kind!r}; expected 'squares' or 'cross_entropy'")
    total = scored.sum()
    return (each * scored).sum() / jnp.where(total > 0, total, 1.0)
