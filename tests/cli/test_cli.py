"""The command line as a user meets it: exit codes, streams and files left behind, in processes where these matter."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from aurita.cli import app

pytestmark = pytest.mark.usefixtures("own_cache")


def aurita(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def in_a_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from aurita.command import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def sales(tmp_path_factory) -> Path:
    """Two stores, missing days and values, a constant column and one of words."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=120, freq="D")
    frames = []
    for store, level in (("north", 100), ("south", 150)):
        y = level + 20 * np.sin(2 * np.pi * np.arange(120) / 7) + rng.normal(0, 1, 120)
        frame = pd.DataFrame({"date": days, "store": store, "y": y, "one": 1, "word": "x"})
        frame.loc[[10, 50], "y"] = np.nan
        frames.append(frame.drop([20, 21]))
    path = tmp_path_factory.mktemp("tables") / "sales.csv"
    pd.concat(frames).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def waves(tmp_path_factory) -> Path:
    """Forty sequences of two classes, fast and slow."""
    rows = []
    for i in range(40):
        for k in range(12 + i % 4):
            rows.append((i, k, np.sin(k / (1 + 2 * (i % 2)) + i), ["slow", "fast"][i % 2]))
    path = tmp_path_factory.mktemp("tables") / "waves.csv"
    pd.DataFrame(rows, columns=["sequence", "step", "v", "class"]).to_csv(path, index=False)
    return path


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['aurita', '--help']\n"
        "from aurita.command import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('jax', 'numpy', 'pandas', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    for command in ("demo", "fit", "predict", "forecast", "classify", "info"):
        assert command in done.stdout


def test_a_forecast_of_an_unprepared_file(sales, tmp_path):
    arguments = ["forecast", sales, "--time", "date", "--target", "y", "--id", "store", "--horizon", 7]
    done = aurita(*arguments, "--units", 6, "--output", tmp_path / "f.csv")
    assert done.exit_code == 0, done.stderr
    assert "2 of 120 steps had no row" in done.stderr
    assert "Held-out check" in done.stdout
    written = pd.read_csv(tmp_path / "f.csv", parse_dates=["date"])
    assert written["store"].tolist() == ["north"] * 7 + ["south"] * 7
    assert written["date"][0] == pd.Timestamp("2024-04-30")
    assert (written["y_lower"] <= written["y"]).all()
    truth = 100 + 20 * np.sin(2 * np.pi * np.arange(120, 127) / 7)
    assert np.abs(written["y"][:7] - truth).mean() < 4


def test_a_saved_model_predicts_the_same_bytes_in_another_process(sales, tmp_path):
    model = tmp_path / "m.aurita"
    fitting = [
        "fit",
        sales,
        "--task",
        "forecast",
        "--target",
        "y",
        "--id",
        "store",
        "--horizon",
        5,
        "--units",
        4,
        "--save",
        model,
    ]
    assert aurita(*fitting).exit_code == 0
    done = aurita("predict", model, sales, "--output", tmp_path / "here.csv")
    assert done.exit_code == 0, done.output
    done = in_a_process("predict", model, sales, "--output", tmp_path / "there.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "there.csv").read_bytes()
    shown = aurita("info", model)
    assert "ReservoirForecaster" in shown.stdout


def test_labels_are_learnt_scored_and_written(waves, tmp_path):
    output, model = tmp_path / "labels.csv", tmp_path / "c.aurita"
    done = aurita(
        *["classify", waves, "--id", "sequence", "--time", "step", "--label", "class", "--units", 6],
        *["--test", waves, "--output", output, "--save", model],
    )
    assert done.exit_code == 0, done.stderr
    written = pd.read_csv(output)
    assert (written["class"] == written["predicted"]).mean() > 0.9
    assert len(written) == 40
    done = aurita("predict", model, waves)
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["forecast", "nowhere.csv", "--horizon", 3], "nowhere.csv"),
        (["forecast", "FOLDER", "--horizon", 3], "folder"),
        (["forecast", "SALES", "--target", "word", "--id", "store", "--horizon", 3], "word"),
        (["forecast", "SALES", "--target", "z", "--horizon", 3], "'z'"),
        (["forecast", "SALES", "--target", "y", "--id", "store", "--horizon", 0], "horizon"),
        (["forecast", "SALES", "--horizon", 3, "--output", "no/such/folder/f.csv"], "no/such/folder"),
        (["forecast", "SALES", "--horizon", 3, "--output", "f.docx"], "docx"),
        (["classify", "WAVES", "--label", "klass", "--id", "sequence"], "klass"),
        (["info", "WAVES"], "waves.csv"),
        (["fit", "WAVES", "--task", "classify", "--save", "x.aurita"], "label"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing(arguments, printed, sales, waves, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = {"SALES": sales, "WAVES": waves, "FOLDER": sales.parent}
    done = aurita(*(places.get(a, a) if isinstance(a, str) else a for a in arguments))
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert printed in done.stderr.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []


def test_one_class_only(tmp_path, waves):
    frame = pd.read_csv(waves)
    frame[frame["class"] == "slow"].to_csv(tmp_path / "one.csv", index=False)
    done = aurita("classify", tmp_path / "one.csv", "--id", "sequence", "--label", "class")
    assert done.exit_code == 2
    assert "one class" in done.stderr or "1 class" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_model(tmp_path, waves):
    path = tmp_path / "broken.aurita"
    path.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{not json at all")
    done = aurita("predict", path, waves)
    assert done.exit_code == 2
    assert "broken.aurita" in done.stderr
    assert "Traceback" not in done.stderr
