"""MaturingLosses: losses of rows whose labels come late, in the order of the rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import check_names
from mlsys.drift.asked import delay_of
from mlsys.drift.streams.kept import reading, write
from mlsys.drift.streams.losses import LOSSES, Floats
from mlsys.errors import ConfigurationError, DataError, MissingColumn
from mlsys.pages import Lines, Page, Shown, Title
from mlsys.values import moments_of, nanoseconds, plain, values_of

_WHO = "MaturingLosses"
_NULL = int(np.iinfo(np.int64).min)
_SETTINGS = ("label_delay", "id", "time", "prediction", "target", "loss")
_SAID = {
    "without_id_or_time": "rows without id, time or prediction were left out",
    "repeated": "rows came again under an id that waits; the first counts",
    "too_old": "rows came with a time at which all others had matured; left out",
    "unlabelled": "rows matured without a label and have no loss",
    "unknown": "labels are of ids that do not wait: never predicted, or mature already",
    "corrected": "labels were replaced by a later one before the row matured",
    "clock_back": "times the clock went back; the later time stays",
}  # fmt: skip


class MaturingLosses(Shown):
    """Losses of rows whose labels come late, each once its row is mature, in the order of the rows.

    Parameters
    ----------
    label_delay : str or Timedelta
        Age at which a row is judged, such as ``"14D"``: by then nearly all labels are known
        (:func:`~mlsys.label_delays`).
    id, time, prediction, target : str
        Columns of the row's id (texts or whole numbers), of the time of the prediction, of prediction and label.
    loss : {"error", "absolute", "squared"}
        Whether prediction and label differ, their distance, or its square (Brier's score for a probability beside 0 and
        1).

    Raises
    ------
    ConfigurationError
        If the delay is no duration, or the loss has another name.

    Notes
    -----
    Labels that come early are not like the others: those who pay late are known late. Rows are therefore judged at the
    same age, whenever their label came. A label that has not come by then is counted as missing, not as a loss.
    Labels may come in any order, and before or after others; what is odd is counted in ``counted`` and said.
    Memory is that of the rows that wait.

    Examples
    --------
    >>> waiting = MaturingLosses("14D", id="loan", time="day", prediction="p", target="late", loss="squared")
    >>> waiting.predicted(pd.DataFrame({"loan": [1, 2], "day": pd.to_datetime(["2026-03-01", "2026-03-09"]),
    ...                                 "p": [0.1, 0.6]}))
    >>> waiting.labelled(pd.DataFrame({"loan": [2, 1, 7], "late": [1, 0, 1]}))
    >>> waiting.mature("2026-03-16").round(2).to_dict()
    {1: 0.01}
    >>> waiting.counted
    {'unknown': 1}
    """

    def __init__(
        self, label_delay: str | pd.Timedelta, *, id: str, time: str, prediction: str, target: str, loss: str = "error"
    ) -> None:
        self.label_delay = str(delay_of(label_delay, _WHO))
        self.id, self.time, self.prediction, self.target, self.loss = id, time, prediction, target, loss
        if loss not in LOSSES:
            raise ConfigurationError(f"{_WHO}: there is no loss {loss!r}", f"choose one of {', '.join(LOSSES)}")
        self.counted: dict[str, int] = {}
        self._waiting: dict[Any, list[Any]] = {}
        self._matured = _NULL
        self._zoned: bool | None = None

    def predicted(self, rows: pd.DataFrame) -> None:
        """Take rows with id, time and prediction; labels that they may hold are not read.

        Raises
        ------
        DataError
            If a column is missing, times are no times, or some have a zone and others none; no row is taken then.
        """
        times = self._times(_column(rows, self.time))
        ids, predictions = _plain(_column(rows, self.id)), _plain(_column(rows, self.prediction))
        for key, at, prediction in zip(ids, times, predictions, strict=True):
            if key is None or prediction is None or at == _NULL:
                self._count("without_id_or_time")
            elif at <= self._matured:
                self._count("too_old")
            elif key in self._waiting:
                self._count("repeated")
            else:
                self._waiting[key] = [at, prediction, None]

    def labelled(self, rows: pd.DataFrame) -> None:
        """Take labels by id, in any order; null ones are not known yet.

        Raises
        ------
        DataError
            If a column is missing.
        """
        for key, label in zip(_plain(_column(rows, self.id)), _plain(_column(rows, self.target)), strict=True):
            if label is None:
                continue
            held = self._waiting.get(key)
            if held is None:
                self._count("unknown")
                continue
            if held[2] is not None and held[2] != label:
                self._count("corrected")
            held[2] = label

    def mature(self, now: Any) -> pd.Series:
        """Return the losses of the rows that are mature by now, in the order of their times, and forget these rows.

        Parameters
        ----------
        now : str, date or Timestamp
            The present.

        Returns
        -------
        Series of float
            By id.

        Raises
        ------
        DataError
            If ``now`` is no time, or predictions and labels are not of the kind that the loss is of.
        """
        until = self._times(pd.Series([_moment(now)]))[0] - pd.Timedelta(self.label_delay).as_unit("ns").value
        if until < self._matured:
            self._count("clock_back")
        until = max(until, self._matured)
        ripe = sorted(
            (held[0], place, key) for place, (key, held) in enumerate(self._waiting.items()) if held[0] <= until
        )
        keys = [key for *_, key in ripe if self._waiting[key][2] is not None]
        losses = self._losses([self._waiting[key][1] for key in keys], [self._waiting[key][2] for key in keys])
        self._count("unlabelled", len(ripe) - len(keys))
        for *_, key in ripe:
            del self._waiting[key]
        self._matured = until
        return pd.Series(losses, index=pd.Index(keys, name=self.id), name="loss", dtype=np.float64)

    @property
    def waiting(self) -> int:
        """Number of rows that are not mature."""
        return len(self._waiting)

    def save(self, file: str | Path) -> Path:
        """Write settings and waiting rows into a file of plain JSON; one that is there is replaced at once.

        Returns
        -------
        Path
            The file.
        """
        rows = [[key, *held] for key, held in self._waiting.items()]
        state = {"counted": self.counted, "matured": self._matured, "zoned": self._zoned, "rows": rows}
        return write(Path(file), _WHO, {"settings": {name: getattr(self, name) for name in _SETTINGS}, **state})

    @classmethod
    def load(cls, file: str | Path) -> MaturingLosses:
        """Read what ``save`` wrote.

        Raises
        ------
        StateError
            If the file is missing, damaged, changed, or of something else.
        """
        with reading(Path(file), _WHO) as about:
            made = cls(**about["settings"])
            made.counted, made._matured, made._zoned = about["counted"], about["matured"], about["zoned"]
            made._waiting = {key: held for key, *held in about["rows"]}
        return made

    def _losses(self, predictions: list[Any], labels: list[Any]) -> Floats:
        if not predictions:
            return np.empty(0)
        return LOSSES[self.loss](pd.Series(predictions), pd.Series(labels), f"{_WHO}.mature")

    def _times(self, column: pd.Series) -> list[int]:
        made = moments_of(column, _WHO, f"{self.time!r}")
        if made.notna().any():
            zoned = made.dt.tz is not None
            if self._zoned not in {None, zoned}:
                raise DataError(
                    f"{_WHO}: some times of {self.time!r} have a time zone and others, or now, have none",
                    "give all times with a zone, or all without",
                )
            self._zoned = zoned
        return [int(each) for each in nanoseconds(made)]

    def _count(self, what: str, many: int = 1) -> None:
        if many:
            self.counted[what] = self.counted.get(what, 0) + many

    def _page(self) -> Page:
        odd = [(f"{many:,}", _SAID[what]) for what, many in self.counted.items()]
        labels = sum(held[2] is not None for held in self._waiting.values())
        return Page([
            Title(f"{self.waiting:,} rows wait until they are {self.label_delay} old, {labels:,} with their label"),
            Lines([("loss", f"{self.loss} of {self.prediction!r} beside {self.target!r}"), *odd]),
        ])  # fmt: skip


def _moment(now: Any) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(now)
    except (TypeError, ValueError) as error:
        raise DataError(f"{_WHO}.mature: now={now!r} is not a time", 'write "2026-03-16", or a Timestamp') from error
    if pd.isna(moment):
        raise DataError(f"{_WHO}.mature: now={now!r} is not a time", 'write "2026-03-16", or a Timestamp')
    return moment


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    if not isinstance(rows, pd.DataFrame):
        raise DataError(f"{_WHO} got {type(rows).__name__}, not a DataFrame", "wrap it: pd.DataFrame(...)")
    check_names(rows, _WHO, "got")
    if name not in rows.columns:
        raise MissingColumn(
            f"{_WHO}: there is no column {name!r}", f"the rows have {', '.join(map(str, rows.columns))}"
        )
    return rows[name]


def _plain(column: pd.Series) -> list[Any]:
    """Return values as JSON has them: numbers, truth values, texts; None for null and infinite ones."""
    made = plain(column).astype(object)
    values = [each.item() if isinstance(each, np.generic) else each for each in made.tolist()]
    values = [None if isinstance(each, float) and not math.isfinite(each) else each for each in values]
    values = [None if each is pd.NA or each is pd.NaT else each for each in values]
    odd = next((value for value in values if not isinstance(value, bool | int | float | str | None)), None)
    if odd is not None:
        raise DataError(
            f"{_WHO}: column {column.name!r} holds {values_of(column)}, such as {odd!r}", "give numbers or texts"
        )
    return values
