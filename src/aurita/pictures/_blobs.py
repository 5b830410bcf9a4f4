"""Arrays inside a page: quantised, joined, compressed and written as text that a browser reads without a library.

A blob is the base64 of gzip of arrays one after the other, each at a multiple of four bytes. An array is in the
page's JSON as `{"blob": name, "at": byte, "n": count, "type": "u8" | "u16" | "i32" | "f32"}`; quantised numbers have
`lo` and `hi` too, and the largest code stands for "not known".
"""

import base64
import gzip

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Document

_TYPES = {"uint8": "u8", "uint16": "u16", "int32": "i32", "float32": "f32"}


class Blob:
    """Arrays to be written together.

    Example:
        >>> blob = Blob("first")
        >>> blob.numbers(np.array([0.0, 1.0, np.nan]), np.uint8)
        {'blob': 'first', 'at': 0, 'n': 3, 'type': 'u8', 'lo': 0.0, 'hi': 1.0}
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._parts: list[bytes] = []
        self.size = 0

    def array(self, given: np.ndarray) -> Document:
        """Take an array in as it is."""
        flat = np.ascontiguousarray(given).ravel()
        place = {"blob": self.name, "at": self.size, "n": int(flat.size), "type": _TYPES[flat.dtype.name]}
        data = flat.astype(flat.dtype.newbyteorder("<")).tobytes()
        data += bytes(-len(data) % 4)
        self._parts.append(data)
        self.size += len(data)
        return place

    def numbers(self, given: ArrayLike, kind: type[np.unsignedinteger] = np.uint16) -> Document:
        """Take numbers in as codes between their least and their largest."""
        values = np.asarray(given, np.float64)
        finite = np.isfinite(values)
        low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
        most = np.iinfo(kind).max - 1
        scaled = (np.where(finite, values, low) - low) * (most / (high - low) if high > low else 0.0)
        codes = np.where(finite, np.round(scaled), most + 1).astype(kind)
        return {**self.array(codes), "lo": low, "hi": high}

    def categories(self, given: ArrayLike) -> dict[str, object]:
        """Take codes of categories in; the largest number stands for -1."""
        values = np.asarray(given)
        kind: type[np.unsignedinteger] = np.uint8 if values.max(initial=0) < 255 else np.uint16
        return self.array(np.where(values < 0, np.iinfo(kind).max, values).astype(kind))

    def text(self) -> str:
        """The whole as base64; the same arrays give the same text."""
        return base64.b64encode(gzip.compress(b"".join(self._parts), compresslevel=5, mtime=0)).decode("ascii")
