"""Saving and loading: one file, arrays as safetensors, everything else as JSON in its header.

A file is a safetensors file (https://github.com/huggingface/safetensors) whose metadata hold `aurita`: the format
version, the version of the library, a checksum, and a description of the object in which arrays stand by name. Nothing
in it is code: names of classes are looked up in a table of our own, and nothing is pickled.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aurita import __version__
from aurita.errors import AuritaError
from aurita.packing import pack, unpack
from aurita.reading import read_ordinary
from aurita.writing import write_whole

FORMAT = 1
"""Version of the format that this library writes; it reads this one and those before."""

_KEY = "aurita"
_WANTED = "give a file that aurita.save wrote"


def save(model: Any, path: str | Path) -> None:
    """Write a model to one file, whole or not at all.

    Args:
        model: a fitted or unfitted estimator, a `Reservoir`, or a `State`.
        path: of the file; one that is there is replaced.

    Raises:
        AuritaError: something that is no model, parameters that cannot be written, a folder that is missing or not
            writable.

    Example:
        >>> import tempfile
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=5)], inputs=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(reservoir, Path(folder, "reservoir.aurita"))
        ...     load(Path(folder, "reservoir.aurita")).units
        5
    """
    from safetensors.numpy import save as serialise

    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(pack(model, arrays), allow_nan=False)
    header = {
        "format": FORMAT,
        "version": __version__,
        "object": text,
        "checksum": _checksum(text, arrays),
    }
    write_whole(path, serialise(arrays, {_KEY: json.dumps(header)}))


def load(path: str | Path) -> Any:
    """The model that `save` wrote; on the same machine it predicts the same bytes.

    Args:
        path: of the file.

    Raises:
        AuritaError: no such file, or one that is not aurita's, truncated, damaged, or of a newer format.
    """
    content = read_ordinary(path, missing="give the path that the model was saved to", wanted=_WANTED)
    path = Path(path)
    header = _header(path, content)
    if not isinstance(header.get("format"), int) or header["format"] > FORMAT:
        raise AuritaError(
            f"{path} is of format {header.get('format')}, written by aurita {header.get('version')}; this is aurita "
            f"{__version__} and reads formats up to {FORMAT}: upgrade aurita"
        )
    damaged = AuritaError(f"{path} is damaged: its checksum does not match; copy it again or save the model again")
    try:
        arrays = _arrays(content)
        text = header["object"]
        if not isinstance(text, str) or _checksum(text, arrays) != header["checksum"]:
            raise damaged
        return unpack(json.loads(text), arrays)
    except AuritaError:
        raise
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise AuritaError(f"{path} is damaged: {error}; copy it again or save the model again") from None


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load as parse

    try:
        return parse(content)
    except SafetensorError as error:
        raise ValueError(str(error)) from None


def _header(path: Path, content: bytes) -> dict[str, Any]:
    """Our own header, if the file is whole and ours."""
    foreign = AuritaError(f"{path} is no file of aurita's; give one that was written by aurita.save")
    if len(content) < 8:
        raise AuritaError(f"{path} has {len(content)} bytes: it is empty or truncated, or no file of aurita's")
    (size,) = struct.unpack("<Q", content[:8])
    # A header is JSON; a file that is none has a first number that is absurd.
    if size > 100_000_000 or content[8:9] != b"{":
        raise foreign
    cut = AuritaError(f"{path} is truncated: its end is missing; copy it again or save the model again")
    if 8 + size > len(content):
        raise cut
    try:
        described = json.loads(content[8 : 8 + size])
        metadata = described["__metadata__"]
        header = json.loads(metadata[_KEY])
        ends = [entry["data_offsets"][1] for name, entry in described.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError):
        raise foreign from None
    if not isinstance(header, Mapping):
        raise foreign
    if 8 + size + max(ends, default=0) > len(content):
        raise cut
    return dict(header)


def _checksum(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
