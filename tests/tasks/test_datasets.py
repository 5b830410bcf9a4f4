"""Recorded data inside installed libraries."""

import socket

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.tasks import task_named
from aurita.tasks.datasets import ARCHIVE, archive, japanese_vowels

pytest.importorskip("aeon")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Whatever opens a connection fails."""

    def refuse(*_, **__):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_japanese_vowels_is_the_official_split():
    task = japanese_vowels(seed=0)
    assert len(task.development) == 270
    assert len(task.test) == 370
    assert task.channels == 12
    assert list(task.classes) == list("123456789")
    assert task.test.lengths.min() == 7
    assert task.test.lengths.max() == 29
    _, per_speaker = np.unique(task.development.targets, return_counts=True)
    assert set(per_speaker) == {30}
    # The first value of the published file.
    first = {x[0, 0] for x in task.development.inputs}
    assert 1.860936 in first
    assert task.chance == pytest.approx(31 / 370)


def test_validation_is_stratified_disjoint_and_drawn_from_training_only():
    task = japanese_vowels(seed=1, validation=0.2)
    _, held = np.unique(task.validation.targets, return_counts=True)
    assert set(held) == {6}
    train, held_out, test = ({x.tobytes() for x in part.inputs} for part in (task.train, task.validation, task.test))
    assert not train & held_out
    assert not (train | held_out) & test
    other = japanese_vowels(seed=2)
    assert {x.tobytes() for x in other.validation.inputs} != held_out
    assert {x.tobytes() for x in other.test.inputs} == test


@pytest.mark.parametrize("name", ARCHIVE)
def test_every_collection_opens_without_a_network(name):
    task = archive(name, seed=0, validation=0.3)
    assert task.category == ARCHIVE[name]
    assert all(x.ndim == 2 and x.dtype == np.float64 for x in task.test.inputs)
    assert len({x.shape[1] for x in [*task.train.inputs, *task.test.inputs]}) == 1
    assert task.score(task.test.targets) == (1.0 if task.category == "labels" else 0.0)


def test_what_is_not_shipped_is_refused():
    with pytest.raises(AuritaError, match="JapaneseVowels"):
        archive("FaceFour")


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1])
def test_empty_sides_are_refused(fraction):
    with pytest.raises(AuritaError, match="fraction"):
        task_named("japanese_vowels", seed=0, validation=fraction)
