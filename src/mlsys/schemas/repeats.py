"""Repeats: rows that repeat a value of an earlier piece, which no piece alone shows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.schemas.reading import read_column
from mlsys.summaries import hash_ids, row_hashes

if TYPE_CHECKING:
    from mlsys.schemas.checked import Demands
    from mlsys.tables import Partition

Places = NDArray[np.intp]
Repeated = Mapping[str, Places]
"""By column, or by the words for several, the rows of a piece that repeat what stands in an earlier piece."""
Hashes = NDArray[np.uint64]
Singular = Mapping[str, "pd.Series | pd.DataFrame"]


def repeated_in_pieces(
    demands: Demands, pieces: Sequence[Partition], parse: str | None, who: str, first_only: bool
) -> list[Repeated]:
    """Return for each piece which of its rows repeat a value of an earlier one where none may.

    Parameters
    ----------
    demands : Demands
        What rows must be.
    pieces : sequence of Partition
        In plan order.
    parse : str or None
        The decimal mark where the source reads text.
    who : str
        For messages.
    first_only : bool
        Whether the first piece with such rows is enough.

    Notes
    -----
    The columns that must not repeat are read once, and 64 bits are kept of each of their values. Values whose bits
    occur in several pieces are read again and compared themselves, so that the answer is exact; the different ones
    among them are held in memory.

    Examples
    --------
    >>> from mlsys import Column
    >>> from mlsys.schemas.checked import Demands
    >>> from mlsys.tables import Partition
    >>> pieces = [Partition(2, lambda columns, ids=ids: pd.DataFrame({"id": ids})) for ids in ([1, 2], [3, 1])]
    >>> repeated_in_pieces(Demands({"id": Column(int, unique=True)}), pieces, None, "ReadParquet", False)
    [{}, {'id': array([1])}]
    """
    names = list(dict.fromkeys([*_unique(demands), *demands.key]))
    if not names or len(pieces) < 2:  # noqa: PLR2004  one piece shows all its repeats itself
        return [{} for _ in pieces]

    def singular(piece: Partition) -> Singular:
        return _singular(demands, piece.read(names), parse, who)

    found = [
        {name: np.unique(_hashed(values)[_filled(values)]) for name, values in singular(piece).items()}
        for piece in pieces
    ]
    suspected = {name: _in_several([each[name] for each in found]) for name in found[0]}
    suspects = [any(np.isin(each[name], suspected[name]).any() for name in each) for each in found]
    met: dict[str, set[Hashable]] = {name: set() for name in suspected}
    repeated: list[Repeated] = []
    for piece, is_suspect in zip(pieces, suspects, strict=True):
        own = _repeated(singular(piece), suspected, met) if is_suspect else {}
        repeated.append(own)
        if own and first_only:
            break
    return repeated + [{} for _ in pieces[len(repeated) :]]


def _repeated(values: Singular, suspected: Mapping[str, Hashes], met: Mapping[str, set[Hashable]]) -> Repeated:
    """Return the rows whose value was met in an earlier piece; afterwards those of this piece were met too."""
    made: dict[str, Places] = {}
    for name, each in values.items():
        places = np.flatnonzero(np.isin(_hashed(each), suspected[name]) & _filled(each))
        keys = _keys(each.iloc[places])
        again = np.array([key in met[name] for key in keys], dtype=bool)
        met[name].update(keys)
        if again.any():
            made[name] = places[again]
    return made


def _unique(demands: Demands) -> list[str]:
    return [name for name, each in demands.columns.items() if each.unique]


def _singular(demands: Demands, frame: pd.DataFrame, parse: str | None, who: str) -> Singular:
    """Return what must not repeat: columns in their declared types, null where a value has another; and the key."""
    made: dict[str, pd.Series | pd.DataFrame] = {}
    for name in _unique(demands):
        read = read_column(frame[name], demands.columns[name], parse, who)
        strange = np.logical_or.reduce([mask for mask, _ in read.bad]) if read.bad else None
        made[name] = read.values if strange is None else read.values.mask(pd.Series(strange, index=frame.index))
    return made | ({demands.key_in_words: frame[list(demands.key)]} if demands.key else {})


def _hashed(values: pd.Series | pd.DataFrame) -> Hashes:
    return hash_ids(values) if isinstance(values, pd.Series) else row_hashes(values)


def _filled(values: pd.Series | pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows count: nulls of a column may repeat, rows of a key that are equal with their nulls may not."""
    return values.notna().to_numpy() if isinstance(values, pd.Series) else np.ones(len(values), dtype=bool)


def _keys(values: pd.Series | pd.DataFrame) -> list[Hashable]:
    """Return values as Python compares them exactly, whatever the types of pieces are."""
    if isinstance(values, pd.Series):
        return values.astype(object).tolist()
    columns: Iterable[Any] = (values[name].astype(object).where(values[name].notna(), None) for name in values.columns)
    return list(zip(*columns, strict=True))


def _in_several(hashes: Sequence[Hashes]) -> Hashes:
    """Return what is in more than one of these arrays, each of different values."""
    together = np.sort(np.concatenate(hashes))
    return np.unique(together[1:][together[1:] == together[:-1]])
