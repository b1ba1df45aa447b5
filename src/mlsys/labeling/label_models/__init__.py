"""Label models: what the truth is likely to be, given votes of sources that err."""

from mlsys.labeling.label_models.calibration import Calibration, calibrated
from mlsys.labeling.label_models.learning import METHODS, Method, Weighed, learned
from mlsys.labeling.label_models.posterior import probabilities, shares_of_votes

__all__ = [
    "METHODS",
    "Calibration",
    "Method",
    "Weighed",
    "calibrated",
    "learned",
    "probabilities",
    "shares_of_votes",
]
