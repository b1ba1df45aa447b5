"""Labels: from later events, from voting rules, and their agreement."""

from typing import TYPE_CHECKING

from mlsys.lazily import names_of

if TYPE_CHECKING:
    from mlsys.labeling._agreement import agreement as agreement
    from mlsys.labeling._agreement import annotator_report as annotator_report
    from mlsys.labeling._cast_votes import CastVotes as CastVotes
    from mlsys.labeling._labeling_function import (
        LabelingFunction as LabelingFunction,
    )
    from mlsys.labeling._labeling_function import (
        labeling_function as labeling_function,
    )
    from mlsys.labeling.active import ActiveLearning as ActiveLearning
    from mlsys.labeling.active import QueriedSplit as QueriedSplit
    from mlsys.labeling.active import Query as Query
    from mlsys.labeling.builders import (
        from_model as from_model,
    )
    from mlsys.labeling.builders import (
        keyword as keyword,
    )
    from mlsys.labeling.builders import (
        lookup as lookup,
    )
    from mlsys.labeling.builders import (
        regex as regex,
    )
    from mlsys.labeling.builders import (
        threshold as threshold,
    )
    from mlsys.labeling.casting import CastResult as CastResult
    from mlsys.labeling.casting import cast_votes as cast_votes
    from mlsys.labeling.comparing import compare_labels as compare_labels
    from mlsys.labeling.errors import (
        FindLabelErrors as FindLabelErrors,
    )
    from mlsys.labeling.errors import (
        LabelErrors as LabelErrors,
    )
    from mlsys.labeling.errors import (
        find_label_errors as find_label_errors,
    )
    from mlsys.labeling.hand_labels import HandLabels as HandLabels
    from mlsys.labeling.label_model import LabelModel as LabelModel
    from mlsys.labeling.label_studio import (
        read_label_studio as read_label_studio,
    )
    from mlsys.labeling.label_studio import (
        redacted as redacted,
    )
    from mlsys.labeling.label_studio import (
        to_label_studio as to_label_studio,
    )
    from mlsys.labeling.learned_labels import LearnedLabels as LearnedLabels
    from mlsys.labeling.natural_label import NaturalLabel as NaturalLabel
    from mlsys.labeling.report import (
        lf_report as lf_report,
    )
    from mlsys.labeling.report import (
        show_conflicts as show_conflicts,
    )
    from mlsys.labeling.report import (
        show_errors as show_errors,
    )
    from mlsys.labeling.report import (
        show_holes as show_holes,
    )
    from mlsys.labeling.rules import apply_labeling_functions as apply_labeling_functions
    from mlsys.labeling.rules import rule_report as rule_report
    from mlsys.labeling.statistics import VoteMatrix as VoteMatrix
    from mlsys.labeling.statistics import VoteStats as VoteStats
    from mlsys.labeling.unlabelled import (
        LabelSpreading as LabelSpreading,
    )
    from mlsys.labeling.unlabelled import (
        SelfTraining as SelfTraining,
    )
    from mlsys.labeling.unlabelled import (
        beats_its_labels as beats_its_labels,
    )
    from mlsys.labeling.unlabelled import (
        soft_rows as soft_rows,
    )
    from mlsys.labeling.unlabelled import (
        trusted_rows as trusted_rows,
    )
    from mlsys.labeling.votes import Votes as Votes
    from mlsys.labeling.weak_label import WeakLabel as WeakLabel

__getattr__, __dir__, __all__ = names_of(
    __name__,
    {
        "mlsys.labeling.active": "ActiveLearning QueriedSplit Query",
        "mlsys.labeling._agreement": "agreement annotator_report",
        "mlsys.labeling.builders": "from_model keyword lookup regex threshold",
        "mlsys.labeling._cast_votes": "CastVotes",
        "mlsys.labeling.casting": "CastResult cast_votes",
        "mlsys.labeling.comparing": "compare_labels",
        "mlsys.labeling.errors": "FindLabelErrors LabelErrors find_label_errors",
        "mlsys.labeling.hand_labels": "HandLabels",
        "mlsys.labeling.label_model": "LabelModel",
        "mlsys.labeling.label_studio": "read_label_studio redacted to_label_studio",
        "mlsys.labeling._labeling_function": "LabelingFunction labeling_function",
        "mlsys.labeling.learned_labels": "LearnedLabels",
        "mlsys.labeling.natural_label": "NaturalLabel",
        "mlsys.labeling.report": "lf_report show_conflicts show_errors show_holes",
        "mlsys.labeling.rules": "apply_labeling_functions rule_report",
        "mlsys.labeling.statistics": "VoteMatrix VoteStats",
        "mlsys.labeling.unlabelled": "LabelSpreading SelfTraining beats_its_labels soft_rows trusted_rows",
        "mlsys.labeling.votes": "Votes",
        "mlsys.labeling.weak_label": "WeakLabel",
    },
)
