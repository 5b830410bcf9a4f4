"""`aurita view`: a page of what a model does with some data, written or served."""

from collections.abc import Sequence
from enum import StrEnum
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import typer

from aurita._typing import Document, PyTree
from aurita.cli._compiled import keep_compiled
from aurita.cli._models import check_new, described_table
from aurita.cli._options import Force, IdNamed, Named, joined_names
from aurita.cli._panel import read_known_panel
from aurita.cli._saved_in_python import ColumnNames, CovariateNames, TargetNames, as_fitted
from aurita.cli._saved_in_python import Named as NamedColumns
from aurita.cli._sequences import read_known_sequences
from aurita.cli._terminal import note, notes, say, stages
from aurita.errors import AuritaError
from aurita.io import check_writable, read_table
from aurita.io.writing import check_distinct

if TYPE_CHECKING:
    from aurita.agents import ReservoirAgent
    from aurita.pictures.contents import ModelView
    from aurita.pictures.drawing import Drawing

_LESION_EPISODES = 20


class Plane(StrEnum):
    """How states are put in a plane."""

    classes = "classes"
    pca = "pca"
    umap = "umap"


class _Data(NamedTuple):
    """What a model is run over."""

    X: PyTree
    y: PyTree = None
    covariates: PyTree = None
    names: Sequence[str] | np.ndarray | None = None


def view(
    model: Annotated[
        Path | None, typer.Argument(help="File of a model, or of states as a .npy array (steps, features).")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Argument(
            help="Table, or .npy array; of states: their labels; of an agent: its world.", show_default=False
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML page to write.")] = Path("aurita-view.html"),
    force: Force = False,
    beside: Annotated[Path | None, typer.Option(help="A second model, linked to the first.")] = None,
    plane: Annotated[
        list[Plane] | None, typer.Option(help="Planes to offer; may be repeated. By default classes and pca.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Steps to draw; more are sampled.")] = 100_000,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the page to this machine, instead of a file.")] = False,
    log: Annotated[Path | None, typer.Option(help="Log of a run, followed live with --serve.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve at; 0 for a free one.")] = 8765,
    time: Named = None,
    id_column: IdNamed = None,
    label: Named = None,
    columns: ColumnNames = None,
    targets: TargetNames = None,
    covariates: CovariateNames = None,
) -> None:
    """Look at what a model does: one page with its states, units, wiring and learning, that needs no network.

    Example: aurita view vowels.aurita vowels.csv --output page.html
    Example: aurita view agent.aurita repeat_previous/easy --output page.html
    """
    if log is not None and not serve:
        raise AuritaError("a log is followed by a page that is served; give --serve as well")
    if model is None and (log is None or beside is not None or data is not None):
        raise AuritaError("there is nothing to look at; give a model and its data, or --serve --log of a run")
    if not serve:
        reads = {"the model": model, "the data": data, "--beside": beside, "--log": log}
        check_distinct({"--output": output}, reads)
        check_writable(output)
        check_new({"--output": output}, force=force)
    keep_compiled()
    roles = {"time": time, "id": joined_names(id_column), "label": label}
    named = NamedColumns(tuple(columns or ()), tuple(targets or ()), tuple(covariates or ()))
    models: list[ModelView] = []
    drawings: list[Drawing] = []
    with stages() as progress:
        for path in (model, beside):
            if path is not None:
                progress.now(f"running {path}")
                one = _view_of(path, data, tuple(one.value for one in plane or ()), most, roles, named)
                if isinstance(one, list):
                    drawings += one
                else:
                    models.append(one)
        progress.now("drawing")
        from aurita.pictures.paging import page, write_page

        title = " and ".join(path.stem for path in (model, beside) if path is not None) or str(log)
        if not serve:
            write_page(output, models, title=title, drawings=drawings)
        else:
            html = page(models, title=title, live=log is not None, drawings=drawings)
    notes(text for one in models for text in one.states.notes)
    if not serve:
        note(f"the page was written to {output} ({output.stat().st_size / 1e6:.1f} MB)")
        return
    _serve(html, log, port)


def _serve(html: str, log: Path | None, port: int) -> None:
    from aurita.pictures.serving import server

    running = server(html, log, port)
    host, at = running.server_address[:2]
    say(f"http://{host!s}:{at}/ (Ctrl-C ends it)")
    try:
        running.serve_forever()
    finally:
        running.server_close()


def _view_of(
    path: Path,
    data: Path | None,
    planes: tuple[str, ...],
    most: int,
    roles: dict[str, str | None],
    named: NamedColumns,
) -> "ModelView | list[Drawing]":
    """A model run over the data, or states of any origin.

    Args:
        roles, named: columns of the table that the command line names.
    """
    from aurita.pictures.contents import model_view
    from aurita.pictures.states import states_from

    if path.suffix == ".npy":
        labels = None if data is None else _array(data)
        return model_view(states_from(_array(path), labels=labels, most=most, title=path.stem), methods=planes)
    model = _opened(path)
    if hasattr(model, "actions_"):
        return _drawn(model, path, data)
    if data is None:
        raise AuritaError(
            f"{path} is a model, and there is no data to run it over; give a table: aurita view MODEL DATA"
        )
    given = _Data(_array(data)) if data.suffix == ".npy" else _table_of(model, path, data, roles, named)
    return model_view(
        model,
        given.X,
        given.y,
        title=path.stem,
        methods=planes,
        covariates=given.covariates,
        names=given.names,
        most=most,
    )


def _drawn(agent: "ReservoirAgent", path: Path, world: Path | None) -> "list[Drawing]":
    """Pictures of an agent in its world."""
    from aurita.pictures.acted import agent_drawings

    if world is None:
        raise AuritaError(
            f"{path} is an agent, and no world to act in was named; for example: aurita view {path} tmaze"
        )
    return agent_drawings(agent, str(world), lesion_episodes=_LESION_EPISODES)


def _opened(path: Path) -> Any:
    from aurita.reservoir import Reservoir
    from aurita.saving import load

    if isdir(path):
        raise AuritaError(f"{path} is a folder; give the file of a model")
    model = load(path)
    if not isinstance(model, Reservoir) and not (hasattr(model, "readouts_") or hasattr(model, "actions_")):
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


def _table_of(model: Any, path: Path, table: Path, roles: dict[str, str | None], named: NamedColumns) -> _Data:
    """The data of a table, read as the model's task wants it, with targets where the table has them."""
    known = described_table(model, path, named, roles["id"])
    known = {**known, **{role: name for role, name in roles.items() if name is not None}}
    if known["task"] == "forecast":
        panel = read_known_panel(table, known, known["targets"], known["covariates"])
        values = as_fitted(panel.values(), known, "targets", flat=model.channels_.flat)
        covariates = as_fitted(panel.covariates() or (), known, "covariates") or None
        return _Data(values, covariates=covariates, names=panel.names)
    if known["per"] == "step":
        return _steps(known, table)
    sequences = read_known_sequences(table, known)
    labels = sequences.labels
    if labels is not None and known["task"] == "regress":
        labels = np.asarray(labels, float)
    return _Data(as_fitted(sequences.values, known, "channels"), labels, names=sequences.ids)


def _steps(known: Document, table: Path) -> _Data:
    """Inputs of every step, and the targets where the table has their columns."""
    columns = read_table(table, decimal=known["decimal"]).columns
    known_targets = all(name in columns for name in known["targets"])
    if not known_targets:
        panel = read_known_panel(table, known, known["inputs"])
        return _Data(as_fitted(panel.values(), known, "inputs"), names=panel.names)
    panel = read_known_panel(table, known, known["targets"], known["inputs"])
    targets = [frame.to_numpy() for frame in panel.values()]
    return _Data(as_fitted(panel.covariates() or (), known, "inputs"), targets, names=panel.names)
