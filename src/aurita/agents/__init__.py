"""Agents: units in symbiosis that learn from reward alone."""

from aurita.agents.agent import Progress, ReservoirAgent
from aurita.agents.fitted import check_fitted_agent
from aurita.agents.symbiosis import Symbiosis

__all__ = ["Progress", "ReservoirAgent", "Symbiosis", "check_fitted_agent"]
