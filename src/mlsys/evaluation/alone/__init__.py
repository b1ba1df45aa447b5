"""Evaluation of models that learn without a target: stability over resamples, and what they found."""

from mlsys.evaluation.alone.evaluating import evaluated_alone

__all__ = ["evaluated_alone"]
