"""Slices: levels of a column, quarters of a number, or a user's own conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import ContractError, DataError
from mlsys.evaluation.levels import NULL, distinct, levels_of
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Slices = Sequence[str] | Mapping[str, Callable[[pd.DataFrame], Any]] | None

MOST_COLUMNS = 5
"""Columns to slice by when none is named: more would widen every interval, since they hold simultaneously."""
MOST_NUMBERS = 2
"""Numbers to slice by when no column has levels."""
MOST_LEVELS = 20
"""Levels of a column that become slices, most frequent first: longer lists are not read."""
DIGITS = range(4, 18)
"""Significant digits of the ends of quarters, the fewest that tell them apart."""


@dataclass(frozen=True)
class Slice:
    """Some of the rows: a name that no other slice has, the column it is a level of, and a mask of its rows."""

    name: str
    column: str
    mask: NDArray[np.bool_]


def slices_of(slices: Slices, train: Rows, rows: Rows, who: str) -> list[Slice]:
    """Return the slices, each with a name of its own.

    Parameters
    ----------
    slices : sequence of str, mapping of str to callable, or None
        Columns, or conditions by name; ``None`` takes features that have few levels, else quarters of numbers.
        Sensitive columns come first in any case.
    train : Rows
        Training rows, whose quarters cut numbers.
    rows : Rows
        The rows that judge.
    who : str
        Of the step, for messages.

    Raises
    ------
    DataError
        A named column is not in the rows.
    ContractError
        A condition returns something other than a truth value a row.
    """
    frame = pd.DataFrame(rows)
    conditions = slices if isinstance(slices, Mapping) else {}
    columns = _telling_columns(train) if slices is None else () if conditions else slices
    found: list[Slice] = []
    for column in dict.fromkeys([*rows.roles.sensitive, *columns]):
        if column not in frame.columns:
            raise DataError(f"{who} slices by {column!r}, which the rows do not have", "slice by a column of the data")
        found += _quarters(train, frame, column) if _is_number(train, column) else _levels(frame, column, who)
    found += [Slice(f"slice={name}", "slice", _condition(name, each, frame, who)) for name, each in conditions.items()]
    names = distinct(each.name for each in found)
    return [replace(each, name=name) for each, name in zip(found, names, strict=True)]


def _condition(name: str, condition: Callable[[pd.DataFrame], Any], rows: pd.DataFrame, who: str) -> NDArray[np.bool_]:
    answer = condition(rows)
    chosen = answer if isinstance(answer, pd.Series) else pd.Series(answer)
    if len(chosen) != len(rows) or not pd.api.types.is_bool_dtype(chosen.dtype):
        raise ContractError(
            f"{who}: the slice {name!r} is {len(chosen):,} values of {chosen.dtype} for {len(rows):,} rows",
            "return True or False for each row, such as frame['price'] > 50",
        )
    return chosen.to_numpy(dtype=bool, na_value=False)


def _levels(rows: pd.DataFrame, column: str, who: str) -> Iterator[Slice]:
    levels = levels_of(rows[column], who)
    shown = levels if len(levels) <= MOST_LEVELS else levels[: MOST_LEVELS - 1]
    rest = np.ones(len(rows), dtype=bool)
    for name, held in shown:
        rest &= ~held
        yield Slice(f"{column}={name}", column, held)
    if len(levels) > len(shown):
        yield Slice(f"{column}=any of {len(levels) - len(shown)} other levels", column, rest)


def _quarters(train: Rows, rows: pd.DataFrame, column: str) -> Iterator[Slice]:
    values = plain(rows[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    known = plain(train[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    edges = np.unique(np.quantile(known[np.isfinite(known)], [0.25, 0.5, 0.75])).tolist()
    ends = _told_apart(edges)
    names = [f"up to {ends[0]}", *(f"{low} to {high}" for low, high in zip(ends, ends[1:], strict=False))]
    places = np.searchsorted(edges, values)
    for place, name in enumerate([*names, f"above {ends[-1]}"]):
        yield Slice(f"{column}={name}", column, (places == place) & ~np.isnan(values))
    if np.isnan(values).any():
        yield Slice(f"{column}={NULL}", column, np.isnan(values))


def _told_apart(edges: Sequence[float]) -> list[str]:
    """Return numbers as texts, with as many digits as tell them apart."""
    shown = [[f"{edge:.{digits}g}" for edge in edges] for digits in DIGITS]
    return next((texts for texts in shown if len(set(texts)) == len(texts)), shown[-1])


def _is_number(train: Rows, column: str) -> bool:
    there = column in train.columns and values_of(train[column]).kind is Kind.NUMBER
    return there and int(train[column].nunique()) > MOST_LEVELS


def _telling_columns(train: Rows) -> list[str]:
    """Return features to slice by when the user names none."""
    levels: list[str] = []
    numbers: list[str] = []
    for name in train.feature_names:
        if name not in train.columns:
            continue
        if values_of(train[name]).kind in {Kind.TEXT, Kind.TRUTH, Kind.CATEGORY}:
            levels += [name] if 2 <= train[name].nunique() <= MOST_LEVELS else []
        elif len(numbers) < MOST_NUMBERS and _is_number(train, name):
            numbers.append(name)
        if len(levels) == MOST_COLUMNS:
            break
    return levels or numbers
