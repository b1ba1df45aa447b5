"""SnowballSample: rows that are reached through contacts, wave after wave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.sampling._ids import ids_of, kept_in_words
from mlsys.steps import Field, Select
from mlsys.steps.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class SnowballSample(Select):
    """Keep some rows, their contacts, the contacts of these, and so on.

    Parameters
    ----------
    edges : DataFrame
        One row a contact, which goes both ways.
    ends : pair of str
        Columns of ``edges`` with the ids of the two. Ids that no row has are passed over.
    starts : int or list
        Ids to begin with, or how many to begin with, drawn by chance.
    waves : int
        How often the contacts of those reached last are added.
    most : int, optional
        Contacts that one names at most, drawn by chance; all by default.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    ConfigurationError
        If there are no starts, or ``waves`` or ``most`` is less than one.
    DataError
        If a column is missing, a start is no row, or two rows have the same id.

    Notes
    -----
    Who has many contacts is reached more often, who has none not at all (Goodman 1961), so no row has a known chance:
    the card and each report say so. Cost of a wave: one pass over the contacts.

    Examples
    --------
    >>> people = pd.DataFrame({"person": ["a", "b", "c", "d", "e"]})
    >>> friends = pd.DataFrame({"one": ["a", "b", "d"], "other": ["b", "c", "e"]})
    >>> design = SnowballSample(friends, ends=("one", "other"), starts=["a"], waves=1, id="person")
    >>> design.select(people)["person"].tolist(), design.with_(waves=9).select(people)["person"].tolist()
    (['a', 'b'], ['a', 'b', 'c'])
    """

    edges: pd.DataFrame
    ends: tuple[str, str] = Field(kw_only=True)
    starts: int | list[Any] | tuple[Any, ...] = Field(kw_only=True)
    waves: int = Field(default=2, kw_only=True)
    most: int | None = Field(default=None, kw_only=True)
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check that there is somebody to begin with."""
        begin = self.starts if isinstance(self.starts, int) else len(self.starts)
        if min(begin, self.waves, 1 if self.most is None else self.most) < 1:
            raise ConfigurationError(
                f"{self.title}: starts={self.starts!r}, waves={self.waves} and most={self.most} reach nobody",
                "begin with at least one row, and follow at least one contact for at least one wave",
            )
        require_columns(self.edges.columns, list(self.ends), self.title, "correct ends=")

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the id column, if there is one."""
        return () if self.id is None else (self.id,)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the rows that are reached."""
        ids = pd.Index(ids_of(frame, self.id, self.title))
        reached, counts = np.zeros(len(frame), dtype=bool), []
        one, other = (ids.get_indexer(pd.Index(self.edges[end])) for end in self.ends)
        known = (one >= 0) & (other >= 0)
        source, target = np.append(one[known], other[known]), np.append(other[known], one[known])
        latest = self._first(ids, rng)
        for _ in range(self.waves + 1):
            reached[latest] = True
            counts.append(len(latest))
            named = np.flatnonzero(np.isin(source, latest))
            named = named if self.most is None else _some_of_each(source, named, self.most, rng)
            latest = np.unique(target[named])
            latest = latest[~reached[latest]]
        waves = " + ".join(f"{count:,}" for count in counts)
        return Drawn(
            reached,
            said=f"{kept_in_words(int(reached.sum()), len(frame))}, reached through contacts ({waves})",
            bias="who has many contacts was reached more often, and who has none not at all; draw by chance, or rake "
            "to known shares with Rake",
        )

    def _first(self, ids: pd.Index, rng: np.random.Generator) -> NDArray[np.int64]:
        if isinstance(self.starts, int):
            return np.sort(rng.choice(len(ids), min(self.starts, len(ids)), replace=False))
        places = ids.get_indexer(pd.Index(self.starts))
        unknown = [start for start, place in zip(self.starts, places, strict=True) if place < 0]
        if unknown:
            raise DataError(
                f"{self.title}: no row has the id {listed(map(repr, unknown))}, which starts= names",
                "correct starts=, or name the column of ids in id=",
            )
        return np.unique(places).astype(np.int64)


def _some_of_each(
    source: NDArray[np.int64], named: NDArray[np.int64], most: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return at most so many of the contacts of each."""
    mixed = pd.Series(rng.permutation(named))
    return np.asarray(mixed[mixed.groupby(source[mixed.to_numpy()]).cumcount() < most], dtype=np.int64)
