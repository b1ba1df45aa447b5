"""Judging models: metrics with intervals, baselines, slices, cost, gates."""

from typing import TYPE_CHECKING

from mlsys.lazily import names_of

if TYPE_CHECKING:
    from mlsys.evaluation._metric import Metric as Metric
    from mlsys.evaluation.behaviour import (
        Behaviour as Behaviour,
    )
    from mlsys.evaluation.behaviour import (
        DirectionalTest as DirectionalTest,
    )
    from mlsys.evaluation.behaviour import (
        InvarianceTest as InvarianceTest,
    )
    from mlsys.evaluation.behaviour import (
        PerturbationTest as PerturbationTest,
    )
    from mlsys.evaluation.behaviour import (
        WeakSpotSearch as WeakSpotSearch,
    )
    from mlsys.evaluation.by_slice.score_slices import count_slices as count_slices
    from mlsys.evaluation.by_slice.score_slices import score_slices as score_slices
    from mlsys.evaluation.by_slice.slice_counts import SliceCounts as SliceCounts
    from mlsys.evaluation.comparison import (
        Events as Events,
    )
    from mlsys.evaluation.comparison import (
        paired_difference as paired_difference,
    )
    from mlsys.evaluation.comparison import (
        scored_interval as scored_interval,
    )
    from mlsys.evaluation.cost import Cost as Cost
    from mlsys.evaluation.evaluate import Evaluate as Evaluate
    from mlsys.evaluation.evaluation import (
        Evaluation as Evaluation,
    )
    from mlsys.evaluation.evaluation import (
        evaluation_in as evaluation_in,
    )
    from mlsys.evaluation.evaluation import (
        evaluation_of as evaluation_of,
    )
    from mlsys.evaluation.evaluation import (
        events_of as events_of,
    )
    from mlsys.evaluation.explaining.explain import Explanation as Explanation
    from mlsys.evaluation.explaining.explain import explain as explain
    from mlsys.evaluation.explaining.partial_dependence import PartialDependence as PartialDependence
    from mlsys.evaluation.feature_importance import FeatureImportance as FeatureImportance
    from mlsys.evaluation.finding.in_frame import find_slices as find_slices
    from mlsys.evaluation.finding.report import SliceReport as SliceReport
    from mlsys.evaluation.finding.step import FindSlices as FindSlices
    from mlsys.evaluation.gates import (
        Candidate as Candidate,
    )
    from mlsys.evaluation.gates import (
        Gate as Gate,
    )
    from mlsys.evaluation.gates import (
        Rival as Rival,
    )
    from mlsys.evaluation.gates import (
        beats as beats,
    )
    from mlsys.evaluation.gates import (
        behaves as behaves,
    )
    from mlsys.evaluation.gates import (
        gap as gap,
    )
    from mlsys.evaluation.gates import (
        latency as latency,
    )
    from mlsys.evaluation.gates import (
        metric as metric,
    )
    from mlsys.evaluation.gates import (
        no_alarm as no_alarm,
    )
    from mlsys.evaluation.gates import (
        no_findings as no_findings,
    )
    from mlsys.evaluation.gates import (
        size as size,
    )
    from mlsys.evaluation.metrics import metric_named as metric_named
    from mlsys.evaluation.own import metric_of as metric_of
    from mlsys.evaluation.production import (
        UCB1 as UCB1,
    )
    from mlsys.evaluation.production import (
        ABResult as ABResult,
    )
    from mlsys.evaluation.production import (
        ABTest as ABTest,
    )
    from mlsys.evaluation.production import (
        Canary as Canary,
    )
    from mlsys.evaluation.production import (
        CanaryDecision as CanaryDecision,
    )
    from mlsys.evaluation.production import (
        Choice as Choice,
    )
    from mlsys.evaluation.production import (
        EpsilonGreedy as EpsilonGreedy,
    )
    from mlsys.evaluation.production import (
        Interleaved as Interleaved,
    )
    from mlsys.evaluation.production import (
        OffPolicyEstimate as OffPolicyEstimate,
    )
    from mlsys.evaluation.production import (
        Preference as Preference,
    )
    from mlsys.evaluation.production import (
        SampleSize as SampleSize,
    )
    from mlsys.evaluation.production import (
        ShadowResult as ShadowResult,
    )
    from mlsys.evaluation.production import (
        ThompsonSampling as ThompsonSampling,
    )
    from mlsys.evaluation.production import (
        compare_rankings as compare_rankings,
    )
    from mlsys.evaluation.production import (
        interleave as interleave,
    )
    from mlsys.evaluation.production import (
        ips as ips,
    )
    from mlsys.evaluation.production import (
        replay as replay,
    )
    from mlsys.evaluation.production import (
        shadow as shadow,
    )
    from mlsys.evaluation.production import (
        snips as snips,
    )
    from mlsys.evaluation.side_by_side import is_truth as is_truth
    from mlsys.evaluation.side_by_side import scored_alone as scored_alone
    from mlsys.evaluation.verdicts import FAIL as FAIL
    from mlsys.evaluation.verdicts import NOT_ENOUGH as NOT_ENOUGH
    from mlsys.evaluation.verdicts import PASS as PASS
    from mlsys.evaluation.verdicts import verdict_of as verdict_of

__getattr__, __dir__, __all__ = names_of(
    __name__,
    {
        "mlsys.evaluation.behaviour": "Behaviour DirectionalTest InvarianceTest PerturbationTest WeakSpotSearch",
        "mlsys.evaluation.by_slice.score_slices": "count_slices score_slices",
        "mlsys.evaluation.by_slice.slice_counts": "SliceCounts",
        "mlsys.evaluation.comparison": "Events paired_difference scored_interval",
        "mlsys.evaluation.cost": "Cost",
        "mlsys.evaluation.evaluate": "Evaluate",
        "mlsys.evaluation.evaluation": "Evaluation evaluation_in evaluation_of events_of",
        "mlsys.evaluation.explaining.explain": "Explanation explain",
        "mlsys.evaluation.explaining.partial_dependence": "PartialDependence",
        "mlsys.evaluation.feature_importance": "FeatureImportance",
        "mlsys.evaluation.finding.in_frame": "find_slices",
        "mlsys.evaluation.finding.report": "SliceReport",
        "mlsys.evaluation.finding.step": "FindSlices",
        "mlsys.evaluation.gates": "Candidate Gate Rival beats behaves gap latency metric no_alarm no_findings size",
        "mlsys.evaluation._metric": "Metric",
        "mlsys.evaluation.metrics": "metric_named",
        "mlsys.evaluation.own": "metric_of",
        "mlsys.evaluation.production": (
            "UCB1 ABResult ABTest Canary CanaryDecision Choice EpsilonGreedy Interleaved OffPolicyEstimate "
            "Preference SampleSize ShadowResult ThompsonSampling compare_rankings interleave ips replay shadow "
            "snips"
        ),
        "mlsys.evaluation.side_by_side": "is_truth scored_alone",
        "mlsys.evaluation.verdicts": "FAIL NOT_ENOUGH PASS verdict_of",
    },
)
