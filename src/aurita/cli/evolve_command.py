"""The command `aurita evolve` and its options; what it does is in `evolving`, loaded when it is called."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Searches(StrEnum):
    """Ways to search for a reservoir."""

    weights = "weights"
    topology = "topology"
    diversity = "diversity"
    pareto = "pareto"


class Values(StrEnum):
    """Values of evolved weights."""

    continuous = "continuous"
    ternary = "ternary"


class Backends(StrEnum):
    """Where populations are evaluated."""

    loky = "loky"
    threading = "threading"
    dask = "dask"
    ray = "ray"


def evolve(
    task: Annotated[str, typer.Argument(help="Name of a task, such as decision.", show_default=False)],
    neurons: Annotated[int, typer.Option(min=1, help="Neurons of a reservoir at the start.")] = 14,
    most: Annotated[int | None, typer.Option(min=1, help="Neurons that it may grow to; as many if left out.")] = None,
    values: Annotated[Values, typer.Option(help="Values of the weights.")] = Values.continuous,
    search: Annotated[
        Searches | None, typer.Option(help="Weights, or topology where sizes or signs are to be found, if left out.")
    ] = None,
    generations: Annotated[int, typer.Option(min=1, help="Generations of a search.")] = 100,
    population: Annotated[int | None, typer.Option(min=4, help="Reservoirs of a generation.")] = 64,
    seeds: Annotated[int, typer.Option(min=1, help="Searches, each from another seed.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first search.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Of checkpoints and the result; named by the task.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the searches in the folder.")] = False,
    backend: Annotated[Backends, typer.Option(help="Where populations are evaluated.")] = Backends.loky,
    workers: Annotated[int, typer.Option(min=1, help="How many of them; 1: this process.")] = 1,
    address: Annotated[str | None, typer.Option(help="Of a Dask scheduler or a Ray cluster.")] = None,
    report: Annotated[Path | None, typer.Option(help="HTML page with pictures of the best search.")] = None,
    log: Annotated[Path | None, typer.Option(help="Log that aurita view --serve follows.")] = None,
    baseline: Annotated[bool, typer.Option(help="Tune random reservoirs with as many evaluations.")] = True,
) -> None:
    """Evolve small reservoirs on a task, on several seeds, and test them on sequences that no search saw.

    Example: aurita evolve decision --neurons 14 --generations 100 --seeds 20
    """
    from aurita.cli import evolving

    evolving.evolve(
        evolving.Asked(
            task=task,
            neurons=neurons,
            most=most,
            values=values.value,
            search=None if search is None else search.value,
            generations=generations,
            population=population,
            seeds=seeds,
            first_seed=seed,
            folder=folder,
            resume=resume,
            backend=backend.value,
            workers=workers,
            address=address,
            baseline=baseline,
            report=report,
            log=log,
        )
    )
