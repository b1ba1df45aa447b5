"""find_slices: the search for slices on a frame with an error of each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mlsys.dataset import Roles, Rows, check_names, require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.finding.finding import Asked
from mlsys.evaluation.finding.rates import Rate
from mlsys.evaluation.finding.report import SliceReport
from mlsys.evaluation.finding.searching import Divided, divided
from mlsys.values import Kind, plain, values_of, with_columns

_PLACE = "\0place"


def find_slices(
    frame: pd.DataFrame,
    *,
    error: str | ArrayLike,
    columns: Sequence[str] | None = None,
    conditions: int = 3,
    most: int = 10,
    smallest: float | int = 0.01,
    bins: int = 10,
    alpha: float | None = None,
    confirm: float | pd.DataFrame = 0.5,
    level: float = 0.95,
    weight: str | None = None,
    group: str | None = None,
    time: str | None = None,
) -> SliceReport:
    """Search a frame for the slices on which an error is highest, and confirm them on other rows.

    Parameters
    ----------
    frame : DataFrame
        One row an example.
    error : str or array of shape (rows,)
        How wrong each row is, or the name of its column: truth values, 0 and 1, or losses of at least 0. Rows with null
        do not count: for the false positive rate, give null where the event occurred.
    columns : sequence of str, optional
        Columns that slices are made of; by default all others.
    conditions, most, smallest, bins, alpha, level
        As for `FindSlices`.
    confirm : float or DataFrame
        Share of the rows kept aside to confirm slices, or other rows with the same columns.
    weight, group, time : str, optional
        Columns of weights, of groups of dependent rows, and of the time by which rows are divided.

    Returns
    -------
    SliceReport
        With ``table``, ``plot()`` and ``rows(slice)``.

    Raises
    ------
    DataError
        If a column is absent, an error is negative or not a number, or a weight is not positive.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"city": rng.choice(["Bonn", "Lyon"], 4000), "plan": rng.choice(["a", "b", "c"], 4000)})
    >>> bad = (rows["city"] == "Lyon") & (rows["plan"] == "b")
    >>> report = find_slices(rows, error=rng.random(4000) < np.where(bad, 0.3, 0.1))
    >>> report.worse
    ['city=Lyon & plan=b']
    >>> len(report.rows('city=Lyon & plan=b'))
    344
    """
    who = "find_slices"
    asked = _checked(Asked(conditions, most, smallest, bins, alpha, level), who)
    used = [name for name in (error, weight, group, time) if isinstance(name, str)]
    _refuse(columns, used, who)
    frames = [frame, *([confirm] if isinstance(confirm, pd.DataFrame) else [])]
    for each in frames:
        check_names(each, who, "got a frame with")
        require_columns(each.columns, [*used, *(columns or ())], who, "name columns of the frame")
    if len(frames) == 2 and not isinstance(error, str):
        raise ConfigurationError(f"{who} got other rows, but errors of these only", "name a column: error='wrong'")
    whole = pd.concat(frames)
    errors = _errors(whole[error] if isinstance(error, str) else error, whole, who)
    marked = Rows.of(
        with_columns(whole, {_PLACE: np.arange(len(whole))}), Roles(weight=weight, group=group, time=time), ()
    )
    rows = marked.counted(who)
    places = rows.pop(_PLACE).to_numpy()
    weights = np.ones(len(rows)) if rows.weight is None else rows.weight.to_numpy(dtype=np.float64)
    rate = Rate("error", False, errors[places], weights, rows.group)
    if len(frames) == 2:
        searched, said = places < len(frame), (f"{len(frame):,} rows", f"{len(frames[1]):,} other rows")
    else:
        searched, how = divided(rows, _share(confirm, who), who)
        said = f"{int(searched.sum()):,} rows{how}", f"the other {int((~searched).sum()):,} rows"
    plain_rows = pd.DataFrame(rows)
    names = [name for name in whole.columns if name not in used] if columns is None else list(dict.fromkeys(columns))
    task = Divided(plain_rows, plain_rows[searched], rate, searched, said, who, plain_rows)
    return task.report(names, columns is not None, asked)


def _checked(asked: Asked, who: str) -> Asked:
    """Raise for settings that cannot be used."""
    allowed = {
        "conditions": asked.conditions >= 1, "most": asked.most >= 1, "smallest": asked.smallest > 0,
        "bins": asked.bins >= 2, "alpha": asked.alpha is None or 0 < asked.alpha <= 1, "level": 0 < asked.level < 1,
    }  # fmt: skip
    wrong = [f"{name}={getattr(asked, name)!r}" for name, fits in allowed.items() if not fits]
    if wrong:
        raise ConfigurationError(
            f"{who} got {', '.join(wrong)}",
            "conditions and most are 1 or more, bins 2 or more, smallest above 0, alpha and level between 0 and 1",
        )
    return asked


def _share(confirm: Any, who: str) -> float:
    if not isinstance(confirm, (int, float)) or not 0 < confirm < 1:
        raise ConfigurationError(f"{who} got confirm={confirm!r}", "give a share between 0 and 1, or a frame")
    return float(confirm)


def _refuse(columns: Sequence[str] | None, used: Sequence[str], who: str) -> None:
    if isinstance(columns, str):
        raise ConfigurationError(f"{who} got columns={columns!r}, a string", f"write columns=[{columns!r}]")
    twice = [name for name in columns or () if name in used]
    if twice:
        raise ConfigurationError(
            f"{who} got {twice[0]!r} as the error, weight, group or time, and in columns=", "leave it out of columns="
        )


def _errors(asked: Any, rows: pd.DataFrame, who: str) -> NDArray[np.float64]:
    """Return the error of each row, NaN where it does not count."""
    given = asked if isinstance(asked, pd.Series) else pd.Series(asked, index=rows.index[: len(asked)])
    if len(given) != len(rows) or not len(rows):
        raise DataError(f"{who} got {len(given):,} errors for {len(rows):,} rows", "give one error a row")
    if not given.index.equals(rows.index):
        if not (given.index.is_unique and rows.index.is_unique and rows.index.isin(given.index).all()):
            raise DataError(
                f"{who}: the errors have another index than the rows",
                "pass errors.to_numpy() if they are in their order",
            )
        given = given.loc[rows.index]
    held = values_of(given)
    if held.kind not in {Kind.NUMBER, Kind.TRUTH, Kind.NOTHING}:
        raise DataError(
            f"{who}: the errors hold {held}", "give truth values or numbers, such as frame['y'] != frame['prediction']"
        )
    errors = plain(given).to_numpy(dtype=np.float64, na_value=np.nan)
    if (errors < 0).any():
        raise DataError(f"{who}: {int((errors < 0).sum()):,} errors are below 0", "give absolute or squared errors")
    return errors
