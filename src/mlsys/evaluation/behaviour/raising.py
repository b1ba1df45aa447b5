"""Raising: the same rows with more of something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.evaluation.behaviour.changes import Change, column_of
from mlsys.values import TIMES, Kind, like, moments_of, moved, plain, values_of

By = float | int | str | Callable[[pd.Series], Any] | None


def raised(frame: pd.DataFrame, name: str, by: By, who: str) -> Change:
    """Return the change that raises a column.

    Parameters
    ----------
    frame : DataFrame
        Rows as a request brings them.
    name : str
        The column.
    by : number, str, callable or None
        As in ``DirectionalTest``.
    who : str
        Of the step, for messages.

    Raises
    ------
    DataError
        If the values have no order, or ``by`` does not fit them.
    """
    column = column_of(frame, name, who)
    if callable(by):
        return _by_function(column, name, by, who)
    values = values_of(column)
    if values.kind is Kind.NUMBER:
        return _more(column, name, by, values.whole, who)
    if values.kind in TIMES:
        return _later(column, name, by, who)
    if values.kind is Kind.TRUTH:
        return Change(f"{name} to true", name, like(plain(column).where(column.isna(), other=True), column))
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        return _next_level(column, name, by, who)
    raise DataError(
        f"{who} cannot raise {name!r}, which holds {values}: they have no order",
        "give by= a function from the column to the raised one, order its categories, or use InvarianceTest",
    )


def _by_function(column: pd.Series, name: str, by: Callable[[pd.Series], Any], who: str) -> Change:
    made = by(column.copy())
    found = made if isinstance(made, pd.Series) else pd.Series(made, index=column.index)
    if len(found) != len(column):
        raise DataError(
            f"by= of {who} returned {len(found):,} values for {len(column):,} rows", "return one value for each row"
        )
    return Change(f"{name} by {getattr(by, '__name__', 'a function')}", name, found.set_axis(column.index))


def _more(column: pd.Series, name: str, by: Any, whole: bool, who: str) -> Change:
    values = plain(column).to_numpy(dtype=np.float64, na_value=np.nan)
    if isinstance(by, str):
        share = by.strip().removesuffix("%")
        try:
            made, said = values + np.abs(values) * float(share) / 100, f"{name} +{float(share):g} %"
        except ValueError:
            share = ""
        if not share or not by.strip().endswith("%"):
            raise DataError(f"{who} raises {name!r} by {by!r}", "give a number, or a share such as by='10%'")
        made = np.rint(made) if whole else made
    else:
        step = _usual_step(values, whole) if by is None else float(by)
        if whole and step != round(step):
            raise DataError(
                f"{who} raises {name!r} by {by}, but it holds whole numbers", "give a whole number, such as by=1"
            )
        made, said = values + step, f"{name} {step:+,.4g}"
    return Change(said, name, like(pd.Series(made, index=column.index, name=column.name), column))


def _usual_step(values: Any, whole: bool) -> float:
    """Return half the distance of the quartiles, or the standard deviation where they are equal."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 1.0
    lower, upper = np.quantile(known, [0.25, 0.75])
    step = float((upper - lower) / 2) or float(known.std()) or 1.0
    return max(1.0, round(step)) if whole else float(f"{step:.2g}")


def _later(column: pd.Series, name: str, by: Any, who: str) -> Change:
    try:
        step = pd.Timedelta("1D" if by is None else by if isinstance(by, str) else "no duration")
    except ValueError as error:
        raise DataError(f"{who} raises the time {name!r} by {by!r}", "give a duration, such as by='7D'") from error
    later = moved(moments_of(column), step)
    return Change(f"{name} {by or '1D'} later", name, like(later, column))


def _next_level(column: pd.Series, name: str, by: Any, who: str) -> Change:
    if by is not None and (not isinstance(by, int) or by < 1):
        raise DataError(f"{who} raises {name!r} by {by!r}", "give a number of levels, such as by=1")
    step, levels = by or 1, column.cat.categories
    codes = column.cat.codes.to_numpy(dtype=np.int64)
    higher = levels.take(np.clip(codes + step, 0, len(levels) - 1))
    made = pd.Series(higher, index=column.index, name=column.name).where(column.notna())
    said = f"{name} one level up" if step == 1 else f"{name} {step} levels up"
    return Change(said, name, made.astype(column.dtype))
