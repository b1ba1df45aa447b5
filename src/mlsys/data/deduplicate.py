"""Deduplicate: one row of each that say the same, or nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from mlsys.data._near_texts import near_texts
from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Select
from mlsys.summaries import duplicate_clusters
from mlsys.values import NUMERIC, Kind, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MOST_PAIRS = 20_000_000
"""Pairs of near rows that are held at once; more of them mean that nearly everything is near."""


class Deduplicate(Select):
    """Keep one row of each group of rows that are equal, or nearly equal, before the split.

    Parameters
    ----------
    columns : list of str, optional
        Columns in which rows must be equal; by default all but those in ``near``.
    near : dict of str to float, optional
        For columns of numbers, the largest difference; for columns of text, the least similarity between 0 and 1
        (Jaccard, of five characters in a row), such as ``{"price": 0.01, "title": 0.8}``.
    keep_row : {"first", "last"}
        Which row of a group stays, in the order of the rows.

    Raises
    ------
    DataError
        If a column is missing, or one in ``near`` holds neither numbers nor text, or nearly all rows are near.

    Notes
    -----
    Equal are ``1`` and ``1.0``, and two nulls. Rows that are near are joined step by step: if A is near B and B near C,
    one of the three stays. Near numbers are found by a tree (no row is near one with a null there), near texts by
    MinHash in eight bands of four (Broder 1997), confirmed exactly: of two texts alike by 0.8, one in seventy pairs is
    missed. Equal rows take one sort of their hashes.

    Repeated rows may also stay and be kept on one side of a split, which a split does by default.

    Examples
    --------
    >>> ads = pd.DataFrame({"city": ["Rome", "Rome", "Oslo"], "price": [100.0, 100.004, 100.0]})
    >>> len(Deduplicate().select(ads)), len(Deduplicate(near={"price": 0.01}).select(ads))
    (3, 2)
    """

    columns: tuple[str, ...] | list[str] | None = None
    near: dict[str, float] | None = Field(default=None, kw_only=True)
    keep_row: Literal["first", "last"] = Field(default="first", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse distances that are none."""
        wrong = [name for name, limit in (self.near or {}).items() if not (np.isfinite(limit) and limit >= 0)]
        if wrong:
            raise ConfigurationError(
                f"{self.title}: near={{{wrong[0]!r}: {(self.near or {})[wrong[0]]}}}", "give a number of zero or more"
            )
        both = set(self.near or {}) & set(self.columns or ())
        if both:
            raise ConfigurationError(
                f"{self.title} compares {sorted(both)[0]!r} exactly and nearly", "name it in columns= or in near="
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that are compared."""
        return tuple(columns) if self.columns is None else (*self.columns, *(self.near or {}))

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> NDArray[np.bool_]:
        """Return which rows stay."""
        near = self.near or {}
        compared = [name for name in frame.columns if name not in near] if self.columns is None else list(self.columns)
        require_columns(frame.columns, [*compared, *near], self.title, "correct columns= or near=")
        rows = frame if self.keep_row == "first" else frame.iloc[::-1]
        groups = duplicate_clusters(rows[compared]) if compared else np.zeros(len(rows), dtype=np.int64)
        groups = self._near(rows, groups) if near else groups
        stays = ~pd.Series(groups).duplicated().to_numpy()
        return np.asarray(stays if self.keep_row == "first" else stays[::-1])

    def _near(self, rows: pd.DataFrame, groups: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return groups of rows that are near each other within groups of equal ones."""
        from scipy.sparse import coo_array, csgraph

        numbers = {name: limit for name, limit in (self.near or {}).items() if self._is_number(rows[name])}
        texts = {name: limit for name, limit in (self.near or {}).items() if name not in numbers}
        pairs = self._near_numbers(rows, numbers, groups) if numbers else None
        for name, limit in texts.items():
            pairs = near_texts(rows[name], limit, groups, pairs)
        assert pairs is not None
        cells = (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1]))
        graph = coo_array(cells, shape=(len(rows), len(rows)))
        return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)

    def _is_number(self, column: pd.Series) -> bool:
        held = values_of(column)
        if held.means in NUMERIC:
            return True
        if held.means is Kind.TEXT:
            return False
        raise DataError(
            f"{self.title}: near= names column {column.name!r}, which holds {held}",
            "name columns of numbers or text; compare others exactly with columns=",
        )

    def _near_numbers(
        self, rows: pd.DataFrame, limits: dict[str, float], groups: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return pairs of rows of one group within all limits, each pair once."""
        from scipy.spatial import KDTree

        columns = [rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in limits]
        scaled = [values / limit if limit else values for values, limit in zip(columns, limits.values(), strict=True)]
        points = np.column_stack([*scaled, groups * 3.0])
        known = np.flatnonzero(np.isfinite(points).all(axis=1))
        tree = KDTree(points[known])
        if int(tree.count_neighbors(tree, 1.0, p=np.inf)) - len(known) > 2 * MOST_PAIRS:
            raise DataError(
                f"{self.title}: nearly all rows are near each other in {', '.join(limits)}",
                "choose smaller differences in near=, or more columns in columns=",
            )
        near = tree.query_pairs(1.0 + 1e-9, p=np.inf, output_type="ndarray")
        pairs = known[near.astype(np.int64).reshape(-1, 2)]
        within = np.ones(len(pairs), dtype=bool)
        for values, limit in zip(columns, limits.values(), strict=True):
            within &= np.abs(values[pairs[:, 0]] - values[pairs[:, 1]]) <= limit
        return np.asarray(pairs[within & (groups[pairs[:, 0]] == groups[pairs[:, 1]])])
