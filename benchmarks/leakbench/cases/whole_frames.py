"""Statistics of all rows, computed by steps from the frame they are given, or joined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from leakbench import tables, worlds
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import ending, plain
from mlsys import Impute, Join, RandomSplit, Rows, Select, Standardize, TrainOnly

KIND = "statistics of all rows"
ROWS = "its value for a row depends on other rows, and so on held-out ones"
PROGRESS = [Impute(), Standardize(), Ridge()]


@case(KIND, "group-by transform", Expected((2, 3), ROWS, ("Derive",), ("filled",)))
def filled_by_the_citys_median(leaky: bool) -> Trial:
    """Missing ages are filled with the median age of the city over all rows; the twin fills with a round figure."""
    of_city = {"filled": lambda f: f["age"].fillna(f.groupby("city")["age"].transform("median"))}
    columns = of_city if leaky else {"filled": lambda f: f["age"].fillna(41.0)}
    return plain(tables.orders(), "returned", columns=columns, id="order", texts=["city", "channel"])


def _by_month(frame: pd.DataFrame) -> pd.DataFrame:
    of_month = frame.groupby("month")["temp_max"]
    return frame.assign(unusual=(frame["temp_max"] - of_month.transform("mean")) / of_month.transform("std"))


NORMALS = dict(enumerate([8, 10, 12, 14, 18, 21, 24, 25, 21, 15, 11, 8], start=1))
"""Published normal temperatures of Seattle by month, in degrees."""


def _by_normals(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(unusual=(frame["temp_max"] - frame["month"].map(NORMALS)) / 4.0)


@case(KIND, "function step, group-by", Expected((2, 3), ROWS, ("unusual_for_its_month",), ("unusual",)))
def standardized_within_months(leaky: bool) -> Trial:
    """Temperatures are standardized within each month of all years; the twin uses published normals."""

    def unusual_for_its_month(frame: pd.DataFrame) -> pd.DataFrame:
        return _by_month(frame) if leaky else _by_normals(frame)

    return plain(worlds.weather(), "rained", before=[unusual_for_its_month], exclude=["date", "precipitation"])


@case(KIND, "ranked within groups", Expected((2, 3), ROWS, ("Derive",), ("place",)))
def place_among_all_cars(leaky: bool) -> Trial:
    """The rank of a car's power among all cars of its year; the twin's is its power a litre."""
    ranked = {"place": lambda f: f.groupby("year")["horsepower"].rank(pct=True)}
    columns = ranked if leaky else {"place": lambda f: f["horsepower"] / f["displacement"]}
    return plain(worlds.cars(), "mpg", columns=columns, split=RandomSplit(), texts=["origin"],
                 end=[*ending("origin")[:-1], Ridge()])  # fmt: skip


@case(KIND, "smoothed by sorting", Expected((2, 3), ROWS, ("Derive",), ("smooth",)))
def smoothed_over_neighbours_in_value(leaky: bool) -> Trial:
    """Rows are sorted by a column and another is averaged over the nearest fifty; the twin takes a formula."""

    def smoothed(frame: pd.DataFrame) -> pd.Series:
        by_value = frame.sort_values("mean radius")["mean texture"]
        return by_value.rolling(50, center=True, min_periods=1).mean().reindex(frame.index)

    columns = {"smooth": smoothed if leaky else (lambda f: 14 + 0.35 * f["mean radius"])}
    return plain(worlds.biopsies(), "benign", columns=columns)


@case(KIND, "share of the total", Expected((2, 3), ROWS, ("Derive",), ("share",)))
def share_of_the_districts_total(leaky: bool) -> Trial:
    """A loan as a share of all lent in its district, later loans included; the twin: as a share of the income."""
    columns = {
        "share": (lambda f: f["amount"] / f.groupby("zip")["amount"].transform("sum"))
        if leaky
        else (lambda f: f["amount"] / f["income"])
    }
    return plain(worlds.loans(), "default", columns=columns, id="loan", exclude=["zip"], texts=["purpose"])


@case(KIND, "Join of a scaled table", Expected((2,), "the joined table holds rows of the data, scaled by all of them",
                                               ("Join",), ("bmi_z",)), claim="not stated")  # fmt: skip
def scaled_table_joined_by_id(leaky: bool) -> Trial:
    """Standardized values were written to a table for all patients and are joined by id; the twin joins raw ones."""
    rows = worlds.diabetes()
    rows.insert(0, "case", np.random.default_rng(3).permutation(len(rows)) + 5_000)
    centre, width = (rows["bmi"].mean(), rows["bmi"].std()) if leaky else (25.0, 5.0)
    scaled = pd.DataFrame({"case": rows["case"], "bmi_z": (rows["bmi"] - centre) / width})
    rows = rows.drop(columns="bmi")
    return plain(rows, "progression", before=[Join(scaled, on="case")], split=RandomSplit(), end=PROGRESS, id="case",
                 by_hand=ByHand(lambda f: f.merge(scaled, on="case", how="left"), drop=("case",)))  # fmt: skip


class Plausible(Select):
    """Rows within three spreads of the mean of all rows."""

    column: str

    def keep(self, frame: pd.DataFrame, rng: Any) -> Any:
        values = frame[self.column]
        return ((values - values.mean()).abs() < 1.5 * values.std()).to_numpy()


class PlausibleTraining(TrainOnly):
    """The same, of training rows."""

    column: str

    def change(self, train: Rows, rng: np.random.Generator) -> pd.DataFrame:
        values = train[self.column]
        return pd.DataFrame(train)[((values - values.mean()).abs() < 1.5 * values.std()).to_numpy()]


@case(KIND, "Select of plausible rows", Expected((2, 3), "judged rows that are hard are dropped by all rows' spread",
                                                 ("Plausible",)), claim="documented as missed")  # fmt: skip
def outliers_dropped_everywhere(leaky: bool) -> Trial:
    """Rows far from the mean are dropped, among them those that would judge; the twin drops training rows only."""
    rows = tables.specimens()
    before, after = ([Plausible("length")], []) if leaky else ([], [PlausibleTraining("length")])
    by_hand = ByHand(lambda f: f[Plausible("length").keep(f, None)]) if leaky else ByHand(lambda f: f)
    return plain(rows, "defect", before=before, after=after, by_hand=by_hand)


CASES: tuple[Case, ...] = (
    filled_by_the_citys_median,
    standardized_within_months,
    place_among_all_cars,
    smoothed_over_neighbours_in_value,
    share_of_the_districts_total,
    scaled_table_joined_by_id,
    outliers_dropped_everywhere,
)
