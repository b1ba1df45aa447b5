"""Columns that a function of the user's asks of rows that do not have them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import pandas as pd
from pandas.errors import UndefinedVariableError

from mlsys.errors import MissingColumn, listed, meant

_IN_EXPRESSION = re.compile(r"Column '(.*)' not found in given DataFrame", re.DOTALL)
_SEVERAL = re.compile(r"^(?:None of \[Index\()?(\[.*?\])(?:, dtype=| not in index)", re.DOTALL)
_UNDEFINED = re.compile(r"name '(.*)' is not defined", re.DOTALL)


@contextmanager
def asking(rows: Any, who: str) -> Iterator[None]:
    """Name the column, where a function that is called inside asks for one that the rows do not have.

    Parameters
    ----------
    rows : DataFrame, or what has its ``columns``; or Series
        What the function is shown; of a Series no column can be asked for.
    who : str
        For the message.

    Raises
    ------
    MissingColumn
        In place of the error of pandas, with its traceback. All other errors stay as they are.

    Examples
    --------
    >>> frame = pd.DataFrame({"price": [5.0]})
    >>> with asking(frame, "Filter"):
    ...     frame["pirce"] > 0
    Traceback (most recent call last):
    mlsys.errors.MissingColumn: Filter asks for the column 'pirce', which the rows do not have (columns: price)
      Remedy: did you mean 'price'? correct the name, or make the column before this step
    """
    try:
        yield
    except (LookupError, ValueError, AttributeError, NameError) as error:
        there = pd.Index(getattr(rows, "columns", ()))
        asked = next((name for name in _asked(error, there) if name not in there), None)
        if asked is None:
            raise
        missing = MissingColumn(
            f"{who} asks for the column {asked!r}, which the rows do not have (columns: {listed(there)})",
            f"{meant(asked, there)}correct the name, or make the column before this step",
        )
        raise missing.with_traceback(error.__traceback__) from None  # which shows the line of the function


def _asked(error: Exception, there: pd.Index) -> list[str]:
    """Return the names that pandas did not find among these columns; nothing where it looked elsewhere."""
    said = str(error.args[0]) if error.args else ""
    found: list[Any] = []
    if isinstance(error, AttributeError):
        if isinstance(error.obj, pd.DataFrame) and error.obj.columns.equals(there):
            found = [error.name]
    elif isinstance(error, UndefinedVariableError):
        found = _UNDEFINED.findall(said)
    elif isinstance(error, KeyError) and _looked_among(error.__traceback__, there):
        several = _SEVERAL.search(said)
        found = [error.args[0]] if several is None else _parsed(several[1])
    elif type(error) is ValueError:
        found = _IN_EXPRESSION.findall(said)
    return [name for name in found if isinstance(name, str)]


def _looked_among(traceback: TracebackType | None, there: pd.Index) -> bool:
    """Whether the error came from looking up labels among the columns: a dictionary may lack the same name."""
    innermost: Any = None
    while traceback is not None:
        innermost = traceback.tb_frame.f_locals.get("self")
        traceback = traceback.tb_next
    return isinstance(innermost, pd.Index) and innermost.equals(there)


def _parsed(names: str) -> list[Any]:
    try:
        return list(ast.literal_eval(names))
    except (ValueError, SyntaxError):
        return []
