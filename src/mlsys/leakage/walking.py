"""Walk into objects: the numbers, mappings, tables, arrays and sets of ids that they hold."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Set
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from mlsys.leakage.fitted_on import is_fitted
from mlsys.leakage.inside import Opaque, as_table, attributes_of, is_a, of_collection, of_mapping, of_object
from mlsys.leakage.tabular import table_of_records
from mlsys.usercode.installed import is_installed

DEEPEST = 8
"""Levels of containers and objects that are looked into."""
MOST_ITEMS = 1_000
"""Of one container of objects; numbers, tables, records and mappings of numbers count as one whatever their length."""
MOST_VISITED = 20_000
"""Maximum number of objects to examine per step; only whole frameworks have more."""
_HOLDS_NOTHING = (str, bytes, bytearray, bool, np.bool_, type, range, slice, re.Pattern, pd.Timedelta, pd.RangeIndex,
                  types.NoneType, types.ModuleType, types.CodeType, types.FrameType, np.dtype, np.ufunc,
                  np.random.Generator, np.random.BitGenerator)  # fmt: skip
_KEYS = (str, int, float, tuple, date, types.NoneType, np.generic)


class Walk:
    """One walk over the values that a step reaches; each object is looked into once.

    Attributes
    ----------
    functions : list of function
        The user's functions that were found; the values that their code reaches are examined elsewhere.
    """

    def __init__(self) -> None:
        self.functions: list[types.FunctionType] = []
        self._seen: dict[int, Any] = {}  # the objects are kept, so that no other gets the place of one that is gone

    def data(self, value: Any, path: str, depth: int = DEEPEST) -> Iterator[tuple[str, Any]]:
        """Yield the data inside a value by its path.

        Yields
        ------
        tuple of str and object
            A number, a ``Timestamp``, a dict of numbers, a Series, a DataFrame, an array of numbers, an ``Index`` of
            distinct values, a fitted estimator, which is followed by what is inside it, or ``Opaque``.
        """
        if depth <= 0 or value is pd.NaT or value is pd.NA or is_a(value, _HOLDS_NOTHING):
            return
        if is_number(value):
            yield path, value
        elif is_a(value, (date, np.datetime64)):
            yield path, pd.Timestamp(value)
        elif id(value) not in self._seen and len(self._seen) < MOST_VISITED:
            self._seen[id(value)] = value
            yield from self._looked_into(value, path, depth)

    def _looked_into(self, value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        if is_a(value, types.FunctionType):
            if not is_installed(value.__module__):
                self.functions.append(value)
        elif is_a(value, (pd.Series, pd.DataFrame)):
            yield path, value
        elif is_a(value, np.ndarray) and value.dtype != object:
            yield from _array(value, path)
        elif is_a(value, (pd.Index, pd.api.extensions.ExtensionArray, pd.CategoricalDtype)):
            yield from _labels(value, path)
        else:
            yield from self._contained(value, path, depth)

    def _contained(self, value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        pairs = of_mapping(value)
        items = value.ravel().tolist() if is_a(value, np.ndarray) else of_collection(value)
        if pairs is not None:
            yield from self._mapping(pairs, path, depth)
        elif items is not None:
            yield from self._collection(items, is_a(value, Set), path, depth)
        else:
            yield from self._object(value, path, depth)
            return
        yield from self._inside(((f"{path}.{name}", each) for name, each in attributes_of(value).items()), path, depth)

    def _mapping(self, pairs: list[tuple[Any, Any]], path: str, depth: int) -> Iterator[tuple[str, Any]]:
        named = [(key if is_a(key, _KEYS) else place, each) for place, (key, each) in enumerate(pairs)]
        numbers = {key: each for key, each in named if is_number(each)}
        others = [(key, each) for key, each in named if not is_number(each)]
        if numbers:
            yield path, numbers
        values = [each for _, each in others]
        if len(others) > 1 and all(is_a(each, (bool, np.bool_, date, np.datetime64)) for each in values):
            yield path, pd.Series(dict(others))
            return
        table = table_of_records(values)
        if table is not None:
            yield path, table.set_axis(pd.Index([key for key, _ in others], tupleize_cols=False))
            return
        yield from self._inside(((f"{path}[{key!r}]", each) for key, each in others), path, depth)

    def _collection(self, items: list[Any], is_set: bool, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        table = table_of_records(items)
        if len(items) > 1 and all(map(is_number, items)):
            array = np.array(items)
            array = array if array.dtype.kind in "iuf" else array.astype(np.float64)  # whole numbers of any size
            yield path, pd.Index(np.unique(array)) if is_set else array
        elif len(items) > 1 and all(is_a(each, (str, date)) for each in items):
            yield path, pd.Index(items).unique()
        elif table is not None:
            yield path, table
        else:
            named = ((f"{path}[{place}]" if len(items) > 1 else path, each) for place, each in enumerate(items))
            yield from self._inside(named, path, depth)

    def _object(self, value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        if is_a(value, Opaque):
            yield path, value
            return
        if hasattr(type(value), "get_params") and is_fitted(value):
            yield path, value
        table = as_table(value)
        if table is not None:
            yield from self.data(table, path, depth - 1)
            return
        named = ((f"{path}.{name}".strip(".") if name else path, each) for name, each in of_object(value))
        yield from self._inside(named, path, depth)

    def _inside(self, pairs: Iterable[tuple[str, Any]], path: str, depth: int) -> Iterator[tuple[str, Any]]:
        for number, (inner, each) in enumerate(pairs):
            if number >= MOST_ITEMS:
                yield path, Opaque(f"more than {MOST_ITEMS:,} objects")
                return
            yield from self.data(each, inner, depth - 1)


def is_number(value: Any) -> bool:
    """Whether a value is one number.

    Examples
    --------
    >>> is_number(1), is_number(np.float32(0.5)), is_number(True), is_number("1")
    (True, True, False, False)
    """
    return is_a(value, (int, float, np.number)) and not is_a(value, (bool, np.bool_, np.timedelta64))


def _array(value: np.ndarray, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, np.ma.MaskedArray):
        value = value.compressed()
    if value.dtype.names and value.ndim == 1:
        yield path, pd.DataFrame({name: np.asarray(value[name]) for name in value.dtype.names if value[name].ndim == 1})
    elif value.dtype.kind in "iuf" and value.size:
        yield path, np.asarray(value) if value.ndim else value.item()
    elif value.dtype.kind in "SUTM" and value.ndim == 1 and len(value) > 1:
        yield path, pd.Index(value).unique()


def _labels(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the bounds of intervals, whatever holds them, and the distinct values of other labels."""
    labels = value.categories if isinstance(value, pd.CategoricalDtype) else pd.Index(value)
    labels = labels.categories if isinstance(labels, pd.CategoricalIndex) else labels
    if labels is None or isinstance(labels, (pd.RangeIndex, pd.MultiIndex)):
        return
    if isinstance(labels, pd.IntervalIndex):
        labels = labels.left.union(labels.right)
    if labels.dtype.kind in "iuf":
        yield path, labels.to_numpy(dtype=np.float64, na_value=np.nan)
    elif len(labels) > 1:
        yield path, labels.unique()
