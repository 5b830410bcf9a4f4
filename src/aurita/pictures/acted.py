"""A page of an agent: its episodes, the value along them, who spoke for which action, and who helped whom."""

from typing import TYPE_CHECKING

from aurita.pictures.drawing import Drawing
from aurita.pictures.episodes import episode, episodes_of, unit_scores
from aurita.pictures.symbiotic import lesion_curves, lesions, mutualists, pairs, returns, rewirings
from aurita.worlds import World

if TYPE_CHECKING:
    from aurita.agents import ReservoirAgent


def agent_drawings(
    agent: "ReservoirAgent", environment: World | str, *, episodes: int = 3, lesion_episodes: int = 0, seed: int = 0
) -> list[Drawing]:
    """All there is to see of an agent, for `write_page`; the wiring over time where units choose their partners.

    Args:
        agent: a fitted `ReservoirAgent`.
        lesion_episodes: how many to play at each point of the lesion curves; 0 leaves them out.

    Raises:
        AuritaError: an agent that is not fitted, or a world of other observations or actions.
    """
    shown = episodes_of(agent, environment, episodes=episodes, seed=seed)
    found = [returns.drawing(agent.history_)]
    for number, one in enumerate(shown):
        found += [episode.drawing(one, number), unit_scores.drawing(one, number)]
    found += [mutualists.drawing(agent.symbiosis_), pairs.drawing(agent.symbiosis_)]
    if len(getattr(agent, "partners_", ())):
        found.append(rewirings.drawing(agent.partners_))
    if lesion_episodes:
        found.append(lesions.drawing(lesion_curves(agent, environment, episodes=lesion_episodes, seed=seed)))
    return found
