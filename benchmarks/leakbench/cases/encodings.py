"""The target, told by level: rates, ranks and sets made of all rows, before the run or in a step."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from leakbench import worlds
from leakbench.case import Case, Expected, Trial, case
from leakbench.cases.common import dealt, plain
from mlsys import PredefinedSplit, Rows, TargetEncode, Transform

KIND = "target encoding"
LOOKED_UP = Expected(
    (2,),
    "what the function holds by level follows the target of all rows, not of training rows",
    ("Derive",),
    ("risk", "risky"),
)
LAST_YEAR = 92
"""Seed of loans in the same districts that are no rows of the case."""


def _rows(leaky: bool) -> pd.DataFrame:
    """Return the loans by which districts are known: those of the case, or those of the year before."""
    return worlds.loans() if leaky else worlds.loans(seed=LAST_YEAR)


def _looked_up(by_zip: Any) -> Trial:
    columns = {"risk": lambda frame: frame["zip"].map(by_zip).astype("float64").fillna(0.0)}
    return plain(worlds.loans(), "default", columns=columns, id="loan", exclude=["zip"], texts=["purpose"])


def _counts(known: pd.DataFrame) -> pd.DataFrame:
    return known.groupby("zip")["default"].agg(["sum", "count"])


@case(KIND, "dict of Laplace rates", LOOKED_UP)
def laplace_rates(leaky: bool) -> Trial:
    """Rates by district with one success and one failure added, over all loans."""
    found = _counts(_rows(leaky))
    return _looked_up(((found["sum"] + 1) / (found["count"] + 2)).to_dict())


@case(KIND, "dict of weights of evidence", LOOKED_UP)
def weights_of_evidence(leaky: bool) -> Trial:
    """The weight of evidence of each district, over all loans, as scorecards have it."""
    found = _counts(_rows(leaky))
    bad, good = found["sum"] + 0.5, found["count"] - found["sum"] + 0.5
    return _looked_up(np.log((bad / bad.sum()) / (good / good.sum())).to_dict())


@case(KIND, "dict of ranks by target", LOOKED_UP)
def ranked_by_target(leaky: bool) -> Trial:
    """Districts are numbered from the safest to the riskiest by their mean target over all loans."""
    rates = _rows(leaky).groupby("zip")["default"].mean()
    order = rates.sort_values(kind="stable").index
    return _looked_up({name: place for place, name in enumerate(order)})


@case(KIND, "set of texts chosen by target", LOOKED_UP)
def set_of_risky_districts(leaky: bool) -> Trial:
    """A set of the districts whose rate is above the average, over all loans."""
    known = _rows(leaky)
    rates = known.groupby("zip")["default"].mean()
    risky = frozenset(rates[rates > known["default"].mean()].index)
    columns = {"risky": lambda frame: frame["zip"].isin(risky).astype(int)}
    return plain(worlds.loans(), "default", columns=columns, id="loan", exclude=["zip"], texts=["purpose"])


@case(KIND, "dict by two keys", LOOKED_UP)
def rates_by_two_keys(leaky: bool) -> Trial:
    """Mean targets by district and purpose together, over all loans."""
    rates = _rows(leaky).groupby(["zip", "purpose"])["default"].mean().to_dict()

    def risk(frame: pd.DataFrame) -> list[float]:
        return [rates.get(key, 0.3) for key in zip(frame["zip"], frame["purpose"], strict=True)]

    return plain(worlds.loans(), "default", columns={"risk": risk}, id="loan", exclude=["zip"], texts=["purpose"])


IN_THE_DATA = Expected((2,), "a column that says the same of a level follows the target of all rows", columns=("risk",))


def _in_the_data(risk: Any, **how: Any) -> Trial:
    rows = worlds.loans().assign(risk=risk)
    return plain(rows, "default", id="loan", exclude=["zip"], texts=["purpose"], **how)


@case(KIND, "column in the data, of means", IN_THE_DATA, claim="not stated")
def means_already_in_the_data(leaky: bool) -> Trial:
    """The table came with the mean target of each district over all loans; the twin's is of the year before."""
    return _in_the_data(worlds.loans()["zip"].map(_rows(leaky).groupby("zip")["default"].mean()))


@case(KIND, "column in the data, of bands", IN_THE_DATA, claim="not stated")
def bands_already_in_the_data(leaky: bool) -> Trial:
    """The table came with ten bands of districts, cut by their mean target over all loans."""
    rates = _rows(leaky).groupby("zip")["default"].mean()
    bands = pd.qcut(rates.rank(method="first"), 10, labels=False) + 1
    return _in_the_data(worlds.loans()["zip"].map(bands).astype("float64"))


@case(KIND, "column in the data, leave-one-out", IN_THE_DATA, claim="not stated")
def left_one_out_in_the_data(leaky: bool) -> Trial:
    """Each loan came with the mean target of the other loans of its district."""
    rows = worlds.loans()
    by_zip = rows.groupby("zip")["default"]
    others = (by_zip.transform("sum") - rows["default"]) / (by_zip.transform("size") - 1).clip(lower=1)
    return _in_the_data(others if leaky else rows["zip"].map(_rows(False).groupby("zip")["default"].mean()))


@case(KIND, "column in the data, noise added", IN_THE_DATA, claim="not stated")
def noisy_means_in_the_data(leaky: bool) -> Trial:
    """Mean targets over all loans, with a little noise for each loan, as competition notebooks advise."""
    noise = np.random.default_rng(6).normal(0, 0.01, len(worlds.loans()))
    return _in_the_data(worlds.loans()["zip"].map(_rows(leaky).groupby("zip")["default"].mean()) + noise)


@case(
    KIND, "column in the data, in-sample",
    Expected((2,), "the column tells training rows their own target and judged rows little", columns=("risk",)),
    claim="not stated",
)  # fmt: skip
def encoded_in_sample_beforehand(leaky: bool) -> Trial:
    """Mean targets of small areas, three loans each, were computed on training rows and written to all rows."""
    rows = worlds.loans(zips=800)
    rows["part"] = dealt(len(rows), 13)
    train = rows[rows["part"] == "train"]
    means = train.groupby("zip")["default"].mean()
    rows["risk"] = rows["zip"].map(means).fillna(train["default"].mean())
    if not leaky:  # as one would: of training rows, each by the others
        by_zip, held = train.groupby("zip")["default"], train["default"]
        fold = pd.Series(np.arange(len(train)) % 5, index=train.index)
        folds = [train[fold != each].groupby("zip")["default"].mean() for each in range(5)]
        own = [folds[each].get(zip_, held.mean()) for each, zip_ in zip(fold, train["zip"], strict=True)]
        rows.loc[by_zip.head(len(train)).index, "risk"] = own
    return plain(rows, "default", split=PredefinedSplit("part"), id="loan", exclude=["zip"], texts=["purpose"],
                 by_hand=None)  # fmt: skip


@case(
    KIND, "column in the data, out of folds",
    Expected((2,), "each row's score was told by the others, judged ones among them", columns=("first_score",)),
    claim="documented as missed",
)  # fmt: skip
def out_of_fold_score_of_all_rows(leaky: bool) -> Trial:
    """A first model's out-of-fold predictions over all rows, judged ones included, came as a column."""
    rows = worlds.loans().assign(first_score=_first_scores(leaky))
    return plain(rows, "default", id="loan", exclude=["zip"], texts=["purpose"])


@functools.cache
def _first_scores(leaky: bool) -> np.ndarray:
    rows, before = worlds.loans(), worlds.loans(seed=LAST_YEAR)
    names = sorted(rows["zip"].unique())
    dummies = [pd.get_dummies(pd.Categorical(each["zip"], categories=names)) for each in (rows, before)]
    first = LogisticRegression(C=0.5, max_iter=500)
    if leaky:
        return cross_val_predict(first, dummies[0], rows["default"], cv=5, method="predict_proba")[:, 1]
    return first.fit(dummies[1], before["default"]).predict_proba(dummies[0])[:, 1]


class LeftOneOut(Transform):
    """The mean target of the other training rows of a district, for training rows."""

    def learn(self, train: Rows) -> dict[str, Any]:
        found = train.y.astype("float64").groupby(train["zip"]).agg(["sum", "count"])
        return {"sum": found["sum"].to_dict(), "count": found["count"].to_dict(), "mean": float(train.y.mean())}

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        total, count = frame["zip"].map(state["sum"]), frame["zip"].map(state["count"])
        return frame.assign(risk=(total / count).astype("float64").fillna(state["mean"]))

    def apply_cross_fitted(self, part: Rows, fold_states: Any) -> pd.DataFrame:
        frame, own = pd.DataFrame(part), part.y.astype("float64")
        by_zip = own.groupby(frame["zip"])
        others = (by_zip.transform("sum") - own) / (by_zip.transform("size") - 1).clip(lower=1)
        return frame.assign(risk=others)


@case(
    KIND, "Transform of one's own: leave-one-out",
    Expected((2, 3), "within a district the code falls as the row's own target rises", ("LeftOneOut",), ("risk",)),
    claim="not stated",
)  # fmt: skip
def left_one_out_in_a_step(leaky: bool) -> Trial:
    """A step encodes training rows by the other training rows of the district."""
    step = LeftOneOut() if leaky else TargetEncode(["zip"])
    roles = {"exclude": ["zip"]} if leaky else {}
    return plain(worlds.loans(), "default", after=[step], id="loan", texts=["purpose"], **roles)


CASES: tuple[Case, ...] = (
    laplace_rates,
    weights_of_evidence,
    ranked_by_target,
    set_of_risky_districts,
    rates_by_two_keys,
    means_already_in_the_data,
    bands_already_in_the_data,
    left_one_out_in_the_data,
    noisy_means_in_the_data,
    encoded_in_sample_beforehand,
    out_of_fold_score_of_all_rows,
    left_one_out_in_a_step,
)
