"""Seeing a reservoir: its states in a plane, its wiring, its learning, and what came of it.

Every picture is one call that returns a Plotly figure; `save_static` writes it as PNG, SVG or PDF through matplotlib.
Both draw the same small description (`aurita.pictures.drawing`). `write_page` puts all of it into one HTML file.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aurita.pictures.attending import attention_weights as attention_weights
    from aurita.pictures.compared import critical_difference as critical_difference
    from aurita.pictures.compared import differences as differences
    from aurita.pictures.compared import scores as scores
    from aurita.pictures.contents import seen as seen
    from aurita.pictures.embedding import Embedding as Embedding
    from aurita.pictures.embedding import fit_embedding as fit_embedding
    from aurita.pictures.episodes import Episode as Episode
    from aurita.pictures.episodes import episode as episode
    from aurita.pictures.episodes import episodes_of as episodes_of
    from aurita.pictures.episodes import voices as voices
    from aurita.pictures.evolved import connectivity as connectivity
    from aurita.pictures.evolved import fitness as fitness
    from aurita.pictures.evolved import motif_counts as motif_counts
    from aurita.pictures.evolved import removals as removals
    from aurita.pictures.evolved import sizes as sizes
    from aurita.pictures.evolved import species as species
    from aurita.pictures.evolved import topology as topology
    from aurita.pictures.forecasts import error_ahead as error_ahead
    from aurita.pictures.forecasts import forecast as forecast
    from aurita.pictures.learnt import local_losses as local_losses
    from aurita.pictures.learnt import loss_map as loss_map
    from aurita.pictures.learnt import rank_of_states as rank_of_states
    from aurita.pictures.learnt import readout_weights as readout_weights
    from aurita.pictures.measures import explained_by_units as explained_by_units
    from aurita.pictures.measures import kept_together as kept_together
    from aurita.pictures.measures import rank_of as rank_of
    from aurita.pictures.paging import page as page
    from aurita.pictures.paging import write_page as write_page
    from aurita.pictures.progress import ProgressLog as ProgressLog
    from aurita.pictures.progress import read_progress as read_progress
    from aurita.pictures.states import States as States
    from aurita.pictures.states import states_from as states_from
    from aurita.pictures.statespace import attention_map as attention_map
    from aurita.pictures.statespace import state_space as state_space
    from aurita.pictures.statespace import trajectories as trajectories
    from aurita.pictures.statespace import unit_activity as unit_activity
    from aurita.pictures.statespace import units_over_steps as units_over_steps
    from aurita.pictures.static import save_static as save_static
    from aurita.pictures.symbiotic import lesion_curves as lesion_curves
    from aurita.pictures.symbiotic import lesions as lesions
    from aurita.pictures.symbiotic import mutualists as mutualists
    from aurita.pictures.symbiotic import pairs as pairs
    from aurita.pictures.symbiotic import returns as returns
    from aurita.pictures.symbiotic import rewirings as rewirings
    from aurita.pictures.visiting import states_of as states_of
    from aurita.pictures.wired import distance_matrix as distance_matrix
    from aurita.pictures.wired import spaced_set as spaced_set
    from aurita.pictures.wired import wiring_graph as wiring_graph

_HOMES: dict[str, str] = {
    "ProgressLog": "progress",
    "read_progress": "progress",
    "write_page": "paging",
    "page": "paging",
    "seen": "contents",
    "Embedding": "embedding",
    "States": "states",
    "attention_map": "statespace",
    "attention_weights": "attending",
    "critical_difference": "compared",
    "differences": "compared",
    "distance_matrix": "wired",
    "error_ahead": "forecasts",
    "fit_embedding": "embedding",
    "forecast": "forecasts",
    "kept_together": "measures",
    "local_losses": "learnt",
    "loss_map": "learnt",
    "rank_of": "measures",
    "rank_of_states": "learnt",
    "readout_weights": "learnt",
    "save_static": "static",
    "scores": "compared",
    "spaced_set": "wired",
    "state_space": "statespace",
    "states_from": "states",
    "states_of": "visiting",
    "explained_by_units": "measures",
    "Episode": "episodes",
    "episode": "episodes",
    "episodes_of": "episodes",
    "voices": "episodes",
    "lesion_curves": "symbiotic",
    "lesions": "symbiotic",
    "mutualists": "symbiotic",
    "pairs": "symbiotic",
    "returns": "symbiotic",
    "rewirings": "symbiotic",
    "connectivity": "evolved",
    "fitness": "evolved",
    "motif_counts": "evolved",
    "removals": "evolved",
    "sizes": "evolved",
    "species": "evolved",
    "topology": "evolved",
    "trajectories": "statespace",
    "unit_activity": "statespace",
    "units_over_steps": "statespace",
    "wiring_graph": "wired",
}

__all__ = sorted(_HOMES)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            return getattr(import_module(f"aurita.pictures.{_HOMES[name]}"), name)
        raise AttributeError(f"module 'aurita.pictures' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
