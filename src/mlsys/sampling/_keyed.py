"""Draws by key: the rows with the smallest keys, whatever pieces they come in; they merge with ``+``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._ids import kept_in_words
from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

KeysOf = Callable[[pd.DataFrame], "tuple[NDArray[Any], Values | None]"]
"""From rows to their keys, and their sizes where these differ. A key that is not finite is never drawn."""


@dataclass
class KeyedDraw:
    """The rows with the smallest keys of those that were pushed.

    Parameters
    ----------
    rows : int
        Number of rows to keep.
    keys_of : callable
        From rows to keys and sizes.
    design : object
        Draws of one design can be added.
    """

    rows: int
    keys_of: KeysOf
    design: Any
    seen: int = 0
    kept: pd.DataFrame | None = None
    keys: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    sizes: Values | None = None

    def push(self, frame: pd.DataFrame, /) -> Self:
        """Show it the next rows; of pieces in another order the same rows are kept."""
        keys, sizes = self.keys_of(frame)
        self.seen += len(frame)
        near = smallest(keys, self.rows + 1)  # one more: its key says how likely the others were
        if self.kept is not None and len(self.keys) > self.rows:
            near = near[keys[near] <= self.keys.max()]
        piece, keys, sizes = frame.iloc[near], keys[near], None if sizes is None else sizes[near]
        if self.kept is None:
            self.kept, self.keys, self.sizes = piece, keys, sizes
        elif len(near):
            self._add(piece, keys, sizes)
        return self

    def __add__(self, other: Any) -> KeyedDraw:
        if not isinstance(other, KeyedDraw):
            return NotImplemented
        if self.design != other.design:
            raise ConfigurationError("draws of different designs cannot be added", "use one design, with one seed")
        if self.kept is None or other.kept is None:
            return replace(self if other.kept is None else other)
        made = replace(self, seen=self.seen + other.seen)
        made._add(other.kept, other.keys, other.sizes)
        return made

    def _add(self, piece: pd.DataFrame, keys: NDArray[Any], sizes: Values | None) -> None:
        assert self.kept is not None
        rows = pd.concat([self.kept, piece])
        keys = np.concatenate([self.keys, keys])
        near = smallest(keys, self.rows + 1)
        self.kept, self.keys = rows.iloc[near], keys[near]
        if self.sizes is not None and sizes is not None:
            self.sizes = np.concatenate([self.sizes, sizes])[near]

    @property
    def said(self) -> str:
        """How many of how many rows are kept."""
        return kept_in_words(min(self.rows, len(self.keys)), self.seen, self.rows)

    def sample(self) -> pd.DataFrame:
        """Return the kept rows with their weights, in the order they came in."""
        if self.kept is None or not len(self.kept):
            raise DataError("no rows were drawn", "push rows first")
        mask, weights = chosen(self.keys, self.sizes, self.rows, self.seen)
        return with_columns(self.kept[mask], {SAMPLING_WEIGHT: weights[mask]})


def smallest(keys: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Return the places of so many of the smallest finite keys, in the order they came in.

    Examples
    --------
    >>> smallest(np.array([3.0, np.inf, 1.0, 2.0]), 2)
    array([2, 3])
    """
    if count < len(keys):
        places = np.argpartition(keys, count - 1)[:count]
        places.sort()
    else:
        places = np.arange(len(keys))
    return places[np.isfinite(keys[places])] if keys.dtype.kind == "f" else places


def chosen(keys: NDArray[Any], sizes: Values | None, count: int, rows: int) -> tuple[NDArray[np.bool_], Values]:
    """Return which rows have the smallest keys, and how many rows each stands for.

    Parameters
    ----------
    keys : ndarray of shape (rows,)
        For rows of different sizes exponential: the larger the size, the smaller.
    sizes : ndarray of shape (rows,), optional
        Of the rows; ``None`` where all are alike.
    count : int
        Rows to choose.
    rows : int
        All rows, also those whose keys are not among the given because they are larger.

    Notes
    -----
    A key is below the next one, ``t``, with chance ``1 - exp(-size * t)``, so that given ``t`` one over it is a
    Horvitz-Thompson weight (Cohen and Kaplan 2007, rank conditioning).
    """
    near = smallest(keys, count + 1)
    kept = near[smallest(keys[near], count)]
    mask = np.zeros(len(keys), dtype=bool)
    mask[kept] = True
    weights = np.zeros(len(keys))
    if sizes is None:
        weights[kept] = rows / len(kept) if len(kept) else 0.0
    elif len(near) <= count:  # every row that can be drawn
        weights[kept] = 1.0
    else:
        weights[kept] = 1 / -np.expm1(-sizes[kept] * keys[near].max())
    return mask, weights
