"""Committees from elsewhere: whether what they hold fits together, so that forecasts can be made of it."""

import numpy as np

from aurita.errors import AuritaError
from aurita.experts.committee import Committee
from aurita.experts.finding_flow import MOST_SEEN
from aurita.experts.flow import KERNELS, MONOMIALS, MOST_ANCHORS, MOST_REACH, Flow, terms
from aurita.experts.known import EXPERTS, FLOW, RESERVOIR, WINDOWS, YEARLY

_LONGEST_SEASON = 1_000_000
_LARGEST_SCALE = 100.0


def check_committee(given: Committee, series: int, outputs: int) -> None:
    """Refuse a committee that does not fit a number of series of some outputs.

    Raises:
        AuritaError: experts that are unknown, weights that are none, histories or bounds of other series.
    """
    known = (*EXPERTS, *YEARLY, WINDOWS, FLOW, RESERVOIR)
    names = given.names
    if not names or names[-1] != RESERVOIR or len(set(names)) != len(names) or not set(names) <= set(known):
        raise AuritaError(f"the committee holds {names!r:.200}; expected experts of {known}, the reservoir last")
    weights = given.weights
    if weights.shape != (len(names),) or not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() > 1.001:
        raise AuritaError(f"the weights of the committee are of {len(names)} experts; expected shares, of sum one")
    _check_demand(given, (series, outputs))
    if (WINDOWS in names) != bool(given.windows):
        raise AuritaError("the committee has readouts of windows without weight, or weight without readouts")
    if (FLOW in names) != (given.flow is not None) or (FLOW in names and names != (FLOW, RESERVOIR)):
        raise AuritaError("the committee has a flow map that is not alone, or none where it says so")
    if given.flow is not None:
        _check_flow(given.flow, outputs)
    if not all(2 <= season <= _LONGEST_SEASON for season in given.seasons):
        raise AuritaError(f"the committee knows the seasons {given.seasons}; expected numbers of steps, 2 or more")
    shape = (series, outputs)
    if not given.lower.shape == given.upper.shape == given.scale.shape == shape or len(given.histories) != series:
        raise AuritaError(f"the committee is of other series than the {series} of the model")
    if np.isnan(given.lower).any() or not (given.lower < given.upper).all():
        raise AuritaError("a bound of the committee is none")
    if not (np.isfinite(given.scale).all() and (given.scale > 0).all()):
        raise AuritaError("the unit of errors of the committee is zero or less, or not finite")
    for one in given.histories:
        if one.ndim != 2 or one.shape[1] != outputs or not len(one) or not np.isfinite(one).all():
            raise AuritaError("a series of the committee is empty, of other channels, or not finite")
    if given.given is not None:
        pairs = [] if len(given.given) != series else zip(given.given, given.histories, strict=True)
        sound = [was is None or (was.shape == now.shape and np.isfinite(was).all()) for was, now in pairs]
        if len(sound) != series or not all(sound):
            raise AuritaError("the series of the committee, as they came, are others than those that it holds")
    if given.counts is not None and (given.counts.shape != given.spans.shape or (given.counts < 1).any()):
        raise AuritaError("the committee counts held-out origins of other series than it was weighed over")
    if (given.spans < 1).any():
        raise AuritaError("the committee was weighed over no steps")
    for windows in given.windows:
        units, width = windows.passage.shape[1], windows.width
        features = 2 * (width - 1) + 2 + 2 * units + 1
        if width < 2 or windows.bias.shape != (units,) or windows.spread.shape != (features,):
            raise AuritaError("the units of windows of the committee do not fit each other")
        if windows.coefficients.shape[0] != features or windows.horizon < 1 or not (windows.spread > 0).all():
            raise AuritaError("a readout of windows of the committee does not fit its units")
        parts = (windows.passage, windows.bias, windows.spread, windows.coefficients)
        if not all(np.isfinite(part).all() for part in parts):
            raise AuritaError("a readout of windows of the committee is not finite")


def _check_demand(given: Committee, shape: tuple[int, int]) -> None:
    """Refuse weights for intermittent demand that do not fit."""
    which, weights = given.demand, given.demand_weights
    if which is None or weights is None:
        if (which is None) != (weights is None):
            raise AuritaError("the committee has weights for intermittent demand without series, or none for them")
        return
    if which.shape != shape or weights.shape != given.weights.shape or not np.isfinite(weights).all():
        raise AuritaError("the weights for intermittent demand are of other series or experts than the committee")
    if (weights < 0).any() or weights.sum() > 1.001:
        raise AuritaError("the weights for intermittent demand are no shares; expected some of sum one")


def _check_flow(given: Flow, outputs: int) -> None:
    """Refuse a flow map whose parts do not fit."""
    delays, anchors = given.delays, given.anchors
    if (
        delays.kernel not in (*KERNELS, MONOMIALS)
        or not 0 < delays.scale < _LARGEST_SCALE
        or delays.count < 1
        or delays.spacing < 1
    ):
        raise AuritaError(f"the flow map of the committee sees {delays}, which no map does")
    if delays.count * outputs > MOST_SEEN or delays.reach > MOST_REACH:
        raise AuritaError(f"the flow map of the committee sees {delays}; expected {MOST_SEEN} values or fewer")
    if not 1 <= len(anchors) <= MOST_ANCHORS or anchors.shape[1] != delays.count * outputs:
        raise AuritaError("the anchors of the flow map of the committee do not fit what it sees")
    count = len(anchors)
    if delays.kernel == MONOMIALS:
        count = terms(anchors.shape[1], int(delays.scale))
    if given.coefficients.shape != (count, outputs) or given.mean.shape != (outputs,):
        raise AuritaError("the coefficients of the flow map of the committee do not fit its anchors")
    parts = (given.mean, given.deviation, given.low, given.high, anchors, given.coefficients)
    if not all(np.isfinite(part).all() for part in parts) or not (given.deviation > 0).all():
        raise AuritaError("the flow map of the committee is not finite, or of no size")
    if not (given.low < given.high).all():
        raise AuritaError("the flow map of the committee has bounds that are none")
