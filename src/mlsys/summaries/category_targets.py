"""Exact sums of targets by category: what target encoding needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import DataError
from mlsys.summaries.counts import distinct_values, text_and_type
from mlsys.summaries.grouped_sum import GroupedSum

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class CategoryTargets:
    """Rows, weight and sum of each target column by category; null is a category of its own, ``None``.

    Parameters
    ----------
    categories : tuple
        Values that occur, ordered by text and type name.
    rows : array of int64
        Rows of each category.
    weights : GroupedSum
        Weight of each category; equal to the rows where no weights were given.
    sums : tuple of GroupedSum
        For each target column the (weighted) sum by category.

    Notes
    -----
    Everything is exact, so the sum of some partitions does not depend on how rows are cut.

    Examples
    --------
    >>> import pandas as pd
    >>> whole = CategoryTargets.of(pd.Series(["a", "b", "a"]), [1, 0, 0])
    >>> whole.categories, whole.means().tolist()
    (('a', 'b'), [[0.5], [0.0]])
    """

    categories: tuple[Any, ...]
    rows: NDArray[np.int64]
    weights: GroupedSum
    sums: tuple[GroupedSum, ...]

    @classmethod
    def of(
        cls, categories: pd.Series | pd.Index, targets: ArrayLike, weights: ArrayLike | None = None
    ) -> CategoryTargets:
        """Summarize rows.

        Parameters
        ----------
        categories : pandas.Series
            One value for each row.
        targets : array of float, shape (rows,) or (rows, columns)
            No nulls; several columns for several classes.
        weights : array of float, optional
            One for each row.
        """
        columns = np.asarray(targets, dtype=np.float64)
        columns = columns[:, None] if columns.ndim == 1 else columns
        codes, distinct = distinct_values(categories)
        if len(codes) != len(columns):
            raise DataError(f"{len(columns)} targets for {len(codes)} categories", "give one row of targets each")
        codes = np.where(codes < 0, len(distinct), codes)
        names = [*distinct, None]
        groups = len(names)
        rows = np.bincount(codes, minlength=groups).astype(np.int64)
        mass = GroupedSum.of(codes, np.ones(len(codes)) if weights is None else weights, groups)
        sums = tuple(GroupedSum.of(codes, column, groups, weights) for column in columns.T)
        return cls._canonical(names, rows, mass, sums)

    @classmethod
    def _canonical(
        cls, names: list[Any], rows: NDArray[np.int64], weights: GroupedSum, sums: tuple[GroupedSum, ...]
    ) -> CategoryTargets:
        """Order the categories and leave out those without rows."""
        order = _ordered([place for place in range(len(names)) if rows[place]], names)
        codes = np.full(len(names), -1)
        codes[order] = np.arange(len(order))
        return cls(
            tuple(names[place] for place in order),
            rows[order],
            weights.regroup(codes, len(order)),
            tuple(part.regroup(codes, len(order)) for part in sums),
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CategoryTargets)
            and self.categories == other.categories
            and np.array_equal(self.rows, other.rows)
            and self.weights == other.weights
            and self.sums == other.sums
        )

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: CategoryTargets) -> CategoryTargets:
        if not isinstance(other, CategoryTargets):
            return NotImplemented
        if len(self.sums) != len(other.sums):
            raise DataError(f"{len(self.sums)} and {len(other.sums)} target columns do not add", "use the same targets")
        names = _united(self.categories, other.categories)
        places = {name: place for place, name in enumerate(names)}
        rows = np.zeros(len(names), np.int64)
        own, theirs = (np.array([places[name] for name in each.categories], dtype=np.int64) for each in (self, other))
        rows[own] += self.rows
        rows[theirs] += other.rows

        def added(mine: GroupedSum, beside: GroupedSum) -> GroupedSum:
            return mine.regroup(own, len(names)) + beside.regroup(theirs, len(names))

        sums = tuple(added(mine, beside) for mine, beside in zip(self.sums, other.sums, strict=True))
        return CategoryTargets(names, rows, added(self.weights, other.weights), sums)

    def means(self) -> NDArray[np.float64]:
        """Return the (weighted) target means, shape (categories, target columns)."""
        divisors = self.weights.floats()
        if (divisors == self.rows).all():
            return np.column_stack([part.divided_by(self.rows) for part in self.sums])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.column_stack([part.floats() / divisors for part in self.sums])

    def totals(self) -> NDArray[np.float64]:
        """Return the (weighted) target sums, shape (categories, target columns)."""
        return np.column_stack([part.floats() for part in self.sums])

    def overall(self) -> NDArray[np.float64]:
        """Return the (weighted) mean of each target column over all categories, shape (target columns,)."""
        one = np.zeros(len(self.categories), np.int64)
        weight = self.weights.regroup(one, 1).floats()
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.concatenate([part.regroup(one, 1).floats() for part in self.sums]) / weight


def _united(some: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the categories of both in their order."""
    known = set(some)
    new = [name for name in others if name not in known]
    if not new:
        return some
    names = [*some, *new]
    return tuple(names[place] for place in _ordered(range(len(names)), names))


def _ordered(places: Sequence[int], names: Sequence[Any]) -> list[int]:
    """Return the places of some names in the order of text and type; nothing comes last."""
    named = [place for place in places if names[place] is not None]
    texts = all(type(names[place]) is str for place in named)
    key: Callable[[int], Any] = names.__getitem__ if texts else lambda place: text_and_type(names[place])
    return sorted(named, key=key) + [place for place in places if names[place] is None]
