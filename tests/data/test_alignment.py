"""Labels, targets and weights find their sequences and steps by index, and are refused where it says another thing."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError
from aurita.data.alignment import by_sequence, by_step
from aurita.data.sequences import as_sequences
from aurita.estimators import ReservoirClassifier, ReservoirRegressor

RNG = np.random.default_rng(0)
COUNT = 40
LABELS = np.arange(COUNT) % 2
NAMES = [f"s{number}" for number in range(COUNT)]
WAVES = [np.sin(np.arange(20)[:, None] / (2 + label) + RNG.uniform(0, 6)) for label in LABELS]
LEVELS = pd.concat({name: pd.DataFrame({"a": wave[:, 0]}) for name, wave in zip(NAMES, WAVES, strict=True)})
NAMED = pd.Series(LABELS, index=NAMES)
SHUFFLED = NAMED.iloc[RNG.permutation(COUNT)]


def classifier(**given):
    return ReservoirClassifier(**{"units": 3, "learning": "frozen", "summary": "mean_deviation", **given})


def test_labels_in_any_order_give_the_same_model():
    straight = classifier().fit(LEVELS, NAMED)
    assert straight.score(LEVELS, NAMED) == straight.score(LEVELS, SHUFFLED) == 1.0
    assert straight.score(LEVELS, 1 - SHUFFLED) == 0.0
    scores = straight.decision_function(LEVELS)
    np.testing.assert_array_equal(classifier().fit(LEVELS, SHUFFLED).decision_function(LEVELS), scores)
    backwards = LEVELS.iloc[::-1]
    found = classifier().fit(backwards, SHUFFLED)
    assert found.score(LEVELS, NAMED) == 1.0
    np.testing.assert_allclose(straight.decision_function(backwards)[::-1], scores, atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (NAMED.iloc[:-2], "lacks the sequences 's38', 's39'"),
        (pd.concat([NAMED, pd.Series([1], ["other"])]), "has 'other', which X does not have"),
        (NAMED.rename({"s3": "t3"}), "lacks the sequences 's3' and has 't3'"),
        (pd.concat([NAMED, NAMED.iloc[:1]]), "'s0' twice"),
        (pd.Series(LABELS), "lacks the sequences 's0', 's1'"),
    ],
)
def test_labels_that_belong_to_other_sequences(labels, message):
    for given in (labels, labels.to_frame()):
        with pytest.raises(AuritaError, match=message):
            by_sequence(given, as_sequences(LEVELS), "y")
    with pytest.raises(AuritaError, match=message):
        classifier().fit(LEVELS, labels)
    with pytest.raises(AuritaError, match=message):
        classifier().fit(LEVELS, LABELS).score(LEVELS, labels)


def test_beside_a_list_labels_are_taken_by_position():
    sequences = as_sequences(WAVES)
    for labels in (LABELS, list(LABELS), pd.Series(LABELS), pd.Series(LABELS, np.arange(COUNT))):
        assert list(by_sequence(labels, sequences, "y")) == list(LABELS)
    with pytest.warns(UserWarning, match="taken by position"):
        assert by_sequence(NAMED, sequences, "y").tolist() == LABELS.tolist()
    with pytest.raises(AuritaError, match="another order"):
        by_sequence(pd.Series(LABELS).sample(frac=1, random_state=0), sequences, "y")


def test_rows_of_a_table_in_another_order_than_their_targets():
    table = pd.DataFrame(RNG.normal(size=(12, 2)), index=[f"r{i}" for i in range(12)])
    y = pd.Series(np.arange(12.0), index=table.index)
    sequences = as_sequences(table)
    assert by_sequence(y, sequences, "y").equals(y)
    assert by_sequence(y.reset_index(drop=True), sequences, "y").tolist() == y.tolist()
    with pytest.raises(AuritaError, match="rows of X in another order"):
        by_sequence(y.iloc[::-1], sequences, "y")
    with pytest.warns(UserWarning, match="taken by position"):
        by_sequence(y.rename(lambda name: name + "x"), sequences, "y")


def steps():
    """Sequences with a target at each of their steps, as frames with two levels."""
    X = {f"s{k}": pd.DataFrame({"a": RNG.normal(size=n)}, np.arange(n) * 10) for k, n in enumerate((30, 40, 35))}
    y = {name: part["a"].shift(1, fill_value=0.0) for name, part in X.items()}
    return pd.concat(X), pd.concat(y)


def test_targets_of_steps_are_aligned_by_both_levels():
    X, y = steps()
    expected = ReservoirRegressor(units=3).fit(
        [part.droplevel(0) for _, part in X.groupby(level=0)], [part.droplevel(0) for _, part in y.groupby(level=0)]
    )
    mixed = y.sample(frac=1, random_state=1)
    for rows, targets in ((X, y), (X, mixed), (X, mixed.to_frame())):
        model = ReservoirRegressor(units=3).fit(rows, targets)
        assert model.score(X, mixed) == pytest.approx(expected.score(X, y), abs=1e-9)
        np.testing.assert_allclose(np.ravel(model.predict(X)[1]), expected.predict(X)[1], atol=1e-6)
    labels = (mixed > 0).map({True: "up", False: "down"})
    steps_of = ReservoirClassifier(units=3).fit(X, labels)
    assert steps_of.score(X, labels) == steps_of.score(X, (y > 0).map({True: "up", False: "down"})) > 0.8


def test_arrays_beside_a_frame_go_the_way_of_its_rows():
    X, y = steps()
    mixed = X.groupby(level=0, group_keys=False).apply(lambda part: part.sample(frac=1, random_state=2))
    targets = [y.loc[part.index].to_numpy() for _, part in mixed.groupby(level=0)]
    found = by_step(targets, as_sequences(mixed), "y")
    for part, (_, straight) in zip(found, y.groupby(level=0), strict=True):
        np.testing.assert_array_equal(part, straight)


def test_targets_of_other_steps_are_named():
    X, y = steps()
    with pytest.raises(AuritaError, match="y of sequence 's1' lacks the times 390"):
        by_step(y.drop(("s1", 390)), as_sequences(X), "y")
    with pytest.raises(AuritaError, match="y lacks the sequences 's2'"):
        by_step(y.drop("s2"), as_sequences(X), "y")
    with pytest.raises(AuritaError, match="has 0 in its index 2 times"):
        by_step(pd.concat([y, y.iloc[:1]]), as_sequences(X), "y")
    frames = [part.droplevel(0) for _, part in X.groupby(level=0)]
    late = [part.droplevel(0).rename(lambda step: step + 10) for _, part in y.groupby(level=0)]
    with pytest.raises(AuritaError, match="y of sequence 0 lacks the times 0"):
        ReservoirRegressor(units=2).fit(frames, late)
    with pytest.raises(AuritaError, match="lacks the sequences 0, 1, 2 and has 's0'"):
        by_step(y, as_sequences([part.to_numpy() for part in frames]), "y")


def test_targets_of_steps_padded_like_their_sequences():
    X, y = np.full((3, 8, 2), np.nan), np.full((3, 8), np.nan)
    for k, n in enumerate((8, 5, 6)):
        X[k, :n], y[k, :n] = RNG.normal(size=(n, 2)), np.arange(n)
    model = ReservoirRegressor(units=2, per="step").fit(X, y)
    assert [len(part) for part in model.predict(X)] == [8, 5, 6]
    assert np.isfinite(model.score(X, y))
