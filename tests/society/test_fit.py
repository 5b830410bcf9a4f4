"""Fitting a society: on a task whose answer one kind of unit can give, without a look at what is held out."""

from dataclasses import replace

import numpy as np
import pytest
from society_cases import FEATURES, POPULATIONS, SETTINGS, batch_of, drawn

from aurita import AuritaError, Reservoir, run
from aurita.data.batch import Batch
from aurita.data.held_out import split, whole
from aurita.learning import EarlyStopping, Passages
from aurita.readout import RidgeReadout, summary_named
from aurita.reservoir.features import feature_names
from aurita.society import _view, fit, fit_society, numbers_trained
from aurita.society.forward_selection import ChosenUnits


def fitted_to(given, **options):
    return fit_society(drawn(), given, SETTINGS, **{"features": FEATURES, "most": 8, **options})


def test_who_stays_can_be_read_out():
    given = batch_of(80)
    found = fitted_to(given, generations=2)
    assert found.penalty is None
    assert len(found.choice.errors) == len(found.choice.units)
    assert (np.diff(found.choice.errors) < 0).all()
    seen, _ = run(found.reservoir, given.inputs, features=FEATURES)
    assert seen.shape[2] <= 8
    fresh = batch_of(200, seed=1)
    states, _ = run(found.reservoir, fresh.inputs, features=FEATURES)
    predicted = RidgeReadout().fit(seen[:, -1], given.targets[:, -1]).predict(states[:, -1])
    assert ((predicted - fresh.targets[:, -1]) ** 2).mean() < 0.7 * fresh.targets[:, -1].var()


@pytest.mark.parametrize("changes", [{}, {"stopping": EarlyStopping(patience=10)}])
def test_what_comes_after_a_part_changes_nothing_of_what_is_learnt_from_it(changes):
    """One long series, of which the early steps are learnt from: the later ones may as well not be there."""
    given = batch_of(1, 90)
    given.scored[:] = True
    settings = replace(SETTINGS, steps=10, segment=20, batch=4, **changes)
    early = split(given, 0.25, 0)[0]
    until = int(early.until[0])
    assert until == 68
    alone = Batch.of(given.inputs[:, :until], np.array([until]), given.targets[:, :until], given.scored[:, :until])
    for array in (given.inputs, given.targets):
        array[:, until:] = 99.0
    found, history = fit.trained_on(drawn(), given, early, settings, 0)
    wanted, expected = fit.trained_on(drawn(), alone, whole(alone), settings, 0)
    np.testing.assert_array_equal(history.losses, expected.losses)
    for one, other in zip(found.weights, wanted.weights, strict=True):
        for name, value in one.unit.items():
            np.testing.assert_array_equal(value, other.unit[name])


def test_those_that_stay_receive_few():
    few = replace(SETTINGS, passages=Passages(fan_in=2, every=10))
    found = fit_society(drawn(), batch_of(80), few, features=FEATURES, most=8, generations=2)
    assert found.generation is not None
    for population, wiring in zip(found.reservoir.populations, found.reservoir.wiring, strict=True):
        assert population.passage != "learned" or wiring.shape[0] == 2


def test_labels_of_sequences_are_read_from_a_summary():
    found = fitted_to(batch_of(labels=True), summary=summary_named("mean"), generations=1)
    assert 0 < len(found.choice.units) <= 4


def test_what_is_held_out_reaches_neither_learning_nor_the_readout(monkeypatch):
    received, learnt = [], []
    keep, judge = fit.trained_on, _view.forward_selection

    def select(fitted, held, **given):
        if not learnt:
            return judge(fitted, held, **given)
        received.append((learnt.pop(), fitted))
        raise ZeroDivisionError

    monkeypatch.setattr(_view, "forward_selection", select)

    def trained_on(*args):
        learnt.append(keep(*args)[0])
        return learnt[-1], None

    monkeypatch.setattr(fit, "trained_on", trained_on)
    given = batch_of()
    other = batch_of()
    rows = split(given, 0.25, 0)[1].rows
    other.inputs[rows] += 1.0
    other.targets[rows] *= -3.0
    for one in (given, other):
        with pytest.raises(ZeroDivisionError):
            fitted_to(one)
    (first, rows_of_first), (second, rows_of_second) = received
    for a, b in zip(first.weights, second.weights, strict=True):
        for name, value in a.unit.items():
            np.testing.assert_array_equal(value, b.unit[name])
    np.testing.assert_array_equal(rows_of_first[0], rows_of_second[0])
    np.testing.assert_array_equal(rows_of_first[1], rows_of_second[1])


def test_heirs_receive_what_served():
    """Half of the heirs receive what the best received, half of the rest what the next received."""
    choice = ChosenUnits((4,), (0.5,), np.array([np.nan] * 3 + [0.9, 0.5, 0.7, 0.1]), 1.0, np.zeros(6))
    reservoir = drawn()
    assert np.asarray(reservoir.wiring[0]).tolist() == [[0, 1, 2]]
    heirs = fit._heirs(reservoir, choice, reservoir.populations, seed=1)
    assert np.asarray(heirs.wiring[0]).tolist() == [[1, 1, 2]]
    assert fit._inherited(choice, {3: 7, 4: 8, 5: 9, 6: 7}, 8) == [8, 8, 8, 8, 7, 7, 9, 7]
    np.testing.assert_array_equal(heirs.wiring[1], reservoir.wiring[1])
    assert not np.array_equal(heirs.weights[1].unit["w1"], reservoir.weights[1].unit["w1"])


@pytest.mark.parametrize(("gain", "learns"), [(0.0, False), (0.1, False), (0.4, True)])
def test_units_stay_as_drawn_where_learning_does_not_pay(monkeypatch, gain, learns):
    """The difference over six rows has a standard error of 0.2: 0.5 / sqrt(6)."""
    spread = 0.5 * np.array([1, -1, 1, -1, 1, -1])
    choices = iter([((3,), 1 - gain + spread), ((6,), np.ones(6))])

    def chosen(*_, **__):
        units, by_row = next(choices)
        return ChosenUnits(units, (by_row.mean(),), np.full(7, np.nan), 1.0, by_row)

    monkeypatch.setattr(_view.View, "choice", chosen)
    found = fitted_to(batch_of(), generations=1)
    assert found.choice.units == ((3,) if learns else (6,))
    assert (found.history is not None) == learns
    assert found.generation == (0 if learns else None)
    if not learns:
        echo = drawn().weights[2]
        np.testing.assert_array_equal(found.reservoir.weights[0].passage["matrix"], echo.passage["matrix"])


def test_heirs_are_of_the_best_generation_and_not_of_the_last(monkeypatch):
    parents, errors = [], iter([0.5, 0.9, 0.7, 1.0])

    def heirs(parent, choice, populations, seed):
        parents.append(parent)
        return drawn(seed)

    def chosen(*_, **__):
        error = next(errors)
        return ChosenUnits((3,), (error,), np.full(7, np.nan), 1.0, np.full(6, error))

    monkeypatch.setattr(fit, "_heirs", heirs)
    monkeypatch.setattr(_view.View, "choice", chosen)
    first = drawn()
    found = fit_society(first, batch_of(), replace(SETTINGS, steps=1), features=FEATURES, most=8, generations=3)
    assert parents == [first, first]
    assert found.generation == 0


def test_later_generations_may_be_of_other_populations(monkeypatch):
    learnt = []

    def noted(reservoir, *given):
        learnt.append([getattr(population.unit, "memory", None) for population in reservoir.populations])
        return trained_on(reservoir, *given)

    trained_on = fit.trained_on
    monkeypatch.setattr(fit, "trained_on", noted)
    wider = [replace(p, unit=replace(p.unit, memory=9)) if hasattr(p.unit, "memory") else p for p in POPULATIONS]
    few = replace(SETTINGS, steps=1)
    fit_society(drawn(), batch_of(), few, features=FEATURES, most=8, generations=2, later=wider, again=False)
    assert learnt == [[getattr(p.unit, "memory", None) for p in some] for some in (POPULATIONS, wider)]


def test_only_those_that_stay_have_learnt_again():
    found = fit_society(drawn(), batch_of(80), replace(SETTINGS, steps=150), features=FEATURES, most=8, generations=1)
    stay = np.isin(np.arange(7), found.choice.units)
    learns = np.array([False] * 3 + [True] * 3 + [False])
    assert (np.isfinite(found.history.losses).all(0) == (stay & learns)).all()


@pytest.mark.parametrize("worse", [False, True])
def test_units_that_end_worse_when_they_learn_again_stay_as_they_were_chosen(monkeypatch, worse):
    given, learns = batch_of(400), fit.trained_on

    def learn(*given):
        learnt, history = learns(*given)
        if worse and len(given) > 5:
            nothing = [
                replace(own, unit={name: np.zeros_like(value) for name, value in own.unit.items()})
                for own in learnt.weights
            ]
            learnt = replace(learnt, weights=tuple(nothing))
        return learnt, history

    monkeypatch.setattr(ChosenUnits, "beats", lambda *_: True)
    monkeypatch.setattr(fit, "trained_on", learn)
    settings = replace(SETTINGS, steps=200)
    found, before = (
        fit_society(drawn(), given, settings, features=FEATURES, most=8, generations=1, again=again)
        for again in (True, False)
    )
    alike = [
        np.array_equal(value, other.unit[name])
        for own, other in zip(found.reservoir.weights, before.reservoir.weights, strict=True)
        for name, value in own.unit.items()
    ]
    assert all(alike) == worse
    assert (found.history is None) == worse


def test_frozen_units_are_chosen_as_drawn():
    found = fit_society(
        drawn(targets=0), batch_of(), replace(SETTINGS, objective="frozen"), features=FEATURES, most=8, generations=1
    )
    assert found.history is None
    kept = np.asarray(found.choice.units)
    mine = np.sort(kept[(kept >= 3) & (kept < 6)]) - 3
    if len(mine):
        number = next(i for i, p in enumerate(found.reservoir.populations) if p.receives == "partner")
        np.testing.assert_array_equal(
            found.reservoir.weights[number].unit["w1"], drawn(0, 0).weights[1].unit["w1"][..., mine]
        )


def test_no_room():
    with pytest.raises(AuritaError, match="may see 2 features"):
        fitted_to(batch_of(), most=2, generations=1)


def test_populations_vote_on_classes_where_asked(monkeypatch):
    monkeypatch.setattr(_view, "committee_weights", lambda fitted, held, kinds: np.unique(kinds[kinds >= 0]))
    given = batch_of(60, labels=True)
    classes = np.concatenate([given.labels > 0, given.labels <= 0], axis=1).astype(float)
    by_step = np.repeat(classes[:, None], given.inputs.shape[1], axis=1)
    given = replace(given, targets=by_step, labels=classes)
    options = {"features": FEATURES, "most": 8, "summary": summary_named("last"), "everyone": True}
    found = fit_society(drawn(targets=2), given, SETTINGS, vote=True, **options)
    seen = [population for population in found.reservoir.populations if population.features]
    assert found.votes is not None
    assert found.votes.shape == (len(seen),)
    assert fit_society(drawn(targets=2), given, SETTINGS, **options).votes is None


def test_frozen_societies_are_drawn_as_often_and_inherit_as_learning_ones_do(monkeypatch):
    """The first generation as drawn is the parent of the second; the best of all by held-out error stays."""
    made, errors = [], []
    heirs, chosen = fit._heirs, _view.View.choice

    def noted_heirs(parent, choice, populations, seed):
        made.append(heirs(parent, choice, populations, seed))
        return made[-1]

    def noted_choice(*arguments):
        errors.append(chosen(*arguments))
        return errors[-1]

    monkeypatch.setattr(fit, "_heirs", noted_heirs)
    monkeypatch.setattr(_view.View, "choice", noted_choice)
    frozen = replace(SETTINGS, objective="frozen")
    found = fit_society(drawn(targets=0), batch_of(), frozen, features=FEATURES, most=8, generations=3)
    assert len(made) == 2
    assert len(errors) == 3
    assert found.generation == int(np.argmin([choice.errors[-1] for choice in errors]))
    assert found.trained == 0


@pytest.mark.parametrize("generations", [1, 2])
def test_numbers_trained_on_the_way_are_those_of_all_units_of_all_generations(generations):
    given = batch_of(80)
    each = int(numbers_trained(drawn(), SETTINGS).sum())
    found = fitted_to(given, generations=generations, again=False)
    assert found.trained == generations * each
    assert numbers_trained(found.reservoir, SETTINGS).sum() < each


@pytest.mark.parametrize("sees", [("hidden", "output"), ("hidden", "output", "target")])
def test_with_a_budget_heads_stay_where_the_readout_sees_them(sees):
    receiver = replace(POPULATIONS[1], features=None, afferents="all", receives="inputs")
    built = Reservoir.build([receiver, POPULATIONS[-1]], inputs=3, targets=1)
    found = fit_society(built, batch_of(80), SETTINGS, features=sees, most=20, budget=150, again=False)
    names = feature_names(found.reservoir, sees)
    heads = any(name.startswith("target") for name in names)
    assert heads == bool(found.reservoir.targets) == ("target" in sees)
    assert numbers_trained(found.reservoir, SETTINGS).sum() + len(names) + 1 <= 150
    assert found.trained == numbers_trained(built, SETTINGS).sum()
