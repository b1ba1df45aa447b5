"""The other table of a join: reading it once, choosing its columns, and taking its rows by position."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import pandas as pd
from pydantic import AfterValidator

from mlsys.data._paths import CSV_ENDINGS, PARQUET_ENDINGS, files_of, files_read
from mlsys.data.read_csv import ReadCSV
from mlsys.data.read_parquet import ReadParquet
from mlsys.dataset import check_names
from mlsys.errors import DataError, listed
from mlsys.tables import apart
from mlsys.values import EXACT_IN_FLOAT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mlsys.steps import Step

TableOrPath = Annotated[
    str | Path | pd.DataFrame, AfterValidator(lambda table: os.fspath(table) if isinstance(table, Path) else table)
]
"""A frame, or the path of a CSV or Parquet file that is read when first needed."""

_ONE_BY_ONE = 20
"""Up to here setting columns one by one is faster than making a frame of them (40 us each against 900 us)."""


def table_of(who: str) -> str:
    """Return the name of a join's table in messages."""
    return f"{who} (its table)"


def side_files(table: Any, who: str) -> list[Path] | None:
    """Return the files that hold a side table; ``None`` for an address, none for a frame."""
    if isinstance(table, pd.DataFrame):
        return []
    return files_read(table, (*CSV_ENDINGS, *PARQUET_ENDINGS), table_of(who))


def table_in_words(table: Any) -> str:
    """Return what a side table is called: its file, or that it was given as a frame.

    Examples
    --------
    >>> table_in_words("data/planes.csv"), table_in_words(pd.DataFrame({"k": [1, 2]}))
    ('planes.csv', 'a table of 2 rows')
    """
    return f"a table of {len(table):,} rows" if isinstance(table, pd.DataFrame) else Path(table).name


def read_side(table: Any, needed: Sequence[str], columns: Sequence[str] | None, who: str) -> pd.DataFrame:
    """Return the side table with the columns that the join uses: ``needed`` and ``columns`` (all when None)."""
    wanted = None if columns is None else list(dict.fromkeys([*needed, *columns]))
    if isinstance(table, pd.DataFrame):
        side = table
    else:
        files = files_of(table, (*CSV_ENDINGS, *PARQUET_ENDINGS), table_of(who))
        reader = ReadParquet if files[0].lower().endswith(PARQUET_ENDINGS) else ReadCSV
        side = reader(table, columns=wanted, name=table_of(who)).read()
    check_names(side, table_of(who), "has", "table")
    missing = [name for name in [*needed, *(columns or ())] if name not in side.columns]
    if missing:
        raise DataError(
            f"{who}: the table has no column {missing[0]!r} (its columns: {listed(side.columns)})",
            "correct on=, by=, time= or columns=",
        )
    return side if wanted is None else side[wanted]


def output_names(frame: pd.DataFrame, added: Sequence[str], suffix: str | None, who: str) -> list[str]:
    """Return the names that side columns get beside those of ``frame``, whose names never change."""
    colliding = [name for name in added if name in frame.columns]
    if colliding and suffix is None:
        raise DataError(
            f"{who}: the table's column{'s' if len(colliding) > 1 else ''} {', '.join(map(repr, colliding))} "
            f"would replace columns of the rows",
            f"choose other columns with columns=[...], or rename these with suffix=, such as suffix='_{who.lower()}'",
        )
    names = [f"{name}{suffix}" if name in colliding else name for name in added]
    twice = [name for name in names if names.count(name) > 1 or (name in frame.columns)]
    if twice:
        raise DataError(f"{who}: suffix={suffix!r} makes {twice[0]!r}, which is taken", "choose another suffix")
    return names


def served_names(step: Step, side: pd.DataFrame, added: Iterable[str], written: Collection[str]) -> Any:
    """Return a join whose columns have the names they got in training, whatever columns a request brings."""
    names = {name: name if name in written else f"{name}{step.suffix}" for name in added}  # type: ignore[attr-defined]
    return step.with_(table=side.rename(columns=names), columns=list(names.values()), suffix=None)


def that_can_be_null(column: pd.Series) -> pd.Series:
    """Return a column in a type that holds null, so that the type does not depend on which rows find a match."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "biu":
        return column
    if column.dtype.kind == "b":
        return column.astype("boolean")
    exact = column.empty or (abs(int(column.min())) <= EXACT_IN_FLOAT >= abs(int(column.max())))
    return column.astype("float64" if exact else "UInt64" if column.dtype.kind == "u" else "Int64")


def with_taken(
    frame: pd.DataFrame, side: Mapping[str, Any], positions: NDArray[Any], names: Sequence[str]
) -> pd.DataFrame:
    """Return ``frame`` with side columns, given as arrays in the order of ``names``, at ``positions``; -1 is null."""
    taken = {name: each.take(positions, allow_fill=True) for name, each in zip(names, side.values(), strict=True)}
    few = apart(frame)
    if few is not None:
        return cast("pd.DataFrame", few.replaced({}, taken, ()))
    if len(taken) > _ONE_BY_ONE:
        return pd.concat([frame, pd.DataFrame(taken, index=frame.index)], axis=1)
    joined = frame.copy(deep=False)
    for name, values in taken.items():
        joined[name] = values
    return joined
