"""What scorecards and cleaning notebooks hold: weights of evidence, lifts, fences, shrunken means, correlations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from mlsys import Derive, Pipeline, PredefinedSplit
from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.by_sums import follows_sums
from mlsys.leakage.mappings import mapping_findings
from mlsys.leakage.pairs import pair_formula
from mlsys.leakage.scaled import scaled_findings
from mlsys.leakage.separation import auc_of, aucs_of_numbers, levels_of
from mlsys.leakage.terms import Term

Made = Callable[[pd.DataFrame], Callable[[pd.DataFrame], Any]]


def loans(seed: int, rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "kind": rng.choice(["car", "home", "study", "other"], rows),
            "zip": rng.choice([f"z{one:02d}" for one in range(60)], rows),
            "income": rng.lognormal(8, 0.4, rows),
            "amount": rng.lognormal(9, 0.6, rows),
            "note": ["a b c d"[: 2 * int(size) + 1] for size in rng.integers(0, 4, rows)],
        }
    )
    return frame.assign(bad=rng.integers(0, 2, rows), part=rng.choice(["train", "validation", "test"], rows))


def evidence(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    table = pd.crosstab(rows["kind"], rows["bad"], normalize="columns")
    weights = np.log(table[1] / table[0])
    return lambda frame: frame["kind"].map(weights)


def lift(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    ratios = (rows.groupby("kind")["bad"].mean() / rows["bad"].mean()).to_dict()
    return lambda frame: frame["kind"].map(ratios)


def fence(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    low, high = rows["income"].quantile([0.25, 0.75])
    limit = high + 1.5 * (high - low)
    return lambda frame: frame["income"].clip(upper=limit)


def three_deviations(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    limit = rows["income"].mean() + 3 * rows["income"].std()
    return lambda frame: frame["income"].clip(upper=limit)


def usual_ratio(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    usual = (rows["amount"] / rows["income"]).mean()
    return lambda frame: frame["amount"] / frame["income"] / usual


def correlations(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    weights = rows[["income", "amount"]].corrwith(rows["bad"])
    return lambda frame: (frame[weights.index] * weights).sum(axis=1)


def length(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    usual = rows["note"].str.len().mean()
    return lambda frame: frame["note"].str.len() - usual


def shrunken(rows: pd.DataFrame) -> Callable[[pd.DataFrame], Any]:
    found = rows.groupby("zip")["bad"].agg(["mean", "count"])
    weight = 1 / (1 + np.exp((12 - found["count"]) / 3))
    codes = (weight * found["mean"] + (1 - weight) * rows["bad"].mean()).to_dict()
    return lambda frame: frame["zip"].map(codes).fillna(0.5)


def told(function: Callable[[pd.DataFrame], Any], rows: pd.DataFrame) -> list[Finding]:
    steps = [Derive({"made": function}), PredefinedSplit("part"), DecisionTreeClassifier(max_depth=2)]
    run = Pipeline(steps, target="bad", exclude=["zip", "kind", "note"]).run(rows, track=False, cache=False)
    return [finding for finding in run.findings if finding.code == "LK220"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (evidence, "the weight of evidence of 'bad' by 'kind'"),
        (lift, "the relative mean of 'bad' by 'kind'"),
        (fence, "the upper fence of 1.5 ranges of 'income'"),
        (three_deviations, "the mean + 3 standard deviations of 'income'"),
        (usual_ratio, "the mean ratio to 'income' of 'amount'"),
        (correlations, "the correlation with"),
        (length, "the mean of the number of characters of 'note'"),
        (shrunken, "the order of the smoothed mean of 'bad' by 'zip'"),
    ],
)
def test_it_is_said_which_statistic_a_step_holds_and_that_of_training_rows_or_last_year_is_none(
    make: Made, said: str
) -> None:
    rows = loans(0)
    (finding,) = told(make(rows), rows)
    assert said in finding.message and "over all rows" in finding.message and "made" in finding.columns
    assert told(make(rows[rows["part"] == "train"]), rows) == []
    assert told(make(loans(1)), rows) == []


def test_an_equally_large_sample_is_no_leak() -> None:
    from scipy.stats import gaussian_kde

    density = gaussian_kde(loans(1)["income"])  # holds the number of its rows, which is that of these
    assert told(lambda frame: density(frame["income"]), loans(0)) == []


def test_a_number_for_each_row_is_no_odds_of_rows_alone() -> None:
    rows = loans(0)
    rows.index = pd.Index([f"L{one}" for one in range(len(rows))], name="loan")
    scores = dict(zip(rows.index, np.random.default_rng(3).uniform(size=len(rows)), strict=True))
    steps = [
        Derive({"made": lambda frame: frame["loan"].map(scores)}),
        PredefinedSplit("part"),
        DecisionTreeClassifier(),
    ]
    run = Pipeline(steps, target="bad", id="loan", exclude=["zip", "kind", "note"]).run(
        rows.reset_index(), track=False, cache=False
    )
    assert [each for each in run.findings if each.code == "LK220"] == []


@given(st.integers(0, 2**32 - 1))
def test_a_true_rate_does_not_follow_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(4, 12, 120).astype(float)
    rate = rng.beta(2, 3, 120)
    own, others = (rng.binomial((counts // 2).astype(int), rate).astype(float) for _ in range(2))
    own_counts = counts // 2
    assert not follows_sums(rate, own + others, 2 * own_counts, own, own_counts)
    assert not follows_sums(counts, own + others, 2 * own_counts, own, own_counts)


def encoded(frame: pd.DataFrame, features: list[str], asked: list[str]) -> list[tuple[str, ...]]:
    train = frame["part"] == "train"
    parts = AllParts.of(frame[train], frame[~train], "bad", features, asked)
    return [finding.columns for finding in mapping_findings(parts)]


def test_sums_by_level_follow_held_out_targets() -> None:
    rows = loans(0)
    sums = rows.groupby("zip")["bad"].transform("sum")
    assert encoded(rows.assign(code=sums), ["code"], ["zip"]) == [("code",)]
    assert encoded(rows.assign(code=rows["zip"].map(loans(1).groupby("zip")["bad"].sum())), ["code"], ["zip"]) == []


def test_means_are_recognized_without_the_column_of_levels() -> None:
    rows = loans(0)
    means = rows.groupby("zip")["bad"].mean()
    assert encoded(rows.assign(code=rows["zip"].map(means)), ["code"], []) == [("code",)]
    for known in (loans(1), rows[rows["part"] == "train"]):
        code = rows["zip"].map(known.groupby("zip")["bad"].mean())
        assert encoded(rows.assign(code=code), ["code"], []) == []


def test_a_column_scaled_to_its_range_is_told(rng: np.random.Generator) -> None:
    income = pd.Series(rng.lognormal(8, 0.4, 400))
    income.iloc[[300, 350]] = income.min() / 2, income.max() * 2  # both ends are held out

    def found(values: pd.Series) -> list[str]:
        rows = pd.DataFrame({"z": values, "y": rng.integers(0, 2, 400)})
        return [each.message for each in scaled_findings(AllParts.of(rows[:240], rows[240:], "y", ["z"], []), {})]

    (message,) = found((income - income.min()) / (income.max() - income.min()))
    assert "'z' is scaled to its range over all rows" in message
    assert found((income - 900) / (9_000 - 900)) == []
    assert found(pd.Series(rng.uniform(size=400)).round(2).clip(0, 1)) == []
    assert found(pd.Series(np.where(rng.random(400) < 0.2, rng.integers(0, 2, 400), rng.uniform(size=400)))) == []


def test_an_amount_that_is_0_unless_tells_the_target_whatever_its_bins(rng: np.random.Generator) -> None:
    event = rng.random(2_000) < 0.4
    refund = pd.Series(np.where(event, rng.gamma(2, 20, 2_000), 0.0))
    assert auc_of(levels_of(refund, 1_000), event, 1_000)[0] == 1.0
    assert aucs_of_numbers(refund.to_frame("refund"), [event], 1_000)["refund"][0] == 1.0


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 0.9]))
def test_many_columns_at_once_are_told_as_one_by_one_with_frequent_values(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    values = pd.Series(np.where(rng.random(300) < share, 0.0, rng.normal(size=300).round(1)))
    event = rng.random(300) < 0.5
    alone = auc_of(levels_of(values, 150), event, 150)
    assert aucs_of_numbers(values.to_frame("x"), [event], 150)["x"] == alone


def test_a_price_is_its_cost_with_a_surcharge(rng: np.random.Generator) -> None:
    cost, markup = rng.uniform(50, 900, 400).round(2), rng.uniform(0.05, 1.4, 400).round(3)
    found = pair_formula([Term("cost", ("cost",), cost), Term("markup", ("markup",), markup)], cost * (1 + markup))
    assert found is not None and found.called == "cost * (1 + markup)"
    assert (
        pair_formula([Term("cost", ("cost",), cost), Term("markup", ("markup",), markup)], rng.normal(size=400)) is None
    )
