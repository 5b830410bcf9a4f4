"""Societies of several sizes, from narrow limits to wide ones, that come out of one that learnt once."""

from dataclasses import replace

import numpy as np
import pytest
from society_cases import FEATURES, POPULATIONS, SETTINGS, batch_of

from aurita import AuritaError, Reservoir
from aurita.data.held_out import split
from aurita.reservoir.features import feature_names
from aurita.society import _view, fit, fit_society, numbers_trained
from aurita.society.forward_selection import ChosenUnits

RECEIVERS = [
    replace(POPULATIONS[1], receives="inputs", afferents="all", features=("hidden", "context")),
    POPULATIONS[-1],
]
WIDE = ("hidden", "context", "output")


def receivers(seed=0):
    return Reservoir.build(RECEIVERS, inputs=3, targets=1, seed=seed)


def test_societies_of_several_sizes_come_out_of_one_that_learnt_once(monkeypatch):
    """Each is what it would be alone; units learn once on a part, and once on everything."""
    parts, keep = [], fit.trained_on

    def trained_on(*args):
        parts.append(args)
        return keep(*args)

    monkeypatch.setattr(fit, "trained_on", trained_on)
    monkeypatch.setattr(fit, "_where_learning_pays", lambda chosen, *_: chosen)
    given = batch_of(80)
    limits = [fit.Limits((FEATURES,), 8, 70), fit.Limits((FEATURES,), 12, 150)]
    small, large = fit.fit_societies(receivers(), given, SETTINGS, limits)
    assert len(parts) == 2
    for limit, found in zip(limits, (small, large), strict=True):
        names = feature_names(found.reservoir, FEATURES)
        assert numbers_trained(found.reservoir, SETTINGS).sum() + len(names) + 1 <= limit.budget
        assert found.trained == numbers_trained(receivers(), SETTINGS).sum()
    assert large.choice.errors[-1] <= small.choice.errors[-1]
    for limit, found in zip(limits, (small, large), strict=True):
        alone = fit_society(receivers(), given, SETTINGS, features=FEATURES, most=limit.most, budget=limit.budget)
        if alone.choice.errors[-1] <= small.choice.errors[-1]:
            assert alone.choice.units == found.choice.units
            for one, other in zip(alone.reservoir.weights, found.reservoir.weights, strict=True):
                for name, value in one.unit.items():
                    np.testing.assert_allclose(value, other.unit[name], rtol=1e-5, atol=1e-6)


def _choices_by(monkeypatch, errors):
    """Choices of the second unit with such held-out errors, by view and budget; what was asked for is noted."""
    asked = []

    def choice(self, seen, costs, ahead=None):
        asked.append((self.features, self.budget, ahead is not None))
        error = 9.0 if ahead else errors[self.features, self.budget]
        return ChosenUnits((1,), (error,), np.full(4, np.nan), 1.0, np.full(6, error))

    monkeypatch.setattr(_view.View, "choice", choice)
    return asked


def test_wider_limits_never_err_more_on_what_is_held_out_than_narrower_ones(monkeypatch):
    asked = _choices_by(monkeypatch, {(FEATURES, 100): 0.3, (FEATURES, 200): 0.4, (WIDE, 200): 0.5})
    limits = [fit.Limits((FEATURES,), 8, 100), fit.Limits((FEATURES, WIDE), 12, 200)]
    small, large = fit.fit_societies(receivers(), batch_of(), replace(SETTINGS, steps=1), limits, again=False)
    assert small.choice is large.choice
    assert [one for *one, drawn in asked if not drawn] == [[FEATURES, 100], [FEATURES, 200], [WIDE, 200]]
    # What is far ahead of units as drawn within wide limits is ahead of them within narrow ones.
    assert sum(drawn for *_, drawn in asked) == 1


def test_a_wider_view_is_looked_at_where_a_narrow_one_leaves_something(monkeypatch):
    for narrow, wide, serves in ((0.5, 0.1, WIDE), (0.1, 0.5, FEATURES), (0.01, 0.001, FEATURES)):
        asked = _choices_by(monkeypatch, {(FEATURES, 100): narrow, (WIDE, 100): wide})
        limits = [fit.Limits((FEATURES, WIDE), 12, 100)]
        (found,) = fit.fit_societies(receivers(), batch_of(), replace(SETTINGS, steps=1), limits, again=False)
        assert found.features == serves
        assert len(asked) == (2 if narrow < 0.02 else 3)


def test_what_leaves_nothing_within_narrow_limits_is_not_looked_for_within_wide_ones(monkeypatch):
    asked = _choices_by(monkeypatch, {(FEATURES, 100): 1e-5})
    limits = [fit.Limits((FEATURES,), 8, 100), fit.Limits((FEATURES,), 12, 200)]
    fit.fit_societies(receivers(), batch_of(), replace(SETTINGS, steps=1), limits, again=False)
    assert {budget for _, budget, drawn in asked if not drawn} == {100}


def test_limits_widen():
    limits = [fit.Limits((FEATURES,), 8, 200), fit.Limits((FEATURES,), 8, 100)]
    with pytest.raises(AuritaError, match="from narrow to wide"):
        fit.fit_societies(receivers(), batch_of(), SETTINGS, limits)


def test_a_view_shows_the_features_of_its_kinds_and_their_units():
    given = batch_of(24)
    parts = split(given, 0.25, 0)
    whole_view = _view.ViewRows.of(receivers(), given, parts, [FEATURES, WIDE], None)
    narrow = whole_view.by(FEATURES)
    alone = _view.ViewRows.of(receivers(), given, parts, [FEATURES], None)
    assert whole_view.by(WIDE) is whole_view
    np.testing.assert_array_equal(narrow.owners, alone.owners)
    for own, other in ((narrow.fitted, alone.fitted), (narrow.held, alone.held)):
        np.testing.assert_array_equal(own[0], other[0])
        np.testing.assert_array_equal(own[1], other[1])
