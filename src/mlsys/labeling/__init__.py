"""Labels: from later events, from voting rules, and their agreement."""

from mlsys.labeling.active import ActiveLearning, QueriedSplit, Query
from mlsys.labeling.builders import from_model, keyword, lookup, regex, threshold
from mlsys.labeling.cast_votes import CastVotes
from mlsys.labeling.casting import CastResult, cast_votes
from mlsys.labeling.comparing import compare_labels
from mlsys.labeling.errors import FindLabelErrors, LabelErrors, find_label_errors
from mlsys.labeling.label_model import LabelModel
from mlsys.labeling.labeling_function import LabelingFunction, labeling_function
from mlsys.labeling.learned_labels import LearnedLabels
from mlsys.labeling.natural_label import NaturalLabel
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
    "find_label_errors",
    "FindLabelErrors",
    "LabelErrors",
    "QueriedSplit",
    "Query",
    "ActiveLearning",
    "beats_its_labels",
    "CastResult",
    "CastVotes",
    "LabelModel",
    "QueriedSplit",
    "Query",
    "soft_rows",
    "trusted_rows",
    "LabelSpreading",
    "LabelingFunction",
    "LearnedLabels",
    "NaturalLabel",
    "SelfTraining",
    "VoteMatrix",
    "VoteStats",
    "Votes",
    "WeakLabel",
    "apply_labeling_functions",
    "beats_its_labels",
    "cast_votes",
    "compare_labels",
    "from_model",
    "keyword",
    "labeling_function",
    "lookup",
    "regex",
    "rule_report",
    "soft_rows",
    "threshold",
    "trusted_rows",
]
