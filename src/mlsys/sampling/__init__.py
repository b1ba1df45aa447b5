"""Samples before the split, by chance or not; splits and folds; resampling and weighing of training rows after it."""

from mlsys.sampling.augment import Augment
from mlsys.sampling.cluster_sample import ClusterSample, TwoStageSample
from mlsys.sampling.convenience_sample import ConvenienceSample, JudgementSample
from mlsys.sampling.group_folds import GroupFolds
from mlsys.sampling.group_split import GroupSplit
from mlsys.sampling.hash_sample import HashSample
from mlsys.sampling.importance_sample import ImportanceSample
from mlsys.sampling.k_folds import KFolds
from mlsys.sampling.mixing import Mixup, Templates
from mlsys.sampling.predefined_split import PredefinedSplit
from mlsys.sampling.quota_sample import QuotaSample
from mlsys.sampling.rake import Rake
from mlsys.sampling.random_sample import RandomSample
from mlsys.sampling.random_split import RandomSplit
from mlsys.sampling.resample import Resample
from mlsys.sampling.reservoir_sample import ReservoirSample
from mlsys.sampling.snowball_sample import SnowballSample
from mlsys.sampling.stratified_sample import StratifiedSample
from mlsys.sampling.stratified_split import StratifiedSplit
from mlsys.sampling.time_folds import TimeFolds
from mlsys.sampling.time_split import TimeSplit
from mlsys.sampling.ways import DropWords, Jitter, SwapCategories, Synonyms, Typos
from mlsys.sampling.weigh_classes import WeighClasses
from mlsys.sampling.weighted_sample import WeightedSample

__all__ = [
    "Augment",
    "ClusterSample",
    "ConvenienceSample",
    "DropWords",
    "GroupFolds",
    "GroupSplit",
    "HashSample",
    "ImportanceSample",
    "Jitter",
    "JudgementSample",
    "KFolds",
    "Mixup",
    "PredefinedSplit",
    "QuotaSample",
    "Rake",
    "RandomSample",
    "RandomSplit",
    "Resample",
    "ReservoirSample",
    "SnowballSample",
    "StratifiedSample",
    "StratifiedSplit",
    "SwapCategories",
    "Synonyms",
    "Templates",
    "TimeFolds",
    "TimeSplit",
    "TwoStageSample",
    "Typos",
    "WeighClasses",
    "WeightedSample",
]
