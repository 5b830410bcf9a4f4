"""Held-out sequences: counts by hand, every class alike, and no class that is never learnt from."""

import numpy as np
import pytest

from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.data.held_out import class_of_each, drawn_apart
from aurita.learning import EarlyStopping
from aurita.learning.batches import as_data, hold_out


@pytest.mark.parametrize(
    ("sizes", "share", "held"),
    [((20, 20, 20), 0.1, (2, 2, 2)), ((40, 20), 0.25, (10, 5)), ((30, 3), 0.9, None), ((1, 11), 0.5, (0, 6))],
)
def test_every_class_gives_its_share_and_keeps_some(sizes, share, held):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    for seed in range(10):
        mask = drawn_apart(len(labels), share, seed, labels)
        counts = np.bincount(labels[mask], minlength=len(sizes))
        assert (counts < sizes).all(), "every class is learnt from"
        assert mask.sum() == round(share * len(labels))
        if held is not None:
            assert abs(counts - held).max() <= 1
        assert abs(counts - share * np.array(sizes)).max() < 2


def test_without_classes_any_are_drawn_alike():
    drawn = np.mean([drawn_apart(10, 0.2, seed) for seed in range(500)], axis=0)
    np.testing.assert_allclose(drawn, 0.2, atol=0.07)
    every = np.mean([drawn_apart(10, 0.2, seed, np.arange(10)) for seed in range(500)], axis=0)
    np.testing.assert_allclose(every, 0.2, atol=0.07)
    assert [int(drawn_apart(2, share, 0).sum()) for share in (0.01, 0.99)] == [1, 1]


def test_a_class_is_read_off_one_hot_targets_at_scored_steps():
    targets = np.zeros((3, 4, 2))
    targets[:, 2:] = np.eye(2)[[1, 0, 1]][:, None]
    scored = np.zeros((3, 4))
    scored[:, 2:] = 1
    assert class_of_each(targets, scored).tolist() == [1, 0, 1]
    assert class_of_each(targets, np.ones((3, 4))) is None, "no class at the first steps"
    mixed = targets.copy()
    mixed[0, 3] = [1, 0]
    assert class_of_each(mixed, scored) is None, "two classes in one sequence"
    assert class_of_each(0.5 * targets, scored) is None
    assert class_of_each(targets + targets[..., ::-1], scored) is None
    assert class_of_each(targets[..., :1], scored) is None
    scored[1] = 0
    assert class_of_each(targets, scored) is None, "a sequence without a scored step has no class"


def test_data_sorted_by_class_teach_every_class():
    classes = np.repeat([0, 1, 2, 3], [30, 30, 30, 10])
    targets = np.repeat(np.eye(4)[classes][:, None], 5, axis=1)
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=2), units=2)], inputs=2, targets=4)
    data = as_data(reservoir, np.zeros((100, 5, 2)), None, targets, None, needs_targets=True)
    early, late = hold_out(data, 0.1, seed=3)
    assert np.asarray(early.targets)[:, 0].sum(0).tolist() == [27, 27, 27, 9]
    assert np.asarray(late.targets)[:, 0].sum(0).tolist() == [3, 3, 3, 1]


def test_a_class_at_the_end_of_sorted_data_is_learnt_with_patience():
    """Two classes that differ by the sign of the input: with the second held out as a whole it cannot be learnt."""
    classes = np.repeat([0, 1], [18, 4])
    inputs = np.repeat((1.0 - 2 * classes)[:, None, None], 6, axis=1) * [1.0, 0.5]
    targets = np.repeat(np.eye(2)[classes][:, None], 6, axis=1)
    unit = AttentionUnit(slots=2, heads=0, memory=1, hidden=4)
    reservoir = Reservoir.build([Population(unit=unit, units=2, receives="inputs")], inputs=2, targets=2)
    settings = Learning(
        objective="target",
        loss="cross_entropy",
        steps=100,
        batch=22,
        learning_rate=0.05,
        stopping=EarlyStopping(patience=100, held_out=0.18),
    )
    for seed in range(2):
        learnt, history = learn(reservoir, inputs, settings, targets=targets, seed=seed)
        assert history.held_out[-1] < 0.2, "the held-out sequences of both classes are known"
        assert learnt.units == 2
