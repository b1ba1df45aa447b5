"""Sums of floats by group without rounding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import DataError
from mlsys.summaries._floats import Floats
from mlsys.summaries._groups import Addends, Levels
from mlsys.summaries.exact_sum import rounded_quotient

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MACHINE_LIMIT = 2**62
"""Sums below this are kept as int64, larger ones as Python whole numbers."""

_FLOAT_LIMIT = 2**53


@dataclass(frozen=True, eq=False)
class GroupedSum:
    """Exact sums of float64 numbers, one for each group, as ``units * 2**exponent``.

    Parameters
    ----------
    units : array of int
        One whole number for each group: int64 where all fit, else Python integers.
    exponent : int
        Shared by all groups, as large as possible.

    Notes
    -----
    The form follows from the sums alone, so equal rows give equal objects on any partitioning. Whole numbers
    (0/1 targets) take one ``bincount``; floats about three.

    Examples
    --------
    >>> sums = GroupedSum.of([0, 1, 0], [0.1, 0.2, 0.3], 2)
    >>> sums.floats().tolist(), (sums + sums).floats().tolist()
    ([0.4, 0.2], [0.8, 0.4])
    """

    units: NDArray[Any]
    exponent: int

    @classmethod
    def of(cls, codes: ArrayLike, values: ArrayLike, groups: int, weights: ArrayLike | None = None) -> GroupedSum:
        """Sum values, or products of values and weights, by group.

        Parameters
        ----------
        codes : array of int
            Group of each value, from 0 to ``groups - 1``; rows with a negative code are left out.
        values, weights : array of float
            All finite.
        groups : int
            Number of groups.
        """
        places = np.asarray(codes, dtype=np.int64)
        numbers = np.asarray(values, dtype=np.float64)
        factors = None if weights is None else np.asarray(weights, dtype=np.float64)
        if len(places) and places.max() >= groups:
            raise DataError(f"code {places.max()} for {groups} groups", "number the groups from 0")
        if not np.isfinite(numbers).all() or (factors is not None and not np.isfinite(factors).all()):
            raise DataError("a sum by group met a null or infinite value", "drop or fill these rows first")
        if len(places) and places.min() < 0:
            inside = places >= 0
            places, numbers = places[inside], numbers[inside]
            factors = None if factors is None else factors[inside]
        return cls.of_addends(places, Addends.of(numbers, factors), groups)

    @classmethod
    def of_addends(cls, codes: NDArray[np.int64], addends: Addends, groups: int) -> GroupedSum:
        """Sum addends by group; several groupings of the same rows so share what the numbers are cut into."""
        return cls._combined(addends.by_group(codes, groups), groups)

    @classmethod
    def of_counts(cls, counts: NDArray[np.int64]) -> GroupedSum:
        """Return counts as sums of ones."""
        return cls._reduced(counts, 0)

    @classmethod
    def _combined(cls, levels: Levels, groups: int) -> GroupedSum:
        if not levels:
            return cls(np.zeros(groups, np.int64), 0)
        if len(levels) == 1:
            return cls._reduced(levels[0][1], levels[0][0])
        lowest = min(exponent for exponent, _ in levels)
        total = np.zeros(groups, dtype=object)
        for exponent, units in levels:
            total = total + units.astype(object) * (1 << (exponent - lowest))
        return cls._reduced(total, lowest)

    @classmethod
    def _reduced(cls, units: NDArray[Any], exponent: int) -> GroupedSum:
        """Bring sums into the one form that depends on their values alone."""
        bits = int(np.bitwise_or.reduce(units)) if units.dtype == np.int64 else reduce(or_, units.tolist(), 0)
        if bits == 0:
            return cls(np.zeros(len(units), np.int64), 0)
        zeros = (bits & -bits).bit_length() - 1
        units = units >> zeros if zeros else units
        if units.dtype == object and -_MACHINE_LIMIT < min(units.tolist()) and max(units.tolist()) < _MACHINE_LIMIT:
            units = units.astype(np.int64)
        elif units.dtype == np.int64 and np.abs(units).max() >= _MACHINE_LIMIT:
            units = units.astype(object)
        return cls(units, exponent + zeros)

    def __len__(self) -> int:
        return len(self.units)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, GroupedSum)
            and self.exponent == other.exponent
            and self.units.dtype == other.units.dtype
            and np.array_equal(self.units, other.units)
        )

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: GroupedSum) -> GroupedSum:
        if not isinstance(other, GroupedSum):
            return NotImplemented
        if len(self) != len(other):
            raise DataError(f"sums of {len(self)} and of {len(other)} groups cannot be added", "use the same groups")
        if self.exponent == other.exponent and self.units.dtype == other.units.dtype == np.int64:
            return GroupedSum._reduced(self.units + other.units, self.exponent)
        levels: Levels = [(self.exponent, self.units), (other.exponent, other.units)]
        return GroupedSum._combined(levels, len(self))

    def regroup(self, codes: ArrayLike, groups: int) -> GroupedSum:
        """Add groups together: group ``i`` goes into ``codes[i]``, or is left out where that is negative."""
        places = np.asarray(codes, dtype=np.int64)
        inside = places >= 0
        units = self.units[inside]
        fits = units.dtype == np.int64 and (not len(units) or int(np.abs(units).max()) < _MACHINE_LIMIT // len(units))
        total = np.zeros(groups, dtype=np.int64 if fits else object)
        np.add.at(total, places[inside], units if fits else units.astype(object))
        return GroupedSum._reduced(total, self.exponent)

    def joined(self, size: int, without: int | None = None) -> GroupedSum:
        """Return the sums of every ``size`` groups together, of each but the one at a place.

        Examples
        --------
        >>> sums = GroupedSum.of([0, 1, 2, 3], [1.0, 2.0, 3.0, 4.0], 4)
        >>> sums.joined(2).floats().tolist(), sums.joined(2, without=0).floats().tolist()
        ([3.0, 7.0], [2.0, 4.0])
        """
        units = self.units.reshape(-1, size)
        if units.dtype == np.int64 and units.size and int(np.abs(units).max()) >= _MACHINE_LIMIT // size:
            units = units.astype(object)
        total = units.sum(axis=1) if without is None else units.sum(axis=1) - units[:, without]
        return GroupedSum._reduced(total, self.exponent)

    def taken(self, groups: NDArray[np.int64]) -> GroupedSum:
        """Return the sums of some groups, in their order."""
        return GroupedSum._reduced(self.units[groups], self.exponent)

    def floats(self) -> Floats:
        """Return the sums, each rounded once."""
        return self.divided_by(np.ones(len(self), np.int64))

    def divided_by(self, counts: ArrayLike) -> Floats:
        """Return the sums divided by whole numbers, each rounded once; NaN where the divisor is zero."""
        divisors = np.asarray(counts)
        moderate = -900 < self.exponent < 900
        if moderate and self.units.dtype == np.int64 and (not len(self) or np.abs(self.units).max() < _FLOAT_LIMIT):
            sums = np.ldexp(self.units.astype(np.float64), self.exponent)
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.where(divisors == 0, np.nan, sums / divisors)
        up, down = 1 << max(self.exponent, 0), 1 << max(-self.exponent, 0)
        pairs = zip(self.units.tolist(), divisors.tolist(), strict=True)
        return np.array([rounded_quotient(unit * up, divisor * down) for unit, divisor in pairs], dtype=np.float64)
