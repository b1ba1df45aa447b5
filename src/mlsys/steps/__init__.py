"""The kinds of steps, and a step with its state."""

from pydantic import Field

from mlsys.steps.base import Step
from mlsys.steps.column_choice import ColumnChoice
from mlsys.steps.facts import Facts
from mlsys.steps.fitted import Fitted
from mlsys.steps.history import Past
from mlsys.steps.kinds import History, Label, Reshape, RowTransform, Select, Sink, Source, Split
from mlsys.steps.labels import Labels
from mlsys.steps.learning_kinds import LEARNING_KINDS, Model, Postprocess, Report, TrainOnly, Transform
from mlsys.steps.result import Result

__all__ = [
    "LEARNING_KINDS",
    "ColumnChoice",
    "Facts",
    "Field",
    "Fitted",
    "History",
    "Label",
    "Labels",
    "Model",
    "Past",
    "Postprocess",
    "Report",
    "Reshape",
    "Result",
    "RowTransform",
    "Select",
    "Sink",
    "Source",
    "Split",
    "Step",
    "TrainOnly",
    "Transform",
]
