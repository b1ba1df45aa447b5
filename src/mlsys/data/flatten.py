"""Flatten: columns out of nested values."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlsys.data._arrow_file import ArrowFile
from mlsys.data._folders import Folders
from mlsys.data._pieces import whole_of
from mlsys.data._schema import plan_of
from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Reshape
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    from mlsys.dataset import Rows

logger = logging.getLogger("mlsys")


class Flatten(Reshape):
    """Make columns of the fields of nested values, and, where asked for, rows of the elements of a list.

    Parameters
    ----------
    columns : list of str, optional
        Nested columns to flatten; by default all of records (structs). A record ``customer`` with a field ``city``
        becomes the column ``customer.city``, also where records lie inside records.
    explode : str, optional
        A column of lists, or the path to one inside records, such as ``"order.items"``: each element becomes a row, and
        a record in it columns. Rows whose list is empty or null stay, with nulls, so that none is lost.
    separator : str
        What stands between the names.

    Raises
    ------
    DataError
        If a column is missing or not nested, two columns get the same name, or records in one column hold values of
        different kinds under one name.

    Notes
    -----
    Reads all rows before the split, since one row may become many. A field that a record lacks is null; how often
    each is absent is logged (``mlsys``, level INFO), and ``run.columns`` counts the nulls. Lists that are not exploded
    stay as they are and are no features; derive their length, for example. Elements of one list are no independent
    rows: name the column that identifies the record as ``group=`` of the pipeline.

    Examples
    --------
    >>> orders = pd.DataFrame({"id": [1, 2], "to": [{"city": "Rome", "zip": 10}, {"city": "Oslo"}],
    ...                        "items": [[{"sku": "a"}, {"sku": "b"}], []]})
    >>> Flatten(explode="items").reshape(orders)
       id to.city  to.zip items.sku
    0   1    Rome    10.0         a
    1   1    Rome    10.0         b
    2   2    Oslo     NaN       NaN
    """

    columns: tuple[str, ...] | list[str] | None = None
    explode: str = ""
    separator: str = Field(default=".", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse an empty separator."""
        if not self.separator:
            raise ConfigurationError(f"{self.title} got an empty separator=", 'give one, such as "." or "_"')

    def reshape(self, frame: Rows | pd.DataFrame, /) -> pd.DataFrame:
        """Return rows whose records are columns."""
        given = pd.DataFrame(frame)
        require_columns(given.columns, self.columns or (), self.title, "correct columns=")
        first = self.explode.split(self.separator)[0]
        if self.explode:
            require_columns(
                given.columns,
                [self.explode if self.explode in given.columns else first],
                self.title,
                "correct explode=",
            )
        nested = self._nested(given, {self.explode, first} if self.explode else set())
        made: dict[str, pd.Series | pa.Array] = {}
        for name in given.columns:
            found = dict(self._fields(str(name), nested[name])) if name in nested else {str(name): given[name]}
            for each in found:
                if each in made or (each != name and each in given.columns):
                    raise DataError(
                        f"{self.title}: the column {each!r} would be there twice",
                        "give another separator=, or rename a column before",
                    )
            made |= found
        made, rows = self._exploded(made, len(given)) if self.explode else (made, None)
        return self._frame(made, given, rows)

    def _nested(self, frame: pd.DataFrame, also: set[str]) -> dict[str, pa.Array]:
        """Return the columns to flatten, as Arrow holds them."""
        found = {}
        for name in frame.columns:
            chosen = self.columns is None or name in self.columns or name in also
            if not chosen or values_of(frame[name]).kind is not Kind.NESTED:
                if self.columns is not None and name in self.columns:
                    raise DataError(
                        f"{self.title}: column {name!r} holds {values_of(frame[name])}, nothing nested",
                        "name columns of records or lists in columns=",
                    )
                continue
            found[name] = nested_values(frame[name], self.title)
        return found

    def _fields(self, name: str, values: pa.Array) -> list[tuple[str, pa.Array]]:
        """Return the plain columns of a nested one, in the order of its fields."""
        if not pa.types.is_struct(values.type):
            return [(name, values)]
        found = []
        present = len(values) - values.null_count
        for field, inside in zip(values.type, values.flatten(), strict=True):
            absent = inside.null_count - values.null_count
            path = f"{name}{self.separator}{field.name}"
            if absent:
                logger.info(
                    "%s: %s is absent or null in %s of %s records", self.title, path, f"{absent:,}", f"{present:,}"
                )
            found += self._fields(path, inside)
        return found

    def _exploded(self, made: dict[str, Any], rows: int) -> tuple[dict[str, Any], Any]:
        """Return the columns with a row for each element of a list, and which row each came from."""
        values = made.get(self.explode)
        if values is None:
            raise DataError(
                f"{self.title}: explode= names {self.explode!r}, which is not there (columns: {', '.join(made)})",
                "name a column of lists, or the path to one",
            )
        if not isinstance(values, pa.Array) or not _is_list(values.type):
            raise DataError(
                f"{self.title}: explode= names {self.explode!r}, which holds no lists", "name a column of lists"
            )
        lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
        source = np.repeat(np.arange(rows), np.maximum(lengths, 1))
        first = np.cumsum(lengths) - lengths
        within = np.arange(len(source)) - np.repeat(
            np.cumsum(np.maximum(lengths, 1)) - np.maximum(lengths, 1), np.maximum(lengths, 1)
        )
        place = pa.array(
            np.repeat(first, np.maximum(lengths, 1)) + within, mask=np.repeat(lengths == 0, np.maximum(lengths, 1))
        )
        elements = values.flatten().take(place)
        out: dict[str, Any] = {}
        for name, each in made.items():
            if name == self.explode:
                out |= dict(self._fields(name, elements))
            else:
                out[name] = each.take(pa.array(source)) if isinstance(each, pa.Array) else each.iloc[source]
        return out, source

    def _frame(self, made: dict[str, Any], given: pd.DataFrame, rows: Any) -> pd.DataFrame:
        arrays = {name: each for name, each in made.items() if isinstance(each, pa.Array)}
        count = len(given) if rows is None else len(rows)
        out = {name: each.reset_index(drop=True) for name, each in made.items() if name not in arrays}
        if arrays and count:
            file = ArrowFile.of("the records", pa.table(arrays))
            flat = whole_of(plan_of([file], Folders((), {}), None, self.title, nested=True))
            out |= {name: flat[name] for name in arrays}
        return pd.DataFrame({name: out[name] for name in made if name in out}, index=pd.RangeIndex(count))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def nested_values(column: pd.Series, who: str) -> pa.Array:
    """Return nested values as Arrow holds them.

    Raises
    ------
    DataError
        When records hold values of different kinds under one name.
    """
    try:
        made = pa.array(column.array, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(
            f"{who}: the records of column {column.name!r} hold values of different kinds under one name "
            f"({' '.join(str(error).split())})",
            "write values of one kind",
        ) from error
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
