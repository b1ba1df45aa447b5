"""Texts numbered once: all that read a column of texts look up the same codes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MOST_BYTES = 1 << 28
"""Codes that are kept at most; of more, those that were made first are made again when they are asked for."""


_TEXT = pd.StringDtype(na_value=np.nan)


class Levels(Sequence[str]):
    """The distinct texts of a column; some of them need not occur in a piece of it.

    Parameters
    ----------
    held : pyarrow.Array
        The texts, without null.
    """

    def __init__(self, held: pa.Array) -> None:
        self.held = held

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, place: Any) -> Any:
        return self.texts[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    @cached_property
    def texts(self) -> list[str]:
        """The texts as Python's."""
        found: list[str] = self.held.to_pylist()
        return found

    @property
    def column(self) -> pd.Series:
        """The texts as a column."""
        return pd.Series(pd.array(self.held, dtype=_TEXT))

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """The place of each text among all of them in order."""
        ranks = np.empty(len(self), np.int64)
        ranks[pc.sort_indices(self.held).to_numpy()] = np.arange(len(self))
        return ranks


class Numbered(NamedTuple):
    """A column as codes, -1 for null, and the levels that they stand for; not to be written to."""

    codes: NDArray[np.signedinteger[Any]]
    levels: Levels


Place = tuple[Any, ...]
"""Where the texts of an Arrow array lie in memory, which nobody writes to."""


class _Known:
    """What is known of texts for as long as an array holds them: their codes, or of which array they are a piece."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.holders: dict[int, weakref.ref[pa.ChunkedArray]] = {}
        self.whole: tuple[pa.ChunkedArray, slice] | None = None
        self.made: Numbered | None = None

    def hold(self, array: pa.ChunkedArray) -> None:
        """Note one more array that holds the texts; what is known goes with the last of them."""
        key = id(array)
        if key not in self.holders:
            self.holders[key] = weakref.ref(array, lambda _: self._gone(key))

    def _gone(self, key: int) -> None:
        self.holders.pop(key, None)
        if not self.holders and _known.get(self.place) is self:
            del _known[self.place]


_known: dict[Place, _Known] = {}
_lock = threading.RLock()


def numbered_texts(column: pd.Series) -> Numbered | None:
    """Return a column of texts as codes, which are made once; ``None`` where it holds anything else.

    Notes
    -----
    Only texts that Arrow holds are remembered: nobody can write to them. Pieces of a column (see :func:`cut_from`) are
    pieces of its codes.

    Examples
    --------
    >>> codes, levels = numbered_texts(pd.Series(["b", "a", None, "b"]))
    >>> codes.tolist(), levels.texts, numbered_texts(pd.Series([1])) is None
    ([0, 1, -1, 0], ['b', 'a'], True)
    """
    array = _arrow_of(column.array)
    if array is None:
        return None
    with _lock:
        return _numbered(array)


def number_as(column: pd.Series, encoded: pa.ChunkedArray) -> None:
    """Note the codes of a column of texts that was made of a dictionary-encoded array.

    Examples
    --------
    >>> encoded = pa.chunked_array([pa.array(["b", "a", None, "b"]).dictionary_encode()])
    >>> column = pd.Series(encoded.cast(pa.large_string()).to_pandas())
    >>> number_as(column, encoded)
    >>> numbered_texts(column).codes.tolist()
    [0, 1, -1, 0]
    """
    array = _arrow_of(column.array)
    if array is None or not len(array):
        return
    chunks = encoded.unify_dictionaries().chunks
    levels = chunks[0].dictionary.cast(array.type)
    if levels.null_count or len(levels.unique()) < len(levels):  # a file may hold a text twice
        return
    with _lock:
        _known_of(array).made = _as_codes(chunks, levels, len(array))
        _keep_few()


def cut_from(frame: pd.DataFrame, pieces: Sequence[pd.DataFrame], places: Sequence[slice]) -> None:
    """Note that frames are pieces of another one, so that texts of pieces are numbered with those of the whole.

    Examples
    --------
    >>> frame = pd.DataFrame({"who": ["b", "a", "b"]})
    >>> piece = frame.iloc[1:]
    >>> cut_from(frame, [piece], [slice(1, 3)])
    >>> numbered_texts(piece["who"]).codes.tolist()
    [1, 0]
    """
    with _lock:
        _cut_from(frame, pieces, places)


def _cut_from(frame: pd.DataFrame, pieces: Sequence[pd.DataFrame], places: Sequence[slice]) -> None:
    texts = [at for at, dtype in enumerate(frame.dtypes.tolist()) if isinstance(dtype, pd.StringDtype)]
    for at in texts:
        whole = _arrow_of(frame.iloc[:, at].array)
        if whole is None:
            continue
        for piece, place in zip(pieces, places, strict=True):
            array = _arrow_of(piece.iloc[:, at].array)
            if array is not None and len(array) < len(whole):
                _known_of(array).whole = (whole, place)


def _arrow_of(array: Any) -> pa.ChunkedArray | None:
    """Return the array in which Arrow holds texts."""
    if not isinstance(array.dtype, pd.StringDtype) or array.dtype.storage != "pyarrow":
        return None
    return array._pa_array


def _known_of(array: pa.ChunkedArray) -> _Known:
    place: Place = (
        array.type,
        *(
            (chunk.offset, len(chunk), *(0 if each is None else each.address for each in chunk.buffers()))
            for chunk in array.chunks
        ),
    )
    known = _known.get(place)
    if known is None:
        known = _known[place] = _Known(place)
    known.hold(array)
    return known


def _numbered(array: pa.ChunkedArray) -> Numbered:
    known = _known_of(array)
    if known.made is None and known.whole is not None:
        whole, place = known.whole
        codes, levels = _numbered(whole)
        return Numbered(codes[place], levels)
    made = known.made
    if made is None:
        made = known.made = _made(array)
        _known[known.place] = _known.pop(known.place)  # behind those that were made before
        _keep_few()
    return made


def _made(array: pa.ChunkedArray) -> Numbered:
    chunks = array.dictionary_encode().chunks
    levels = chunks[0].dictionary if chunks else pa.array([], array.type)
    return _as_codes(chunks, levels, len(array))


def _as_codes(chunks: Sequence[Any], levels: pa.Array, rows: int) -> Numbered:
    # One more than there are levels, for whoever gives null the last place.
    codes = np.empty(rows, np.min_scalar_type(-len(levels) - 2))
    start = 0
    for chunk in chunks:
        places = chunk.indices.fill_null(-1) if chunk.indices.null_count else chunk.indices
        codes[start : start + len(chunk)] = places.to_numpy()
        start += len(chunk)
    codes.flags.writeable = False
    return Numbered(codes, Levels(levels))


def _keep_few() -> None:
    """Forget the codes that were made first where all together take too much."""
    made = [known for known in list(_known.values()) if known.made is not None]
    total = sum(known.made.codes.nbytes for known in made if known.made is not None)
    for known in made[:-1]:
        if total <= MOST_BYTES:
            break
        assert known.made is not None
        total -= known.made.codes.nbytes
        known.made = None
