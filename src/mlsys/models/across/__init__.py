"""Boosters that the workers of a cluster train together, each on the partitions that it keeps."""

from mlsys.models.across.learning import learned_across
from mlsys.models.across.refusals import why_not

__all__ = ["learned_across", "why_not"]
