"""Samples before the split, by chance or not; splits and folds; resampling and weighing of training rows after it."""

from typing import TYPE_CHECKING

from mlsys.lazily import names_of

if TYPE_CHECKING:
    from mlsys.sampling.augment import Augment as Augment
    from mlsys.sampling.cluster_sample import ClusterSample as ClusterSample
    from mlsys.sampling.cluster_sample import TwoStageSample as TwoStageSample
    from mlsys.sampling.convenience_sample import (
        ConvenienceSample as ConvenienceSample,
    )
    from mlsys.sampling.convenience_sample import (
        JudgementSample as JudgementSample,
    )
    from mlsys.sampling.group_folds import GroupFolds as GroupFolds
    from mlsys.sampling.group_split import GroupSplit as GroupSplit
    from mlsys.sampling.hash_sample import HashSample as HashSample
    from mlsys.sampling.importance_sample import ImportanceSample as ImportanceSample
    from mlsys.sampling.k_folds import KFolds as KFolds
    from mlsys.sampling.mixing import Mixup as Mixup
    from mlsys.sampling.mixing import Templates as Templates
    from mlsys.sampling.predefined_split import PredefinedSplit as PredefinedSplit
    from mlsys.sampling.quota_sample import QuotaSample as QuotaSample
    from mlsys.sampling.rake import Rake as Rake
    from mlsys.sampling.random_sample import RandomSample as RandomSample
    from mlsys.sampling.random_split import RandomSplit as RandomSplit
    from mlsys.sampling.resample import Resample as Resample
    from mlsys.sampling.reservoir_sample import ReservoirSample as ReservoirSample
    from mlsys.sampling.snowball_sample import SnowballSample as SnowballSample
    from mlsys.sampling.stratified_sample import StratifiedSample as StratifiedSample
    from mlsys.sampling.stratified_split import StratifiedSplit as StratifiedSplit
    from mlsys.sampling.time_folds import TimeFolds as TimeFolds
    from mlsys.sampling.time_split import TimeSplit as TimeSplit
    from mlsys.sampling.ways import (
        DropWords as DropWords,
    )
    from mlsys.sampling.ways import (
        Jitter as Jitter,
    )
    from mlsys.sampling.ways import (
        SwapCategories as SwapCategories,
    )
    from mlsys.sampling.ways import (
        Synonyms as Synonyms,
    )
    from mlsys.sampling.ways import (
        Typos as Typos,
    )
    from mlsys.sampling.weigh_classes import WeighClasses as WeighClasses
    from mlsys.sampling.weighted_sample import WeightedSample as WeightedSample

__getattr__, __dir__, __all__ = names_of(
    __name__,
    {
        "mlsys.sampling.augment": "Augment",
        "mlsys.sampling.cluster_sample": "ClusterSample TwoStageSample",
        "mlsys.sampling.convenience_sample": "ConvenienceSample JudgementSample",
        "mlsys.sampling.group_folds": "GroupFolds",
        "mlsys.sampling.group_split": "GroupSplit",
        "mlsys.sampling.hash_sample": "HashSample",
        "mlsys.sampling.importance_sample": "ImportanceSample",
        "mlsys.sampling.k_folds": "KFolds",
        "mlsys.sampling.mixing": "Mixup Templates",
        "mlsys.sampling.predefined_split": "PredefinedSplit",
        "mlsys.sampling.quota_sample": "QuotaSample",
        "mlsys.sampling.rake": "Rake",
        "mlsys.sampling.random_sample": "RandomSample",
        "mlsys.sampling.random_split": "RandomSplit",
        "mlsys.sampling.resample": "Resample",
        "mlsys.sampling.reservoir_sample": "ReservoirSample",
        "mlsys.sampling.snowball_sample": "SnowballSample",
        "mlsys.sampling.stratified_sample": "StratifiedSample",
        "mlsys.sampling.stratified_split": "StratifiedSplit",
        "mlsys.sampling.time_folds": "TimeFolds",
        "mlsys.sampling.time_split": "TimeSplit",
        "mlsys.sampling.ways": "DropWords Jitter SwapCategories Synonyms Typos",
        "mlsys.sampling.weigh_classes": "WeighClasses",
        "mlsys.sampling.weighted_sample": "WeightedSample",
    },
)
