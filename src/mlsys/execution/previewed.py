"""Preview: a few rows after each step, which show what each step changed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mlsys.errors import how_many, listed
from mlsys.habits import Named
from mlsys.pages import Block, Page, Shown, Table, Text, Title


class Preview(Shown, Named[pd.DataFrame]):
    """A few rows after each step, by its name; made by ``pipeline.preview()``.

    Examples
    --------
    >>> Preview({"Read": pd.DataFrame({"a": [1]}), "Add": pd.DataFrame({"a": [1], "b": [2.5]})})
    preview: a few rows after each of 2 steps
    Read
      1 column
      a
      1
    Add
      2 columns; new: b
      a    b
      1  2.5
    """

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        super().__init__("step", frames)

    def _page(self) -> Page:
        blocks: list[Block] = [Title(f"preview: a few rows after each of {len(self)} steps")]
        before: pd.DataFrame | None = None
        for name, frame in self.items():
            blocks += [Title(name, 4), Text(_changed(before, frame), dim=True), Table(frame, raw=True)]
            before = frame
        return Page(blocks)


def _changed(before: pd.DataFrame | None, now: pd.DataFrame) -> str:
    said = [how_many(len(now.columns), "column")]
    if before is not None:
        new = [name for name in now.columns if name not in before.columns]
        gone = [name for name in before.columns if name not in now.columns]
        same = [name for name in now.columns if name in before.columns]
        other = [name for name in same if not _same(before[name], now[name])]
        said += [f"{label}: {listed(names)}" for label, names in (("new", new), ("gone", gone), ("changed", other))
                 if names]  # fmt: skip
    return "; ".join(said)


def _same(before: pd.Series, now: pd.Series) -> bool:
    there = before.index.intersection(now.index)
    return bool(before.dtype == now.dtype and before.loc[there].equals(now.loc[there]))
