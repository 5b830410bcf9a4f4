"""What every unit is: `D` slots in, `D` outputs out, a memory of its own, weights of its own.

A unit is a frozen description; its weights are a dictionary of arrays whose last axis is the unit, so that one
description serves a whole population.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np

from aurita._jax import in_double
from aurita._keys import Key, words
from aurita._typing import Array, Bool, Float, Int
from aurita.errors import AuritaError
from aurita.fields import check_fields, is_real, shown
from aurita.units.lanes import Params

LARGEST = 1_000_000
"""The largest whole number that a unit has of anything."""


class Response(NamedTuple):
    """What units say at one step, or over the lanes of their windows."""

    output: Float[Array, "slot *lanes"]
    features: dict[str, Float[Array, "feature *lanes"]]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Base of all unit types.

    Attributes:
        slots: number of scalar inputs `D`, and of outputs.
        horizons: steps ahead that the unit learns to predict its own inputs, ascending.
    """

    slots: int = 4
    horizons: tuple[int, ...] = (1,)

    learns_by: ClassVar[str] = "nothing"
    """`gradient` (a local loss), `regression` (rules of its own) or `nothing`."""

    def __post_init__(self) -> None:
        check_fields(self)
        for name, value in vars(self).items():
            if isinstance(value, int) and value > LARGEST:
                raise AuritaError(f"{name} is {value}; expected at most {LARGEST:,} in one unit")
        at_least("slots", self.slots, 1)
        if not self.horizons or list(self.horizons) != sorted({int(h) for h in self.horizons}) or self.horizons[0] < 1:
            raise AuritaError(
                f"horizons is {self.horizons}; expected ascending positive steps ahead, such as (1,) or (1, 2, 4, 8)"
            )

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        """Random weights of `units` units, with heads for `targets` broadcast targets; last axis: unit."""
        raise NotImplementedError

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        """Shapes of what `init` draws, the axis of units left out; nothing is drawn for it."""
        raise NotImplementedError

    def own_passage(self, afferents: int, units: int) -> dict[str, Float[np.ndarray, "..."]] | None:
        """The passage of a unit that brings its own: `matrix` (slot, afferent, unit), `bias`; None has one drawn."""
        del afferents, units
        return None

    def initial_state(self, units: int, batch: int) -> Any:
        """The state of units that have heard nothing yet; last axes: unit, batch."""
        raise NotImplementedError

    def prepare(self, params: Params) -> Any:
        """What a run computes once from the weights."""
        raise NotImplementedError

    def step(
        self,
        prepared: Any,
        state: Any,
        heard: Float[Array, "slot unit batch"],
        time: Int[Array, ""],
        steps: Int[Array, "batch"],
    ) -> tuple[Any, Response]:
        """Hear one input vector and answer.

        Args:
            prepared: from `prepare`.
            state: of the units.
            heard: the units' inputs.
            time: steps run so far, the same for the whole batch.
            steps: steps lived so far by each sequence.
        """
        raise NotImplementedError

    def respond(
        self,
        params: Params,
        heard: Float[Array, "slot moment"],
        batch: int,
        *,
        targets: bool = False,
        at: tuple[int, ...] | None = None,
    ) -> tuple[Response, Float[Array, "horizon slot lane"], Float[Array, "target lane"] | None]:
        """One unit over whole windows, from a fresh start: responses, predictions, guesses of the target.

        Args:
            params: of the one unit.
            heard: its inputs; lanes run over the batch within a step.
            batch: sequences.
            targets: whether to guess the target.
            at: steps to answer at; all by default.
        """
        raise NotImplementedError

    def feature_sizes(self) -> dict[str, int]:
        """Width per unit of each kind of feature, the output aside."""
        return {}

    def target_features(self, params: Params, response: Response) -> Float[Array, "target *lanes"]:
        """What the heads for the broadcast target say."""
        raise AuritaError(f"{type(self).__name__} has no head for targets; use AttentionUnit or BlockUnit")

    def align(self, state: Any, late: Int[Array, "batch"]) -> Any:
        """A state as it would be had each sequence ended `late` steps later, hearing nothing."""
        del late
        return state

    def config(self) -> dict[str, Any]:
        """The description as plain values, to be saved."""
        return {"type": type(self).__name__, **asdict(self)}


def at_least(name: str, value: float, least: float) -> None:
    """Raise `AuritaError` for a parameter that is too small, or no number."""
    if not is_real(value) or not value >= least:
        raise AuritaError(f"{name} is {shown(value)}; expected at least {least}")


def one_of(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise `AuritaError` for a parameter that is none of its choices."""
    if not isinstance(value, str | int | float | None) or value not in choices:
        raise AuritaError(f"{name} is {shown(value)}; expected one of {', '.join(map(repr, choices))}")


def normal(key: Key, shape: tuple[int, ...], deviation: float) -> Float[np.ndarray, "..."]:
    """Normal numbers of the given standard deviation."""
    return deviation * generator(key).standard_normal(shape)


def uniform(key: Key, shape: tuple[int, ...], low: float, high: float) -> Float[np.ndarray, "..."]:
    """Uniform numbers between two bounds."""
    return generator(key).uniform(low, high, shape)


def generator(key: Key) -> np.random.Generator:
    """Random numbers of the host: compiling a generator for every shape would take longer than many a run."""
    return np.random.default_rng(words(key))


def drawn(weights: dict[str, np.ndarray]) -> Params:
    """Weights in single precision, as everything computes; whole numbers in 32 bits."""
    return {name: cast(Array, single(value)) for name, value in weights.items()}


def single(values: np.ndarray) -> np.ndarray:
    """Real numbers as float32, whole ones as int32; double precision where JAX is set to it."""
    values = np.asarray(values)
    kinds = {"f": np.float32, "i": np.int32, "u": np.uint32}
    return values if values.dtype.kind not in kinds or in_double() else values.astype(kinds[values.dtype.kind])


def zeros(*shape: int, dtype: Any = None) -> Array:
    """Zeros, in single precision by default; JAX takes them like its own and compiles nothing for them."""
    return cast(Array, np.zeros(shape, (np.float64 if in_double() else np.float32) if dtype is None else dtype))


def alive_ages(ages: Int[Array, "age"], steps: Int[Array, "lane"], dilation: int = 1) -> Bool[Array, "age lane"]:
    """Which ages have been lived by lanes that heard their last input as number `steps`, counted from zero."""
    return ages[:, None] * dilation <= steps[None, :]
