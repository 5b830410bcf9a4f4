"""The estimators' default society beside the same society as drawn, on sequences that nothing was designed on.

python benchmarks/society.py run symbols|series|labels|budget [--seeds 10] [--first 100] [--storage society.sqlite]
python benchmarks/society.py table symbols|series|labels|budget

Nothing is chosen per task. Several runs may share one storage; one that is interrupted goes on.
"""

import argparse

from aurita.studies import ModelPlan, Study, TaskPlan
from aurita.tasks.cogscale import COGSCALE_TASKS

FROZEN = {"learning": {"objective": "frozen"}, "generations": 1}
SERIES = [
    TaskPlan("mackey_glass", {"horizon": 84}, "mackey_glass, 84 steps"),
    TaskPlan("lorenz", {"horizon": 10}, "lorenz, 10 steps"),
    TaskPlan("lorenz", {"horizon": 25}, "lorenz, 25 steps"),
]
ECHO = {"units": 640, "leak": [0.1, 1.0]}


def both(**parameters: object) -> list[ModelPlan]:
    """The society, and the same units as drawn with the same choice among them."""
    return [
        ModelPlan("society", "society", parameters),
        ModelPlan("frozen", "society", {**parameters, **FROZEN}),
    ]


def group(name: str) -> tuple[list[TaskPlan], list[ModelPlan]]:
    """Tasks and models by name."""
    symbols = [TaskPlan(f"cogscale/{task}") for task in COGSCALE_TASKS]
    if name == "symbols":
        return symbols, both(most=100)
    if name == "budget":
        return symbols, [ModelPlan("society", "society", {"most": 100, "budget": 1100})]
    if name == "series":
        return SERIES, [*both(most=640), ModelPlan("echo state network", "esn", ECHO)]
    return [TaskPlan("japanese_vowels"), TaskPlan("decision")], both(most=400)


def main() -> None:
    """Run what is missing, or print the tables."""
    options = argparse.ArgumentParser()
    options.add_argument("action", choices=["run", "table"])
    options.add_argument("group", choices=["symbols", "series", "labels", "budget"])
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--first", type=int, default=100, help="first seed; others were looked at in designing")
    options.add_argument("--storage", default="society.sqlite")
    given = options.parse_args()
    tasks, models = group(given.group)
    seeds = list(range(given.first, given.first + given.seeds))
    study = Study(f"society, {given.group}", tasks, models, seeds=seeds, storage=given.storage)
    if given.action == "run":
        study.run()
        return
    records = study.records()
    scores = records.pivot_table(index="task", columns="model", values="score", aggfunc=["mean", "std", "count"])
    print(scores.round(4).to_string())
    print("mean over tasks:", records.groupby("model")["score"].mean().round(4).to_dict())
    sizes = records.groupby(["task", "model"])[["trained", "seconds"]].mean().round(0)
    print(sizes.unstack().to_string())
    if len(models) > 1:
        print(study.compare(reference="frozen").render(table="pairs"))


if __name__ == "__main__":
    main()
