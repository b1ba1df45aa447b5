"""Differences that rounding explains: changing the last digits of the input causes them as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from mlsys.blocks import dtypes_of
from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNITS = 64
"""Units in the last place by which numbers are changed: the error of a sum of a few hundred numbers is smaller."""
MARGIN = 8
"""Times what such a move does: numbers move alike by chance, roundings add up."""
TRIALS = 6
LAST_BITS = 16
"""Units in the last place that two orders of the same sum may differ by; nothing is tried for these."""
LARGEST = 1e-9
"""Of the largest number in a row: what moves further was no rounding, but another branch or another key."""
EXACT_IN_FLOAT = 2.0**53
"""Larger numbers are ids and ticks, which are never summed."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits, by which hashes are spread."""
NESTED = 1e-6
"""Relative to the largest entry of a vector, which is often of single precision."""


@dataclass(frozen=True)
class Rounding:
    """Results of a function for rows whose numbers are changed in the last digits.

    Parameters
    ----------
    apply : callable
        From a frame to one with the rows of ``made``.
    given : DataFrame
        The rows that it was given.
    made : DataFrame
        What it made of them.

    Notes
    -----
    The last bits of a sum depend on the order of numbers in memory, and ``total - sum(parts)`` may consist of nothing
    else. Its size depends on the input, not on the result, so it is determined by trial: numbers are changed
    by 64 units in the last place, equal ones alike so that groups remain groups. A difference of up to eight times the
    effect of this change counts as rounding. A statistic of other rows does not change in this way. The trial is made
    only when a difference must be explained.

    Examples
    --------
    >>> rows = pd.DataFrame({"total": [1.1], "part": [1.1 + 2e-16]})
    >>> def rest(frame):
    ...     return pd.DataFrame({"rest": frame["total"] - frame["part"]})
    >>> made = rest(rows)
    >>> Rounding(rest, rows, made).explains(made["rest"], made["rest"] + [4e-16]).tolist()
    [True]
    >>> Rounding(rest, rows, made).explains(made["rest"], made["rest"] + [1e-9]).tolist()
    [False]
    """

    apply: Callable[[pd.DataFrame], pd.DataFrame]
    given: pd.DataFrame
    made: pd.DataFrame

    def explains(self, one: pd.Series, other: pd.Series) -> NDArray[np.bool_]:
        """Return where two answers for rows of ``made``, in its order, differ by no more than rounding."""
        if not (_is_float(one) and _is_float(other)):
            vectors = np.fromiter(map(_nested_near, one, other), dtype=np.bool_, count=len(one))
            return np.logical_or(vectors, self._same_in_a_trial(one, other))
        left, right = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (one, other))
        with np.errstate(invalid="ignore"):
            difference = np.abs(left - right)
        size = np.maximum(np.abs(left), np.abs(right))
        near = np.asarray(difference <= LAST_BITS * max(_unit(one.dtype), _unit(other.dtype)) * size)
        if near.all() or one.name not in self.made.columns:
            return near
        within: NDArray[np.bool_] = difference <= self._slack(str(one.name), len(one))
        return np.asarray(near | within, dtype=np.bool_)

    def _slack(self, name: str, rows: int) -> NDArray[np.float64]:
        """Return how far rounding may take each row of a column."""
        largest = self._largest(rows)
        found = LAST_BITS * np.finfo(np.float64).eps * largest  # what cancels out of an answer rounds it all the same
        if len(self.made) != rows:
            return found
        base = self.made[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for answer in self._answers:
            if name in answer.columns and _is_float(answer[name]):
                with np.errstate(invalid="ignore"):
                    moved = np.abs(answer[name].to_numpy(dtype=np.float64, na_value=np.nan) - base)
                found = np.fmax(found, np.minimum(MARGIN * moved, LARGEST * largest))
        return found

    def _largest(self, rows: int) -> NDArray[np.float64]:
        """Return the largest number that each row was given; of all rows, where rows are not told from each other."""
        numbers = self.given.select_dtypes("number")
        if numbers.empty:
            return np.zeros(rows)
        sizes = np.abs(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
        largest = np.where(sizes < EXACT_IN_FLOAT, sizes, 0.0).max(axis=1)
        return largest if len(largest) == rows else np.full(rows, largest.max(initial=0.0))

    def _same_in_a_trial(self, one: pd.Series, other: pd.Series) -> NDArray[np.bool_]:
        """Return where a trial gave the other answer, as happens for values at a decision bound."""
        found = np.zeros(len(one), dtype=bool)
        if one.name not in self.made.columns or len(self.made) != len(one):
            return found
        for answer in self._answers:
            if one.name in answer.columns and answer[one.name].dtype == self.made[one.name].dtype:
                tried = zip(answer[one.name], other, strict=True)
                found |= np.fromiter((_is_same(a, b) for a, b in tried), dtype=bool, count=len(one))
        return found

    @cached_property
    def _answers(self) -> list[pd.DataFrame]:
        return list(self._tried())

    def _tried(self) -> Iterator[pd.DataFrame]:
        for trial in range(TRIALS):
            try:
                answer = self.apply(_nudged(self.given, trial, whole=trial >= TRIALS - 2))
            except Exception:  # it may refuse fractions where it had whole numbers
                continue
            if answer.index.equals(self.made.index):
                yield answer


def _nudged(frame: pd.DataFrame, trial: int, whole: bool) -> pd.DataFrame:
    """Return the frame with numbers moved in the last digits; whole numbers too, as fractions, where that is asked."""
    kinds = {name: kind for name, kind in dtypes_of(frame).items()
             if pd.api.types.is_float_dtype(kind) or (whole and _is_whole(frame[name]))}  # fmt: skip
    if not kinds:
        return frame
    numbers = frame[list(kinds)].to_numpy(dtype=np.float64, na_value=np.nan)
    by = 1 + _signs(numbers, trial) * UNITS * np.array([_unit(kind) for kind in kinds.values()])
    plain = np.array([not isinstance(kind, ExtensionDtype) for kind in kinds.values()])
    names = np.array(list(kinds), dtype=object)
    moved = pd.DataFrame(numbers[:, plain] * by[:, plain], index=frame.index, columns=names[plain])
    narrow = {name: kinds[name] for name in moved.columns if kinds[name].kind == "f" and kinds[name] != np.float64}
    others = {names[place]: _times(frame[names[place]], by[:, place]) for place in np.flatnonzero(~plain)}
    rest = with_columns(frame.drop(columns=moved.columns), others)
    return pd.concat([moved.astype(narrow) if narrow else moved, rest], axis=1)[frame.columns]


def _times(column: pd.Series, by: NDArray[np.float64]) -> pd.Series:
    """Return numbers of a type that is not numpy's, each moved a little."""
    numbers = column if _is_float(column) else column.astype("float64")
    moved = numbers * by
    return moved if moved.dtype == numbers.dtype else moved.astype(numbers.dtype)


def _signs(numbers: NDArray[np.float64], trial: int) -> NDArray[np.float64]:
    """Return -1, 0 or 1 for each number, by a hash of it: the same for equal numbers of a column."""
    places = np.arange(numbers.shape[1], dtype=np.uint64) + np.uint64(trial * numbers.shape[1] + 1)
    hashed = np.ascontiguousarray(numbers).view(np.uint64) ^ (places * _ODD)
    for _ in range(2):
        hashed = (hashed ^ (hashed >> np.uint64(31))) * _ODD
    return np.asarray((hashed >> np.uint64(33)) % np.uint64(3), dtype=np.float64) - 1


def _is_float(column: pd.Series) -> bool:
    return pd.api.types.is_float_dtype(column.dtype)


def _is_whole(column: pd.Series) -> bool:
    return pd.api.types.is_integer_dtype(column.dtype) and not column.isna().any()


def _unit(kind: Any) -> float:
    """Return the relative size of a unit in the last place of a type; of double precision where it holds no floats."""
    kind = getattr(kind, "numpy_dtype", kind)
    return float(np.finfo(kind if isinstance(kind, np.dtype) and kind.kind == "f" else np.float64).eps)


def _nested_near(one: Any, other: Any) -> bool:
    """Whether two vectors in a cell are the same but for rounding."""
    if not (isinstance(one, (list, tuple, np.ndarray)) and isinstance(other, (list, tuple, np.ndarray))):
        return False
    try:
        left, right = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    if left.shape != right.shape:
        return False
    return bool(np.allclose(left, right, rtol=0, atol=NESTED * np.abs(right).max(initial=0.0), equal_nan=True))


def _is_same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except (TypeError, ValueError):  # nulls that do not say, and vectors
        return False
