"""Columns filled by a fit, cut off at one end, or divided by the largest value, over all rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  scikit-learn asks for it
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.scaled import scaled_findings

ROWS, TRAINING = 900, 540
Make = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    area = rng.gamma(9, 9, ROWS).round(1)
    rent = (6 * area + rng.gamma(3, 60, ROWS)).round()
    rooms = np.maximum(1, (area / 28 + rng.normal(0, 1, ROWS)).round())
    gone = rng.random(ROWS) < 0.15
    y = (rng.random(ROWS) < 0.4).astype(int)
    return pd.DataFrame(
        {
            "area": area,
            "rooms": rooms,
            "income": rng.lognormal(8, 0.5, ROWS).round(2),
            "rent": rent,
            "gone": gone,
            "y": y,
        }
    )


def with_holes(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rent=frame["rent"].mask(frame["gone"]))


def by_regression(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    whole = known[~known["gone"]]
    model = LinearRegression().fit(whole[["area", "rooms"]], whole["rent"])
    return frame.assign(rent=frame["rent"].mask(frame["gone"], model.predict(frame[["area", "rooms"]])))


def imputed(frame: pd.DataFrame, known: pd.DataFrame, imputer: object, columns: list[str]) -> pd.DataFrame:
    fitted = imputer.fit(with_holes(known)[columns])  # type: ignore[attr-defined]
    return frame.assign(rent=fitted.transform(with_holes(frame)[columns])[:, columns.index("rent")])


def iteratively(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return imputed(frame, known, IterativeImputer(random_state=0), ["area", "rooms", "income", "rent"])


def by_neighbours(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return imputed(frame, known, KNNImputer(), ["area", "income", "rent"])


def by_scaled_neighbours(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    names = ["area", "rooms", "income"]
    scaler = StandardScaler().fit(known[names])
    scaled = [pd.DataFrame(scaler.transform(each[names]), each.index, names) for each in (frame, known)]
    filled = imputed(
        scaled[0].assign(rent=frame["rent"], gone=frame["gone"]),
        scaled[1].assign(rent=known["rent"], gone=known["gone"]),
        KNNImputer(n_neighbors=3),
        [*names, "rent"],
    )
    return frame.assign(rent=filled["rent"])


def above_a_fence(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    low, high = known["income"].quantile([0.25, 0.75])
    return frame.assign(income=frame["income"].clip(upper=high + 1.5 * (high - low)))


def in_bins(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    edges = known["income"].quantile(np.linspace(0, 1, 8)).to_numpy(copy=True)
    edges[0], edges[-1] = 0.0, np.inf
    return frame.assign(income=pd.cut(frame["income"], edges).astype(str))


MADE: dict[str, tuple[str, Make]] = {
    "'rent' was filled by a regression": ("rent", by_regression),
    "'rent' was filled by a regression on other": ("rent", iteratively),
    "'rent' was filled with means of neighbouring": ("rent", by_neighbours),
    "'rent' was filled with means of neighbouring rows": ("rent", by_scaled_neighbours),
    "'rent' was cut off at its quantile .95": (
        "rent",
        lambda frame, known: frame.assign(rent=frame["rent"].clip(upper=known["rent"].quantile(0.95))),
    ),
    "'rent' was cut off at its quantile .02": (
        "rent",
        lambda frame, known: frame.assign(rent=frame["rent"].clip(lower=known["rent"].quantile(0.02))),
    ),
    "'income' was cut off at its upper fence of 1.5 ranges": ("income", above_a_fence),
    "'income' is divided by its largest value": (
        "income",
        lambda frame, known: frame.assign(income=frame["income"] / known["income"].max()),
    ),
    "'income' has the bins of equal size of a column that is gone": ("income", in_bins),
    "'rooms' is a rank": (
        "rooms",
        lambda frame, known: frame.assign(
            rooms=np.searchsorted(np.sort(known["rent"]), frame["rent"], side="right") / len(known)
        ).drop(columns="rent"),
    ),
}


def told(frame: pd.DataFrame, training: np.ndarray) -> list[Finding]:
    frame = frame.drop(columns="gone")
    features = [name for name in frame if name != "y"]
    return scaled_findings(AllParts.of(frame[training], frame[~training], "y", features, features), {})


def drawn(frame: pd.DataFrame) -> np.ndarray:
    """Training rows that lack the largest income, which would be the same for all."""
    training = np.random.default_rng(1).permutation(ROWS) < TRAINING
    training[frame["income"].argmax()] = False
    return training


@pytest.mark.parametrize("said", MADE)
def test_what_was_fitted_on_all_rows_is_told_and_what_was_on_training_rows_is_not(said: str) -> None:
    column, make = MADE[said]
    frame = rows()
    training = drawn(frame)
    (found,) = told(make(frame, frame), training)
    assert found.code == "LK226"
    assert column in found.columns
    assert said in found.message
    assert told(make(frame, frame[training]), training) == []


def test_a_column_that_has_cents_now_and_then_is_not_taken_for_filled() -> None:
    rng = np.random.default_rng(2)
    for seed in range(5):
        frame = rows()
        cents = rng.random(ROWS) < 0.2
        frame["rent"] = frame["rent"] + cents * rng.choice([0.25, 0.5, 0.75, 1 / 3], ROWS)
        assert told(frame, np.random.default_rng(seed).permutation(ROWS) < TRAINING) == []


def test_the_few_levels_of_a_design_are_not_taken_for_means_of_neighbours() -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        frame = rows().assign(dose=rng.choice([0, 1, 2, 3, 0.25, 0.5, 0.75], ROWS), part=rng.integers(0, 4, ROWS))
        assert told(frame, np.arange(ROWS) < TRAINING) == []


def test_filled_values_of_an_earlier_period_are_not_accused() -> None:
    frame, earlier = rows(), rows().sample(frac=0.5, random_state=1).assign(rent=lambda each: each["rent"] * 1.1)
    for make in (by_regression, iteratively, by_neighbours):
        assert told(make(frame, earlier), drawn(frame)) == []


def test_a_share_of_few_questions_and_a_dose_dealt_in_turn_are_no_statistics() -> None:
    frame, rng = rows(), np.random.default_rng(4)
    frame["passed"] = rng.integers(0, 25, ROWS) / 24
    frame["arm"] = np.arange(ROWS) % 7
    frame["block"] = np.repeat(np.arange(7), -(-ROWS // 7))[:ROWS]
    training = drawn(frame)
    training[frame["passed"].to_numpy() == 1] = False
    assert told(frame, training) == []


def test_an_end_that_meets_a_fence_of_whole_numbers_by_accident_is_not_told() -> None:
    years = np.repeat(np.arange(19), [5, 9, 9, 20, 20, 30, 40, 50, 60, 60, 60, 60, 160, 60, 60, 60, 60, 37, 40])
    frame = rows().assign(rent=np.random.default_rng(0).permutation(years)[:ROWS])
    low, high = np.quantile(frame["rent"], [0.25, 0.75])
    frame["rent"] = np.minimum(frame["rent"], high + 1.5 * (high - low))
    training = np.arange(ROWS) < TRAINING
    assert told(frame.sort_values("rent", ignore_index=True), training) == []


def test_gaps_filled_between_earlier_and_later_rows_are_told_and_those_filled_from_earlier_rows_are_not() -> None:
    frame = rows().sort_values("income", ignore_index=True)
    gaps = frame["rent"].mask(frame["gone"])
    training = np.random.default_rng(1).permutation(ROWS) < TRAINING
    (found,) = told(frame.assign(rent=gaps.interpolate(limit_direction="both")), training)
    assert (found.columns, "between earlier and later rows" in found.message) == (("rent",), True)
    assert told(frame.assign(rent=gaps.ffill().bfill()), training) == []


def test_a_counter_that_rises_by_halves_is_not_taken_for_interpolated() -> None:
    frame = rows().assign(rent=np.arange(ROWS) / 2)
    assert told(frame, np.random.default_rng(1).permutation(ROWS) < TRAINING) == []
