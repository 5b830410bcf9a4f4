"""`aurita export`: a saved model as an ONNX graph or as C."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from aurita.cli._options import Force


def export(
    model: Annotated[Path, typer.Argument(help="File of a model.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.", show_default=False)],
    force: Force = False,
    kind: Annotated[
        Literal["onnx", "c"] | None,
        typer.Option("--format", help="onnx, or c: one C99 file; by the name of the output if left out."),
    ] = None,
    form: Annotated[
        Literal["auto", "fixed", "step"],
        typer.Option(help="Whole sequences, or a window of a series (fixed), or one step after the other."),
    ] = "auto",
    series: Annotated[int, typer.Option(min=0, help="Which of the series of a forecaster.")] = 0,
    window: Annotated[
        int | None,
        typer.Option(min=1, help="Steps that a forecaster with experts receives; all that it keeps if left out."),
    ] = None,
    longest: Annotated[
        int | None,
        typer.Option(min=1, help="Steps of a sequence that a C file keeps, where a step needs all of them."),
    ] = None,
) -> None:
    """Write a saved model as an ONNX graph, or as C for a microcontroller.

    Example: aurita export model.aurita -o model.onnx
    """
    from aurita.cli._models import check_new, open_model
    from aurita.cli._terminal import say, stages
    from aurita.errors import AuritaError
    from aurita.export import to_c, to_onnx
    from aurita.io.writing import check_distinct

    check_distinct({"--output": output}, {"the model": model})
    written = kind or {".onnx": "onnx", ".c": "c"}.get(output.suffix.lower())
    if written is None:
        raise AuritaError(f"{output} ends neither in .onnx nor in .c; give such a name, or --format onnx or c")
    if written == "onnx" and longest is not None:
        raise AuritaError(f"--longest is {longest}, and a graph keeps as many steps as there are; leave --longest out")
    check_new({"--output": output}, force=force)
    with stages() as progress:
        progress.now("reading the model")
        fitted = open_model(model)
        progress.now("exporting")
        if written == "c":
            to_c(fitted, output, form=form, series=series, window=window, longest=longest)
        else:
            to_onnx(fitted, output, form=form, series=series, window=window)
    say(f"{output}: {output.stat().st_size:,} bytes")
