"""Labels: from later events, from voting rules, and their agreement."""

from mlsys.labeling.active import ActiveLearning, QueriedSplit, Query
from mlsys.labeling.agreement import agreement, annotator_report
from mlsys.labeling.builders import from_model, keyword, lookup, regex, threshold
from mlsys.labeling.cast_votes import CastVotes
from mlsys.labeling.casting import CastResult, cast_votes
from mlsys.labeling.comparing import compare_labels
from mlsys.labeling.errors import FindLabelErrors, LabelErrors, find_label_errors
from mlsys.labeling.hand_labels import HandLabels
from mlsys.labeling.label_model import LabelModel
from mlsys.labeling.label_studio import read_label_studio, redacted, to_label_studio
from mlsys.labeling.labeling_function import LabelingFunction, labeling_function
from mlsys.labeling.learned_labels import LearnedLabels
from mlsys.labeling.natural_label import NaturalLabel
from mlsys.labeling.report import lf_report, show_conflicts, show_errors, show_holes
from mlsys.labeling.rules import apply_labeling_functions, rule_report
from mlsys.labeling.statistics import VoteMatrix, VoteStats
from mlsys.labeling.unlabelled import (
    LabelSpreading,
    SelfTraining,
    beats_its_labels,
    soft_rows,
    trusted_rows,
)
from mlsys.labeling.votes import Votes
from mlsys.labeling.weak_label import WeakLabel

__all__ = [
    "ActiveLearning",
    "CastResult",
    "CastVotes",
    "FindLabelErrors",
    "HandLabels",
    "LabelErrors",
    "LabelModel",
    "LabelSpreading",
    "LabelingFunction",
    "LearnedLabels",
    "NaturalLabel",
    "QueriedSplit",
    "Query",
    "SelfTraining",
    "VoteMatrix",
    "VoteStats",
    "Votes",
    "WeakLabel",
    "agreement",
    "annotator_report",
    "apply_labeling_functions",
    "beats_its_labels",
    "cast_votes",
    "compare_labels",
    "find_label_errors",
    "from_model",
    "keyword",
    "labeling_function",
    "lf_report",
    "lookup",
    "read_label_studio",
    "redacted",
    "regex",
    "rule_report",
    "show_conflicts",
    "show_errors",
    "show_holes",
    "soft_rows",
    "threshold",
    "to_label_studio",
    "trusted_rows",
]
