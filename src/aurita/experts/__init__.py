"""Experts: methods that forecast a series from what is known of series, and the committee that weighs them."""

from aurita.experts.committee import Committee, fit_committee
from aurita.experts.expert import Expert, ForecastTask
from aurita.experts.finding import find_bounds, find_seasons
from aurita.experts.finding_flow import FoundFlow, find_flow
from aurita.experts.flow import Flow
from aurita.experts.known import EXPERTS
from aurita.experts.levels import levelled, moved, tempered
from aurita.experts.panel import Panel
from aurita.experts.weights import weigh
from aurita.experts.windows import Windows, fit_windows

__all__ = [
    "EXPERTS",
    "Committee",
    "Expert",
    "Flow",
    "ForecastTask",
    "FoundFlow",
    "Panel",
    "Windows",
    "find_bounds",
    "find_flow",
    "find_seasons",
    "fit_committee",
    "fit_windows",
    "levelled",
    "moved",
    "tempered",
    "weigh",
]
