"""Aggregate, Pivot, Deduplicate, Filter, Rename and Cast: values against pandas and loops, misuse in one message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Aggregate, Cast, Deduplicate, Filter, Impute, Pipeline, Pivot, RandomSplit, ReadParquet, Rename, Train
from mlsys.errors import ConfigurationError, ContractError, DataError
from mlsys.settings import override

START = pd.Timestamp("2024-01-01")


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    at = START + pd.to_timedelta(rng.integers(0, 60, 400), unit="D")
    return pd.DataFrame(
        {
            "who": rng.choice(["ann", "bob", "eve", None], 400),
            "at": at,
            "booked": at + pd.to_timedelta(rng.integers(0, 10, 400), unit="D"),
            "paid": rng.gamma(2.0, 10.0, 400).round(2),
        }
    )


@pytest.mark.parametrize("window", [None, "14D"])
def test_each_entity_has_what_was_known_of_it_at_each_moment(events: pd.DataFrame, window) -> None:
    moments = [START + pd.Timedelta(days=day) for day in (1, 20, 45)]
    columns = {"n": "count", "spent": ("paid", "sum"), "most": ("paid", "max")}
    made = Aggregate("who", columns, moments, "at", known_at="booked", window=window).reshape(events)
    for row in made.itertuples():
        known = events[(events["who"] == row.who) & (events["booked"] < row.as_of)]
        assert len(known) > 0
        known = known if window is None else known[known["booked"] >= row.as_of - pd.Timedelta(window)]
        assert row.n == len(known)
        assert row.spent == pytest.approx(known["paid"].sum())
    shuffled = Aggregate("who", columns, moments, "at", known_at="booked", window=window).reshape(events[::-1])
    pd.testing.assert_frame_equal(made, shuffled, check_exact=True)


def test_moments_that_fit_no_event_are_refused(events: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="none of 400 events is known before 2023"):
        Aggregate("who", {"n": "count"}, "2023-01-01", "at").reshape(events)
    with pytest.raises(DataError, match="has a time zone"):
        Aggregate("who", {"n": "count"}, "2024-02-01T00:00Z", "at").reshape(events)
    with pytest.raises(ConfigurationError, match="would make two columns 'who'"):
        Aggregate("who", {"who": "count"}, "2024-02-01", "at")
    with pytest.raises(ConfigurationError, match="is no moment"):
        Aggregate("who", {"n": "count"}, "some day", "at")


@pytest.mark.parametrize("function", ["count", "sum", "mean", "min", "max"])
def test_a_pivot_is_that_of_pandas(events: pd.DataFrame, function: str) -> None:
    rows = events.dropna().assign(month=lambda f: f["at"].dt.month)
    made = Pivot("who", "month", "paid", function=function).reshape(rows).sort_values("who").set_index("who")
    wanted = rows.pivot_table(index="who", columns="month", values="paid", aggfunc=function)
    np.testing.assert_allclose(made.to_numpy(), wanted.to_numpy())
    assert made.columns.tolist() == [f"month_{month}" for month in wanted.columns]


def test_a_pivot_makes_the_columns_that_are_named_and_refuses_crowded_cells(events: pd.DataFrame) -> None:
    rows = pd.DataFrame({"k": [1, 1, 2], "test": ["a", "b", "a"], "value": [5, 6, 7]})
    made = Pivot("k", "test", "value", levels=["a", "never"]).reshape(rows)
    assert made["test_a"].tolist() == [5, 7]
    assert made["test_never"].isna().all()
    with pytest.raises(DataError, match="cells have more than one row, such as"):
        Pivot("who", "at", "paid").reshape(events)
    with pytest.raises(DataError, match="which have no order"):
        Pivot("k", "test", "value").reshape(rows.assign(test=["a", 1, "b"]))
    with pytest.raises(ConfigurationError, match="names a column twice"):
        Pivot("k", "k", "value")


def test_equal_rows_stay_once_and_near_rows_if_asked() -> None:
    ads = pd.DataFrame(
        {
            "city": ["Rome", "Rome", "Oslo", "Rome", "Rome"],
            "price": [100, 100.0, 100, 100.9, 101.8],
            "title": [
                "Sunny flat near the river, two rooms and a balcony",
                "Sunny flat near the river, two rooms and a balcony",
                "Sunny flat near the river, two rooms and a balcony",
                "SUNNY flat near  the river, two rooms and a balcony!",
                "House by the sea with a large garden and a garage",
            ],
        }
    )
    kept = {
        "equal": Deduplicate(),
        "last": Deduplicate(["city"], keep_row="last"),
        "numbers": Deduplicate(["city"], near={"price": 1.0}),
        "texts": Deduplicate(["city"], near={"title": 0.8}),
        "both": Deduplicate(["city"], near={"title": 0.8, "price": 1.0}),
    }
    found = {name: step.select(ads).index.tolist() for name, step in kept.items()}
    assert found == {"equal": [0, 2, 3, 4], "last": [2, 4], "numbers": [0, 2], "texts": [0, 2, 4], "both": [0, 2, 4]}


def test_near_rows_are_those_that_a_loop_finds() -> None:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"g": rng.integers(0, 3, 70), "x": rng.random(70) * 20, "y": rng.random(70) * 4})
    rows.loc[::17, "x"] = np.nan
    near = {(a, b) for a in range(70) for b in range(a) if rows["g"][a] == rows["g"][b]
            and abs(rows["x"][a] - rows["x"][b]) <= 0.4 and abs(rows["y"][a] - rows["y"][b]) <= 1}  # fmt: skip
    group = list(range(70))
    for a, b in near:
        group = [group[min(a, b)] if each == group[max(a, b)] else each for each in group]
    step = Deduplicate(["g"], near={"x": 0.4, "y": 1.0})
    assert len(step.select(rows)) == len(set(group))


def test_what_cannot_be_near_is_refused() -> None:
    rows = pd.DataFrame({"x": [1.0] * 3, "at": [START] * 3})
    with pytest.raises(DataError, match="'at', which holds"):
        Deduplicate(near={"at": 1.0}).select(rows)
    with pytest.raises(ConfigurationError, match="exactly and nearly"):
        Deduplicate(["x"], near={"x": 1.0})
    crowd = pd.DataFrame({"x": np.zeros(8_000)})
    with pytest.raises(DataError, match="nearly all rows are near"):
        Deduplicate(near={"x": 1.0}).select(crowd)


def test_a_condition_keeps_what_meets_it_in_a_pipeline_too() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"price": rng.normal(size=200), "x": rng.normal(size=200), "y": rng.integers(0, 2, 200)})
    steps = [Filter(pd.col("price") > 0), RandomSplit(), Train(LogisticRegression())]
    run = Pipeline(steps, target="y").run(rows, track=False, cache=False)
    assert run.assignment.index.isin(rows.index[rows["price"] > 0]).all()
    assert Filter(lambda frame: frame["price"] > 0).select(rows).equals(rows[rows["price"] > 0])
    with pytest.raises(ContractError, match="not True or False for each row"):
        Filter(pd.col("price") * 2).select(rows)
    with pytest.raises(ConfigurationError, match="got the str"):
        Filter("price > 0")


def test_a_renamed_column_serves_under_its_old_name_and_stays_late() -> None:
    rng = np.random.default_rng(0)
    at = START + pd.to_timedelta(np.arange(200), unit="D")
    rows = pd.DataFrame(
        {"a": rng.normal(size=200), "late": rng.normal(size=200), "at": at, "y": rng.integers(0, 2, 200)}
    )
    rows = rows.assign(c=rng.integers(0, 9, 200).astype(str))
    steps = [
        Rename({"a": "b", "late": "after"}),
        Cast({"c": "Int64", "after": "str"}),
        Impute(),
        Train(LogisticRegression()),
    ]
    run = Pipeline(steps, target="y", time="at", known_at={"late": "9D"}).run(rows, track=False, cache=False)
    assert sorted(run.model.inputs) == ["a", "c"]
    assert len(run.model.predict(rows[["a", "c"]])) == 200
    assert not run.features.set_index("column")["used"]["after"]
    with pytest.raises(DataError, match="there is a column 'y' already"):
        Rename({"a": "y"}).apply(rows)


@pytest.mark.parametrize(
    ("values", "kind", "wanted"),
    [
        (["1", "2.0", None], "Int64", [1, 2, None]),
        ([1.0, 3.0], "int32", [1, 3]),
        (["a", None, 3], "str", ["a", None, "3"]),
        ([1, 0, None], "boolean", [True, False, None]),
        (["2024-01-01", "2024-01-01 12:00"], "datetime", [START, START + pd.Timedelta("12h")]),
        ([2**53 + 1, 5], "Int64", [2**53 + 1, 5]),
        (["x", "y"], "category", ["x", "y"]),
        (["2024-01-01T02:00+02:00", "2024-01-01T00:00Z"], "datetime", [START.tz_localize("UTC")] * 2),
    ],
)
def test_values_are_brought_to_a_type(values, kind: str, wanted) -> None:
    made = Cast({"x": kind}).apply(pd.DataFrame({"x": values}))["x"]
    assert [None if pd.isna(each) else each for each in made.tolist()] == wanted


@pytest.mark.parametrize(
    ("values", "kind"),
    [(["1", "dear"], "float64"), ([1, 1.5], "Int64"), ([0, 300], "uint8"), ([0, 2**53 + 1], "float64"),
     (["yes", "maybe"], "boolean"), (["2024-01-01", "soon"], "datetime")],
)  # fmt: skip
def test_a_value_that_a_type_cannot_hold_is_named_or_made_null(values, kind: str) -> None:
    frame = pd.DataFrame({"x": values}, index=[7, 9])
    with pytest.raises(DataError, match=r"column 'x' holds .* in row 9, which is no"):
        Cast({"x": kind}).apply(frame)
    if kind != "uint8":
        assert Cast({"x": kind}, unreadable="null").apply(frame)["x"].isna().tolist() == [False, True]
    else:
        with pytest.raises(DataError, match="has nulls, which uint8 cannot hold"):
            Cast({"x": kind}, unreadable="null").apply(frame)


def test_a_condition_that_does_not_answer_for_each_row_in_order_is_refused() -> None:
    rows = pd.DataFrame({"n": [1, 2, 3], "x": [0.5, None, 2.0]})
    with pytest.raises(ContractError, match="gave a DataFrame of shape"):
        Filter(lambda f: f[["n"]] > 1).select(rows)
    for other in (lambda f: (f["n"] > 2).sort_index(ascending=False), lambda f: f["x"].dropna() > 0):
        with pytest.raises(ContractError, match="gave a Series of other rows"):
            Filter(other).select(rows)
    assert Filter(lambda f: (f["n"] > 2).to_numpy()).select(rows)["n"].tolist() == [3]


def test_the_clock_is_not_read_in_place_of_a_value() -> None:
    rows = pd.DataFrame({"at": ["2024-01-01", "now", " Today "]})
    assert Cast({"at": "datetime"}, unreadable="null").apply(rows)["at"].isna().tolist() == [False, True, True]


def test_a_column_that_cannot_become_a_type_and_lists_in_place_of_levels_are_named() -> None:
    rows = pd.DataFrame({"at": pd.to_datetime(["2024-01-01"]), "list": [[1]], "k": ["a"], "v": [1]})
    with pytest.raises(DataError, match="column 'at' holds times .*, which cannot become timedelta64"):
        Cast({"at": "timedelta64[ns]"}).apply(rows)
    with pytest.raises(DataError, match="'list' holds .*, which have no order"):
        Pivot("k", "list", "v").reshape(rows)
    with pytest.raises(DataError, match="'list'"):
        Aggregate("list", {"n": "count"}, "2025-01-01", "at").reshape(rows)


def test_a_renamed_column_is_no_data_inside_the_step() -> None:
    orders = pd.DataFrame({"price": np.arange(200.0), "late": np.arange(200) % 2})
    steps = [Rename({"price": "amount"}), RandomSplit()]
    run = Pipeline(steps, target="late").run(orders, track=False, cache=False, verbose=False)
    assert not [each for each in run.findings if each.code == "LK222"]


@pytest.fixture
def folder() -> ReadParquet:
    """400 rows in seven partitions."""
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"price": rng.gamma(2.0, 30.0, 400), "late": rng.integers(0, 2, 400)})
    rows["place"] = pd.Series(rng.choice(["Rome", "Oslo"], 400), dtype="str")
    rows.loc[::9, "price"] = None
    Path("rows").mkdir()
    for start in (0, 150, 300):
        rows.iloc[start : start + 150].to_parquet(f"rows/{start}.parquet")
    return ReadParquet("rows")


def filtered(source: ReadParquet, condition: Any, in_memory: int) -> pd.DataFrame:
    pipeline = Pipeline([source, Filter(condition), RandomSplit()], target="late")
    with override(rows_in_memory=in_memory, rows_per_partition=60):
        run = pipeline.run(track=False, cache=False, verbose=False)
    with override(rows_in_memory=500):
        return run.frame("train")


LOCAL = [
    pd.col("price") > 40,
    (pd.col("price") > 40) & (pd.col("place") == "Rome"),
    lambda rows: rows["price"].gt(40) | rows["late"].eq(1),
    lambda rows: (rows.index >= 60) & (rows.index < 110),  # some partitions keep no row
]
COMPARING = [
    pd.col("price") < pd.col("price").quantile(0.9),
    lambda rows: rows["price"].rank() > 100,
    lambda rows: ~rows.duplicated(["place", "late"]) | (rows["price"] > 20),
]


@pytest.mark.parametrize("condition", LOCAL)
def test_rows_that_are_kept_one_by_one_stay_in_partitions(condition: Any, folder: ReadParquet) -> None:
    pd.testing.assert_frame_equal(filtered(folder, condition, 20), filtered(folder, condition, 500))


@pytest.mark.parametrize("condition", COMPARING)
def test_a_condition_that_compares_rows_sees_all_of_them(condition: Any, folder: ReadParquet) -> None:
    pd.testing.assert_frame_equal(filtered(folder, condition, 120), filtered(folder, condition, 500))
    with pytest.raises(DataError, match="a step needs all 400 rows at once"):
        filtered(folder, condition, 20)


def test_a_plan_says_what_a_filter_gathers_and_that_none_is_kept_is_an_error(folder: ReadParquet) -> None:
    pipeline = Pipeline([folder, Filter(pd.col("price") < 0), RandomSplit()], target="late")
    with override(rows_in_memory=20, rows_per_partition=60):
        assert any("Filter: gathers all rows with whether each is kept" in note for note in pipeline.plan().notes)
        with pytest.raises(DataError, match="Filter kept none of 400 rows"):
            pipeline.run(track=False, cache=False, verbose=False)
