"""Selection rules: which units take a gradient step after a batch, and what they are ranked by.

A rule is called with one number a unit, its loss by default, with who may learn at all, who is near whom in the graph,
a key and the number of the step; it returns a mask over the units. What units may be ranked by instead is a measure of
how they learnt so far, made of running statistics of their losses. A new rule is a subclass of `Rule` in one file,
anywhere, and `Learning(rule=...)` takes it, an object of it, or its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from aurita._jax import jax, jnp, library_of
from aurita._keys import categorical
from aurita._registry import Registry
from aurita._tree import mapped
from aurita._typing import Array, Bool, Document, Float, Int
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.units.unit import at_least, one_of

Mask = Bool[Array, "unit"]
Number = Int[Array, ""] | int

_NEXT_TO_NOTHING = 1e-30


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Base of all selection rules; a subclass registers itself, within the package by its `name`.

    Attributes:
        by: what units are ranked by: `loss`, `progress` (its recent fall) or `reducible` (what of it can still fall).
        ranks: whether the rule looks at that number at all; it is 0 for all units otherwise.
        draws: whether the rule uses its key.
        spacing: units at a smaller graph distance than this are near each other; 0: the rule does not ask.
        native: whether the rule computes with arrays of numpy as with those of JAX, and names the same units.

    Example:
        >>> rule_from("spaced")
        Spaced(by='loss', spacing=2)
    """

    name: ClassVar[str] = ""
    by: ClassVar[str] = "loss"
    ranks: ClassVar[bool] = False
    draws: ClassVar[bool] = False
    native: ClassVar[bool] = False
    spacing: ClassVar[int] = 0

    def __init_subclass__(cls, abstract: bool = False, **options: object) -> None:
        super().__init_subclass__(**options)
        if not abstract:
            RULES.register(cls.name)(cls)

    def __post_init__(self) -> None:
        check_fields(self)

    def __call__(
        self, losses: Float[Array, "unit"], may: Mask, near: Bool[Array, "_ _"], key: object, step: Number
    ) -> Mask:
        """Which units take a step.

        Args:
            losses: what units are ranked by.
            may: who may learn at all.
            near: who is near whom.
            key: of what is drawn.
            step: its number.

        Returns:
            A mask over the units, False for all that may not learn.
        """
        raise NotImplementedError

    def config(self) -> Document:
        """The rule as plain values, to be saved."""
        return {"type": RULES.name_of(type(self)), **asdict(self)}


def named_by(
    rule: Rule, losses: Float[Array, "unit"], may: Mask, near: Bool[Array, "_ _"], key: object, step: Number
) -> Mask:
    """Which units a rule names, as `Rule.__call__` says it.

    Raises:
        AuritaError: the rule cannot work with these arrays.
    """
    try:
        return rule(losses, may, near, key, step)
    except AuritaError:
        raise
    except Exception as error:
        own, library = type(rule).__name__, "numpy" if isinstance(may, np.ndarray) else "JAX"
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        also = ", and with native = True those of numpy as well" if rule.native else ""
        raise AuritaError(
            f"the rule {own} cannot choose on arrays of {library} ({reason}); a rule has to work on arrays of JAX"
            f"{also}: take the functions of jax.numpy where it is given arrays of JAX, and change no array in place"
        ) from error


RULES: Registry[type[Rule]] = Registry.of_subclasses("rule", Rule)
"""Rules by name."""


def rule_from(given: object) -> Rule:
    """The rule that is meant by a rule itself, its class, its name, or what `config` gave.

    Raises:
        AuritaError: no such rule, or parameters that it does not have.
    """
    if isinstance(given, Rule):
        return given
    parameters = dict(given) if isinstance(given, Mapping) else {"type": given}
    kind = RULES.find(parameters.pop("type", None))
    try:
        made: Rule = kind(**parameters)
    except TypeError as error:
        raise AuritaError(f"a rule {kind.name or kind.__name__!r} does not take these parameters: {error}") from None
    return made


@dataclass(frozen=True, kw_only=True)
class Everyone(Rule):
    """All units at once."""

    name = "all"
    native = True

    def __call__(self, losses: object, may: Mask, near: Array, key: Array, step: Number) -> Mask:
        del losses, near, key, step
        return may


@dataclass(frozen=True, kw_only=True)
class Ranked(Rule, abstract=True):
    """Base of the rules that rank units.

    Attributes:
        by: what units are ranked by.
    """

    by: str = "loss"  # type: ignore[misc]
    ranks = native = True

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("by", self.by, tuple(MEASURES))


@dataclass(frozen=True, kw_only=True)
class Largest(Ranked):
    """The one unit with the largest loss."""

    name = "largest"

    def __call__(self, losses: Float[Array, "unit"], may: Mask, near: Array, key: Array, step: Number) -> Mask:
        del near, key, step
        xp = library_of(losses)
        return _one(xp.argmax(xp.where(may, losses, -np.inf)), may)


@dataclass(frozen=True, kw_only=True)
class Spaced(Ranked):
    """Largest losses first, every further unit not near any of those taken.

    Attributes:
        by: what units are ranked by.
        spacing: least graph distance between the units that take a step.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> chain = jnp.abs(jnp.arange(4)[:, None] - jnp.arange(4)) < 2
        >>> losses, may = jnp.array([1.0, 4.0, 3.0, 2.0]), jnp.ones(4, bool)
        >>> Spaced()(losses, may, chain, jax.random.key(0), jnp.array(0)).tolist()
        [False, True, False, True]
    """

    name = "spaced"
    spacing: int = 2  # type: ignore[misc]

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("spacing", self.spacing, 1)

    def __call__(
        self, losses: Float[Array, "unit"], may: Mask, near: Bool[Array, "_ _"], key: object, step: Number
    ) -> Mask:
        del key, step
        xp = library_of(losses)
        order = xp.argsort(-xp.where(may, losses, -np.inf), **({"kind": "stable"} if xp is np else {}))
        if xp is np:
            chosen = np.zeros_like(may)
            for unit in order:
                chosen[unit] = may[unit] and not (chosen & near[unit]).any()
            return chosen

        def consider(i: Array, taken: Mask) -> Mask:
            unit = order[i]
            free = may[unit] & ~jnp.any(taken & near[unit])
            return taken.at[unit].set(free)

        return jax.lax.fori_loop(0, len(losses), consider, jnp.zeros_like(may))


@dataclass(frozen=True, kw_only=True)
class Proportional(Ranked):
    """One unit, drawn with probability proportional to its loss; what is below zero counts as next to nothing."""

    name = "proportional"
    draws = True

    def __call__(self, losses: Float[Array, "unit"], may: Mask, near: Array, key: Array, step: Number) -> Mask:
        del near, step
        xp = library_of(losses)
        losses = xp.where(may, xp.maximum(losses, 0.0), 0.0)
        logits = xp.log(losses / xp.where(losses.max() > 0, losses.max(), 1.0) + _NEXT_TO_NOTHING)
        return _one(_drawn(key, xp.where(may, logits, -np.inf)), may)


@dataclass(frozen=True, kw_only=True)
class Random(Rule):
    """One unit, any."""

    name = "random"
    draws = native = True

    def __call__(self, losses: Float[Array, "unit"], may: Mask, near: Array, key: Array, step: Number) -> Mask:
        del near, step
        xp = library_of(losses)
        return _one(_drawn(key, xp.where(may, xp.zeros_like(losses), -np.inf)), may)


@dataclass(frozen=True, kw_only=True)
class RoundRobin(Rule):
    """One unit after the other, in order."""

    name = "round_robin"
    native = True

    def __call__(self, losses: object, may: Mask, near: Array, key: Array, step: Number) -> Mask:
        del losses, near, key
        xp = library_of(may)
        turn = step % xp.maximum(may.sum(), 1)
        return may & (xp.cumsum(may) - 1 == turn)


class Course(NamedTuple):
    """How the losses of units went over the steps that they took.

    Attributes:
        fast: running mean of the loss over the last steps.
        slow: running mean over more of them.
        lasting: what is left of the loss after own steps: an estimate of what cannot be learnt.
    """

    fast: Float[Array, "unit"]
    slow: Float[Array, "unit"]
    lasting: Float[Array, "unit"]

    @staticmethod
    def unknown(units: int) -> "Course":
        """Of units whose losses are not known yet."""
        return Course(*(np.full(units, begun, np.float32) for begun in (np.nan, np.nan, 0.0)))

    def met(self, losses: Float[Array, "unit"]) -> "Course":
        """The same, where units without a past begin: as if their loss had just halved, so that each is tried."""
        xp = library_of(losses)
        new = xp.isnan(self.fast)
        return Course(xp.where(new, losses, self.fast), xp.where(new, 2 * losses, self.slow), self.lasting)

    def after(self, losses: Float[Array, "unit"], chosen: Mask) -> "Course":
        """The same after some units took a step at these losses.

        Example:
            >>> import jax.numpy as jnp
            >>> course = Course.unknown(2).met(jnp.array([1.0, 1.0])).after(jnp.ones(2), jnp.array([True, False]))
            >>> [round(float(value), 3) for value in reducible(jnp.ones(2), course)]
            [0.9, 1.0]
        """
        xp, met = library_of(losses), self.met(losses)
        crept = xp.where(losses < met.fast, met.lasting, met.lasting + _LASTING * (losses - met.lasting))
        lasting = xp.minimum(crept, losses)
        moved = Course(met.fast + _FAST * (losses - met.fast), met.slow + _SLOW * (losses - met.slow), lasting)
        return mapped(lambda new, old: xp.where(chosen, new, old), moved, met)


def loss(losses: Float[Array, "unit"], course: Course) -> Float[Array, "unit"]:
    """The loss itself."""
    del course
    return losses


def progress(losses: Float[Array, "unit"], course: Course) -> Float[Array, "unit"]:
    """Learning progress: the recent fall of the loss over a unit's own steps, a slow running mean minus a fast one.

    Source: Schmidhuber 1991, "Curious model-building control systems"; Oudeyer, Kaplan and Hafner 2007, "Intrinsic
    motivation systems for autonomous mental development".
    """
    met = course.met(losses)
    return met.slow - met.fast


def reducible(losses: Float[Array, "unit"], course: Course) -> Float[Array, "unit"]:
    """Reducible loss: the loss minus an estimate of what cannot be learnt, here what was left of it after own steps.

    The estimate starts at zero, creeps up to the loss with every step of the unit that finds its loss no lower than
    over the last ones, and never exceeds a loss that a step began with: a unit whose loss does not fall however often
    it is chosen is left alone.

    Source: after Mindermann et al. 2022, "Prioritized training on points that are learnable, worth learning, and not
    yet learnt" (RHO-LOSS), who take the loss of a model learnt on held-out data for that part.
    """
    return losses - course.lasting


def _one(unit: object, may: Mask) -> Mask:
    return may & (library_of(may).arange(len(may)) == unit)


def _drawn(key: Array, logits: Float[Array, "unit"]) -> Int[Array, ""]:
    return categorical(key, logits) if isinstance(logits, np.ndarray) else jax.random.categorical(key, logits)


MEASURES: dict[str, Callable[..., Float[Array, "unit"]]] = {"loss": loss, "progress": progress, "reducible": reducible}
"""What units may be ranked by."""

_FAST, _SLOW, _LASTING = 0.3, 0.1, 0.1
