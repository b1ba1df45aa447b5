"""Votes as numbers: a matrix of codes, its distinct rows with counts, and sums over them."""

from mlsys.labeling.statistics.vote_matrix import VoteMatrix
from mlsys.labeling.statistics.vote_stats import VoteStats

__all__ = ["VoteMatrix", "VoteStats"]
