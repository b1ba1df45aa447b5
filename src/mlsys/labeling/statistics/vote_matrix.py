"""VoteMatrix: votes of sources as small numbers, one row an item and one column a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int8]

MOST_CLASSES = 127
"""Codes are 8-bit numbers."""


@dataclass(frozen=True, eq=False)
class VoteMatrix:
    """Votes as places among the classes.

    Parameters
    ----------
    codes : array of int8, items x sources
        Place of the class voted for; -1 where a source abstains.
    classes : sequence
        The classes, at most 127.
    sources : sequence of str
        Names of the columns.
    items : Index
        Ids of the rows.

    Raises
    ------
    DataError
        If the shape does not fit, a code is not a place among the classes, or a name or an id comes twice.

    Examples
    --------
    >>> VoteMatrix.of(pd.DataFrame({"a": ["spam", None], "b": ["ham", "spam"]})).codes.tolist()
    [[1, 0], [-1, 1]]
    """

    codes: Codes
    classes: tuple[Any, ...]
    sources: tuple[str, ...]
    items: pd.Index

    def __init__(
        self, codes: Any, classes: Sequence[Any], sources: Sequence[Any] | None = None, items: Any = None
    ) -> None:
        given = np.asarray(codes)
        if given.ndim != 2 or given.dtype.kind not in "iu":
            raise DataError(
                f"votes are {given.dtype} of shape {given.shape}, not whole numbers for items x sources",
                "give places among the classes, -1 where a source abstains, or a frame to VoteMatrix.of()",
            )
        refuse_many(classes)
        if given.size and (given.min() < -1 or given.max() >= len(classes)):
            raise DataError(
                f"a vote is {int(given.max() if given.max() >= len(classes) else given.min())}, and classes have the "
                f"places 0 to {len(classes) - 1}",
                "use -1 to abstain",
            )
        names = tuple(map(str, range(given.shape[1]) if sources is None else sources))
        index = pd.RangeIndex(len(given)) if items is None else pd.Index(items)
        if len(names) != given.shape[1] or len(index) != len(given):
            raise DataError(
                f"votes of shape {given.shape} came with {len(names)} sources and {len(index)} items",
                "name each column and each row",
            )
        for kind, twice in (("source", pd.Index(names)), ("item", index)):
            if not twice.is_unique:
                raise DataError(
                    f"the {kind} {twice[twice.duplicated()].tolist()[0]!r} comes twice", f"name each {kind} once"
                )
        object.__setattr__(self, "codes", np.ascontiguousarray(given, dtype=np.int8))
        object.__setattr__(self, "classes", tuple(classes))
        object.__setattr__(self, "sources", names)
        object.__setattr__(self, "items", index)

    @classmethod
    def of(cls, votes: Any, classes: Sequence[Any] = ()) -> VoteMatrix:
        """Return the votes of a frame: one row an item, one column a source, null where it abstains.

        Parameters
        ----------
        votes : DataFrame or VoteMatrix
            The votes; a matrix is returned as it is, with its codes in terms of ``classes``.
        classes : sequence, optional
            All classes, in order; by default those that are voted for, in the order of their text.

        Raises
        ------
        DataError
            If a source votes for something that is not among ``classes``.
        """
        if isinstance(votes, VoteMatrix):
            return votes.in_classes(classes) if classes else votes
        if not isinstance(votes, pd.DataFrame):
            raise DataError(
                f"votes are a {type(votes).__name__}, not a frame",
                "give one column for each source and one row for each item, null where a source abstains",
            )
        factors = {str(name): pd.factorize(votes[name]) for name in votes.columns}
        if len(factors) < len(votes.columns):
            raise DataError("two sources have the same name", "give every column its own name")
        voted = dict.fromkeys(value for _, found in factors.values() for value in pd.Index(found).tolist())
        known = tuple(classes) or tuple(sorted(voted, key=str))
        refuse_many(known)
        places = {value: place for place, value in enumerate(known)}
        for name, (_, found) in factors.items():
            strange = [value for value in pd.Index(found).tolist() if value not in places]
            if strange:
                raise DataError(
                    f"the source {name!r} voted for {strange[0]!r}, which is not among the classes ({listed(known)})",
                    "add it to the classes, or correct the source",
                )
        columns = [
            np.array([*(places[value] for value in pd.Index(found).tolist()), -1], dtype=np.int8)[codes]
            for codes, found in factors.values()
        ]
        codes = np.column_stack(columns) if columns else np.empty((len(votes), 0), np.int8)
        return cls(codes, known, list(factors), votes.index)

    def in_classes(self, classes: Sequence[Any]) -> VoteMatrix:
        """Return the same votes as places among other classes."""
        if tuple(classes) == self.classes:
            return self
        places = {value: place for place, value in enumerate(classes)}
        used = np.unique(self.codes)
        strange = [self.classes[place] for place in used[used >= 0] if self.classes[place] not in places]
        if strange:
            raise DataError(
                f"there are votes for {strange[0]!r}, which is not among the classes ({listed(classes)})",
                "add it to the classes",
            )
        moved = np.array([*(places.get(value, -1) for value in self.classes), -1], dtype=np.int8)
        return VoteMatrix(moved[self.codes], classes, self.sources, self.items)

    def of_sources(self, sources: Sequence[str]) -> VoteMatrix:
        """Return the votes of some sources in the order asked; one that is not there abstains.

        Raises
        ------
        DataError
            If there are sources that were not asked for.
        """
        if tuple(sources) == self.sources:
            return self
        strange = [name for name in self.sources if name not in set(sources)]
        if strange:
            raise DataError(
                f"there are votes of {listed(strange)}, of whom nothing was learned (known: {listed(sources)})",
                "learn again with these sources, or leave their votes out",
            )
        place = {name: number for number, name in enumerate(self.sources)}
        codes = np.full((len(self.items), len(sources)), -1, np.int8)
        for number, name in enumerate(sources):
            if name in place:
                codes[:, number] = self.codes[:, place[name]]
        return VoteMatrix(codes, self.classes, sources, self.items)

    def frame(self) -> pd.DataFrame:
        """Return the votes as a frame, ``None`` where a source abstains."""
        values = np.array([*self.classes, None], dtype=object)
        return pd.DataFrame(values[self.codes], index=self.items, columns=list(self.sources), dtype=object)

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Whether anybody voted, for each item."""
        return np.asarray((self.codes >= 0).any(axis=1))

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"VoteMatrix({len(self.items):,} items x {len(self.sources)} sources, {len(self.classes)} classes)"


def refuse_many(classes: Sequence[Any]) -> None:
    """Refuse more classes than codes can tell apart."""
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"votes are for {len(classes):,} classes",
            f"use at most {MOST_CLASSES}, and cut numbers first",
        )
