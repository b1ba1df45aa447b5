"""The history of a model in use, read from a frame: one row for each period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.asked import check_rows, row_named
from mlsys.drift.reading import seconds_since_1970, times_of
from mlsys.drift.retraining.excess import Served, Values
from mlsys.errors import DataError
from mlsys.values import NUMERIC, values_of

NUMBERS = ("rows", "loss", "fresh", "spread", "estimate", "estimate_lower")
_WHO = "RetrainPolicy.advise"


@dataclass(frozen=True)
class History:
    """Periods in order of time.

    Parameters
    ----------
    times : list of str
        Beginning of each period, or its number.
    numbers : mapping of str to ndarray
        Columns ``NUMBERS``, NaN where not known.
    retrained : ndarray of bool
        Whether a new model began to serve in the period.
    broken : list of str
        What is wrong with the data of the period; empty where nothing is.

    Examples
    --------
    >>> import pandas as pd
    >>> periods = History.of(pd.DataFrame({"rows": [900, 1_000], "loss": [0.31, None]}))
    >>> periods.numbers["loss"].tolist()
    [0.31, nan]
    """

    times: list[str]
    numbers: dict[str, Values]
    retrained: NDArray[np.bool_]
    broken: list[str]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> History:
        """Read a frame; periods are put in order of time.

        Raises
        ------
        DataError
            If a column is missing, or holds what it cannot.
        """
        check_rows(frame, f"{_WHO}: the history")
        lacking = [name for name in ("rows", "loss") if name not in frame.columns]
        if lacking:
            raise DataError(
                f"{_WHO}: the history lacks the column {lacking[0]!r}",
                "give one row for each period with the columns rows and loss (mean loss of a row, null before labels)",
            )
        if "time" in frame.columns:
            frame = frame.iloc[np.argsort(_times(frame["time"]), kind="stable")]
        numbers = {name: _numbers(frame, name) for name in NUMBERS}
        said = frame["broken"].tolist() if "broken" in frame.columns else [None] * len(frame)
        broken = [_complaint(each) for each in said]
        # Rows that could not be read were not counted.
        rows = np.where(np.isnan(numbers["rows"]) & np.array([bool(each) for each in broken]), 0.0, numbers["rows"])
        numbers["rows"] = rows
        if np.isnan(rows).any() or (rows < 0).any():
            place = int((np.isnan(rows) | (rows < 0)).argmax())
            raise DataError(
                f"{_WHO}: rows of the period {place} is {rows[place]:g}", "give the number of its decisions"
            )
        times = [_named(each) for each in frame["time"]] if "time" in frame.columns else [*map(str, range(len(frame)))]
        retrained = frame["retrained"].fillna(False).astype(bool) if "retrained" in frame.columns else None
        started = np.zeros(len(frame), dtype=bool) if retrained is None else retrained.to_numpy()
        return cls(times, numbers, started, broken)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def since(self) -> int:
        """The first period of the model that serves now."""
        started = np.flatnonzero(self.retrained)
        return int(started[-1]) if len(started) else 0

    def served(self) -> tuple[NDArray[np.int64], Served]:
        """Return the periods of the model that serves now, and what is known of them; broken ones are left out."""
        kept = np.array([each for each in range(self.since, len(self)) if not self.broken[each]], dtype=np.int64)
        parts = {name: self.numbers[name][kept] for name in ("rows", "loss", "fresh", "spread", "estimate")}
        return kept, Served(**parts)


def _times(column: pd.Series) -> NDArray[np.float64]:
    if values_of(column).kind in NUMERIC:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return seconds_since_1970(times_of(column))


def _named(value: object) -> str:
    return value.isoformat().removesuffix("T00:00:00") if isinstance(value, pd.Timestamp) else str(value)


def _numbers(frame: pd.DataFrame, name: str) -> Values:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    column = frame[name]
    if column.notna().any() and values_of(column).kind not in NUMERIC:
        raise DataError(f"{_WHO}: {name!r} of the history holds {values_of(column)}, not numbers", "give numbers")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any() or (values < 0).any():
        place = int((np.isinf(values) | (values < 0)).argmax())
        raise DataError(
            f"{_WHO}: {name!r} of the history is {values[place]:g} in row {row_named(frame, place)}",
            "give mean losses of 0 or more, such as the share of errors",
        )
    return values


def _complaint(value: object) -> str:
    """Return what is wrong in a period: a text, or True; empty where nothing is."""
    if isinstance(value, str):
        return value.strip()
    return "the data broke its schema" if value is not None and not pd.isna(value) and bool(value) else ""  # type: ignore[call-overload]
