"""Models as folders with a card, that the Hugging Face Hub can hold: the model's file and a README beside it."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aurita import __version__
from aurita._kinds import all_kinds
from aurita._words import counted
from aurita.errors import AuritaError, require
from aurita.fields import shown
from aurita.io.writing import write_whole

MODEL = "model.aurita"
CARD = "README.md"
_TAGS = {"ReservoirClassifier": "classification", "ReservoirRegressor": "regression"}
_FORECASTS = "forecasting"

_TEXT = """---
library_name: aurita
license: {license}
tags:
- aurita
- reservoir-computing
- time-series
- {task}
---

# {title}

A `{kind}` of aurita {version}: {units} and a linear readout.

| | |
|---|---|
| fitted on | {data} |
| score on held-out data | {score} |
| cost | {cost} |
| numbers that learnt | {trained:,} |
| numbers as drawn | {fixed:,} |
| numbers of the readout | {readout:,} |
| file | {size:,} bytes |
| written | {written} |

## Use

```python
from aurita.adapters.hub import load_folder

model = load_folder("{folder}")
```

## Parameters

```json
{parameters}
```
"""


def save_folder(
    model: object,
    folder: str | Path,
    *,
    data: str,
    score: str,
    cost: str,
    title: str | None = None,
    license: str = "mit",
) -> Path:
    """Save a fitted model and its card in a folder.

    Args:
        model: a fitted estimator.
        folder: is made where it is missing; other files in it stay.
        data: on what it was fitted, in a line.
        score: how it scored on held-out data, with the measure and how the data were held out.
        cost: what fitting cost, such as CPU seconds and the machine.
        title: of the card; the kind of model by default.
        license: of the model, as the Hub names licenses.

    Returns:
        The folder.

    Raises:
        AuritaError: a model that is not fitted, a text that is missing, a folder that cannot be written to.

    Example:
        >>> import numpy as np
        >>> from aurita import ReservoirRegressor
        >>> x = np.random.default_rng(0).uniform(size=(100, 1))
        >>> model = ReservoirRegressor(units=4).fit([x], [x**2])
        >>> card = {"data": "noise", "score": "R2 0.99 on 50 new steps", "cost": "0.1 s of one core"}
        >>> with tempfile.TemporaryDirectory() as place:
        ...     again = load_folder(save_folder(model, place, **card))
        >>> bool((again.predict([x])[0] == model.predict([x])[0]).all())
        True
    """
    if not hasattr(model, "readouts_"):
        raise AuritaError(f"the {type(model).__name__} is not fitted; fit it first")
    for name, text in (("data", data), ("score", score), ("cost", cost)):
        if not isinstance(text, str) or not text.strip():
            raise AuritaError(f"{name} is {shown(text)}; expected a line of text for the model card")
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AuritaError(f"cannot make the folder {place}: {error.strerror}; give another one") from None
    plain = _plain(model)
    plain.save(place / MODEL)
    card = _card(plain, place, data=data, score=score, cost=cost, title=title, license=license)
    write_whole(place / CARD, card.encode())
    return place


def load_folder(folder: str | Path) -> Any:
    """The model that `save_folder` wrote.

    Raises:
        AuritaError: no such folder, or no model in it.
    """
    from aurita.saving import load

    return load(Path(folder) / MODEL)


def push_to_hub(model: Any, repository: str, *, private: bool | None = None, **card: Any) -> str:
    """Save a model with its card and upload both; needs the extra `hub`, the network and a login.

    Args:
        model: a fitted estimator.
        repository: such as `name/model`; it is made where it is missing.
        private: whether a new repository is private; None: as the owner's settings say.
        card: `data`, `score`, `cost`, `title` and `license`, as of `save_folder`.

    Returns:
        The address of the upload.

    Raises:
        AuritaError: huggingface_hub is not installed, and as `save_folder`.
    """
    hub = require("huggingface_hub", "hub", "push_to_hub")
    with tempfile.TemporaryDirectory() as place:
        folder = save_folder(model, Path(place) / repository.rsplit("/", 1)[-1], **card)
        api = hub.HfApi()
        api.create_repo(repository, exist_ok=True, private=private)
        return str(api.upload_folder(repo_id=repository, folder_path=folder))


def from_hub(repository: str, *, revision: str | None = None) -> Any:
    """Download a model; needs the extra `hub` and the network.

    A file of aurita holds no code, but whoever wrote it chose what it predicts.

    Args:
        repository: such as `name/model`.
        revision: branch, tag or commit.

    Raises:
        AuritaError: huggingface_hub is not installed, or the file is damaged.
    """
    from aurita.saving import load

    hub = require("huggingface_hub", "hub", "from_hub")
    return load(hub.hf_hub_download(repository, MODEL, revision=revision))


class HubMixin:
    """`push_to_hub` and `from_hub` as methods of one's own estimator, derived from one of aurita.

    Example:
        >>> from aurita import ReservoirClassifier
        >>> class Shared(HubMixin, ReservoirClassifier):
        ...     pass
        >>> Shared.push_to_hub.__name__
        'push_to_hub'
    """

    def push_to_hub(self, repository: str, **options: Any) -> str:
        """Upload the model; arguments as of `aurita.adapters.hub.push_to_hub`."""
        return push_to_hub(self, repository, **options)

    def save_folder(self, folder: str | Path, **card: Any) -> Path:
        """Save the model with its card; arguments as of `aurita.adapters.hub.save_folder`."""
        return save_folder(self, folder, **card)

    @staticmethod
    def from_hub(repository: str, **options: Any) -> Any:
        """Download a model; arguments as of `aurita.adapters.hub.from_hub`."""
        return from_hub(repository, **options)


def _plain(model: object) -> Any:
    """The model as one of aurita's own estimators, which files hold; it may be of a class derived from one."""
    kinds = {kind.kind for kind in all_kinds().values()}
    base = next((kind for kind in type(model).__mro__ if kind in kinds), None)
    if base is None or base is type(model):
        return model
    made: object = object.__new__(base)
    vars(made).update(vars(model))
    return made


def _card(model: Any, place: Path, *, title: str | None, license: str, **lines: str) -> str:
    counts = {"trained": 0, "fixed": 0}
    units = 0
    for reservoir in model.reservoirs_:
        if reservoir is not None:
            units += reservoir.units
            for name, count in reservoir.parameter_counts().items():
                counts[name] += count
    members = len(model.reservoirs_)
    kind = type(model).__name__
    parameters = {
        name: value if isinstance(value, int | float | str | None) else repr(value)
        for name, value in model.get_params(deep=False).items()
    }
    return _TEXT.format(
        kind=kind,
        version=__version__,
        title=title or f"{kind} on {lines['data']}",
        task=_TAGS.get(kind, _FORECASTS),
        license=license,
        units=counted(units, "unit") + (f" in {members} reservoirs" if members > 1 else ""),
        readout=sum(readout.numbers() for readout in model.readouts_),
        size=(place / MODEL).stat().st_size,
        written=datetime.now(UTC).date().isoformat(),
        folder=place.name,
        parameters=json.dumps(parameters, indent=2),
        **counts,
        **{name: " ".join(text.split()).replace("|", "\\|") for name, text in lines.items()},
    )
