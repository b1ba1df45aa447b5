"""Cast: columns in other types."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, RowTransform
from mlsys.values import values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Cast(RowTransform):
    """Bring columns to other types, where that loses nothing.

    Parameters
    ----------
    types : dict of str to str
        For each column a type: ``"float64"``, ``"Int64"``, ``"boolean"``, ``"str"``, ``"datetime"`` (ISO texts; in UTC
        if they have offsets), or any other type of pandas by name.
    unreadable : {"error", "null"}
        What becomes of values that the type cannot hold.

    Raises
    ------
    DataError
        If a column is missing, or a value does not fit; names column, row and value.

    Notes
    -----
    A fraction is no whole number, and ``2**53 + 1`` no float: such values do not fit. Truth values are ``true``,
    ``false``, ``yes``, ``no``, ``1`` and ``0``, in any case. Null stays null; whole numbers with nulls need ``Int64``.

    Examples
    --------
    >>> read = pd.DataFrame({"paid": ["1.5", "2", None], "member": ["yes", "no", None]})
    >>> Cast({"paid": "float64", "member": "boolean"}).apply(read)
       paid  member
    0   1.5    True
    1   2.0   False
    2   NaN    <NA>
    """

    types: dict[str, str]
    unreadable: Literal["error", "null"] = Field(default="error", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what is no type."""
        for name, kind in self.types.items():
            try:
                pd.api.types.pandas_dtype("datetime64[s]" if kind == "datetime" else kind)
            except (TypeError, ValueError) as error:
                raise ConfigurationError(
                    f"{self.title}: {kind!r} for {name!r} is no type",
                    'write "float64", "Int64", "boolean", "str" or "datetime"',
                ) from error

    @property
    def columns(self) -> dict[str, Any]:
        """What makes each column."""
        return dict(self.derivations())

    def derivations(self) -> Mapping[str, Callable[[pd.DataFrame], Any]]:
        """Return what makes each column: itself in another type."""
        return {name: partial(self._cast_of, name, kind) for name, kind in self.types.items()}

    def _cast_of(self, name: str, kind: str, frame: pd.DataFrame) -> pd.Series:
        return self._cast(frame[name], kind)

    def only(self, needed: set[str]) -> Cast:
        """Return the same step with just the needed columns."""
        return self.with_(types={name: kind for name, kind in self.types.items() if name in needed})

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that are cast."""
        return tuple(self.types)

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with the columns in their types."""
        require_columns(frame.columns, list(self.types), self.title, "correct the names")
        return with_columns(frame, {name: self._cast(frame[name], kind) for name, kind in self.types.items()})

    def _cast(self, column: pd.Series, kind: str) -> pd.Series:
        dtype = None if kind == "datetime" else pd.api.types.pandas_dtype(kind)
        if column.dtype == dtype:
            return column
        try:
            read = _reader(kind, dtype)(column)
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"{self.title}: column {column.name!r} holds {values_of(column)}, which cannot become {kind}",
                "choose another type, or make the column with Derive",
            ) from error
        unread = (read.isna() & column.notna()).to_numpy()
        if unread.any() and self.unreadable == "error":
            given, label = column[unread].tolist(), column.index[unread].tolist()  # plain values, as they are written
            raise DataError(
                f"{self.title}: column {column.name!r} holds {given[0]!r} in row {label[0]!r}, "
                f"which is no {kind} ({int(unread.sum()):,} such rows)",
                'correct these values before, or make them null: unreadable="null"',
            )
        if dtype is None:
            return read
        try:
            return read.astype(dtype)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{self.title}: column {column.name!r} has nulls, which {kind} cannot hold",
                f"choose a type that can, such as {'Int64' if dtype.kind in 'iu' else 'boolean'!r}",
            ) from error


def _reader(kind: str, dtype: Any) -> Callable[[pd.Series], pd.Series]:
    """Return a function that reads a column as a type, null where a value does not fit."""
    if kind == "datetime" or dtype.kind == "M":
        return _moments
    if dtype.kind == "m":
        return lambda column: pd.Series(pd.to_timedelta(column, errors="coerce"))
    if isinstance(dtype, pd.BooleanDtype) or dtype is np.dtype(bool):
        return _truths
    if dtype.kind in "iuf":
        return lambda column: _numbers(column, dtype)
    if isinstance(dtype, pd.StringDtype):
        return lambda column: column.astype(object).map(str, na_action="ignore").astype(dtype)
    return lambda column: _as(column, dtype)


def _as(column: pd.Series, dtype: Any) -> pd.Series:
    try:
        return column.astype(dtype)
    except (TypeError, ValueError):
        return column.where(np.zeros(len(column), dtype=bool))


def _moments(column: pd.Series) -> pd.Series:
    """Return ISO texts as moments: in UTC where they have an offset, one or several, so that rows do not matter."""
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):  # pandas would read the clock
        column = column.mask(column.map(lambda each: str(each).strip().lower() in {"now", "today"}).astype(bool))
    try:
        read = pd.Series(pd.to_datetime(column, errors="coerce", format="ISO8601"))
    except ValueError:  # several offsets
        return pd.Series(pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True))
    zoned = read.dt.tz is not None and not isinstance(column.dtype, pd.DatetimeTZDtype)
    return read.dt.tz_convert("UTC") if zoned else read


_TRUTHS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False, "1.0": True, "0.0": False}


def _truths(column: pd.Series) -> pd.Series:
    texts = column.astype(object).map(lambda value: _TRUTHS.get(str(value).strip().lower()), na_action="ignore")
    return texts.astype("boolean")


def _numbers(column: pd.Series, dtype: Any) -> pd.Series:
    given = column.astype(object) if column.dtype.kind not in "iufb" else column
    read = pd.to_numeric(given, errors="coerce")
    if isinstance(read.dtype, np.dtype) and read.dtype.kind == "b":
        return read.astype("Int8")
    if dtype.kind == "f":
        lost = read.notna() & (read.astype("float64").astype(object) != read.astype(object))
        return read.astype("float64").mask(lost.to_numpy(dtype=bool))
    if read.dtype.kind == "f":
        whole = np.floor(read.to_numpy(dtype=np.float64, na_value=np.nan)) == read.to_numpy(np.float64, na_value=np.nan)
        read = read.where(whole & (read.abs() <= 2**53).to_numpy(dtype=bool, na_value=False)).astype("Int64")
    limits = np.iinfo(dtype.numpy_dtype if hasattr(dtype, "numpy_dtype") else dtype)
    inside = (read >= limits.min) & (read <= limits.max)
    return read.where(inside.to_numpy(dtype=bool, na_value=False))
