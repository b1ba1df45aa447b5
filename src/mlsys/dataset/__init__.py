"""Frames with roles: what steps are shown."""

from mlsys.dataset.asking import asking
from mlsys.dataset.dataset import Dataset, beside
from mlsys.dataset.event import Event, decided, settled, tally
from mlsys.dataset.frames import check_frame, check_names, check_unique, require_columns
from mlsys.dataset.predictions import (
    AHEAD,
    FACTOR,
    HORIZON,
    LOWER,
    NAIVE_ERROR,
    NAIVE_SQUARED_ERROR,
    OFFSET,
    PREDICTION,
    PROBABILITY,
    SCORE,
    STEPS_AHEAD,
    STRETCH,
    TARGET_TIME,
    UPPER,
    alone,
    of_each,
    predictions_alone,
    probability_columns,
    score_columns,
)
from mlsys.dataset.roles import Moment, Roles, duration_of, events_named, targets_named
from mlsys.dataset.rows import Rows
from mlsys.dataset.served import Served
from mlsys.dataset.weights import counting, known_weights

__all__ = [
    "AHEAD",
    "FACTOR",
    "HORIZON",
    "LOWER",
    "NAIVE_ERROR",
    "NAIVE_SQUARED_ERROR",
    "OFFSET",
    "PREDICTION",
    "PROBABILITY",
    "SCORE",
    "STEPS_AHEAD",
    "STRETCH",
    "TARGET_TIME",
    "UPPER",
    "Dataset",
    "Event",
    "Moment",
    "Roles",
    "Rows",
    "Served",
    "alone",
    "asking",
    "beside",
    "check_frame",
    "check_names",
    "check_unique",
    "counting",
    "decided",
    "duration_of",
    "events_named",
    "known_weights",
    "of_each",
    "predictions_alone",
    "probability_columns",
    "require_columns",
    "score_columns",
    "settled",
    "tally",
    "targets_named",
]
