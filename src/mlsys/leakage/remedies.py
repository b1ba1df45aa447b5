"""From what causes a leak to what mends it: the one table that messages take their advice from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    "rows": "let a row stay for what it holds itself, or choose rows in a Select",
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
    "fitted elsewhere": "fit what {step} holds after the split, on training rows only: give the estimator to Apply, or "
    "learn it in a Transform that cross-fits",
    # What columns tell.
    "late": "if {it_is} known only after the decision, declare {it} with known_at= or exclude=",
    "identity": "declare what is known only after the decision with known_at= or exclude=",
    "names rows": "take {it} out with exclude=, or name {it} as id=",
    "date": "make what comes again (hour, weekday, days since an event) with Derive or CyclicEncode, and exclude= the "
    "date",
    # What parts share.
    "group": "name what they share as group= and split with GroupSplit",
    "repeats": "if they are the same case seen twice, remove repeats before the split or name a group role",
    "time": "use TimeSplit",
}
"""Advice by cause; ``remedy`` fills in columns and step."""


def remedy(cause: str, columns: Sequence[str] = (), step: str = "") -> str:
    """Return what mends a cause.

    Parameters
    ----------
    cause : str
        A key of ``REMEDIES``.
    columns : sequence of str
        Those it is about: one or several decides the words.
    step : str
        The step at fault.

    Examples
    --------
    >>> remedy("late", ["dep_delay"])
    'if it is known only after the decision, declare it with known_at= or exclude='
    >>> remedy("fitted elsewhere", step="Derive")[:46]
    'fit what Derive holds after the split, on trai'
    """
    several = len(columns) > 1
    it, it_is = ("them", "they are") if several else ("it", "it is")
    return REMEDIES[cause].format(it=it, it_is=it_is, step=step)
