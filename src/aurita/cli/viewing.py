"""`aurita view`: a page of what a model does with some data, written or served."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aurita.cli.compiled import keep_compiled
from aurita.cli.labelled import read_known_sequences
from aurita.cli.models import described_table
from aurita.cli.panel import read_panel
from aurita.cli.terminal import note, notes, say, stages
from aurita.errors import AuritaError
from aurita.io import check_writable, read_table
from aurita.io.writing import check_distinct


@dataclass(frozen=True)
class Asked:
    """What to look at.

    Attributes:
        model: a saved model, or states as a `.npy` array; None with a log alone.
        data: a table or a `.npy` array.
        output: the page.
        beside: a second model.
        planes: of `aurita.pictures.embedding.METHODS`; none for the default.
        most: steps to draw.
        log: of a run.
    """

    model: Path | None
    data: Path | None
    output: Path
    beside: Path | None
    planes: tuple[str, ...]
    most: int
    log: Path | None


class _Data(NamedTuple):
    """What a model is run over."""

    X: Any
    y: Any = None
    covariates: Any = None
    names: Any = None


def view(asked: Asked, *, port: int | None) -> None:
    """Write the page, or serve it until it is interrupted.

    Args:
        asked: what to look at.
        port: to serve at; None to write a file.

    Raises:
        AuritaError: a model, data or a path that cannot be worked with, or nothing to look at.
    """
    if asked.log is not None and port is None:
        raise AuritaError("a log is followed by a page that is served; give --serve as well")
    if asked.model is None and (asked.log is None or asked.beside is not None or asked.data is not None):
        raise AuritaError("there is nothing to look at; give a model and its data, or --serve --log of a run")
    if port is None:
        reads = {"the model": asked.model, "the data": asked.data, "--beside": asked.beside, "--log": asked.log}
        check_distinct({"--output": asked.output}, reads)
        check_writable(asked.output)
    keep_compiled()
    models: list[Any] = []
    with stages() as progress:
        for path in (asked.model, asked.beside):
            if path is not None:
                progress.now(f"running {path}")
                models.append(_seen(path, asked))
        progress.now("drawing")
        from aurita.pictures.paging import page, write_page

        title = " and ".join(path.stem for path in (asked.model, asked.beside) if path is not None) or str(asked.log)
        if port is None:
            write_page(asked.output, models, title=title)
        else:
            html = page(models, title=title, live=asked.log is not None)
    notes(text for one in models for text in one.states.notes)
    if port is None:
        note(f"the page was written to {asked.output} ({asked.output.stat().st_size / 1e6:.1f} MB)")
        return
    _serve(html, asked.log, port)


def _serve(html: str, log: Path | None, port: int) -> None:
    from aurita.pictures.serving import server

    running = server(html, log, port)
    host, at = running.server_address[:2]
    say(f"http://{host!s}:{at}/ (Ctrl-C ends it)")
    try:
        running.serve_forever()
    finally:
        running.server_close()


def _seen(path: Path, asked: Asked) -> Any:
    """A model run over the data, or states of any origin."""
    from aurita.pictures.contents import seen
    from aurita.pictures.states import states_from

    if path.suffix == ".npy":
        labels = None if asked.data is None else _array(asked.data)
        return seen(states_from(_array(path), labels=labels, most=asked.most, title=path.stem), methods=asked.planes)
    model = _opened(path)
    if asked.data is None:
        raise AuritaError(
            f"{path} is a model, and there is no data to run it over; give a table: aurita view MODEL DATA"
        )
    given = _Data(_array(asked.data)) if asked.data.suffix == ".npy" else _table_of(model, path, asked.data)
    return seen(
        model,
        given.X,
        given.y,
        title=path.stem,
        methods=asked.planes,
        covariates=given.covariates,
        names=given.names,
        most=asked.most,
    )


def _opened(path: Path) -> Any:
    from aurita.reservoir import Reservoir
    from aurita.saving import load

    if path.is_dir():
        raise AuritaError(f"{path} is a folder; give the file of a model")
    model = load(path)
    if not isinstance(model, Reservoir) and not hasattr(model, "readouts_"):
        raise AuritaError(
            f"{path} holds a {type(model).__name__} that is not fitted; give a fitted model or a reservoir"
        )
    return model


def _array(path: Path) -> np.ndarray:
    """An array of a file; one that would need pickle is refused, and a large one is not read as a whole."""
    try:
        return np.load(path, allow_pickle=False, mmap_mode="r")
    except FileNotFoundError:
        raise AuritaError(f"there is no file {path}; check the name (the current folder is {Path.cwd()})") from None
    except (OSError, ValueError, EOFError) as error:
        raise AuritaError(f"{path} is no array of numbers or text ({error}); write it with numpy.save") from None


def _table_of(model: Any, path: Path, table: Path) -> _Data:
    """The data of a table, read as the model's task wants it, with targets where the table has them."""
    known = described_table(model, path)
    if known["task"] == "forecast":
        panel = read_panel(
            table,
            time=known["time"],
            targets=tuple(known["targets"]),
            id=known["id"],
            covariates=tuple(known["covariates"]),
            frequency=known["frequency"],
            decimal=known["decimal"],
            missing=known.get("missing", ()),
        )
        return _Data(panel.values(), covariates=panel.covariates(), names=panel.names)
    if known["per"] == "step":
        return _steps(known, table)
    sequences = read_known_sequences(table, known)
    labels = sequences.labels
    if labels is not None and known["task"] == "regress":
        labels = np.asarray(labels, float)
    return _Data(sequences.values, labels, names=sequences.ids)


def _steps(known: dict[str, Any], table: Path) -> _Data:
    """Inputs of every step, and the targets where the table has their columns."""
    columns = read_table(table, decimal=known["decimal"]).columns
    told = all(name in columns for name in known["targets"])
    panel = read_panel(
        table,
        time=known["time"],
        targets=tuple(known["targets"] if told else known["inputs"]),
        id=known["id"],
        covariates=tuple(known["inputs"]) if told else (),
        frequency=known["frequency"],
        decimal=known["decimal"],
        missing=known.get("missing", ()),
    )
    if not told:
        return _Data(panel.values(), names=panel.names)
    targets = [frame.to_numpy() for frame in panel.values()]
    return _Data(panel.covariates(), targets, names=panel.names)
