"""The program itself: what it imports, what it leaves behind, and what it answers in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita.cli.app import app

PROGRAM = [sys.executable, "-c", "from aurita.command import main; main()"]


@pytest.fixture
def environment(tmp_path_factory) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "TF_CPP"))}
    return {**kept, "AURITA_CACHE": str(tmp_path_factory.mktemp("cache")), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """Two series in any order, with missing rows and cells, a constant column, and numbers with a decimal comma."""
    rng = np.random.default_rng(0)
    frames = []
    for name, level in (("north", 50), ("south", 80)):
        hours = pd.date_range("2024-03-01", periods=240, freq="h")
        y = level + 10 * np.sin(2 * np.pi * np.arange(240) / 24)
        frame = pd.DataFrame({"when": hours.strftime("%d.%m.%Y %H:%M"), "shop": name, "y": y, "one": 1})
        frame["y"] = frame["y"].map("{:.3f}".format).str.replace(".", ",")
        frame.loc[rng.choice(np.arange(5, 230), 6, replace=False), "y"] = "n/a"
        frames.append(frame.drop(rng.choice(np.arange(5, 230), 8, replace=False)))
    path = tmp_path / "messy.csv"
    pd.concat(frames).sample(frac=1, random_state=0).to_csv(path, index=False, sep=";")
    return path


def aurita(environment: dict[str, str], *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


@pytest.mark.parametrize(
    "command", [["--help"], ["--version"], *([c, "--help"] for c in ("forecast", "fit", "predict"))]
)
def test_help_needs_no_library_of_numbers(command):
    code = (
        f"import sys; sys.argv = ['aurita', *{command}]\n"
        "from aurita.command import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'jax', 'jaxlib', 'numpy', 'pandas', 'scipy', 'sklearn', 'optax', 'equinox'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_is_drawn_only_where_somebody_looks():
    """In a pipe it is plain text, and what draws it is not loaded; all commands say the same."""
    code = "import sys; from aurita.command import main\ntry: main()\nfinally: print('rich' in sys.modules)"
    for command in ([], ["study"]):
        shown = []
        for colours in ("", "1"):
            environment = {
                **os.environ,
                "FORCE_COLOR": colours,
                "GITHUB_ACTIONS": "",
                "PY_COLORS": "",
                "COLUMNS": "100",
            }
            arguments = [sys.executable, "-c", code, *command, "--help"]
            done = subprocess.run(arguments, capture_output=True, text=True, env=environment, check=True)
            shown.append(done.stdout)
        plain, drawn = shown
        assert "Commands:" in plain
        assert plain.isascii()
        assert plain.endswith("False\n")
        assert "╭" in drawn
        assert drawn.endswith("True\n")


def test_a_messy_file_is_forecast_saved_and_predicted_again(environment, messy, tmp_path, monkeypatch):
    options = ["--time", "when", "--target", "y", "--id", "shop", "--horizon", 24, "--units", 8]
    files = ["--output", "f.csv", "--save", "m.aurita"]
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(app, ["forecast", str(messy), *map(str, options), *files])
    assert refused.exit_code == 2
    assert "--decimal ," in refused.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["messy.csv"]
    done = aurita(environment, "forecast", messy, *options, *files, "--decimal", ",", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "steps had no row" in done.stderr
    assert "values were missing and were filled" in done.stderr
    # XLA logs what is no error for every program that it reads from the cache.
    assert "cpu_aot_loader" not in done.stderr
    assert "Held-out check" in done.stdout
    written = pd.read_csv(tmp_path / "f.csv", parse_dates=["when"])
    hours = pd.date_range("2024-03-11", periods=24, freq="h")
    truth = 10 * np.sin(2 * np.pi * np.arange(240, 264) / 24)
    for name, level in (("north", 50), ("south", 80)):
        rows = written[written["shop"] == name]
        assert rows["when"].tolist() == hours.tolist()
        assert np.abs(rows["y"] - level - truth).max() < 2
        assert ((rows["y_lower"] <= rows["y"]) & (rows["y"] <= rows["y_upper"])).all()

    done = aurita(environment, "predict", "m.aurita", messy, "--output", "a.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "cpu_aot_loader" not in done.stderr
    assert CliRunner().invoke(app, ["predict", "m.aurita", str(messy), "--output", "b.csv"]).exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    np.testing.assert_allclose(pd.read_csv(tmp_path / "a.csv")["y"], written["y"], rtol=1e-3)


def test_a_cache_that_cannot_be_written_is_no_matter(environment, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    pd.DataFrame({"y": np.sin(np.arange(40.0))}).to_csv(tmp_path / "t.csv", index=False)
    environment["AURITA_CACHE"] = str(blocked / "below")
    options = ["--horizon", 2, "--units", 2, "--no-check"]
    done = aurita(environment, "forecast", "t.csv", *options, cwd=tmp_path)
    assert done.returncode == 0
    assert all(line.startswith("note: ") for line in done.stderr.splitlines())
    assert "off" in aurita(environment, "info", cwd=tmp_path).stdout


def test_a_mistake_is_one_line_and_leaves_nothing(environment, tmp_path):
    done = aurita(environment, "forecast", "no.csv", "--output", "f.csv", "--save", "m.aurita", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no file no.csv")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_an_interruption_leaves_nothing(environment, tmp_path):
    frame = pd.DataFrame({"y": np.sin(np.arange(3000.0))})
    frame.to_csv(tmp_path / "t.csv", index=False)
    options = ["--horizon", "5", "--learning", "self", "--output", "f.csv", "--save", "m.aurita"]
    # A test runner in the background ignores interruptions, and what it starts would too.
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); " + PROGRAM[-1]
    with subprocess.Popen(
        [*PROGRAM[:-1], listening, "forecast", "t.csv", *options],
        cwd=tmp_path,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        # Notes on the table come before any fitting.
        process.stderr.readline()
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]
