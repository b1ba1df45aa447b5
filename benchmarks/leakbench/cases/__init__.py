"""All cases, in the order of the checklist of leaks."""

from leakbench.case import Case
from leakbench.cases import (
    aggregates,
    corrections,
    duplicates,
    entities,
    illegitimate,
    judged_on_train,
    label_windows,
    peeking,
    preprocessing,
    resampling,
    selection,
    self_influence,
    temporal,
)

CASES: tuple[Case, ...] = (
    *judged_on_train.CASES,
    *preprocessing.CASES,
    *selection.CASES,
    *duplicates.CASES,
    *resampling.CASES,
    *illegitimate.CASES,
    *temporal.CASES,
    *corrections.CASES,
    *entities.CASES,
    *peeking.CASES,
    *label_windows.CASES,
    *self_influence.CASES,
    *aggregates.CASES,
)

__all__ = ["CASES"]
