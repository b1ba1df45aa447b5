"""Labels that are likely to be wrong: confident learning and rankings of out-of-fold probabilities."""

from mlsys.labeling.errors.find_label_errors import FindLabelErrors
from mlsys.labeling.errors.finding import LabelErrors, find_label_errors

__all__ = ["FindLabelErrors", "LabelErrors", "find_label_errors"]
