"""Options of `aurita view`; what it does is in `viewing`, loaded when it is called."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Plane(StrEnum):
    """How states are put in a plane."""

    classes = "classes"
    pca = "pca"
    umap = "umap"


def view(
    model: Annotated[
        Path | None, typer.Argument(help="File of a model, or of states as a .npy array (steps, features).")
    ] = None,
    data: Annotated[
        Path | None, typer.Argument(help="Table, or .npy array; of states: their labels.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML page to write.")] = Path("aurita-view.html"),
    beside: Annotated[Path | None, typer.Option(help="A second model, linked to the first.")] = None,
    plane: Annotated[
        list[Plane] | None, typer.Option(help="Planes to offer; may be repeated. By default classes and pca.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Steps to draw; more are sampled.")] = 100_000,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the page to this machine, instead of a file.")] = False,
    log: Annotated[Path | None, typer.Option(help="Log of a run, followed live with --serve.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve at; 0 for a free one.")] = 8765,
) -> None:
    """Look at what a model does: one page with its states, units, wiring and learning, that needs no network.

    Example: aurita view vowels.aurita vowels.csv --output page.html
    """
    from aurita.cli import viewing

    viewing.view(
        viewing.Asked(
            model=model,
            data=data,
            output=output,
            beside=beside,
            planes=tuple(one.value for one in plane or ()),
            most=most,
            log=log,
        ),
        port=port if serve else None,
    )
