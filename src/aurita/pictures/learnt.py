"""Learning: local losses, who was selected when, what the readout weighs, and the rank of the states after it."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from aurita._typing import Float
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.estimators import ReservoirForecaster
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import GREY, Axes, Bars, Drawing, Heat, Line
from aurita.pictures.measures import rank_of
from aurita.pictures.states import States
from aurita.pictures.visiting import unit_names
from aurita.readout import summary_named
from aurita.reservoir.features import feature_names

if TYPE_CHECKING:
    from aurita.estimators.base import SequenceEstimator
    from aurita.learning import History

_MOST_LINES = 8
_MOST_COLUMNS = 300


@picture
def local_losses(history: "History | None", errors: Mapping[int, float] | None = None) -> Drawing:
    """Local losses over steps of learning: their mean, those of the units that end highest and lowest, and of all.

    Args:
        history: of `learn`, or of an estimator (`histories_`).
        errors: error of the readout by step of learning, drawn below.

    Raises:
        AuritaError: nothing was learnt.

    Example:
        >>> from aurita import History
        >>> losses = np.outer(np.linspace(1, 0.1, 20), [1.0, 2.0])
        >>> figure = local_losses(History(losses, np.ones((20, 2), bool), np.zeros(0)))
        >>> [trace.name for trace in figure.data if trace.name]
        ['unit 0', 'unit 1', 'mean']
    """
    losses = _losses(history)
    steps, units = losses.shape
    ends = np.nan_to_num(losses[-1], nan=np.inf)
    learns = np.flatnonzero(np.isfinite(losses).any(axis=0))
    order = learns[np.argsort(ends[learns])]
    half = _MOST_LINES // 2
    named = order if len(order) <= _MOST_LINES else np.concatenate([order[:half], order[-half:]])
    x = np.arange(steps)
    mean = np.nanmean(losses[:, learns], axis=1)
    lines = [Line(x=x, y=losses[:, u], colour=GREY) for u in order if u not in named][:60]
    lines += [Line(x=x, y=losses[:, u], name=f"unit {u}", colour=i) for i, u in enumerate(sorted(named))]
    lines.append(Line(x=x, y=mean, name="mean", colour=7, dashed=True))
    panels = [Axes(marks=lines, x="step of learning", y="local loss", log_y=bool((losses[:, learns] > 0).all()))]
    if errors:
        when = sorted(errors)
        line = Line(x=when, y=[errors[step] for step in when], name="error of the readout", colour=1, marked=True)
        panels.append(Axes(marks=[line], x="step of learning", y="error of the readout", height=0.6))
    caption = (
        f"The mean local loss of {len(learns)} of {counted(units, 'unit')} goes from {mean[0]:.3g} to {mean[-1]:.3g}."
    )
    return Drawing(title="Local losses", caption=caption, panels=panels)


@picture
def loss_map(history: "History | None") -> Drawing:
    """Local losses of all units over steps of learning, and below who took a step when.

    Raises:
        AuritaError: nothing was learnt.
    """
    losses = _losses(history)
    assert history is not None
    chosen = np.asarray(history.selected, float)
    starts, mean, share = thinned(losses, chosen)
    units = np.arange(losses.shape[1])
    above = Heat(values=mean.T, x=starts, y=units, scale="local loss")
    below = Heat(values=share.T, x=starts, y=units, scale="part selected")
    caption = f"Local losses of {counted(len(units), 'unit')} over {counted(len(losses), 'step')}"
    caption += ", and which of them were selected when."
    panels = [Axes(marks=[above], title="local loss", x="step of learning", y="unit")]
    if chosen.all():
        caption += " All of them took every step."
    else:
        panels.append(Axes(marks=[below], title="who took a step", x="step of learning", y="unit"))
    return Drawing(title="Who learns, and when", caption=caption, panels=panels)


def thinned(*given: Float[np.ndarray, "step unit"]) -> list[np.ndarray]:
    """Means over stretches of steps, three hundred at most: their first steps, then each of what is given."""
    steps = len(given[0])
    edges = np.unique(np.linspace(0, steps, min(steps, _MOST_COLUMNS) + 1).astype(int))
    sizes = np.diff(edges)[:, None]
    return [edges[:-1], *(np.add.reduceat(np.asarray(one, float), edges[:-1], axis=0) / sizes for one in given)]


def weight_of_units(
    model: "SequenceEstimator | ReservoirForecaster", member: int = 0
) -> tuple[list[str], Float[np.ndarray, "unit"]]:
    """Norm of the readout's weights on the features of each unit, the bare inputs first.

    They apply to features as they are: a unit that hardly moves needs large weights to count.

    Raises:
        AuritaError: a model that is not fitted, has no reservoir, or reads it out by other means than weights.
    """
    if not hasattr(model, "readouts_"):
        raise AuritaError(f"a {type(model).__name__} that is not fitted has no readout; fit it first")
    reservoir = model.reservoirs_[member]
    if reservoir is None:
        raise AuritaError("this model reads the bare inputs: it has no units to compare")
    forecasts = isinstance(model, ReservoirForecaster)
    kinds = model.plan_.features if forecasts else model._kinds(reservoir)
    names = feature_names(reservoir, kinds)
    found = [re.search(r"unit (\d+)", name) for name in names]
    owner = np.array([int(one.group(1)) if one else -1 for one in found])
    weights, _ = model.readouts_[member].linear_weights()
    copies = 1 if forecasts or model.per_step_ else summary_named(model.summary).width(len(names)) // len(names)
    square = np.square(weights[: copies * len(names)]).sum(axis=1).reshape(copies, -1).sum(axis=0)
    sums = np.bincount(owner + 1, square, minlength=reservoir.units + 1)
    return ["inputs", *unit_names(reservoir)], np.sqrt(sums)


@picture
def readout_weights(model: "SequenceEstimator | ReservoirForecaster", member: int = 0) -> Drawing:
    """Norm of the readout's weights on the features of each unit, and on the bare inputs.

    Raises:
        AuritaError: a model that is not fitted, has no reservoir, or reads it out by other means than weights.
    """
    names, norms = weight_of_units(model, member)
    places = np.arange(len(names))
    panel = Axes(marks=[Bars(x=places, heights=norms)], y="norm of weights", x_ticks=(places, names))
    largest = ", ".join(names[i] for i in np.argsort(-norms)[:3])
    return Drawing(title="What the readout weighs", caption=f"Largest weights on: {largest}.", panels=[panel])


@picture
def rank_of_states(states: States | Mapping[str, States]) -> Drawing:
    """Variance of the states along their principal directions, with rank and participation ratio.

    Args:
        states: of one model, or of several by name, such as before and after learning.

    Example:
        >>> from aurita.pictures import states_from
        >>> wide = states_from(np.random.default_rng(0).normal(size=(500, 5)))
        >>> rank_of_states({"drawn": wide}).data[0].name
        'drawn'
    """
    several = {states.title: states} if isinstance(states, States) else dict(states)
    lines, caption = [], []
    for number, (name, one) in enumerate(several.items()):
        found = rank_of(one.values)
        caption.append(
            f"{name}: participation ratio {found.participation:.1f}, rank {found.rank} of {one.values.shape[1]}"
        )
        share = found.variances / (found.variances.sum() or 1.0)
        shown = np.where(share > 1e-8, share, np.nan)[:100]
        lines.append(Line(x=np.arange(1, len(shown) + 1), y=shown, name=name, colour=number, marked=True))
    title = caption[0] if len(caption) == 1 else ""
    panel = Axes(marks=lines, title=title, x="principal direction", y="share of the variance", log_y=True)
    return Drawing(title="Rank of the states", caption="; ".join(caption) + ".", panels=[panel])


def _losses(history: "History | None") -> Float[np.ndarray, "step unit"]:
    if history is not None and not hasattr(history, "losses"):
        raise AuritaError(
            f"a {type(history).__name__} has no local losses; pass the history of learn, or histories_[0] of a model"
        )
    losses = None if history is None else np.asarray(history.losses, float)
    if losses is None or losses.ndim != 2 or not losses.size or not np.isfinite(losses).any():
        raise AuritaError("no unit has learnt: there is no history to draw; fit with learning=..., or call learn")
    return losses
