"""Feature selection and target encoding on all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.preprocessing import StandardScaler, TargetEncoder

from leakbench import tables
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import deriving, model, on_orders
from mlsys import Apply, StratifiedSplit, TargetEncode

KIND = "selection and target encoding on all rows"
ORDER = "what learns from targets stands before the split"
READS = "a function in the served path reads the target"


def _on_genes(before: list[Any], after: list[Any], by_hand: ByHand = ByHand()) -> Trial:  # noqa: B008  frozen
    steps = [*before, StratifiedSplit(), *after, StandardScaler(), model()]
    return Trial(lambda: steps, tables.genes(), {"target": "relapse"}, by_hand=by_hand)


def _kept(selector: Any) -> Any:
    """Return the function that selects by hand on all rows."""

    def prepare(frame: pd.DataFrame) -> pd.DataFrame:
        genes = frame.drop(columns="relapse")
        chosen = genes.columns[selector.fit(genes, frame["relapse"]).get_support()]
        return frame[[*chosen, "relapse"]]

    return prepare


@case(KIND, "scikit-learn step", Expected((1,), ORDER, ("select",)))
def best_columns_before_the_split(leaky: bool) -> Trial:
    """SelectKBest stands before the split."""
    select = ("select", SelectKBest(k=8))
    return (
        _on_genes([select], [], ByHand(_kept(SelectKBest(k=8)), learner="SelectKBest(k=8)"))
        if leaky
        else _on_genes([], [select])
    )


@case(KIND, "scikit-learn step with a model inside", Expected((1,), ORDER, ("select",)))
def selected_by_a_model_before_the_split(leaky: bool) -> Trial:
    """SelectFromModel stands before the split."""
    select = ("select", SelectFromModel(model(), max_features=8))
    by_hand = ByHand(
        _kept(SelectFromModel(model(), max_features=8)), learner="SelectFromModel(LogisticRegression(), max_features=8)"
    )
    return _on_genes([select], [], by_hand) if leaky else _on_genes([], [select])


def keep_correlated(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the eight columns that go best with the target."""
    strength = frame.corrwith(frame["relapse"]).abs().drop("relapse")
    return frame[[*strength.nlargest(8).index, "relapse"]]


@case(KIND, "pandas function", Expected((1,), READS, ("keep_correlated",), ("relapse",)))
def correlated_columns_kept(leaky: bool) -> Trial:
    """A function step keeps the columns that correlate with the target over all rows."""
    if leaky:
        return _on_genes([keep_correlated], [], ByHand(keep_correlated))
    return _on_genes([], [("keep_correlated", SelectKBest(k=8))])


@case(
    KIND, "captured fitted selector",
    Expected((2,), "its scores were computed over all rows before the pipeline existed", ("select",)),
)  # fmt: skip
def captured_selector(leaky: bool) -> Trial:
    """A function step keeps what a SelectKBest chose that was fitted on all rows."""
    if not leaky:
        return _on_genes([], [("select", SelectKBest(k=8))])
    rows = tables.genes()
    genes = rows.drop(columns="relapse")
    selector = SelectKBest(k=8).fit(genes, rows["relapse"])

    def select(frame: pd.DataFrame) -> pd.DataFrame:
        left_out = np.asarray(selector.feature_names_in_)[~selector.get_support()]
        return frame.drop(columns=list(left_out))

    return _on_genes([select], [], ByHand(select))


@case(
    KIND, "captured mapping",
    Expected((2,), "the mapping equals the target's mean by city over all rows, not over training rows",
             ("Derive",), ("city", "returned")),
)  # fmt: skip
def captured_target_means(leaky: bool) -> Trial:
    """A function looks up the mean target of each city, computed on all rows."""
    rows = tables.orders()
    if not leaky:
        return on_orders(rows, [], [TargetEncode(["city"])])
    means = rows.groupby("city")["returned"].mean().to_dict()
    return deriving(rows, {"city_rate": lambda frame: frame["city"].map(means)})


@case(KIND, "group-by in a pandas function", Expected((1,), READS, ("Derive",), ("returned",)))
def target_means_in_a_function(leaky: bool) -> Trial:
    """A function computes the mean target of each city from the frame it is given."""
    if not leaky:
        return on_orders(tables.orders(), [], [TargetEncode(["city"])])
    return deriving(tables.orders(), {"city_rate": lambda f: f.groupby("city")["returned"].transform("mean")})


@case(KIND, "scikit-learn step", Expected((1,), ORDER, ("Apply",)))
def target_encoder_before_the_split(leaky: bool) -> Trial:
    """scikit-learn's TargetEncoder stands before the split."""
    rows = tables.orders()
    if not leaky:
        return on_orders(rows, [], [TargetEncode(["city"])])
    made = on_orders(rows, [], prepare=_encoded, learner="TargetEncoder()", columns=("city",))
    return Trial(
        lambda: [Apply(TargetEncoder(), columns=["city"]), *made.steps()], rows, made.roles, by_hand=made.by_hand
    )


def _encoded(frame: pd.DataFrame) -> pd.DataFrame:
    codes = TargetEncoder(random_state=0).fit(frame[["city"]], frame["returned"]).transform(frame[["city"]])
    return frame.assign(city=codes[:, 0])


CASES: tuple[Case, ...] = (
    best_columns_before_the_split,
    selected_by_a_model_before_the_split,
    correlated_columns_kept,
    captured_selector,
    captured_target_means,
    target_means_in_a_function,
    target_encoder_before_the_split,
)
