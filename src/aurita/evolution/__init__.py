"""Search over topologies: genomes of reservoirs, their evaluation at speed, and strategies that evolve them."""

from aurita.evolution.attention import AttentionGenes, AttentionGenome
from aurita.evolution.baselines import RandomSearch, Tuned, tuned_random
from aurita.evolution.diversity import DiversitySearch
from aurita.evolution.engine import Workers
from aurita.evolution.evaluation import Scores, Scoring, scores_of
from aurita.evolution.evolved import EvolvedReservoir
from aurita.evolution.evolving import SEARCHES, Evolution, evolve, scored_unseen
from aurita.evolution.genes import Genes
from aurita.evolution.genome import Genome
from aurita.evolution.motifs import Motifs, motifs
from aurita.evolution.mutation import MutationSearch
from aurita.evolution.operators import Mutation
from aurita.evolution.pareto import ParetoSearch
from aurita.evolution.removing import Removals, removed_one_by_one
from aurita.evolution.retried import over_seeds
from aurita.evolution.topology import TopologySearch
from aurita.evolution.trials import Trials, TrialSource
from aurita.evolution.weights import WeightSearch

__all__ = [
    "SEARCHES",
    "AttentionGenes",
    "AttentionGenome",
    "DiversitySearch",
    "Evolution",
    "EvolvedReservoir",
    "Genes",
    "Genome",
    "Motifs",
    "Mutation",
    "MutationSearch",
    "ParetoSearch",
    "RandomSearch",
    "Removals",
    "Scores",
    "Scoring",
    "TopologySearch",
    "TrialSource",
    "Trials",
    "Tuned",
    "WeightSearch",
    "Workers",
    "evolve",
    "motifs",
    "over_seeds",
    "removed_one_by_one",
    "scored_unseen",
    "scores_of",
    "tuned_random",
]
