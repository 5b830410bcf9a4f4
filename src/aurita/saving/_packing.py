"""Objects as plain values and named arrays, and back: what a saved file holds.

A packed object is JSON. Numbers, text, true, false and null are themselves; everything else is an object with one
key that says what it is: `{"array": "a7"}`, `{"tuple": [...]}`, `{"Reservoir": {...}}`.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TypeVar

import numpy as np

from aurita._kinds import Kind, all_kinds, kinds, saved
from aurita._registry import imported
from aurita._typing import Document, Json
from aurita.errors import AuritaError
from aurita.readout import READOUTS, SUMMARIES, Readout, Summary
from aurita.readout.checks import text_array
from aurita.reservoir import Population, Reservoir, Weights
from aurita.reservoir.wiring import check_wiring, connected_parts
from aurita.saving.conforming import conform, parts_of
from aurita.saving.structure import check_reservoir, check_size

Arrays = dict[str, np.ndarray]

_DEEPEST = 60
_NUMBERS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}

Plain = TypeVar("Plain")


def pack(given: object, arrays: Arrays) -> Json:
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
    if (kind := _kind_of(name)) is not None and type(given) is kind.kind:
        return {name: {key: pack(item, arrays) for key, item in _parts(kind, given).items()}}
    if hasattr(given, "__array__") and hasattr(given, "dtype"):
        return _pack_array(np.asarray(given), arrays)
    if (place := external_name(given)) is not None:
        return {place: {key: pack(item, arrays) for key, item in _parts(_external(type(given)), given).items()}}
    raise AuritaError(
        f"a {name} cannot be saved; expected estimators, reservoirs, states, and parameters that are plain values, "
        "arrays, populations or settings of learning"
    )


def unpack(packed: object, arrays: Mapping[str, np.ndarray]) -> object:
    """What `pack` was given.

    Args:
        packed: as `pack` made it; what is not is refused before anything of its size is allocated.
        arrays: by name; each may be named once.

    Raises:
        AuritaError: something that `pack` does not write, or whose parts do not fit each other.
    """
    return _unpack(packed, dict(arrays), 0)


def _unpack(packed: object, arrays: Arrays, depth: int) -> object:
    if depth > _DEEPEST:
        raise AuritaError(f"the file holds objects in objects, deeper than {_DEEPEST}")

    def below(item: object) -> object:
        return _unpack(item, arrays, depth + 1)

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
    known = _kind_of(kind)
    if known is None and ":" not in kind:
        raise AuritaError(f"the file holds a {kind!r}, which this version of aurita does not know; upgrade aurita")
    return _made(known or _external(imported(kind)), {name: below(item) for name, item in parts.items()})


def _leaf(kind: str, content: object, arrays: Arrays) -> float | np.ndarray:
    name = _is(str, content)
    if kind == "float":
        if name not in _NUMBERS:
            raise AuritaError(f"the file holds the number {name[:20]!r}, which is none")
        return _NUMBERS[name]
    if name not in arrays:
        raise AuritaError(f"the file names the array {name[:20]!r}, which it does not have, or twice")
    return arrays.pop(name)


def _texts(content: dict[str, object]) -> np.ndarray:
    """An array of text, no wider than its type says and its values need."""
    values, shape = _is(list, content.get("values")), _is(list, content.get("shape"))
    if not all(isinstance(value, str) for value in values) or not all(type(size) is int for size in shape):
        raise AuritaError("the file holds an array of text with something else in it")
    if min(shape, default=0) < 0 or math.prod(shape) != len(values):
        raise AuritaError(f"the file holds {len(values)} texts of the shape {shape}")
    return text_array(values, _is(str, content.get("dtype"))).reshape(shape)


def _is(kind: type[Plain], value: object) -> Plain:
    if type(value) is not kind:
        raise AuritaError(f"the file holds a {type(value).__name__} where a {kind.__name__} is expected")
    return value


def _pack_array(array: np.ndarray, arrays: Arrays) -> Json:
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


def external_name(given: object) -> str | None:
    """`module:Name` of the class of an object that is defined outside the package; None for one of no known kind."""
    if isinstance(given, Readout):
        return READOUTS.name_of(type(given))
    return SUMMARIES.name_of(type(given)) if isinstance(given, Summary) else None


def _external(kind: object) -> Kind:
    """How objects of a class that is defined outside the package are kept."""
    if isinstance(kind, type) and issubclass(kind, Readout):
        return Kind(kind, _readout_parts, partial(_readout, kind))
    if isinstance(kind, type) and issubclass(kind, Summary):
        return Kind(kind)
    raise AuritaError(f"the file holds a {kind!r}; expected a readout or a summary")


@cache
def _own_kinds() -> dict[str, Kind]:
    """Readouts and summaries of the package, which have registries of their own, by name."""
    readouts = [Kind(kind, _readout_parts, partial(_readout, kind)) for kind in READOUTS.values()]
    summaries = [Kind(kind) for kind in SUMMARIES.values()]
    return {one.kind.__name__: one for one in (*readouts, *summaries) if one.kind.__module__.startswith("aurita.")}


def _kind_of(name: str) -> Kind | None:
    return kinds().get(name) or _own_kinds().get(name) or all_kinds().get(name)


def _parts(kind: Kind, given: object) -> Mapping[str, object]:
    if kind.parts is not None:
        return kind.parts(given)
    parts = parts_of(given)
    conform(kind.kind, parts)
    return parts


def _made(kind: Kind, parts: dict[str, object]) -> object:
    parts = {kind.former.get(name, name): part for name, part in parts.items()}
    if kind.made is not None:
        return kind.made(parts)
    conform(kind.kind, parts)
    return kind.kind(**parts)


def _population(config: object) -> Population:
    made = Population.from_config(_is(dict, config))
    conform(Population, parts_of(made))
    conform(type(made.unit), parts_of(made.unit))
    return made


def _readout_parts(given: Readout) -> dict[str, object]:
    fitted = any(name.endswith("_") for name in vars(given)) or given.follows
    return {"config": given.config(), "arrays": given.to_arrays() if fitted else {}}


def _readout(kind: type[Readout], parts: dict[str, object]) -> Readout:
    arrays, config = _is(dict, parts.get("arrays")), _is(dict, parts.get("config"))
    return kind.from_arrays(arrays, config) if arrays else kind.from_config(config)


def _reservoir_parts(given: Reservoir) -> dict[str, object]:
    _check(given)
    return {**given.config(), "wiring": given.wiring, "weights": given.weights}


def _reservoir(parts: Document) -> Reservoir:
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


def _check(reservoir: object) -> None:
    names = ("inputs", "populations", "wiring", "weights", "clock", "feedback", "targets")
    check_reservoir(**{name: getattr(reservoir, name) for name in names})


saved(Population.config, _population)(Population)
saved(_reservoir_parts, _reservoir)(Reservoir)
