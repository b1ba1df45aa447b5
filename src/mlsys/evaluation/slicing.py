"""Slices: levels of a column, quarters of a number, crossings of columns, or a user's own conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
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

LEVELS, NUMBER = "levels", "number"
WITH_LEVELS = frozenset({Kind.TEXT, Kind.TRUTH, Kind.CATEGORY})
WITH_VALUES = WITH_LEVELS | {Kind.NUMBER}
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
    columns = telling_columns(train.feature_names, partial(_telling, train)) if slices is None else slices
    columns = () if conditions else columns
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


def telling_columns(features: Sequence[str], telling: Callable[[str], str]) -> list[str]:
    """Return features to slice by when the user names none.

    Parameters
    ----------
    features : sequence of str
        In their order.
    telling : callable
        Says of a feature whether it has ``"levels"`` or is a ``"number"``; anything else is not sliced by.
    """
    levels: list[str] = []
    numbers: list[str] = []
    for name in features:
        said = telling(name)
        if said == LEVELS:
            levels.append(name)
        elif said == NUMBER and len(numbers) < MOST_NUMBERS:
            numbers.append(name)
        if len(levels) == MOST_COLUMNS:
            break
    return levels or numbers


def _telling(train: pd.DataFrame, name: str) -> str:
    """Say what a column of training rows is to slice by."""
    if name not in train.columns:
        return ""
    kind = values_of(train[name]).kind
    if kind in WITH_LEVELS:
        return LEVELS if 2 <= train[name].nunique() <= MOST_LEVELS else ""
    return NUMBER if is_number(train, name) else ""


class Telling:
    """What columns are to slice by, from the rows of some partitions; a few values of each are kept.

    Parameters
    ----------
    kinds : mapping of str to Kind
        Of each column.
    values : mapping of str to set
        Different values of each column, one more than are levels at most.

    Examples
    --------
    >>> some = [pd.DataFrame({"shop": ["a", "b"], "price": [1.5, 2.5]}), pd.DataFrame({"shop": ["c"], "price": [3.5]})]
    >>> both = Telling.of(some[0]) + Telling.of(some[1])
    >>> both.said("shop"), both.said("price")
    ('levels', '')
    """

    def __init__(self, kinds: Mapping[str, Kind], values: Mapping[str, set[Any]]) -> None:
        self.kinds, self.values = kinds, values

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Telling:
        """Read the rows of a partition."""
        kinds = {name: values_of(rows[name]).kind for name in rows.columns}
        named = [name for name, kind in kinds.items() if kind in WITH_LEVELS or kind is Kind.NUMBER]
        return cls(kinds, {name: _few(rows[name].dropna().unique().tolist()) for name in named})

    @classmethod
    def of_counted(cls, rows: pd.DataFrame, weight: str | None) -> Telling:
        """Read the rows of a partition whose weight is above 0."""
        return cls.of(rows if weight is None or weight not in rows else rows[rows[weight] > 0])

    def __add__(self, other: Telling) -> Telling:
        kinds = {name: kind if kind in WITH_VALUES else other.kinds[name] for name, kind in self.kinds.items()}
        names = [*self.values, *(name for name in other.values if name not in self.values)]
        none: set[Any] = set()
        return Telling(
            kinds, {name: _few([*self.values.get(name, none), *other.values.get(name, none)]) for name in names}
        )

    def said(self, name: str) -> str:
        """Say what a column is to slice by."""
        kind, count = self.kinds.get(name), len(self.values.get(name, ()))
        if kind in WITH_LEVELS:
            return LEVELS if 2 <= count <= MOST_LEVELS else ""
        return NUMBER if kind is Kind.NUMBER and count > MOST_LEVELS else ""


def _few(values: Iterable[Any]) -> set[Any]:
    return set(islice(dict.fromkeys(values), MOST_LEVELS + 1))
