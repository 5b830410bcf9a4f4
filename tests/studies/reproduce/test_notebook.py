"""Reproduction of the notebooks: what is declared, verdicts by hand, and a small study from run to report."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from aurita.studies import Study
from aurita.studies.reproduce import anarchists, notebook
from aurita.studies.reproduce.pairing import paired


def scores(seeds=8):
    """Records of all models, each with its own mean, common ups and downs of the seeds, and a little noise."""
    rng = np.random.default_rng(0)
    ups = rng.normal(size=seeds)
    names = [model.name for model in notebook.study().models]
    level = dict(zip(names, np.geomspace(0.009, 0.3, len(names)), strict=True)) | notebook.PUBLISHED
    rows = [
        {"model": name, "seed": seed, "score": level[name] * np.exp(0.1 * ups[seed] + 0.02 * rng.normal())}
        for seed, name in product(range(seeds), names)
    ]
    return pd.DataFrame(rows)


class Done:
    """A study that has run."""

    def __init__(self, records):
        self._records = records

    def records(self):
        return self._records


def test_study_has_every_rule_and_normalisation_at_both_sizes():
    models = {model.name: model for model in notebook.study(seeds=3).models}
    assert set(notebook.PUBLISHED) <= set(models)
    assert {name for pair in notebook.FINDINGS.values() for name in pair} <= set(models)
    learning = [dict(m.parameters) for m in models.values() if m.kind == "aur" and "rule" in m.parameters]
    for units in (3, 6):
        here = [p for p in learning if p["units"] == units]
        assert {p["rule"] for p in here} == {"largest", "spaced", "all", "proportional", "random", "round_robin"}
        assert {p["normalisation"] for p in here} == {"layer", "rms", "tanh", "none"}
    assert all("steps" not in p and "batch" not in p for p in learning), "all rules share the model's default budget"
    assert models["6 units, tanh + L2, spaced"].parameters["l2"] > 0
    assert models["6 units, tanh, spaced"].parameters["l2"] == 0


def test_published_figures_are_judged_as_one_further_draw():
    records = scores()
    name = "3 units, layer, largest"
    values = records.loc[records["model"] == name, "score"].to_numpy()
    for published, verdict in (
        (values.mean(), "as published"),
        (10 * values.max(), "lower"),
        (values.min() / 10, "higher"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(notebook.PUBLISHED, name, published)
            row = notebook.measured(records).set_index("model").loc[name]
        logs = np.log(values)
        spread = logs.std(ddof=1) * np.sqrt(1 + 1 / len(logs))
        p = 2 * stats.t.cdf(-abs(np.log(published) - logs.mean()) / spread, len(logs) - 1)
        assert row["p"] == pytest.approx(p)
        assert row["verdict"] == verdict
        assert row["mean / published"] == pytest.approx(values.mean() / published, abs=1e-3)
        assert (row["least"], row["most"]) == (values.min(), values.max())


def test_pairs_are_tested_on_the_same_seeds_with_one_correction():
    """Exact p by all sign changes of six differences, Holm over two pairs."""
    rng = np.random.default_rng(1)
    a, c = rng.normal(size=6), rng.normal(size=6)
    b = a + np.array([0.3, 0.5, 0.2, 0.4, 0.6, 0.1])
    frames = [pd.DataFrame({"model": n, "seed": range(6), "score": v}) for n, v in (("a", a), ("b", b), ("c", c))]
    found = paired(pd.concat(frames), [(("first",), "a", "b"), (("second",), "a", "c")], ("what",))

    def exact(difference):
        signs = np.array(list(product((1, -1), repeat=6)))
        return np.mean(np.abs((signs * difference).mean(1)) >= abs(difference.mean()) - 1e-12)

    smaller, larger = sorted([exact(a - b), exact(a - c)])
    corrected = [min(1, 2 * smaller), min(1, max(2 * smaller, larger))]
    assert sorted(found["p_corrected"]) == pytest.approx(corrected)
    assert found["what"].tolist() == ["first", "second"]
    assert found["mean"].tolist() == pytest.approx([a.mean(), a.mean()])
    assert found["other"].tolist() == pytest.approx([b.mean(), c.mean()])
    assert found["difference"].tolist() == pytest.approx([(a - b).mean(), (a - c).mean()])


def test_report_sets_each_reservoir_beside_the_same_as_drawn():
    tables = dict(notebook.report(Done(scores())))
    measured, findings, learns, rules, normalisations = tables.values()
    assert measured["model"].tolist()[:7] == list(notebook.PUBLISHED)
    assert measured.iloc[-1]["mean"] == pytest.approx(0.00874, abs=1e-5)
    means = measured.set_index("model")["mean"]
    learnt = learns.set_index("model")
    assert len(learnt) == 28
    assert learnt.loc["6 units, tanh + L2, spaced", "other"] == pytest.approx(means["6 units, tanh, frozen"])
    assert learnt.loc["3 units, rms, all", "other"] == pytest.approx(means["3 units, rms, frozen"])
    assert findings["verdict"].tolist() == ["better"] * 6, "the published order, with seeds in step"
    assert rules.set_index(["reservoir", "rule"]).loc[("6 units, tanh", "all"), "mean"] == means["6 units, tanh, all"]
    assert len(normalisations) == 18


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    place = tmp_path_factory.mktemp("study") / "s.sqlite"
    study = Study("anarchists", ["anarchist/sine"], list(anarchists.study().models), seeds=2, storage=place)
    study.run(progress=False)
    return study


def test_anarchists_from_run_to_report(small):
    records = small.records()
    assert records["state"].tolist() == ["complete"] * 12
    agreed, fades, right, directions = dict(anarchists.report(small)).values()
    agreed = agreed.set_index("model")
    details = anarchists.with_details(records)
    for name, part in details.groupby("model"):
        assert agreed.loc[name, "right"] == np.mean([sum(np.array(k) >= 0.1) for k in part["kept"]])
        assert agreed.loc[name, "all collapsed"] == np.mean([all(np.array(k) < 0.1) for k in part["kept"]])
    assert agreed.loc["as invented, 300 rounds", "all collapsed"] == 1
    assert agreed.loc["whitened, 100 rounds", "all right"] == 1
    last = fades.set_index("model").loc["as invented, 300 rounds"]
    assert last["measured"] == pytest.approx(last["bound"], abs=2e-3)
    assert last["bound"] < last["without ridge"] < 1
    assert set(right["cure"]) == {"unit variance", "whitened"}
    assert directions.set_index("cure").loc["whitened", "difference"] > 1.5


def test_expected_seconds_grow_with_the_seeds():
    for module in (notebook, anarchists):
        few, many = (module.seconds_expected(module.study(seeds=seeds)) for seeds in (2, 20))
        assert 0 < few < many < 15 * 60
