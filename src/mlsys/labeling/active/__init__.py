"""Active learning: which rows to label next, by id, and what may be evaluated on afterwards."""

from mlsys.labeling.active.learner import ActiveLearning
from mlsys.labeling.active.queried_split import QueriedSplit
from mlsys.labeling.active.query import Query

__all__ = ["ActiveLearning", "QueriedSplit", "Query"]
