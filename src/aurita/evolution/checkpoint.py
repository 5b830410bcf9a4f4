"""One file a search, written whole after every generation: arrays as safetensors, all else as JSON in its header."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from aurita.errors import AuritaError
from aurita.writing import write_whole

FORMAT = 1
_KEY = "aurita-evolution"


def write(path: str | Path, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Replace the file by this one, or leave it as it is: a kill at any moment leaves one of the two, whole.

    Args:
        path: of the file; its folder is made.
        description: plain values.
        arrays: by name.

    Raises:
        AuritaError: the path cannot be written.
    """
    from safetensors.numpy import save

    path = Path(path)
    text = json.dumps({"format": FORMAT, **description}, sort_keys=True, allow_nan=False)
    contiguous = {name: np.ascontiguousarray(value).reshape(value.shape) for name, value in arrays.items()}
    content = save(contiguous, {_KEY: text, "checksum": _checksum(text, contiguous)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AuritaError(f"cannot write {path}: {error.strerror}; give a folder that you may write to") from None
    write_whole(path, content)


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The description and the arrays that `write` wrote.

    Raises:
        AuritaError: no such file, or one that is damaged, foreign or newer.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise AuritaError(f"there is no checkpoint {path}; leave --resume out to begin")
    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = metadata[_KEY]
        description = json.loads(text)
    except (SafetensorError, KeyError, OSError, ValueError) as error:
        raise AuritaError(
            f"{path} is no checkpoint of a search, or is damaged ({error}); delete it to begin anew"
        ) from None
    if metadata.get("checksum") != _checksum(text, arrays):
        raise AuritaError(f"{path} is damaged: its checksum does not match; delete it to begin anew")
    if description.pop("format", 0) > FORMAT:
        raise AuritaError(f"{path} was written by a newer aurita; upgrade aurita to go on with it")
    return description, arrays


def _checksum(text: str, arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
