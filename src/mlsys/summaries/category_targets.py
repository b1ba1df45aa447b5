"""Exact sums of targets by category and fold: what target encoding needs."""

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
    """Rows, weight and sum of each target column by category and fold; null is a category of its own, ``None``.

    Parameters
    ----------
    categories : tuple
        Values that occur, ordered by text and type name.
    rows : array of int64, shape (categories * folds,)
        Rows of each category, fold by fold.
    weights : GroupedSum
        Their weights; equal to the rows where no weights were given.
    sums : tuple of GroupedSum
        For each target column the (weighted) sums.
    folds : int
        Folds that are kept apart.

    Notes
    -----
    Everything is exact, so the sum of some partitions does not depend on how rows are cut, and all rows but those of
    one fold (:meth:`without`) have the same sums as if they alone had been summarized.

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
    folds: int = 1

    @classmethod
    def of(
        cls,
        categories: pd.Series | pd.Index,
        targets: ArrayLike,
        weights: ArrayLike | None = None,
        fold_of: ArrayLike | None = None,
        folds: int = 1,
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
        fold_of : array of int, optional
            Fold of each row, from 0 to ``folds - 1``.
        folds : int
            Number of folds.
        """
        columns = np.asarray(targets, dtype=np.float64)
        columns = columns[:, None] if columns.ndim == 1 else columns
        codes, distinct = distinct_values(categories)
        if len(codes) != len(columns):
            raise DataError(f"{len(columns)} targets for {len(codes)} categories", "give one row of targets each")
        codes = np.where(codes < 0, len(distinct), codes)
        names = [*distinct, None]
        if fold_of is not None:
            codes = codes * folds + np.asarray(fold_of, dtype=np.int64)
        groups = len(names) * folds
        rows = np.bincount(codes, minlength=groups).astype(np.int64)
        mass = GroupedSum.of(codes, np.ones(len(codes)) if weights is None else weights, groups)
        sums = tuple(GroupedSum.of(codes, column, groups, weights) for column in columns.T)
        used = np.flatnonzero(rows.reshape(-1, folds).any(axis=1)).tolist()
        return cls(tuple(names), rows, mass, sums, folds)._placed(_ordered(used, names))

    def _placed(self, places: Sequence[int]) -> CategoryTargets:
        """Return the categories of some places, in that order."""
        codes = np.full(len(self.categories), -1)
        codes[places] = np.arange(len(places))
        return self._as(tuple(self.categories[place] for place in places), codes)

    def _as(self, categories: tuple[Any, ...], codes: NDArray[np.int64]) -> CategoryTargets:
        """Return this under other categories: each one that is there goes to its place there, or is left out."""
        return self._regrouped(categories, _by_fold(codes, self.folds), self.folds)

    def _regrouped(self, categories: tuple[Any, ...], codes: NDArray[np.int64], folds: int) -> CategoryTargets:
        groups, inside = len(categories) * folds, codes >= 0
        rows = np.zeros(groups, np.int64)
        np.add.at(rows, codes[inside], self.rows[inside])
        sums = tuple(part.regroup(codes, groups) for part in self.sums)
        return CategoryTargets(categories, rows, self.weights.regroup(codes, groups), sums, folds)

    def without(self, fold: int | None = None) -> CategoryTargets:
        """Return the categories of all rows but those of one fold, with all other folds as one.

        Examples
        --------
        >>> import pandas as pd
        >>> both = CategoryTargets.of(pd.Series(["a", "b", "a"]), [1, 0, 0], fold_of=[0, 0, 1], folds=2)
        >>> both.without(0).categories, both.without(1).means().tolist(), both.without().means().tolist()
        (('a',), [[1.0], [0.0]], [[0.5], [0.0]])
        """
        if fold is None and self.folds == 1:
            return self
        codes = np.repeat(np.arange(len(self.categories)), self.folds)
        if fold is not None:
            codes[fold :: self.folds] = -1
        found = self._regrouped(self.categories, codes, 1)
        return found if found.rows.all() else found._placed(np.flatnonzero(found.rows).tolist())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CategoryTargets)
            and self.categories == other.categories
            and self.folds == other.folds
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
        if self.folds != other.folds:
            raise DataError(f"{self.folds} and {other.folds} folds do not add", "use the same folds")
        names = _united(self.categories, other.categories)
        places = {name: place for place, name in enumerate(names)}
        own, theirs = (
            each._as(names, np.array([places[name] for name in each.categories], dtype=np.int64))
            for each in (self, other)
        )
        sums = tuple(mine + beside for mine, beside in zip(own.sums, theirs.sums, strict=True))
        return CategoryTargets(names, own.rows + theirs.rows, own.weights + theirs.weights, sums, self.folds)

    def means(self) -> NDArray[np.float64]:
        """Return the (weighted) target means, shape (categories * folds, target columns)."""
        divisors = self.weights.floats()
        if (divisors == self.rows).all():
            return np.column_stack([part.divided_by(self.rows) for part in self.sums])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.column_stack([part.floats() / divisors for part in self.sums])

    def totals(self) -> NDArray[np.float64]:
        """Return the (weighted) target sums, shape (categories * folds, target columns)."""
        return np.column_stack([part.floats() for part in self.sums])

    def overall(self) -> NDArray[np.float64]:
        """Return the (weighted) mean of each target column over all categories, shape (target columns,)."""
        one = np.zeros(len(self.rows), np.int64)
        weight = self.weights.regroup(one, 1).floats()
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.concatenate([part.regroup(one, 1).floats() for part in self.sums]) / weight


def _by_fold(codes: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Return the group of each category's folds; none where the category has no place."""
    if folds == 1:
        return codes
    groups = codes[:, None] * folds + np.arange(folds)
    groups[codes < 0] = -1
    return groups.ravel()


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
