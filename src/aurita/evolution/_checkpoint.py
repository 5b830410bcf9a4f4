"""One file a search, written whole after every generation: arrays as safetensors, all else as JSON in its header."""

import hashlib
import json
from pathlib import Path

import numpy as np

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.saving.container import parsed, read_container, write_container

FORMAT = 1
_KEY = "aurita-evolution"


def write(path: str | Path, description: dict[str, object], arrays: dict[str, np.ndarray]) -> None:
    """Replace the file by this one, or leave it as it is: a kill at any moment leaves one of the two, whole.

    Args:
        path: of the file; its folder is made.
        description: plain values.
        arrays: by name.

    Raises:
        AuritaError: the path cannot be written.
    """
    path = Path(path)
    text = json.dumps({"format": FORMAT, **description}, sort_keys=True, allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AuritaError(f"cannot write {path}: {reason}; give a folder that you may write to") from None
    write_container(path, {_KEY: text, "checksum": _checksum(text, arrays)}, arrays)


def read(path: str | Path) -> tuple[Document, dict[str, np.ndarray]]:
    """The description and the arrays that `write` wrote.

    Raises:
        AuritaError: no such file, or one that is damaged, foreign or newer.
    """
    path = Path(path)
    if not path.is_file():
        raise AuritaError(f"there is no checkpoint {path}; leave --resume out to begin")
    metadata, arrays = read_container(path, _KEY, ours="checkpoint of a search", missing="leave --resume out to begin")
    text = metadata[_KEY]
    if metadata.get("checksum") != _checksum(text, arrays):
        raise AuritaError(f"{path} is damaged: its checksum does not match; delete it to begin anew")
    try:
        description = parsed(text)
        found = description.pop("format", 0)
    except (AttributeError, TypeError, ValueError):
        raise AuritaError(f"{path} is no checkpoint of a search; delete it to begin anew") from None
    if type(found) is not int or found > FORMAT:
        raise AuritaError(f"{path} was written by a newer aurita; upgrade aurita to go on with it")
    return description, arrays


def _checksum(text: str, arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
