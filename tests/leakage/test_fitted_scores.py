"""Scores, components and shrunken codes that were fitted to all rows, and not to training rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold
from sklearn.preprocessing import OneHotEncoder, TargetEncoder
from sklearn.tree import DecisionTreeRegressor

from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.chosen_columns import chosen_column_findings
from mlsys.leakage.fold_means import fold_mean_findings
from mlsys.leakage.level_statistics import level_statistic_findings
from mlsys.leakage.mappings import mapping_findings
from mlsys.leakage.projected import projection_findings
from mlsys.leakage.scaled import scaled_findings

ROWS, TRAINING = 1_200, 700
X = ["a", "b", "c", "d"]
Make = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]


def rows(seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.gamma(2, size=(ROWS, 4)).round(2), columns=X)
    town = rng.integers(0, 60, ROWS)
    frame["town"], frame["region"] = [f"T{each}" for each in town], [f"R{each // 10}" for each in town]
    frame["grade"] = rng.integers(0, 6, ROWS)
    risk = rng.normal(0, 1, 60)[town] + frame["a"] - 2 + frame["grade"] / 2
    frame["bad"] = (rng.random(ROWS) < 1 / (1 + np.exp(-risk))).astype(int)
    return frame.assign(price=(50 + 9 * frame["a"] + rng.normal(0, 5, ROWS)).round(1))


def line(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(made=LinearRegression().fit(known[X], known["price"]).predict(frame[X]))


def tree(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(made=DecisionTreeRegressor(max_leaf_nodes=9).fit(known[X], known["price"]).predict(frame[X]))


def mean_of_few_levels(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(made=frame["grade"].map(known.groupby("grade")["price"].mean())).drop(columns="grade")


def probability(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(made=1 - LinearRegression().fit(known[X], known["bad"]).predict(frame[X]))


SCORES: dict[str, tuple[str, Make]] = {
    "a line": ("price", line),
    "a tree": ("price", tree),
    "means of few levels": ("price", mean_of_few_levels),
    "a line for the other class": ("bad", probability),
}


def asked(frame: pd.DataFrame, target: str) -> AllParts:
    features = [name for name in frame if name not in {"bad", "price"}]
    return AllParts.of(frame[:TRAINING], frame[TRAINING:], target, features, features)


@pytest.mark.parametrize("what", SCORES)
def test_a_score_fitted_to_all_rows_is_told_and_one_of_training_rows_is_not(what: str) -> None:
    target, make = SCORES[what]
    frame = rows()
    (found,) = projection_findings(asked(make(frame, frame), target), {"made": "Derive"})
    assert (found.code, found.severity, found.columns, found.step) == ("LK229", "error", ("made",), "Derive")
    assert projection_findings(asked(make(frame, frame[:TRAINING]), target), {}) == []
    assert projection_findings(asked(make(frame, rows(seed=4)), target), {}) == []


def test_a_copy_of_the_target_and_the_target_less_its_mean_are_no_projections() -> None:
    frame = rows()
    frame["made"], frame["flat"] = frame["price"], 50.5
    assert projection_findings(asked(frame, "price"), {}) == []


def code(frame: pd.DataFrame, sums: pd.DataFrame, prior: pd.Series | float, weight: float = 12.5) -> pd.Series:
    total, count = (frame["town"].map(sums[each]).fillna(0) for each in ("sum", "count"))
    return (total + weight * prior) / (count + weight)


def within_regions(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    prior = frame["region"].map(known.groupby("region")["bad"].mean())
    return frame.assign(made=code(frame, known.groupby("town")["bad"].agg(["sum", "count"]), prior))


def to_the_overall_mean(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    prior = float(known["price"].mean())
    return frame.assign(made=code(frame, known.groupby("town")["price"].agg(["sum", "count"]), prior))


def evidence(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    both = pd.crosstab(known["grade"], known["bad"]) + 0.5
    shares = both / both.sum()
    return frame.assign(made=frame["grade"].map(np.log(shares[1] / shares[0])))


def rounded(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(made=frame["grade"].map(known.groupby("grade")["bad"].mean().round(3)))


CODES: dict[str, tuple[str, Make]] = {
    "shrunk within regions": ("bad", within_regions),
    "shrunk to the overall mean": ("price", to_the_overall_mean),
    "rounded means of six levels": ("bad", rounded),
    "weights of evidence of six levels": ("bad", evidence),
    "weights of evidence without the levels": ("bad", lambda *both: evidence(*both).drop(columns="grade")),
}


@pytest.mark.parametrize("what", CODES)
def test_a_code_of_all_rows_is_told_however_clear_the_order_of_levels_is(what: str) -> None:
    target, make = CODES[what]
    frame = rows()
    (found,) = mapping_findings(asked(make(frame, frame), target))
    assert (found.code, found.severity, found.columns) == ("LK229", "error", ("made",))
    assert mapping_findings(asked(make(frame, frame[:TRAINING]), target)) == []
    assert mapping_findings(asked(make(frame, rows(seed=8)), target)) == []


def singular(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    encoder = OneHotEncoder(handle_unknown="ignore").fit(known[["region", "grade"]])
    fitted = TruncatedSVD(3, random_state=0).fit(encoder.transform(known[["region", "grade"]]))
    made = fitted.transform(encoder.transform(frame[["region", "grade"]]))
    return frame.assign(**{f"s{place}": made[:, place] for place in range(3)})


def test_components_of_all_rows_are_told_and_those_of_training_rows_are_not() -> None:
    frame = rows()
    (found,) = scaled_findings(asked(singular(frame, frame), "bad"), {})
    assert (found.code, found.columns) == ("LK226", ("s0", "s1", "s2"))
    assert "give the estimator to Apply" in found.message
    assert scaled_findings(asked(singular(frame, frame[:TRAINING]), "bad"), {}) == []


def test_components_with_mean_0_are_told_once() -> None:
    frame = rows()
    made = PCA(2).fit_transform(frame[X])
    (found,) = scaled_findings(asked(frame.assign(p=made[:, 0], q=made[:, 1]), "bad"), {})
    assert (found.columns, "centred" in found.message) == (("p", "q"), True)


def test_columns_that_are_0_where_the_other_is_not_are_no_components() -> None:
    frame, rng = rows(), np.random.default_rng(0)
    value, which = rng.gamma(2, size=ROWS), rng.random(ROWS) < 0.5
    assert scaled_findings(asked(frame.assign(p=value * which, q=value * ~which), "bad"), {}) == []


@pytest.mark.parametrize("target", ["bad", "price"])
def test_the_cross_fitted_encoder_of_scikit_learn_is_told_if_it_saw_all_rows(target: str) -> None:
    frame = rows()
    frame["price"] = frame["price"].round(-1)  # sums over equally many rows must often be equal or ordered
    kind = "binary" if target == "bad" else "continuous"

    def encoded(known: pd.DataFrame) -> pd.DataFrame:
        def codes(learned: pd.DataFrame, given: pd.DataFrame) -> pd.Series:
            encoder = TargetEncoder(target_type=kind).fit(learned[["town"]], learned[target])
            return pd.Series(encoder.transform(given[["town"]])[:, 0], given.index)

        made = codes(known, frame)
        for others, fold in KFold(5, shuffle=True, random_state=0).split(known):
            made[known.index[fold]] = codes(known.iloc[others], known.iloc[fold])
        return frame.assign(made=made)

    (found,) = fold_mean_findings(asked(encoded(frame), target))
    assert (found.code, found.severity, found.columns) == ("LK229", "error", ("made",))
    assert fold_mean_findings(asked(encoded(frame[:TRAINING]), target)) == []
    assert fold_mean_findings(asked(encoded(rows(seed=6)), target)) == []


def odd_frames() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    mixed = pd.DataFrame(
        {
            "whole": pd.array(rng.integers(0, 9, 80), dtype="Int64"),
            "gaps": pd.array([None if each % 7 == 0 else each / 3 for each in range(80)], dtype="Float64"),
            "truth": rng.random(80) < 0.5,
            "kind": pd.Categorical(rng.choice(["a", "b", None], 80)),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, 80), "h"),
            "list": [[1, 2]] * 80,
            "endless": np.where(rng.random(80) < 0.5, np.inf, 1 / 3),
            "nothing": np.nan,
            "same": 0.1234567,
            "complex name, with 'quotes'": rng.normal(size=80),
            "y": rng.integers(0, 2, 80),
        }
    )
    return {
        "mixed": mixed,
        "one row": mixed[:1],
        "no rows": mixed[:0],
        "one index": mixed.set_axis([0] * 80),
        "text target": mixed.assign(y=np.where(mixed["y"] == 1, "yes", None)),
        "null target": mixed.assign(y=np.nan),
        "one class": mixed.assign(y=1),
        "only a target": mixed[["y"]],
    }


@pytest.mark.parametrize("what", odd_frames())
def test_odd_frames_are_looked_at_without_an_error(what: str) -> None:
    frame = odd_frames()[what]
    names = [name for name in frame if name != "y"]
    for features in (names, names[:3], []):
        together = AllParts.of(frame[: len(frame) // 2], frame[len(frame) // 2 :], "y", features, names)
        found = [*projection_findings(together, {}), *scaled_findings(together, {}), *mapping_findings(together)]
        found += [*level_statistic_findings(together, {}), *chosen_column_findings(together)]
        assert not [each for each in [*found, *fold_mean_findings(together)] if each.severity == "error"]
