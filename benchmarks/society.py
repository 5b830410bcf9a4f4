"""The estimators' default society beside the same society as drawn, on sequences that nothing was designed on.

python benchmarks/society.py run symbols|series|labels|budget|few [--seeds 10] [--first 200] [--storage society.sqlite]
python benchmarks/society.py table symbols|series|labels|budget|few
python benchmarks/society.py vowels
python benchmarks/society.py picture docs/pictures/society.svg

Nothing is chosen per task. Several runs may share one storage; one that is interrupted goes on.
"""

import argparse
import json

import numpy as np
import pandas as pd

from aurita import ReservoirClassifier
from aurita.studies import ModelPlan, Study, TaskPlan
from aurita.studies.statistics import compare
from aurita.tasks import task_named
from aurita.tasks.cogscale import COGSCALE_TASKS

FEW = {"learning": {"passages": {"fan_in": 6, "every": 20}}}
FEW_TASKS = (
    "sorting_problem",
    "cross_situation",
    "associative_recall",
    "bracket_matching",
    "simple_copy",
    "selective_copy",
)
FROZEN = {"learning": {"objective": "frozen"}}
SERIES = [
    TaskPlan("mackey_glass", {"horizon": 84}, "mackey_glass, 84 steps"),
    TaskPlan("lorenz", {"horizon": 10}, "lorenz, 10 steps"),
    TaskPlan("lorenz", {"horizon": 25}, "lorenz, 25 steps"),
]
ECHO = {"units": 640, "leak": [0.1, 1.0]}


def both(**parameters: object) -> list[ModelPlan]:
    """The society, and the same units as drawn: as many generations, the same choice among them and inheritance."""
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
    if name == "few":
        models = {"society": {}, "six afferents": FEW}
        tasks = [TaskPlan(f"cogscale/{task}") for task in FEW_TASKS]
        return tasks, [ModelPlan(label, "society", {"most": 100, **changes}) for label, changes in models.items()]
    if name == "series":
        return SERIES, [*both(most=640), ModelPlan("echo state network", "esn", ECHO)]
    return [TaskPlan("decision")], both(most=400)


def vowels(given: argparse.Namespace) -> None:
    """JapaneseVowels, official split: the classifier as it is, the same frozen, and the bare inputs."""
    task = task_named("japanese_vowels", seed=0)
    train = task.development
    rows = []
    for seed in range(given.first, given.first + given.seeds):
        arms = {
            "default": ReservoirClassifier(random_state=seed),
            "frozen": ReservoirClassifier(learning="frozen", random_state=seed),
            "bare inputs": ReservoirClassifier(units=0, random_state=seed),
        }
        for name, model in arms.items():
            score = model.fit(train.inputs, train.targets).score(task.test.inputs, task.test.targets)
            rows.append({"task": "japanese_vowels", "model": name, "seed": seed, "accuracy": score})
        print({row["model"]: round(row["accuracy"], 4) for row in rows[-3:]}, flush=True)
    table = pd.DataFrame(rows)
    print(table.groupby("model")["accuracy"].agg(["mean", "std"]).round(4).to_string())
    print(compare(table, "accuracy", higher_is_better=True, reference="frozen").render(table="pairs"))


def study_of(name: str, given: argparse.Namespace) -> Study:
    """The study of one group."""
    tasks, models = group(name)
    seeds = list(range(given.first, given.first + given.seeds))
    return Study(f"society, {name}", tasks, models, seeds=seeds, storage=given.storage)


def picture(given: argparse.Namespace) -> None:
    """Scores of learnt and of frozen societies, and which kinds of units stayed."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    records = pd.concat([study_of(name, given).records() for name in ("symbols", "series", "labels")])
    records["task"] = records["task"].str.removeprefix("cogscale/").str.replace("_", " ")
    records["value"] = np.where(records["metric"] == "accuracy", 1 - records["score"], records["score"])
    means = records.pivot_table(index="task", columns="model", values="value", aggfunc="mean", sort=False)
    learnt = records[records["model"] == "society"]
    rows = []
    for task, details in zip(learnt["task"], learnt["details"], strict=True):
        found = json.loads(details)["kinds"] if isinstance(details, str) else details["kinds"]
        rows.append({"task": task, **{short(kind): count for kind, count in found.items()}})
    kinds = pd.DataFrame(rows).fillna(0).groupby("task", sort=False).mean().reindex(means.index)
    kinds = kinds.drop(columns="counters", errors="ignore")
    plt.rcParams.update({"svg.fonttype": "none", "font.size": 9})
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.32 * len(means) + 1.6), sharey=True, width_ratios=(3, 2))
    places = np.arange(len(means))[::-1]
    least = 1e-4
    a, b = (np.maximum(means[model], least) for model in ("frozen", "society"))
    left.hlines(places, a, b, color="#b0b8c0", linewidth=2, zorder=1)
    left.scatter(a, places, color="#d08a2e", label="frozen", zorder=2)
    left.scatter(b, places, color="#2f6fb2", label="learnt locally", zorder=3)
    left.set(
        xscale="log", yticks=places, yticklabels=means.index, xlabel="error, mean of the seeds; least shown: 0.0001"
    )
    left.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    left.grid(axis="x", color="#e4e8ec")
    right.imshow(
        kinds.to_numpy(),
        cmap="Blues",
        aspect="auto",
        vmax=8,
        extent=(-0.5, kinds.shape[1] - 0.5, -0.5, len(means) - 0.5),
    )
    for x, kind in enumerate(kinds.columns):
        for y, count in zip(places, kinds[kind], strict=True):
            if count:
                right.text(x, y, f"{count:.1f}", ha="center", va="center", color="white" if count > 4 else "#223")
    right.set_xticks(range(kinds.shape[1]), kinds.columns, rotation=30, ha="right")
    right.set_title("units that stay, by kind", fontsize=9)
    figure.tight_layout()
    figure.savefig(given.group, metadata={"Date": None})


def short(kind: str) -> str:
    """A few words for a kind of unit."""
    if "Attention" not in kind:
        return {"EchoUnit": "echo groups", "PhaseUnit": "counters"}[kind]
    if "earlier" in kind:
        return "receive echoes"
    words = "near" if "memory 8" in kind else "far"
    return f"{words}{', shifted' if 'shifted' in kind else ''}{', with counter' if 'partner' in kind else ''}"


def markdown(records: pd.DataFrame, pairs: pd.DataFrame | None, digits: int) -> str:
    """The rows of docs/society.md: scores, verdict, numbers kept and trained in all, CPU seconds of the learnt arm."""
    lines = []
    for task, rows in records.groupby("task", sort=False):
        name = task.removeprefix("cogscale/").replace("_", " ")
        arms = {model: part["score"] for model, part in rows.groupby("model", sort=False)}
        cells = [name, f"{rows['seed'].nunique()}"]
        cells += [f"{arm.mean():.{digits}f} ± {arm.std():.{digits}f}" for arm in arms.values()]
        if pairs is not None:
            pair = pairs[(pairs["task"] == task) & (pairs["model"] == "society")].iloc[0]
            verdict = pair["verdict"] if pair["verdict"] == "inconclusive" else f"**{pair['verdict']}**"
            cells += [f"{pair['p_corrected']:.3f}", verdict]
        learnt = rows[rows["model"] == "society"]
        cells += [f"{learnt[size].mean():,.0f}" for size in ("kept", "trained in all")]
        cells.append(f"{learnt['seconds'].mean():.1f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, print the tables or draw the picture."""
    options = argparse.ArgumentParser()
    options.add_argument("action", choices=["run", "table", "vowels", "picture"])
    options.add_argument("group", nargs="?", help="symbols, series, labels, budget or few; of the picture, its file")
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--first", type=int, default=200, help="first seed; others were looked at in designing")
    options.add_argument("--storage", default="society.sqlite")
    given = options.parse_args()
    if given.action in ("vowels", "picture"):
        {"vowels": vowels, "picture": picture}[given.action](given)
        return
    study, models = study_of(given.group, given), group(given.group)[1]
    if given.action == "run":
        study.run()
        return
    records = study.records()
    scores = records.pivot_table(index="task", columns="model", values="score", aggfunc=["mean", "std", "count"])
    print(scores.round(4).to_string())
    print("mean over tasks:", records.groupby("model")["score"].mean().round(4).to_dict())
    details = [json.loads(one) if isinstance(one, str) else one for one in records["details"]]
    records["kept"] = records["trained"]
    records["trained in all"] = [one.get("trained_in_all", float("nan")) for one in details]
    sizes = records.pivot_table(
        index="task", columns="model", values=["kept", "trained in all", "seconds"], aggfunc="mean"
    )
    print("numbers trained, readout included: by what stays, and by all units of all generations")
    print(sizes.round(0).to_string())
    pairs = None
    if len(models) > 1:
        comparison = study.compare(reference="society" if given.group == "few" else "frozen")
        print(comparison.render(table="pairs"))
        pairs = None if given.group == "few" else comparison.pairs
    print(markdown(records, pairs, 5 if given.group == "series" else 4))


if __name__ == "__main__":
    main()
