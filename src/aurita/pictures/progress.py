"""The log of a run that goes on: a text file of JSON lines, only ever appended to, that a live page follows.

| line | says |
|---|---|
| `{"kind": "run", "what": "fit", "total": 300}` | what has begun |
| `{"kind": "progress", "done": 25, "total": 300}` | how far it is |
| `{"kind": "score", "name": "accuracy", "step": 25, "value": 0.9}` | a number of a study or of a readout |
| `{"kind": "losses", "step": 25, "losses": [...], "selected": [...]}` | local losses, and who took a step |
| `{"kind": "end", "summary": "..."}` | that it is over |

Every line has the time too. Readers skip what they do not know, and leave a last line alone that is not ended yet.
"""

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.io.reading import open_ordinary
from aurita.io.writing import check_target

if TYPE_CHECKING:
    from aurita.learning import History

_MOST_READ = 4_000_000
_MOST_OF_A_LINE = 1_000_000


class ProgressLog:
    """A log to write to while something runs. Called with `(done, total)` it is a callback for `aurita.learn`.

    Args:
        path: of the log; one that is there is continued.
        what: what runs.
        total: steps of it, if they are known.

    Raises:
        AuritaError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> from aurita import AttentionUnit, Learning, Population, Reservoir, learn
        >>> path = Path(tempfile.mkdtemp(), "run.jsonl")
        >>> log = ProgressLog(path, "learning")
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=2), units=2)], inputs=1)
        >>> _, history = learn(reservoir, np.zeros((1, 20, 1)), Learning(steps=30), progress=log)
        >>> log.history(history)
        >>> log.end()
        >>> [record["kind"] for record in read_progress(path)[0]][:3]
        ['run', 'progress', 'progress']
    """

    def __init__(self, path: str | Path, what: str, total: int | None = None) -> None:
        check_log(path)
        self.path = Path(path)
        self._write(kind="run", what=what, **({} if total is None else {"total": int(total)}))

    def __call__(self, done: int, total: int) -> None:
        self._write(kind="progress", done=int(done), total=int(total))

    def score(self, name: str, step: float, value: float) -> None:
        """A number at a step: the error of a readout, the best of a generation, a run of a study."""
        self._write(kind="score", name=name, step=_plain(step), value=_plain(value))

    def losses(self, step: int, losses: ArrayLike, selected: ArrayLike | None = None) -> None:
        """Local losses `(U,)` at a step of learning, and which units took it."""
        chosen = {} if selected is None else {"selected": [int(one) for one in np.ravel(selected)]}
        self._write(kind="losses", step=int(step), losses=[_plain(loss) for loss in np.ravel(losses)], **chosen)

    def history(self, history: "History", most: int = 200) -> None:
        """The history of `learn`, thinned to `most` steps."""
        steps = len(history.losses)
        for step in np.unique(np.linspace(0, steps - 1, min(steps, most)).astype(int)) if steps else ():
            self.losses(step, history.losses[step], history.selected[step])

    def end(self, summary: str = "") -> None:
        """It is over."""
        self._write(kind="end", summary=summary)

    def _write(self, **record: object) -> None:
        line = json.dumps({**record, "time": round(time.time(), 3)}, allow_nan=False) + "\n"
        try:
            # One write to a file opened for appending: several writers do not cut each other's lines.
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError as error:
            raise AuritaError(f"cannot write the log {self.path}: {error.strerror}; give another path") from None


def check_log(path: str | Path) -> None:
    """Refuse a path that no log can be at: one that cannot be written, or a file that is something else.

    Raises:
        AuritaError: as of `ProgressLog`.

    Example:
        >>> check_log("/dev/null")
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: cannot write /dev/null: it is a device, a pipe or a socket; give the name of a file
    """
    check_target(path)
    if not os.path.exists(path):
        return
    with open_ordinary(path) as file:
        first = file.readline(_MOST_OF_A_LINE)
    if first and _record(first) is None:
        raise AuritaError(f"cannot write the log {path}: the file is there and is no log; give another path")


def read_progress(path: str | Path, after: int = 0) -> tuple[list[dict[str, object]], int]:
    """Lines of a log.

    Args:
        path: of the log; one that is not there yet has no lines.
        after: bytes that were read before; beyond the end of a log that was begun anew it is read from the start.

    Returns:
        Records, and the bytes read so far.

    Raises:
        AuritaError: the file cannot be read.
    """
    try:
        if not os.path.exists(path):
            return [], 0
        with open_ordinary(path, wanted="give the path of a log") as file:
            size = file.seek(0, os.SEEK_END)
            start = after if 0 <= after <= size else 0
            file.seek(start)
            content = file.read(_MOST_READ)
    except OSError as error:
        raise AuritaError(f"cannot read the log {path}: {error.strerror}; give the path of a log") from None
    whole = content.rfind(b"\n") + 1
    records = []
    for line in content[:whole].splitlines():
        record = _record(line)
        if record is not None:
            records.append(record)
    return records, start + whole


def _record(line: bytes) -> Document | None:
    """What a line says; None for one that is no line of a log."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("kind"), str) else None


def _plain(value: float | np.floating) -> float | int | None:
    number = float(value)
    return None if not np.isfinite(number) else int(number) if number.is_integer() else float(f"{number:.6g}")
