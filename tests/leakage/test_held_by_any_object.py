"""What a step holds is found in whatever object holds it: accused where held-out rows alone explain it."""

from __future__ import annotations

from collections import Counter, OrderedDict, UserDict, deque
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline, CubicSpline, UnivariateSpline, interp1d, make_interp_spline
from scipy.spatial import KDTree, cKDTree
from scipy.stats import gaussian_kde
from sklearn.neighbors import KDTree as BallLikeTree
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlsys import Derive, Join, Pipeline, RandomSplit, TimeSplit
from mlsys.errors import Finding
from mlsys.leakage.walking import Walk

SPLIT = RandomSplit(validation=0.2, test=0.2)


def visits() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(1_200, 3)), columns=list("abc"))
    frame["user"] = [f"u{number % 97}" for number in range(1_200)]
    frame["shop"] = generator.integers(1_000, 1_060, 1_200)
    frame["when"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(generator.uniform(0, 300, 1_200), unit="D")
    return frame.assign(y=(frame["a"] + generator.normal(size=1_200) > 0).astype(int))


ALL = visits()
TRAIN = SPLIT.split(ALL, target="y")["train"]
UNUSED = ["user", "shop", "when", "a"]


def told(*steps: Any, data: pd.DataFrame = ALL) -> list[Finding]:
    """Findings on held data."""
    plan = [*steps, SPLIT, DecisionTreeClassifier(max_depth=2)]
    run = Pipeline(plan, target="y", exclude=UNUSED).run(data, track=False, cache=False)
    return [finding for finding in run.findings if finding.code in {"LK220", "LK221", "LK222"}]


def severities(one: Callable[[pd.DataFrame], Any]) -> set[tuple[str, str]]:
    return {(finding.code, finding.severity) for finding in told(Derive({"z": one}))}


class Slotted:
    """An object with slots, such as a record of one's own."""

    __slots__ = ("curve",)

    def __init__(self, curve: Any) -> None:
        self.curve = curve


def by_target(frame: pd.DataFrame, key: str = "user") -> pd.Series:
    return frame.groupby(key)["y"].mean().sort_values()


def laplace(frame: pd.DataFrame, added: float) -> pd.Series:
    """Rates by user, with rows of each class added; a digit is lost, so that no formula of a mean fits exactly."""
    found = frame.groupby("user")["y"].agg(["sum", "count"])
    return ((found["sum"] + added) / (found["count"] + 2 * added)).round(5)


def several_visits(frame: pd.DataFrame) -> frozenset[str]:
    return frozenset(frame.loc[frame["y"] == 1, "user"].value_counts().head(40).index)


def reader(values: Any) -> Callable[[pd.DataFrame], Any]:
    """A function that holds something and makes a column of it, whatever it is."""
    return lambda frame: frame["b"] * (1 if values is not None else 0)


def sorted_by_a(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("a")


HELD: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a tree of points": lambda f: cKDTree(f[["a", "b"]].to_numpy()),
    "a tree written in Python": lambda f: KDTree(f[["a", "b"]].to_numpy()),
    "a density": lambda f: gaussian_kde(f["a"]),
    "a smoothing spline": lambda f: UnivariateSpline(sorted_by_a(f)["a"], sorted_by_a(f)["y"], s=200),
    "a cubic spline": lambda f: CubicSpline(sorted_by_a(f)["a"], sorted_by_a(f)["y"]),
    "an interpolation": lambda f: interp1d(f["a"], f["y"]),
    "a spline in a slot": lambda f: Slotted(CubicSpline(sorted_by_a(f)["a"], sorted_by_a(f)["y"])),
    "an Arrow table": lambda f: pa.Table.from_pandas(f[["user", "a", "when"]]),
    "deciles as intervals": lambda f: pd.qcut(f["a"], 10).cat.categories,
    "deciles as a type": lambda f: pd.qcut(f["a"], 10).dtype,
    "quintiles as an array": lambda f: pd.qcut(f["a"], 5, retbins=True)[1],
    "inner quantiles as a list": lambda f: np.quantile(f["b"], [0.2, 0.4, 0.6, 0.8]).tolist(),
    "counts in a Counter": lambda f: Counter(f["user"]),
    "counts in an ordered dict": lambda f: OrderedDict(f["user"].value_counts().items()),
    "counts in a dict of one's own": lambda f: UserDict(f["user"].value_counts().to_dict()),
    "counts in a frozen dict": lambda f: MappingProxyType(f["user"].value_counts().to_dict()),
    "last visits": lambda f: f.groupby("user")["when"].max(),
    "first visits in a dict": lambda f: f.groupby("user")["when"].min().to_dict(),
    "last visits in a table": lambda f: f.groupby("user").agg(last=("when", "max")),
    "a set by target": several_visits,
    "a list by target": lambda f: sorted(several_visits(f)),
    "an array of ids by target": lambda f: np.array(sorted(several_visits(f))),
    "a set of numbers by target": lambda f: set(by_target(f, "shop").tail(25).index),
    "ranks by target": lambda f: {user: rank for rank, user in enumerate(by_target(f).index)},
    "ranks from the top": lambda f: by_target(f).rank(ascending=False, method="first").astype(int),
    "ids in the order of the target": lambda f: by_target(f).index.tolist(),
    "levels by target": lambda f: pd.qcut(by_target(f), 8, labels=False).to_dict(),
    "rates with a row of each class added": lambda f: laplace(f, 1).to_dict(),
    "logits of such rates": lambda f: np.log(laplace(f, 0.5) / (1 - laplace(f, 0.5))).to_dict(),
    "ranks of rates drawn to the mean": lambda f: laplace(f, 10).rank().to_dict(),
    "whether above the median": lambda f: (by_target(f) > by_target(f).median()).to_dict(),
}


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("name", HELD)
def test_what_held_out_rows_explain_and_training_rows_do_not_is_an_error(name: str) -> None:
    codes = severities(reader(HELD[name](ALL)))
    assert codes & {("LK220", "error"), ("LK221", "error")}, codes


@pytest.mark.quick(every=4)
@pytest.mark.parametrize("name", HELD)
def test_the_same_of_training_rows_is_no_error(name: str) -> None:
    assert all(severity == "information" for _, severity in severities(reader(HELD[name](TRAIN))))


def test_the_last_time_of_all_is_found_where_a_judged_row_has_it() -> None:
    judged = SPLIT.split(ALL, target="y")["validation"].index[0]
    train = TRAIN.index[0]
    for row, codes in ((judged, ["LK220"]), (train, [])):
        last = ALL["when"].where(ALL.index != row, pd.Timestamp("2024-02-03 11:22:33"))
        data = ALL.assign(when=last)
        for held in (data["when"].max(), data["when"].max().to_pydatetime(), data["when"].to_numpy().max()):
            assert [f.code for f in told(Derive({"z": reader(held)}), data=data)] == codes


@pytest.mark.parametrize(
    ("last", "codes"), [("2024-02-03 11:22", ["LK220"]), ("2024-02-03 11:20", []), ("2024-02-03", [])]
)
def test_a_time_to_the_minute_is_one_that_nobody_writes_down(last: str, codes: list[str]) -> None:
    judged = SPLIT.split(ALL, target="y")["validation"].index[0]
    data = ALL.assign(when=ALL["when"].dt.floor("min").where(ALL.index != judged, pd.Timestamp(last)))
    held = [pd.Timestamp(last), pd.Timestamp(last) + pd.Timedelta("2min")]
    assert [[f.code for f in told(Derive({"z": reader(each)}), data=data)] for each in held] == [codes, []]


def test_what_an_object_holds_counts_in_the_cache() -> None:
    kept: dict[str, Any] = {}

    def step() -> Derive:
        return Derive({"z": lambda frame: kept["tree"].query(frame[["b", "c"]].to_numpy())[0]})

    codes = []
    for rows in (TRAIN, ALL):
        kept["tree"] = cKDTree(rows[["b", "c"]].to_numpy())
        pipeline = Pipeline([step(), SPLIT, DecisionTreeClassifier(max_depth=2)], target="y", exclude=UNUSED)
        codes.append({finding.code for finding in pipeline.run(ALL, track=False).findings})
    assert "LK221" not in codes[0] and "LK221" in codes[1]


UNKNOWN: dict[str, Callable[[], Any]] = {
    "a polynomial": lambda: np.poly1d(np.polyfit(last_year()["a"], last_year()["b"], 3)),
    "a polynomial of the new kind": lambda: np.polynomial.Polynomial.fit(last_year()["a"], last_year()["b"], 3),
    "a B-spline": lambda: make_interp_spline(np.linspace(0, 1, 9), np.random.default_rng(5).random(9)),
    "bounds of bins": lambda: pd.IntervalIndex.from_breaks([-2.137, -1.512, 0.3371, 1.913]),
    "a set of ids": lambda: frozenset(f"u{number}" for number in range(30, 60)),
    "ranks by something else": lambda: {f"u{number}": (number * 7) % 97 for number in range(97)},
    "dates by user": lambda: pd.Series(pd.date_range("2020-01-01", periods=97), [f"u{n}" for n in range(97)]),
    "a queue of numbers": lambda: deque([0.123456789012, 2.345678901234]),
}


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nothing_explains_is_not_assessed(name: str) -> None:
    assert severities(reader(UNKNOWN[name]())) == {("LK222", "information")}


INNOCENT: dict[str, Any] = {
    "stop words": frozenset(f"word{number}" for number in range(300)),
    "all shops there are": sorted(ALL["shop"].unique().tolist()),
    "all users there are": sorted(set(ALL["user"])),
    "a few names": ["u1", "u2"],
    "ages": pd.IntervalIndex.from_breaks([0, 18, 25, 40, 60, 120]),
    "a date": pd.Timestamp("2023-06-01"),
    "an hour": pd.Timestamp("2023-06-01 12:00"),
    "a generator": np.random.default_rng(3),
    "points of a scale": dict(zip("abcdefghij", range(10), strict=True)),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_lists_of_names_and_round_bounds_accuse_nobody(name: str) -> None:
    assert severities(reader(INNOCENT[name])) == set()


# --- lengths ---


def last_year() -> pd.DataFrame:
    generator = np.random.default_rng(7)
    return pd.DataFrame(generator.normal(1, 2, size=(len(ALL), 3)), columns=list("abc"))


EQUALLY_LONG: dict[str, Callable[[], Any]] = {
    "a scaler": lambda: StandardScaler().fit(last_year().to_numpy()),
    "a scaler of named columns": lambda: StandardScaler().fit(last_year()),
    "extremes": lambda: MinMaxScaler().fit(last_year().to_numpy()),
    "a curve": lambda: np.tanh(np.linspace(-4, 4, len(ALL))),
    "a grid": lambda: np.linspace(-4, 4, len(ALL)),
    "a counter": lambda: np.arange(len(ALL)),
    "a table": last_year,
    "a column": lambda: last_year()["a"],
    "a sorted column": lambda: last_year()["a"].sort_values(ignore_index=True),
    "a matrix": lambda: last_year().to_numpy(),
    "a tree": lambda: cKDTree(last_year().to_numpy()),
    "a tree of scikit-learn's": lambda: BallLikeTree(last_year().to_numpy()),
}


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("name", EQUALLY_LONG)
def test_as_many_rows_as_the_data_has_prove_nothing(name: str) -> None:
    assert all(severity == "information" for _, severity in severities(reader(EQUALLY_LONG[name]())))


ROW_BY_ROW: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a column": lambda f: f["a"].to_numpy(),
    "its logarithm": lambda f: np.log(f["a"] + 10).to_numpy(),
    "its ranks": lambda f: f["a"].rank().to_numpy(),
    "it, turned around": lambda f: -f["a"].to_numpy(),
    "a table": lambda f: f[["a", "b"]].reset_index(drop=True),
    "scaled columns": lambda f: StandardScaler().fit_transform(f[["a", "b"]]),
    "part of the rows": lambda f: f["a"].to_numpy()[:700],
}


@pytest.mark.quick("its ranks", "a table", "part of the rows")
@pytest.mark.parametrize("name", ROW_BY_ROW)
def test_values_that_are_those_of_the_rows_are_rows_of_the_data(name: str) -> None:
    assert ("LK221", "error") in severities(reader(ROW_BY_ROW[name](ALL)))


def test_a_count_of_rows_is_evidence_in_the_company_of_a_statistic() -> None:
    frame = ALL.copy()
    extremes = MinMaxScaler().fit(frame[["b", "c"]].to_numpy())
    found = told(Derive({"z": reader(extremes)}))
    assert "LK220" in {finding.code for finding in found}


# --- groups that training rows lack ---


def hourly() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    rows = 1_800
    at = pd.date_range("2023-03-01", periods=rows, freq="h")
    frame = pd.DataFrame({"row": range(rows), "at": at, "day": at.strftime("%Y-%m-%d"), "hour": at.hour})
    frame["site"] = np.repeat(np.arange(rows // 24) % 9 + 100, 24)
    frame["altitude"] = frame["site"] * 7.25
    frame["temp"] = generator.normal(size=rows)
    noise = np.repeat(generator.normal(0, 10, rows // 24), 24)
    return frame.assign(load=100 + 20 * np.sin(frame["hour"] / 24 * 6.28) + noise)


def joined(table: pd.DataFrame, on: Any = "day", start: str = "2023-04-15") -> list[str]:
    plan = [Join(table, on=on), TimeSplit(validation=start, test="2023-04-30"), DecisionTreeClassifier(max_depth=3)]
    frame = hourly().assign(load=lambda f: (f["load"] > 100).astype(int))
    run = Pipeline(plan, target="load", time="at", id="row", exclude=["day", "site"]).run(frame, track=False)
    return [finding.code for finding in run.findings if finding.code in {"LK220", "LK221"}]


def daily(column: str, statistic: str, by: Any = "day", rows: slice = slice(None)) -> pd.DataFrame:
    frame = hourly().assign(load=lambda f: (f["load"] > 100).astype(int))[rows]
    return frame.groupby(by)[column].agg(statistic).rename("known").reset_index()


@pytest.mark.quick("mean-2023-04-15", "std-2023-04-15 12:00")
@pytest.mark.parametrize("start", ["2023-04-15", "2023-04-15 12:00"])
@pytest.mark.parametrize("statistic", ["mean", "sum", "std"])
def test_statistics_of_groups_that_only_judged_rows_have_are_found(statistic: str, start: str) -> None:
    assert joined(daily("load", statistic), start=start) == ["LK220"]


def test_they_are_found_by_two_keys_as_well() -> None:
    assert joined(daily("load", "mean", ["day", "site"]), on=["day", "site"]) == ["LK220"]


def test_what_was_known_of_groups_beforehand_is_no_finding() -> None:
    assert joined(daily("load", "mean", rows=slice(0, 24 * 45))) == []  # training days alone
    assert joined(daily("altitude", "mean")) == []  # the same in every row of a day
    generator = np.random.default_rng(5)
    assert joined(daily("load", "mean").assign(known=generator.normal(size=75))) == []


# --- walking ---


def test_objects_that_hold_each_other_end() -> None:
    one, other = UserDict(), UserDict()
    one["other"], other["one"], one["number"] = other, one, 3.14159
    assert [value for _, value in Walk().data([one, other], "x")] == [{"number": 3.14159}]


SCALARS = st.integers() | st.text() | st.none() | st.floats()
NESTED = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4) | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(NESTED)
def test_any_nested_value_can_be_looked_into(value: Any) -> None:
    found = list(Walk().data(value, "x"))
    assert all(path.startswith("x") and value is not None and not isinstance(value, str) for path, value in found)
    assert found or not isinstance(value, (int, float)) or isinstance(value, bool)


def test_a_spline_is_looked_into_through_its_slots() -> None:
    spline = BSpline(np.arange(8.0), np.array([0.25, 0.5, 0.75, 1.5]), 3)
    found = [value for _, value in Walk().data(spline, "s") if isinstance(value, np.ndarray)]
    assert any(np.array_equal(each, spline.t) for each in found)
    assert any(np.array_equal(each, spline.c) for each in found)
