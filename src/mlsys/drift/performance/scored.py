"""What a model said of rows, read from a frame: classes as codes, probabilities, or numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import Event, probability_columns, settled, tally
from mlsys.drift.asked import row_named
from mlsys.errors import ConfigurationError, DataError
from mlsys.values import NUMERIC, Unlike, by_value, values_of

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
UNKNOWN = -1
"""Code of a label that is not known yet."""
MOST_CLASSES = 50


@dataclass(frozen=True)
class Columns:
    """Which columns hold what: the target, the prediction, probabilities by class."""

    target: str
    prediction: str | None
    probability: str | Mapping[Any, str] | None
    threshold: float = 0.5

    @property
    def named(self) -> list[str]:
        """All columns that are no features."""
        shares = self.probability
        of_classes = [] if shares is None else [shares] if isinstance(shares, str) else list(shares.values())
        return [name for name in (self.target, self.prediction, *of_classes) if name is not None]


@dataclass(frozen=True)
class Scored:
    """Rows of a classifier: labels and predictions as codes of classes, and probabilities of shape (rows, classes)."""

    y: Codes
    predicted: Codes
    shares: Values

    def taken(self, rows: Any) -> Scored:
        """Return some of the rows."""
        return Scored(self.y[rows], self.predicted[rows], self.shares[rows])

    def __len__(self) -> int:
        return len(self.predicted)


def with_probabilities(frame: pd.DataFrame, columns: Columns) -> Columns:
    """Return the columns with those of probabilities, where the frame has the names that mlsys gives them."""
    if columns.probability is not None:
        return columns
    found = probability_columns(frame.columns)
    if found:
        shares = {name.removeprefix("probability_"): name for name in found}
        return Columns(columns.target, columns.prediction, shares, columns.threshold)
    return columns


def has_classes(reference: pd.DataFrame, columns: Columns) -> bool:
    """Say whether the target is of classes: there are probabilities, or it holds no numbers, or only two of them."""
    target = reference[columns.target]
    return columns.probability is not None or values_of(target).kind not in NUMERIC or target.nunique() <= 2


def classes_of(reference: pd.DataFrame, columns: Columns, event: Any, who: str) -> list[Any]:
    """Return the classes; of two, the event last.

    Raises
    ------
    DataError
        If the target holds fewer than two classes, or too many.
    """
    values = _plain(reference[columns.target], columns.target, who)
    counted = values.value_counts()
    found = [(each, float(counted[each])) for each in sorted(counted.index.tolist())]
    if not 2 <= len(found) <= MOST_CLASSES:
        raise DataError(
            f"{who}: the target {columns.target!r} of the reference holds {len(found)} different values",
            f"give a reference whose labels are of 2 to {MOST_CLASSES} classes; for numbers leave probability= out",
        )
    if len(found) > 2:
        return [each for each, _ in found]
    means = settled(None if event is None else Event.named(event), tally(values), columns.target)
    assert means is not None
    return sorted((each for each, _ in found), key=lambda each: each == means.value)


def scored(frame: pd.DataFrame, columns: Columns, classes: Sequence[Any], which: str, who: str) -> Scored:
    """Read the rows of a classifier; labels may be absent.

    Raises
    ------
    DataError
        If a probability is null or outside [0, 1], or a class is none of the reference's.
    """
    shares = _shares(frame, columns, classes, which, who)
    rows = np.full(len(frame), UNKNOWN)
    y = _codes(frame[columns.target], columns.target, classes, which, who) if columns.target in frame.columns else rows
    if columns.prediction is None:
        predicted = (shares[:, 1] >= columns.threshold).astype(np.int64) if len(classes) == 2 else shares.argmax(axis=1)
    else:
        predicted = _codes(frame[columns.prediction], columns.prediction, classes, which, who)
        if (predicted == UNKNOWN).any():
            raise _null(frame, columns.prediction, which, who)
    return Scored(y, predicted, shares)


def numbers_in(frame: pd.DataFrame, name: str, which: str, who: str, may_lack: bool = False) -> Values:
    """Return a column of numbers; nulls only where they may be.

    Raises
    ------
    DataError
        If it holds something else.
    """
    if may_lack and name not in frame.columns:
        return np.full(len(frame), np.nan)
    column = frame[name]
    if column.notna().any() and values_of(column).kind not in NUMERIC:
        raise DataError(
            f"{who}: {name!r} of {which} holds {values_of(column)}, not numbers", "name a column of numbers"
        )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not may_lack and np.isnan(values).any():
        raise _null(frame, name, which, who)
    if np.isinf(values).any():
        place = int(np.isinf(values).argmax())
        raise DataError(
            f"{who}: {name!r} of {which} is infinite in row {row_named(frame, place)}",
            "repair it, or leave the row out",
        )
    return values


def _shares(frame: pd.DataFrame, columns: Columns, classes: Sequence[Any], which: str, who: str) -> Values:
    given = columns.probability
    if given is None:
        raise ConfigurationError(
            f"{who}: {columns.target!r} holds classes, and no column holds their probabilities",
            'name it: probability="p" for that of the event, or probability={class: column}',
        )
    if isinstance(given, str):
        if len(classes) > 2:
            raise ConfigurationError(
                f"{who}: probability={given!r} is one column for {len(classes)} classes",
                "name one for each class: probability={class: column}",
            )
        second = _share(frame, given, which, who)
        return np.column_stack([1 - second, second])
    texts = {str(key): name for key, name in given.items()}
    lacking = [each for each in classes if str(each) not in texts]
    if len(classes) == 2 and lacking == [classes[0]]:
        second = _share(frame, texts[str(classes[1])], which, who)
        return np.column_stack([1 - second, second])
    if lacking:
        raise DataError(
            f"{who}: no column holds the probability of the class {lacking[0]!r}",
            "name a column for each class: probability={class: column}",
        )
    return np.column_stack([_share(frame, texts[str(each)], which, who) for each in classes])


def _share(frame: pd.DataFrame, name: str, which: str, who: str) -> Values:
    values = numbers_in(frame, name, which, who)
    outside = (values < 0) | (values > 1)
    if outside.any():
        place = int(outside.argmax())
        raise DataError(
            f"{who}: {name!r} of {which} is {values[place]:g} in row {row_named(frame, place)}, not a probability",
            "name probabilities (predict_proba), not scores (decision_function)",
        )
    return values


def _codes(column: pd.Series, name: str, classes: Sequence[Any], which: str, who: str) -> Codes:
    values = _plain(column, name, who)
    codes: Codes = np.asarray(pd.Index(classes).get_indexer(pd.Index(values)), dtype=np.int64)
    strange = (codes == UNKNOWN) & values.notna().to_numpy()
    if strange.any():
        place = int(strange.argmax())
        raise DataError(
            f"{who}: {name!r} of {which} is {values.iloc[place]!r} in row {row_named(column, place)}, which is none of "
            f"the classes of the reference ({', '.join(map(repr, classes[:5]))})",
            "write classes alike in both, or give a reference that holds all of them",
        )
    return np.asarray(codes)


def _plain(column: pd.Series, name: str, who: str) -> pd.Series:
    try:
        return by_value(column)
    except Unlike as unlike:
        raise DataError(f"{who}: {name!r} {unlike.why}", unlike.remedy) from unlike


def _null(frame: pd.DataFrame, name: str, which: str, who: str) -> DataError:
    place = int(frame[name].isna().to_numpy().argmax())
    return DataError(
        f"{who}: {name!r} of {which} is null in row {row_named(frame, place)}",
        "leave rows without a prediction out: frame[frame[...].notna()]",
    )
