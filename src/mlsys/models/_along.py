"""Along a decision: what is said of one step ahead goes into what is said of the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import DECISION, HORIZON, Rows
from mlsys.errors import DataError
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Integers = NDArray[np.int64]

NONE = -1


@dataclass(frozen=True)
class Decisions:
    """Rows by series and decision moment.

    Parameters
    ----------
    places : array of int, shape (decisions, horizons)
        Place of the row at each horizon; of the next later one where a decision has no such row, and -1 behind its
        last.
    number, ahead : array of int, shape (rows,)
        Decision and horizon of each row.

    Examples
    --------
    >>> rows = pd.DataFrame({"decision_number": [7, 7, 4]})
    >>> Decisions.of(rows, np.array([1, 3, 2])).places.tolist()
    [[0, 1, 1], [2, 2, -1]]
    """

    places: Integers
    number: Integers
    ahead: Integers

    @classmethod
    def of(cls, rows: pd.DataFrame, ahead: Integers) -> Decisions:
        """Return the decisions of rows; a row that is there twice counts as one of a decision of its own."""
        names = pd.DataFrame({"decision": rows[DECISION].to_numpy(), "ahead": ahead})
        names["copy"] = names.groupby(["decision", "ahead"]).cumcount()
        number: Integers = np.asarray(names.groupby(["decision", "copy"], sort=False).ngroup(), dtype=np.int64)
        places = np.full((number.max(initial=-1) + 1, ahead.max(initial=1)), NONE, dtype=np.int64)
        places[number, ahead - 1] = np.arange(len(rows))
        for before in range(places.shape[1] - 2, -1, -1):
            places[:, before] = np.where(places[:, before] == NONE, places[:, before + 1], places[:, before])
        return cls(places, number, ahead)

    def steps(self, rows: pd.DataFrame) -> Iterator[tuple[int, NDArray[np.bool_], pd.DataFrame]]:
        """Yield each horizon with the decisions that reach it and their rows; these have the horizon as a feature."""
        for ahead in range(1, self.places.shape[1] + 1):
            there = self.places[:, ahead - 1] != NONE
            given = rows.iloc[self.places[there, ahead - 1]]
            yield ahead, there, with_columns(given, {HORIZON: ahead}) if HORIZON in given.columns else given

    def empty(self) -> Numbers:
        """Return a table of nothing known, by decision and horizon."""
        return np.full(self.places.shape, np.nan)

    def of_rows(self, table: Numbers) -> Numbers:
        """Return the entry of each row out of a table by decision and horizon."""
        return np.asarray(table[self.number, self.ahead - 1])


def summed(rows: pd.DataFrame, decisions: Decisions, say: Callable[[int, pd.DataFrame], Numbers]) -> Numbers:
    """Return the sums of the changes that are said of each step up to the horizon of each row."""
    said = decisions.empty()
    for ahead, there, given in decisions.steps(rows):
        said[there, ahead - 1] = say(ahead, given)
    return decisions.of_rows(np.cumsum(said, axis=1))


def as_changes(rows: Rows, target: str, ahead: Integers, who: str) -> tuple[Rows, Integers]:
    """Return rows whose target is the change from the step before, and their horizons.

    Rows whose decision has no value one step before are left out; at the first step, the target stays as it is.
    """
    y, decisions = rows.y.to_numpy(dtype=np.float64, na_value=np.nan), Decisions.of(rows, ahead)
    values = decisions.empty()
    values[decisions.number, ahead - 1] = y
    before = np.where(ahead == 1, 0.0, np.column_stack([np.zeros(len(values)), values])[decisions.number, ahead - 1])
    known = ~np.isnan(before)
    if not known.any():
        raise DataError(
            f"{who}: no training row has another one step before it, so there is no change to learn",
            "give the rows of a decision together, as Forecast makes them, or leave changes= out",
        )
    kept = rows.take_rows(known)
    changed = with_columns(pd.DataFrame(kept), {target: (y - before)[known]})
    return Rows.of(changed, rows.roles, rows.feature_names), ahead[known]
