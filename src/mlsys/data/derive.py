"""Derive: new columns, each a function of the row."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import pandas as pd

from mlsys.data._expressions import is_expression
from mlsys.data._lookup import lookup_notes, refuse_no_tables
from mlsys.dataset import asking
from mlsys.errors import ConfigurationError, ContractError
from mlsys.steps import Field, RowTransform
from mlsys.tables import Columns, apart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Derive(RowTransform):
    """Add columns computed from each row independently.

    Parameters
    ----------
    columns : dict of str to callable or expression
        For each new column, a function from the frame to its values (Series, array or one value for all rows), or an
        expression such as ``pd.col("price") / pd.col("rooms")``. Functions see the columns made before them.
    lookup : sequence of DataFrame, Series or dict
        Tables that the functions use and that were known before these rows: a price list, holidays, a table of
        earlier years. An undeclared table used by a function is a finding.

    Raises
    ------
    ContractError
        If a function does not return one value per row; the message names the function and the column.

    Notes
    -----
    A function must treat each row independently: no means, ranks or shifts. The pipeline checks this on selected rows
    and detects which columns each function reads; a column derived from a late column is late too.

    Examples
    --------
    >>> trips = pd.DataFrame({"minutes": [90, 30], "km": [60.0, 10.0]})
    >>> Derive({"hours": lambda f: f["minutes"] / 60, "speed": pd.col("km") / pd.col("hours")}).apply(trips)
       minutes    km  hours  speed
    0       90  60.0    1.5   40.0
    1       30  10.0    0.5   20.0
    """

    columns: dict[str, Any]
    lookup: tuple[Any, ...] | list[Any] = Field(default=(), kw_only=True)
    runs_user_code: ClassVar[bool] = True
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what is neither a function nor an expression, and what is not a table."""
        refuse_no_tables(self.title, self.lookup)
        wrong = [name for name, function in self.columns.items() if not callable(function)]
        if wrong:
            raise ConfigurationError(
                f"Derive gives {wrong[0]!r} the {type(self.columns[wrong[0]]).__name__} {self.columns[wrong[0]]!r}",
                'give a function of the frame, or an expression such as pd.col("price") * 2',
            )

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with the derived columns."""
        few = apart(frame)
        if few is not None:
            return cast("pd.DataFrame", self._of_few(few))
        made = frame.copy(deep=False)
        for name, function in self.derivations().items():
            made[name] = self._checked(name, function, made.copy(deep=False), made)
        return made

    def _of_few(self, rows: Columns) -> Columns:
        """Return rows with the derived columns: a frame made anew takes less time than a column set in one."""
        for name, function in self.derivations().items():
            values = self._checked(name, function, rows.frame(), rows)
            if not isinstance(values, pd.Series):
                alone = pd.DataFrame(index=rows.index)
                alone[name] = values  # as it becomes a column of many rows
                values = alone[name]
            rows = rows.replaced({}, {name: values}, ())
        return rows

    def notes(self) -> tuple[str, ...]:
        """Return the number of lookup tables, for the plan."""
        return lookup_notes(self.lookup)

    def derivations(self) -> Mapping[str, Callable[[pd.DataFrame], Any]]:
        """Return the function that makes each column."""
        return {
            name: _evaluating(name, column) if is_expression(column) else column
            for name, column in self.columns.items()
        }

    def column_in_words(self, column: str, /) -> str:
        """Return the function or expression that makes a column."""
        made = self.columns.get(column)
        return str(made) if is_expression(made) else _where(made) if made is not None else ""

    def only(self, needed: set[str]) -> Derive:
        """Return the same step with just the needed columns."""
        return self.with_(columns={name: column for name, column in self.columns.items() if name in needed})

    def _checked(
        self, name: str, function: Callable[[pd.DataFrame], Any], shown: pd.DataFrame, rows: pd.DataFrame | Columns
    ) -> Any:
        try:
            with asking(rows, self.title):
                values = function(shown)
        except Exception as error:
            error.add_note(f"while {self.title} made the column {name!r} with {_called(function)}")
            raise
        problem = _problem(values, rows)
        if problem:
            raise ContractError(
                f"{self.title}: {_called(function)} for the column {name!r} returned {problem}",
                "return one value for each row: a Series made from the frame's own columns, an array, or one value",
            )
        return values


def _evaluating(name: str, expression: Any) -> Callable[[pd.DataFrame], Any]:
    def evaluate(frame: pd.DataFrame) -> Any:
        return frame.assign(**{"": expression})[""].rename(name)

    evaluate.__name__ = str(expression)
    return evaluate


def _where(function: Callable[..., Any]) -> str:
    """Return the name of a function, with the file and line where it is written."""
    code = getattr(inspect.unwrap(getattr(function, "func", function)), "__code__", None)
    place = "" if code is None else f", {Path(code.co_filename).name}:{code.co_firstlineno}"
    return f"{_called(function)}{place}"


def _called(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return "a lambda" if name == "<lambda>" else f"{name}()" if name.isidentifier() else name


def _problem(values: Any, frame: pd.DataFrame | Columns) -> str:
    """Say what keeps ``values`` from being a column of ``frame``; nothing if it is one."""
    if values is None:
        return "None"
    if isinstance(values, pd.Series):
        if len(values) != len(frame):
            return f"a Series of {len(values):,} values for {len(frame):,} rows"
        return "" if values.index.equals(frame.index) else "a Series with another index than the rows"
    if isinstance(values, pd.DataFrame):
        return f"a DataFrame of shape {values.shape}, not one column"
    shape = np.shape(values) if not isinstance(values, (str, bytes, dict)) else ()
    return "" if shape in ((), (len(frame),)) else f"values of shape {shape} for {len(frame):,} rows"
