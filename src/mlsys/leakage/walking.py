"""Walk into objects: the numbers, mappings, tables, arrays and sets of ids that they hold."""

from __future__ import annotations

import functools
import re
import types
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence, Set, ValuesView
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from mlsys.leakage.fitted_on import is_fitted
from mlsys.usercode.installed import is_installed

DEEPEST = 8
"""Levels of containers and objects that are looked into."""
MOST_ITEMS = 1_000
"""Of one container of objects; numbers, tables and mappings of numbers count as one whatever their length."""
MOST_VISITED = 20_000
"""Objects looked at for one step: more hang together only where a whole framework does."""
_HOLDS_NOTHING = (str, bytes, bytearray, bool, np.bool_, type, range, slice, re.Pattern, pd.Timedelta, pd.RangeIndex,
                  types.NoneType, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.CodeType,
                  np.dtype)  # fmt: skip
_COLLECTIONS = (Sequence, Set, deque, KeysView, ValuesView)
_READ_FROM_TYPE = (types.GetSetDescriptorType, types.MemberDescriptorType)


class Walk:
    """One walk over the values that a step reaches; each object is looked into once."""

    def __init__(self) -> None:
        self._seen: dict[int, Any] = {}  # the objects are kept, so that no other gets the place of one that is gone

    def data(self, value: Any, path: str, depth: int = DEEPEST) -> Iterator[tuple[str, Any]]:
        """Yield the data inside a value by its path.

        Yields
        ------
        tuple of str and object
            A number, a ``Timestamp``, a dict of numbers, a Series, a DataFrame, an array of numbers, an ``Index`` of
            distinct values, or a fitted estimator, which is followed by what is inside it.
        """
        if depth <= 0 or value is pd.NaT or value is pd.NA or isinstance(value, _HOLDS_NOTHING):
            return
        if is_number(value):
            yield path, value
        elif isinstance(value, date | np.datetime64):
            yield path, pd.Timestamp(value)
        elif id(value) not in self._seen and len(self._seen) < MOST_VISITED:
            self._seen[id(value)] = value
            yield from self._looked_into(value, path, depth)

    def _looked_into(self, value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        if isinstance(value, (pd.Series, pd.DataFrame)):
            yield path, value
        elif isinstance(value, Mapping):
            yield from self._mapping(value, path, depth)
        elif isinstance(value, np.ndarray) and value.dtype != object:
            yield from _array(value, path)
        elif isinstance(value, (pd.Index, pd.api.extensions.ExtensionArray, pd.CategoricalDtype)):
            yield from _labels(value, path)
        elif isinstance(value, _COLLECTIONS) or (isinstance(value, np.ndarray) and value.size < MOST_ITEMS):
            yield from self._collection(value, path, depth)
        else:
            yield from self._object(value, path, depth)

    def _mapping(self, value: Mapping[Any, Any], path: str, depth: int) -> Iterator[tuple[str, Any]]:
        numbers = {key: each for key, each in value.items() if is_number(each)}
        others = {key: each for key, each in value.items() if key not in numbers}
        if numbers:
            yield path, numbers
        if len(others) > 1 and all(isinstance(each, (bool, np.bool_, date, np.datetime64)) for each in others.values()):
            yield path, pd.Series(others)
            return
        yield from self._inside(((f"{path}[{key!r}]", each) for key, each in others.items()), depth)

    def _collection(self, value: Iterable[Any], path: str, depth: int) -> Iterator[tuple[str, Any]]:
        items = list(value.ravel() if isinstance(value, np.ndarray) else value)
        if len(items) > 1 and all(map(is_number, items)):
            array = np.array(items)
            array = array if array.dtype.kind in "iuf" else array.astype(np.float64)  # whole numbers of any size
            yield path, pd.Index(np.unique(array)) if isinstance(value, Set) else array
        elif len(items) > 1 and all(isinstance(each, (str, date)) for each in items):
            yield path, pd.Index(items).unique()
        else:
            named = ((f"{path}[{place}]" if len(items) > 1 else path, each) for place, each in enumerate(items))
            yield from self._inside(named, depth)

    def _object(self, value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        if is_fitted(value):
            yield path, value
        table = _as_table(value)
        if table is not None:
            yield from self.data(table, path, depth - 1)
            return
        yield from self._inside(((f"{path}.{name}".strip("."), each) for name, each in _attributes(value)), depth)

    def _inside(self, pairs: Iterator[tuple[str, Any]], depth: int) -> Iterator[tuple[str, Any]]:
        for number, (path, each) in enumerate(pairs):
            if number >= MOST_ITEMS:
                return
            yield from self.data(each, path, depth - 1)


def is_number(value: Any) -> bool:
    """Whether a value is one number.

    Examples
    --------
    >>> is_number(1), is_number(np.float32(0.5)), is_number(True), is_number("1")
    (True, True, False, False)
    """
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_, np.timedelta64))


def _array(value: np.ndarray, path: str) -> Iterator[tuple[str, Any]]:
    if value.dtype.kind in "iuf" and value.size:
        yield path, value if value.ndim else value.item()
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


def _as_table(value: Any) -> Any:
    """Return what a table or an array of another library holds, as pandas' or numpy's; ``None`` for other objects."""
    kind = type(value)
    if not is_installed(kind.__module__) or hasattr(kind, "get_params"):
        return None
    for way in ("to_pandas", "__array__"):
        if callable(getattr(kind, way, None)):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of a look that nobody asked for
                    found = value.to_pandas() if way == "to_pandas" else np.asarray(value)
            except Exception:  # such as a tensor that waits for its gradient
                continue
            return found if isinstance(found, (pd.Series, pd.DataFrame)) or np.ndim(found) else None
    return None


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object, a bound function, an expression or a grouped table holds."""
    if isinstance(value, types.MethodType):
        yield "", value.__self__
    elif isinstance(value, functools.partial):
        yield from (("", value.func), *((str(place), each) for place, each in enumerate(value.args)))
        yield from value.keywords.items()
    elif isinstance(value, pd.api.typing.Expression):
        yield from (("", cell.cell_contents) for cell in vars(value)["_func"].__closure__ or ())
    elif isinstance(value, pd.api.typing.DataFrameGroupBy | pd.api.typing.SeriesGroupBy | pd.api.typing.Rolling):
        yield "", value.obj
    else:
        yield from list(getattr(value, "__dict__", {}).items())
        yield from _of_its_type(value)


def _of_its_type(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield slots, and the attributes of compiled types that are numbers, arrays or containers of them."""
    for kind in type(value).__mro__:
        for name, item in vars(kind).items():
            if not isinstance(item, _READ_FROM_TYPE) or name in {"__dict__", "__weakref__"}:
                continue
            try:
                found = item.__get__(value, type(value))
            except Exception:  # not set, or not of this object
                continue
            slot = isinstance(item, types.MemberDescriptorType)
            if slot or isinstance(found, (int, float, np.ndarray, np.number, list, tuple, dict)):
                yield name, found
