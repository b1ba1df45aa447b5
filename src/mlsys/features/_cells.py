"""What cells of a column say about the target: sums by cell, the share of variance explained, the best cuts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.summaries import Addends, GroupedSum, Moments, SummaryMap, coded_values, rounded_quotient
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class Target:
    """A target, made ready to be summed by the cells of several columns.

    Parameters
    ----------
    target : Series
        In a plain type.
    """

    def __init__(self, target: pd.Series) -> None:
        self.of_numbers = values_of(target).kind is Kind.NUMBER
        if self.of_numbers:
            self._numbers = target.to_numpy(dtype=np.float64, na_value=np.nan)
            self._known = np.isfinite(self._numbers)
            whole = bool(self._known.all())
            self._addends = Addends.of(self._numbers if whole else np.where(self._known, self._numbers, 0.0))
            self._moments = Moments.of(self._numbers if whole else self._numbers[self._known])
        else:
            self._codes, self._levels = coded_values(target)

    def by_cell(self, cells: NDArray[np.signedinteger[Any]], count: int) -> SummaryMap:
        """Return rows and target sums by cell; rows with a negative cell, or without a target, are left out.

        Of a target of classes the rows of each class are counted; of numbers sums are exact.
        """
        places = cells.astype(np.int64)
        if not self.of_numbers:
            return SummaryMap(classes=self._of_classes(places, count))
        inside = self._known & (cells >= 0)
        places[~inside] = count  # one more cell, for rows that are left out
        rows = np.bincount(places, minlength=count + 1)[:count]
        sums = GroupedSum.of_addends(places, self._addends, count + 1).taken(np.arange(count))
        left_out = Moments.of(self._numbers[self._known & ~inside])
        return SummaryMap(numbers=SummaryMap(rows=rows, sums=sums, moments=_without(self._moments, left_out)))

    def _of_classes(self, places: Integers, count: int) -> SummaryMap:
        inside = (places >= 0) & (self._codes >= 0)
        joint = self._codes[inside].astype(np.int64) * count + places[inside]
        tables = np.bincount(joint, minlength=len(self._levels) * count).reshape(-1, count)
        return SummaryMap({level: rows for level, rows in zip(self._levels, tables, strict=True) if rows.any()})


def _without(all_there: Moments, left_out: Moments) -> Moments:
    """Return the moments of the rows that are not left out, as far as sums tell them; exact, as those are."""
    if not left_out.n:
        return replace(all_there, minimum=math.nan, maximum=math.nan)
    total, squares = all_there.total + left_out.total.negated(), all_there.squares + left_out.squares.negated()
    return Moments(all_there.n - left_out.n, 0, total, squares)


@dataclass(frozen=True)
class Cells:
    """Rows of each cell, what the target's mean there is apart from that of all rows (times rows), and its variance.

    Parameters
    ----------
    rows : array of int, shape (cells,)
    apart : array of float, shape (cells, targets)
        For classes one column each.
    squares : float
        Sum of squared deviations of the target from its mean, over all rows and columns.
    """

    rows: Integers
    apart: Floats
    squares: float

    @classmethod
    def of(cls, summary: SummaryMap, count: int) -> Cells:
        """Read what :meth:`Target.by_cell` added up."""
        classes = summary.get("classes") or {}
        if "numbers" in summary and not classes:
            numbers = summary["numbers"]
            rows, moments, n = numbers["rows"], numbers["moments"], int(numbers["rows"].sum())
            exponent, sums = numbers["sums"].exponent, numbers["sums"].units.tolist()
            total, up, down = sum(sums), 1 << max(exponent, 0), max(n, 1) << max(-exponent, 0)
            apart = [
                rounded_quotient((own * max(n, 1) - each * total) * up, down)
                for own, each in zip(sums, rows.tolist(), strict=True)
            ]
            squares = moments.variance() * n if n else 0.0
            return cls(rows, np.array(apart).reshape(-1, 1), squares)
        levels = sorted(classes, key=str)
        by_class = np.array([classes[level] for level in levels], dtype=np.int64).reshape(-1, count)
        rows = by_class.sum(axis=0)
        n = int(rows.sum())
        totals = by_class.sum(axis=1)
        exact = by_class.astype(object) * n - totals[:, None].astype(object) * rows[None, :]
        shares = totals / max(n, 1)
        return cls(rows, exact.astype(np.float64).T / max(n, 1), float(n * (shares * (1 - shares)).sum()))

    def joined(self, places: Sequence[int] | Integers, count: int) -> Cells:
        """Return coarser cells: cell ``i`` goes into ``places[i]``."""
        rows = np.zeros(count, np.int64)
        apart = np.zeros((count, self.apart.shape[1]))
        np.add.at(rows, np.asarray(places), self.rows)
        np.add.at(apart, np.asarray(places), self.apart)
        return Cells(rows, apart, self.squares)

    def explained(self) -> float:
        """Return the share of the target's variance that the cells explain, chance taken off; NaN where none is left.

        The correlation ratio, for classes Goodman and Kruskal's tau (1954), with the correction for degrees of
        freedom of the adjusted R squared.
        """
        n, used = int(self.rows.sum()), int((self.rows > 0).sum())
        if self.squares <= 0 or n <= used:
            return float("nan")
        share = _between(self.rows[self.rows > 0], self.apart[self.rows > 0]).sum() / self.squares
        return float(1 - (1 - share) * (n - 1) / (n - used))

    def best_cuts(self, bins: int, least: int) -> list[int]:
        """Return where to cut the cells so that each cut explains most: those of a tree grown best first."""
        ends = [(0, len(self.rows))]
        cuts: list[int] = []
        rows, apart = _running(self.rows[:, None])[:, 0], _running(self.apart)
        found = {ends[0]: _best_cut(rows, apart, *ends[0], least)}
        while len(cuts) < bins - 1:
            gain, at, whole = max(((*found[each], each) for each in ends), key=lambda one: (one[0], -one[1]))
            if gain <= 0:
                break
            cuts.append(at)
            ends.remove(whole)
            for half in ((whole[0], at), (at, whole[1])):
                ends.append(half)
                found[half] = _best_cut(rows, apart, *half, least)
        return sorted(cuts)


def _running(values: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([np.zeros((1, values.shape[1]), values.dtype), np.cumsum(values, axis=0)])


def _between(rows: NDArray[Any], apart: Floats) -> Floats:
    return np.asarray((apart * apart).sum(axis=-1) / np.maximum(rows, 1))


_NEXT_TO_NOTHING = 1e-12
"""A gain below this share of what is there is rounding."""


def _best_cut(rows: Integers, apart: Floats, begin: int, end: int, least: int) -> tuple[float, int]:
    """Return the largest gain of one cut between two cells, and where it lies; 0 and 0 for none."""
    at = np.arange(begin + 1, end)
    left, right = rows[at] - rows[begin], rows[end] - rows[at]
    at = at[(left >= least) & (right >= least)]
    if not len(at):
        return 0.0, 0
    left, right = rows[at] - rows[begin], rows[end] - rows[at]
    halves = _between(left, apart[at] - apart[begin]) + _between(right, apart[end] - apart[at])
    gain = halves - _between(rows[end] - rows[begin], apart[end] - apart[begin])
    place = int(np.argmax(gain))
    return (float(gain[place]), int(at[place])) if gain[place] > _NEXT_TO_NOTHING * halves[place] else (0.0, 0)
