"""Exact search for the slices of rows on which a rate is highest."""

from mlsys.evaluation.search.branching import Found, best_slices
from mlsys.evaluation.search.items import Items, items_of
from mlsys.evaluation.search.scores import Evidence, Score, Total, Trade

__all__ = ["Evidence", "Found", "Items", "Score", "Total", "Trade", "best_slices", "items_of"]
