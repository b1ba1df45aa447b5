"""Rows as plain arrays: lengths, nulls, weights and probabilities are checked, and columns are named."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, PROBABILITY, SCORE
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.by_slice.count_slices import Given, Grouping
from mlsys.evaluation.sample import event_of
from mlsys.values import plain


def given_rows(
    y: Any, prediction: Any, by: Any, probability: Any, score: Any, weight: Any, group: Any, event: Any, crossed: bool,
    bins: int,
) -> tuple[Given, list[Grouping]]:  # fmt: skip
    """Return rows and what slices them; rows that do not count are left out."""
    truth = _series(y, "y", None)
    rows = len(truth)
    columns = {name: _series(each, name, rows) for name, each in _columns(by).items()}
    weights, groups = (None if each is None else _series(each, name, rows)
                       for each, name in ((weight, "weight"), (group, "group")))  # fmt: skip
    shares = _shares(truth, probability, score, event, bins)
    said = _likeliest(truth, shares) if prediction is None else _like(truth, _series(prediction, "prediction", rows))
    known = isinstance(truth.dtype, np.dtype) and truth.dtype.kind in "iub"
    counts = np.ones(rows, dtype=bool) if known else truth.notna().to_numpy()
    held = None if weights is None else _weights(weights)
    if held is not None:
        counts = counts & (held > 0)
    if not counts.all():
        truth, said, shares = truth[counts], said[counts], shares[counts]
        columns = {name: each[counts] for name, each in columns.items()}
        held = None if held is None else held[counts]
        groups = None if groups is None else groups[counts]
    if truth.empty:
        raise DataError("no row has a known truth and a weight above 0", "pass the truth of the rows as y=")
    groupings = [Grouping.of(name, each) for name, each in columns.items()]
    if crossed and len(groupings) > 1:
        groupings = [functools.reduce(Grouping.crossed, groupings)]
    given = Given(truth, said, shares, held, groups, groupings[0] if groupings else None)
    for name, each in (("y", truth), ("prediction", said)):
        _check_finite(each, name, given.is_of_numbers)
    return given, groupings


def _check_finite(values: pd.Series, name: str, of_numbers: bool) -> None:
    """Refuse numbers that are not finite; of classes, null is none of them."""
    if not of_numbers or not pd.api.types.is_float_dtype(values):
        return
    wrong = ~np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{name} is {values.iloc[place]} in row {values.index.tolist()[place]}",
            "pass finite numbers; leave rows without them out",
        )


def _columns(by: Any) -> Mapping[str, Any]:
    if by is None:
        return {}
    if isinstance(by, pd.DataFrame):
        return {str(name): by[name] for name in by.columns}
    if isinstance(by, Mapping):
        return {str(name): each for name, each in by.items()}
    name = getattr(by, "name", None)
    return {"slice" if name is None else str(name): by}


def _series(values: Any, name: str, rows: int | None) -> pd.Series:
    """Return values as a column of plain type, in the order in which they stand."""
    column = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values).ravel(), copy=False)
    if rows is not None and len(column) != rows:
        raise DataError(
            f"{name} is of length {len(column):,}, and y of {rows:,}",
            "pass one value for each row, in the same order",
        )
    column = plain(column) if not isinstance(column.dtype, (np.dtype, pd.CategoricalDtype)) else column
    return column.reset_index(drop=True) if not isinstance(column.index, pd.RangeIndex) else column


def _like(truth: pd.Series, said: pd.Series) -> pd.Series:
    """Return predictions as truth holds its classes, where one is of truth values and the other of 0 and 1."""
    if not all(isinstance(each.dtype, np.dtype) and each.dtype.kind in "iub" for each in (truth, said)):
        return said
    if (truth.dtype.kind == "b") == (said.dtype.kind == "b") or not truth.isin([0, 1]).all():
        return said
    return said.astype(truth.dtype) if said.isin([0, 1]).all() else said


def _weights(weights: pd.Series) -> np.ndarray:
    values = weights.to_numpy(dtype=np.float64, na_value=np.nan)
    if not (np.isfinite(values) & (values >= 0)).all():
        place = int(np.flatnonzero(~(np.isfinite(values) & (values >= 0)))[0])
        raise DataError(
            f"weight is {values[place]} in row {place}", "pass finite weights of 0 or more; leave out rows without one"
        )
    return values


def _shares(truth: pd.Series, probability: Any, score: Any, event: Any, bins: int) -> pd.DataFrame:
    """Return what was said of each class, in columns named by class."""
    if probability is not None and score is not None:
        raise ConfigurationError("both probability= and score= were given", "pass probability= alone")
    if bins and probability is None:
        raise ConfigurationError(f"bins={bins} needs probabilities", "pass probability=, or leave bins= out")
    given, prefix = (score, SCORE) if probability is None else (probability, PROBABILITY)
    if given is None:
        return pd.DataFrame(index=truth.index)
    said = np.asarray(given, dtype=np.float64)
    if len(said) != len(truth):
        raise DataError(f"{prefix[:-1]} is of length {len(said):,}, and y of {len(truth):,}", "pass one for each row")
    _check_shares(said, prefix)
    classes = [str(each) for each in sorted(truth.dropna().unique())]
    if isinstance(given, pd.DataFrame):
        classes = [str(name).removeprefix(prefix) for name in given.columns]
    elif said.ndim == 1:
        named = str(event) if event is not None else None
        if named is None:
            found = event_of(pd.DataFrame({"y": truth, PREDICTION: truth}))
            named = classes[-1] if found is None else next(each for each in classes if found.is_called(each))
        other = [each for each in classes if each != named]
        if len(other) > 1:
            raise DataError(
                f"{prefix[:-1]} has one column for {len(classes)} classes", "pass one column for each class"
            )
        classes, said = [other[0] if other else "another class", named], np.column_stack([1 - said, said])
        if prefix == SCORE:
            said[:, 0] = -said[:, 1]
    if said.shape[1] != len(classes):
        raise DataError(
            f"{prefix[:-1]} has {said.shape[1]} columns for the classes {', '.join(classes)}",
            "pass a DataFrame with the names of the classes as columns",
        )
    return pd.DataFrame({prefix + name: said[:, place] for place, name in enumerate(classes)}, index=truth.index)


def _check_shares(said: np.ndarray, prefix: str) -> None:
    null = np.isnan(said)
    if null.any():
        raise DataError(
            f"{prefix[:-1]} is null, first in row {int(np.argwhere(null)[0][0])}",
            "leave rows without it out, or predict them",
        )
    if prefix == PROBABILITY and len(said) and not (said.min() >= 0 and said.max() <= 1):
        outside = np.argwhere((said < 0) | (said > 1))[0]
        raise DataError(
            f"probability is {said[tuple(outside)]:g} in row {int(outside[0])}, which is not between 0 and 1",
            "pass what is no probability as score=",
        )


def _likeliest(truth: pd.Series, shares: pd.DataFrame) -> pd.Series:
    """Return the likeliest class of each row; of two, the second from one half on."""
    if not len(shares.columns):
        raise ConfigurationError("there is no prediction", "pass prediction=, or probability=")
    values = {str(each): each for each in truth.dropna().unique()}
    names = [str(name).removeprefix(PROBABILITY).removeprefix(SCORE) for name in shares.columns]
    said = shares.to_numpy()
    places = (said[:, 1] >= said[:, 0]).astype(int) if len(names) == 2 else said.argmax(axis=1)  # noqa: PLR2004
    labels = pd.Series([values.get(name, name) for name in names])
    return pd.Series(labels.array.take(places), index=truth.index)
