"""Outcome: what came out of a run, as plain data; its card, comparisons, and its form on disk."""

from mlsys.outcome.card import Card
from mlsys.outcome.outcome import Outcome
from mlsys.outcome.storing import load_outcome, outcome_of_run

__all__ = ["Card", "Outcome", "load_outcome", "outcome_of_run"]
