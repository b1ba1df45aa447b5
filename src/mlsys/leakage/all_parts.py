"""All rows of a run, which of them are training rows, and the levels that several checks use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.levels import Levels, levels_of_column, may_be_levels, numbers_of, some_rows
from mlsys.leakage.statistics import days_of
from mlsys.summaries import hash_ids
from mlsys.values import TIMES, Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SAMPLE = 12_000
"""Maximum number of rows per column; of more, all rows of some levels are used."""
MOST_SAMPLED = 4 * SAMPLE
"""Columns with larger levels are ordinary categories and are not checked."""
FEWEST_LEVELS = 5
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
    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """Features of numbers and truth values."""
        kinds = {name: values_of(self.rows[name]).kind for name in self.features if name in self.rows.columns}
        return {name: numbers_of(self.rows[name]) for name, kind in kinds.items() if kind in {Kind.NUMBER, Kind.TRUTH}}

    @cached_property
    def groupings(self) -> list[Grouping]:
        """The columns that are asked, where their values come again."""
        names = [name for name in dict.fromkeys(self.asked) if name != self.target and name in self.rows.columns]
        found = (_grouping(name, self.rows[name]) for name in names if _worth_drawing(self.rows[name]))
        return [each for each in found if each is not None]

    @property
    def fine_groupings(self) -> list[Grouping]:
        """The columns of fractions and times that are asked, where their values come again: a place, a day of birth."""
        names = [name for name in dict.fromkeys(self.asked) if name != self.target and name in self.rows.columns]
        found = (_fine_grouping(name, self.rows[name]) for name in names)
        return [each for each in found if each is not None]

    @property
    def values_as_levels(self) -> list[Grouping]:
        """The features of fractions whose values come again: each may stand for a level that is gone."""
        found = []
        for name, values in self.numbers.items():
            some = some_rows(self.rows[name]).nunique()
            if name != self.target and FEWEST_LEVELS <= some <= MOST_LEVELS * len(values) and (values % 1 > 0).any():
                levels = levels_of_column(self.rows[name])
                if levels.count <= MOST_OF_VALUES * len(values):
                    found.append(Grouping(name, np.arange(len(values)), levels, ordered=True))
        return found


def _worth_drawing(column: pd.Series) -> bool:
    """Whether a column may be levels, and enough of them are left where some are drawn of many rows."""
    if not may_be_levels(column, FEWEST_LEVELS):
        return False
    some = plain(some_rows(column))
    there = some.nunique()
    comes_again = there < len(some) / 4  # nearly all levels are among a few rows
    return not comes_again or there * min(SAMPLE / len(column), 1.0) >= FEWEST_LEVELS


def _fine_grouping(name: str, column: pd.Series) -> Grouping | None:
    """Return the levels of a column of fractions or times, most of whose values come again."""
    if values_of(column).kind is Kind.NUMBER:
        numbers = pd.Series(numbers_of(column)) if not may_be_levels(column, FEWEST_LEVELS) else None
    else:
        numbers = days_of(column) if values_of(column).means in TIMES else None
    if numbers is None:
        return None
    _, counts = np.unique(some_rows(numbers).dropna(), return_counts=True)
    alone = (counts == 1).sum() > MOST_OF_VALUES * counts.sum()
    return None if len(counts) < FEWEST_LEVELS or alone else _grouping(name, numbers)


def _grouping(name: str, column: pd.Series) -> Grouping | None:
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
        codes, levels = pd.factorize(plain(column))
        drawn = hash_ids(pd.Index(levels)) <= np.uint64(share * 2.0**64)
        return np.asarray(np.append(drawn, False)[codes])
    values = numbers_of(column)
    some = numbers_of(some_rows(column))
    cuts = np.unique(np.quantile(some[np.isfinite(some)], np.linspace(0, 1, BLOCKS + 1)[1:-1]))
    if len(cuts) < BLOCKS // 4:  # few numbers: each is a block
        return np.asarray(hash_ids(values) <= np.uint64(share * 2.0**64))
    drawn = hash_ids(np.arange(len(cuts) + 1)) <= np.uint64(share * 2.0**64)
    return np.asarray(np.isfinite(values) & drawn[np.searchsorted(cuts, values, side="right")])
