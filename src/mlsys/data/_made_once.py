"""Look-ups of joins, built once outside the steps and rebuilt when the table changes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pandas as pd

from mlsys.data._paths import CSV_ENDINGS, PARQUET_ENDINGS, files_of, is_url
from mlsys.files import Watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlsys.steps import Step

Made = TypeVar("Made")

_kept: dict[int, tuple[Any, _Watch, Any]] = {}
"""By the identity of a step, for as long as it lives: a key, what would tell a change, and what was made."""


def made_once(step: Step, table: Any, key: Any, make: Callable[[], Made]) -> Made:
    """Return what ``make`` returns, made again only when ``key`` or the content of the table changes.

    It is kept beside the step, never in it: a step that has run is pickled and compared as it was configured.
    """
    found = _kept.get(id(step))
    if found is not None and found[0] == key and found[1].unchanged():
        made: Made = found[2]
        return made
    watch = _watched(table, step.title)  # before the table is read, so that a change while it is read is seen next time
    made = make()
    if found is None:
        weakref.finalize(step, _kept.pop, id(step), None).atexit = False
    _kept[id(step)] = (key, watch, made)
    return made


class _Watch(Protocol):
    def unchanged(self) -> bool: ...


def _watched(table: Any, who: str) -> _Watch:
    if isinstance(table, pd.DataFrame):
        return _Frame(table)
    return _Nothing() if is_url(table) else _Files(table, who)


class _Nothing:
    """An address, which is not asked again."""

    def unchanged(self) -> bool:
        return True


class _Frame:
    """A frame whose arrays are shared with a copy: pandas then writes into new ones, which tells a change.

    Looking at the content itself would cost more than serving a row.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table
        self._copy = table.copy(deep=False)
        self._arrays = _arrays(table)

    def unchanged(self) -> bool:
        now = _arrays(self._table)
        return (
            len(now) == len(self._arrays)
            and all(one is other for one, other in zip(now, self._arrays, strict=True))
            and self._table.columns.equals(self._copy.columns)
        )


def _arrays(table: Any) -> tuple[Any, ...]:
    return tuple(block.values for block in table._mgr.blocks)


class _Files:
    """The files that hold the table: the same ones, unchanged."""

    def __init__(self, path: str, who: str) -> None:
        self._path, self._who = path, who
        self._files = Watched(self._found())

    def unchanged(self) -> bool:
        return tuple(self._found()) == self._files.paths and self._files.unchanged()

    def _found(self) -> list[str]:
        return files_of(self._path, (*CSV_ENDINGS, *PARQUET_ENDINGS), f"{self._who} (its table)")
