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
    "held by chance": "other rows may have the same quantiles and extremes where values come again; if they were "
    "computed from these rows, learn them in learn() of a Transform",
    "held rows": "learn it in learn() of a Transform, which sees training rows only, or declare a table that was known "
    "beforehand with lookup=[...]",
    "held predictions": "learn it in learn(calibration) of a Postprocess, which gets predictions that judge nothing",
    "class weights": 'set class_weight="balanced" (is_unbalance=True of LightGBM), which counts training rows only',
    "unexplained": "whether held-out rows went into it is not assessed. Learn it in a Transform, or declare tables "
    "with lookup=[...]",
    "read from outside": "pass it as a table (Join, lookup=[...]), or learn it in a Transform",
    # What a column tells.
    "late column": "declare what is known only after the decision with known_at= or exclude=",
    "fitted beforehand": "fit after the split, on training rows only, whatever was fitted beforehand: give the "
    "estimator to Apply, or learn it in a Transform; what it reads must be known before the decision",
    "encoded beforehand": "encode after the split with TargetEncode, which learns from other folds, or remove it "
    "with exclude=",
    "chosen beforehand": "choose after the split, by training rows alone: list Apply(SelectKBest(...)) or another "
    "selector there",
    "score beforehand": "fit the model inside: list it with Train, or combine models with Stacking, which predicts "
    "training rows from other folds; or remove the column with exclude=",
    "components beforehand": "fit them after the split, of training rows alone: give the estimator to Apply",
    "scaled beforehand": "scale after the split, of training rows alone (Standardize, or Apply with scikit-learn's)",
    "by level beforehand": "make it after the split, from training rows alone, in a Transform",
    "filled beforehand": "leave its gaps empty: Impute learns from training rows what fills them",
    "cut beforehand": "cut it after the split, at quantiles of training rows (Bin, or learn() of a Transform)",
    "nulls": "declare it with known_at= or exclude= if it is filled in only after the outcome",
    "formula": 'declare what is known only after the decision with known_at= or exclude=, or waive={"LK209": "why"}',
    "row number": "remove it with exclude=, or declare it as id=",
    "dates": "derive features that recur (hour, weekday, days since an event) with Derive or CyclicEncode, and "
    "exclude= the date",
    "rules": "evaluate it on labels obtained in another way, or leave the columns out with exclude=",
    "too good": "check for every feature whether it is known before the decision, and whether the target is computed "
    "from features",
    # What the parts share, or do not.
    "group": "split with GroupSplit, or TimeSplit(keep_groups_together=True); if the model will predict later rows of "
    "the same groups, such as next month's of each shop, leave out group=",
    "id": "an id should be unique: check for duplicate rows",
    "time": "use TimeSplit",
    "late label": "use TimeSplit, which leaves such rows out",
    "undeclared group": "declare it with group= in the Pipeline to keep them together",
    "inner split": "give it folds that keep groups together, such as cv=GroupKFold(), or choose with tune()",
    "repeats": "remove duplicates before the split or declare a group role",
    "other label": "decide which label is right, or add the column that tells them apart",
    "made copies": "create such rows after the split, in a TrainOnly step, or declare their origin with group=",
    "near texts": "remove such repeats before the split, or declare their origin with group=",
    "mirrored": "keep each pair in one direction, or build an id from both sides (the smaller first) and declare it "
    "with group=",
    "one column apart": "if they are one case seen twice, remove repeats before the split or declare their origin with "
    "group=",
    "spelling": "normalize case, spaces and punctuation in a Derive step before the split",
    "parts differ": "look for a step or source that treats the parts differently",
    # What was chosen by rows that judge.
    "many models": "final_test() decides",
    "tuned": "tuned.corrected estimates by how much, and final_test() decides",
    "seeds of a split": "give the mean and spread over all seeds, or evaluate by folds (KFolds)",
    "seeds of a model": "give the mean and spread over all seeds, or average the models (Voting)",
    "opened before": "use new rows for a final verdict, or register with a reason",
}
"""Advice by cause."""
_AMONG_ROWS = ("statistic", "codes", "order", "past", "side table", "by target", "reshape", "label")
CAUSES: Mapping[str, Sequence[str]] = {
    "LK201": (*_AMONG_ROWS, "batch"),
    "LK202": ("alone",),
    "LK204": ("late column", "fitted beforehand"),
    "LK205": ("rules",),
    "LK206": ("nulls",),
    "LK207": ("row number",),
    "LK208": ("dates",),
    "LK209": ("formula",),
    "LK210": ("time",),
    "LK211": ("group",),
    "LK212": ("id",),
    "LK213": ("repeats",),
    "LK214": ("made copies", "near texts"),
    "LK215": ("other label",),
    "LK216": ("late label",),
    "LK217": ("parts differ",),
    "LK218": ("too good",),
    "LK219": ("inner split",),
    "LK220": ("held", "held by chance", "held predictions", "class weights"),
    "LK221": ("held rows",),
    "LK222": ("unexplained", "read from outside"),
    "LK223": ("late column", "fitted beforehand"),
    "LK224": ("late column", "fitted beforehand"),
    "LK225": ("late column", "fitted beforehand"),
    "LK226": (
        "scaled beforehand",
        "components beforehand",
        "filled beforehand",
        "cut beforehand",
        "by level beforehand",
    ),
    "LK227": ("undeclared group",),
    "LK228": ("encoded beforehand", "in sample", "own row"),
    "LK229": ("encoded beforehand", "score beforehand", "chosen beforehand"),
    "LK230": ("mirrored",),
    "LK231": ("one column apart",),
    "LK232": ("spelling",),
    "LK233": ("many models",),
    "LK234": ("seeds of a split", "seeds of a model"),
    "LK235": ("tuned",),
    "LK301": _AMONG_ROWS,
    "LK302": ("in sample", "own row"),
    "LK303": (*_AMONG_ROWS, "batch"),
    "LK304": ("own label",),
    "LK401": ("opened before",),
}
"""Causes by code of finding: every finding about leakage ends with the remedy of one of its causes."""
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
