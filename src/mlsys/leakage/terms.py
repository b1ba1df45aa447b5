"""Terms of formulas: features as columns of a matrix, with readable names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.leakage.power import is_measured
from mlsys.values import TIMES, Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

MOST_MULTIPLIED = 10
"""Numbers of which all products of two are tried."""
EXACT_DECIMALS, EXACT = 9, 1e-8
"""Decimals from which on numbers were not rounded, and how far a formula may then be off, of their spread."""


COARSE = 0.01
"""Of the spread of a target: no rounding allows a formula to be further off."""
_LARGEST = 1e60
"""Numbers from which on squares of products are endless: no formula is looked for among them."""


@dataclass(frozen=True, eq=False)
class Term:
    """One part of a formula: what a message calls it, the columns it is made of, its value in each row."""

    called: str
    columns: tuple[str, ...]
    values: NDArray[np.float64]


def goal_of(target: pd.Series) -> NDArray[np.float64] | None:
    """Return a target as numbers: a quantity, or 0 and 1 for two classes; ``None`` for others."""
    if is_measured(target):
        numbers = _numbers(target)
        return numbers if _is_moderate(numbers[np.isfinite(numbers)]) else None
    levels = target.dropna().unique()
    if len(levels) != 2:  # noqa: PLR2004
        return None
    event = (target == max(levels, key=str)).to_numpy(dtype=bool, na_value=False)
    return np.where(target.isna().to_numpy(dtype=bool), np.nan, event.astype(np.float64))


def terms_of(rows: pd.DataFrame, features: Sequence[str], least: float) -> list[Term]:
    """Return features that are numbers or times, of which so large a share is known, as terms of their own.

    Times are seconds: a duration is a difference of two of them.
    """
    found = []
    for name in features:
        if values_of(rows[name]).kind in {Kind.NUMBER, Kind.TRUTH, Kind.DURATION, *TIMES}:
            values = _numbers(rows[name])
            known = values[np.isfinite(values)]
            if len(known) > least * len(values) and _is_moderate(known) and np.ptp(known) > 0:
                found.append(Term(name, (name,), values))
    return found


def _is_moderate(known: NDArray[np.float64]) -> bool:
    """Whether products and squares of some numbers are numbers."""
    return not len(known) or bool(np.abs(known).max() < _LARGEST)


def factors_of(terms: Sequence[Term]) -> list[Term]:
    """Return positive terms, and rates subtracted from and added to one, of which a product can be made."""
    with np.errstate(invalid="ignore"):
        found = [term for term in terms if not (term.values <= 0).any()]
        for term in terms:
            if not ((term.values < 0) | (term.values >= 1)).any():
                found.append(Term(f"(1 - {term.called})", term.columns, 1 - term.values))
                found.append(Term(f"(1 + {term.called})", term.columns, 1 + term.values))
    return found


def products_of(terms: Sequence[Term]) -> list[Term]:
    """Return terms and, of few, all their products of two."""
    if len(terms) > MOST_MULTIPLIED:
        return []
    pairs = ((one, other) for place, one in enumerate(terms) for other in terms[place + 1 :])
    return [*terms, *(Term(f"{a.called} * {b.called}", a.columns + b.columns, a.values * b.values) for a, b in pairs)]


def unit_of(values: NDArray[np.float64]) -> float:
    """Return the last digit that numbers show; 0 where they show all.

    Examples
    --------
    >>> unit_of(np.array([1.5, 2.25])), unit_of(np.array([100.0, 7.0])), unit_of(np.array([1 / 3]))
    (0.01, 1.0, 0.0)
    """
    decimals = max(len(f"{each:.12f}".rstrip("0").partition(".")[2]) for each in _some(values))
    return 0.0 if decimals >= EXACT_DECIMALS else 10.0**-decimals


def tolerance_of(goal: NDArray[np.float64]) -> float:
    """Return how far a formula may be off: half of the last digit that a target shows, and little of its spread."""
    unit, spread = unit_of(goal), float(goal.std())
    shows_digits = unit and len(np.unique(goal)) > 2  # noqa: PLR2004
    return min(0.5 * unit, COARSE * spread) if shows_digits else EXACT * spread


def _some(values: NDArray[np.float64]) -> Iterator[float]:
    yield from values[np.isfinite(values)][:200].tolist() or [0.0]


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return a column of numbers, truth values or times as floats, times in seconds; nulls are NaN."""
    made = plain(column)
    if values_of(column).kind in {Kind.DURATION, *TIMES}:
        held = made.dt.tz_localize(None) if getattr(made.dtype, "tz", None) is not None else made
        unit = "timedelta64[us]" if held.dtype.kind == "m" else "datetime64[us]"
        numbers = held.to_numpy(dtype=unit).astype(np.int64).astype(np.float64) / 1e6
        return np.where(held.isna().to_numpy(), np.nan, numbers)
    return np.asarray(made.to_numpy(dtype=np.float64, na_value=np.nan))
