"""Tuning: search any field of any step by training and validation rows."""

from mlsys.evaluation.choosing import ChosenScore
from mlsys.pipeline.tuning.ranges import Integers, LogUniform, Uniform
from mlsys.pipeline.tuning.tuned import Tuned

__all__ = ["ChosenScore", "Integers", "LogUniform", "Tuned", "Uniform"]
