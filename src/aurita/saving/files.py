"""Saving and loading: one file, arrays as safetensors, everything else as JSON in its header.

A file is a safetensors file (https://github.com/huggingface/safetensors) whose metadata hold `aurita`: the format
version, the version of the library, a checksum, and a description of the object in which arrays are named. Nothing
in it is code, and nothing is pickled: names of classes are looked up in registries. A class that is defined outside the
package is named `module:Name`, and found where that module is imported already, or trusted.

The checksum guards against damage, not against forgery: whoever can write a file can write its checksum too. What a
file says is therefore checked as any input is, whatever its checksum: a forged model may predict nonsense, but it
raises nothing but `AuritaError`, and takes no more memory than a model of its size.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from aurita import __version__
from aurita._kinds import all_kinds
from aurita._registry import NotImported, only_trusted
from aurita.errors import AuritaError
from aurita.io.writing import StrPath
from aurita.saving._packing import pack, unpack
from aurita.saving.container import damaged, parsed, read_container, write_container

FORMAT = 3
"""Version of the format that this library writes; it reads this one and those before."""

_KEY = "aurita"
_FIELDS = ("format", "version", "object", "checksum")


def save(model: object, path: StrPath) -> None:
    """Write a model to one file, whole or not at all, also where others save to the same path or load from it.

    Args:
        model: a fitted or unfitted estimator, a `Reservoir`, or a `State`.
        path: of the file; one that is there is replaced, and keeps its mode. A symbolic link stays, and what it points
            to is replaced.

    Raises:
        AuritaError: something that is no model, parameters that cannot be written, weights that are not finite, a path
            that is no ordinary file in a folder that is there and may be written to.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=5)], inputs=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(reservoir, Path(folder, "reservoir.aurita"))
        ...     load(Path(folder, "reservoir.aurita")).units
        5
    """
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(pack(model, arrays), allow_nan=False)
    header = {
        "format": FORMAT,
        "version": __version__,
        "object": text,
        "checksum": _checksum(text, arrays, FORMAT, __version__),
    }
    write_container(path, {_KEY: json.dumps(header)}, arrays)


def load(path: StrPath, *, trusted: Collection[str] = ()) -> Any:
    """The model that `save` wrote; on the same machine it predicts the same bytes.

    Everything in the file is checked against everything else before it is used, so that whatever a file holds, loading
    it and predicting with what it held raise nothing but `AuritaError`. The checksum tells damage; it does not tell who
    wrote the file.

    Args:
        path: of the file.
        trusted: modules of units, readouts, rules and the like of one's own that are imported where the file names
            them, which runs their code. Those that the program has imported itself need not be named.

    Raises:
        AuritaError: no such file, or one that is not aurita's, truncated, damaged, of a newer format, or one that names
            code of a module that is neither imported nor trusted.
    """
    metadata, arrays = read_container(
        path, _KEY, ours="file of aurita's", missing="give the path that the model was saved to"
    )
    text = _checked(path, metadata[_KEY], arrays)
    # What is not installed well is not the file's fault.
    all_kinds()
    try:
        with np.errstate(all="ignore"), only_trusted(trusted):
            return unpack(parsed(text), arrays)
    except NotImported as error:
        raise AuritaError(f"{path}: {error}") from None
    except AuritaError as error:
        raise damaged(path, str(error)) from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise damaged(path, f"its parts do not fit each other ({type(error).__name__}: {error})") from None


def _checked(path: StrPath, text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """The description of the object, if the file is of a format that is known, and whole."""
    try:
        header = parsed(text)
        found = header["format"]
    except (KeyError, TypeError, ValueError):
        raise AuritaError(f"{path} is no file of aurita's; give one that was written by aurita.save") from None
    if type(found) is not int or not 1 <= found <= FORMAT:
        raise AuritaError(
            f"{path} is of format {found}, written by aurita {header.get('version')}; this is aurita {__version__} and "
            f"reads formats up to {FORMAT}: upgrade aurita"
        )
    if sorted(header) != sorted(_FIELDS) or not all(isinstance(header[name], str) for name in _FIELDS[1:]):
        raise damaged(path, "its header has other fields than those it was written with")
    described: str = header["object"]
    if _checksum(described, arrays, found, header["version"]) != header["checksum"]:
        raise damaged(path, "its checksum does not match")
    return described


def _checksum(text: str, arrays: Mapping[str, np.ndarray], form: int, version: str) -> str:
    """Of all that a file says; the first format left itself and the version out."""
    # A lone surrogate is no UTF-8, and JSON may hold one.
    digest = hashlib.sha256() if form == 1 else hashlib.sha256(json.dumps([form, version]).encode())
    digest.update(text.encode("utf-8", "surrogatepass"))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        # The first format took single numbers for arrays of one.
        shape = array.shape if form == 1 else arrays[name].shape
        digest.update(f"{name} {array.dtype.str} {shape}".encode("utf-8", "surrogatepass"))
        digest.update(array.tobytes())
    return digest.hexdigest()
