"""From why a step leaks to what mends it: the one table that messages about steps take their advice from."""

from __future__ import annotations

from collections.abc import Mapping

REMEDIES: Mapping[str, str] = {
    # What a step before the split makes of other rows.
    "statistic": "learn it in learn() of a Transform, which is shown training rows only",
    "codes": "let OneHot, Categories or TargetEncode learn the levels from training rows",
    "order": "let each row look back only: a History is shown what was known before each row's decision",
    "past": "read `past`, which holds what was known before each row's decision, and of the frame the row itself only",
    "side table": "say when the rows of its table were known, with the time column and known_after= of AsOfJoin",
    "by target": "choose and encode by the target after the split: Apply a selector there, or TargetEncode",
    "reshape": "make each new row of what was known before its decision, and learn statistics over rows in a Transform "
    "after the split",
    "label": "let the label follow from its own row, by a bound that was set beforehand",
    # What a row is told of itself.
    "in sample": "cross-fit (apply_cross_fitted, as TargetEncode does)",
    "own row": "end the window before the row, as shift(1) before rolling(...) does, or write a History",
    "own label": "read features only",
    "batch": "let apply() use the state and the row, nothing of the batch",
    "alone": "make it treat each row alone",
    # What a step holds.
    "held": "learn it in learn() of a Transform, which sees training rows only",
    "held rows": "learn it in learn() of a Transform, which sees training rows only, or declare a table that was known "
    "beforehand with lookup=[...]",
    "unexplained": "whether held-out rows went into it is not assessed. Learn it in a Transform, or declare tables "
    "with lookup=[...]",
}
"""Advice by cause."""
