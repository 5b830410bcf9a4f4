"""The classifier: what it learns, and what it answers whatever form the data come in."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from aurita import AttentionUnit, AuritaError, EchoUnit, Learning, Population
from aurita.estimators import ReservoirClassifier

SMALL = {"units": 4, "summary": "mean_deviation"}


def waves(count, seed, channels=2):
    """Three classes of noisy waves that differ in frequency, of random phase and length."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, count)
    X = []
    for label in y:
        time = np.arange(rng.integers(15, 31))[:, None]
        phase = rng.uniform(0, 6, channels)
        X.append(np.sin(time * (0.3 + 0.5 * label) + phase) + 0.1 * rng.standard_normal((len(time), channels)))
    return X, np.array(["low", "middle", "high"])[y]


@pytest.fixture(scope="module")
def data():
    return *waves(60, 0), *waves(40, 1)


@pytest.fixture(scope="module")
def fitted(data):
    return ReservoirClassifier(**SMALL).fit(data[0], data[1])


def test_tells_frequencies_apart_that_the_bare_inputs_do_not(data, fitted):
    X, y, new, truth = data
    assert fitted.score(new, truth) >= 0.95
    bare = ReservoirClassifier(units=0, summary="times:4").fit(X, y)
    assert bare.score(new, truth) < 0.7


@pytest.mark.parametrize("readout", ["ridge", "committee", "logistic"])
def test_scores_probabilities_and_labels_agree(data, readout):
    X, y, new, truth = data
    model = ReservoirClassifier(**SMALL, readout=readout).fit(X, y)
    probabilities, scores = model.predict_proba(new), model.decision_function(new)
    assert probabilities.shape == scores.shape == (40, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(new))
    np.testing.assert_array_equal(model.classes_[scores.argmax(axis=1)], model.predict(new))
    assert list(model.classes_) == ["high", "low", "middle"]
    # Probabilities that mean something: the truth gets most of them.
    assert probabilities[np.arange(40), np.searchsorted(model.classes_, truth)].mean() > 0.8


def test_two_classes_have_one_score(data):
    X, y, new, _ = data
    model = ReservoirClassifier(**SMALL).fit(X, y == "low")
    scores = model.decision_function(new)
    assert scores.shape == (40,)
    np.testing.assert_array_equal(scores > 0, model.predict(new))


def test_bare_inputs_are_ridge_on_four_steps():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 9, 3)), rng.integers(0, 2, 80)
    X[y == 1, 4, 0] += 1.5
    model = ReservoirClassifier(units=0, scale_inputs=False).fit(X, y)
    # Nine steps in four stretches end at the third, fifth, seventh and ninth step.
    by_hand = X[:, [2, 4, 6, 8]].reshape(80, -1)
    reference = RidgeClassifierCV(model.readouts_[0].penalty_).fit(by_hand / by_hand.std(axis=0), y)
    np.testing.assert_allclose(
        model.decision_function(X), reference.decision_function(by_hand / by_hand.std(axis=0)) / 1, atol=1e-8
    )
    through_reservoir = ReservoirClassifier(units=3, features=("input",), scale_inputs=False).fit(X, y)
    np.testing.assert_allclose(through_reservoir.decision_function(X), model.decision_function(X), atol=1e-5)


def test_forms_of_the_same_data_give_the_same_answer(data):
    X, y, _, _ = data
    X = [x[:15] for x in X]
    cube = np.stack(X)
    expected = ReservoirClassifier(**SMALL).fit(X, y).decision_function(X)
    frames = [pd.DataFrame(x, columns=["a", "b"]) for x in X]
    levels = pd.concat(dict(enumerate(frames)))
    forms = {"list": X, "cube": cube, "frames": frames, "levels": levels, "tuple": tuple(X)}
    for name, form in forms.items():
        found = ReservoirClassifier(**SMALL).fit(form, y).decision_function(form)
        np.testing.assert_array_equal(found, expected, err_msg=name)
    turned = ReservoirClassifier(**SMALL, layout="channels_first")
    np.testing.assert_array_equal(turned.fit(cube.transpose(0, 2, 1), y).decision_function([x.T for x in X]), expected)


def test_a_table_of_series_is_univariate_sequences(data):
    X, y, _, _ = data
    table = np.stack([x[:15, 0] for x in X])
    by_table = ReservoirClassifier(**SMALL, layout="univariate").fit(table, y)
    by_list = ReservoirClassifier(**SMALL).fit(list(table), y)
    np.testing.assert_array_equal(by_table.decision_function(table), by_list.decision_function(list(table)))
    assert by_table.n_features_in_ == 1


def test_neighbours_in_the_batch_do_not_matter(data, fitted):
    _, _, new, _ = data
    together = fitted.decision_function(new)
    alone = np.concatenate([fitted.decision_function([x]) for x in new[:5]])
    np.testing.assert_allclose(alone, together[:5], atol=1e-5)
    np.testing.assert_allclose(fitted.decision_function(new[::-1])[::-1], together, atol=1e-5)


def test_a_seed_fixes_every_byte(data, fitted):
    X, y, new, _ = data
    again = clone(fitted).fit(X, y)
    assert again.decision_function(new).tobytes() == fitted.decision_function(new).tobytes()
    other = ReservoirClassifier(**SMALL, random_state=1).fit(X, y)
    assert not np.array_equal(other.decision_function(new), fitted.decision_function(new))


def test_an_ensemble_is_the_mean_of_its_members(data):
    X, y, new, _ = data
    pair = ReservoirClassifier(**SMALL, ensemble=2).fit(X, y)
    first = ReservoirClassifier(**SMALL).fit(X, y).decision_function(new)
    pair.reservoirs_, pair.readouts_ = pair.reservoirs_[1:], pair.readouts_[1:]
    second = pair.decision_function(new)
    whole = ReservoirClassifier(**SMALL, ensemble=2).fit(X, y).decision_function(new)
    np.testing.assert_allclose(whole, (first + second) / 2)


def steps(count, seed):
    """Sequences whose label at a step is the sign of the input three steps before."""
    rng = np.random.default_rng(seed)
    X = [rng.choice([-1.0, 1.0], (n, 1)) for n in rng.integers(30, 60, count)]
    return X, [np.where(np.r_[1, 1, 1, x[:-3, 0]] > 0, "up", "down") for x in X]


@pytest.mark.parametrize("readout", ["ridge", "committee", "logistic"])
def test_labels_of_steps(readout):
    X, y = steps(12, 0)
    new, truth = steps(6, 1)
    model = ReservoirClassifier(units=8, readout=readout, washout=3).fit(X, y)
    predicted = model.predict(new)
    assert [len(labels) for labels in predicted] == [len(x) for x in new]
    assert model.score(new, truth) > 0.95
    assert model.predict_proba(new)[0].shape == (len(new[0]), 2)
    assert model.decision_function(new)[0].shape == (len(new[0]),)


def test_units_that_receive_the_labels_learn_them(data):
    X, y, new, truth = data
    learning = Learning(objective="target", loss="cross_entropy", steps=60, batch=20)
    model = ReservoirClassifier(**SMALL, learning=learning, features=("target",)).fit(X, y)
    losses = model.histories_[0].losses[:, :2]
    # Knowing nothing costs the logarithm of three.
    assert (losses[-10:].mean(axis=0) < 0.95 * np.log(3)).all()
    assert model.score(new, truth) > 0.6


def test_searches_and_pipelines(data):
    X, y, _, _ = data
    grid = {"reservoirclassifier__units": [0, 4], "reservoirclassifier__summary": ["mean_deviation"]}
    pipeline = make_pipeline(FunctionTransformer(lambda X: [2 * x for x in X]), ReservoirClassifier())
    search = GridSearchCV(pipeline, grid, cv=KFold(2, shuffle=True, random_state=0)).fit(X, y)
    assert search.best_params_["reservoirclassifier__units"] == 4
    assert cross_val_score(ReservoirClassifier(**SMALL), X, y, cv=2).mean() > 0.7


def test_parameters_are_only_stored():
    population = Population(unit=EchoUnit(slots=5), units=2)
    model = ReservoirClassifier([population], alphas=[1.0], clock=[3])
    assert model.get_params()["populations"] == [population]
    assert clone(model).set_params(alphas=[2.0], washout=1).get_params()["washout"] == 1


X3 = [np.zeros((5, 3)), np.ones((6, 3))]
BAD = {
    "empty": ([], [], {}, "X is empty"),
    "an empty sequence": ([np.zeros((0, 3)), np.ones((6, 3))], [0, 1], {}, "sequence 0 of X is empty"),
    "NaN": ([np.full((5, 3), np.nan), X3[1]], [0, 1], {}, "sequence 0 of X holds NaN in row 0, column 0"),
    "infinite": ([X3[0], np.full((5, 3), np.inf)], [0, 1], {}, "sequence 1 of X holds infinity"),
    "text": ([pd.DataFrame({"a": [1.0], "city": ["Kiel"]})] * 2, [0, 1], {}, "hold no numbers: city"),
    "ragged channels": ([X3[0], np.ones((6, 2))], [0, 1], {}, "have 2, 3 channels"),
    "channels first": ([np.ones((2, 5)), np.ones((2, 6))], [0, 1], {}, "layout='channels_first'"),
    "aeon's cube of one channel": (np.ones((4, 1, 9)), [0, 1, 0, 1], {}, "layout='channels_first'"),
    "one series": (np.ones(9), [0], {}, r"X=\[series\]"),
    "one class": (X3, ["a", "a"], {}, "one class only"),
    "missing labels": (X3, ["a", None], {}, "missing labels"),
    "too few labels": (X3, [0], {}, "2 sequences and y 1 target;"),
    "values": (X3, [0.5, 1.5], {}, "Unknown label type"),
    "labels of steps": (X3, [np.zeros(5), np.zeros(9)], {}, "target of sequence 1 has 9 steps, the sequence 6"),
    "long memory": (
        X3,
        [0, 1],
        {"populations": Population(unit=AttentionUnit(memory=9), units=3)},
        "the longest sequence has 6",
    ),
    "many slots": (
        X3,
        [0, 1],
        {"populations": Population(unit=EchoUnit(slots=9), units=1, receives="inputs")},
        "9 slots and only 3 sources",
    ),
    "washout": (X3, [0, 1], {"washout": 5}, "washout"),
    "layout": (X3, [0, 1], {"layout": "sideways"}, "layout is 'sideways'"),
    "summary": (X3, [0, 1], {"summary": "men"}, "did you mean 'mean'"),
    "readout": (X3, [0, 1], {"readout": "forest"}, "'ridge', 'committee', 'logistic'"),
    "populations": (X3, [0, 1], {"populations": [3]}, "populations hold a int"),
    "units": (X3, [0, 1], {"units": -1}, "units is -1"),
    "learning": (X3, [0, 1], {"learning": "hard"}, "objective 'hard' is unknown"),
    "seed": (X3, [0, 1], {"random_state": "x"}, "random_state"),
    "ensemble": (X3, [0, 1], {"ensemble": 0}, "ensemble is 0"),
    "alphas": (X3, [0, 1], {"alphas": [-1.0]}, "alphas are"),
    "selection": (X3, [0, 1], {"selection": "validation"}, "selection is 'validation'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name):
    X, y, parameters, message = BAD[name]
    with pytest.raises(AuritaError, match=message):
        ReservoirClassifier(**{"units": 2, **parameters}).fit(X, y)


def test_other_channels_than_those_of_the_fit(data, fitted):
    with pytest.raises(AuritaError, match="X has 3 channels, the model was fitted on 2; pass the columns"):
        fitted.predict(X3)
    with pytest.raises(AuritaError, match="layout='channels_first'"):
        fitted.predict(np.zeros((4, 2, 20)))
    X, y, _, _ = data
    named = ReservoirClassifier(units=1).fit([pd.DataFrame(x, columns=["a", "b"]) for x in X], y)
    assert list(named.feature_names_in_) == ["a", "b"]
    with pytest.raises(AuritaError, match="X has the columns b, a, the model was fitted on a, b"):
        named.predict([pd.DataFrame(x, columns=["b", "a"]) for x in X])
    with pytest.raises(AuritaError, match="fitted on 2; pass the columns it was fitted on: a, b"):
        named.predict(X3)
