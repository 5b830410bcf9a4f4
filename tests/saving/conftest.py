"""Modules that tests of this folder share are importable by name, and files of all kinds of models are there once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Files of all kinds of models, and what each predicts, as bytes."""
    from saved_models import answer, models

    folder, predicted = tmp_path_factory.mktemp("models"), {}
    for name, model, question in models():
        model.save(folder / name)
        predicted[name] = answer(model, question), question
    return folder, predicted
