"""Rows that an earlier run left: read column by column when asked for, made again where they were not kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from mlsys.cache.made import empty_of, identity_of
from mlsys.cache.store import Store
from mlsys.tables import Deferred, Engine, Table, identify

logger = logging.getLogger("mlsys")


def deferred_table(
    note: Mapping[str, Any],
    inputs: Mapping[str, Table],
    store: Store,
    again: Callable[[], pd.DataFrame],
    engine: Engine,
) -> Table:
    """Return the table that an entry describes.

    Parameters
    ----------
    note : mapping
        From :func:`mlsys.cache.made.table_note`.
    inputs : mapping of str to Table
        What the work was given: columns that it left alone are taken from there.
    store : Store
        Where columns are kept.
    again : callable
        Makes the rows again, when a column is nowhere.
    engine : Engine
        Holds the table.
    """
    loader = _Loader(note, list(inputs.values()), store, again)
    table = engine.hold(None, Deferred(note["rows"], empty_of(note), loader.load))
    table.identity = identity_of(note)
    return table


class _Loader:
    """Finds columns: in memory, in an input, on disk, or by doing the work again."""

    def __init__(
        self, note: Mapping[str, Any], inputs: Sequence[Table], store: Store, again: Callable[[], pd.DataFrame]
    ) -> None:
        self._digests = {name: digest for name, digest, _ in note["columns"]}
        self._note, self._inputs, self._store, self._again = note, inputs, store, again
        self._made: pd.DataFrame | None = None
        self._held: dict[str, pd.api.extensions.ExtensionArray] = {}
        self._index: pd.Index | None = None

    def load(self, columns: Sequence[str] | None) -> pd.DataFrame:
        """Return some columns, or all."""
        wanted = list(self._digests) if columns is None else list(columns)
        index = self._row_ids()
        if self._made is None and index is not None:
            self._fetch([name for name in wanted if name not in self._held])
        if self._made is None and (index is None or any(name not in self._held for name in wanted)):
            self._made = self._made_again()
        if self._made is not None:
            return self._made[wanted]
        found = {name: pd.Series(self._held[name], index=index, dtype=self._held[name].dtype) for name in wanted}
        return pd.DataFrame(found, index=index, copy=False)

    def _fetch(self, names: Sequence[str]) -> None:
        for table in self._inputs:
            identity = table.identity
            if identity is None or identity.index != self._note["ids"]:
                continue
            carried = [n for n in names if n not in self._held and identity.columns.get(n) == self._digests[n]]
            if carried:
                frame = table.frame(carried)
                self._held.update({name: frame[name].array for name in carried})
        for name in names:
            if name not in self._held:
                column = self._store.column(self._digests[name])
                if column is None:
                    return
                self._held[name] = column.array

    def _row_ids(self) -> pd.Index | None:
        if self._index is None:
            self._index = self._find_row_ids()
        return self._index

    def _find_row_ids(self) -> pd.Index | None:
        noted = self._note["index"]
        if "range" in noted:
            start, stop, step = noted["range"]
            return pd.RangeIndex(start, stop, step, name=noted["name"])
        for table in self._inputs:
            if table.identity is not None and table.identity.index == self._note["ids"]:
                return table.frame([]).index
        column = self._store.column(noted["column"])
        return None if column is None else pd.Index(column.array, name=noted["name"])

    def _made_again(self) -> pd.DataFrame:
        frame = self._again()
        if identify(frame).columns != self._digests:
            self._store.distrust("a step made different rows than before, so later results are not stored")
            logger.warning(
                "cache: a step made different rows than before from the same input: a file that it reads changed, "
                "or it is not deterministic. Use rng, or set cache=False"
            )
        return frame
