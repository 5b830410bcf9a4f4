"""Options that several commands take, each once, and the record of those that a model is fitted with."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Concatenate, Literal, ParamSpec, TypeVar, get_args, get_type_hints

import typer

Given = ParamSpec("Given")
Record = TypeVar("Record")
Learns = Literal["none", "self", "target", "mixed", "society"]
MOST_STEPS = 100_000

Table = Annotated[
    Path, typer.Argument(help="CSV or Parquet file, or a folder of Parquet or Arrow files.", show_default=False)
]
Interval = Annotated[
    list[float] | None,
    typer.Option(
        help="Share of the truth that intervals are to cover; may be repeated; 0 for none.", show_default="0.9"
    ),
]
Decimal = Annotated[str | None, typer.Option(help="Decimal sign, where a CSV file leaves it open: . or ,")]
_WORDS = typer.Option(help="Value or word that stands for a missing number, such as -9999; repeatable.")
Missing = Annotated[list[str] | None, _WORDS]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a table with a series that is too short or empty.")]
Named = Annotated[str | None, typer.Option(help="As it is named in this table, if not as in the fit.")]
IdNamed = Annotated[
    list[str] | None, typer.Option("--id", help="As it is named in this table, if not as in the fit; may be repeated.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write a .csv or .parquet file.")]
Save = Annotated[Path | None, typer.Option(help="Save the model, for `aurita predict`.")]
Rows = Annotated[int, typer.Option(min=1, help="Rows of a table to show.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
Log = Annotated[Path | None, typer.Option(help="Log that aurita view --serve follows.")]


class Joined:
    """Marks an option that may be repeated, and whose values are one name together; see `aurita.io.identifiers`."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a model is fitted on, and how: the arguments of every command that takes them."""

    table: Table
    targets: Annotated[
        tuple[str, ...],
        typer.Option("--target", help="Column to forecast, or to predict at every step; may be repeated."),
    ] = ()
    label: Annotated[str | None, typer.Option(help="Column of the class or value of each sequence.")] = None
    horizon: Annotated[int, typer.Option(min=1, max=MOST_STEPS, help="Steps ahead to forecast.")] = 24
    time: Annotated[
        str | None,
        typer.Option(help="Column of dates or step numbers, found if left out; none: the rows are the steps."),
    ] = None
    id: Annotated[
        str | None,
        Joined(),
        typer.Option(
            "--id",
            help="Column that tells several series or sequences apart; repeatable, where several do so together.",
        ),
    ] = None
    covariates: Annotated[
        tuple[str, ...],
        typer.Option("--covariate", help="Column known in advance, in rows beyond the last target; may be repeated."),
    ] = ()
    season: Annotated[int | None, typer.Option(min=2, help="Steps of a season; found if left out.")] = None
    lower: Annotated[float | None, typer.Option(help="Least value of the series, such as 0; forecasts stay above.")] = (
        None
    )
    upper: Annotated[float | None, typer.Option(help="Greatest value of the series; forecasts stay below.")] = None
    frequency: Annotated[
        str | None,
        typer.Option(help="Step of the series, such as h, 15min, D, W, MS, or rows; found if left out."),
    ] = None
    decimal: Decimal = None
    missing: Annotated[tuple[str, ...], _WORDS] = ()
    strict: Strict = False
    readout: Annotated[
        str | None,
        typer.Option(
            help="ridge, for classes also committee or logistic, or module:Name of one of your own; if left out, "
            "ridge, unless the society finds that its kinds of units had better vote."
        ),
    ] = None
    learning: Annotated[
        Learns | None,
        typer.Option(
            help="How the units learn before the readout is fitted: as the default has it (society), not at all (none) "
            "or by the objective named.",
            show_default="society, or none with --units or --unit",
        ),
    ] = None
    units: Annotated[
        int | None,
        typer.Option(min=1, help="Units of the reservoir, of four outputs each, which then forecasts without experts."),
    ] = None
    unit: Annotated[
        str | None,
        typer.Option(
            help="Type of all units, such as EchoUnit, or module:Name of one of your own; a mixture if left out."
        ),
    ] = None
    rule: Annotated[
        str | None,
        typer.Option(
            help="Which units take a step after a batch: all, largest, spaced ..., or module:Name of your own."
        ),
    ] = None
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes on the same machine.")] = 0


def takes(
    kind: type[Record], *names: str
) -> Callable[[Callable[Concatenate[Record, Given], None]], Callable[..., None]]:
    """A command whose arguments are fields of a record and its own; it is called with the record and its own ones.

    Args:
        kind: a dataclass whose fields are annotated for typer.
        names: all arguments in their order; by default the fields, and no others. A field that the command has as an
            argument of its own as well is as it is there, and is passed on in both places.
    """
    shared: dict[str, Any] = get_type_hints(kind, include_extras=True)
    defaults = {one.name: Parameter.empty if one.default is MISSING else one.default for one in fields(kind)}  # type: ignore[arg-type]

    def wrap(command: Callable[Concatenate[Record, Given], None]) -> Callable[..., None]:
        own = dict(list(signature(command, eval_str=True).parameters.items())[1:])
        parameters = []
        for name in names or defaults:
            hint = own[name].annotation if name in own else _for_typer(shared[name])
            default = own[name].default if name in own else defaults[name]
            default = None if default == () else default
            parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=hint))

        def called(**given: Any) -> None:
            taken = {name: given[name] for name in given if name in shared}
            lists: dict[str, object] = {
                name: tuple(value or ()) for name, value in taken.items() if _is_many(shared[name])
            }
            lists |= {name: joined_names(taken[name]) for name in taken if _is_joined(shared[name])}
            command(kind(**{**taken, **lists}), **{name: given[name] for name in own})  # type: ignore[call-arg]

        called.__signature__ = signature(called).replace(parameters=parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {one.name: one.annotation for one in parameters}
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        return called

    return wrap


def _is_many(hint: Any) -> bool:
    return get_args(hint)[:1] == (tuple[str, ...],)


def joined_names(names: list[str] | None) -> str | None:
    """The names of columns that tell series apart together, as one; None where there are none."""
    return "+".join(names) if names else None


def _is_joined(hint: Any) -> bool:
    return any(isinstance(one, Joined) for one in get_args(hint)[1:])


def _for_typer(hint: Any) -> Any:
    """The annotation as typer knows it, for which what may be repeated is a list."""
    if not (_is_many(hint) or _is_joined(hint)):
        return hint
    return Annotated[list[str] | None, *(one for one in get_args(hint)[1:] if not isinstance(one, Joined))]
