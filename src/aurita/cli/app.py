"""The commands of `aurita`, each in a file of its name, which is loaded when the command is called."""

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from aurita import __version__
from aurita.cli._terminal import complain, draws
from aurita.errors import AuritaError
from aurita.progress import starting

if TYPE_CHECKING:
    from typer._click import HelpFormatter
    from typer._click.core import Command, Context

COMMANDS = {
    "forecast": "Forecast the series of a table that nobody prepared.",
    "classify": "Tell classes of sequences apart, and say how well.",
    "fit": "Fit a model and save it.",
    "predict": "Predict with a saved model: what follows the table, or the class or value of what is in it.",
    "export": "Write a saved model as an ONNX graph, or as C for a microcontroller.",
    "info": "Describe a saved model; without one: versions, devices, engine and the cache.",
    "act": "Let units learn from reward alone to act in a world, and say what they get.",
    "view": "Look at what a model does: one page with its states, units, wiring and learning, that needs no network.",
    "study": "Models on tasks over many seeds: run what a TOML file declares, look at it, compare, export.",
    "evolve": "Evolve small reservoirs on a task, on several seeds, and test them on sequences that no search saw.",
    "reproduce": "Run published experiments again over many seeds, and show published and measured side by side.",
    "demo": "Show what reservoirs do on two real data sets, beside what they have to beat.",
}


class Deferred(TyperCommand):
    """A command that is known by its name and its help until it is called."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: "Context | None" = None, **extra: Any
    ) -> "Context":
        assert self.name is not None
        module = import_module(f"aurita.cli.{self.name}")
        command = getattr(module, "app", None)
        if command is None:
            command = typer.Typer(add_completion=False)
            command.command(self.name)(getattr(module, self.name))
        made = typer.main.get_command(command)
        if not draws():
            _write_plainly(made)
        return made.make_context(info_name, args, parent=parent, **extra)


class Commands(TyperGroup):
    """Commands whose complaints about input are one message and the exit code 2."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {name: Deferred(name, help=text) for name, text in COMMANDS.items()}

    def format_help(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        # For help only: complaints go to standard error, which may be a terminal where standard output is none.
        drawn = self.rich_markup_mode
        self.rich_markup_mode = drawn if draws() else None
        try:
            super().format_help(ctx, formatter)
        finally:
            self.rich_markup_mode = drawn

    def invoke(self, ctx: "Context") -> object:
        try:
            with starting():
                return super().invoke(ctx)
        except AuritaError as error:
            complain(str(error))
            raise typer.Exit(2) from None


def _write_plainly(command: "Command") -> None:
    """Let the help of a command, and of those below it, be plain text: what draws it takes half of the time."""
    if isinstance(command, TyperCommand | TyperGroup):
        command.rich_markup_mode = None
    for below in getattr(command, "commands", {}).values():
        _write_plainly(below)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reservoirs whose units learn on their own: forecast series and classify sequences, from a table.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"aurita {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
    trust: Annotated[
        list[str] | None,
        typer.Option(help="Module of your own whose units a saved model may name; it is imported. Repeatable."),
    ] = None,
) -> None:
    """Options of all commands."""
    if trust:
        from aurita import _registry
        from aurita.cli._models import from_here

        from_here()
        _registry.trust(*trust)
