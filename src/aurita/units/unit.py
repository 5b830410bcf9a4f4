"""What every unit is: `D` slots in, `D` outputs out, a memory of its own, weights of its own.

A unit is a frozen description; its weights are a dictionary of arrays whose last axis is the unit, so that one
description serves a whole population. A new type is a subclass of `Unit` in one file, anywhere: defining it registers
it. It has to say how weights are drawn (`init`) and what one step does (`step`); everything else has a default. Nothing
outside the file of a type looks at the type or at the names of its weights: it asks the unit.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

import numpy as np
from numpy.typing import DTypeLike

from aurita._jax import in_double, jax, jnp
from aurita._keys import Key, new_key, words
from aurita._registry import Registry
from aurita._tree import leaves
from aurita._typing import Array, Bool, Document, Float, Int, PyTree
from aurita.errors import AuritaError
from aurita.fields import check_fields, is_real, shown
from aurita.units.lanes import Inputs, Lived, Moments, Params, Start, Time, at_steps, with_lanes

if TYPE_CHECKING:
    from aurita.export.c_source import Source
    from aurita.export.described import Layer
    from aurita.export.graph import Names, OnnxGraph, StepNames
    from aurita.units.objectives import Objective

InDouble = Callable[[np.ndarray, PyTree], tuple[np.ndarray, PyTree]]

LARGEST = 1_000_000
"""The largest whole number that a unit has of anything."""


class Response(NamedTuple):
    """Outputs and features of units at one step, or over the lanes of their windows."""

    output: Float[Array, "slot *lanes"]
    features: dict[str, Float[Array, "feature *lanes"]]


Answers = tuple[Response, Float[Array, "horizon slot lane"], Float[Array, "target lane"] | None]
"""Responses of one unit, its predictions of its inputs, and those of the target."""


class Derived(NamedTuple):
    """Features of a unit that are computed only where they are asked for.

    Attributes:
        size: how many a unit has.
        of: `(params, response) -> features`; the weights have lanes that broadcast with those of the response.
    """

    size: int
    of: Callable[[Params, Response], Float[Array, "feature *lanes"]]


class Exported(NamedTuple):
    """Weights and state of units as exports have them, the axis of the batch left out.

    Attributes:
        weights: by name; the last axis is the unit.
        memory: what units keep from step to step; of size zero where that is nothing.
        before: their last inputs, where they keep them beside; of size zero elsewhere.
    """

    weights: dict[str, Float[np.ndarray, "..."]]
    memory: Float[np.ndarray, "..."]
    before: Float[np.ndarray, "..."] = np.zeros(0, np.float32)


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Base of all unit types; a subclass registers itself by its name.

    Attributes:
        slots: number of scalar inputs `D`, and of outputs.
        horizons: steps ahead that the unit learns to predict its own inputs, ascending.

    Example:
        >>> from aurita.units import UNITS
        >>> UNITS.find("AttentionUnit")(slots=3).slots
        3
    """

    slots: int = 4
    horizons: tuple[int, ...] = (1,)

    learns_by: ClassVar[str] = "nothing"
    """`gradient` (a local loss), `regression` (rules of its own) or `nothing`."""

    kinds: ClassVar[tuple[str, ...]] = ()
    """Kinds of features that no other type has, which a readout may then ask for by name."""

    recurrent_weights: ClassVar[tuple[str, ...]] = ()
    """Weights of states that never end, state first: each bears on its own state alone. On line learning keeps traces
    of them; nothing for units whose memory is a window."""

    windowed: ClassVar[bool] = False
    """Whether the state is a window of inputs, of which those before a beginning are known by the steps lived since."""

    former: ClassVar[Mapping[str, str]] = {}
    """Names of fields and weights in files of older versions, and what they are called now."""

    def __init_subclass__(cls, abstract: bool = False, **options: object) -> None:
        super().__init_subclass__(**options)
        if not abstract:
            UNITS.register(cls.__name__ if cls.__module__.startswith("aurita.") else "")(cls)

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

    def step(
        self, prepared: PyTree, state: PyTree, inputs: Inputs, time: Time, steps: Lived
    ) -> tuple[PyTree, Response]:
        """Take one input vector in, and answer.

        Args:
            prepared: from `prepare`.
            state: of the units.
            inputs: of the units, `(slot, unit, batch)`.
            time: steps run so far, the same for the whole batch.
            steps: steps lived so far by each sequence.
        """
        raise NotImplementedError

    def initial_state(self, units: int, batch: int) -> PyTree:
        """The state before the first input, arrays whose last axes are unit and batch; nothing by default."""
        del units, batch
        return {}

    def prepare(self, params: Params) -> PyTree:
        """What a run computes once from the weights; the weights themselves by default."""
        return params

    def feature_sizes(self) -> dict[str, int]:
        """Width per unit of each kind of feature that `step` gives, the output aside."""
        return {}

    def derived_features(self, targets: int) -> dict[str, Derived]:
        """Kinds of features that are computed from a response, with heads for so many targets."""
        del targets
        return {}

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        """Shapes of what `init` draws, the axis of units left out.

        Saved weights are held against it. Types that may come in files of strangers compute it and draw nothing, so
        that no file makes this allocate what it does not hold itself.
        """
        return {name: value.shape[:-1] for name, value in self.init(new_key(0), 1, targets).items()}

    def check_weights(self, params: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Refuse weights, of the shapes that they have to have, that `init` and learning cannot have left.

        Raises:
            AuritaError: other types of numbers.
        """
        for name in shapes:
            if params[name].dtype.kind != "f":
                raise AuritaError(f"{name} is of type {params[name].dtype}; expected floating numbers")

    def own_passage(self, afferents: int, units: int) -> dict[str, Float[np.ndarray, "..."]] | None:
        """The passage of a unit that brings its own: `matrix` (slot, afferent, unit), `bias`; None has one drawn."""
        del afferents, units
        return None

    @property
    def reach(self) -> int:
        """Steps of its inputs that a unit looks at, the present one included; a longer sequence it cannot fill."""
        return 1

    @property
    def masks_start(self) -> bool:
        """Whether ages before the first step that it lived take no part."""
        return False

    @property
    def attends(self) -> bool:
        """Whether the unit weighs the ages of a memory, which `attention_scores` then tells."""
        return False

    def attention_scores(
        self, params: Mapping[str, np.ndarray], memory: Float[np.ndarray, "age stored window"]
    ) -> Float[np.ndarray, "head age window"]:
        """Scores of one unit, whose softmax over the ages are its weights; in numpy, for pictures."""
        raise NotImplementedError

    def rate_of(self, name: str) -> float:
        """Factor on the learning rate of a weight."""
        del name
        return 1.0

    def trains(self, name: str, objective: "type[Objective]") -> bool:
        """Whether a weight has a gradient under an objective; heads of what it does not ask for have none."""
        del name, objective
        return self.learns_by == "gradient"

    def respond(
        self,
        params: Params,
        inputs: Moments,
        batch: int,
        *,
        targets: bool = False,
        at: tuple[int, ...] | None = None,
        start: Start | None = None,
    ) -> Answers:
        """One unit over whole sequences: responses, predictions of its inputs, and of the target.

        What units that learn by gradient are scored by. By default `step` is scanned, and the output is the prediction
        of the next input; units with a window of inputs compute all steps at once instead.

        Args:
            params: of the one unit.
            inputs: of the unit; lanes run over the batch within a step.
            batch: sequences.
            targets: whether to predict the target.
            at: steps to answer at; all by default.
            start: state of its own that a unit with recurrent weights begins from; a fresh one by default.

        Raises:
            AuritaError: horizons beyond the next step, which a unit has to have heads of its own for.
        """
        if start is not None:
            raise NotImplementedError
        if self.horizons != (1,):
            raise AuritaError(f"{type(self).__name__} predicts the next step only and horizons is {self.horizons}")
        response = self._scanned(params, inputs, batch)
        if at is not None:
            response = jax.tree.map(lambda values: at_steps(values, batch, at), response)
        predicted = self.target_features(with_lanes(params), response) if targets else None
        return response, response.output[None], predicted

    def _scanned(self, params: Params, inputs: Float[Array, "slot moment"], batch: int) -> Response:
        prepared = self.prepare(with_lanes(params))
        steps = inputs.shape[1] // batch
        by_step = jnp.moveaxis(inputs.reshape(self.slots, steps, 1, batch), 1, 0)

        def one(state: PyTree, given: tuple[Array, Array]) -> tuple[PyTree, Response]:
            time, now = given
            return self.step(prepared, state, now, time, jnp.full(batch, time))

        _, found = jax.lax.scan(one, self.initial_state(1, batch), (jnp.arange(steps), by_step))
        return jax.tree.map(lambda values: jnp.moveaxis(values, 0, 1).reshape(values.shape[1], -1), found)

    def state_after(self, params: Params, inputs: Moments, batch: int, start: Start) -> Start:
        """State of a unit with recurrent weights after its inputs."""
        raise NotImplementedError

    def target_features(self, params: Params, response: Response) -> Float[Array, "target *lanes"]:
        """Predictions of the broadcast target."""
        raise AuritaError(f"{type(self).__name__} has no head for targets; use AttentionUnit or BlockUnit")

    def disagreement(
        self, params: Params, inputs: Float[Array, "*unit slot moment"], batch: int, weights: Float[Array, "moment"]
    ) -> Float[Array, "*unit slot"]:
        """The loss of units that learn by regression; `weights` name the steps that count.

        The arrays are of JAX, and of one unit; or of numpy, and of several, unit first.
        """
        raise NotImplementedError

    def refit(
        self, params: Params, inputs: Float[Array, "*unit slot moment"], batch: int, weights: Float[Array, "moment"]
    ) -> Params:
        """The weights of units that learn by regression after a batch; arrays as of `disagreement`."""
        raise NotImplementedError

    def align(self, state: PyTree, late: Int[Array, "batch"]) -> PyTree:
        """A state as it would be had each sequence ended `late` steps later, without inputs in between."""
        del late
        return state

    def in_double(self, params: Mapping[str, np.ndarray]) -> InDouble | None:
        """Steps of one unit in float64, for networks that were fitted on such states; None: they are not taken.

        Args:
            params: of the one unit.

        Returns:
            A function of inputs `(B, T, D)` and the state that it returned before, None at first; it returns the
            outputs `(B, T, D)` and the state after them.
        """
        del params
        return None

    def exported(self, weights: dict[str, np.ndarray], state: PyTree, time: int) -> Exported:
        """Weights of all units, and the state of one sequence after `time` steps, as `onnx_step` and `c_step` find
        them: as they are, and several arrays of a state stacked.
        """
        del time
        kept = [np.asarray(part)[..., 0] for part in leaves(state)]
        memory = np.zeros(0, np.float32) if not kept else kept[0] if len(kept) == 1 else np.stack(kept)
        return Exported(weights, memory)

    def onnx_step(self, graph: "OnnxGraph", layer: "Layer", slots: str, now: "Names", lived: str) -> "StepNames":
        """One step as nodes of an ONNX graph, for types that are not of the package.

        Args:
            graph: where the nodes go.
            layer: the units, their weights and states, as `exported` gave them.
            slots: name of the inputs `(B, D, U)`.
            now: names of the states, `memory` and `before`, the batch first.
            lived: name of the steps before this one, `(1,)`.

        Returns:
            Names of what the step shows by kind, `output` among them, and of the states after it.
        """
        raise AuritaError(f"units of type {type(self).__name__} have no onnx_step and cannot be exported as ONNX")

    def c_step(self, source: "Source", own: str, layer: "Layer") -> tuple[list[str], list[str], list[str]]:
        """One step as lines of C: before the loop over the units `u`, in it, and after it; for types as of `onnx_step`.

        In the loop `z[d]` are the inputs of the unit. It declares an array of its name for each kind of features, and
        `last`, the outputs of the step before, which are in `{own}_outputs[d * units + u]` and are replaced there.
        """
        raise AuritaError(f"units of type {type(self).__name__} have no c_step and cannot be exported as C")

    def config(self) -> Document:
        """The description as plain values, to be saved."""
        return {"type": UNITS.name_of(type(self)), **asdict(self)}


UNITS: Registry[type[Unit]] = Registry.of_subclasses("unit type", Unit)
"""Unit types by name."""


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


def zeros(*shape: int, dtype: DTypeLike | None = None) -> Array:
    """Zeros, in single precision by default; JAX takes them like its own and compiles nothing for them."""
    return cast(Array, np.zeros(shape, (np.float64 if in_double() else np.float32) if dtype is None else dtype))


def alive_ages(ages: Int[Array, "age"], steps: Int[Array, "lane"], dilation: int = 1) -> Bool[Array, "age lane"]:
    """Which ages have been lived by lanes that received their last input as number `steps`, counted from zero."""
    return ages[:, None] * dilation <= steps[None, :]
