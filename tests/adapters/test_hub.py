"""Folders with a model and its card; the Hub is stood in for."""

import numpy as np
import pytest

import aurita
from aurita import ReservoirClassifier, ReservoirForecaster
from aurita.adapters import hub
from aurita.adapters.hub import HubMixin, from_hub, load_folder, push_to_hub, save_folder

LINES = {"data": "two | waves", "score": "accuracy 1.00 on 10 held out", "cost": "0.3 s of one core"}


def _model():
    rng = np.random.default_rng(0)
    X = [np.sin(np.arange(30)[:, None] / (2 + n % 2) + rng.uniform(0, 6)) for n in range(20)]
    return ReservoirClassifier(units=4).fit(X, [n % 2 for n in range(20)]), X


def test_a_folder_holds_the_model_and_its_card(tmp_path):
    model, X = _model()
    folder = save_folder(model, tmp_path / "waves", **LINES)
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "model.aurita"]
    assert np.array_equal(load_folder(folder).predict_proba(X), model.predict_proba(X))
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: aurita\n")
    for line in ("| fitted on | two \\| waves |", LINES["score"], LINES["cost"], '"units": 4'):
        assert line in card
    huggingface_hub = pytest.importorskip("huggingface_hub")
    read = huggingface_hub.ModelCard(card)
    assert read.data.library_name == "aurita"
    assert "classification" in read.data.tags


def test_what_a_card_needs():
    model, _ = _model()
    with pytest.raises(aurita.AuritaError, match="score is ''"):
        save_folder(model, "nowhere", **{**LINES, "score": ""})
    with pytest.raises(aurita.AuritaError, match="is not fitted"):
        save_folder(ReservoirForecaster(), "nowhere", **LINES)
    with pytest.raises(aurita.AuritaError, match="give the path"):
        load_folder("nowhere")


def test_push_and_pull(tmp_path, monkeypatch):
    class Api:
        def create_repo(self, repository, **options):
            self.made = repository, options

        def upload_folder(self, *, repo_id, folder_path):
            (tmp_path / "model.aurita").write_bytes((folder_path / "model.aurita").read_bytes())
            return f"there/{repo_id}"

    class Library:
        HfApi = Api

        @staticmethod
        def hf_hub_download(repository, name, revision=None):
            assert (repository, revision) == ("me/waves", "main")
            return tmp_path / name

    monkeypatch.setattr(hub, "require", lambda *_: Library)
    model, X = _model()
    assert push_to_hub(model, "me/waves", **LINES) == "there/me/waves"
    assert np.array_equal(from_hub("me/waves", revision="main").predict(X), model.predict(X))
    assert np.array_equal(HubMixin.from_hub("me/waves", revision="main").predict(X), model.predict(X))


def test_a_class_of_ones_own_with_the_mixin(tmp_path):
    class Shared(HubMixin, ReservoirClassifier):
        pass

    model, X = _model()
    own = Shared(**model.get_params()).fit(X, model.predict(X))
    again = load_folder(own.save_folder(tmp_path / "own", **LINES))
    assert type(again) is ReservoirClassifier
    assert np.array_equal(again.predict(X), own.predict(X))


def test_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(aurita.AuritaError, match=r"pip install 'aurita\[hub\]'"):
        from_hub("me/waves")
