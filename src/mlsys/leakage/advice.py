"""How a message about columns that tell the target ends: with what mends it, and with the waiver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

NOBODY: Mapping[str, str] = MappingProxyType({})


def advised(said: str, code: str, columns: Sequence[str], made_by: Mapping[str, str], *, asked: bool) -> str:
    """Return a message: what is said of columns, as a question or not, what mends it, and how to waive it.

    Parameters
    ----------
    said : str
        What was seen.
    code : str
        Of the finding.
    columns : sequence of str
        Those it is about.
    made_by : mapping of str to str
        Columns to the steps that made them.
    asked : bool
        Whether it may be honest.

    Examples
    --------
    >>> print(advised("'score' tells much", "LK204", ["score"], {}, asked=True))  # doctest: +NORMALIZE_WHITESPACE
    'score' tells much: is it known when the model is asked? If it is known in time, waive={"LK204": "why"}; if it is
    known only after the decision, declare it with known_at= or exclude=
    """
    is_it, it_is = ("is it", "it is") if len(columns) == 1 else ("are they", "they are")
    waived, mended = f'f {it_is} known in time, waive={{"{code}": "why"}}', _remedy(columns, made_by)
    if asked:
        return f"{said}: {is_it} known when the model is asked? I{waived}; {mended}"
    return f"{said}; {mended}; i{waived}"


def _remedy(columns: Sequence[str], made_by: Mapping[str, str]) -> str:
    """Return what to do about columns that tell the target, by where they come from."""
    it, it_is = ("it", "it is") if len(columns) == 1 else ("them", "they are")
    makers = sorted({made_by.get(column, "") for column in columns} - {""})
    if not makers:
        return f"if {it_is} known only after the decision, declare {it} with known_at= or exclude="
    makes = " and ".join(map(repr, makers))
    return (
        f"if what {makes} holds was fitted beforehand, fit it after the split, on training rows only: give the "
        "estimator to Apply, or learn it in a Transform; what it reads must be known before the decision"
    )
