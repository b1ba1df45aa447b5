"""Remedies by cause: the one table from which messages take their advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

REMEDIES: Mapping[str, str] = {
    # What a step before the split makes of other rows.
    "statistic": "learn it in learn() of a Transform, which sees training rows only",
    "codes": "let OneHot, Categories or TargetEncode learn the levels from training rows",
    "order": "let each row look back only: a History sees what was known before each row's decision",
    "past": "read `past`, which holds what was known before each row's decision, and of the frame the row itself only",
    "side table": "say when the rows of its table were known, with the time column and known_after= of AsOfJoin",
    "by target": "choose and encode by the target after the split: Apply a selector there, or TargetEncode",
    "reshape": "build each new row from rows known before its decision, and learn statistics over rows in a Transform "
    "after the split",
    "label": "compute the label from its own row, with a threshold set in advance",
    # What a row is told of itself.
    "in sample": "cross-fit (apply_cross_fitted, as TargetEncode does)",
    "own row": "end the window before the row, as shift(1) before rolling(...) does, or write a History",
    "own label": "read features only",
    "batch": "let apply() use only the state and the row, not the batch",
    "alone": "make it treat each row independently",
    # What a step holds.
    "held": "learn it in learn() of a Transform, which sees training rows only",
    "held rows": "learn it in learn() of a Transform, which sees training rows only, or declare a table that was known "
    "beforehand with lookup=[...]",
    "held predictions": "learn it in learn(calibration) of a Postprocess, which gets predictions that judge nothing",
    "unexplained": "whether held-out rows went into it is not assessed. Learn it in a Transform, or declare tables "
    "with lookup=[...]",
    # What a column tells.
    "late column": "declare what is known only after the decision with known_at= or exclude=",
    "fitted beforehand": "fit after the split, on training rows only, whatever was fitted beforehand: give the "
    "estimator to Apply, or learn it in a Transform; what it reads must be known before the decision",
    "encoded beforehand": "encode after the split with TargetEncode, which learns from other folds, or remove it "
    "with exclude=",
    "scaled beforehand": "scale after the split, of training rows alone (Standardize, or Apply with scikit-learn's)",
    "filled beforehand": "leave its gaps empty: Impute learns from training rows what fills them",
    "cut beforehand": "cut it after the split, at quantiles of training rows (Bin, or learn() of a Transform)",
}
"""Advice by cause."""
NOBODY: Mapping[str, str] = MappingProxyType({})


def advised(said: str, code: str, columns: Sequence[str], made_by: Mapping[str, str], *, asked: bool) -> str:
    """Return a message about columns that predict the target, as a question or not, with remedy and waiver.

    Parameters
    ----------
    said : str
        The observation.
    code : str
        Code of the finding.
    columns : sequence of str
        The columns.
    made_by : mapping of str to str
        Columns to the steps that made them.
    asked : bool
        Whether the column may be legitimate.

    Examples
    --------
    >>> said = "'score' predicts the target"
    >>> print(advised(said, "LK204", ["score"], {}, asked=True))  # doctest: +NORMALIZE_WHITESPACE
    'score' predicts the target: is it known when the model predicts? If it is known in time,
    waive={"LK204": "why"}; declare what is known only after the decision with known_at= or exclude=
    """
    is_it, it_is = ("is it", "it is") if len(columns) == 1 else ("are they", "they are")
    makers = sorted({made_by.get(column, "") for column in columns} - {""})
    mended = REMEDIES["fitted beforehand" if makers else "late column"]
    mended = f"of {' and '.join(map(repr, makers))}: {mended}" if makers else mended
    waived = f'f {it_is} known in time, waive={{"{code}": "why"}}'
    if asked:
        return f"{said}: {is_it} known when the model predicts? I{waived}; {mended}"
    return f"{said}; {mended}; i{waived}"
