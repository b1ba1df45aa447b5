"""What a reader notes of rows: how they came, how many were set aside, why, and where these are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlsys.errors import DataError

_MOST_REASONS = 5


@dataclass(frozen=True)
class SetAside:
    """What was set aside of the rows that were read, and how they came.

    Parameters
    ----------
    rows : int
        Rows that were read.
    lost : int
        Rows of these that were set aside.
    reasons : mapping of str to int
        Rows by reason; a row can have several.
    most : float
        Share of rows that may be lost.
    folder : str
        Where the rows are kept; empty where they are dropped.
    what : str
        Which rows were set aside.
    came : tuple of str
        How and when the rows came, where a source knows: in words, first all of them, then piece by piece.
    lacking : mapping of str to str
        Columns that some files lack; in words, how many rows.
    """

    rows: int = 0
    lost: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    most: float = 1.0
    folder: str = ""
    what: str = "rows do not fit the schema"
    came: tuple[str, ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: SetAside) -> SetAside:
        reasons = Counter(self.reasons)
        reasons.update(other.reasons)
        return SetAside(
            self.rows + other.rows,
            self.lost + other.lost,
            dict(reasons.most_common()),
            min(self.most, other.most),
            self.folder or other.folder,
            self.what,
            self.came + other.came,
            {**self.lacking, **other.lacking},
        )

    def __str__(self) -> str:
        frequent = list(self.reasons.items())
        said = [f"{reason} ({count:,})" for reason, count in frequent[:_MOST_REASONS]]
        more = len(frequent) - _MOST_REASONS
        said += [f"{more:,} other reasons"] if more > 0 else []
        kept = f"; quarantined() returns them, from {self.folder}" if self.folder else ""
        return f"{self.lost:,} of {self.rows:,} {self.what}: {', '.join(said)}{kept}"

    def refuse_too_many(self, who: str) -> None:
        """Raise if more rows were lost than the schema allows.

        Raises
        ------
        DataError
            With the most frequent reasons.
        """
        if self.lost > self.most * self.rows or (self.lost and self.lost == self.rows):
            too_many = f"{self.most:.4g} of the rows may be lost" if self.lost < self.rows else "no row is left"
            raise DataError(
                f"{who}: {self}; {too_many}",
                "correct the data or the schema, or raise most= of the schema if so many bad rows are expected",
            )
