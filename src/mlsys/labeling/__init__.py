"""Labels: from later events, from voting rules, and their agreement."""

from mlsys.labeling.comparing import compare_labels
from mlsys.labeling.labeling_function import LabelingFunction, labeling_function
from mlsys.labeling.natural_label import NaturalLabel
from mlsys.labeling.unlabelled import (
    LabelSpreading,
    SelfTraining,
    beats_its_labels,
    soft_rows,
    trusted_rows,
)
from mlsys.labeling.votes import apply_labeling_functions, rule_report
from mlsys.labeling.weak_label import WeakLabel

__all__ = [
    "trusted_rows",
    "soft_rows",
    "beats_its_labels",
    "LabelSpreading",
    "SelfTraining",
    "LabelingFunction",
    "NaturalLabel",
    "WeakLabel",
    "apply_labeling_functions",
    "compare_labels",
    "labeling_function",
    "rule_report",
]
