"""Mutation: lines of some files are changed one at a time in a copy of the tree; the tests of each have to notice.

    python benchmarks/mutations.py [votes|resampling|conformal|step ...]

Prints which changes a test noticed and which survived; the exit code is the number of survivors.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
VOTING, RESAMPLING, STEP = "society/voting.py", "studies/resampling.py", "learning/step.py"
WIDTHS = "estimators/intervals.py"

Mutation = tuple[str, str, str]

MUTATIONS: dict[str, tuple[list[str], list[Mutation]]] = {
    "votes": (
        ["tests/society/test_voting.py"],
        [
            (VOTING, "((said - truth) ** 2).mean(axis=(1, 2))", "abs(said - truth).mean(axis=(1, 2))"),
            (VOTING, "((said - truth) ** 2).mean(axis=(1, 2))", "((said - truth) ** 2).max(axis=(1, 2))"),
            (VOTING, "weights = 1 / np.maximum(errors, 1e-9)", "weights = 1 / np.sqrt(np.maximum(errors, 1e-9))"),
            (VOTING, "weights = 1 / np.maximum(errors, 1e-9)", "weights = 1 / np.maximum(errors, 1e-1)"),
            (VOTING, "    weights /= weights.sum()\n", ""),
            (VOTING, "weights /= weights.sum()", "weights /= weights.max()"),
            (VOTING, "_said(x, wanted, unseen)", "_said(x[:, :1], wanted, unseen[:, :1])"),
            (VOTING, "np.tensordot(weights, said, axes=1)", "said.mean(axis=0)"),
            (VOTING, "_wrong(together, truth) < _wrong", "_wrong(together, truth) <= _wrong"),
            (VOTING, "_wrong(together, truth) < _wrong", "_wrong(together, truth) > _wrong"),
            (VOTING, "None if _wrong(together, truth) < _wrong(apart, truth) else weights", "weights"),
            (VOTING, "np.unique(kinds[kinds >= 0])", "np.unique(kinds[kinds > 0])"),
            (VOTING, "(kinds < 0) | (kinds == kind)", "kinds == kind"),
            (VOTING, "RidgeReadout(floor=FLOOR)", "RidgeReadout()"),
            (VOTING, "argmax(axis=1) != truth", "argmax(axis=1) == truth"),
        ],
    ),
    "resampling": (
        ["tests/studies/test_resampling.py"],
        [
            (RESAMPLING, "(exceeding + 1) / (total + 1)", "exceeding / total"),
            (RESAMPLING, "(exceeding + 1) / (total + 1)", "(exceeding + 1) / total"),
            (RESAMPLING, "(exceeding + 1) / (total + 1)", "exceeding / (total + 1)"),
            (RESAMPLING, "found[rows] = exceeding / total", "found[rows] = (exceeding + 1) / (total + 1)"),
            (RESAMPLING, "- 1e-10 * np", "+ 1e-10 * np"),
            (RESAMPLING, "- 1e-10 * np", "- 1e-2 * np"),
            (RESAMPLING, "(np.abs(signs @ block.T / count) >= least)", "((signs @ block.T / count) >= least)"),
            (RESAMPLING, ">= least", "> least * (1 + 1e-9)"),
            (RESAMPLING, "return 2**count <= draws", "return 2**count < draws"),
            (RESAMPLING, "np.arange(2 ** (count - 1))", "np.arange(2 ** (count - 2))"),
            (RESAMPLING, "<= 1e-12 * np", "<= 1e-2 * np"),
            (RESAMPLING, "if len(s) > 1 and", "if len(s) > 2 and"),
            (RESAMPLING, "rng.integers(0, 2,", "rng.integers(0, 3,"),
            (RESAMPLING, "rng = np.random.default_rng(seed)", "rng = np.random.default_rng(seed + 1)"),
            (RESAMPLING, '("BCa", "percentile")', '("percentile",)'),
            (RESAMPLING, "confidence_level=confidence", "confidence_level=confidence / 2"),
        ],
    ),
    "conformal": (
        ["tests/estimators/test_conformal.py"],
        [
            (WIDTHS, "(len(known) + 1) * level", "len(known) * level"),
            (WIDTHS, "ceil((len(known) + 1)", "int((len(known) + 1)"),
            (WIDTHS, "known[rank - 1]", "known[min(rank, len(known) - 1)]"),
            (WIDTHS, "known[rank - 1]", "known[rank - 2]"),
            (WIDTHS, "np.isfinite(residuals[:, step, 0])", "np.isfinite(residuals[:, 0, 0])"),
            (WIDTHS, "calibrated = step + 1", "calibrated = step"),
            (WIDTHS, "np.arange(calibrated + 1, steps + 1) / calibrated", "np.arange(calibrated, steps) / calibrated"),
            (WIDTHS, "growth = np.sqrt(", "growth = np.float64("),
            (WIDTHS, "widths[calibrated:] = widths[calibrated - 1] * growth[:, None]", "pass"),
            (WIDTHS, "min(steps, residuals.shape[1])", "residuals.shape[1]"),
            (WIDTHS, "    if calibrated == 0:", "    if calibrated < 0:"),
            (WIDTHS, "known = np.sort(", "known = np.array("),
        ],
    ),
    "step": (
        ["tests/learning/test_step.py"],
        [
            (STEP, "may if heard.parts is None else may & _holds(heard, heard.parts)", "may"),
            (STEP, "weighing.alpha() if settings.adaptive else None", "None"),
            (STEP, "if rule.ranks", "if not rule.ranks"),
            (
                STEP,
                "losses_of(reservoir, heard, settings, noise_key, alphas)",
                "losses_of(reservoir, heard, settings, noise_key)",
            ),
            (
                STEP,
                "MEASURES[rule.by](losses, course), here, near",
                "MEASURES[rule.by](losses, course), may, near",
            ),
            (STEP, "reservoir.wiring[i].T, chosen[units], *own", "reservoir.wiring[i].T, may[units], *own"),
            (STEP, 'if rule.by != "loss":', 'if rule.by == "loss":'),
            (STEP, "here & _holds(heard, ~heard.parts)", "here"),
            (STEP, "losses = jnp.where(here | ~may, losses, jnp.nan)", "losses = losses"),
            (STEP, "gradient = masked(gradient, hears)", "gradient = gradient"),
            (STEP, "jnp.where(fine, new, old)", "new"),
            (STEP, 'settings.selects.name != "all" or ', ""),
            (STEP, " or settings.stopping is not None", ""),
            (STEP, "population.unit.rate_of(name) for", "1.0 for"),
            (STEP, "settings.weight_decay * weight)", "settings.weight_decay)"),
            (STEP, "jnp.where(chosen, new, old), refitted", "new, refitted"),
            (STEP, 'unit and population.passage == "learned"', "unit"),
            (STEP, "hears[..., None, :]", "~hears[..., None, :]"),
            (STEP, "0.5 * (1 + jnp.cos(jnp.pi * part))", "1 - part"),
            (STEP, "jax.lax.cond(chosen, loss_and_step", "jax.lax.cond(~chosen, loss_and_step"),
        ],
    ),
}


def main(names: list[str]) -> int:
    """Apply every mutation of some files; print and count the survivors."""
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("src", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "golden"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, copy / name)
        for name in names or list(MUTATIONS):
            tests, mutations = MUTATIONS[name]
            if not noticed(copy, tests):
                for file, old, new in mutations:
                    survivors += not tried(copy, tests, name, file, old, new)
            else:
                raise SystemExit(f"{name}: {', '.join(tests)} fail on the tree as it is")
    print(f"{survivors} survived")
    return survivors


def tried(copy: Path, tests: list[str], name: str, file: str, old: str, new: str) -> bool:
    """Whether the tests notice one change; the file is put back."""
    path = copy / "src/aurita" / file
    text = path.read_text()
    if text.count(old) != 1:
        raise SystemExit(f"{file} holds {old!r} {text.count(old)} times; expected once")
    path.write_text(text.replace(old, new))
    try:
        found = noticed(copy, tests)
    finally:
        path.write_text(text)
    print(f"{'noticed ' if found else 'SURVIVED'} {name}: {old.strip()!r} -> {new.strip()!r}", flush=True)
    return found


def noticed(copy: Path, tests: list[str]) -> bool:
    """Whether any of the tests fails."""
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
