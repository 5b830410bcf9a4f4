"""Files of arrays and a description: safetensors, read with nothing allocated before it is known to be there.

A safetensors file (https://github.com/huggingface/safetensors) is the length of a JSON header, the header, and the
arrays one after the other. Sizes, offsets and types are held against the size of the file before the rest is read.
"""

import json
import math
import os
import struct
from collections.abc import Mapping
from typing import IO, Any, NoReturn

import numpy as np

from aurita._typing import DocumentView
from aurita.errors import AuritaError
from aurita.io.reading import open_ordinary
from aurita.io.writing import StrPath, write_whole

_MOST_HEADER = 1 << 27
_METADATA = "__metadata__"
_SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "F16": 2, "U32": 4, "I32": 4, "F32": 4}
_SIZES |= {"U64": 8, "I64": 8, "F64": 8}
_BROKEN = "this installation cannot read or write models ({}); install aurita again"

Arrays = dict[str, np.ndarray]


def write_container(path: StrPath, metadata: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a file, whole or not at all.

    Raises:
        AuritaError: a path that cannot be written.
    """
    try:
        from safetensors.numpy import save
    except ImportError as error:
        raise AuritaError(_BROKEN.format(error)) from None
    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    write_whole(path, save(contiguous, dict(metadata)))


def read_container(path: StrPath, key: str, *, ours: str, missing: str) -> tuple[dict[str, str], Arrays]:
    """The metadata and the arrays of a file.

    Args:
        key: that the metadata have in every file of this kind.
        ours: what such a file is, for messages: `a file of aurita's`.

    Raises:
        AuritaError: no such file, a folder, a pipe, a foreign file, or one that is truncated or damaged.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load
    except ImportError as error:
        raise AuritaError(_BROKEN.format(error)) from None
    foreign = AuritaError(f"{path} is no {ours}; give one that was written by aurita")
    with open_ordinary(path, missing=missing, wanted=f"give a {ours}") as opened:
        file = Readable(opened, path)
        size = os.fstat(file.fileno()).st_size
        start = file.read(9)
        if len(start) < 9:
            raise AuritaError(f"{path} has {size} bytes: it is empty or truncated, or no {ours}")
        (length,) = struct.unpack("<Q", start[:8])
        # A header is JSON; a file that is none has a first number that is absurd.
        if length > _MOST_HEADER or start[8:] != b"{":
            raise foreign
        if 8 + length > size:
            raise _truncated(path)
        header = start[8:] + file.read(length - 1)
        try:
            described = parsed(header.decode())
            metadata = described.pop(_METADATA)
            whole = isinstance(metadata[key], str) and all(isinstance(value, str) for value in metadata.values())
        except (AttributeError, KeyError, TypeError, ValueError):
            raise foreign from None
        if not whole:
            raise foreign
        _check_offsets(path, described, size - 8 - length)
        rest = file.read(size - 8 - length)
    try:
        arrays = load(start[:8] + header + rest)
    except SafetensorError as error:
        raise damaged(path, str(error)) from None
    for name, array in arrays.items():
        if array.dtype == bool and array.view(np.uint8).max(initial=0) > 1:
            raise damaged(path, f"the array {name!r} holds bytes that are neither true nor false")
    return metadata, arrays


class Readable:
    """A file whose refusals to be read name it."""

    def __init__(self, file: IO[bytes], path: StrPath) -> None:
        self.file, self.path = file, path

    def fileno(self) -> int:
        """Its descriptor."""
        return self.file.fileno()

    def read(self, size: int) -> bytes:
        """So many bytes, or as many as there are."""
        try:
            return self.file.read(size)
        except OSError as error:
            raise AuritaError(f"cannot read {self.path}: {error.strerror or error}; copy it anew") from None


def parsed(text: str) -> Any:
    """JSON, read strictly.

    Raises:
        ValueError: no JSON, a key twice in one object, numbers that are none, or lists in lists without end.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def damaged(path: StrPath, why: str) -> AuritaError:
    """The complaint on a file that is not as it was written."""
    return AuritaError(f"{path} is damaged: {why}; copy it again or save the model again")


def _truncated(path: StrPath) -> AuritaError:
    return AuritaError(f"{path} is truncated: its end is missing; copy it again or save the model again")


def _check_offsets(path: StrPath, described: DocumentView, size: int) -> None:
    """Whether the arrays, as they are described, fill the rest of the file."""
    places = []
    for name, entry in described.items():
        try:
            shape, (start, end) = entry["shape"], entry["data_offsets"]
            item = _SIZES[entry["dtype"]]
        except (KeyError, TypeError, ValueError):
            raise damaged(path, f"the array {name!r} is described in an unknown way") from None
        numbers = [start, end, *shape] if isinstance(shape, list) else [None]
        if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
            raise damaged(path, f"the array {name!r} has a shape or a place that is none")
        if end - start != math.prod(shape) * item or len(shape) > 32:
            raise damaged(path, f"the array {name!r} of shape {shape} cannot take {end - start} bytes")
        places.append((start, end))
    places.sort()
    last = 0
    for start, end in places:
        if start != last:
            raise damaged(path, "its arrays overlap, or leave gaps")
        last = end
    if last > size:
        raise _truncated(path)
    if last < size:
        raise damaged(path, f"{size - last} bytes follow its end")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
