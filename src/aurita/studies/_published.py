"""Scores that others published, to compare ours with, with their seeds.

CogScale small: the baseline results of the benchmark, version 0.1.1 (MIT licence), as test scores on ten seeds, error
rate or mse, lower is better; each network has the one learning rate whose validation score was best.
"""

from importlib.resources import files
from typing import TYPE_CHECKING

from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

BUDGETS = (1_000, 10_000, 100_000)
"""Sizes that the networks of the CogScale baselines were made to, in trained parameters."""

NAMES = {
    "esn": "ESN",
    "gru": "GRU",
    "lstm": "LSTM",
    "mamba": "Mamba",
    "transformer_decoder": "transformer decoder",
    "transformer_encdec": "transformer encoder-decoder",
    "xlstm": "xLSTM",
}


def published_cogscale(budget: int | None = None) -> "pd.DataFrame":
    """Published test scores of CogScale small.

    Of an ESN only readout weights were counted: a budget of 1,000 stands for 100 neurons, of 10,000 for 1,000 neurons,
    and its recurrent and input weights are not in `parameters`. `cross_situation` depended on Python's hash seed, which
    the published runs did not record; ours differs by an order of the input channels.

    Args:
        budget: one of `BUDGETS`; all of them by default. There is no ESN at 100,000.

    Returns:
        One row a model, task and seed: `model` (its name, size and "(published)"), `task` (as in `COGSCALE_TASKS`),
        `seed`, `value`, `parameters`, and `learning_rate` (NaN for an ESN).

    Raises:
        AuritaError: an unknown budget.

    Example:
        >>> scores = published_cogscale(1000)
        >>> round(float(scores[scores.model == "ESN 100 neurons (published)"].value.mean()), 3)
        0.23
    """
    if budget is not None and budget not in BUDGETS:
        raise AuritaError(
            f"nothing was published at a budget of {budget}; choose one of {', '.join(map(str, BUDGETS))}"
        )
    import pandas as pd

    with (files("aurita.studies") / "data" / "cogscale_small.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    if budget is not None:
        table = table[table.parameter_budget == budget]
    table = table.assign(
        model=[_label(model, size) for model, size in zip(table.model, table.parameter_budget, strict=True)]
    )
    about = ["model", "task", "parameters", "learning_rate"]
    seeds = {name: int(name.removeprefix("seed_")) for name in table.columns if name.startswith("seed_")}
    tidy = table.rename(columns=seeds).melt(about, list(seeds.values()), "seed", "value")
    tidy["seed"] = tidy["seed"].astype(int)
    return tidy.sort_values(["model", "task", "seed"], ignore_index=True)[
        ["model", "task", "seed", "value", "parameters", "learning_rate"]
    ]


def _label(model: str, budget: int) -> str:
    size = f"{budget // 10:,} neurons" if model == "esn" else f"{budget // 1000}k parameters"
    return f"{NAMES[model]} {size} (published)"
