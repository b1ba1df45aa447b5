"""Mistakes in files, columns, types, keys and targets: found when the data is there, named by step and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    Apply,
    AsOfJoin,
    Calibrate,
    Cost,
    CyclicEncode,
    Derive,
    DetectDrift,
    Evaluate,
    GroupSplit,
    Impute,
    Join,
    Monitor,
    NaturalLabel,
    OneHot,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    ReadCSV,
    ReadParquet,
    Run,
    Standardize,
    StratifiedSample,
    TargetEncode,
    TimeSplit,
    Train,
    WriteParquet,
)
from mlsys.errors import ConfigurationError, ContractError, DataError, LeakageError, MlsysError

TREE = DecisionTreeClassifier(max_depth=2)
SPLIT = RandomSplit(validation=0.25, test=0.25)
ZONES = pd.DataFrame({"country": ["DE", "FR", "PL"], "zone": [1, 1, 2]})

CAPPED = Derive({"price": lambda frame: frame["price"].clip(upper=1_000)})


def run(frame: Any, *steps: Any, **arguments: Any) -> Run:
    """Run a pipeline without tracking; the columns a tree cannot use are left out."""
    chosen: dict[str, Any] = {"target": "returned", "features": ["price", "days"], **arguments}
    return Pipeline(list(steps), **chosen).run(frame, track=False)


def fares(orders: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """A table of one fare a day and country."""
    days = pd.date_range("2024-01-01", "2025-01-02", freq="D")
    table = pd.MultiIndex.from_product([["DE", "FR", "PL"], days], names=["country", "day"]).to_frame(index=False)
    return table.assign(fare=np.arange(len(table), dtype=float)).rename(columns=columns)


def as_of(table: pd.DataFrame, **changed: Any) -> AsOfJoin:
    given: dict[str, Any] = {"by": "country", "time": "day", "columns": ["fare"], "known_after": "0s", **changed}
    return AsOfJoin(table, **given)


def written(text: str, name: str) -> str:
    Path(name).write_text(text)
    return name


def csv(orders: pd.DataFrame) -> str:
    orders.to_csv("orders.csv", index=False)
    return "orders.csv"


def parquet(orders: pd.DataFrame) -> str:
    orders.to_parquet("orders.parquet")
    return "orders.parquet"


def doubled(orders: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([orders, orders.head(3)])


def endless(orders: pd.DataFrame) -> pd.DataFrame:
    return orders.assign(price=orders["price"].where(orders.index % 7 > 0, np.inf))


def mixed(orders: pd.DataFrame) -> pd.DataFrame:
    return orders.assign(returned=pd.Series([1, "no"] * 160, dtype=object))


def two_prices(orders: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([orders, orders["price"].rename("price")], axis=1)


MISTAKES: dict[str, tuple[type[Exception], tuple[str, ...], Callable[[Any], Any], Callable[[Any], Any]]] = {
    # ---------------------------------------------------------------- files
    "a file that is not there": (
        DataError,
        ("ReadCSV", "cannot find the file 'oders.csv'", "correct the path", "step 1 'ReadCSV'"),
        lambda f: run(None, ReadCSV("oders.csv"), SPLIT, TREE),
        lambda f: run(None, ReadCSV(csv(f)), SPLIT, TREE),
    ),
    "an empty file": (
        DataError,
        ("ReadCSV", "'empty.csv' is empty", "a header and rows"),
        lambda f: run(None, ReadCSV(written("", "empty.csv")), SPLIT, TREE),
        lambda f: run(None, ReadCSV(csv(f)), SPLIT, TREE),
    ),
    "a file with a header alone": (
        DataError,
        ("ReadCSV", "'header.csv' has a header but no rows", "rows"),
        lambda f: run(None, ReadCSV(written("price,days,returned\n", "header.csv")), SPLIT, TREE),
        lambda f: run(None, ReadCSV(csv(f)), SPLIT, TREE),
    ),
    "rows of different lengths in a text file": (
        DataError,
        ("ReadCSV cannot read 'ragged.csv'", "line 3", "separator="),
        lambda f: ReadCSV(written("a,b\n1,2\n1,2,3,4\n", "ragged.csv")).read(),
        lambda f: ReadCSV(written("a,b\n1,2\n1,2\n", "ragged.csv")).read(),
    ),
    "a text file read as Parquet": (
        DataError,
        ("ReadParquet cannot read", "as Parquet", "ReadCSV"),
        lambda f: run(None, ReadParquet(written("price,days\n1,2\n", "orders.parquet")), SPLIT, TREE),
        lambda f: run(None, ReadParquet(parquet(f)), SPLIT, TREE),
    ),
    "a Parquet file read as text": (
        DataError,
        ("ReadCSV", "'orders.parquet'", "Parquet"),
        lambda f: ReadCSV(parquet(f)).read(),
        lambda f: ReadParquet(parquet(f)).read(),
    ),
    "a folder without files": (
        DataError,
        ("ReadCSV found no file", "'nothing'", "pattern"),
        lambda f: _folder_read("nothing"),
        lambda f: ReadCSV(csv(f)).read(),
    ),
    "a column of a file that is not there": (
        DataError,
        ("ReadCSV: columns= names 'prize'", "its columns: order, ordered, price", "correct the names in columns="),
        lambda f: ReadCSV(csv(f), columns=["prize"]).read(),
        lambda f: ReadCSV(csv(f), columns=["price"]).read(),
    ),
    "a time column of a file that holds no times": (
        DataError,
        ("ReadCSV", "'country'", "times"),
        lambda f: ReadCSV(csv(f), times=["country"]).read(),
        lambda f: ReadCSV(csv(f), times=["ordered"]).read(),
    ),
    # ---------------------------------------------------------------- what run() is given
    "no data and no source": (
        DataError,
        ("no source and run() got no data", "run(frame)"),
        lambda f: run(None, SPLIT, TREE),
        lambda f: run(f, SPLIT, TREE),
    ),
    "an array in place of a frame": (
        DataError,
        ("run() got ndarray", "give a DataFrame"),
        lambda f: run(f[["price", "days", "returned"]].to_numpy(), SPLIT, TREE),
        lambda f: run(f, SPLIT, TREE),
    ),
    "a frame without rows": (
        DataError,
        ("run() got a frame of 0 rows", "pass a frame with rows"),
        lambda f: run(f.head(0), SPLIT, TREE),
        lambda f: run(f, SPLIT, TREE),
    ),
    "two columns of one name": (
        DataError,
        ("two columns named 'price'", "rename one of them"),
        lambda f: run(two_prices(f), SPLIT, TREE),
        lambda f: run(two_prices(f).set_axis([*f.columns, "price_again"], axis=1), SPLIT, TREE),
    ),
    "column names that are numbers": (
        DataError,
        ("column names must be strings", "0 is int", "rename(columns=str)"),
        lambda f: run(f.assign(**{"x": 1.0}).rename(columns={"x": 0}), SPLIT, TREE),
        lambda f: run(f.assign(**{"x": 1.0}).rename(columns={"x": 0}).rename(columns=str), SPLIT, TREE),
    ),
    "an index value that stands twice": (
        DataError,
        ("the index value 0 occurs twice", "reset_index(drop=True)"),
        lambda f: run(doubled(f), SPLIT, TREE),
        lambda f: run(doubled(f).reset_index(drop=True), SPLIT, TREE),
    ),
    "rows without an id": (
        DataError,
        ("3 rows have no id in 'order'", "row 0", "leave id= out"),
        lambda f: run(f.assign(order=pd.Series(range(3, len(f)), f.index[3:])), SPLIT, TREE, id="order"),
        lambda f: run(f.assign(order=np.arange(len(f))), SPLIT, TREE, id="order"),
    ),
    "parts without train": (
        DataError,
        ("parts named training, validation", "none is named 'train'"),
        lambda f: run({"training": f.head(200), "validation": f.tail(120)}, TREE),
        lambda f: run({"train": f.head(200), "validation": f.tail(120)}, TREE),
    ),
    "parts of which one has no rows": (
        DataError,
        ("'validation'", "0 rows", "pass a frame with rows"),
        lambda f: run({"train": f, "validation": f.head(0)}, TREE),
        lambda f: run({"train": f.head(200), "validation": f.tail(120)}, TREE),
    ),
    "parts of which one lacks a column": (
        DataError,
        ("'validation'", "'days'"),
        lambda f: run({"train": f.head(200), "validation": f.tail(120).drop(columns="days")}, TREE),
        lambda f: run({"train": f.head(200), "validation": f.tail(120)}, TREE),
    ),
    # ---------------------------------------------------------------- columns that are not there
    "a target that is not there": (
        DataError,
        ("the target column 'return' is not in the data", "correct target="),
        lambda f: run(f, SPLIT, TREE, target="return"),
        lambda f: run(f, SPLIT, TREE, target="returned"),
    ),
    "a weight that is not there": (
        DataError,
        ("the weight column 'wieght' is not in the data", "correct weight="),
        lambda f: run(f, SPLIT, TREE, weight="wieght"),
        lambda f: run(f, SPLIT, TREE, weight="weight"),
    ),
    "a moment of decision that is not there": (
        DataError,
        ("'departs'", "is not in the data", "correct decide_at="),
        lambda f: run(f, SPLIT, TREE, decide_at="1h before departs"),
        lambda f: run(f, SPLIT, TREE, decide_at="1h before ordered"),
    ),
    "a known-at moment that is not there": (
        DataError,
        ("known_at names 'shipped'", "neither a time column nor a duration", "Derive"),
        lambda f: run(f, SPLIT, TREE, time="ordered", known_at={"days": "shipped"}, features=["price"]),
        lambda f: run(f, SPLIT, TREE, time="ordered", known_at={"days": "5D"}, features=["price"]),
    ),
    "exclude= with a column that is not there": (
        DataError,
        ("exclude= names 'zip'", "columns are order, ordered, price"),
        lambda f: run(f, SPLIT, TREE, exclude=["zip"]),
        lambda f: run(f, SPLIT, TREE, exclude=["country"]),
    ),
    "features= with a column that is not there": (
        DataError,
        ("features= names 'prize'", "columns are order, ordered, price"),
        lambda f: run(f, SPLIT, TREE, features=["prize"]),
        lambda f: run(f, SPLIT, TREE, features=["price"]),
    ),
    "features= with the target": (
        LeakageError,
        ("features= asks for 'returned'", "role: target", "remove 'returned' from features="),
        lambda f: run(f, SPLIT, TREE, features=["price", "returned"]),
        lambda f: run(f, SPLIT, TREE, features=["price"]),
    ),
    "no features left": (
        DataError,
        ("Train has no features left", "'price' (excluded by exclude=)", "step 2 'Train'"),
        lambda f: run(f[["price", "returned"]], SPLIT, TREE, features=None, exclude=["price"]),
        lambda f: run(f[["price", "returned"]], SPLIT, TREE, features=None),
    ),
    "Derive reads a column that is not there": (
        KeyError,
        ("'prize'", "step 1 'Derive'", "made the column 'half'", "price: float64", "test_data_that_cannot_be_used.py"),
        lambda f: run(f, Derive({"half": lambda frame: frame["prize"] / 2}), SPLIT, TREE),
        lambda f: run(f, Derive({"half": lambda frame: frame["price"] / 2}), SPLIT, TREE),
    ),
    "an expression reads a column that is not there": (
        ValueError,
        ("'prize'", "step 1 'Derive'", "made the column 'half'", "price: float64"),
        lambda f: run(f, Derive({"half": pd.col("prize") / 2}), SPLIT, TREE),
        lambda f: run(f, Derive({"half": pd.col("price") / 2}), SPLIT, TREE),
    ),
    "a plain function reads a column that is not there": (
        KeyError,
        ("'prize'", "halve", "price: float64"),
        lambda f: run(f, _halve("prize"), SPLIT, TREE),
        lambda f: run(f, _halve("price"), SPLIT, TREE),
    ),
    "Impute of a column that is not there": (
        DataError,
        ("Impute needs the column 'prize'", "columns: order", "correct columns=", "step 2 'Impute'"),
        lambda f: run(f, SPLIT, Impute(["prize"]), TREE),
        lambda f: run(f, SPLIT, Impute(["price"]), TREE),
    ),
    "OneHot of a column that is not there": (
        DataError,
        ("OneHot needs the column 'land'", "correct columns=", "step 2 'OneHot'"),
        lambda f: run(f, SPLIT, OneHot(["land"]), TREE),
        lambda f: run(f, SPLIT, OneHot(["country"]), TREE),
    ),
    "TargetEncode of a column that is not there": (
        DataError,
        ("TargetEncode needs the column 'land'", "correct columns=", "step 2 'TargetEncode'"),
        lambda f: run(f, SPLIT, TargetEncode(["land"]), TREE),
        lambda f: run(f, SPLIT, TargetEncode(["country"]), TREE),
    ),
    "CyclicEncode of a column that is not there": (
        DataError,
        ("CyclicEncode needs the column 'hour'", "columns: order", "step 1 'CyclicEncode'"),
        lambda f: run(f, CyclicEncode({"hour": 24}), SPLIT, TREE),
        lambda f: run(f, Derive({"hour": lambda g: g["ordered"].dt.hour}), CyclicEncode({"hour": 24}), SPLIT, TREE),
    ),
    "Apply to a column that is not there": (
        DataError,
        ("Apply", "'prize'", "step 2 'Apply'"),
        lambda f: run(f, SPLIT, Apply(StandardScaler(), columns=["prize"]), TREE),
        lambda f: run(f, SPLIT, Apply(StandardScaler(), columns=["price"]), TREE),
    ),
    "Train with a feature that is not there": (
        DataError,
        ("Train(DecisionTreeClassifier): column 'prize' is not a feature here", "correct features="),
        lambda f: run(f, SPLIT, Train(TREE, features=["prize"])),
        lambda f: run(f, SPLIT, Train(TREE, features=["price"])),
    ),
    "a label made of a column that is not there": (
        DataError,
        ("NaturalLabel('dear') needs the column 'refnd'", "correct from_column="),
        lambda f: run(f, _dear("refnd"), SPLIT, TREE, target="dear"),
        lambda f: run(f, _dear("refund"), SPLIT, TREE, target="dear"),
    ),
    "a slice by a column that is not there": (
        DataError,
        ("Evaluate slices by 'land'", "slice by a column of the data", "step 3 'Evaluate'"),
        lambda f: run(f, SPLIT, TREE, Evaluate(slices=["land"])),
        lambda f: run(f, SPLIT, TREE, Evaluate(slices=["country"])),
    ),
    "a split by groups that nobody named": (
        MlsysError,
        ("GroupSplit", "group"),
        lambda f: run(f, GroupSplit(), TREE),
        lambda f: run(f, GroupSplit(), TREE, group="customer"),
    ),
    "a split by time without a time": (
        MlsysError,
        ("TimeSplit", "time"),
        lambda f: run(f, TimeSplit(), TREE),
        lambda f: run(f, TimeSplit(), TREE, time="ordered"),
    ),
    "a predefined split by a column that is not there": (
        DataError,
        ("PredefinedSplit", "'fold'"),
        lambda f: run(f, PredefinedSplit("fold"), TREE),
        lambda f: run(f.assign(fold=np.where(f.index < 200, "train", "validation")), PredefinedSplit("fold"), TREE),
    ),
    "a sample by a column that is not there": (
        DataError,
        ("StratifiedSample", "'land'"),
        lambda f: run(f, StratifiedSample("land", rows=60), SPLIT, TREE),
        lambda f: run(f, StratifiedSample("country", rows=60), SPLIT, TREE),
    ),
    # ---------------------------------------------------------------- joins
    "the key of a join is not in the rows": (
        DataError,
        ("Join", "needs the column 'land'", "Derive"),
        lambda f: run(f, Join(ZONES.rename(columns={"country": "land"}), on="land"), SPLIT, TREE),
        lambda f: run(f, Join(ZONES, on="country"), SPLIT, TREE),
    ),
    "a column of a join is not in the table": (
        DataError,
        ("Join: the table has no column 'region'", "country, zone", "columns="),
        lambda f: run(f, Join(ZONES, on="country", columns=["region"]), SPLIT, TREE),
        lambda f: run(f, Join(ZONES, on="country", columns=["zone"]), SPLIT, TREE),
    ),
    "a key that stands twice in the table": (
        DataError,
        ("Join", "1 key of the table occurs in more than one row", "'DE'", "drop_duplicates"),
        lambda f: run(f, Join(pd.concat([ZONES, ZONES.head(1)]), on="country"), SPLIT, TREE),
        lambda f: run(f, Join(pd.concat([ZONES, ZONES.head(1)]).drop_duplicates("country"), on="country"), SPLIT, TREE),
    ),
    "a column of the table that the rows already have": (
        DataError,
        ("Join", "'price' would replace columns of the rows", "suffix="),
        lambda f: run(f, Join(ZONES.assign(price=1.0), on="country"), SPLIT, TREE),
        lambda f: run(f, Join(ZONES.assign(price=1.0), on="country", suffix="_list"), SPLIT, TREE),
    ),
    "keys of different types": (
        DataError,
        ("Join", "the key 'customer' is whole numbers", "text", "Derive"),
        lambda f: run(f, Join(_customers().astype({"customer": "str"}), on="customer"), SPLIT, TREE),
        lambda f: run(f, Join(_customers(), on="customer"), SPLIT, TREE),
    ),
    "the key of a join as of a moment is not in the rows": (
        DataError,
        ("AsOfJoin", "needs the column 'land'", "Derive"),
        lambda f: run(f, as_of(fares(f, country="land"), by="land"), SPLIT, TREE, time="ordered"),
        lambda f: run(f, as_of(fares(f)), SPLIT, TREE, time="ordered"),
    ),
    "a time of the joined table that is none": (
        DataError,
        ("AsOfJoin", "'day'"),
        lambda f: run(f, as_of(fares(f).assign(day="soon")), SPLIT, TREE, time="ordered"),
        lambda f: run(f, as_of(fares(f)), SPLIT, TREE, time="ordered"),
    ),
    "rows of the joined table that contradict each other": (
        DataError,
        ("AsOfJoin", "different values", "country='DE'", 'duplicates="last"'),
        lambda f: run(f, as_of(_contradicting(f)), SPLIT, TREE, time="ordered"),
        lambda f: run(f, as_of(_contradicting(f), duplicates="last"), SPLIT, TREE, time="ordered"),
    ),
    # ---------------------------------------------------------------- types
    "a text column into Standardize": (
        DataError,
        ("Standardize takes numbers", "'country' holds", "OneHot or TargetEncode", "step 2 'Standardize'"),
        lambda f: run(f, SPLIT, Standardize(["country"]), TREE),
        lambda f: run(f, SPLIT, Standardize(["price"]), TREE),
    ),
    "a text column into CyclicEncode": (
        DataError,
        ("CyclicEncode takes numbers", "'country' holds"),
        lambda f: run(f, CyclicEncode({"country": 3}), SPLIT, TREE),
        lambda f: run(f, CyclicEncode({"days": 30}), SPLIT, TREE, features=["price"], exclude=[]),
    ),
    "a text column into an estimator": (
        DataError,
        ("Train(DecisionTreeClassifier): column 'country' holds text", "OneHot(['country'])", "exclude=['country']"),
        lambda f: run(f, SPLIT, Train(TREE, features=["price", "country"]), features=["price", "country"]),
        lambda f: run(f, SPLIT, OneHot(["country"]), TREE, features=["price", "country"]),
    ),
    "a text column into a scikit-learn transformer": (
        DataError,
        ("Apply", "'country'", "text"),
        lambda f: run(f, SPLIT, Apply(StandardScaler(), columns=["country"]), TREE),
        lambda f: run(f, SPLIT, Apply(StandardScaler(), columns=["price"]), TREE),
    ),
    "timestamps into an estimator": (
        DataError,
        ("Train(DecisionTreeClassifier): column 'ordered' holds timestamps", "exclude=['ordered']"),
        lambda f: run(f, SPLIT, Train(TREE, features=["price", "ordered"]), features=["price", "ordered"]),
        lambda f: run(f, SPLIT, TREE, features=["price", "ordered"], exclude=["ordered"]),
    ),
    "nulls into an estimator that refuses them": (
        DataError,
        ("Train(LogisticRegression): column 'days' holds nulls", "Impute()"),
        lambda f: run(f, SPLIT, Train(LogisticRegression(), features=["price", "days"])),
        lambda f: run(f, SPLIT, Impute(), Standardize(), LogisticRegression()),
    ),
    "infinite numbers into an estimator": (
        DataError,
        ("Train(LogisticRegression): column 'price' holds infinite numbers", "Derive"),
        lambda f: run(endless(f), SPLIT, Train(LogisticRegression(), features=["price"]),
                      features=["price"]),
        lambda f: run(endless(f), CAPPED, SPLIT, LogisticRegression(),
                      features=["price"]),
    ),
    "infinite numbers into Standardize": (
        DataError,
        ("Standardize: the column 'price' holds an infinite value", "Derive", "step 2 'Standardize'"),
        lambda f: run(f.assign(price=np.inf), SPLIT, Standardize(["price"]), TREE),
        lambda f: run(f.assign(price=1.0), SPLIT, Standardize(["price"]), TREE),
    ),
    "a column of nulls alone into an estimator": (
        DataError,
        ("Train(LogisticRegression): column 'days' holds nulls", "'days', which is all null, with exclude=['days']"),
        lambda f: run(f.assign(days=np.nan), SPLIT, Train(LogisticRegression(), features=["price", "days"])),
        lambda f: run(f.assign(days=np.nan), SPLIT, LogisticRegression(), exclude=["days"]),
    ),
    "a column of nulls alone into Impute": (
        DataError,
        ("Impute: the column 'days' is null in every training row", "exclude=['days']", "step 2 'Impute'"),
        lambda f: run(f.assign(days=np.nan), SPLIT, Impute(["days"]), TREE),
        lambda f: run(f.assign(days=np.nan), SPLIT, Impute(), TREE, exclude=["days"]),
    ),
    "a time role that holds text": (
        DataError,
        ("'ordered' holds text", "pd.to_datetime"),
        lambda f: run(f.assign(ordered=f["ordered"].astype("str")), TimeSplit(), TREE, time="ordered"),
        lambda f: run(f.assign(ordered=f["ordered"].astype("str")),
                      Derive({"ordered": lambda g: pd.to_datetime(g["ordered"])}), TimeSplit(), TREE, time="ordered"),
    ),
    "a moment of decision that holds text": (
        DataError,
        ("'ordered' holds text", "pd.to_datetime"),
        lambda f: run(f.assign(ordered=f["ordered"].astype("str")), as_of(fares(f)), SPLIT, TREE, decide_at="ordered"),
        lambda f: run(f, as_of(fares(f)), SPLIT, TREE, decide_at="ordered"),
    ),
    "a known-at column that holds text": (
        DataError,
        ("'ordered_text' holds text", "pd.to_datetime"),
        lambda f: run(f.assign(ordered_text=f["ordered"].astype("str")), SPLIT, TREE, time="ordered",
                      known_at={"days": "ordered_text"}),
        lambda f: run(f, SPLIT, TREE, time="ordered", known_at={"days": "ordered"}),
    ),
    "a known-at column with a zone beside a decision without": (
        DataError,
        ("'days' is known at 'shipped'", "the decision at 'ordered'", "tz_localize"),
        lambda f: run(f.assign(shipped=f["ordered"].dt.tz_localize("UTC")), SPLIT, TREE, time="ordered",
                      known_at={"days": "shipped"}),
        lambda f: run(f.assign(shipped=f["ordered"].dt.tz_localize("UTC")),
                      Derive({"ordered": lambda g: g["ordered"].dt.tz_localize("UTC")}), SPLIT, TREE, time="ordered",
                      known_at={"days": "shipped"}),
    ),
    # ---------------------------------------------------------------- targets and weights
    "a target of texts for a regressor": (
        DataError,
        ("Train(LinearRegression) is a regressor, but the target 'country' holds text", "use a classifier"),
        lambda f: run(f, SPLIT, LinearRegression(), target="country", features=["price"]),
        lambda f: run(f, SPLIT, TREE, target="country", features=["price"]),
    ),
    "a target of numbers for a classifier": (
        DataError,
        ("Train(DecisionTreeClassifier) is a classifier, but the target 'refund' is continuous", "use a regressor"),
        lambda f: run(f, SPLIT, TREE, target="refund"),
        lambda f: run(f, SPLIT, LinearRegression(), target="refund", features=["price"]),
    ),
    "a target of nulls alone": (
        DataError,
        ("the target 'returned' is null in every row (320 rows)", "name another column with target="),
        lambda f: run(f.assign(returned=np.nan), SPLIT, TREE),
        lambda f: run(f, SPLIT, TREE),
    ),
    "a target of one class": (
        DataError,
        ("Train(DecisionTreeClassifier): all", "the same class of the target 'returned': 1", "StratifiedSplit"),
        lambda f: run(f.assign(returned=1), SPLIT, TREE),
        lambda f: run(f, SPLIT, TREE),
    ),
    "an infinite target": (
        DataError,
        ("'refund'", "infinite", "row"),
        lambda f: run(f.assign(refund=np.inf), SPLIT, LinearRegression(), target="refund", features=["price"]),
        lambda f: run(f, SPLIT, LinearRegression(), target="refund", features=["price"]),
    ),
    "nulls in the target of a step alone": (
        DataError,
        ("Train(DecisionTreeClassifier): the target 'days' is null", "the first is row", "not known"),
        lambda f: Train(TREE).fit(f[["price", "days"]], target="days"),
        lambda f: Train(TREE).fit(f[["price", "days"]].dropna(), target="days"),
    ),
    "a model that is not told what to predict": (
        ConfigurationError,
        ("Train(DecisionTreeClassifier) has no target to learn", 'Pipeline(..., target="...")'),
        lambda f: run(f, SPLIT, TREE, target=None),
        lambda f: run(f, SPLIT, TREE),
    ),
    "negative weights": (
        DataError,
        ("Train(DecisionTreeClassifier): the weight 'weight' is null, negative or infinite", "row", "at least 0"),
        lambda f: run(f.assign(weight=-1.0), SPLIT, TREE, weight="weight"),
        lambda f: run(f, SPLIT, TREE, weight="weight"),
    ),
    "weights that are null": (
        DataError,
        ("Train(DecisionTreeClassifier): the weight 'weight' is null", "(the first is row", "at least 0"),
        lambda f: run(f.assign(weight=f["weight"].where(f.index % 9 > 0)), SPLIT, TREE, weight="weight"),
        lambda f: run(f.assign(weight=f["weight"].where(f.index % 9 > 0).fillna(1.0)), SPLIT, TREE, weight="weight"),
    ),
    "weights that are text": (
        DataError,
        ("Train(DecisionTreeClassifier): the weight 'country' holds text (str)", "numbers"),
        lambda f: run(f, SPLIT, TREE, weight="country"),
        lambda f: run(f, SPLIT, TREE, weight="weight"),
    ),
    "weights for an estimator that takes none": (
        DataError,
        ("Train(KNeighborsClassifier) accepts no weights", "'weight' has the weight role", "sample_weight"),
        lambda f: run(f, SPLIT, Impute(), KNeighborsClassifier(), weight="weight"),
        lambda f: run(f, SPLIT, Impute(), TREE, weight="weight"),
    ),
    "a target of several types": (
        DataError,
        ("Train(DecisionTreeClassifier): the target 'returned' holds values of type int and str", "Derive"),
        lambda f: run(mixed(f), SPLIT, TREE),
        lambda f: run(mixed(f), Derive({"returned": lambda g: g["returned"].astype("str")}), SPLIT, TREE),
    ),
    # ---------------------------------------------------------------- splits and judging
    "fewer rows than folds": (
        DataError,
        ("the split left 1 training row, too few", "5 folds", "use more rows"),
        lambda f: run(f.head(1), TREE),
        lambda f: run(f, TREE),
    ),
    "a column of the data that a sink writes beside the model's own": (
        DataError,
        ("WriteParquet writes rows beside their predictions", "'prediction'", "earlier_prediction", "step 3"),
        lambda f: run(f.assign(prediction=0.5), SPLIT, TREE, WriteParquet("rows")),
        lambda f: run(
            f.assign(prediction=0.5).rename(columns={"prediction": "earlier_prediction"}),
            SPLIT, TREE, WriteParquet("rows"),
        ),
    ),
    "a feature named twice": (
        ConfigurationError,
        ("Train: features= names 'price' twice", "once"),
        lambda f: run(f, SPLIT, Train(TREE, features=["price", "price"])),
        lambda f: run(f, SPLIT, Train(TREE, features=["price"])),
    ),
    "a monitor shown texts for numbers": (
        DataError,
        ("'price' held numbers in the reference and holds text (str)", "'dear' in row 0", "repair the feed"),
        lambda f: Monitor.fit(f[["price"]]).check(f[["price"]].assign(price="dear")),
        lambda f: Monitor.fit(f[["price"]]).check(f[["price"]].assign(price=3)),
    ),
    "dates of the split beyond the data": (
        DataError,
        ("TimeSplit: test would start at 2030-06-01", "2024-12-29", "choose test= inside this range"),
        lambda f: run(f, TimeSplit(validation="2030-01-01", test="2030-06-01"), TREE, time="ordered"),
        lambda f: run(f, TimeSplit(validation="2024-07-01", test="2024-10-01"), TREE, time="ordered"),
    ),
    "dates of the split before the data": (
        DataError,
        ("TimeSplit: validation would start at 2020-01-01", "2024-12-29", "choose validation= inside"),
        lambda f: run(f, TimeSplit(validation="2020-01-01", test="2024-10-01"), TREE, time="ordered"),
        lambda f: run(f, TimeSplit(validation="2024-07-01", test="2024-10-01"), TREE, time="ordered"),
    ),
    "shares of the split that leave nothing": (
        MlsysError,
        ("RandomSplit", "0.6"),
        lambda f: run(f, RandomSplit(validation=0.6, test=0.6), TREE),
        lambda f: run(f, RandomSplit(validation=0.2, test=0.2), TREE),
    ),
    "a metric that does not exist": (
        MlsysError,
        ("Evaluate", "'auc_roc'", "roc_auc"),
        lambda f: run(f, SPLIT, TREE, Evaluate(metrics=["auc_roc"])),
        lambda f: run(f, SPLIT, TREE, Evaluate(metrics=["roc_auc"])),
    ),
    "a level of intervals that is none, and a baseline that is no rule": (
        ConfigurationError,
        ("Evaluate: level=95", "baselines= holds 5", "level=0.95", "learn(train)"),
        lambda f: run(f, SPLIT, TREE, Evaluate(level=95, baselines=[5])),
        lambda f: run(f, SPLIT, TREE, Evaluate(level=0.95, baselines=[lambda g: g["price"] > 60])),
    ),
    "a baseline that holds no classes": (
        ContractError,
        ("the baseline country holds", "which is no class of the target", "step 3 'Evaluate'"),
        lambda f: run(f, SPLIT, TREE, Evaluate(baselines=["country"])),
        lambda f: run(f, SPLIT, TREE, Evaluate(baselines=[lambda g: g["price"] > 60])),
    ),
    "a slice that is no mask": (
        ContractError,
        ("the slice 'dear' is 88 values of float64 for 88 rows", "True or False for each row", "step 3 'Evaluate'"),
        lambda f: run(f, SPLIT, TREE, Evaluate(slices={"dear": lambda g: g["price"]})),
        lambda f: run(f, SPLIT, TREE, Evaluate(slices={"dear": lambda g: g["price"] > 60})),
    ),
    "lists as a feature of an estimator": (
        DataError,
        ("Train(DecisionTreeClassifier): column 'bought' holds", "exclude=['bought']"),
        lambda f: run(f.assign(bought=[["a", "b"]] * len(f)), SPLIT, Train(TREE, features=["price", "bought"]),
                      features=["price", "bought"]),
        lambda f: run(f.assign(bought=[["a", "b"]] * len(f)), Derive({"bought": lambda g: g["bought"].str.len()}),
                      SPLIT, TREE, features=["price", "bought"]),
    ),
    "a metric of another task": (
        MlsysError,
        ("Evaluate", "'rmse'", "binary", "choose among roc_auc"),
        lambda f: run(f, SPLIT, TREE, Evaluate(metrics=["rmse"])),
        lambda f: run(f, SPLIT, TREE, Evaluate(metrics=["brier"])),
    ),
    "the cost of mistakes for a regression": (
        MlsysError,
        ("Cost", "two classes"),
        lambda f: run(f, SPLIT, LinearRegression(), Evaluate(value=Cost(missed=5, false_alarm=1)), target="refund",
                      features=["price"]),
        lambda f: run(f, SPLIT, TREE, Evaluate(value=Cost(missed=5, false_alarm=1))),
    ),
    "a part to judge by that is not there": (
        DataError,
        ("no open part 'holdout'", "train, validation", "final_test()"),
        lambda f: run(f, SPLIT, TREE, Evaluate(on="holdout")),
        lambda f: run(f, SPLIT, TREE, Evaluate(on="validation")),
    ),
    "calibration of a regression": (
        MlsysError,
        ("Calibrate", "probabilit"),
        lambda f: run(f, SPLIT, LinearRegression(), Calibrate(), target="refund", features=["price"]),
        lambda f: run(f, SPLIT, TREE, Calibrate()),
    ),
    "a monitor shown other columns": (
        DataError,
        ("'days'",),
        lambda f: Monitor.fit(f[["price", "days"]]).check(f[["price"]]),
        lambda f: Monitor.fit(f[["price", "days"]]).check(f[["price", "days"]]),
    ),
    "drift of a column that is not there": (
        DataError,
        ("DetectDrift compares 'prize'", "correct columns=", "step 3 'DetectDrift'"),
        lambda f: run(f, SPLIT, TREE, DetectDrift(["prize"])),
        lambda f: run(f, SPLIT, TREE, DetectDrift(["price"])),
    ),
    "a vectorizer over all columns": (
        DataError,
        ("takes one text column, but 2 features hold text", 'Apply(CountVectorizer(...), columns=["order"])'),
        lambda f: run(f, SPLIT, CountVectorizer(), TREE, features=["price", "country", "order"]),
        lambda f: run(f, SPLIT, Apply(CountVectorizer(), columns=["country"]), TREE, features=["price", "country"]),
    ),
}  # fmt: skip


def _folder_read(name: str) -> pd.DataFrame:
    Path(name).mkdir()
    return ReadCSV(name).read()


def _halve(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def halve(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(half=frame[column] / 2)

    return halve


def _dear(column: str) -> NaturalLabel:
    return NaturalLabel("dear", from_column=column, rule=lambda refund: refund > 20)


def _customers() -> pd.DataFrame:
    return pd.DataFrame({"customer": range(60), "since": range(60)})


def _contradicting(orders: pd.DataFrame) -> pd.DataFrame:
    table = fares(orders)
    return pd.concat([table, table.head(1).assign(fare=-1.0)], ignore_index=True)


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_names_step_and_column_and_its_remedy_works(name: str, holds: Callable[..., None]) -> None:
    holds(*MISTAKES[name])
