"""What chooses and votes sees what the final readout sees: the same summaries, the same washout."""

import numpy as np
import pytest

from aurita import EchoUnit, Learning, Population, Reservoir, ReservoirClassifier
from aurita.data.batch import Batch
from aurita.data.held_out import split
from aurita.engine.running import states_of
from aurita.estimators.default_society import fitted_society
from aurita.estimators.streaming import summarised
from aurita.readout import summary_named
from aurita.society import _rows as rows_module
from aurita.society._rows import rows_of

LENGTHS = [9, 12, 7, 12, 10, 8, 12, 9, 11, 12, 7, 12]
FEATURES = ("input", "output")


def sequences(seed=0, count=12):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(LENGTHS[number % len(LENGTHS)], 2)) for number in range(count)]


def batch_of(values, washout, labels):
    lengths = np.array([len(value) for value in values])
    padded = np.zeros((len(values), lengths.max(), 2))
    for row, value in zip(padded, values, strict=True):
        row[: len(value)] = value
    wanted = np.repeat(labels[:, None], lengths.max(), axis=1)
    last = np.arange(lengths.max()) == lengths[:, None] - 1
    return Batch.of(padded, lengths, wanted, last, labels, washout=washout)


@pytest.mark.parametrize("washout", [0, 3])
@pytest.mark.parametrize("name", ["last", "mean", "mean_deviation", "times:3"])
def test_rows_are_the_summaries_of_the_final_readout(name, washout):
    echo = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([echo], inputs=2, seed=0)
    values, labels = sequences(), np.eye(2)[np.arange(len(LENGTHS)) % 2]
    given = batch_of(values, washout, labels)
    summary = summary_named(name)
    (rows, wanted), (held_rows, held_wanted) = rows_of(reservoir, given, split(given, 0.25, 0), FEATURES, summary)
    expected = summarised(reservoir, values, FEATURES, summary, washout)
    early, late = (part.rows for part in split(given, 0.25, 0))
    np.testing.assert_allclose(rows, expected[early], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(held_rows, expected[late], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(np.concatenate([wanted, held_wanted]), labels[np.concatenate([early, late])])


def test_a_classifier_chooses_and_votes_after_its_washout():
    values, classes = sequences(1, 40), np.arange(40) % 2
    for value, label in zip(values, classes, strict=True):
        value[4:, 0] += label
    fitted = {
        washout: ReservoirClassifier(
            washout=washout, learning="frozen", shapes="none", scale_inputs=False, summary="mean"
        ).fit(values, classes)
        for washout in (0, 4)
    }
    for washout, model in fitted.items():
        given = batch_of(values, washout, np.eye(2)[classes])
        frozen, how = Learning(objective="frozen"), summary_named("mean")
        by_hand = fitted_society(given, frozen, loss="cross_entropy", summary=how, vote=True)
        assert model.choices_[0].units == by_hand.choice.units
        np.testing.assert_array_equal(model.choices_[0].by_row, by_hand.choice.by_row)
    assert fitted[4].choices_[0].errors != fitted[0].choices_[0].errors


def test_every_class_is_among_those_held_out():
    classes = np.repeat([0, 1, 2], [30, 30, 4])
    for seed in range(5):
        given = batch_of(sequences(2, 64), 0, np.eye(3)[classes])
        early, late = split(given, 0.25, seed)
        assert np.bincount(classes[late.rows], minlength=3).tolist() == pytest.approx([7.5, 7.5, 1], abs=0.5)
        assert sorted([*early.rows, *late.rows]) == list(range(64))


def test_of_more_rows_than_fit_evenly_spaced_sequences_stand_for_all(monkeypatch):
    echo = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([echo], inputs=2, seed=0)
    values = sequences(3, 24)
    every = Batch.padded(values)
    scored = np.arange(12) % 2 == np.arange(24)[:, None] % 2
    given = every.replace(targets=every.inputs[..., :1], scored=scored & every.alive)
    parts = split(given, 0.25, 0)
    whole = rows_of(reservoir, given, parts, FEATURES, None)
    states = states_of(reservoir, given, FEATURES)
    masks = [given.scored & part.steps for part in parts]
    for (seen, wanted), part, mask in zip(whole, parts, masks, strict=True):
        expected = np.concatenate([states[row][mask[row, : len(states[row])]] for row in part.rows])
        np.testing.assert_array_equal(seen, expected)
        np.testing.assert_array_equal(wanted, np.concatenate([given.targets[row][mask[row]] for row in part.rows]))
    monkeypatch.setattr(rows_module, "MOST_FITTED", 7 * 40)
    monkeypatch.setattr(rows_module, "MOST_HELD", 7 * 10)
    monkeypatch.setattr(rows_module, "_AT_ONCE", 200)
    width = whole[0][0].shape[1]
    for place, most in enumerate((280, 70)):
        few, wanted = rows_of(reservoir, given, parts, FEATURES, None)[place]
        share = -(-len(whole[place][0]) // (most // width))
        some = parts[place].rows[::share]
        assert share > 1
        mask = masks[place]
        expected = np.concatenate([states[row][mask[row, : len(states[row])]] for row in some])
        np.testing.assert_array_equal(few, expected)
        assert len(few) == len(wanted)
