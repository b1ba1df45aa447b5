"""A frame that records which of its columns a function reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.leakage.row_check import telling_rows
from mlsys.states import digest
from mlsys.steps.absorbing import absorbed
from mlsys.values import with_columns

# Names a caller may use on a frame without learning any value of a column.
_LOOKS_AT_NO_VALUE = frozenset(
    "assign columns copy dtypes empty index insert ndim pop attrs rename shape size keys drop get loc at iloc".split()
)


class SpyFrame(pd.DataFrame):
    """A DataFrame that records column reads in a set shared by all frames made from it."""

    _metadata: ClassVar[list[str]] = ["_seen", "_own", "_whole"]

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        def make(*given: Any, **named: Any) -> pd.DataFrame:
            frame = SpyFrame(*given, **named)
            _attach(frame, self.__dict__.get("_seen"), self.__dict__.get("_own"), self.__dict__.get("_whole"))
            return frame

        return make

    def _note(self, names: Iterable[Any]) -> None:
        seen, own = self.__dict__.get("_seen"), self.__dict__.get("_own") or frozenset()
        if seen is not None:
            seen.update(name for name in names if isinstance(name, str) and name in own)

    def _note_unsure(self, names: Iterable[Any]) -> None:
        whole, own = self.__dict__.get("_whole"), self.__dict__.get("_own") or frozenset()
        if whole is not None:
            whole.update(name for name in names if isinstance(name, str) and name in own)

    def _note_all(self) -> None:
        self._note_unsure(pd.DataFrame.columns.__get__(self))

    def __getitem__(self, key: Any) -> Any:
        note = self._note if _asked_by_user() else self._note_unsure  # pandas itself may walk over all columns
        if isinstance(key, str):
            note([key])
        elif isinstance(key, (list, pd.Index)) and all(isinstance(name, str) for name in key):
            note(key)
        return super().__getitem__(key)

    def __array__(self, *given: Any, **named: Any) -> Any:
        self._note_all()
        return super().__array__(*given, **named)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and _asked_by_user():
            if name in object.__getattribute__(self, "__dict__").get("_own", ()):
                self._note([name])
            elif name == "loc":
                return _SpyLoc(self, pd.DataFrame.loc.__get__(self))
            elif name == "iloc" or name not in _LOOKS_AT_NO_VALUE:
                self._note_all()
        return super().__getattribute__(name)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a column, noting it."""
        self._note([key])
        return super().get(key, default)


class _SpyLoc:
    """``frame.loc`` that notes the columns asked for."""

    def __init__(self, frame: SpyFrame, loc: Any) -> None:
        self._frame, self._loc = frame, loc

    def __getitem__(self, key: Any) -> Any:
        columns = key[1] if isinstance(key, tuple) and len(key) == 2 else None
        if isinstance(columns, str):
            self._frame._note([columns])
        elif isinstance(columns, list):
            self._frame._note(columns)
        else:
            self._frame._note_all()
        return self._loc[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._loc[key] = value


def _asked_by_user() -> bool:
    """Whether the code two frames up is neither pandas nor this module."""
    module = sys._getframe(2).f_globals.get("__name__", "")
    return not module.startswith("pandas.") and module != __name__


def _attach(frame: SpyFrame, seen: set[str] | None, own: frozenset[str] | None, whole: set[str] | None) -> None:
    for attribute, value in (("_seen", seen), ("_own", own), ("_whole", whole)):
        object.__setattr__(frame, attribute, value)


def columns_seen(function: Callable[[pd.DataFrame], Any], frame: pd.DataFrame) -> set[str]:
    """Return the columns that ``function`` reads of ``frame``, by watching it run once.

    Notes
    -----
    If the function uses the frame as a whole (``frame.sum(axis=1)``), each column that was not read by name
    is disturbed in turn, and counts as read if the result changes.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6]})
    >>> sorted(columns_seen(lambda f: f["a"] + f.b, frame))
    ['a', 'b']
    """
    spy, seen, whole = SpyFrame(frame), set[str](), set[str]()
    _attach(spy, seen, frozenset(map(str, frame.columns)), whole)
    answer = function(spy)
    named = set(seen)  # looking at the answer below reads all of it
    unsure = whole - named
    plain = _values(answer) if unsure else {}
    return named | {name for name in unsure if _moves(function, frame, name, plain)}


def columns_absorbed(step: Any, rows: pd.DataFrame) -> set[str]:
    """Return the columns that ``absorb`` of a history reads, by watching it at first and at later rows of a key.

    Where it stops at what it is shown, rows of many keys, it counts as reading all.
    """

    def state_of(sample: pd.DataFrame) -> pd.Series:
        half = (len(sample) + 1) // 2
        at = pd.DataFrame.iloc.__get__(sample)  # not through the frame, which would note that all of it was read
        state = absorbed(step, None, at[:half])
        return pd.Series([digest(absorbed(step, state, at[half:]))])

    sample = rows.iloc[telling_rows(rows, 8)]
    try:
        return columns_seen(state_of, sample) if len(sample) else set(map(str, rows.columns))
    except Exception:  # the run itself will say what is wrong
        return set(map(str, rows.columns))


def _moves(function: Callable[[pd.DataFrame], Any], frame: pd.DataFrame, name: str, before: Any) -> bool:
    disturbed = with_columns(frame, {name: pd.Series(frame[name].array[::-1], index=frame.index)})
    emptied = with_columns(frame, {name: frame[name].where(np.zeros(len(frame), dtype=bool))})
    gone = frame.drop(columns=name)
    for other in (disturbed, emptied, gone):
        try:
            after = _values(function(other))
        except Exception:  # any failure means the column was needed
            return True
        shared = [column for column in before if column in after and column != name]
        if any(not _equal(before[column], after[column]) for column in shared):
            return True
    return False


def _equal(one: pd.Series, other: pd.Series) -> bool:
    """Whether values are equal; the type of a row taken across columns depends on the other columns."""
    if one.equals(other):
        return True
    if not (pd.api.types.is_numeric_dtype(one.dtype) and pd.api.types.is_numeric_dtype(other.dtype)):
        return False
    left, right = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (one, other))
    return bool(np.array_equal(left, right, equal_nan=True))


def _values(answer: Any) -> dict[str, pd.Series]:
    if isinstance(answer, pd.DataFrame):
        return {str(name): pd.Series(answer[name].array) for name in answer.columns}
    return {"": pd.Series(answer.array if isinstance(answer, pd.Series) else answer)}
