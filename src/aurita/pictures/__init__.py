"""Pictures of a reservoir: its states in a plane, its wiring, its learning, and what came of it.

Every picture is one call that returns a Plotly figure; `save_static` writes it as PNG, SVG or PDF through matplotlib.
Both draw the same small description (`aurita.pictures.drawing`). `write_page` puts all of it into one HTML file.
"""

from typing import TYPE_CHECKING

from aurita._lazy import lazy

if TYPE_CHECKING:
    from aurita.pictures.ahead import expert_weights as expert_weights
    from aurita.pictures.ahead import forecast_ahead as forecast_ahead
    from aurita.pictures.attending import attention_weights as attention_weights
    from aurita.pictures.compared import critical_difference as critical_difference
    from aurita.pictures.compared import differences as differences
    from aurita.pictures.compared import scores as scores
    from aurita.pictures.contents import model_view as model_view
    from aurita.pictures.embedding import Embedding as Embedding
    from aurita.pictures.embedding import fit_embedding as fit_embedding
    from aurita.pictures.episodes import Episode as Episode
    from aurita.pictures.episodes import episode as episode
    from aurita.pictures.episodes import episodes_of as episodes_of
    from aurita.pictures.episodes import unit_scores as unit_scores
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
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "ahead": ["expert_weights", "forecast_ahead"],
            "attending": ["attention_weights"],
            "compared": ["critical_difference", "differences", "scores"],
            "contents": ["model_view"],
            "embedding": ["Embedding", "fit_embedding"],
            "episodes": ["Episode", "episode", "episodes_of", "unit_scores"],
            "evolved": ["connectivity", "fitness", "motif_counts", "removals", "sizes", "species", "topology"],
            "forecasts": ["error_ahead", "forecast"],
            "learnt": ["local_losses", "loss_map", "rank_of_states", "readout_weights"],
            "measures": ["explained_by_units", "kept_together", "rank_of"],
            "paging": ["page", "write_page"],
            "progress": ["ProgressLog", "read_progress"],
            "states": ["States", "states_from"],
            "statespace": ["attention_map", "state_space", "trajectories", "unit_activity", "units_over_steps"],
            "static": ["save_static"],
            "symbiotic": ["lesion_curves", "lesions", "mutualists", "pairs", "returns", "rewirings"],
            "visiting": ["states_of"],
            "wired": ["distance_matrix", "spaced_set", "wiring_graph"],
        },
    )
