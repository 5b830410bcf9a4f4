"""Objects as plain values and named arrays, and back: what a saved file holds.

A packed object is JSON. Numbers, text, true, false and null stand for themselves; everything else is an object with one
key that says what it is: `{"array": "a7"}`, `{"tuple": [...]}`, `{"Reservoir": {...}}`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from aurita._registry import imported
from aurita.errors import AuritaError
from aurita.readout import READOUTS, SUMMARIES, Readout, Summary, summary_named
from aurita.readout.checks import text_array
from aurita.saving.conforming import conform, parts_of

Arrays = dict[str, np.ndarray]

_DEEPEST = 60
_NUMBERS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}


class Kind(NamedTuple):
    """A class that a file may hold: how an object of it becomes a dictionary, and how it is made of one."""

    kind: type
    parts: Callable[[Any], dict[str, Any]]
    made: Callable[[dict[str, Any]], Any]


def pack(given: Any, arrays: Arrays) -> Any:
    """`given` as JSON; its arrays are added to `arrays`.

    Raises:
        AuritaError: an object that is not aurita's, and no plain value.

    Example:
        >>> arrays = {}
        >>> pack((1.5, np.zeros(2)), arrays), list(arrays)
        ({'tuple': [1.5, {'array': 'a0'}]}, ['a0'])
    """
    if given is None or isinstance(given, bool | str):
        return given
    if isinstance(given, int | np.integer):
        return int(given)
    if isinstance(given, float | np.floating):
        value = float(given)
        return value if np.isfinite(value) else {"float": repr(value)}
    if isinstance(given, list):
        return [pack(item, arrays) for item in given]
    if type(given) is tuple:
        return {"tuple": [pack(item, arrays) for item in given]}
    if isinstance(given, range):
        return {"tuple": list(given)}
    if isinstance(given, dict) and all(isinstance(name, str) for name in given):
        return {"dict": {name: pack(item, arrays) for name, item in given.items()}}
    name = type(given).__name__
    kinds = known_kinds()
    if name in kinds and type(given) is kinds[name].kind:
        return {name: {key: pack(item, arrays) for key, item in kinds[name].parts(given).items()}}
    if hasattr(given, "__array__") and hasattr(given, "dtype"):
        return _pack_array(np.asarray(given), arrays)
    if (place := external_name(given)) is not None:
        return {place: {key: pack(item, arrays) for key, item in _external(type(given)).parts(given).items()}}
    raise AuritaError(
        f"a {name} cannot be saved; expected estimators, reservoirs, states, and parameters that are plain values, "
        "arrays, populations or settings of learning"
    )


def unpack(packed: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """What `pack` was given.

    Args:
        packed: as `pack` made it; what is not is refused before anything of its size is allocated.
        arrays: by name; each may be named once.

    Raises:
        AuritaError: something that `pack` does not write, or whose parts do not fit each other.
    """
    return _unpack(packed, dict(arrays), known_kinds(), 0)


def _unpack(packed: Any, arrays: Arrays, kinds: dict[str, Kind], depth: int) -> Any:
    if depth > _DEEPEST:
        raise AuritaError(f"the file holds objects in objects, deeper than {_DEEPEST}")

    def below(item: Any) -> Any:
        return _unpack(item, arrays, kinds, depth + 1)

    if packed is None or isinstance(packed, bool | str | int | float):
        return packed
    if isinstance(packed, list):
        return [below(item) for item in packed]
    if not isinstance(packed, dict) or len(packed) != 1:
        raise AuritaError("the file describes an object in an unknown way")
    ((kind, content),) = packed.items()
    if kind in ("float", "array"):
        return _leaf(kind, content, arrays)
    if kind == "tuple":
        return tuple(below(item) for item in _is(list, content))
    parts = _is(dict, content)
    if kind == "texts":
        return _texts(parts)
    if kind == "dict":
        return {name: below(item) for name, item in parts.items()}
    if kind not in kinds and ":" in kind:
        return _external(imported(kind)).made({name: below(item) for name, item in parts.items()})
    if kind not in kinds:
        raise AuritaError(f"the file holds a {kind!r}, which this version of aurita does not know; upgrade aurita")
    return kinds[kind].made({name: below(item) for name, item in parts.items()})


def _leaf(kind: str, content: Any, arrays: Arrays) -> Any:
    name = _is(str, content)
    if kind == "float":
        if name not in _NUMBERS:
            raise AuritaError(f"the file holds the number {name[:20]!r}, which is none")
        return _NUMBERS[name]
    if name not in arrays:
        raise AuritaError(f"the file names the array {name[:20]!r}, which it does not have, or twice")
    return arrays.pop(name)


def _texts(content: dict[str, Any]) -> np.ndarray:
    """An array of text, no wider than its type says and its values need."""
    values, shape = _is(list, content.get("values")), _is(list, content.get("shape"))
    if not all(isinstance(value, str) for value in values) or not all(type(size) is int for size in shape):
        raise AuritaError("the file holds an array of text with something else in it")
    if min(shape, default=0) < 0 or math.prod(shape) != len(values):
        raise AuritaError(f"the file holds {len(values)} texts of the shape {shape}")
    return text_array(values, _is(str, content.get("dtype"))).reshape(shape)


def _is(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise AuritaError(f"the file holds a {type(value).__name__} where a {kind.__name__} is expected")
    return value


def _pack_array(array: np.ndarray, arrays: Arrays) -> Any:
    if array.dtype.kind in "OU":
        flat = array.ravel().tolist()
        if not all(isinstance(item, str) for item in flat):
            raise AuritaError("an array of objects cannot be saved; expected numbers, booleans or text")
        return {"texts": {"values": flat, "dtype": array.dtype.str, "shape": list(array.shape)}}
    if array.dtype.kind not in "biuf":
        raise AuritaError(f"an array of type {array.dtype} cannot be saved; expected numbers, booleans or text")
    name = f"a{len(arrays)}"
    arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
    return {"array": name}


def external_name(given: Any) -> str | None:
    """`module:Name` of the class of an object that is defined outside the package; None for one of no known kind."""
    if isinstance(given, Readout):
        return READOUTS.name_of(type(given))
    return SUMMARIES.name_of(type(given)) if isinstance(given, Summary) else None


def _external(kind: Any) -> Kind:
    """How objects of a class that is defined outside the package are kept."""
    if isinstance(kind, type) and issubclass(kind, Readout):
        return Kind(kind, _readout_parts, partial(_readout, kind))
    if isinstance(kind, type) and issubclass(kind, Summary):
        return Kind(kind, partial(_parts, kind), partial(_of_parts, kind))
    raise AuritaError(f"the file holds a {kind!r}; expected a readout or a summary")


_FORMER: dict[str, dict[str, str]] = {
    "Learner": {"heard": "received"},
    "Shapes": {"heard": "channels"},
    "State": {"heard": "leaky"},
    "StreamState": {"standings": "learners", "wanted": "targets", "told": "scale"},
}
"""Parts that files of older versions name differently, by class."""
_FORMER_FITTED = {"settled_": "default_society_"}
_FORMER_KINDS = {"Follower": "StreamState", "Standing": "Learner"}


@cache
def known_kinds() -> dict[str, Kind]:
    """Classes that a file may hold, by name."""
    from aurita.data.calendar import Calendar
    from aurita.data.channels import Channels
    from aurita.estimators import ReservoirClassifier, ReservoirFeatures, ReservoirForecaster, ReservoirRegressor
    from aurita.estimators.forecasting import Plan
    from aurita.estimators.online import Online, StreamState
    from aurita.estimators.preprocessing import Frame
    from aurita.experts import Committee, Windows
    from aurita.learning import History, Learner, Learning
    from aurita.pictures.embedding import Embedding
    from aurita.reservoir import Population, Reservoir, State, Weights
    from aurita.shapes import Shapes
    from aurita.society import Choice
    from aurita.units.shape import ShapeUnit

    kinds = [
        Kind(kind, _estimator_parts, partial(_estimator, kind))
        for kind in (ReservoirClassifier, ReservoirFeatures, ReservoirForecaster, ReservoirRegressor)
    ]
    plain: tuple[Any, ...] = (Calendar, Channels, Choice, Committee, Embedding, Frame, History, Online, Plan)
    plain += (Shapes, ShapeUnit, StreamState, Windows)
    plain += (Learner, State, Weights)
    kinds += [Kind(kind, partial(_parts, kind), partial(_of_parts, kind)) for kind in plain]
    kinds += [Kind(kind, _readout_parts, partial(_readout, kind)) for kind in READOUTS.values() if _ours(kind)]
    kinds += [Kind(kind, partial(_parts, kind), partial(_of_parts, kind)) for kind in SUMMARIES.values() if _ours(kind)]
    kinds += [
        Kind(Learning, Learning.config, _learning),
        Kind(Population, Population.config, _population),
        Kind(Reservoir, _reservoir_parts, _reservoir),
    ]
    found = {one.kind.__name__: one for one in kinds}
    return found | {former: found[name] for former, name in _FORMER_KINDS.items()}


def _ours(kind: type) -> bool:
    return kind.__module__.startswith("aurita.")


def _parts(kind: type, given: Any) -> dict[str, Any]:
    parts = parts_of(given)
    conform(kind, parts)
    return parts


def _of_parts(kind: type, parts: dict[str, Any]) -> Any:
    names = _FORMER.get(kind.__name__, {})
    parts = {names.get(name, name): part for name, part in parts.items()}
    conform(kind, parts)
    return kind(**parts)


def _learning(parts: dict[str, Any]) -> Any:
    from aurita.learning.settings import Learning, from_flat

    return Learning(**from_flat(parts))


def _population(config: Any) -> Any:
    from aurita.reservoir import Population

    made = Population.from_config(_is(dict, config))
    conform(Population, parts_of(made))
    conform(type(made.unit), parts_of(made.unit))
    return made


def _readout_parts(given: Any) -> dict[str, Any]:
    fitted = any(name.endswith("_") for name in vars(given)) or given.follows
    return {"config": given.config(), "arrays": given.to_arrays() if fitted else {}}


def _readout(kind: Any, parts: dict[str, Any]) -> Any:
    arrays, config = _is(dict, parts.get("arrays")), _is(dict, parts.get("config"))
    return kind.from_arrays(arrays, config) if arrays else kind.from_config(config)


def _estimator_parts(given: Any) -> dict[str, Any]:
    from aurita.saving.fitted import check_fitted

    check_fitted(given)
    parameters = given.get_params(deep=False)
    parameters = {name: _plain(given, name, value) for name, value in parameters.items()}
    fitted = {name: value for name, value in vars(given).items() if name.endswith("_") and name not in parameters}
    return {"parameters": parameters, "fitted": fitted}


def _plain(given: Any, name: str, value: Any) -> Any:
    if name == "readout" and isinstance(value, type):
        return READOUTS.name_of(value)
    if isinstance(value, np.random.RandomState | np.random.Generator):
        # What a fit drew of it gives the same fit again.
        if name == "random_state" and hasattr(given, "seed_"):
            return given.seed_
        raise AuritaError(
            f"{name} is a {type(value).__name__}, which cannot be saved; fit first, or give a whole number"
        )
    return value


def _estimator(kind: type, parts: dict[str, Any]) -> Any:
    from aurita.saving.fitted import check_fitted

    parameters = _is(dict, parts.get("parameters"))
    for name, find in (("readout", READOUTS.find), ("summary", summary_named)):
        # Here, where code of strangers is not imported, and not when the model is used.
        if isinstance(parameters.get(name), str):
            find(parameters[name])
    made = kind(**parameters)
    for name, value in _is(dict, parts.get("fitted")).items():
        name = _FORMER_FITTED.get(name, name)
        if not name.endswith("_") or name.startswith("_") or callable(getattr(made, name, None)):
            raise AuritaError(f"the file sets {name!r}, which is nothing that a fit leaves")
        setattr(made, name, value)
    check_fitted(made)
    return made


def _reservoir_parts(given: Any) -> dict[str, Any]:
    _check(given)
    return {**given.config(), "wiring": given.wiring, "weights": given.weights}


def _reservoir(parts: dict[str, Any]) -> Any:
    from aurita.reservoir import Reservoir, Weights
    from aurita.reservoir.wiring import check_wiring, connected_parts
    from aurita.saving.structure import check_reservoir, check_size

    for name in ("populations", "clock"):
        parts[name] = tuple(_is(list, parts.get(name)))
    for name, kind in (("inputs", int), ("feedback", int), ("targets", int), ("wiring", tuple), ("weights", tuple)):
        _is(kind, parts.get(name))
    if not all(isinstance(one, Weights) for one in parts["weights"]):
        raise AuritaError("the file holds a reservoir whose weights are none")
    if not all(type(period) in (int, float) for period in parts["clock"]):
        raise AuritaError("the file holds a reservoir whose clock has periods that are no numbers")
    parts["populations"] = tuple(map(_population, parts["populations"]))
    parts["weights"] = tuple(
        replace(own, unit={population.unit.former.get(name, name): array for name, array in own.unit.items()})
        for own, population in zip(parts["weights"], parts["populations"], strict=True)
    )
    check_reservoir(**parts)
    wiring = tuple(np.asarray(array) for array in parts["wiring"])
    made = Reservoir(**{**parts, "wiring": tuple(array.astype(np.int32) for array in wiring)})
    check_size(made)
    counts = tuple(p.afferent_count(made.sources, i) for i, p in enumerate(made.populations))
    check_wiring(made.sources, wiring, counts)
    return replace(made, connected=connected_parts(made.sources, wiring))


def _check(reservoir: Any) -> None:
    from aurita.saving.structure import check_reservoir

    names = ("inputs", "populations", "wiring", "weights", "clock", "feedback", "targets")
    check_reservoir(**{name: getattr(reservoir, name) for name in names})
