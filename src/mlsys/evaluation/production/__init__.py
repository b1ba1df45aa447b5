"""Tests in production: shadow, A/B, canary, interleaving, bandits, and what a log says of other policies."""

from mlsys.evaluation.production.ab_result import ABResult
from mlsys.evaluation.production.ab_test import ABTest
from mlsys.evaluation.production.bandit import Choice
from mlsys.evaluation.production.canary import Canary
from mlsys.evaluation.production.canary_decision import CanaryDecision
from mlsys.evaluation.production.interleaving import Interleaved, Preference, compare_rankings, interleave
from mlsys.evaluation.production.logs import OffPolicyEstimate
from mlsys.evaluation.production.off_policy import ips, snips
from mlsys.evaluation.production.policies import UCB1, EpsilonGreedy, ThompsonSampling
from mlsys.evaluation.production.replaying import replay
from mlsys.evaluation.production.shadow import ShadowResult, shadow
from mlsys.evaluation.production.sizes import SampleSize

__all__ = [
    "ABResult",
    "ABTest",
    "Canary",
    "CanaryDecision",
    "Choice",
    "EpsilonGreedy",
    "Interleaved",
    "OffPolicyEstimate",
    "Preference",
    "SampleSize",
    "ShadowResult",
    "ThompsonSampling",
    "UCB1",
    "compare_rankings",
    "interleave",
    "ips",
    "replay",
    "shadow",
    "snips",
]
