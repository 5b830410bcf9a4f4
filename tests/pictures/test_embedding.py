"""Embeddings against numpy's singular values, scikit-learn's discriminant and the rule for new states by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

import aurita
from aurita import AuritaError
from aurita.pictures.embedding import Embedding, fit_embedding


def blobs(rng, classes=3, each=60, features=6):
    centres = 4 * rng.normal(size=(classes, features))
    labels = np.repeat(np.arange(classes), each)
    return centres[labels] + rng.normal(size=(classes * each, features)) * np.linspace(5, 0.5, features), labels


def test_pca_is_the_singular_vectors():
    states = np.random.default_rng(0).normal(size=(300, 7)) * np.arange(7, 0, -1) + 3
    found = fit_embedding(states)
    centred = states - states.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * sizes[:2]
    places = found.apply(states)
    for axis in range(2):
        sign = np.sign(places[:, axis] @ expected[:, axis])
        np.testing.assert_allclose(sign * places[:, axis], expected[:, axis], atol=1e-4)
    np.testing.assert_allclose(found.shares, (sizes**2 / (sizes**2).sum())[:2], rtol=1e-5)


def test_very_wide_states_take_the_randomised_way_to_the_same_place():
    rng = np.random.default_rng(1)
    states = rng.normal(size=(80, 2)) @ rng.normal(size=(2, 2500)) + 0.01 * rng.normal(size=(80, 2500))
    found = fit_embedding(states)
    left, sizes, _ = np.linalg.svd(states - states.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(found.apply(states)), np.abs(left[:, :2] * sizes[:2]), rtol=1e-2, atol=0.05)


def test_the_same_states_make_the_same_picture_whatever_the_sign_of_an_eigenvector():
    states = np.random.default_rng(2).normal(size=(50, 4)) * [4, 3, 2, 1]
    axes = fit_embedding(states).axes
    largest = np.abs(axes).argmax(axis=0)
    assert (axes[largest, [0, 1]] > 0).all()


def test_classes_are_fishers_axes():
    states, labels = blobs(np.random.default_rng(3))
    places = fit_embedding(states, "classes", labels=labels).apply(states)
    ours = LinearDiscriminantAnalysis().fit(places, labels).score(places, labels)
    theirs = LinearDiscriminantAnalysis(n_components=2).fit(states, labels)
    assert ours == pytest.approx(theirs.score(states, labels), abs=0.02)
    # The same plane: each of our axes is a combination of theirs.
    plane = theirs.transform(states)
    design = np.column_stack([plane, np.ones(len(plane))])
    left = places - design @ np.linalg.lstsq(design, places, rcond=None)[0]
    assert left.var() < 1e-2 * places.var()


def test_two_classes_have_a_second_axis_all_the_same():
    states, labels = blobs(np.random.default_rng(4), classes=2)
    places = fit_embedding(states, "classes", labels=labels).apply(states)
    assert (places.std(axis=0) > 0.1).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(1, 6), st.integers(0, 2**16))
def test_any_shape_has_finite_places(count, features, seed):
    states = np.random.default_rng(seed).normal(size=(count, features))
    places = fit_embedding(states).apply(states)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_constant_states_are_one_point():
    assert np.allclose(fit_embedding(np.full((30, 5), 3.0)).apply(np.full((4, 5), 3.0)), 0, atol=1e-5)


def test_it_is_saved_without_a_pickle_and_says_the_same(tmp_path):
    states, labels = blobs(np.random.default_rng(5))
    found = fit_embedding(states, "classes", labels=labels)
    aurita.save(found, tmp_path / "plane.aurita")
    again = aurita.load(tmp_path / "plane.aurita")
    assert isinstance(again, Embedding)
    np.testing.assert_array_equal(again.apply(states), found.apply(states))


def test_new_states_lie_among_their_neighbours():
    known = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [9.0, 9.0], [8.0, 9.0], [9.0, 8.0]])
    places = np.arange(12.0).reshape(6, 2) ** 2
    plane = Embedding("umap", np.zeros(2), np.eye(2), np.full(2, np.nan), known, places)
    np.testing.assert_allclose(plane.apply(known), places, rtol=1e-5)
    new = np.array([[0.25, 0.5]])
    distances = np.linalg.norm(known - new, axis=1)
    nearest = np.argsort(distances)[:5]
    weights = 1 / distances[nearest]
    expected = weights @ places[nearest] / weights.sum()
    np.testing.assert_allclose(plane.apply(new)[0], expected, rtol=1e-4)


def test_umap_keeps_neighbours_together(tmp_path):
    pytest.importorskip("umap", reason="umap-learn is not installed (extra umap)")
    rng = np.random.default_rng(6)
    labels = np.repeat([0, 1], 60)
    states = rng.normal(size=(120, 8)) + 12 * labels[:, None]
    found = fit_embedding(states, "umap")
    places = found.apply(states)
    np.testing.assert_allclose(places, found.places, atol=1e-3)
    new = found.apply(rng.normal(size=(20, 8)) + 12)
    near = np.linalg.norm(new[:, None] - places[None], axis=2).argmin(axis=1)
    assert (labels[near] == 1).all()
    aurita.save(found, tmp_path / "u.aurita")
    np.testing.assert_array_equal(aurita.load(tmp_path / "u.aurita").apply(states), places)


@pytest.mark.parametrize(
    ("states", "options", "message"),
    [
        (np.zeros((0, 3)), {}, "no states"),
        (np.zeros(3), {}, "shape"),
        (np.full((3, 2), np.nan), {}, "NaN"),
        (np.zeros((3, 2)), {"method": "tsne"}, "expected one of"),
        (np.zeros((3, 2)), {"method": "classes"}, "needs labels"),
        (np.zeros((3, 2)), {"method": "classes", "labels": ["a"] * 3}, "two classes"),
        (np.array([["a", "b"]]), {}, "expected numbers"),
    ],
)
def test_what_cannot_be_embedded_is_refused(states, options, message):
    with pytest.raises(AuritaError, match=message):
        fit_embedding(states, **options)


def test_other_features_are_refused():
    with pytest.raises(AuritaError, match="fitted on 3"):
        fit_embedding(np.eye(3)).apply(np.eye(4))
