"""Profile: what is remembered of the reference: counts by window on a fixed grid, never rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.drift.grid import count_on_grid, is_number, levels_of, numbers_of, seconds_of
from mlsys.steps import Transform
from mlsys.summaries import Again, Counts, Moments, Quantiles, SummaryMap, finish_quantiles

CUTS = np.linspace(0, 1, 65)[1:-1]
"""Quantiles that numbers are counted between: distances are then exact to about a 64th of the rows."""
MOST_LEVELS = 500
"""Levels counted one by one, most frequent first; the rest is counted together with new ones."""
FEWEST_WINDOWS = 8
"""Windows the reference is cut into at least, so that the current rows have something to be compared with."""


class _Carried:
    """What an earlier pass found, taken along through the sum of a later one."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __add__(self, other: _Carried) -> _Carried:
        return self


class DriftProfile(Transform):
    """Learn the profile of columns: in each window of time, how many rows fall between fixed cuts.

    Parameters
    ----------
    columns : list of str
        Columns to profile.
    time : str, optional
        Time column; without it there is one window.
    window : float, optional
        Length of a window in seconds; an eighth of the reference at most.

    Notes
    -----
    Passes: levels, span of time and quantiles (two or more); then counts. Exact, the same bytes for any
    partitioning and order of rows. About 0.5 kB a column and window; no row is kept.

    Examples
    --------
    >>> profile = DriftProfile(["x"]).fit(pd.DataFrame({"x": [1.0, 2.0, 3.0, None]})).state
    >>> int(profile["counts"]["bins"]["x"].sum()), int(profile["counts"]["bins"]["x"][0, -1])
    (4, 1)
    """

    columns: tuple[str, ...]
    time: str | None = None
    window: float | None = None

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the profiled columns and the time."""
        return (*self.columns, *([self.time] if self.time else []))

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return what the pass that ``partial`` asks for needs of one partition."""
        frame = pd.DataFrame(part)
        if partial is None:
            span = Moments.of(np.empty(0) if self.time is None else seconds_of(frame[self.time]))
            numeric = [name for name in self.columns if is_number(frame[name])]
            found: dict[str, Any] = {f"cuts {name}": Quantiles.of(numbers_of(frame[name])) for name in numeric}
            others = [name for name in self.columns if name not in numeric]
            found.update({f"levels {name}": Counts.of(levels_of(frame[name])) for name in others})
            return SummaryMap({"span": span, **found})
        if "grid" in partial:
            return SummaryMap({"grid": _Carried(partial["grid"]), "counted": count_on_grid(frame, partial["grid"])})
        again = {
            key: Quantiles.of(numbers_of(frame[key.removeprefix("cuts ")]), z) for key, z in partial["zoom"].items()
        }
        return SummaryMap({"known": _Carried(partial["known"]), **again})

    def finish(self, summary: SummaryMap, /) -> Any:
        """Return the profile, or ask for the next pass."""
        if "counted" in summary:
            return {"grid": summary["grid"].value, "counts": summary["counted"].state()}
        known = dict(summary["known"].value) if "known" in summary else {}
        found = {str(key): value for key, value in summary.items()}
        known.update({key: value for key, value in found.items() if key == "span" or key.startswith("levels ")})
        quantiles: dict[Hashable, Quantiles] = {key: v for key, v in found.items() if key.startswith("cuts ")}
        answer: Any = finish_quantiles(quantiles, [0.0, *CUTS, 1.0]) if quantiles else {}
        if isinstance(answer, Again):
            zoomed = set(answer.partial)
            known.update({key: value for key, value in quantiles.items() if key not in zoomed})
            return Again({"zoom": answer.partial, "known": known})
        return Again({"grid": self._grid(known, answer)})

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame as it is."""
        return frame

    def _grid(self, known: Mapping[str, Any], quantiles: Mapping[str, Any]) -> dict[str, Any]:
        columns: dict[str, Any] = {}
        for name in self.columns:
            found = quantiles.get(f"cuts {name}")
            if found is not None:
                clean = np.asarray(found, dtype=np.float64)
                columns[name] = {"cuts": np.unique(clean[1:-1][np.isfinite(clean[1:-1])]), "ends": clean[[0, -1]]}
            else:
                columns[name] = {"levels": [value for value, _ in known[f"levels {name}"].ordered(top=MOST_LEVELS)]}
        span = known["span"]
        if self.time is None or not span.n:
            return {"columns": columns, "time": None, "start": 0.0, "length": 1.0, "windows": 1, "span": 0.0}
        whole = float(span.maximum - span.minimum) + 1.0
        length = min(self.window or whole, whole / FEWEST_WINDOWS)
        windows = int(np.ceil(whole / length - 1e-9))
        start = float(span.minimum)
        return {
            "columns": columns, "time": self.time, "start": start, "length": length, "windows": windows, "span": whole,
        }  # fmt: skip
