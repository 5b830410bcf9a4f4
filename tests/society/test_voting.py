"""Who votes with what weight, on features made by hand."""

import numpy as np

from aurita.society.voting import views, votes


def split(x, classes, first):
    return (x[:first], classes[:first]), (x[first:], classes[first:])


def test_weights_are_inverse_errors_of_members_by_hand():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    classes = np.eye(3)[labels]
    x = np.concatenate([classes + rng.normal(0, noise, classes.shape) for noise in (0.1, 0.15)], axis=1)
    kinds = np.repeat([4, 7], 3)
    found = votes(*split(x, classes, 200), kinds)
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
    found = votes(*split(x, classes, 80), np.array([0, 0, 1]))
    assert found is not None
    assert found[0] > found[1]


def test_one_readout_where_kinds_only_help_together():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 300))
    labels = (a + b > 0).astype(int)
    assert votes(*split(np.stack([a, b, rng.normal(size=300)], axis=1), np.eye(2)[labels], 200), np.arange(3)) is None


def test_everybody_sees_the_inputs():
    assert [view.tolist() for view in views(np.array([-1, 3, 3, 5, -1]))] == [[0, 1, 2, 4], [0, 3, 4]]
    assert [view.tolist() for view in views(np.array([-1, -1]))] == [[0, 1]]
