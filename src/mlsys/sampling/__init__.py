"""Splits and folds, samples before the split, and resampling of training rows after it."""

from mlsys.sampling.group_folds import GroupFolds
from mlsys.sampling.group_split import GroupSplit
from mlsys.sampling.k_folds import KFolds
from mlsys.sampling.predefined_split import PredefinedSplit
from mlsys.sampling.random_split import RandomSplit
from mlsys.sampling.resample import Resample
from mlsys.sampling.reservoir_sample import ReservoirSample
from mlsys.sampling.stratified_sample import StratifiedSample
from mlsys.sampling.stratified_split import StratifiedSplit
from mlsys.sampling.time_folds import TimeFolds
from mlsys.sampling.time_split import TimeSplit

__all__ = [
    "GroupFolds",
    "GroupSplit",
    "KFolds",
    "PredefinedSplit",
    "RandomSplit",
    "Resample",
    "ReservoirSample",
    "StratifiedSample",
    "StratifiedSplit",
    "TimeFolds",
    "TimeSplit",
]
