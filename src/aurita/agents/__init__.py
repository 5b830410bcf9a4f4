"""Agents: units in symbiosis that learn from reward alone."""

from aurita.agents.agent import ReservoirAgent, RolloutProgress
from aurita.agents.fitted import check_fitted_agent
from aurita.agents.symbiosis import Symbiosis

__all__ = ["ReservoirAgent", "RolloutProgress", "Symbiosis", "check_fitted_agent"]
