"""Exact sums of targets by category and fold: what target encoding needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import DataError
from mlsys.summaries._groups import Addends
from mlsys.summaries.counts import coded_values, text_and_type
from mlsys.summaries.grouped_sum import GroupedSum
from mlsys.values import Levels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Targets:
    """Targets of rows, cut so that they add up by the categories of any column; all numbers are finite.

    Parameters
    ----------
    columns : list of Addends
        One for each target column, times its weight.
    weights : Addends or None
        Of each row, if they have any.
    fold_of : array of int or None
        Fold of each row.
    folds : int
        Number of folds.
    """

    columns: list[Addends]
    weights: Addends | None = None
    fold_of: NDArray[np.int64] | None = None
    folds: int = 1

    @classmethod
    def of(
        cls, columns: Iterable[NDArray[np.float64]], weights: ArrayLike | None, fold_of: ArrayLike | None, folds: int
    ) -> Targets:
        """Cut targets; columns that are one object, or hold the same numbers, are added up once."""
        factors = None if weights is None else _finite(np.asarray(weights, dtype=np.float64))
        made: list[tuple[NDArray[np.float64], Addends]] = []
        found = []
        for column in columns:
            same = next((addends for known, addends in made if np.array_equal(known, column)), None)
            if same is None:
                same = Addends.of(_finite(column), factors)
                made.append((column, same))
            found.append(same)
        of_rows = None if fold_of is None else np.asarray(fold_of, dtype=np.int64)
        return cls(found, None if factors is None else Addends.of(factors), of_rows, folds)


def _finite(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(numbers).all():
        raise DataError("a sum by group met a null or infinite value", "drop or fill these rows first")
    return numbers


@dataclass(frozen=True, eq=False)
class CategoryTargets:
    """Rows, weight and sum of each target column by category and fold; null is a separate category, ``None``.

    Parameters
    ----------
    categories : tuple
        Values that occur, ordered by text and type name.
    rows : array of int64, shape (categories * folds,)
        Rows of each category, fold by fold.
    weights : GroupedSum
        Their weights; equal to the rows without weights.
    sums : tuple of GroupedSum
        For each target column the (weighted) sums.
    folds : int
        Folds that are kept apart.

    Notes
    -----
    Everything is exact, so sums do not depend on the partitions, and all rows except those of one fold
    (:meth:`without`) have the same sums as if they alone had been summarized.

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
        codes, distinct = coded_values(categories)
        if len(codes) != len(columns):
            raise DataError(
                f"{len(columns)} targets for {len(codes)} categories", "give one row of targets for each category"
            )
        known = Targets.of(columns.T, weights, fold_of, folds)
        return cls.of_codes(codes, distinct, known)

    @classmethod
    def of_codes(cls, codes: NDArray[Any], distinct: Sequence[Any], targets: Targets) -> CategoryTargets:
        """Summarize rows by codes of categories, -1 for null; several columns so share what targets are cut into."""
        folds = targets.folds
        names = [*distinct, None]
        groups = len(names) * folds
        places = codes.astype(np.int64)
        places[places < 0] += len(names)
        if targets.fold_of is not None:
            places *= folds
            places += targets.fold_of
        rows = np.bincount(places, minlength=groups).astype(np.int64)
        mass = GroupedSum.of_addends(places, targets.weights, groups) if targets.weights else GroupedSum.of_counts(rows)
        found = {id(each): GroupedSum.of_addends(places, each, groups) for each in targets.columns}
        sums = tuple(found[id(each)] for each in targets.columns)
        used = np.flatnonzero(rows.reshape(-1, folds).any(axis=1))
        if isinstance(distinct, Levels):
            order = used[np.argsort(np.append(distinct.ranks, len(distinct))[used])].tolist()
        else:
            order = _ordered(used.tolist(), names)
        return cls(tuple(names), rows, mass, sums, folds)._placed(order)

    def _placed(self, places: Sequence[int]) -> CategoryTargets:
        """Return the categories of some places, in that order."""
        groups = _by_fold(np.asarray(places, dtype=np.int64), self.folds)
        sums = tuple(part.taken(groups) for part in self.sums)
        names = tuple(map(self.categories.__getitem__, places))
        return CategoryTargets(names, self.rows[groups], self.weights.taken(groups), sums, self.folds)

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
        rows = self.rows.reshape(-1, self.folds)
        kept = rows.sum(axis=1) - (0 if fold is None else rows[:, fold])
        sums = tuple(part.joined(self.folds, fold) for part in self.sums)
        found = CategoryTargets(self.categories, kept, self.weights.joined(self.folds, fold), sums)
        return found if kept.all() else found._placed(np.flatnonzero(kept).tolist())

    def of_folds(self, kept: Sequence[int]) -> CategoryTargets:
        """Return the categories of the rows of some folds, with these as one.

        Examples
        --------
        >>> import pandas as pd
        >>> both = CategoryTargets.of(pd.Series(["a", "b", "a"]), [1, 0, 0], fold_of=[0, 0, 1], folds=2)
        >>> both.of_folds([0]) == both.without(1), both.of_folds([]).categories
        (True, ())
        """
        codes = np.full((len(self.categories), self.folds), -1)
        codes[:, list(kept)] = np.arange(len(self.categories))[:, None]
        found = self._regrouped(self.categories, codes.ravel(), 1)
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
            raise DataError(
                f"{len(self.sums)} and {len(other.sums)} target columns cannot be added", "use the same targets"
            )
        if self.folds != other.folds:
            raise DataError(f"{self.folds} and {other.folds} folds cannot be added", "use the same folds")
        own, theirs = self, other
        if self.categories != other.categories:
            names = _united(self.categories, other.categories)
            places = dict(zip(names, range(len(names)), strict=True))
            own, theirs = (
                each
                if each.categories is names
                else each._as(names, np.array([*map(places.__getitem__, each.categories)], dtype=np.int64))
                for each in (self, other)
            )
        sums = tuple(mine + beside for mine, beside in zip(own.sums, theirs.sums, strict=True))
        return CategoryTargets(own.categories, own.rows + theirs.rows, own.weights + theirs.weights, sums, self.folds)

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
    new = set(others).difference(some)
    if not new:
        return some
    names = [*some, *new]
    return tuple(map(names.__getitem__, _ordered(range(len(names)), names)))


def _ordered(places: Sequence[int], names: Sequence[Any]) -> list[int]:
    """Return the places of some names in the order of text and type; nothing comes last."""
    named = [place for place in places if names[place] is not None]
    texts = set(map(type, map(names.__getitem__, named))) <= {str}
    key: Callable[[int], Any] = names.__getitem__ if texts else lambda place: text_and_type(names[place])
    return sorted(named, key=key) + [place for place in places if names[place] is None]
