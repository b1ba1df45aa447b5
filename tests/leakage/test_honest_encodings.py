"""Target encodings that know no held-out row, as notebooks write them, are not accused however they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import BaseCrossValidator, GroupKFold, KFold
from sklearn.tree import DecisionTreeClassifier

from mlsys import Derive, History, Pipeline, PredefinedSplit, RandomSplit, Rows, TimeSplit, Transform
from mlsys.leakage.digits import accidents

Codes = Callable[[pd.DataFrame], pd.Series]
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)


def sales(rows: int = 1_200, shops: int = 120, seed: int = 0) -> pd.DataFrame:
    """Sales of shops that differ, in order of time; a third of the shops have few rows."""
    rng = np.random.default_rng(seed)
    share = np.where(np.arange(shops) % 3, 1.0, 0.2)
    shop = rng.choice(shops, rows, p=share / share.sum())
    spend, risk = rng.normal(size=rows), rng.normal(0, 0.9, shops)
    paid = rng.random(rows) < 1 / (1 + np.exp(-(risk[shop] + 0.5 * spend)))
    return pd.DataFrame(
        {
            "shop": [f"S{number:03d}" for number in shop],
            "region": [f"R{number % 11}" for number in shop],
            "spend": spend,
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 400_000, rows)), "min"),
            "paid": paid.astype(int),
        }
    )


def table_of(codes: Callable[[pd.Series, pd.Series, float], pd.Series]) -> Callable[[pd.DataFrame], Codes]:
    """Return an encoder from a formula of sums, counts and the mean of all."""

    def encoder(known: pd.DataFrame) -> Codes:
        by, mean = known.groupby("shop")["paid"].agg(["sum", "count"]), float(known["paid"].mean())
        table = codes(by["sum"], by["count"], mean).astype("float64")
        return lambda rows: rows["shop"].map(table).fillna(mean)

    return encoder


def within_regions(known: pd.DataFrame) -> Codes:
    """Shrink a shop towards its region, and the region towards all."""
    mean = float(known["paid"].mean())
    of = {name: known.groupby(name)["paid"].agg(["sum", "count"]) for name in ("shop", "region")}
    region = (of["region"]["sum"] + 20 * mean) / (of["region"]["count"] + 20)
    prior = known.groupby("shop")["region"].first().map(region)
    shop = (of["shop"]["sum"] + 10 * prior) / (of["shop"]["count"] + 10)
    return lambda rows: rows["shop"].map(shop).fillna(rows["region"].map(region)).fillna(mean)


ENCODERS: dict[str, Callable[[pd.DataFrame], Codes]] = {
    "mean": table_of(lambda s, n, m: s / n),
    "smoothed by 10": table_of(lambda s, n, m: (s + 10 * m) / (n + 10)),
    "smoothed by 100": table_of(lambda s, n, m: (s + 100 * m) / (n + 100)),
    "sigmoid": table_of(lambda s, n, m: m + (s / n - m) / (1 + np.exp((12 - n) / 4))),
    "weight of evidence": table_of(lambda s, n, m: np.log((s + 0.5) / (n - s + 0.5) / (m / (1 - m)))),
    "rank": table_of(lambda s, n, m: (s / n).rank(method="first")),
    "decile": table_of(lambda s, n, m: ((s / n).rank(pct=True) * 10).round()),
    "rounded": table_of(lambda s, n, m: (s / n).round(2)),
    "frequency times mean": table_of(lambda s, n, m: s / n.sum()),
    "lower bound": table_of(lambda s, n, m: s / n - 1 / np.sqrt(n)),
    "the riskiest": table_of(lambda s, n, m: ((s / n) > (s / n).quantile(0.8)).astype(float)),
    "within regions": within_regions,
}
FOLDS: dict[str, BaseCrossValidator] = {
    "five folds": KFold(5, shuffle=True, random_state=1),
    "two folds": KFold(2, shuffle=True, random_state=1),
    "blocks": KFold(5),
    "folds of whole shops": GroupKFold(5),
}


def out_of_fold(frame: pd.DataFrame, encoder: Callable[[pd.DataFrame], Codes], folds: BaseCrossValidator) -> pd.Series:
    """Encode training rows from other folds, and all others from the training rows."""
    train = frame[frame["part"] == "train"]
    codes = encoder(train)(frame)
    whole = train["shop"] if isinstance(folds, GroupKFold) else None
    for known, asked in folds.split(train, groups=whole):
        codes.loc[train.index[asked]] = encoder(train.iloc[known])(train.iloc[asked])
    return codes


def blames(steps: list[Any], frame: pd.DataFrame, audit: bool = False, **roles: Any) -> list[str]:
    pipeline = Pipeline([*steps, TREE], target="paid", **roles)
    run = pipeline.run(frame, track=False, cache=False, verbose=False)
    found = [str(each) for each in run.findings if each.severity != "information" and each.code.startswith("LK")]
    return [*found, *(pipeline.audit_leakage(frame).violated["detail"] if audit else [])]


def dealt(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        part=np.random.default_rng(3).choice(["train", "validation", "test"], len(frame), p=[0.6, 0.2, 0.2])
    )


@pytest.mark.quick("mean-five folds", "mean-folds of whole shops")
@pytest.mark.parametrize("folds", FOLDS)
@pytest.mark.parametrize("how", ENCODERS)
def test_codes_out_of_fold_in_the_data_are_not_accused(how: str, folds: str) -> None:
    frame = dealt(sales()).drop(columns="at")
    coded = frame.assign(code=out_of_fold(frame, ENCODERS[how], FOLDS[folds]))
    assert blames([PredefinedSplit("part")], coded) == []
    assert blames([PredefinedSplit("part")], coded.drop(columns="shop")) == []


@pytest.mark.quick("smoothed by 100")
@pytest.mark.parametrize("how", ENCODERS)
def test_codes_of_an_earlier_period_are_not_accused_in_the_data_and_in_a_function(how: str) -> None:
    frame = sales(2_000)
    earlier, frame = frame[:1_000], frame[1_000:].reset_index(drop=True)
    codes = ENCODERS[how](earlier)
    table = dict(zip(frame["shop"], codes(frame), strict=True))
    made = Derive({"code": lambda rows: rows["shop"].map(table)})
    assert blames([RandomSplit()], frame.assign(code=codes(frame)), exclude=["at"]) == []
    assert blames([made, RandomSplit()], frame, exclude=["at"]) == []
    assert blames([TimeSplit()], frame.assign(code=codes(frame)), time="at") == []


class Coded(Transform):
    """An encoder of one's own, cross-fitted."""

    how: str

    def learn(self, train: Rows) -> dict[str, Any]:
        known = pd.DataFrame(train).assign(paid=train.y)
        shops = known.drop_duplicates("shop")
        codes = ENCODERS[self.how](known)(shops)
        return {"codes": dict(zip(shops["shop"], map(float, codes), strict=True)), "rest": float(train.y.mean())}

    def apply(self, frame, state):
        return frame.assign(code=frame["shop"].map(state["codes"]).fillna(state["rest"]))

    def apply_cross_fitted(self, part, fold_states):
        codes = pd.Series(0.0, index=part.index)
        for fold, state in enumerate(fold_states):
            here = part.folds == fold
            codes[here] = part["shop"][here].map(state["codes"]).fillna(state["rest"])
        return pd.DataFrame(part).assign(code=codes)


@pytest.mark.quick("smoothed by 10")
@pytest.mark.parametrize("how", [name for name in ENCODERS if name != "within regions"])
def test_a_step_of_ones_own_that_cross_fits_is_not_accused(how: str) -> None:
    assert blames([RandomSplit(), Coded(how)], sales(800, 40), audit=True, exclude=["at"]) == []


ORDERED: dict[str, Callable[[Any], pd.Series]] = {
    "ordered": lambda by: (by.cumsum() - by.obj + 0.5) / (by.cumcount() + 1),
    "so far": lambda by: by.transform(lambda each: each.shift(1).expanding().mean()),
    "last twenty": lambda by: by.transform(lambda each: each.shift(1).rolling(20, min_periods=1).mean()),
    "exponential": lambda by: by.transform(lambda each: each.shift(1).ewm(alpha=0.2).mean()),
    "the last one": lambda by: by.shift(1),
}


@pytest.mark.quick("ordered")
@pytest.mark.parametrize("how", ORDERED)
def test_codes_of_rows_before_are_not_accused(how: str) -> None:
    frame = sales()
    coded = frame.assign(code=ORDERED[how](frame.groupby("shop")["paid"]))
    assert blames([TimeSplit()], coded, time="at") == []
    assert blames([TimeSplit()], coded.drop(columns="shop"), time="at") == []


class SoFar(History):
    by: str = "shop"

    def apply(self, frame, past):
        return frame.assign(code=past.mean("paid"))


@pytest.mark.long
def test_a_history_of_targets_is_not_accused() -> None:
    assert blames([SoFar("shop"), TimeSplit()], sales(), audit=True, time="at") == []


def test_one_simple_fraction_among_many_codes_meets_a_share_of_rows_by_accident() -> None:
    """A rate of 33/98 by shop, and 33 of 98 validation rows of a class: one of 40 such numbers."""
    codes = [number / 97 for number in range(40)]
    codes[7] = 33 / 98
    assert accidents(codes, [number == 7 for number in range(40)])[7]
    assert not any(accidents(codes, [True] * 40))
    assert not accidents([0.123456789012345, *codes[1:]], [place == 0 for place in range(40)])[0]
    assert accidents([0.123456789012345, *codes[1:]], [True, *[False] * 39], [True] * 40)[0]
    assert accidents([], []) == [] and accidents([np.nan, np.inf, 0.5, 1, 2], [False] * 5) == [False] * 5
