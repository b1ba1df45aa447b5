"""Machine learning systems as pipelines of steps that see only what they may."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlsys.detached import provide
from mlsys.version import __version__

_HOMES = {
    "Pipeline": "mlsys.pipeline",
    "look": "mlsys.pipeline.looking",
    "price_of_leakage": "mlsys.pipeline.price",
    "Run": "mlsys.run",
    "load": "mlsys.run",
    "reproduce": "mlsys.run",
    "compare": "mlsys.run",
    "data_diff": "mlsys.run",
    "promote": "mlsys.run",
    "roll_back": "mlsys.run",
    "Rows": "mlsys.dataset",
    "Dataset": "mlsys.dataset",
    **dict.fromkeys(
        (
            "Facts",
            "Field",
            "Fitted",
            "History",
            "Label",
            "Model",
            "Past",
            "Postprocess",
            "Report",
            "Reshape",
            "Result",
            "RowTransform",
            "Select",
            "Sink",
            "Source",
            "Split",
            "Step",
            "TrainOnly",
            "Transform",
        ),
        "mlsys.steps",
    ),
    **dict.fromkeys(
        (
            "Aggregate",
            "Cast",
            "Deduplicate",
            "FillGaps",
            "Filter",
            "Pivot",
            "Rename",
            "AsOfJoin",
            "CheckSchema",
            "Derive",
            "Flatten",
            "Forecast",
            "Function",
            "Join",
            "Lag",
            "ReadCSV",
            "ReadDocuments",
            "ReadEvents",
            "ReadFrame",
            "ReadGraph",
            "ReadJSON",
            "ReadParquet",
            "ReadService",
            "ReadSQL",
            "SeasonLag",
            "WindowAggregate",
            "WriteCSV",
            "WriteParquet",
            "WriteSQL",
        ),
        "mlsys.data",
    ),
    **dict.fromkeys(("Column", "Schema", "compare_tables", "quarantined"), "mlsys.schemas"),
    **dict.fromkeys(
        (
            "GroupFolds",
            "WeightedSample",
            "RandomSample",
            "ImportanceSample",
            "HashSample",
            "TwoStageSample",
            "ClusterSample",
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
        ),
        "mlsys.sampling",
    ),
    **dict.fromkeys(
        (
            "ActiveLearning",
            "FindLabelErrors",
            "find_label_errors",
            "LabelSpreading",
            "LabelModel",
            "NaturalLabel",
            "QueriedSplit",
            "SelfTraining",
            "VoteStats",
            "Votes",
            "WeakLabel",
            "beats_its_labels",
            "compare_labels",
            "labeling_function",
            "soft_rows",
            "trusted_rows",
        ),
        "mlsys.labeling",
    ),
    **dict.fromkeys(
        (
            "Apply",
            "Bin",
            "Categories",
            "Clean",
            "CountEncode",
            "Cross",
            "ClipOutliers",
            "CyclicEncode",
            "DateParts",
            "Embedding",
            "FeatureGeneralization",
            "HashEncode",
            "DiagnoseMissing",
            "DropMissing",
            "DropMissingRows",
            "Impute",
            "ImputeForward",
            "Log",
            "MinMaxScale",
            "OneHot",
            "OrdinalEncode",
            "PositionalEncode",
            "PowerTransform",
            "Prepare",
            "RobustScale",
            "SelectFeatures",
            "Standardize",
            "TargetEncode",
            "TextComponents",
            "TextHash",
            "TfIdf",
        ),
        "mlsys.features",
    ),
    **dict.fromkeys(("Abstain", "Calibrate", "Conformal", "Train", "TrainForecast", "TuneThreshold"), "mlsys.models"),
    **dict.fromkeys(
        (
            "Cost",
            "beats",
            "behaves",
            "count_slices",
            "DirectionalTest",
            "Evaluate",
            "FeatureImportance",
            "find_slices",
            "FindSlices",
            "gap",
            "Gate",
            "InvarianceTest",
            "latency",
            "Metric",
            "metric",
            "no_alarm",
            "no_findings",
            "PerturbationTest",
            "score_slices",
            "size",
            "SliceCounts",
        ),
        "mlsys.evaluation",
    ),
    **dict.fromkeys(
        ("DetectDrift", "Monitor", "RetrainPolicy", "estimate_performance", "training_history"), "mlsys.drift"
    ),
    "sync": "mlsys.tracking",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  the keys are strings


_DETACHED = {
    "as_sklearn": "mlsys.steps.sklearn_bridge",
    **dict.fromkeys(("over", "stream"), "mlsys.execution.streams"),
    "save_model": "mlsys.serving.saving",
}
"""Homes of what a step does without a pipeline, where it is not ``mlsys.execution.kinds.detached``."""

provide(lambda name: getattr(import_module(_DETACHED.get(name, "mlsys.execution.kinds.detached")), name))

if "IPython" in sys.modules:
    import_module("mlsys.notebooks").install()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from mlsys.habits import package_error

        raise package_error(name, __all__)
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


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
    from mlsys.drift import DetectDrift, Monitor, RetrainPolicy, estimate_performance, training_history
    from mlsys.evaluation import (
        Cost,
        DirectionalTest,
        Evaluate,
        FeatureImportance,
        FindSlices,
        Gate,
        InvarianceTest,
        Metric,
        PerturbationTest,
        SliceCounts,
        beats,
        behaves,
        count_slices,
        find_slices,
        gap,
        latency,
        metric,
        no_alarm,
        no_findings,
        score_slices,
        size,
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
        FindLabelErrors,
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
    from mlsys.models import Abstain, Calibrate, Conformal, Train, TrainForecast, TuneThreshold
    from mlsys.pipeline import Pipeline
    from mlsys.pipeline.looking import look
    from mlsys.pipeline.price import price_of_leakage
    from mlsys.run import Run, compare, data_diff, load, promote, reproduce, roll_back
    from mlsys.sampling import (
        ClusterSample,
        GroupFolds,
        GroupSplit,
        HashSample,
        ImportanceSample,
        KFolds,
        PredefinedSplit,
        RandomSample,
        RandomSplit,
        Resample,
        ReservoirSample,
        StratifiedSample,
        StratifiedSplit,
        TimeFolds,
        TimeSplit,
        TwoStageSample,
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
