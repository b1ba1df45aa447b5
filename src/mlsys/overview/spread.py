"""Spread: how the values of a column spread, in few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.reading import DURATION, LEVEL, MOMENT, NOTHING, NUMBER, ZONED, compared_as, numbers_of, texts_of
from mlsys.errors import DataError
from mlsys.pages import number
from mlsys.values import Kind, Values, values_of

BARS = 20
"""Of a histogram; more are not told apart at its size."""
MOST_LEVELS = 3
"""Levels shown, most frequent first."""
FEWEST_ROWS = 5
"""A level of fewer rows is not shown: it may be somebody's name."""
OUTER = 0.005
"""The share of rows at each end that may lie outside the bars, where they would flatten all others."""
FAR = 3.0
"""How many times wider than the rest the whole range must be for that."""
NAMES = "all distinct"
"""What is said of levels that name rows."""
_DAY = 86_400.0
_LONG = 1e7
"""Numbers from here on are written with an exponent."""


@dataclass(frozen=True)
class Spread:
    """How the values of a column spread.

    Parameters
    ----------
    distinct : int
        Different values, nulls aside.
    least, middle, greatest : object
        Smallest value, median, greatest; ``None`` where values have no order.
    ends : (str, str)
        Least and greatest in a few characters.
    bars, later : sequence of float
        Rows between equal cuts; and those of rows to compare with, between the same cuts.
    levels : sequence of (str, float)
        Most frequent levels with their shares.
    words : str
        What there is to say besides.
    """

    distinct: int = 0
    least: Any = None
    middle: Any = None
    greatest: Any = None
    ends: tuple[str, str] = ("", "")
    bars: Sequence[float] = ()
    later: Sequence[float] = ()
    levels: Sequence[tuple[str, float]] = ()
    words: str = ""


def spread_of(column: pd.Series, later: pd.Series | None = None) -> Spread:
    """Return how the values of a column spread.

    Parameters
    ----------
    column : Series
        Of any type.
    later : Series, optional
        The same column in rows to compare with.

    Examples
    --------
    >>> spread_of(pd.Series([1, 2, 2, None])).ends, spread_of(pd.Series(["a"] * 9 + ["b"])).levels
    (('1', '2'), (('a', 0.9),))
    """
    values, kind = values_of(column), compared_as(column)
    if kind == NOTHING:
        return Spread()
    if values.kind is Kind.MIXED and values.strange is not None:
        row, value = values.strange
        return Spread(words=f"in row {row!r}: {_cut(repr(value))}")
    if values.kind is Kind.NESTED:
        return Spread()
    if kind == LEVEL:
        return _of_levels(texts_of(column[column.notna()]), values)
    known = _known(column, kind)
    return _of_numbers(known, _comparable(later, kind), kind, values) if len(known) else Spread()


def _known(column: pd.Series, kind: str) -> NDArray[np.float64]:
    found = numbers_of(column, kind)
    return found[np.isfinite(found)]


def _comparable(later: pd.Series | None, kind: str) -> NDArray[np.float64]:
    """Return later values as the numbers they are compared as; none where they cannot be."""
    if later is None:
        return np.array([])
    try:
        return _known(later, kind)
    except DataError:  # drift says it
        return np.array([])


def _of_numbers(known: NDArray[np.float64], later: NDArray[np.float64], kind: str, values: Values) -> Spread:
    """Take figures and bars from values in order: sorting is all that costs."""
    known, later = np.sort(known), np.sort(later)
    least, middle, greatest = float(known[0]), float(np.median(known)), float(known[-1])
    distinct = 1 + int(np.count_nonzero(np.diff(known)))
    cuts = _cuts([known, later] if len(later) else [known], whole=kind == NUMBER and values.whole)
    unit = _written(kind, values, greatest - least)
    return Spread(
        distinct,
        _value(least, kind, values),
        _value(middle, kind, values),
        _value(greatest, kind, values),
        ends=(unit(least), unit(greatest)),
        bars=_counted(known, cuts),
        later=_counted(later, cuts) if len(later) else (),
        words="constant" if distinct == 1 else "",
    )


def _cuts(parts: Sequence[NDArray[np.float64]], whole: bool) -> NDArray[np.float64]:
    """Return the ends of bars: one for each of a few whole numbers, else equal ones over nearly all rows."""
    low, high = min(each[0] for each in parts), max(each[-1] for each in parts)
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    if whole and high - low < BARS:
        return np.arange(low - 0.5, high + 1)
    inner = [each[round(share * (len(each) - 1))] for each in parts for share in (OUTER, 1 - OUTER)]
    if high - low > FAR * (max(inner) - min(inner)) > 0:
        low, high = min(inner), max(inner)
    return np.linspace(low, high, BARS + 1)


def _counted(known: NDArray[np.float64], cuts: NDArray[np.float64]) -> tuple[float, ...]:
    """Count ordered values between cuts; those beyond the ends stand in the first bar and the last."""
    below = [0, *np.searchsorted(known, cuts[1:-1]).tolist(), len(known)]
    return tuple(np.diff(below).astype(float).tolist())


def _value(value: float, kind: str, values: Values) -> Any:
    if kind in {MOMENT, ZONED}:
        moment = pd.Timestamp(0, unit="s", tz="UTC") + pd.Timedelta(value, unit="s") if _in_reach(value) else None
        if moment is None:
            return str(np.datetime64(int(value), "s"))
        return moment.tz_convert(values.zone) if values.zone is not None else moment.tz_localize(None)
    if kind == DURATION:
        return pd.Timedelta(value, unit="s")
    return int(value) if values.whole else value


def _in_reach(seconds: float) -> bool:
    """Whether nanoseconds reach a moment."""
    return bool(abs(seconds) < 2**63 / 1e9)


def _written(kind: str, values: Values, wide: float) -> Any:
    """Return how values are written: no more of a moment than tells the ends apart."""
    if kind in {MOMENT, ZONED}:
        day = values.kind is Kind.DATE or wide > 2 * _DAY
        return lambda value: str(_value(value, kind, values))[: 10 if day else 16]
    if kind == DURATION:
        return lambda value: str(pd.Timedelta(round(value), unit="s"))
    return lambda value: f"{value:.3g}" if abs(value) >= _LONG else number(int(value) if value == int(value) else value)


def _of_levels(texts: pd.Series, values: Values) -> Spread:
    counts = texts.value_counts()
    rows, distinct = len(texts), len(counts)
    shown = tuple(
        (_truth(name) if values.kind is Kind.TRUTH else _cut(str(name)), float(count) / rows)
        for name, count in counts.head(MOST_LEVELS).items()
        if count >= min(FEWEST_ROWS, rows)
    )
    if distinct == rows and rows > 1:
        return Spread(distinct, words=NAMES)
    more = distinct - len(shown)
    words = f"{more:,} {'more' if shown else 'levels'}" if more else "constant" if distinct == 1 else ""
    return Spread(distinct, levels=shown, words=words)


def _truth(name: Any) -> str:
    return "yes" if str(name) == "True" else "no"


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
