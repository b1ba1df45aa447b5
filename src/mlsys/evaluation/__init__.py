"""Judging models: metrics with intervals, baselines, slices, cost, gates."""

from mlsys.evaluation.behaviour import (
    Behaviour,
    DirectionalTest,
    InvarianceTest,
    PerturbationTest,
    WeakSpotSearch,
)
from mlsys.evaluation.by_slice.score_slices import count_slices, score_slices
from mlsys.evaluation.by_slice.slice_counts import SliceCounts
from mlsys.evaluation.comparison import Events, paired_difference, scored_interval
from mlsys.evaluation.cost import Cost
from mlsys.evaluation.evaluate import Evaluate
from mlsys.evaluation.evaluation import Evaluation, evaluation_in, evaluation_of, events_of
from mlsys.evaluation.explaining.explain import Explanation, explain
from mlsys.evaluation.explaining.partial_dependence import PartialDependence
from mlsys.evaluation.feature_importance import FeatureImportance
from mlsys.evaluation.finding.in_frame import find_slices
from mlsys.evaluation.finding.report import SliceReport
from mlsys.evaluation.finding.step import FindSlices
from mlsys.evaluation.gates import (
    Candidate,
    Gate,
    Rival,
    beats,
    behaves,
    gap,
    latency,
    metric,
    no_alarm,
    no_findings,
    size,
)
from mlsys.evaluation.metric import Metric
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.own import metric_of
from mlsys.evaluation.production import (
    UCB1,
    ABResult,
    ABTest,
    Canary,
    CanaryDecision,
    Choice,
    EpsilonGreedy,
    Interleaved,
    OffPolicyEstimate,
    Preference,
    SampleSize,
    ShadowResult,
    ThompsonSampling,
    compare_rankings,
    interleave,
    ips,
    replay,
    shadow,
    snips,
)
from mlsys.evaluation.side_by_side import is_truth, scored_alone
from mlsys.evaluation.verdicts import FAIL, NOT_ENOUGH, PASS, verdict_of

__all__ = [
    "ABResult",
    "ABTest",
    "Canary",
    "CanaryDecision",
    "Choice",
    "Interleaved",
    "Preference",
    "compare_rankings",
    "interleave",
    "EpsilonGreedy",
    "OffPolicyEstimate",
    "ThompsonSampling",
    "UCB1",
    "ips",
    "replay",
    "snips",
    "Behaviour",
    "Candidate",
    "Cost",
    "DirectionalTest",
    "Evaluate",
    "Evaluation",
    "Explanation",
    "FAIL",
    "Events",
    "FeatureImportance",
    "FindSlices",
    "Gate",
    "InvarianceTest",
    "Metric",
    "NOT_ENOUGH",
    "PASS",
    "PartialDependence",
    "PerturbationTest",
    "WeakSpotSearch",
    "Rival",
    "SampleSize",
    "ShadowResult",
    "shadow",
    "SliceCounts",
    "SliceReport",
    "beats",
    "behaves",
    "count_slices",
    "evaluation_in",
    "evaluation_of",
    "events_of",
    "explain",
    "find_slices",
    "gap",
    "is_truth",
    "latency",
    "metric",
    "metric_named",
    "metric_of",
    "no_alarm",
    "no_findings",
    "paired_difference",
    "score_slices",
    "scored_alone",
    "scored_interval",
    "size",
    "verdict_of",
]
