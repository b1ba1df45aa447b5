"""Labels: from later events, from voting rules, and their agreement."""

from mlsys.labeling.comparing import compare_labels
from mlsys.labeling.labeling_function import LabelingFunction, labeling_function
from mlsys.labeling.natural_label import NaturalLabel
from mlsys.labeling.votes import apply_labeling_functions, rule_report
from mlsys.labeling.weak_label import WeakLabel

__all__ = [
    "LabelingFunction",
    "NaturalLabel",
    "WeakLabel",
    "apply_labeling_functions",
    "compare_labels",
    "labeling_function",
    "rule_report",
]
