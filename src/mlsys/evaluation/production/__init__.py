"""Tests in production: shadow, A/B, canary, interleaving, bandits, and what a log says of other policies."""

from mlsys.evaluation.production.ab_result import ABResult
from mlsys.evaluation.production.ab_test import ABTest
from mlsys.evaluation.production.sizes import SampleSize

__all__ = ["ABResult", "ABTest", "SampleSize"]
