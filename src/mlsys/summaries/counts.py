"""How often each value of a column occurs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.values import numbered_texts, plain, values_of


class Counts(Mapping[Hashable, int]):
    """Counts by value; values are unchanged (strings, integers, bools, timestamps).

    Parameters
    ----------
    counts : mapping of value to int
        Values that occur; build it with :meth:`of` and ``+``.
    nulls : int
        Null values.

    Notes
    -----
    Equality ignores order; :meth:`ordered` returns the order determined by the counts. Values that compare
    equal are one value: do not mix ``True`` and ``1`` in a column.

    Examples
    --------
    >>> counts = Counts.of(pd.Series(["b", "a", None])) + Counts.of(pd.Series(["b", "c"]))
    >>> counts.ordered(), counts.nulls
    ([('b', 2), ('a', 1), ('c', 1)], 1)
    """

    def __init__(self, counts: Mapping[Any, int] | None = None, nulls: int = 0) -> None:
        self._counts = dict(counts or {})
        self.nulls = nulls

    @classmethod
    def of(cls, values: pd.Series | pd.Index | np.ndarray[Any, Any]) -> Counts:
        """Count the values of a column."""
        codes, distinct = coded_values(values)
        nulls, *counts = np.bincount(codes.astype(np.intp) + 1, minlength=len(distinct) + 1).tolist()
        return cls({value: count for value, count in zip(distinct, counts, strict=True) if count}, nulls)

    @classmethod
    def of_pairs(cls, left: pd.Series, right: pd.Series) -> Counts:
        """Count how often values of two columns occur together; null is a value, ``None``.

        Examples
        --------
        >>> Counts.of_pairs(pd.Series(["a", "a", None]), pd.Series([1, 1, 2])).ordered()
        [(('a', 1), 2), ((None, 2), 1)]
        """
        if len(left) != len(right):
            raise DataError(
                f"{len(left)} and {len(right)} values do not form pairs", "give two columns of the same rows"
            )
        (one, some), (other, others) = distinct_values(left), distinct_values(right)
        width = len(others) + 1
        places = np.where(one < 0, len(some), one) * width + np.where(other < 0, len(others), other)
        used, counts = np.unique(places, return_counts=True)
        names, beside = [*some, None], [*others, None]
        found = zip(used.tolist(), counts.tolist(), strict=True)
        return cls({(names[place // width], beside[place % width]): count for place, count in found})

    def __getitem__(self, value: Hashable) -> int:
        count: int = self._counts[value]
        return count

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self.nulls == other.nulls and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Counts) -> Counts:
        if not isinstance(other, Counts):
            return NotImplemented
        large, small = (self, other) if len(self) >= len(other) else (other, self)
        merged = dict(large._counts)
        for value, count in small._counts.items():
            merged[value] = merged.get(value, 0) + count
        return Counts(merged, self.nulls + other.nulls)

    def __repr__(self) -> str:
        return f"Counts({dict(self.ordered(top=5))!r}, nulls={self.nulls}, values={len(self)})"

    @property
    def n(self) -> int:
        """Number of values that are not null."""
        return sum(self._counts.values())

    def ordered(self, top: int | None = None) -> list[tuple[Any, int]]:
        """Return values with counts, most frequent first, ties by text and type name; all, or the first ``top``."""
        pairs = list(self._counts.items())
        if top is not None and top < len(pairs) // 2:
            least = np.partition([count for _, count in pairs], len(pairs) - top)[len(pairs) - top]
            pairs = [pair for pair in pairs if pair[1] >= least]
        return sorted(pairs, key=lambda pair: (-pair[1], *text_and_type(pair[0])))[:top]


def text_and_type(value: object) -> tuple[str, str]:
    """Return what values of any types are ordered by: their text, then the name of their type.

    Examples
    --------
    >>> sorted([10, "9", 1], key=text_and_type)
    [1, 10, '9']
    """
    return str(value), type(value).__name__


def distinct_values(values: pd.Series | pd.Index | np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], list[Any]]:
    """Return the code of each value (-1 for null) and the distinct values as Python objects.

    Notes
    -----
    The codes depend on the order of rows; whoever keeps them orders the values first. Categories that do not
    occur are among the distinct values. ``-0.0`` counts as ``0.0``, decimals count as floats, dates as timestamps.

    Examples
    --------
    >>> codes, distinct = distinct_values(pd.Series([2, 1, 2]))
    >>> codes.tolist(), distinct
    ([0, 1, 0], [2, 1])
    """
    codes, distinct = coded_values(values)
    return codes.astype(np.int64, copy=False), list(distinct)


def coded_values(values: pd.Series | pd.Index | np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], Sequence[Any]]:
    """Return what :func:`distinct_values` returns, the codes in a type that just holds them and one place more.

    Neither is to be written to: texts are numbered once for all that ask.
    """
    series = plain(pd.Series(values))
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy(), series.cat.categories.tolist()
    numbered = numbered_texts(series)
    if numbered is not None:
        return numbered
    if series.dtype.kind == "f" and isinstance(series.dtype, np.dtype):
        series = series + 0.0
    try:
        codes, distinct = pd.factorize(series)
    except (TypeError, NotImplementedError) as error:
        raise DataError(
            f"the column {series.name!r} holds {values_of(series)}, some of which cannot be compared: {error}",
            "convert them to text or numbers with Derive",
        ) from error
    return codes, pd.Index(distinct).tolist()
