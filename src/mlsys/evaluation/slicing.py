"""Slices: levels of a column, quarters of a number, crossings of columns, or a user's own conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import ContractError
from mlsys.evaluation.cutting import MOST_LEVELS, crossed, cut_of, is_number
from mlsys.evaluation.levels import distinct
from mlsys.steps.keys import names_of
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Slices = Sequence[str | Sequence[str]] | Mapping[str, Callable[[pd.DataFrame], Any]] | None

MOST_COLUMNS = 5
"""Columns to slice by when none is named: more would widen every interval, since they hold simultaneously."""
MOST_NUMBERS = 2
"""Numbers to slice by when no column has levels."""


@dataclass(frozen=True)
class Slice:
    """Some of the rows: a name that no other slice has, the column it is a value of, and a mask of its rows."""

    name: str
    column: str
    mask: NDArray[np.bool_]


def slices_of(slices: Slices, train: Rows, rows: Rows, who: str) -> list[Slice]:
    """Return the slices, each with a name of its own.

    Parameters
    ----------
    slices : sequence of str or of sequences of str, mapping of str to callable, or None
        Columns and crossings of columns, or conditions by name; ``None`` takes features that have few levels, else
        quarters of numbers. Sensitive columns come first in any case.
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
    for asked in dict.fromkeys(map(names_of, [*rows.roles.sensitive, *columns])):
        cuts = [cut_of(column, train, frame, who) for column in asked]
        cut = cuts[0] if len(cuts) == 1 else crossed(cuts)
        found += [Slice(name, cut.column, cut.codes == place) for place, name in enumerate(cut.names)]
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


def _telling_columns(train: Rows) -> list[str]:
    """Return features to slice by when the user names none."""
    levels: list[str] = []
    numbers: list[str] = []
    for name in train.feature_names:
        if name not in train.columns:
            continue
        if values_of(train[name]).kind in {Kind.TEXT, Kind.TRUTH, Kind.CATEGORY}:
            levels += [name] if 2 <= train[name].nunique() <= MOST_LEVELS else []
        elif len(numbers) < MOST_NUMBERS and is_number(train, name):
            numbers.append(name)
        if len(levels) == MOST_COLUMNS:
            break
    return levels or numbers
