"""Outcomes: predictions and labels counted together; what they say of performance, of classes, and of causes."""

from mlsys.drift.outcomes.causes import Explained, explain
from mlsys.drift.outcomes.judged import Loss, judge_estimate, judge_labels
from mlsys.drift.outcomes.label_shift import LabelShift, label_shift
from mlsys.drift.outcomes.outcomes import Outcomes

__all__ = ["Explained", "LabelShift", "Loss", "Outcomes", "explain", "judge_estimate", "judge_labels", "label_shift"]
