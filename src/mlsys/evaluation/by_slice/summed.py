"""Summed: exact sums that a metric is read from, and those of products that tell its variance, by slice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation._metric import SampleMetric
from mlsys.evaluation.counts.formulas import Values
from mlsys.evaluation.counts.slopes import slopes
from mlsys.evaluation.sample import Sample
from mlsys.evaluation.statistic import OfSums
from mlsys.summaries import GroupedSum

Codes = NDArray[np.int64]
FARTHEST = 1_000.0
"""Standard deviations between 0 and the mean of a target from which on fourth powers leave too few digits."""


@dataclass(frozen=True, eq=False)
class Summed:
    """What a metric of sums is read from, by slice.

    Parameters
    ----------
    columns : tuple of GroupedSum
        What the metric adds up, as its formula takes it; where it is about a mean, the last are of the target and of
        its squares.
    products : tuple of GroupedSum
        Of each two of the columns, times the square of the weight, pair by pair; none where values alone are wanted.
    queries : ndarray of int, optional
        Queries of each slice, where the metric is of queries.
    """

    columns: tuple[GroupedSum, ...]
    products: tuple[GroupedSum, ...]
    queries: Codes | None = None

    @classmethod
    def of(
        cls, metric: SampleMetric, sample: Sample, places: Codes, slices: int, weight: Values | None, spread: bool
    ) -> Summed:
        """Add up rows; of a metric of queries, whole queries of each slice."""
        statistic, queries = metric.statistic, None
        assert isinstance(statistic, OfSums)
        if metric.by_query:
            added, places = by_query(statistic, sample, places, weight)
            weight, queries = None, np.bincount(places, minlength=slices)
        else:
            added = statistic.addends(sample)
            if statistic.around is not None:
                about = statistic.around(sample)
                added = np.column_stack([added, about, about * about])
        columns = [GroupedSum.of(places, each, slices, weight) for each in added.T]
        if statistic.around is not None:  # squares are rounded once only, when they are read
            about = added[:, -2]
            columns[-1] = GroupedSum.of(places, about, slices, about if weight is None else about * weight)
        held = added if weight is None else added * weight[:, None]
        pairs = _pairs(added.shape[1]) if spread else []
        products = [GroupedSum.of(places, held[:, one], slices, held[:, other]) for one, other in pairs]
        return cls(tuple(columns), tuple(products), queries)

    def __add__(self, other: Summed) -> Summed:
        if not isinstance(other, Summed):
            return NotImplemented
        both = zip(self._all, other._all, strict=True)
        queries = None if self.queries is None or other.queries is None else self.queries + other.queries
        return self._with([mine + theirs for mine, theirs in both], queries)

    def regroup(self, at: Codes, slices: int) -> Summed:
        """Return the same sums with each slice at another place."""
        queries = None
        if self.queries is not None:
            queries = np.zeros(slices, np.int64)
            queries[at] = self.queries
        return self._with([each.regroup(at, slices) for each in self._all], queries)

    def taken(self, slices: Codes) -> Summed:
        """Return the sums of some slices."""
        queries = None if self.queries is None else self.queries[slices]
        return self._with([each.taken(slices) for each in self._all], queries)

    @property
    def _all(self) -> tuple[GroupedSum, ...]:
        return (*self.columns, *self.products)

    def _with(self, sums: list[GroupedSum], queries: Codes | None) -> Summed:
        count = len(self.columns)
        return Summed(tuple(sums[:count]), tuple(sums[count:]), queries)

    def read(self, statistic: OfSums) -> Values:
        """Return sums of shape (slices, sums) as the formula of a metric takes them."""
        found = np.column_stack([each.floats() for each in self.columns])
        if statistic.around is not None:
            rows, given, squares = (_exact(self.columns[each]) for each in (0, -2, -1))
            found[:, -1] = [float(c - b * b / a) if a else 0.0 for a, b, c in zip(rows, given, squares, strict=True)]
        return found

    @property
    def units(self) -> Values:
        """How many rows of equal weight the rows of each slice tell as much as (Kish 1965)."""
        total, squares = self.columns[0].floats(), self.products[0].floats()
        return np.divide(total**2, squares, out=np.zeros(len(total)), where=squares > 0)

    def squares(self, statistic: OfSums) -> Values:
        """Return the sum over rows of what each adds to the error of the metric, squared; NaN where digits are lost."""
        sums = self.read(statistic)
        with np.errstate(divide="ignore", invalid="ignore"):
            by = slopes(statistic.formula, sums)
        if statistic.around is None:
            found = np.zeros(len(sums))
            for one, other, times, each in self._by_pair:
                found += times * by[:, one] * by[:, other] * each.floats()
            return np.maximum(found, 0.0)
        exact = [(one, other, times, _exact(each)) for one, other, times, each in self._by_pair]
        rows, given = (_exact(self.columns[each]) for each in (0, -2))
        found = np.full(len(sums), np.nan)
        for place in np.flatnonzero(np.isfinite(by).all(axis=1) & _keeps_digits(sums)):
            factors = _about_zero(by[place], given[place] / rows[place])
            found[place] = float(
                sum(times * factors[one] * factors[other] * each[place] for one, other, times, each in exact)
            )
        return np.maximum(found, 0.0)

    @property
    def _by_pair(self) -> list[tuple[int, int, int, GroupedSum]]:
        """Places of both columns, how often their product occurs in a square, and its sum."""
        pairs = _pairs(len(self.columns))
        return [
            (one, other, 1 if one == other else 2, each)
            for (one, other), each in zip(pairs, self.products, strict=True)
        ]


def _keeps_digits(sums: Values) -> NDArray[np.bool_]:
    """Return where a target varies, and lies so near 0 that fourth powers keep the digits of those about its mean."""
    rows, given, spread = sums[:, 0], sums[:, -2], sums[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((rows > 0) & (spread > 0) & (given**2 / rows < FARTHEST**2 * spread))


def _about_zero(by: Values, centre: Fraction) -> list[Fraction]:
    """Return slopes in rows, the target and its square, in place of those in rows and its square about the mean."""
    factors = [Fraction(float(each)) for each in by]
    factors[-2] = -2 * centre * factors[-1]
    factors[0] += centre**2 * factors[-1]
    return factors


def by_query(statistic: OfSums, sample: Sample, places: Codes, weight: Values | None) -> tuple[Values, Codes]:
    """Return what each query of each slice adds, and its slice; rows of a slice are ordered among themselves."""
    assert sample.query is not None
    joint = places * (int(sample.query.max(initial=0)) + 1) + sample.query
    there, number = np.unique(joint, return_inverse=True)
    added = statistic.addends(replace(sample, query=number.astype(np.int64)))
    held = added if weight is None else added * weight[:, None]
    sums = np.column_stack([np.bincount(number, each, len(there)).astype(np.float64) for each in held.T])
    return sums, there // (int(sample.query.max(initial=0)) + 1)


def _pairs(columns: int) -> list[tuple[int, int]]:
    return [(one, other) for one in range(columns) for other in range(one, columns)]


def _exact(sums: GroupedSum) -> list[Fraction]:
    scale = Fraction(2) ** sums.exponent
    return [Fraction(units) * scale for units in sums.units.tolist()]
