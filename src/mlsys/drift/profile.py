"""Profile of the reference: counts by window on a fixed grid, never rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.drift.cuts import PROBABILITIES, bins_between
from mlsys.drift.grid import count_on_grid
from mlsys.drift.reading import (
    LEVEL,
    NOTHING,
    compared_as,
    kind_of_times,
    numbers_of,
    seconds_since_1970,
    texts_of,
    times_of,
)
from mlsys.errors import DataError
from mlsys.steps import Transform
from mlsys.summaries import Again, Counts, Moments, Quantiles, SummaryMap, finish_quantiles

MOST_LEVELS = 500
"""Levels counted one by one, most frequent first; the rest is counted together with new ones."""
FEWEST_WINDOWS = 8
"""Windows the reference is cut into at least, so that the current rows have something to be compared with."""
MOST_WINDOWS = 10_000
"""And at most: a window is a row of counts for each column."""


class _Carried:
    """Results of an earlier pass, carried through the sum of a later one."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __add__(self, other: _Carried) -> _Carried:
        return self


class _Kinds(dict[str, str]):
    """Types in which columns are compared; partitions with known values must agree."""

    def __add__(self, other: _Kinds) -> _Kinds:
        for name, kind in other.items():
            if kind != NOTHING and self[name] not in {kind, NOTHING}:
                raise DataError(
                    f"the column {name!r} holds {self[name]} in some rows of the reference and {kind} in others",
                    "convert it to one type before profiling",
                )
        return _Kinds({name: kind or other[name] for name, kind in self.items()})


class DriftProfile(Transform):
    """Learn the profile of columns: the number of rows between fixed cuts in each time window.

    Parameters
    ----------
    columns : list of str
        Columns to profile.
    time : str, optional
        Time column; without it there is one window.
    window : float, optional
        Length of a window in seconds; between a 10,000th and an eighth of the reference.
    aligned : bool
        Whether windows begin at multiples of their length since 1970, such as at midnight UTC.

    Notes
    -----
    Passes: levels, time span and quantiles (two or more); then counts. Exact: the same bytes for any
    partitioning and order of rows. About 0.5 kB per column and window; no row is kept.

    Examples
    --------
    >>> profile = DriftProfile(["x"]).fit(pd.DataFrame({"x": [1.0, 2.0, 3.0, None]})).state
    >>> int(profile["counts"]["bins"]["x"].sum()), int(profile["counts"]["bins"]["x"][0, -1])
    (4, 1)
    """

    columns: tuple[str, ...]
    time: str | None = None
    window: float | None = None
    aligned: bool = False

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the profiled columns and the time."""
        return (*self.columns, *([self.time] if self.time else []))

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return the summary of one partition for the pass that ``partial`` requests."""
        frame = pd.DataFrame(part)
        if partial is None:
            return SummaryMap(self._first(frame))
        if "grid" in partial:
            return SummaryMap({"grid": _Carried(partial["grid"]), "counted": count_on_grid(frame, partial["grid"])})
        kinds = partial["known"]["kinds"]
        again = {
            f"cuts {name}": Quantiles.of(numbers_of(frame[name], kinds[name]), zoom)
            for name, zoom in partial["zoom"].items()
        }
        return SummaryMap({"known": _Carried(partial["known"]), **again})

    def finish(self, summary: SummaryMap, /) -> Any:
        """Return the profile, or request the next pass."""
        if "counted" in summary:
            return {"grid": summary["grid"].value, "counts": summary["counted"].state()}
        known: Mapping[Hashable, Any] = summary["known"].value if "known" in summary else summary
        found: dict[Hashable, Quantiles] = {
            name: summary[f"cuts {name}"] for name in self.columns if f"cuts {name}" in summary
        }
        answer: Any = finish_quantiles(found, PROBABILITIES) if found else {}
        if isinstance(answer, Again):
            carried = {key: value for key, value in known.items() if not str(key).startswith("cuts ")}
            return Again({"zoom": answer.partial, "known": carried})
        return Again({"grid": self._grid(known, answer)})

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame unchanged."""
        return frame

    def _first(self, frame: pd.DataFrame) -> dict[Hashable, Any]:
        """Return kinds, span of time, levels, and what quantiles need first."""
        kinds = _Kinds({name: compared_as(frame[name]) for name in self.columns})
        found: dict[Hashable, Any] = {}
        for name, kind in kinds.items():
            if kind == LEVEL:
                found[f"levels {name}"] = Counts.of(texts_of(frame[name]))
            elif kind != NOTHING:
                found[f"cuts {name}"] = Quantiles.of(numbers_of(frame[name], kind))
        if self.time is None:
            return {**found, "kinds": kinds, "span": Moments(), "time kind": _Kinds({"": NOTHING})}
        times = times_of(frame[self.time])
        span = Moments.of(np.floor(seconds_since_1970(times)))
        return {**found, "kinds": kinds, "span": span, "time kind": _Kinds({self.time: kind_of_times(times)})}

    def _grid(self, known: Mapping[Hashable, Any], quantiles: Mapping[Hashable, Any]) -> dict[str, Any]:
        columns: dict[str, Any] = {}
        for name, kind in known["kinds"].items():
            if kind in {LEVEL, NOTHING}:
                levels = known[f"levels {name}"].ordered(top=MOST_LEVELS) if kind == LEVEL else []
                columns[name] = {"kind": LEVEL, "levels": [value for value, _ in levels]}
            else:
                columns[name] = bins_between(np.asarray(quantiles[name], dtype=np.float64), kind)
        span = known["span"]
        if self.time is None or not span.n:
            return {"columns": columns, "time": None, "start": 0.0, "length": 1.0, "windows": 1, "span": 0.0}
        whole = float(span.maximum - span.minimum) + 1.0
        length = max(min(self.window or whole, whole / FEWEST_WINDOWS), whole / MOST_WINDOWS)
        start = float(span.minimum)
        begin = float(np.floor(start / length) * length) if self.aligned else start
        windows = int(np.ceil((start - begin + whole) / length - 1e-9))
        return {
            "columns": columns, "time": self.time, "time kind": known["time kind"][self.time],
            "start": begin, "length": length, "windows": windows, "span": whole,
        }  # fmt: skip
