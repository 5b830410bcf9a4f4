"""Fits on files read in pieces: those of the same sequences in memory, and in memory that is bounded."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError, ReservoirClassifier, ReservoirRegressor
from aurita.io import open_dataset
from aurita.readout import CommitteeReadout, Moments, RidgeReadout, RowPieces

pytest.importorskip("pyarrow")

FROZEN = {"units": 4, "learning": "frozen", "scale_inputs": False}
ROUNDED = {"rtol": 1e-3, "atol": 1e-4}
"""Pieces of fewer than eight sequences run on kernels that round differently (1e-5 of hidden values)."""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """90 waves of 20 to 29 steps, of three frequencies."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("waves")
    y = np.arange(90) % 3
    sequences = [np.sin(np.arange(rng.integers(20, 30)) / (2 + k) + rng.uniform(0, 6)) for k in y]
    frame = pd.concat(
        pd.DataFrame({"who": i, "x": x, "kind": np.array(["a", "b", "c"])[k], "size": 0.5 * k, "next": np.roll(x, -1)})
        for i, (x, k) in enumerate(zip(sequences, y, strict=True))
    )
    for number, part in enumerate(np.array_split(np.arange(len(frame)), 4)):
        frame.iloc[part].to_parquet(folder / f"{number}.parquet", index=False)
    return folder, [x[:, None] for x in sequences], np.array(["a", "b", "c"])[y]


def data_of(folder, label="kind", **changes):
    return open_dataset(folder, id="who", **{"label": label, "channels": ["x"], "rows": 200, **changes})


def test_the_readout_is_that_of_all_sequences_in_memory(given):
    folder, sequences, labels = given
    found = ReservoirClassifier(**FROZEN).fit(data_of(folder, sample=20))
    expected = ReservoirClassifier(**FROZEN).fit(sequences, labels)
    np.testing.assert_array_equal(found.classes_, expected.classes_)
    np.testing.assert_allclose(found.readouts_[0].coef_, expected.readouts_[0].coef_, **ROUNDED)
    assert found.readouts_[0].alpha_ == expected.readouts_[0].alpha_
    assert list(found.feature_names_in_) == ["x"]


def test_values_of_steps_too(given):
    folder, sequences, _ = given
    found = ReservoirRegressor(**FROZEN).fit(data_of(folder, None, target="next", sample=20))
    expected = ReservoirRegressor(**FROZEN).fit(sequences, [np.roll(x[:, 0], -1) for x in sequences])
    np.testing.assert_allclose(found.readouts_[0].coef_, expected.readouts_[0].coef_, **ROUNDED)
    assert found.predict(sequences[:2])[0].shape == (len(sequences[0]),)


def test_what_fits_into_the_sample_is_fitted_as_in_memory(given):
    folder, sequences, labels = given
    found = ReservoirClassifier(units=4).fit(data_of(folder))
    expected = ReservoirClassifier(units=4).fit(sequences, labels)
    np.testing.assert_array_equal(found.readouts_[0].coef_, expected.readouts_[0].coef_)


def test_the_default_learns_from_some_and_reads_out_all(given):
    folder, sequences, labels = given
    model = ReservoirClassifier(shapes="none").fit(data_of(folder, sample=40))
    assert model.choices_[0] is not None
    assert model.score(sequences, labels) > 0.9


def test_partial_fit_takes_the_pieces_one_after_the_other(given):
    folder, sequences, labels = given
    model = ReservoirClassifier(units=8, summary="mean_deviation").partial_fit(data_of(folder))
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert model.online_.seen == 90
    assert model.score(sequences, labels) > 0.9
    sizes = ReservoirRegressor(units=8, summary="mean_deviation").partial_fit(data_of(folder, "size"))
    assert sizes.online_.seen == 90


def test_a_committee_of_sums_is_that_of_rows():
    """Members see some of the features; their normal equations are parts of those of all."""
    rng = np.random.default_rng(3)
    x, classes = rng.normal(size=(200, 6)), np.eye(2)[np.arange(200) % 2]
    x[:, :2] += classes
    views, votes = [[0, 1, 2], [0, 3, 4, 5]], np.array([1.0, 3.0])
    halves = [(x[:80], classes[:80]), (x[80:], classes[80:])]
    found = CommitteeReadout().fit_pieces(RowPieces(lambda: iter(halves), lambda _: views, votes))
    expected = CommitteeReadout(selection="gcv").fit(x, classes, views, votes)
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(found.alphas_, expected.alphas_)
    some = Moments().add(x, classes).some([3, 4])
    np.testing.assert_allclose(some.gram, Moments().add(x[:, 3:5], classes).gram)


def test_targets_beside_a_dataset_and_readouts_that_keep_all_rows_are_refused(given):
    folder, _, labels = given
    with pytest.raises(AuritaError, match="pass it alone"):
        ReservoirClassifier(**FROZEN).fit(data_of(folder), labels)
    for kind in (ReservoirClassifier, ReservoirRegressor):
        with pytest.raises(AuritaError, match="pass it alone"):
            kind(**FROZEN).partial_fit(data_of(folder), labels)
    with pytest.raises(AuritaError, match="use readout='ridge'"):
        ReservoirClassifier(**FROZEN, readout="logistic").fit(data_of(folder, sample=20))
    with pytest.raises(AuritaError, match="class_weight is for sequences that fit into memory"):
        ReservoirClassifier(**FROZEN, class_weight="balanced").fit(data_of(folder, sample=20))


PROGRAM = """
import resource, sys
import numpy as np, pyarrow.dataset
from aurita import ReservoirClassifier
from aurita.io import open_dataset
data = open_dataset(sys.argv[1], id="who", label="kind", rows=20_000, sample=100)
small = ReservoirClassifier(units=4, learning="frozen").fit(
    [np.random.default_rng(i).normal(size=(500, 8)) for i in range(100)], np.arange(100) % 2
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ReservoirClassifier(units=4, learning="frozen").fit(data)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def test_memory_does_not_grow_with_the_files(tmp_path):
    """600,000 rows of 8 channels are 38 MB as numbers; what is held beyond a fit of 100 sequences is a few pieces."""
    rng = np.random.default_rng(0)
    for number in range(12):
        who = np.repeat(np.arange(100) + 100 * number, 500)
        columns = {f"x{i}": rng.normal(size=len(who)) for i in range(8)}
        frame = pd.DataFrame({"who": who, "kind": who % 2, **columns})
        frame.to_parquet(tmp_path / f"{number:02d}.parquet", index=False, row_group_size=20_000)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert grown < 30


def test_files_are_predicted_piece_by_piece(given):
    folder, sequences, labels = given
    model = ReservoirClassifier(**FROZEN).fit(sequences, labels)
    data, bare = data_of(folder), data_of(folder, None)
    np.testing.assert_array_equal(model.predict(data), model.predict(sequences))
    np.testing.assert_allclose(model.predict_proba(bare), model.predict_proba(sequences), atol=1e-6)
    assert model.score(data) == model.score(sequences, labels)
    steps = data_of(folder, None, target="next")
    regressor = ReservoirRegressor(**FROZEN).fit(steps)
    found = regressor.predict(steps)
    np.testing.assert_allclose(np.concatenate(found), np.concatenate(regressor.predict(sequences)), atol=1e-4)
    assert regressor.score(steps) == pytest.approx(
        regressor.score(sequences, [np.roll(x[:, 0], -1) for x in sequences])
    )


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda model, bare, labelled: model.fit(bare), "neither label nor target"),
        (lambda model, bare, labelled: model.score(bare), "neither label nor target"),
        (lambda model, bare, labelled: model.score(labelled, [0]), "pass it alone"),
    ],
)
def test_what_a_dataset_lacks_or_has_already_is_named(given, ask, says):
    folder, sequences, labels = given
    model = ReservoirClassifier(**FROZEN).fit(sequences, labels)
    with pytest.raises(AuritaError, match=says):
        ask(model, data_of(folder, None), data_of(folder))


def test_few_rows_of_many_features_are_no_normal_equations(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 200)), rng.normal(size=(30, 2))
    monkeypatch.setattr(Moments, "add", lambda *rest: pytest.fail("200 x 200 numbers for 30 rows"))
    pieces = RowPieces(lambda: iter([(x[:10], y[:10]), (x[10:], y[10:])]), lambda width: [range(150), range(200)], None)
    np.testing.assert_array_equal(
        CommitteeReadout().fit_pieces(pieces).coef_, CommitteeReadout().fit(x, y, [range(150), range(200)]).coef_
    )
    np.testing.assert_array_equal(RidgeReadout().fit_pieces(pieces).coef_, RidgeReadout().fit(x, y).coef_)
