"""`aurita view` and the logs it follows, as a user meets them."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita.cli.app import app


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AURITA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "")
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def states(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.repeat(["left", "right"], 40)
    np.save(tmp_path / "states.npy", rng.normal(size=(80, 5)) + 3 * (labels == "left")[:, None])
    np.save(tmp_path / "labels.npy", labels)
    return tmp_path / "states.npy"


def contents(path):
    html = path.read_text()
    start = html.index('id="contents">') + len('id="contents">')
    return json.loads(html[start : html.index("</script>", start)])


def test_a_model_and_its_table_alone_and_beside_another(call, tmp_path):
    rows = [
        {"id": k, "time": t, "x": np.sin(t * (0.3 + 0.4 * (k % 2))), "kind": ["slow", "fast"][k % 2]}
        for k in range(8)
        for t in range(12)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "waves.csv", index=False)
    for name in ("one", "two"):
        asked = ["--task", "classify", "--label", "kind", "--id", "id", "--time", "time", "--units", "4"]
        logged = ["--learning", "self", "--save", f"{name}.aurita", "--log", f"{name}.jsonl"]
        fitted = call("fit", "waves.csv", *asked, *logged)
        assert fitted.exit_code == 0, fitted.output
        kinds = [json.loads(line)["kind"] for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]
        assert list(dict.fromkeys(kinds)) == ["run", "progress", "losses", "end"]
    result = call("view", "one.aurita", "waves.csv", "-o", "page.html")
    assert result.exit_code == 0, result.output
    assert "page.html" in result.output
    (model,) = contents(tmp_path / "page.html")["models"]
    assert {"slow", "fast"} <= set(json.dumps(model).replace('"', " ").split())
    both = call("view", "one.aurita", "waves.csv", "--beside", "two.aurita", "-o", "both.html")
    assert both.exit_code == 0, both.output
    assert len(contents(tmp_path / "both.html")["models"]) == 2


def test_states_of_another_library_with_labels(call, states, tmp_path):
    result = call("view", states, tmp_path / "labels.npy", "-o", "page.html")
    assert result.exit_code == 0, result.output
    assert "left" in json.dumps(contents(tmp_path / "page.html"))
    sampled = call("view", states, "--most", "30", "-o", "few.html")
    assert sampled.exit_code == 0
    assert "30 of 80" in sampled.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ((), "nothing to look at"),
        (("states.npy", "--log", "run.jsonl"), "--serve"),
        (("none.npy",), "no file"),
        (("text.npy",), "no array"),
        (("nan.npy",), "finite"),
        (("states.npy", "short.npy"), "label"),
        (("states.npy", "-o", "nowhere/page.html"), "nowhere"),
        (("empty.npy",), "states"),
    ],
)
def test_what_cannot_be_seen_is_one_message_and_no_page(call, states, tmp_path, arguments, printed):
    (tmp_path / "text.npy").write_text("these are no numbers")
    np.save(tmp_path / "nan.npy", np.full((10, 3), np.nan))
    np.save(tmp_path / "short.npy", np.arange(3))
    np.save(tmp_path / "empty.npy", np.zeros((0, 3)))
    result = call("view", *arguments)
    assert result.exit_code == 2, result.output
    assert printed in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob("*.html"))


def test_an_evolution_and_a_study_write_logs_and_the_report_is_a_page(call, tmp_path):
    evolved = call("evolve", "decision", "--neurons", "4", "--population", "4", "--generations", "2", "--seeds", "1",
                   "--no-baseline", "--log", "run.jsonl", "--report", "report.html")  # fmt: skip
    assert evolved.exit_code == 0, evolved.output
    records = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [one["kind"] for one in records] == ["run", *["progress", "score"] * 2, "end"]
    titles = [one["title"] for one in contents(tmp_path / "report.html")["drawings"]]
    assert titles[0] == "Scores over generations"
    assert titles[-1] == "Neurons removed one by one"
    (tmp_path / "study.toml").write_text(
        'name = "two"\nseeds = 2\n[[task]]\nname = "sincosnoise"\n[[model]]\nname = "bare"\nkind = "bare_inputs"\n'
    )
    study = call("study", "run", "study.toml", "--log", "study.jsonl")
    assert study.exit_code == 0, study.output
    records = [json.loads(line) for line in (tmp_path / "study.jsonl").read_text().splitlines()]
    assert records[0]["what"] == "study two"
    assert records[-2]["done"] == records[-2]["total"] == 2
    assert records[-1]["summary"] == "2 done, 0 failed"
