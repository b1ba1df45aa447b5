"""Overlapping label windows: training labels that were settled while the judged rows ran."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import ending
from mlsys import NaturalLabel, PredefinedSplit, RandomSplit, Split, TimeSplit

KIND = "overlapping label windows"
OVERLAP = "the last thirty training labels were known only after the first judged day"
HIGHER = {"target": "higher", "time": "day", "exclude": ["settles"]}
START, TEST = pd.Timestamp("2021-09-01"), pd.Timestamp("2022-07-01")


def _rises(change: pd.Series) -> pd.Series:
    return change > 0


def _label() -> NaturalLabel:
    return NaturalLabel("higher", from_column="later", rule=_rises, known_at="settles")


def _by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(higher=(frame["later"] > 0).astype(int)).drop(columns=["later", "settles"])


def _dated(rows: pd.DataFrame, purge: bool) -> pd.Series:
    """Name parts by date; with ``purge`` rows whose label was not known at the next boundary are in none."""
    part = np.select([rows["day"] < START, rows["day"] < TEST], ["train", "validation"], "test").astype(object)
    if purge:
        for start in (START, TEST):
            part[((rows["day"] < start) & (rows["settles"] >= start)).to_numpy()] = None
    return pd.Series(part, index=rows.index, dtype="str")


@case(KIND, "parts in a column", Expected((2,), OVERLAP, ("PredefinedSplit",), ("higher", "settles")))
def cut_by_date(leaky: bool) -> Trial:
    """Parts are cut by date, with labels that look thirty days ahead."""
    rows = tables.returns()
    rows["part"] = _dated(rows, purge=not leaky)
    steps = [_label(), PredefinedSplit("part"), *ending()]
    return Trial(lambda: steps, rows, HIGHER, by_hand=ByHand(_by_hand, "part"))


@case(KIND, "parts given as frames", Expected((2,), OVERLAP, columns=("higher", "settles")))
def frames_cut_by_date(leaky: bool) -> Trial:
    """Two frames meet at a date, with labels that look thirty days ahead."""
    rows = tables.returns()
    part = _dated(rows, purge=not leaky)
    parts = {name: rows[(part == name).to_numpy()] for name in ("train", "validation")}
    return Trial(lambda: [_label(), *ending()], parts, HIGHER, by_hand=ByHand(_by_hand))


class From(Split):
    """Judge by what came from a day on, with or without labels that were known by then."""

    day: str
    purge: bool

    def assign(self, keys):
        start = pd.Timestamp(self.day)
        part = pd.Series("train", index=keys.index).mask(keys["time"] >= start, "validation")
        early = (keys["time"] < start) & (keys["known_at"] >= start)
        return part.mask(early) if self.purge else part


@case(KIND, "Split of one's own", Expected((2,), OVERLAP, ("From",), ("higher", "settles")))
def own_split_by_date(leaky: bool) -> Trial:
    """A split of one's own cuts by date and forgets when labels were known."""
    steps = [_label(), From("2021-09-01", purge=not leaky), *ending()]
    return Trial(lambda: steps, tables.returns(), HIGHER, by_hand=ByHand(_by_hand, "time"))


@case(
    KIND, "random split",
    Expected((2,), "windows of neighbouring days overlap, and neighbours stand on both sides",
             ("RandomSplit",), ("day", "higher", "settles")),
)  # fmt: skip
def windows_dealt_at_random(leaky: bool) -> Trial:
    """Days whose windows overlap are dealt at random."""
    split = RandomSplit() if leaky else TimeSplit(validation=0.2, test=0.2)
    by_hand = ByHand(_by_hand, "random" if leaky else "time")
    return Trial(lambda: [_label(), split, *ending()], tables.returns(), HIGHER, by_hand=by_hand)


CASES: tuple[Case, ...] = (cut_by_date, frames_cut_by_date, own_split_by_date, windows_dealt_at_random)
