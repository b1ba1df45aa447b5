"""Counts: metrics of confusion counts and of ranked scores, for any number of slices or draws at once."""

from mlsys.evaluation.counts import formulas, slopes
from mlsys.evaluation.counts.draws import resampled, within
from mlsys.evaluation.counts.ranks import Ranked

__all__ = ["Ranked", "formulas", "resampled", "slopes", "within"]
