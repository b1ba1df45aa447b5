"""Slices: the same comparison among the rows of one level, for the levels that most rows have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.drift.dependence import Dependence
from mlsys.drift.grid import count_on_grid
from mlsys.drift.levels import value_written
from mlsys.drift.reading import texts_of
from mlsys.drift.signals import Sides, Tests, signals_of
from mlsys.errors import DataError
from mlsys.values import plain

MOST_LEVELS = 8
"""Levels of a column that are slices, the most frequent first."""
FEWEST_ROWS = 50
"""Rows of the reference that a slice needs."""
Counts = dict[str, dict[str, Any]]


def slices_of(reference: pd.DataFrame, grid: Mapping[str, Any], by: Sequence[str], who: str) -> Counts:
    """Return the counts of the reference in each slice, by name such as ``"plan=basic"``."""
    made: Counts = {}
    for name in by:
        if name not in reference.columns:
            raise DataError(f"{who}: slices= names {name!r}, which the reference does not have", "correct the name")
        written = _written(reference[name])
        for level, rows in written.value_counts().head(MOST_LEVELS).items():
            if rows >= FEWEST_ROWS:
                counted = count_on_grid(reference[(written == level).to_numpy()], _untimed(grid))
                sums = {column: total.floats() for column, total in counted.sums.items()}
                made[f"{name}={level}"] = {"column": name, "level": str(level), "bins": counted.bins, "sums": sums}
    return made


def slice_signals(
    slices: Counts,
    grid: Mapping[str, Any],
    frame: pd.DataFrame,
    tests: Tests,
    depend: Mapping[str, Dependence],
) -> Iterator[dict[str, Any]]:
    """Yield the signals of each slice: those of the columns other than the one it is cut by.

    ``depend`` says how much rows of a column depend on each other, where no bar does; a slice has a part of them.
    """
    written = {name: _written(frame[name]) for name in {each["column"] for each in slices.values()} if name in frame}
    for said, kept in slices.items():
        if kept["column"] not in written:
            continue
        mine = (written[kept["column"]] == kept["level"]).to_numpy(dtype=bool)
        counted = count_on_grid(frame[mine], _untimed(grid))
        for name, column in grid["columns"].items():
            before, after = kept["bins"][name].sum(axis=0), counted.bins[name].sum(axis=0)
            if name == kept["column"] or not before[:-1].sum() or not after.sum():
                continue
            sums = float(np.sum(kept["sums"].get(name, 0.0))), _sum(counted.sums.get(name))
            sides = Sides(
                name, column, before.astype(np.float64), after.astype(np.float64), sums,
                float(counted.outside.get(name, np.zeros(1)).sum()), counted.unseen.get(name, np.zeros(0)),
                depend[name].on(float(after.sum())) if name in depend else 1.0,
            )  # fmt: skip
            for signal in signals_of(sides, tests):
                yield {"slice": said, "rows": int(mine.sum()), **signal}


def _untimed(grid: Mapping[str, Any]) -> dict[str, Any]:
    return {**grid, "time": None, "windows": 1}


def _sum(total: Any) -> float:
    return 0.0 if total is None else float(np.sum(total.floats()))


def _written(column: pd.Series) -> pd.Series:
    return texts_of(plain(column)).map(lambda text: value_written(str(text)), na_action="ignore")
