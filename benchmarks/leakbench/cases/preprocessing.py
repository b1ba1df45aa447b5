"""Preprocessing on training and test rows together."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from leakbench import tables
from leakbench.case import Case, Expected, Trial, case
from leakbench.cases.common import deriving, on_orders
from mlsys import Apply, Rows, RowTransform, Transform

KIND = "preprocessing on training and test rows"
NUMBERS = ["distance", "items", "amount"]
ROWS = "its value for a row depends on other rows, and so on held-out ones"
CAPTURED = "the number was computed over all rows before the pipeline existed; only a comparison shows it"


@case(KIND, "scikit-learn step", Expected((1,), "what learns stands before the split", ("scale",)))
def scaler_before_the_split(leaky: bool) -> Trial:
    """A StandardScaler stands before the split."""
    scale = ("scale", Apply(StandardScaler(), columns=NUMBERS))
    rows = tables.orders()
    if leaky:
        return on_orders(
            rows,
            [scale],
            prepare=lambda f: f.assign(**_scaled(f[NUMBERS], StandardScaler())),
            learner="StandardScaler()",
            columns=tuple(NUMBERS),
        )
    return on_orders(rows, [], [scale])


@case(KIND, "scikit-learn pipeline as a step", Expected((1,), "what learns stands before the split", ("reduce",)))
def components_before_the_split(leaky: bool) -> Trial:
    """Imputer, scaler and principal components stand before the split."""
    chain = make_pipeline(SimpleImputer(), StandardScaler(), PCA(2))
    reduce = ("reduce", Apply(chain, columns=[*NUMBERS, "age"]))
    rows = tables.orders()
    if leaky:
        return on_orders(
            rows,
            [reduce],
            prepare=lambda f: _reduced(f, chain),
            learner="make_pipeline(SimpleImputer(), StandardScaler(), PCA(2))",
            columns=(*NUMBERS, "age"),
        )
    return on_orders(rows, [], [reduce])


@case(KIND, "pandas function", Expected((2, 3), ROWS, ("Derive",), ("amount_z",)))
def z_score(leaky: bool) -> Trial:
    """A function standardizes with the mean and spread of the frame it is given."""
    if leaky:
        return deriving(tables.orders(), {"amount_z": lambda f: (f["amount"] - f["amount"].mean()) / f["amount"].std()})
    return deriving(tables.orders(), {"amount_z": lambda f: (f["amount"] - 90.0) / 60.0})


@case(KIND, "pandas function", Expected((2, 3), ROWS, ("Derive",), ("amount_rank",)))
def rank(leaky: bool) -> Trial:
    """A function ranks a column."""
    if leaky:
        return deriving(tables.orders(), {"amount_rank": lambda f: f["amount"].rank(pct=True)})
    return deriving(tables.orders(), {"amount_rank": lambda f: np.log1p(f["amount"])})


@case(
    KIND, "pandas function",
    Expected((2,), "codes of one row alone are all 0; with every level in training rows the audit may see nothing",
             ("Derive",), ("city_code",)),
)  # fmt: skip
def category_codes(leaky: bool) -> Trial:
    """A function turns texts into the codes of the categories that it finds."""
    if leaky:
        return deriving(tables.orders(), {"city_code": lambda f: f["city"].astype("category").cat.codes})
    return deriving(
        tables.orders(), {"city_code": lambda f: pd.Categorical(f["city"], categories=list(tables.CITIES)).codes}
    )


@case(KIND, "pandas function", Expected((2, 3), ROWS, ("Derive",), ("distance_bin",)))
def quantile_bins(leaky: bool) -> Trial:
    """A function cuts a column at its own quantiles."""
    if leaky:
        return deriving(
            tables.orders(),
            {"distance_bin": lambda f: pd.qcut(f["distance"], 5, labels=False, duplicates="drop").astype("float64")},
        )
    edges = [-np.inf, 7.5, 12.5, 18.0, 27.0, np.inf]
    return deriving(
        tables.orders(), {"distance_bin": lambda f: pd.cut(f["distance"], edges, labels=False).astype("float64")}
    )


MEDIAN_DISTANCE = float(tables.orders()["distance"].median())
USUAL_DISTANCE = 15.0


def _over_the_median(frame: pd.DataFrame) -> pd.Series:
    return frame["distance"] / MEDIAN_DISTANCE


def _over_the_usual(frame: pd.DataFrame) -> pd.Series:
    return frame["distance"] / USUAL_DISTANCE


@case(KIND, "captured global median", Expected((2,), CAPTURED, ("Derive",), ("distance",)))
def global_median(leaky: bool) -> Trial:
    """A function divides by a module's constant that is the median of all rows."""
    return deriving(tables.orders(), {"distance_ratio": _over_the_median if leaky else _over_the_usual})


@case(KIND, "closure over a number", Expected((2,), CAPTURED, ("Derive",), ("age",)))
def closure_over_a_mean(leaky: bool) -> Trial:
    """A function made by a function fills nulls with the mean of all rows."""
    rows = tables.orders()

    def filling(value: float) -> Any:
        return lambda frame: frame["age"].fillna(value)

    return deriving(rows, {"age_filled": filling(float(rows["age"].mean()) if leaky else 40.0)})


@case(KIND, "numbers in a dict, a default argument", Expected((2,), CAPTURED, ("fill_numbers",), ("age", "distance")))
def means_in_a_dict(leaky: bool) -> Trial:
    """A function step carries the means of all rows in a dict that is its default argument."""
    rows = tables.orders()
    means = rows[["age", "distance"]].mean().to_dict() if leaky else {"age": 40.0, "distance": 20.0}

    def fill_numbers(frame: pd.DataFrame, means: dict[str, float] = means) -> pd.DataFrame:
        return frame.assign(**{name: frame[name].fillna(value) / value for name, value in means.items()})

    return on_orders(rows, [fill_numbers], prepare=fill_numbers)


@case(KIND, "functools.partial", Expected((2,), CAPTURED, ("capped",), ("distance",)))
def argument_of_a_partial(leaky: bool) -> Trial:
    """A partial function is given a quantile of all rows."""
    rows = tables.orders()
    limit = float(rows["distance"].quantile(0.95)) if leaky else 50.0
    step = functools.partial(capped, limit=limit)
    return on_orders(rows, [step], prepare=step)


def capped(frame: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Cap distances."""
    return frame.assign(distance=frame["distance"].clip(upper=limit))


class Scale:
    """Mean and spread, kept by an object."""

    def __init__(self, mean: float, spread: float) -> None:
        self.mean, self.spread = mean, spread

    def scaled(self, frame: pd.DataFrame) -> pd.Series:
        """Return the scaled distance."""
        return (frame["distance"] - self.mean) / self.spread


@case(KIND, "method of a captured object", Expected((2,), CAPTURED, ("Derive",), ("distance",)))
def method_of_an_object(leaky: bool) -> Trial:
    """A method reads mean and spread of all rows from its object."""
    rows = tables.orders()
    found = Scale(float(rows["distance"].mean()), float(rows["distance"].std())) if leaky else Scale(18.0, 13.0)
    return deriving(rows, {"distance_z": found.scaled})


@case(KIND, "captured fitted scaler", Expected((2,), CAPTURED, ("scale_numbers",), tuple(NUMBERS)))
def captured_scaler(leaky: bool) -> Trial:
    """A function step transforms with a StandardScaler that was fitted on all rows."""
    rows = tables.orders()
    if not leaky:
        return on_orders(rows, [], [("scale_numbers", Apply(StandardScaler(), columns=NUMBERS))])
    scaler = StandardScaler().fit(rows[NUMBERS])

    def scale_numbers(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**_scaled(frame[NUMBERS], scaler, fitted=True))

    return on_orders(rows, [scale_numbers], prepare=scale_numbers)


class Clip(RowTransform):
    """Clip a column at a number that is configured."""

    column: str
    limit: float

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{self.column: frame[self.column].clip(upper=self.limit)})


@case(KIND, "number in a step's own configuration", Expected((2,), CAPTURED, ("Clip",), ("distance",)))
def configured_quantile(leaky: bool) -> Trial:
    """A step of one's own is configured with a quantile of all rows."""
    rows = tables.orders()
    step = Clip("distance", float(rows["distance"].quantile(0.99)) if leaky else 60.0)
    return on_orders(rows, [step], prepare=step.apply)


class CentreEachBatch(Transform):
    """Centre whatever rows come by their own mean."""

    column: str

    def learn(self, train: Rows) -> dict[str, Any]:
        return {}

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame.assign(**{self.column: frame[self.column] - frame[self.column].mean()})


class Centre(Transform):
    """Centre rows by the mean of the training rows."""

    column: str

    def learn(self, train: Rows) -> float:
        return float(train[self.column].mean())

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame.assign(**{self.column: frame[self.column] - state})


@case(
    KIND, "Transform of one's own",
    Expected((3,), "test rows are centred by one another; a row alone gets another value than in its batch",
             ("centre",), ("distance",)),
)  # fmt: skip
def each_batch_by_itself(leaky: bool) -> Trial:
    """A step centres each part by that part's own mean."""
    step = (CentreEachBatch if leaky else Centre)("distance", name="centre")
    return on_orders(tables.orders(), [], [step])


def _scaled(frame: pd.DataFrame, scaler: Any, fitted: bool = False) -> dict[str, Any]:
    values = scaler.transform(frame) if fitted else scaler.fit_transform(frame)
    return dict(zip(frame.columns, np.asarray(values).T, strict=True))


def _reduced(frame: pd.DataFrame, chain: Any) -> pd.DataFrame:
    columns = [*NUMBERS, "age"]
    first, second = chain.fit_transform(frame[columns]).T
    return frame.drop(columns=columns).assign(first=first, second=second)


CASES: tuple[Case, ...] = (
    scaler_before_the_split,
    components_before_the_split,
    z_score,
    rank,
    category_codes,
    quantile_bins,
    global_median,
    closure_over_a_mean,
    means_in_a_dict,
    argument_of_a_partial,
    method_of_an_object,
    captured_scaler,
    configured_quantile,
    each_batch_by_itself,
)
