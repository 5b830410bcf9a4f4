"""Who votes with what weight, on features made by hand."""

import numpy as np
import pytest

from aurita.readout import FLOOR, RidgeReadout
from aurita.society.committee import committee_weights, views


def split(x, classes, first):
    return (x[:first], classes[:first]), (x[first:], classes[first:])


def test_weights_are_inverse_errors_of_members_by_hand():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    classes = np.eye(3)[labels]
    x = np.concatenate([classes + rng.normal(0, noise, classes.shape) for noise in (0.1, 0.15)], axis=1)
    kinds = np.repeat([4, 7], 3)
    found = committee_weights(*split(x, classes, 200), kinds)
    assert found is not None
    errors = []
    for kind in (4, 7):
        own = np.concatenate([x[:, kinds == kind], np.ones((300, 1))], axis=1)
        weights = np.linalg.lstsq(own[:200], classes[:200], rcond=None)[0]
        errors.append(((own[200:] @ weights - classes[200:]) ** 2).mean())
    expected = 1 / np.array(errors)
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=0.02)


def test_features_that_learnt_their_rows_by_heart_are_outvoted():
    rng = np.random.default_rng(1)
    labels = np.arange(120) % 2
    classes = np.eye(2)[labels]
    honest = classes + rng.normal(0, 0.6, (120, 2))
    by_heart = classes[:, :1] + np.where(np.arange(120)[:, None] < 80, 0.01, 2.0) * rng.normal(size=(120, 1))
    x = np.concatenate([honest, by_heart], axis=1)
    found = committee_weights(*split(x, classes, 80), np.array([0, 0, 1]))
    assert found is not None
    assert found[0] > found[1]


def test_one_readout_where_kinds_only_help_together():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 300))
    labels = (a + b > 0).astype(int)
    assert (
        committee_weights(*split(np.stack([a, b, rng.normal(size=300)], axis=1), np.eye(2)[labels], 200), np.arange(3))
        is None
    )


def test_everybody_sees_the_inputs():
    assert [view.tolist() for view in views(np.array([-1, 3, 3, 5, -1]))] == [[0, 1, 2, 4], [0, 3, 4]]
    assert [view.tolist() for view in views(np.array([-1, -1]))] == [[0, 1]]


def by_lstsq(x, classes, first, columns):
    """What a readout of some features says of the sequences to judge on, by least squares of a weak penalty."""
    own = np.concatenate([x[:, columns], np.ones((len(x), 1))], axis=1)
    return own[first:] @ np.linalg.lstsq(own[:first], classes[:first], rcond=None)[0]


def test_weights_follow_mean_squares_and_not_other_errors():
    """One member errs a little everywhere, one much now and then: squares, magnitudes and maxima rank them apart."""
    rng = np.random.default_rng(3)
    classes = np.eye(2)[np.arange(400) % 2]
    steady = classes[:, 0] + 0.25 * rng.choice([-1, 1], 400)
    seldom = classes[:, 0] + np.where(rng.random(400) < 0.04, 2.0, 0.0) * rng.choice([-1, 1], 400)
    x = np.stack([steady, seldom], axis=1)
    found = committee_weights(*split(x, classes, 300), np.array([0, 1]))
    errors = np.array([((by_lstsq(x, classes, 300, [c]) - classes[300:]) ** 2).mean() for c in (0, 1)])
    np.testing.assert_allclose(found, (1 / errors) / (1 / errors).sum(), rtol=0.03)
    assert found.sum() == pytest.approx(1)


def test_a_member_without_error_takes_all_of_the_vote():
    rng = np.random.default_rng(4)
    classes = np.eye(2)[np.arange(90) % 2]
    x = np.stack([classes[:, 0], rng.normal(size=90)], axis=1)
    found = committee_weights(*split(x, classes, 60), np.array([0, 1]))
    assert found is not None
    assert np.isfinite(found).all()
    assert found[0] > 0.99


def test_inputs_are_seen_by_every_member():
    """Neither kind says anything without what everybody sees."""
    rng = np.random.default_rng(5)
    shared, first, second = rng.normal(size=(3, 300))
    classes = np.eye(2)[(shared > 0).astype(int)]
    x = np.stack([first, shared, second], axis=1)
    found = committee_weights(*split(x, classes, 200), np.array([0, -1, 1]))
    assert found is not None
    errors = np.array([((by_lstsq(x, classes, 200, c) - classes[200:]) ** 2).mean() for c in ([0, 1], [1, 2])])
    np.testing.assert_allclose(found, (1 / errors) / (1 / errors).sum(), rtol=0.02)


def test_equally_many_wrong_leave_the_committee():
    """Nobody errs either way: the committee stays."""
    classes = np.eye(3)[np.arange(60) % 3]
    rng = np.random.default_rng(6)
    x = np.concatenate([classes + 0.05 * rng.normal(size=(60, 3)) for _ in range(2)], axis=1)
    assert committee_weights(*split(x, classes, 40), np.repeat([0, 1], 3)) is not None


def test_the_weighted_vote_is_what_is_compared():
    """The plain mean of a good member and of one that misleads errs more than one readout, the weighted mean less."""
    rng = np.random.default_rng(1)
    labels = np.arange(160) % 2
    classes = np.eye(2)[labels]
    good = classes[:, 0] + 0.3 * rng.normal(size=160)
    misleads = classes[:, :1] + np.where(np.arange(160)[:, None] < 100, 0.3, 3.0) * rng.normal(size=(160, 1))
    x = np.concatenate([good[:, None], misleads], axis=1)
    predicted = np.stack([by_lstsq(x, classes, 100, [c]) for c in (0, 1)])
    errors = ((predicted - classes[100:]) ** 2).mean(axis=(1, 2))
    weighted = np.tensordot((1 / errors) / (1 / errors).sum(), predicted, axes=1)
    scores = (weighted, by_lstsq(x, classes, 100, [0, 1]), predicted.mean(axis=0))
    wrong = [int((score.argmax(1) != labels[100:]).sum()) for score in scores]
    assert wrong[0] < wrong[1] < wrong[2], "what this test is about"
    assert committee_weights(*split(x, classes, 100), np.array([0, 1])) is not None


def test_features_that_hardly_moved_are_not_blown_up():
    """They are the classes, small, on the rows fitted on, and jump on the others; each member is a floored readout."""
    rng = np.random.default_rng(8)
    classes = np.eye(2)[np.arange(60) % 2]
    noisy = classes[:, :1] + 0.8 * rng.normal(size=(60, 8))
    jumps = np.where(np.arange(60)[:, None] < 40, 0.5, 5.0)
    small = 1e-7 * (classes[:, :1] + jumps * rng.normal(size=(60, 4)))
    x = np.concatenate([noisy, small], axis=1)
    kinds = np.repeat([0, 1], [8, 4])
    found = committee_weights(*split(np.concatenate([x, noisy[:, :4]], axis=1), classes, 40), np.r_[kinds, [1] * 4])
    assert found is not None
    errors = []
    for columns in (np.arange(8), np.r_[8:12, 0:4]):
        readout = RidgeReadout(floor=FLOOR).fit(x[:40][:, columns], classes[:40])
        errors.append(((readout.predict(x[40:][:, columns]) - classes[40:]) ** 2).mean())
    plain = RidgeReadout().fit(x[:40][:, columns], classes[:40])
    unfloored = ((plain.predict(x[40:][:, columns]) - classes[40:]) ** 2).mean()
    assert unfloored != pytest.approx(errors[1], rel=0.01), "the floor matters"
    np.testing.assert_allclose(found, (1 / np.array(errors)) / (1 / np.array(errors)).sum(), rtol=1e-6)
