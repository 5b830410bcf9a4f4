"""`aurita export`: a saved model as an ONNX graph or as C."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """What is written."""

    onnx = "onnx"
    c = "c"


class Form(StrEnum):
    """Forms of an ONNX graph."""

    auto = "auto"
    fixed = "fixed"
    step = "step"


def export(
    model: Annotated[Path, typer.Argument(help="File of a model.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.", show_default=False)],
    kind: Annotated[
        Format | None,
        typer.Option("--format", help="onnx, or c: one C99 file; by the name of the output if left out."),
    ] = None,
    form: Annotated[
        Form, typer.Option(help="Of a graph: whole sequences (fixed) or one step, with the states going in and out.")
    ] = Form.auto,
    series: Annotated[int, typer.Option(min=0, help="Which of the series of a forecaster.")] = 0,
) -> None:
    """Write a saved model of attention and echo units as an ONNX graph, or as C for a microcontroller.

    Example: aurita export model.aurita -o model.onnx
    """
    from aurita.cli.models import open_model
    from aurita.cli.terminal import say
    from aurita.errors import AuritaError
    from aurita.export import to_c, to_onnx
    from aurita.io.writing import check_distinct

    check_distinct({"--output": output}, {"the model": model})
    known = {".onnx": Format.onnx, ".c": Format.c}
    if kind is None:
        kind = known.get(output.suffix.lower())
    if kind is None:
        raise AuritaError(f"{output} ends neither in .onnx nor in .c; give such a name, or --format onnx or c")
    if kind is Format.c and form is not Form.auto:
        raise AuritaError(f"--form is {form.value}, and a C file has one form; leave --form out")
    fitted = open_model(model)
    if kind is Format.c:
        to_c(fitted, output, series=series)
    else:
        to_onnx(fitted, output, form=form.value, series=series)
    say(f"{output}: {output.stat().st_size:,} bytes")
