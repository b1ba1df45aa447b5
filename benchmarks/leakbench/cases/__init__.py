"""All cases: those of the checklist of leaks, then those of the second round, by family."""

from leakbench.case import Case
from leakbench.cases import (
    after_the_outcome,
    aggregates,
    captured_objects,
    corrections,
    duplicates,
    encodings,
    entities,
    illegitimate,
    judged_on_train,
    judged_rows,
    label_windows,
    peeking,
    preprocessing,
    reached_targets,
    related_rows,
    resampling,
    selection,
    self_influence,
    series,
    temporal,
    texts,
    whole_frames,
)

FIRST: tuple[Case, ...] = (
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
"""The cases that the first guard was mended on."""

SECOND: tuple[Case, ...] = (
    *captured_objects.CASES,
    *whole_frames.CASES,
    *encodings.CASES,
    *texts.CASES,
    *series.CASES,
    *after_the_outcome.CASES,
    *related_rows.CASES,
    *judged_rows.CASES,
    *reached_targets.CASES,
)
"""Cases in the style of other people's notebooks, written before the detectors that should see them."""

CASES: tuple[Case, ...] = (*FIRST, *SECOND)

__all__ = ["CASES", "FIRST", "SECOND"]
