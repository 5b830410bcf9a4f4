"""Objects as plain values and named arrays, and back: what a saved file holds.

A packed object is JSON. Numbers, text, true, false and null stand for themselves; everything else is an object with one
key that says what it is: `{"array": "a7"}`, `{"tuple": [...]}`, `{"Reservoir": {...}}`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from aurita.errors import AuritaError

Arrays = dict[str, np.ndarray]


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
    kinds = _kinds()
    if name in kinds and type(given) is kinds[name][0]:
        return {name: {key: pack(item, arrays) for key, item in kinds[name][1](given).items()}}
    if hasattr(given, "__array__") and hasattr(given, "dtype"):
        return _pack_array(np.asarray(given), arrays)
    raise AuritaError(
        f"a {name} cannot be saved; expected estimators, reservoirs, states, and parameters that are plain values, "
        "arrays, populations or settings of learning"
    )


def unpack(packed: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """What `pack` was given.

    Raises:
        AuritaError: something that `pack` does not write.
    """
    if packed is None or isinstance(packed, bool | str | int | float):
        return packed
    if isinstance(packed, list):
        return [unpack(item, arrays) for item in packed]
    if not isinstance(packed, dict) or len(packed) != 1:
        raise AuritaError("an object in the file is described in an unknown way; it is damaged")
    ((kind, content),) = packed.items()
    if kind == "float":
        return {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}[content]
    if kind == "tuple":
        return tuple(unpack(item, arrays) for item in content)
    if kind == "dict":
        return {name: unpack(item, arrays) for name, item in content.items()}
    if kind == "array":
        return arrays[content]
    if kind == "texts":
        return np.array(content["values"], dtype=content["dtype"]).reshape(content["shape"])
    kinds = _kinds()
    if kind not in kinds:
        raise AuritaError(f"the file holds a {kind!r}, which this version of aurita does not know; upgrade aurita")
    return kinds[kind][2]({name: unpack(item, arrays) for name, item in content.items()})


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


Kind = tuple[type, Callable[[Any], dict[str, Any]], Callable[[dict[str, Any]], Any]]


def _kinds() -> dict[str, Kind]:
    """Classes that a file may hold: how each becomes a dictionary, and how it is made of one."""
    from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
    from aurita.estimators.channels import Channels
    from aurita.estimators.forecasting import Plan
    from aurita.estimators.frame import Frame
    from aurita.estimators.online import Follower, Online
    from aurita.estimators.series import Calendar
    from aurita.learning import History, Learning, Standing
    from aurita.pictures.embedding import Embedding
    from aurita.readout import CommitteeReadout, ForgettingReadout, LogisticReadout, RidgeReadout
    from aurita.reservoir import Population, Reservoir, State, Weights
    from aurita.society import Choice

    kinds: list[Kind] = [
        (kind, _estimator_parts, partial(_estimator, kind))
        for kind in (ReservoirClassifier, ReservoirForecaster, ReservoirRegressor)
    ]
    plain = (Calendar, Channels, Choice, Embedding, Follower, Frame, History, Learning, Online, Plan)
    kinds += [(kind, _parts, partial(_of_parts, kind)) for kind in plain]
    kinds += [(kind, _parts, partial(_on_device, kind)) for kind in (Standing, State, Weights)]
    kinds += [
        (kind, _readout_parts, partial(_readout, kind))
        for kind in (CommitteeReadout, ForgettingReadout, LogisticReadout, RidgeReadout)
    ]
    kinds += [
        (Population, Population.config, Population.from_config),
        (Reservoir, _reservoir_parts, _reservoir),
    ]
    return {kind[0].__name__: kind for kind in kinds}


def _parts(given: Any) -> dict[str, Any]:
    if is_dataclass(given):
        return {field.name: getattr(given, field.name) for field in fields(given)}
    return given._asdict()


def _of_parts(kind: type, parts: dict[str, Any]) -> Any:
    return kind(**parts)


def _readout_parts(given: Any) -> dict[str, Any]:
    return {"config": given.config(), "arrays": given.to_arrays()}


def _readout(kind: Any, parts: dict[str, Any]) -> Any:
    return kind.from_arrays(parts["arrays"], parts["config"])


def _estimator_parts(given: Any) -> dict[str, Any]:
    parameters = given.get_params(deep=False)
    parameters = {name: _plain(name, value) for name, value in parameters.items()}
    fitted = {name: value for name, value in vars(given).items() if name.endswith("_") and name not in parameters}
    return {"parameters": parameters, "fitted": fitted}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.random.RandomState | np.random.Generator):
        raise AuritaError(f"{name} is a {type(value).__name__}, which cannot be saved; give a whole number")
    return value


def _estimator(kind: type, parts: dict[str, Any]) -> Any:
    made = kind(**parts["parameters"])
    for name, value in parts["fitted"].items():
        if not name.endswith("_") or name.startswith("_"):
            raise AuritaError(f"the file sets {name!r}, which is nothing that a fit leaves; it is damaged")
        setattr(made, name, value)
    return made


def _reservoir_parts(given: Any) -> dict[str, Any]:
    return {**given.config(), "wiring": given.wiring, "weights": given.weights}


def _reservoir(parts: dict[str, Any]) -> Any:
    import jax.numpy as jnp

    from aurita.reservoir import Population, Reservoir
    from aurita.wiring import check_wiring, heard_by_units

    made = Reservoir(
        inputs=parts["inputs"],
        populations=tuple(Population.from_config(config) for config in parts["populations"]),
        wiring=tuple(jnp.asarray(array, jnp.int32) for array in parts["wiring"]),
        weights=parts["weights"],
        clock=tuple(parts["clock"]),
        feedback=parts["feedback"],
        targets=parts["targets"],
    )
    wiring = tuple(np.asarray(array) for array in made.wiring)
    counts = tuple(p.afferent_count(made.sources, i) for i, p in enumerate(made.populations))
    check_wiring(made.sources, wiring, counts)
    return replace(made, heard=heard_by_units(made.sources, wiring))


def _on_device(kind: type, parts: dict[str, Any]) -> Any:
    import jax
    import jax.numpy as jnp

    return kind(**jax.tree.map(jnp.asarray, parts))
