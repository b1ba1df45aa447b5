"""Statistics of all rows, kept in objects of other libraries that a function looks up."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.interpolate import UnivariateSpline
from scipy.spatial import cKDTree
from scipy.stats import ecdf, gaussian_kde, yeojohnson
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.impute import KNNImputer
from sklearn.linear_model import Ridge
from sklearn.preprocessing import QuantileTransformer

from leakbench import tables, worlds
from leakbench.case import Case, Expected, Trial, case
from leakbench.cases.common import deriving, ending, model, plain
from mlsys import Apply, Impute, RandomSplit, Standardize, TimeSplit

KIND = "statistics of all rows"
INSIDE = "the object was made of all rows before the pipeline existed, and holds numbers that can be compared"
DERIVE = Expected((2,), INSIDE, ("Derive",))
LOAD = {"target": "load", "time": "at", "id": "hour_id", "exclude": ["n", "day"]}
LAST_YEAR = 91
"""Seed of rows that are no rows of the case: what a careful person had from before."""


def _hours_with(columns: dict[str, Any]) -> Trial:
    steps = [Impute(), Standardize(), Ridge()]
    return plain(worlds.demand(), columns=columns, split=TimeSplit(validation=0.2, test=0.2), end=steps, **LOAD)


@case(KIND, "np.poly1d", DERIVE)
def trend_in_a_poly1d(leaky: bool) -> Trial:
    """A trend is fitted to the whole series, the judged months included; the twin has the one of another plant."""
    series = worlds.demand() if leaky else worlds.demand(seed=LAST_YEAR)
    trend = np.poly1d(np.polyfit(series["n"], series["load"], 3))
    return _hours_with({"trend": lambda frame: trend(frame["n"])})


@case(KIND, "coefficients of np.polyfit", DERIVE)
def trend_in_an_array(leaky: bool) -> Trial:
    """The same as coefficients in an array."""
    series = worlds.demand() if leaky else worlds.demand(seed=LAST_YEAR)
    coefficients = np.polyfit(series["n"], series["temperature"], 2)
    return _hours_with({"usual_temperature": lambda frame: np.polyval(coefficients, frame["n"])})


@case(KIND, "scipy spline", DERIVE)
def seasons_in_a_spline(leaky: bool) -> Trial:
    """The season of Seattle's temperatures is a spline through all four years; the twin's is the published climate."""
    rows = worlds.weather()
    day = np.arange(len(rows), dtype="float64")
    heights = rows["temp_max"] if leaky else 16 - 9 * np.cos(2 * np.pi * (day - 25) / 365.25)
    spline = UnivariateSpline(day, heights, s=len(rows) * 9.0)
    rows["n"] = day
    return plain(
        rows, "rained",
        columns={"above_season": lambda frame: frame["temp_max"] - spline(frame["n"])},
        split=TimeSplit(validation=0.2, test=0.2), time="date", exclude=["n", "precipitation"],
    )  # fmt: skip


@case(KIND, "scipy tree of points", DERIVE)
def neighbours_in_a_tree(leaky: bool) -> Trial:
    """How near the nearest other home lies, from a tree of all homes; the twin has a tree of the town's stations."""
    homes = worlds.homes()
    place = ["distance", "area"]
    points = homes[place] if leaky else worlds.homes(seed=LAST_YEAR)[place].iloc[:40]
    tree = cKDTree(points.to_numpy())
    columns = {"nearest": lambda frame: tree.query(frame[place].to_numpy(), k=2)[0][:, 1]}
    end = [Impute(), Standardize(), Ridge()]
    return plain(homes, "price", columns=columns, split=RandomSplit(), end=end, id="home")


@case(KIND, "scipy density", DERIVE)
def density_of_distances(leaky: bool) -> Trial:
    """How usual a distance is, by a density of all rows; the twin's is one of last year's orders."""
    rows = tables.orders()
    density = gaussian_kde((rows if leaky else tables.orders(seed=LAST_YEAR))["distance"])
    return deriving(rows, {"usual": lambda frame: density(frame["distance"])})


@case(KIND, "scipy distribution function", DERIVE)
def rank_by_an_empirical_distribution(leaky: bool) -> Trial:
    """The percentile of a reading by the empirical distribution of all tumours; the twin has published percentiles."""
    rows = worlds.biopsies()
    known = rows["mean radius"] if leaky else pd.Series(np.random.default_rng(5).gamma(16, 0.9, 300))
    curve = ecdf(known.to_numpy()).cdf
    return plain(rows, "benign", columns={"percentile": lambda frame: curve.evaluate(frame["mean radius"])})


@case(KIND, "pandas IntervalIndex", DERIVE)
def quantiles_in_an_interval_index(leaky: bool) -> Trial:
    """Amounts are cut at the deciles of all rows, kept as intervals; the twin cuts at last year's."""
    rows = tables.orders()
    cut = pd.qcut((rows if leaky else tables.orders(seed=LAST_YEAR))["amount"], 10).cat.categories
    outer = pd.IntervalIndex.from_breaks([-1.0, *cut.right[:-1], 1e6])
    return deriving(rows, {"decile": lambda frame: outer.get_indexer(frame["amount"]).astype("float64")})


@case(KIND, "collections.Counter", DERIVE)
def counted_districts(leaky: bool) -> Trial:
    """How often a district occurs in all rows, as a Counter; the twin counts last year's."""
    rows = worlds.loans()
    times = Counter((rows if leaky else worlds.loans(seed=LAST_YEAR))["zip"])
    return plain(rows, "default", columns={"times": lambda f: f["zip"].map(times)}, id="loan",
                 exclude=["zip"], texts=["purpose"])  # fmt: skip


@case(KIND, "set of texts", DERIVE)
def set_of_common_districts(leaky: bool) -> Trial:
    """Whether a district is one of the commonest of all rows, as a set; the twin's set is of last year."""
    rows = worlds.loans()
    known = (rows if leaky else worlds.loans(seed=LAST_YEAR))["zip"].value_counts()
    common = set(known[known >= known.quantile(0.7)].index)
    return plain(rows, "default", columns={"common": lambda f: f["zip"].isin(common).astype(int)}, id="loan",
                 exclude=["zip"], texts=["purpose"])  # fmt: skip


@case(KIND, "dict of ranks", DERIVE)
def ranks_in_a_dict(leaky: bool) -> Trial:
    """A dict from years in debt to the rank of that level's mean amount over all rows."""
    rows = worlds.loans()
    means = (rows if leaky else worlds.loans(seed=LAST_YEAR)).groupby("zip")["amount"].mean()
    rank = means.rank().astype(int).to_dict()
    return plain(rows, "default", columns={"amount_rank": lambda f: f["zip"].map(rank).astype("float64")}, id="loan",
                 exclude=["zip"], texts=["purpose"])  # fmt: skip


class Spread(NamedTuple):
    """Middle and spread that are robust."""

    middle: float
    width: float


@case(KIND, "NamedTuple of numbers", DERIVE)
def median_and_quartiles_in_a_tuple(leaky: bool) -> Trial:
    """Median and quartile range of all tumours' textures; the twin takes round figures of the handbook."""
    rows = worlds.biopsies()
    low, middle, high = rows["mean texture"].quantile([0.25, 0.5, 0.75])
    spread = Spread(float(middle), float(high - low)) if leaky else Spread(19.0, 5.5)
    return plain(rows, "benign",
                 columns={"robust": lambda f: (f["mean texture"] - spread.middle) / spread.width})  # fmt: skip


@case(KIND, "closure over a number", Expected((2,), "the mean of the logarithm is no mean of a column", ("Derive",)))
def mean_of_logarithms(leaky: bool) -> Trial:
    """Amounts are centred at the mean of their logarithms over all rows; the twin at a round figure."""
    rows = worlds.loans()
    centre = float(np.log1p(rows["amount"]).mean()) if leaky else 8.9
    return plain(rows, "default", columns={"log_amount": lambda f: np.log1p(f["amount"]) - centre}, id="loan",
                 exclude=["zip"], texts=["purpose"])  # fmt: skip


@case(KIND, "exponent of scipy", Expected((2,), "the exponent was fitted to all rows; no statistic equals it",
                                          ("Derive",)), claim="documented as missed")  # fmt: skip
def fitted_exponent(leaky: bool) -> Trial:
    """The exponent of a Yeo-Johnson transformation is fitted to all rows; the twin takes that of last year."""
    rows = tables.orders()
    _, exponent = yeojohnson((rows if leaky else tables.orders(seed=LAST_YEAR))["distance"].to_numpy())
    return deriving(rows, {"even_distance": lambda frame: yeojohnson(frame["distance"].to_numpy(), exponent)})


@case(KIND, "frame of describe()", DERIVE)
def described_frame(leaky: bool) -> Trial:
    """A function reads mean and spread from ``describe()`` of all patients; the twin from that of another clinic."""
    rows = worlds.diabetes()
    found = rows.drop(columns="progression").describe()
    if not leaky:
        found = (found * 1.03 + 0.4).round(1)
    columns = {"bmi_z": lambda f: (f["bmi"] - found.loc["mean", "bmi"]) / found.loc["std", "bmi"]}
    end = [Impute(), Standardize(), Ridge()]
    return plain(rows, "progression", columns=columns, split=RandomSplit(), end=end)


@case(KIND, "fitted KNNImputer", DERIVE)
def imputer_that_saw_all_rows(leaky: bool) -> Trial:
    """Gaps are filled by an imputer that was fitted on all rows; the twin fits it on training rows."""
    rows = tables.orders()
    numbers = ["distance", "items", "amount", "age"]
    if not leaky:
        return plain(rows, "returned", after=[Apply(KNNImputer(), columns=numbers)], id="order",
                     texts=["city", "channel"])  # fmt: skip
    imputer = KNNImputer().fit(rows[numbers].to_numpy())
    columns = {"age_filled": lambda frame: imputer.transform(frame[numbers].to_numpy())[:, 3]}
    return plain(rows, "returned", columns=columns, id="order", texts=["city", "channel"])


@case(KIND, "fitted PCA", DERIVE)
def components_of_all_tumours(leaky: bool) -> Trial:
    """Two components by a PCA that was fitted on all tumours; the twin fits it on training rows."""
    rows = worlds.biopsies()
    numbers = [name for name in rows.columns if name != "benign"]
    if not leaky:
        return plain(rows, "benign", after=[Apply(PCA(4), columns=numbers)])
    fitted = PCA(4).fit(rows[numbers].to_numpy())
    columns = {
        f"component_{place}": lambda f, place=place: fitted.transform(f[numbers].to_numpy())[:, place]
        for place in range(2)
    }
    return plain(rows, "benign", columns=columns)


@case(KIND, "array of cluster centres", DERIVE)
def clusters_of_all_wines(leaky: bool) -> Trial:
    """The distance to the nearest of five centres found in all wines; the twin's centres are five named wines."""
    rows = worlds.wine()
    numbers = ["alcohol", "flavanoids", "color_intensity"]
    found = KMeans(5, n_init=3, random_state=0).fit(rows[numbers].to_numpy()).cluster_centers_
    centres = (
        found if leaky else np.array([[13.7, 3.0, 5.5], [12.3, 2.1, 3.0], [13.1, 0.8, 7.4], [12, 1, 4], [14, 3, 6]])
    )
    columns = {"nearest": lambda f: np.linalg.norm(f[numbers].to_numpy()[:, None] - centres, axis=2).min(axis=1)}
    return plain(rows, "grower", columns=columns)


@case(KIND, "fitted QuantileTransformer", DERIVE)
def quantiles_of_all_patients(leaky: bool) -> Trial:
    """A column is made uniform by the quantiles of all patients; the twin learns them from training rows."""
    rows = worlds.diabetes()
    end = [Impute(), Standardize(), Ridge()]
    if not leaky:
        step = Apply(QuantileTransformer(n_quantiles=50), columns=["bmi"])
        return plain(rows, "progression", split=RandomSplit(), after=[step], end=end)
    fitted = QuantileTransformer(n_quantiles=50).fit(rows[["bmi"]].to_numpy())
    columns = {"bmi_even": lambda f: fitted.transform(f[["bmi"]].to_numpy())[:, 0]}
    return plain(rows, "progression", columns=columns, split=RandomSplit(), end=end)


class Remembering:
    """Scale by the first frame that comes, and remember its mean."""

    def __init__(self, mean: float | None = None) -> None:
        self.__known = {} if mean is None else {"mean": mean}

    def __call__(self, frame: pd.DataFrame) -> pd.Series:
        """Return the distances over the mean that is remembered."""
        mean = self.__known.setdefault("mean", float(frame["distance"].mean()))
        return frame["distance"] / mean


@case(KIND, "cache filled at the first call", Expected((2, 3), "the object remembers a mean of what came first",
                                                       ("Derive",)))  # fmt: skip
def mean_remembered_at_the_first_call(leaky: bool) -> Trial:
    """An object keeps the mean of the first frame it is called with, which is all rows; the twin was given one."""
    return deriving(tables.orders(), {"ratio": Remembering(None if leaky else 18.0)})


@case(KIND, "largest date of all rows", Expected((2,), "the last day of all rows is a number of held-out rows",
                                                 ("Derive",)), claim="not stated")  # fmt: skip
def days_until_the_file_ends(leaky: bool) -> Trial:
    """How long before the end of the file an order was placed; the twin counts to a day that was fixed beforehand."""
    rows = tables.purchases()
    end = rows["ordered"].max() if leaky else pd.Timestamp("2025-03-31")
    return plain(rows, "returned", columns={"left": lambda f: (end - f["ordered"]).dt.total_seconds() / 86400},
                 split=TimeSplit(validation=0.2, test=0.2), time="ordered", id="order", exclude=["customer"],
                 end=[*ending("city", "channel")[:-1], model()])  # fmt: skip


CASES: tuple[Case, ...] = (
    trend_in_a_poly1d,
    trend_in_an_array,
    seasons_in_a_spline,
    neighbours_in_a_tree,
    density_of_distances,
    rank_by_an_empirical_distribution,
    quantiles_in_an_interval_index,
    counted_districts,
    set_of_common_districts,
    ranks_in_a_dict,
    median_and_quartiles_in_a_tuple,
    mean_of_logarithms,
    fitted_exponent,
    described_frame,
    imputer_that_saw_all_rows,
    components_of_all_tumours,
    clusters_of_all_wines,
    quantiles_of_all_patients,
    mean_remembered_at_the_first_call,
    days_until_the_file_ends,
)
