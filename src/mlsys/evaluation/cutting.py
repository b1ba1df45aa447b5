"""Cuts: a column, or several crossed, as numbered values, each with a name; null is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed, meant
from mlsys.evaluation.levels import NULL, level_codes
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_LEVELS = 20
"""Different values of a number up to which each is a level by itself."""
DIGITS = range(4, 18)
"""Significant digits of the ends of ranges, the fewest that tell them apart."""
QUARTERS = 4
NONE = -1


@dataclass(frozen=True)
class Cut:
    """The values of a column, or of several crossed.

    Parameters
    ----------
    column : str
        Its name; crossed ones are joined by ``" & "``.
    names : sequence of str
        Of the values, such as ``"sex=female"``.
    codes : ndarray of int
        The place of each row's value among the names.
    pooled : int
        Place of the rare values that are one; -1 if there are none.
    """

    column: str
    names: Sequence[str]
    codes: NDArray[Any]
    pooled: int = NONE


def cut_of(
    column: str, train: pd.DataFrame, rows: pd.DataFrame, who: str, *, bins: int = QUARTERS, most: int = MOST_LEVELS
) -> Cut:
    """Return the values of a column: ranges of a number with many values, else levels.

    Parameters
    ----------
    column : str
        Of ``rows``.
    train : DataFrame
        Rows whose quantiles cut numbers.
    rows : DataFrame
        Rows that are cut.
    who : str
        For messages.
    bins : int
        Ranges of a number, with the same number of training rows each.
    most : int
        Levels at most; beyond, the rarer ones are one.

    Raises
    ------
    DataError
        The column is not in the rows, or holds what has no levels.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [None, *range(40)], "sex": ["f", "m", None] + ["f"] * 38})
    >>> cut_of("age", frame, frame, "").names
    ['age=up to 9.75', 'age=9.75 to 19.5', 'age=19.5 to 29.25', 'age=above 29.25', 'age=nan']
    >>> found = cut_of("sex", frame, frame, "")
    >>> found.names, found.codes[:3].tolist()
    (['sex=f', 'sex=m', 'sex=nan'], [0, 1, 2])
    """
    if column not in rows.columns:
        raise DataError(
            f"{who} slices by {column!r}, which the rows do not have (columns: {listed(rows.columns)})",
            f"{meant(column, rows.columns)}slice by a column of the data",
        )
    return _ranges(column, train, rows, bins) if is_number(train, column) else _levels(rows, column, who, most)


def crossed(cuts: Sequence[Cut], most: int = MOST_LEVELS) -> Cut:
    """Return the combinations of values of several columns that rows have, the most frequent first.

    Examples
    --------
    >>> one = Cut("sex", ["sex=f", "sex=m"], np.array([0, 0, 1]))
    >>> other = Cut("old", ["old=False", "old=True"], np.array([1, 1, 0]))
    >>> found = crossed([one, other])
    >>> found.column, found.names, found.codes.tolist()
    ('sex & old', ['sex=f & old=True', 'sex=m & old=False'], [0, 0, 1])
    """
    name = " & ".join(each.column for each in cuts)
    numbers = reduce(lambda codes, cut: codes * len(cut.names) + cut.codes, cuts, np.zeros(len(cuts[0].codes), int))
    first = np.unique(numbers, return_index=True)[1]
    codes, there = pd.factorize(numbers)
    counts = np.bincount(codes, minlength=len(there))
    order = np.lexsort((np.sort(first), -counts))
    firsts = np.sort(first)[order]
    names = [" & ".join(each.names[each.codes[row]] for each in cuts) for row in firsts[:most]]
    return _pooled(name, np.argsort(order)[codes], names, len(there), f"{name}=any of {{}} other combinations", most)


def is_number(train: pd.DataFrame, column: str) -> bool:
    """Whether a column is a number with too many values to be levels."""
    there = column in train.columns and values_of(train[column]).kind is Kind.NUMBER
    return there and int(train[column].nunique()) > MOST_LEVELS


def _levels(rows: pd.DataFrame, column: str, who: str, most: int) -> Cut:
    codes, names = level_codes(rows[column], who, most)
    count = int(codes.max(initial=-1)) + 1
    named = [f"{column}={name}" for name in names]
    return _pooled(column, codes, named, count, f"{column}=any of {{}} other levels", most)


def _pooled(column: str, codes: NDArray[np.int64], names: list[str], count: int, rest: str, most: int) -> Cut:
    """Return values, those beyond the most frequent as one."""
    if count <= most:
        return Cut(column, names, _small(codes, count))
    kept = names[: most - 1]
    return Cut(column, [*kept, rest.format(count - len(kept))], _small(np.minimum(codes, most - 1), most), most - 1)


def _small(codes: NDArray[Any], count: int) -> NDArray[Any]:
    """Return numbers below a limit in as few bytes as hold them: a table may have many columns."""
    return codes.astype(np.min_scalar_type(count))


def _ranges(column: str, train: pd.DataFrame, rows: pd.DataFrame, bins: int) -> Cut:
    values, known = (plain(each[column]).to_numpy(dtype=np.float64, na_value=np.nan) for each in (rows, train))
    edges = np.unique(np.quantile(known[np.isfinite(known)], np.arange(1, bins) / bins)).tolist()
    ends = _told_apart(edges)
    names = [f"up to {ends[0]}", *(f"{low} to {high}" for low, high in zip(ends, ends[1:], strict=False))]
    names, null = [*names, f"above {ends[-1]}"], np.isnan(values)
    codes = np.where(null, len(names), np.searchsorted(edges, values))
    names += [NULL] if null.any() else []
    return Cut(column, [f"{column}={name}" for name in names], _small(codes, len(names)))


def _told_apart(edges: Sequence[float]) -> list[str]:
    """Return numbers as texts, with as many digits as tell them apart."""
    shown = [[f"{edge:.{digits}g}" for edge in edges] for digits in DIGITS]
    return next((texts for texts in shown if len(set(texts)) == len(texts)), shown[-1])
