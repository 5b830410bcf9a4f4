"""How units learn: objective, selection rule, optimiser, in one frozen description."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar
from warnings import warn

from aurita._jax import optax
from aurita._kinds import saved
from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.learning.partners import Partners
from aurita.learning.rules import Rule, rule_from
from aurita.units.objectives import OBJECTIVES
from aurita.units.unit import at_least, one_of

_BETWEEN_CHECKS = 25
LOSSES = ("squares", "cross_entropy")
OPTIMISERS = {"adam": "scale_by_adam", "rmsprop": "scale_by_rms", "lion": "scale_by_lion", "sgd": "identity"}
"""By name in optax."""

Group = TypeVar("Group")


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """How a gradient becomes a step.

    Attributes:
        name: `adam`, `rmsprop`, `lion` or `sgd`.
        clip: bound on the norm of each unit's gradient.
        decay: whether the learning rate decays to zero along a cosine.

    Raises:
        AuritaError: no such optimiser, or a bound of zero.
    """

    name: str = "adam"
    clip: float = 1.0
    decay: bool = True

    def __post_init__(self) -> None:
        check_fields(self)
        one_of("optimiser", self.name, tuple(OPTIMISERS))
        at_least("clip", self.clip, 1e-12)


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """When learning stops before its last step.

    Where no unit that learns is received each unit stops by itself, at its own best; otherwise all stop at their best
    mean.

    Attributes:
        patience: stop when the held-out local loss has not fallen for this many steps.
        held_out: fraction of the sequences held out, drawn by the seed, and of every class its share where the target
            is one class a sequence; of the end of time, where there are fewer than ten.

    Raises:
        AuritaError: no step to wait, or a fraction out of bounds.
    """

    patience: int = 50
    held_out: float = 0.1

    def __post_init__(self) -> None:
        check_fields(self)
        at_least("patience", self.patience, 1)
        if not 0 < self.held_out < 1:
            raise AuritaError(f"held_out is {self.held_out}; expected a fraction between 0 and 1")


@dataclass(frozen=True, kw_only=True)
class Passages:
    """How passages change while units learn, their own gradients aside.

    Attributes:
        fan_in: afferents that units with a learned passage keep: those that their loss misses least are pruned during
            the first three quarters of the steps; None: units keep the afferents that they have.
        aligned: whether passages follow the units that they receive, so that their inputs stay what they were.
        every: steps between two prunings, or two alignments.
        partners: how units with few afferents choose which sources to receive, on the native engine; None: they receive
            all that their wiring gives them.

    Raises:
        AuritaError: a number below 1.
    """

    fan_in: int | None = None
    aligned: bool = False
    every: int = 25
    partners: Partners | None = None

    def __post_init__(self) -> None:
        if isinstance(self.partners, Mapping):
            object.__setattr__(self, "partners", Partners(**self.partners))
        check_fields(self)
        if self.fan_in is not None:
            at_least("fan_in", self.fan_in, 1)
        at_least("every", self.every, 1)


@saved(lambda given: given.config(), lambda parts: Learning(**from_flat(parts)))
@dataclass(frozen=True, kw_only=True)
class Learning:
    """Settings of local learning.

    Groups may be given as tables too, as a study file has them: `passages={"fan_in": 6}`.

    Attributes:
        objective: `self` (predict one's own next inputs), `target` (predict the broadcast target), `mixed`
            (`target + alpha * self`), `reward` (descend what is broadcast times what one says), `frozen` (learn
            nothing), or `module:Name` of another `Objective`.
        alpha: weight of `self` in `mixed`, or `adaptive`: each unit weighs its two losses by how they fare on sequences
            that it does not learn from (a fifth of them, of blocks of time where there are fewer than ten).
        loss: of the target: `squares`, or `cross_entropy` for one-hot classes.
        rule: which units take a step after a batch: `all`, `largest`, `spaced`, `proportional`, `random`,
            `round_robin`, `module:Name` of another `Rule`, or one with parameters, such as `Spaced(spacing=3)`.
        steps: batches.
        batch: sequences, or segments of longer ones, in a batch.
        segment: steps of a segment; each starts from a state of zeros.
        grow: steps of shorter segments to begin with, ascending: `learn` runs once for each, and last with `segment`,
            with an equal share of the steps and a fresh optimiser. Of sequences of several lengths only those no longer
            than the segment are learnt from, where there are any; otherwise they are cut.
        washout: first steps of a segment at which no self-prediction is scored.
        optimiser: `Optimiser(...)`, or the name of one.
        learning_rate: at the start.
        l2: coefficient of the sum of squared weights in the loss.
        weight_decay: decoupled decay of the weights per step, times the learning rate.
        input_noise: deviation of noise added to the inputs of units while they learn.
        stopping: `EarlyStopping(...)`; None: never early.
        passages: `Passages(...)`.

    Raises:
        AuritaError: values out of bounds, or that do not fit each other.

    Example:
        >>> Learning(objective="target", loss="cross_entropy", steps=100, rule="spaced").rule
        Spaced(by='loss', spacing=2)
    """

    objective: str = "self"
    alpha: float | str = 0.3
    loss: str = "squares"
    rule: Rule | str = "all"
    steps: int = 300
    batch: int = 50
    segment: int = 200
    grow: tuple[int, ...] = ()
    washout: int = 0
    optimiser: Optimiser | str = Optimiser()
    learning_rate: float = 1e-2
    l2: float = 0.0
    weight_decay: float = 0.0
    input_noise: float = 0.0
    stopping: EarlyStopping | None = None
    passages: Passages = Passages()

    @property
    def between_checks(self) -> int:
        """Steps that are taken at a time, before passages change or early stopping is considered."""
        adjusts = self.passages.fan_in is not None or self.passages.aligned
        return min(self.steps, self.passages.every if adjusts else _BETWEEN_CHECKS)

    def __post_init__(self) -> None:
        named = isinstance(self.optimiser, str)
        optimiser = Optimiser(name=self.optimiser) if named else self.optimiser  # type: ignore[arg-type]
        for name, value in {
            "rule": rule_from(self.rule),
            "optimiser": _group(Optimiser, optimiser),
            "stopping": _group(EarlyStopping, self.stopping),
            "passages": _group(Passages, self.passages),
            "objective": OBJECTIVES.name_of(OBJECTIVES.find(self.objective)),
        }.items():
            object.__setattr__(self, name, value)
        check_fields(self)
        one_of("loss", self.loss, LOSSES)
        for name in ("steps", "washout", "learning_rate", "l2", "weight_decay", "input_noise"):
            at_least(name, getattr(self, name), 0)
        if isinstance(self.alpha, str):
            one_of("alpha", self.alpha, ("adaptive",))
        else:
            at_least("alpha", self.alpha, 0)
        at_least("batch", self.batch, 1)
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

    @property
    def needs_targets(self) -> bool:
        """Whether the objective has a broadcast target."""
        return OBJECTIVES.find(self.objective).target

    @property
    def adaptive(self) -> bool:
        """Whether units weigh their two losses themselves."""
        return self.alpha == "adaptive"

    @property
    def selects(self) -> Rule:
        """The selection rule."""
        assert isinstance(self.rule, Rule)
        return self.rule

    @property
    def optimises(self) -> Optimiser:
        """The optimiser and its settings."""
        assert isinstance(self.optimiser, Optimiser)
        return self.optimiser

    def config(self) -> Document:
        """The settings as plain values, to be saved; `Learning(**config)` gives them back."""
        return {**asdict(self), "rule": self.selects.config()}

    def transformation(self) -> "optax.GradientTransformation":
        """The optimiser of one unit, learning rate aside."""
        own = self.optimises
        return optax.chain(optax.clip_by_global_norm(own.clip), getattr(optax, OPTIMISERS[own.name])())


_OLD = {"share": 1.0, "prune_by": "loss", "regrow": 0.0, "regrow_by": "gradient", "age_bias_rate": 10.0}


def from_flat(config: Document) -> Document:
    """Settings from a file, in groups, also where it is of a format that had none.

    Warns:
        UserWarning: what only old versions have, and would matter to a further fit.
    """
    found = dict(config)
    old = {name: found.pop(name, plain) for name, plain in _OLD.items()}
    if isinstance(found.get("rule"), str):
        own = {"spaced": ("by", "spacing"), "largest": ("by",), "proportional": ("by",)}.get(found["rule"], ())
        flat = {name: found.pop(name) for name in ("by", "spacing") if name in found}
        found["rule"] = {"type": found["rule"], **{name: flat[name] for name in own if name in flat}}
    if isinstance(found.get("optimiser"), str):
        kept = {name: found.pop(name) for name in ("clip", "decay") if name in found}
        found["optimiser"] = {"name": found["optimiser"], **kept}
    if "patience" in found:
        stopping = {"patience": found.pop("patience"), "held_out": found.pop("held_out", 0.1)}
        found["stopping"] = None if stopping["patience"] is None else stopping
    places = {"fan_in": "fan_in", "aligned": "aligned", "adjust_every": "every"}
    if moved := {new: found.pop(name) for name, new in places.items() if name in found}:
        found["passages"] = moved
    other = {name: value for name, value in old.items() if value != _OLD[name]}
    prunes = found.get("passages", {}).get("fan_in") is not None
    if other and (prunes or "share" in other or "age_bias_rate" in other):
        warn(f"the file has settings of learning that are no more: {other}; a further fit does without", stacklevel=2)
    return found


def _group(kind: type[Group], given: Group | Mapping[str, object] | None) -> Group | None:
    """A group of settings, also from a table of its fields."""
    if not isinstance(given, Mapping):
        return given
    try:
        return kind(**given)
    except TypeError as error:
        raise AuritaError(f"{kind.__name__} does not take these settings: {error}") from None
