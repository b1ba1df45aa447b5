"""Machine learning systems as pipelines of steps that see only what they may."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mlsys.detached import provide
from mlsys.lazily import names_of
from mlsys.version import __version__

_NAMES = {
    "mlsys.pipeline": "Pipeline",
    "mlsys.pipeline.looking": "look",
    "mlsys.pipeline.ensemble_study": "ensemble_study",
    "mlsys.pipeline.imbalance_study": "imbalance_study",
    "mlsys.pipeline.learning_curve": "learning_curve",
    "mlsys.pipeline.price": "price_of_leakage",
    "mlsys.pipeline.tuning": "Integers LogUniform Uniform",
    "mlsys.run": "compare data_diff load promote reproduce roll_back Run",
    "mlsys.dataset": "Dataset Rows",
    "mlsys.steps": (
        "Facts Field Fitted History Label Model Past Postprocess Report Reshape Result RowTransform Select Sink "
        "Source Split Step TrainOnly Transform"
    ),
    "mlsys.data": (
        "Aggregate AsOfJoin Cast CheckSchema Deduplicate Derive FillGaps Filter Flatten Forecast Function Join Lag "
        "Pivot ReadCSV ReadDocuments ReadEvents ReadFrame ReadGraph ReadJSON ReadParquet ReadService ReadSQL "
        "Rename SeasonLag WindowAggregate WriteCSV WriteParquet WriteSQL"
    ),
    "mlsys.schemas": "Column compare_tables quarantined Schema",
    "mlsys.sampling": (
        "Augment ClusterSample ConvenienceSample DropWords GroupFolds GroupSplit HashSample ImportanceSample "
        "Jitter JudgementSample KFolds Mixup PredefinedSplit QuotaSample Rake RandomSample RandomSplit Resample "
        "ReservoirSample SnowballSample StratifiedSample StratifiedSplit SwapCategories Synonyms Templates "
        "TimeFolds TimeSplit TwoStageSample Typos WeighClasses WeightedSample"
    ),
    "mlsys.labeling": (
        "ActiveLearning beats_its_labels CastVotes compare_labels find_label_errors FindLabelErrors HandLabels "
        "labeling_function LabelModel LabelSpreading NaturalLabel QueriedSplit SelfTraining soft_rows trusted_rows "
        "Votes VoteStats WeakLabel"
    ),
    "mlsys.features": (
        "Apply Bin Categories Clean ClipOutliers CountEncode Cross CyclicEncode DateParts DiagnoseMissing "
        "DropMissing DropMissingRows Embed Embedding FeatureGeneralization HashEncode Impute ImputeForward Log "
        "MinMaxScale OneHot OrdinalEncode PositionalEncode PowerTransform Prepare RobustScale SelectFeatures "
        "Standardize TargetEncode TextComponents TextHash TfIdf"
    ),
    "mlsys.models": (
        "Abstain Bagging Boosting Calibrate Conformal Stacking Train TrainForecast TrainInPhases TuneThreshold Voting"
    ),
    "mlsys.evaluation": (
        "ABTest beats behaves Canary compare_rankings Cost count_slices DirectionalTest EpsilonGreedy Evaluate "
        "explain FeatureImportance find_slices FindSlices gap Gate interleave InvarianceTest ips latency Metric "
        "metric no_alarm no_findings PartialDependence PerturbationTest replay score_slices shadow size "
        "SliceCounts snips ThompsonSampling UCB1 WeakSpotSearch"
    ),
    "mlsys.drift": (
        "assert_no_drift DetectDrift estimate_performance label_delays LossDetector MaturingLosses Monitor "
        "refit_study RetrainPolicy training_history Webhook"
    ),
    "mlsys.tracking": "sync",
}
"""What can be imported from here, by the module in which it is made; each is imported when it is first used."""


def _unknown(name: str) -> AttributeError:
    if find_spec(f"{__name__}.{name}") is not None:  # `from mlsys import folder` asks here before it imports the module
        return AttributeError(name)
    from mlsys.habits import package_error

    return package_error(name, __all__)


__getattr__, __dir__, _names = names_of(__name__, _NAMES, _unknown)
__all__ = ["__version__", *_names]  # noqa: PLE0604  the names are strings

_DETACHED = {
    "as_sklearn": "mlsys.steps.sklearn_bridge",
    "load": "mlsys.run",
    **dict.fromkeys(("over", "stream"), "mlsys.execution.streams"),
    **dict.fromkeys(("keep_files", "log_checks"), "mlsys.tracking.checks"),
    "run_files": "mlsys.tracking.files",
    "save_model": "mlsys.serving.saving",
}
"""Homes of what a step does without a pipeline, where it is not ``mlsys.execution.kinds.detached``."""

provide(lambda name: getattr(import_module(_DETACHED.get(name, "mlsys.execution.kinds.detached")), name))

if "IPython" in sys.modules:
    import_module("mlsys.notebooks").install()

if TYPE_CHECKING:
    from mlsys.data import (
        Aggregate,
        AsOfJoin,
        Cast,
        CheckSchema,
        Deduplicate,
        Derive,
        FillGaps,
        Filter,
        Flatten,
        Forecast,
        Function,
        Join,
        Lag,
        Pivot,
        ReadCSV,
        ReadDocuments,
        ReadEvents,
        ReadFrame,
        ReadGraph,
        ReadJSON,
        ReadParquet,
        ReadService,
        ReadSQL,
        Rename,
        SeasonLag,
        WindowAggregate,
        WriteCSV,
        WriteParquet,
        WriteSQL,
    )
    from mlsys.dataset import Dataset, Rows
    from mlsys.drift import (
        DetectDrift,
        LossDetector,
        MaturingLosses,
        Monitor,
        RetrainPolicy,
        Webhook,
        assert_no_drift,
        estimate_performance,
        label_delays,
        refit_study,
        training_history,
    )
    from mlsys.evaluation import (
        UCB1,
        ABTest,
        Canary,
        Cost,
        DirectionalTest,
        EpsilonGreedy,
        Evaluate,
        FeatureImportance,
        FindSlices,
        Gate,
        InvarianceTest,
        Metric,
        PartialDependence,
        PerturbationTest,
        SliceCounts,
        ThompsonSampling,
        WeakSpotSearch,
        beats,
        behaves,
        compare_rankings,
        count_slices,
        explain,
        find_slices,
        gap,
        interleave,
        ips,
        latency,
        metric,
        no_alarm,
        no_findings,
        replay,
        score_slices,
        shadow,
        size,
        snips,
    )
    from mlsys.features import (
        Apply,
        Bin,
        Categories,
        Clean,
        ClipOutliers,
        CountEncode,
        Cross,
        CyclicEncode,
        DateParts,
        DiagnoseMissing,
        DropMissing,
        DropMissingRows,
        Embed,
        Embedding,
        FeatureGeneralization,
        HashEncode,
        Impute,
        ImputeForward,
        Log,
        MinMaxScale,
        OneHot,
        OrdinalEncode,
        PositionalEncode,
        PowerTransform,
        Prepare,
        RobustScale,
        SelectFeatures,
        Standardize,
        TargetEncode,
        TextComponents,
        TextHash,
        TfIdf,
    )
    from mlsys.labeling import (
        ActiveLearning,
        CastVotes,
        FindLabelErrors,
        HandLabels,
        LabelModel,
        LabelSpreading,
        NaturalLabel,
        QueriedSplit,
        SelfTraining,
        Votes,
        VoteStats,
        WeakLabel,
        beats_its_labels,
        compare_labels,
        find_label_errors,
        labeling_function,
        soft_rows,
        trusted_rows,
    )
    from mlsys.models import (
        Abstain,
        Bagging,
        Boosting,
        Calibrate,
        Conformal,
        Stacking,
        Train,
        TrainForecast,
        TrainInPhases,
        TuneThreshold,
        Voting,
    )
    from mlsys.pipeline import Pipeline
    from mlsys.pipeline.ensemble_study import ensemble_study
    from mlsys.pipeline.imbalance_study import imbalance_study
    from mlsys.pipeline.learning_curve import learning_curve
    from mlsys.pipeline.looking import look
    from mlsys.pipeline.price import price_of_leakage
    from mlsys.pipeline.tuning import Integers, LogUniform, Uniform
    from mlsys.run import Run, compare, data_diff, load, promote, reproduce, roll_back
    from mlsys.sampling import (
        Augment,
        ClusterSample,
        ConvenienceSample,
        DropWords,
        GroupFolds,
        GroupSplit,
        HashSample,
        ImportanceSample,
        Jitter,
        JudgementSample,
        KFolds,
        Mixup,
        PredefinedSplit,
        QuotaSample,
        Rake,
        RandomSample,
        RandomSplit,
        Resample,
        ReservoirSample,
        SnowballSample,
        StratifiedSample,
        StratifiedSplit,
        SwapCategories,
        Synonyms,
        Templates,
        TimeFolds,
        TimeSplit,
        TwoStageSample,
        Typos,
        WeighClasses,
        WeightedSample,
    )
    from mlsys.schemas import Column, Schema, compare_tables, quarantined
    from mlsys.steps import (
        Facts,
        Field,
        Fitted,
        History,
        Label,
        Model,
        Past,
        Postprocess,
        Report,
        Reshape,
        Result,
        RowTransform,
        Select,
        Sink,
        Source,
        Split,
        Step,
        TrainOnly,
        Transform,
    )
    from mlsys.tracking import sync
