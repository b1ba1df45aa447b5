"""Judging models: metrics with intervals, baselines, slices, cost, gates."""

from mlsys.evaluation.comparison import paired_difference, scored_interval
from mlsys.evaluation.cost import Cost
from mlsys.evaluation.evaluate import Evaluate
from mlsys.evaluation.evaluation import Evaluation, evaluation_in
from mlsys.evaluation.feature_importance import FeatureImportance
from mlsys.evaluation.find_slices import FindSlices
from mlsys.evaluation.find_slices_in import find_slices
from mlsys.evaluation.gate import Gate, beats, gap, metric, no_alarm
from mlsys.evaluation.metric import Metric
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.own import metric_of
from mlsys.evaluation.slice_report import SliceReport

__all__ = [
    "Cost",
    "Evaluate",
    "Evaluation",
    "FeatureImportance",
    "FindSlices",
    "Gate",
    "Metric",
    "SliceReport",
    "beats",
    "evaluation_in",
    "find_slices",
    "gap",
    "metric",
    "metric_named",
    "metric_of",
    "no_alarm",
    "paired_difference",
    "scored_interval",
]
