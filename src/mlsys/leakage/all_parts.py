"""All rows of a run, which of them are training rows, and the levels that several checks use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of, is_plain, number_blocks
from mlsys.leakage.levels import PEEK, Levels, levels_of_column, may_be_levels, numbers_of, some_rows, some_rows_of
from mlsys.leakage.read_once import Look, Number, look_of, looks_of, surely_has_more
from mlsys.leakage.statistics import days_of
from mlsys.summaries import hash_ids
from mlsys.values import NUMERIC, TIMES, Kind, Values, plain, values_by_column, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

SAMPLE = 12_000
"""Maximum number of rows per column; of more, all rows of some levels are used."""
MOST_SAMPLED = 4 * SAMPLE
"""Columns with larger levels are ordinary categories and are not checked."""
FEWEST_LEVELS = 5
FIRST = 1_000
"""Rows that are looked at before all are."""
BLOCKS = 400
"""Of neighbouring numbers, each taken or left out as a whole, so that neighbours stay together."""
MOST_LEVELS = 0.85
"""Maximum share of levels among rows: with more, levels hardly recur."""
MOST_OF_VALUES = 0.5
"""The same for the values of a number: those of a measurement hardly recur."""


@dataclass(frozen=True)
class Grouping:
    """A column of levels, in all or some rows: all rows of a level or none.

    Parameters
    ----------
    name : str
        Of the column.
    places : array of int
        Of the rows.
    levels : Levels
        Of these rows.
    ordered : bool
        Whether they are numbers.
    """

    name: str
    places: NDArray[np.int64]
    levels: Levels
    ordered: bool

    def kept(self, rows: NDArray[np.bool_]) -> Grouping:
        """Return the levels in some of all rows."""
        return self._at(rows[self.places])

    def kept_filled(self) -> Grouping:
        """Return the levels in the rows that have one."""
        return self._at(self.levels.codes >= 0)

    def constant(self, values: NDArray[np.float64]) -> bool:
        """Whether a column of all rows has one value within each level, nulls apart.

        Levels come again among the first rows, which say no of most columns.
        """
        return all(Levels(self.levels.codes[:rows], self.levels.count).constant(values[self.places[:rows]])
                   for rows in (FIRST, len(self.places)))  # fmt: skip

    def constant_among(self, table: Mapping[str, NDArray[np.float64]]) -> Iterator[tuple[str, NDArray[np.float64]]]:
        """Yield the columns that have one value within each level, in these rows."""
        yield from ((name, values[self.places]) for name, values in table.items() if self.constant(values))

    def _at(self, here: NDArray[np.bool_]) -> Grouping:
        return Grouping(self.name, self.places[here], Levels(self.levels.codes[here], self.levels.count), self.ordered)


@dataclass(frozen=True)
class AllParts:
    """Rows of all parts.

    Parameters
    ----------
    rows : DataFrame
        With their targets.
    training : array of bool
        Which of them are training rows.
    target : str
        The target column.
    features : sequence of str
        Columns that the model may see.
    asked : sequence of str
        Columns of levels: features and excluded columns.
    """

    rows: pd.DataFrame
    training: NDArray[np.bool_]
    target: str
    features: Sequence[str]
    asked: Sequence[str]

    @classmethod
    def of(
        cls, train: pd.DataFrame, others: pd.DataFrame, target: str, features: Sequence[str], asked: Sequence[str]
    ) -> AllParts:
        """Put training rows and others together."""
        return cls(
            pd.concat([train, others]), np.arange(len(train) + len(others)) < len(train), target, features, asked
        )

    @cached_property
    def train(self) -> pd.DataFrame:
        """The training rows."""
        return self.rows[self.training]

    @cached_property
    def labelled(self) -> NDArray[np.bool_]:
        """Which rows have a target."""
        return self.rows[self.target].notna().to_numpy(dtype=bool)

    @cached_property
    def some(self) -> pd.DataFrame:
        """A few rows from all over."""
        return some_rows_of(self.rows)

    @cached_property
    def kinds(self) -> dict[str, Values]:
        """What the values of features and columns that are asked are, where they are among the rows."""
        there = set(self.rows.columns)
        names = dict.fromkeys([*self.features, *self.asked])
        return values_by_column(self.rows, [name for name in names if name in there])

    @cached_property
    def looks(self) -> dict[str, Look]:
        """What a few rows tell of features and columns that are asked, where these are numbers or truth values."""
        return looks_of(self.some, [name for name, each in self.kinds.items() if each.kind in NUMERIC])

    @cached_property
    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """Features of numbers and truth values; NaN for null and for infinite numbers."""
        kinds, types = self.kinds, dtypes_of(self.rows)
        names = [name for name in dict.fromkeys(self.features) if name in kinds and kinds[name].kind in NUMERIC]
        found: dict[str, NDArray[np.float64]] = {}
        for there, block in number_blocks(self.rows, [name for name in names if is_plain(types[name])]):
            found.update(zip(there, np.where(np.isfinite(block), block, np.nan), strict=True))
        return {name: found[name] if name in found else numbers_of(self.rows[name]) for name in names}

    @cached_property
    def columns(self) -> dict[str, Number]:
        """The same features, with what is asked of them."""
        return {name: Number(values, self.training) for name, values in self.numbers.items()}

    @cached_property
    def groupings(self) -> list[Grouping]:
        """The columns that are asked, where their values come again."""
        found = (grouping_of(name, self.rows[name]) for name in self.levels_asked() if self._worth_drawing(name))
        return [each for each in found if each is not None]

    @property
    def fine_groupings(self) -> list[Grouping]:
        """The columns of fractions and times that are asked, where their values come again: a place, a day of birth."""
        found = (self._fine_grouping(name) for name in self.levels_asked())
        return [each for each in found if each is not None]

    @property
    def values_as_levels(self) -> list[Grouping]:
        """The features of fractions whose values come again: each may stand for a level that is gone."""
        found = []
        for name, column in self.columns.items():
            rows = len(column.values)
            asked = name != self.target and FEWEST_LEVELS <= self.looks[name].distinct <= MOST_LEVELS * rows
            if asked and column.has_fractions and not surely_has_more(column.everywhere, MOST_OF_VALUES * rows):
                levels = levels_of_column(self.rows[name])
                if levels.count <= MOST_OF_VALUES * rows:
                    found.append(Grouping(name, np.arange(rows), levels, ordered=True))
        return found

    def levels_asked(self) -> list[str]:
        """Return the columns that are asked and among the rows, the target aside."""
        return [name for name in dict.fromkeys(self.asked) if name != self.target and name in self.kinds]

    def _worth_drawing(self, name: str) -> bool:
        """Whether a column may be levels, and enough of them are left where some are drawn of many rows."""
        if (name in self.looks and not self.looks[name].whole) or not may_be_levels(self.some[name], FEWEST_LEVELS):
            return False
        there = plain(self.some[name]).nunique()
        comes_again = there < len(self.some) / 4  # nearly all levels are among a few rows
        return not comes_again or there * min(SAMPLE / len(self.rows), 1.0) >= FEWEST_LEVELS

    def _fine_grouping(self, name: str) -> Grouping | None:
        """Return the levels of a column of fractions or times, most of whose values come again."""
        kind = self.kinds[name]
        if kind.kind is Kind.NUMBER:
            look = self.looks[name]
            if look.whole and may_be_levels(self.some[name], FEWEST_LEVELS):
                return None
            return grouping_of(name, pd.Series(numbers_of(self.rows[name]))) if _come_again(look) else None
        some = days_of(self.some[name]) if kind.means in TIMES else None
        days = days_of(self.rows[name]) if some is not None and _come_again(look_of(some)) else None
        return None if days is None else grouping_of(name, days)


def _come_again(look: Look) -> bool:
    """Whether most finite numbers among a few rows come again."""
    return look.levels >= FEWEST_LEVELS and look.alone <= MOST_OF_VALUES * look.counted


def grouping_of(name: str, column: pd.Series) -> Grouping | None:
    """Return the levels of a column, in some of many rows; ``None`` where these are too few, or nearly all rows."""
    ordered = values_of(column).kind is Kind.NUMBER
    places = np.arange(len(column))
    if len(column) > SAMPLE:
        drawn = _drawn(column, ordered)
        if not 0 < drawn.sum() <= MOST_SAMPLED:
            return None
        places = np.flatnonzero(drawn)
    levels = levels_of_column(column.iloc[places])
    enough = FEWEST_LEVELS <= levels.count <= MOST_LEVELS * len(places)
    return Grouping(name, places, levels, ordered) if enough else None


def _drawn(column: pd.Series, ordered: bool) -> NDArray[np.bool_]:
    """Draw some levels, or some blocks of neighbouring numbers, at random."""
    share = SAMPLE / len(column)
    if not ordered:
        column = plain(column)
        if values_of(column).kind is Kind.TEXT and some_rows(column).nunique() > PEEK // 2:  # to number them costs more
            return np.asarray((hash_ids(column) <= np.uint64(share * 2.0**64)) & column.notna().to_numpy())
        codes, levels = pd.factorize(column)
        drawn = hash_ids(pd.Index(levels)) <= np.uint64(share * 2.0**64)
        return np.asarray(np.append(drawn, False)[codes])
    values = numbers_of(column)
    some = numbers_of(some_rows(column))
    cuts = np.unique(np.quantile(some[np.isfinite(some)], np.linspace(0, 1, BLOCKS + 1)[1:-1]))
    if len(cuts) < BLOCKS // 4:  # few numbers: each is a block
        return np.asarray(hash_ids(values) <= np.uint64(share * 2.0**64))
    drawn = hash_ids(np.arange(len(cuts) + 1)) <= np.uint64(share * 2.0**64)
    return np.asarray(np.isfinite(values) & drawn[np.searchsorted(cuts, values, side="right")])
