"""How units learn: objective, selection rule, optimiser, in one frozen description."""

from dataclasses import asdict, dataclass
from typing import Any
from warnings import warn

from aurita._jax import optax
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.learning.rules import BLIND, MEASURES, RULES
from aurita.reservoir import OBJECTIVES
from aurita.units.unit import at_least, one_of

LOSSES = ("squares", "cross_entropy")
OPTIMISERS = {"adam": "scale_by_adam", "rmsprop": "scale_by_rms", "lion": "scale_by_lion", "sgd": "identity"}
"""By name in optax."""

_OLD = {"share": 1.0, "prune_by": "loss", "regrow": 0.0, "regrow_by": "gradient"}


@dataclass(frozen=True, kw_only=True)
class Learning:
    """Settings of local learning.

    Attributes:
        objective: `self` (predict one's own next inputs), `target` (predict the broadcast target), `mixed`
            (`target + alpha * self`) or `frozen` (learn nothing).
        rule: which units take a step after a batch: `all`, `largest`, `spaced`, `proportional`, `random` or
            `round_robin`.
        by: what `largest`, `spaced` and `proportional` rank units by: `loss`, `progress` (its recent fall) or
            `reducible` (what of it can still fall).
        spacing: least graph distance between the units that `spaced` takes.
        alpha: weight of `self` in `mixed`, or `adaptive`: each unit weighs its two losses by how they fare on sequences
            that it does not learn from (a fifth of them, of blocks of time where there are fewer than
            ten).
        loss: of the target: `squares`, or `cross_entropy` for one-hot classes.
        steps: batches.
        batch: sequences, or segments of longer ones, in a batch.
        segment: steps of a segment; each starts from a state of zeros.
        grow: steps of shorter segments to begin with, ascending: `learn` runs once for each, and last with `segment`,
            with an equal share of the steps and a fresh optimiser. Of sequences of several lengths only those no longer
            than the segment are learnt from, where there are any; otherwise they are cut.
        washout: first steps of a segment that no self-prediction is judged at.
        optimiser: `adam`, `rmsprop`, `lion` or `sgd`.
        learning_rate: at the start; it decays to zero along a cosine.
        decay: whether the learning rate decays.
        age_bias_rate: factor on the learning rate of age biases.
        clip: bound on the norm of each unit's gradient.
        l2: coefficient of the sum of squared weights in the loss.
        weight_decay: decoupled decay of the weights per step, times the learning rate.
        input_noise: deviation of noise added to what units hear while they learn.
        patience: stop when the held-out local loss has not fallen for this many steps; None: never. Where no unit that
            learns is heard each unit stops by itself, at its own best; otherwise all stop at their best mean.
        held_out: fraction of the sequences held out for `patience`, drawn by the seed, and of every class its share
            where the target is one class a sequence; of the end of time, where there are fewer than ten.
        fan_in: afferents that units with a learned passage keep: those that their loss misses least are pruned during
            the first three quarters of the steps; None: units keep the afferents that they have.
        aligned: whether passages follow the units that they hear, so that what is heard stays what it was.
        adjust_every: steps between two prunings, or two alignments, of passages.

    Example:
        >>> Learning(objective="target", loss="cross_entropy", steps=100).rule
        'all'
    """

    objective: str = "self"
    rule: str = "all"
    by: str = "loss"
    spacing: int = 2
    alpha: float | str = 0.3
    loss: str = "squares"
    steps: int = 300
    batch: int = 50
    segment: int = 200
    grow: tuple[int, ...] = ()
    washout: int = 0
    optimiser: str = "adam"
    learning_rate: float = 1e-2
    decay: bool = True
    age_bias_rate: float = 10.0
    clip: float = 1.0
    l2: float = 0.0
    weight_decay: float = 0.0
    input_noise: float = 0.0
    patience: int | None = None
    held_out: float = 0.1
    fan_in: int | None = None
    aligned: bool = False
    adjust_every: int = 25

    def __post_init__(self) -> None:
        check_fields(self)
        one_of("objective", self.objective, OBJECTIVES)
        one_of("rule", self.rule, tuple(RULES))
        one_of("loss", self.loss, LOSSES)
        one_of("optimiser", self.optimiser, tuple(OPTIMISERS))
        for name in (
            "steps",
            "washout",
            "learning_rate",
            "age_bias_rate",
            "l2",
            "weight_decay",
            "input_noise",
        ):
            at_least(name, getattr(self, name), 0)
        if isinstance(self.alpha, str):
            one_of("alpha", self.alpha, ("adaptive",))
        else:
            at_least("alpha", self.alpha, 0)
        one_of("by", self.by, tuple(MEASURES))
        if self.by != "loss" and self.rule in BLIND:
            raise AuritaError(
                f"by is {self.by!r} and rule {self.rule!r} ranks nothing; "
                "use rule='largest', 'spaced' or 'proportional'"
            )
        for name in ("spacing", "batch", "adjust_every"):
            at_least(name, getattr(self, name), 1)
        if self.fan_in is not None:
            at_least("fan_in", self.fan_in, 1)
        at_least("clip", self.clip, 1e-12)
        at_least("segment", self.segment, 2)
        if list(self.grow) != sorted(set(self.grow)) or not all(2 <= size < self.segment for size in self.grow):
            raise AuritaError(
                f"grow is {self.grow} and segment is {self.segment}; "
                "expected ascending steps from 2 on, all below segment"
            )
        if self.washout >= min((self.segment, *self.grow)):
            raise AuritaError(
                f"washout is {self.washout} and segment is {self.segment}; "
                "expected a shorter washout, or no step of a segment counts"
            )
        if self.patience is not None:
            at_least("patience", self.patience, 1)
            if not 0 < self.held_out < 1:
                raise AuritaError(f"held_out is {self.held_out}; expected a fraction between 0 and 1")

    @property
    def needs_targets(self) -> bool:
        """Whether the objective has a broadcast target."""
        return self.objective in ("target", "mixed")

    @property
    def adaptive(self) -> bool:
        """Whether units weigh their two losses themselves."""
        return self.alpha == "adaptive"

    def config(self) -> dict[str, Any]:
        """The settings as plain values, to be saved."""
        return asdict(self)

    def transformation(self) -> "optax.GradientTransformation":
        """The optimiser of one unit, learning rate aside."""
        return optax.chain(optax.clip_by_global_norm(self.clip), getattr(optax, OPTIMISERS[self.optimiser])())


def without_old(config: dict[str, Any]) -> dict[str, Any]:
    """Settings from a file, less those that only old versions have.

    Warns:
        UserWarning: what is left out would matter to a further fit.
    """
    old = {name: config[name] for name in _OLD if config.get(name, _OLD[name]) != _OLD[name]}
    if old and (config.get("fan_in") is not None or "share" in old):
        warn(f"the file has settings of learning that are no more: {old}; a further fit does without", stacklevel=2)
    return {name: value for name, value in config.items() if name not in _OLD}
