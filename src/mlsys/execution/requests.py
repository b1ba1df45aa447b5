"""What a model requires of a request: columns, their types in training, and which may be omitted."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of
from mlsys.errors import DataError
from mlsys.execution.request_forms import as_frame
from mlsys.execution.request_types import converted, family, null_column, type_named
from mlsys.tables import MOST_ROWS, Columns, is_counting, tally, tell
from mlsys.tables.columns import loosened
from mlsys.values import Kind, meaning_of, with_columns

if TYPE_CHECKING:
    from mlsys.tables import Table

_NEARLY = 0.85
"""Similarity from which an unknown column counts as a misspelled one: "dep_dealy" for "dep_delay".

It also takes "temp2" for "temp": a refusal that names both is better than an answer without the temperature."""


class RequestReader:
    """Turns a request into rows as the steps saw them in training.

    Parameters
    ----------
    inputs : mapping of str to str
        Columns with the dtype they had in training.
    optional : collection of str
        Columns that may be omitted; they are then null.
    levels : mapping of str to sequence
        Levels of category columns, in the order of training.
    ordered : collection of str
        Those of them whose levels are ordered.

    Examples
    --------
    >>> reader = RequestReader({"age": "float64", "city": "str"}, optional={"city"})
    >>> reader.read(pd.DataFrame({"shoes": [44], "age": [30]})).frame().dtypes.astype(str).to_dict()
    {'age': 'float64', 'city': 'str'}
    """

    def __init__(
        self,
        inputs: Mapping[str, str],
        optional: Collection[str] = (),
        levels: Mapping[str, Sequence[Any]] | None = None,
        ordered: Collection[str] = (),
    ) -> None:
        self._names, self._optional = list(inputs), frozenset(optional)
        # Labels as Python's own texts: looking one up among Arrow's takes five times as long.
        self._labels = pd.Index(self._names, dtype=object)
        self._wanted = {name: type_named(kind) for name, kind in inputs.items()}
        for name, values in (levels or {}).items():
            self._wanted[name] = pd.CategoricalDtype(list(values), ordered=name in ordered)

    def frame(self, given: Any) -> pd.DataFrame:
        """Return what was given as a frame: itself, or rows of records, columns, arrays, tables of Arrow."""
        return as_frame(given, self._names)

    def read(self, frame: pd.DataFrame) -> pd.DataFrame | Columns:
        """Return the rows: columns in training's order and types, numbered from 0; a few rows lie apart.

        Raises
        ------
        DataError
            If a required column is missing, a column occurs twice, or a value cannot be converted to its type.
        """
        self._check_columns(frame)
        given = set(frame.columns.tolist())
        missing = [name for name in self._names if name not in given]
        if missing:
            self._refuse_missing(frame, missing)
        there = [name for name in self._names if name in given] if missing else self._names
        if 0 < len(frame) <= MOST_ROWS:
            return self._apart(frame, there, missing)
        rows = frame if frame.columns.tolist() == there else frame[there]
        rows = rows.set_axis(pd.RangeIndex(len(frame)), axis=0)
        changed: dict[str, Any] = {}
        for name, dtype in zip(there, rows.dtypes, strict=True):
            wanted = self._wanted[name]
            if wanted is not None and dtype != wanted:
                changed[name] = _converted(rows[name], wanted)
        changed.update({name: null_column(self._wanted[name], len(rows)) for name in missing})
        if missing:
            rows = pd.DataFrame({name: changed.get(name, rows.get(name)) for name in self._names}, index=rows.index)
        elif changed:
            rows = with_columns(rows, changed)
        self._count_nulls((name, rows[name]) for name in there)
        return rows.set_axis(self._labels, axis=1)

    def _apart(self, frame: pd.DataFrame, there: Sequence[str], missing: Sequence[str]) -> Columns:
        index = pd.RangeIndex(len(frame))
        rows = replace(Columns.of(frame), index=index, like=self._labels)
        held, dtypes = {name: rows.held[name] for name in there}, rows.dtypes
        for name in there:
            wanted = self._wanted[name]
            if wanted is not None and dtypes[name] != wanted:
                held[name] = loosened(_converted(rows[name], wanted))
        self._count_nulls((name, held[name]) for name in there)
        held |= {name: loosened(null_column(self._wanted[name], len(frame))) for name in missing}
        return replace(rows, held={name: held[name] for name in self._names})

    def _count_nulls(self, columns: Iterable[tuple[str, Any]]) -> None:
        """Count nulls of columns that no training row had a null in."""
        for name, column in columns:
            if name not in self._optional:
                tell(name, tally.NEW_NULL, _nulls(column))

    def _check_columns(self, frame: pd.DataFrame) -> None:
        if frame.columns.is_unique:
            return
        twice = [name for name in frame.columns[frame.columns.duplicated()] if name in self._wanted]
        if twice:
            raise DataError(f"the request has two columns named {twice[0]!r}", "rename or drop one of them")

    def _refuse_missing(self, frame: pd.DataFrame, missing: Sequence[str]) -> None:
        if not len(frame) and not len(frame.columns):  # JSON of no rows says nothing about columns
            return
        needed = [name for name in missing if name not in self._optional]
        if needed:
            optional = [name for name in self._names if name in self._optional]
            may = f"; {', '.join(optional)} may be left out" if optional else ""
            raise DataError(
                f"the request lacks the column{'s' if len(needed) > 1 else ''} {', '.join(map(repr, needed))}",
                f"give all of: {', '.join(self._names)} (nulls are allowed{may})",
            )
        strangers = [str(name) for name in frame.columns if name not in self._wanted]
        for name in missing:
            near = difflib.get_close_matches(name, strangers, 1, _NEARLY)
            if near:
                raise DataError(
                    f"the request has a column {near[0]!r} that the model does not know, and lacks {name!r}",
                    f"rename it to {name!r}, or omit {near[0]!r} if the value is not known",
                )


def _converted(column: pd.Series, wanted: Any) -> pd.Series:
    """Return a column in the type of training; conversions and unseen levels are counted."""
    name, found = str(column.name), converted(column, wanted)
    if is_counting():
        given, meant = meaning_of(column.dtype), meaning_of(wanted)
        kinds = {each.kind for each in (given, meant) if each is not None} - {Kind.CATEGORY, Kind.NOTHING}
        tell(name, tally.OTHER_TYPE, len(column) if len(kinds) > 1 else 0)
        if isinstance(wanted, pd.CategoricalDtype):
            tell(name, tally.UNSEEN, int((found.isna() & column.notna().to_numpy()).sum()))
    return found


def _nulls(column: Any) -> int:
    """Return how many nulls a column has; without pandas for a single value, the usual request."""
    if isinstance(column, list):
        return column.count(None)
    if isinstance(column, np.ndarray):
        return int(np.isnan(column).sum()) if column.dtype.kind == "f" else 0
    return int(column.isna().sum())


def accepted(inputs: Mapping[str, str], train: Table) -> dict[str, Any]:
    """Return what training rows show about a model's inputs, as arguments of :class:`RequestReader`.

    A column may be omitted from a request if it had nulls in training rows: the model then learned what
    null means. For rows beyond memory the first partition decides.
    """
    head = train.head(0)
    names = [name for name in inputs if name in head.columns]
    rows = train.frame(names) if train.in_memory else next(iter(train.frames(names)))
    kinds = dtypes_of(head[names])
    null = dict(zip(names, rows[names].isna().any().tolist(), strict=True))
    levelled = {name: kind for name, kind in kinds.items() if isinstance(kind, pd.CategoricalDtype)}
    levels = {name: kind.categories.tolist() for name, kind in levelled.items() if _plain(kind.categories)}
    return {
        "optional": tuple(name for name in names if null[name]),
        "levels": levels,
        "ordered": tuple(name for name in levels if levelled[name].ordered),
    }


def as_request(rows: pd.DataFrame, inputs: Mapping[str, str]) -> pd.DataFrame:
    """Return rows that steps before the split have changed as a request would bring them.

    Text that was read as another type becomes text again; what cannot be restored is null.
    """
    asked = {name: type_named(kind) for name, kind in inputs.items()}
    gone = [name for name in inputs if name not in rows.columns]
    found = {name: _undone(rows[name], asked[name]) for name in inputs if name not in gone}
    nulls = {name: null_column(asked[name], len(rows)).set_axis(rows.index) for name in gone}
    every = {**found, **nulls}
    return pd.DataFrame({name: every[name] for name in inputs}, index=rows.index)


def _undone(column: pd.Series, wanted: Any) -> pd.Series:
    if wanted is None or column.dtype == wanted:
        return column
    try:
        return converted(column, wanted)
    except DataError:
        if family(wanted) == "text":
            return column.astype("str").where(column.notna()).astype(wanted)
        return null_column(wanted, len(column)).set_axis(column.index)


def _plain(values: pd.Index) -> bool:
    """Whether levels can be written as JSON and read as what they were."""
    return all(type(value) in {str, int, float, bool} for value in values.tolist())
