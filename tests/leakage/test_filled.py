"""Columns that were filled, cut off, binned or scaled with statistics of all rows, and not of training rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from sklearn.preprocessing import QuantileTransformer

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.level_statistics import level_statistic_findings
from mlsys.leakage.scaled import scaled_findings

ROWS, TRAINING = 1_000, 600
Make = Callable[[pd.DataFrame, pd.DataFrame], pd.Series]


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "income": rng.lognormal(10, 0.4, ROWS),
            "age": rng.integers(18, 80, ROWS).astype(float),
            "town": [f"T{each}" for each in rng.integers(0, 12, ROWS)],
            "y": rng.integers(0, 2, ROWS),
        }
    )
    return frame.assign(gone=rng.random(ROWS) < 0.2)


def quantile_bins(frame: pd.DataFrame, known: pd.DataFrame, bins: int = 5) -> pd.Series:
    edges = known["income"].quantile(np.linspace(0, 1, bins + 1)).to_numpy()[1:-1]
    return pd.Series(np.digitize(frame["income"], edges), frame.index)


def filled(frame: pd.DataFrame, column: str, values: object) -> pd.Series:
    return frame[column].mask(frame["gone"], values)  # type: ignore[arg-type]


def kept(known: pd.DataFrame, column: str) -> pd.Series:
    return known[column].mask(known["gone"])


MADE: dict[str, Make] = {
    "was filled with its mean": lambda frame, known: filled(frame, "age", kept(known, "age").mean()),
    "was filled with its median": lambda frame, known: filled(frame, "income", kept(known, "income").median()),
    "was filled with its means by 'town'": lambda frame, known: filled(
        frame, "age", frame["town"].map(kept(known, "age").groupby(known["town"]).mean())
    ),
    "was cut off at its quantiles .02 and .98": lambda frame, known: frame["income"].clip(
        *known["income"].quantile([0.02, 0.98])
    ),
    "has the bins of equal size of 'income'": quantile_bins,
    "is divided by its mean": lambda frame, known: frame["income"] / known["income"].mean(),
    "is centred": lambda frame, known: frame["income"] - known["income"].mean(),
    "is the share of rows by 'town'": lambda frame, known: frame["town"].map(
        known["town"].value_counts(normalize=True)
    ),
    "is divided by its mean within each 'town'": lambda frame, known: (
        frame["income"] / frame["town"].map(known["income"].groupby(known["town"]).mean())
    ),
}


def told(made: pd.Series, frame: pd.DataFrame) -> list[Finding]:
    frame = frame.drop(columns="gone").assign(made=made)
    features = ["income", "age", "town", "made"]
    together = AllParts.of(frame[:TRAINING], frame[TRAINING:], "y", features, features)
    by_level = level_statistic_findings(together, {})
    return [*by_level, *scaled_findings(together, {}, [name for each in by_level for name in each.columns])]


@pytest.mark.parametrize("said", MADE)
def test_a_statistic_of_all_rows_inside_a_column_is_told_and_one_of_training_rows_is_none(said: str) -> None:
    frame = rows()
    (found,) = told(MADE[said](frame, frame), frame)
    assert (found.code, found.severity, found.columns) == ("LK226", "warning", ("made",))
    assert f"'made' {said} over all rows" in found.message
    assert told(MADE[said](frame, frame[:TRAINING]), frame) == []


def scores(frame: pd.DataFrame, known: pd.DataFrame, shape: str = "normal") -> pd.Series:
    of = QuantileTransformer(n_quantiles=len(known), output_distribution=shape, subsample=None)
    return pd.Series(of.fit(known[["income"]]).transform(frame[["income"]])[:, 0], frame.index)


def test_normal_scores_of_all_rows_are_told() -> None:
    frame = rows()
    (found,) = told(scores(frame, frame), frame)
    assert "normal scores of its ranks" in found.message


@pytest.mark.parametrize("shape", ["normal", "uniform"])
def test_places_in_another_sample_are_no_statistic_of_all_rows(shape: str) -> None:
    for seed in range(30):
        other = pd.DataFrame({"income": np.random.default_rng(100 + seed).lognormal(10, 0.4, ROWS)})
        assert told(scores(rows(), other, shape), rows()) == []


def test_the_remedy_is_that_of_what_was_done() -> None:
    frame = rows()
    (found,) = told(MADE["was filled with its mean"](frame, frame), frame)
    assert "Impute" in found.message and "scale after" not in found.message
    (found,) = told(quantile_bins(frame, frame), frame)
    assert "Bin" in found.message and "Impute" not in found.message


HONEST: dict[str, Make] = {
    "a fixed cut": lambda frame, known: frame["income"].clip(12_000, 60_000),
    "fixed bins": lambda frame, known: pd.Series(np.digitize(frame["income"], [15_000, 20_000, 25_000, 30_000])),
    "a gap filled with a number": lambda frame, known: filled(frame, "age", 42.0),
    "differences of two sides": lambda frame, known: pd.Series(
        np.random.default_rng(3).permutation(
            np.concatenate([(half := np.random.default_rng(4).normal(size=500)), -half])
        )
    ),
    "a balanced design": lambda frame, known: pd.Series(np.arange(ROWS) % 5 - 2.0),
    "shares of levels around their mean": lambda frame, known: pd.Series(
        np.random.default_rng(5).permutation(np.repeat([25 / 162, 27 / 162, 29 / 162], [250, 500, 250]))
    ),
    "blocks of equal size": lambda frame, known: pd.Series(np.arange(ROWS) // 100),
    "a column of one value": lambda frame, known: pd.Series(np.full(ROWS, 3.5)),
    "nothing known": lambda frame, known: pd.Series(np.full(ROWS, np.nan)),
    "infinite numbers": lambda frame, known: frame["income"].where(frame["income"] < 40_000, np.inf),
    "places of rows": lambda frame, known: pd.Series(rankdata(frame["age"])),
}


@pytest.mark.parametrize("kind", HONEST)
def test_what_is_no_statistic_of_all_rows_is_not_accused(kind: str) -> None:
    frame = rows()
    assert told(HONEST[kind](frame, frame), frame) == []


@pytest.mark.parametrize("count", [0, 1, 12])
def test_few_rows_are_not_assessed(count: int) -> None:
    frame = rows()[:count]
    together = AllParts.of(frame[: count // 2], frame[count // 2 :], "y", ["income", "age", "town"], [])
    assert scaled_findings(together, {}) == []
