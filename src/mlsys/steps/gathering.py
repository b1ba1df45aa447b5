"""What a step needs of all its rows at once, where partitions one after another are not enough."""

from __future__ import annotations

from dataclasses import dataclass

from mlsys.steps.facts import Facts

MIB, GIB = 2**20, 2**30
EACH_VALUE = 8
"""Bytes of a number; a narrow step is said to hold so many for each row and column."""


@dataclass(frozen=True)
class Extent:
    """How large rows are that come in partitions.

    Parameters
    ----------
    rows : int
        All of them.
    bytes_per_row : float
        In memory, as far as types tell.
    """

    rows: int
    bytes_per_row: float


@dataclass(frozen=True)
class Gathers:
    """Rows that a step needs at once.

    Parameters
    ----------
    rows : str
        Which, in words: ``"all rows"``, ``"training rows"``.
    columns : int
        Of how many columns at most, where these are few: keys, predictions; 0 for all of them.
    what : str
        These columns in words.

    Examples
    --------
    >>> print(Gathers("training rows"))
    training rows with all columns
    >>> Gathers("all rows", 2, "keys").said(Extent(12_000_000, 60.0), 4_000_000)
    'gathers all rows with keys: at most 12,000,000 rows, about 183 MiB'
    >>> Gathers("training rows").said(Extent(100_000_000, 60.0), 4_000_000).split("; ")[1]
    'refused beyond 16,000,000 rows (4 x MLSYS_ROWS_IN_MEMORY)'
    """

    rows: str
    columns: int = 0
    what: str = "all columns"

    def __str__(self) -> str:
        return f"{self.rows} with {self.what}"

    def said(self, extent: Extent, rows_in_memory: int) -> str:
        """Say it with the size; ``rows_in_memory`` is the setting."""
        width = self.columns * EACH_VALUE if self.columns else extent.bytes_per_row
        held = extent.rows * width
        size = f"about {held / GIB:.1f} GiB" if held >= GIB else f"about {held / MIB:,.0f} MiB"
        most = 4 * rows_in_memory
        refused = not self.columns and extent.rows > most
        limit = f"; refused beyond {most:,} rows (4 x MLSYS_ROWS_IN_MEMORY)" if refused else ""
        return f"gathers {self}: at most {extent.rows:,} rows, {size}{limit}"


ALL, TRAINING = Gathers("all rows"), Gathers("training rows")
KEYS = Gathers("all rows", 4, "keys")
TIMES = Gathers("all rows", 1, "times")
WHETHER_KEPT = Gathers("all rows", 1, "whether each is kept, and all columns only if the condition compares rows")
OPEN_PARTS = Gathers("open parts")
PREDICTIONS = Gathers("open parts", 3, "predictions")
"""A class with two probabilities."""
_BY_WHAT_IT_SEES = {
    "history": ALL,
    "all": ALL,
    "keys": KEYS,
    "train": TRAINING,
    "predictions": Gathers("the rows it learns from"),
    "open parts": OPEN_PARTS,
}


def usually(facts: Facts) -> Gathers | None:
    """Return what a step with such facts gathers unless it says otherwise; ``None`` where partitions are enough."""
    return _BY_WHAT_IT_SEES.get(facts.sees)
