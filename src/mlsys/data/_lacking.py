"""Columns that some files of a source lack, so that they are null there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlsys.data._paths import shown
from mlsys.schemas import SetAside
from mlsys.tables import noted, noting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from mlsys.tables import Partition


def lacking(columns: Iterable[str], files: Sequence[tuple[str, int, Collection[str]]]) -> dict[str, str]:
    """Return for each column that files with rows lack in which files and rows.

    Parameters
    ----------
    columns : iterable of str
        All of the source but those in the names of folders.
    files : sequence of tuple
        Label, rows and columns of each file.

    Examples
    --------
    >>> lacking(["x", "y"], [("a.csv", 2, ["x", "y"]), ("b.csv", 3, ["y"]), ("c.csv", 0, [])])
    {'x': "null in 3 of 5 rows, which 'b.csv' has without it"}
    """
    rows, found = sum(count for _, count, _ in files), dict[str, str]()
    for name in columns:
        without = [(label, count) for label, count, names in files if count and name not in names]
        if without:
            verb = "has" if len(without) == 1 else "have"
            said, there = sum(count for _, count in without), shown([label for label, _ in without])
            found[name] = f"null in {said:,} of {rows:,} rows, which {there} {verb} without it"
    return found


def frame_lacking(frame: pd.DataFrame, found: Mapping[str, str]) -> pd.DataFrame:
    """Return rows with a note of the columns that some files lack."""
    return noting(frame, replace(noted(frame) or SetAside(len(frame)), lacking=found)) if found else frame


def pieces_lacking(pieces: Sequence[Partition] | None, found: Mapping[str, str]) -> Sequence[Partition] | None:
    """Return pieces of which the first has a note of the columns that some files lack."""
    if not pieces or not found:
        return pieces
    return [replace(pieces[0], note=replace(pieces[0].note or SetAside(), lacking=found)), *pieces[1:]]
