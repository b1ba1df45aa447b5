"""States are byte-equal from 1, 7 and 64 partitions and from shuffled rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.features import (
    Bin,
    Categories,
    Clean,
    ClipOutliers,
    CountEncode,
    Cross,
    DateParts,
    DropMissing,
    HashEncode,
    Impute,
    Log,
    MinMaxScale,
    OneHot,
    OrdinalEncode,
    PowerTransform,
    Prepare,
    RobustScale,
    SelectFeatures,
    Standardize,
    TargetEncode,
    TextComponents,
    TextHash,
    TfIdf,
)
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps import Transform

ROWS = 700


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    """Every type a column may have, with nulls, and targets of each sort."""
    rng = np.random.default_rng(3)
    price = rng.lognormal(3, 2, ROWS) * rng.choice([-1, 1], ROWS)
    city = rng.choice(["Oslo", "Rome", "Łódź", "Bonn", "Lima"], ROWS, p=[0.5, 0.2, 0.2, 0.08, 0.02])
    small = rng.integers(0, 9, ROWS)
    return pd.DataFrame(
        {
            "price": np.where(rng.random(ROWS) < 0.1, np.nan, price),
            "float32": price.astype("float32"),
            "days": rng.integers(0, 400, ROWS),
            "nullable": pd.array(np.where(rng.random(ROWS) < 0.2, None, small), dtype="Int64"),
            "member": pd.array(np.where(rng.random(ROWS) < 0.2, None, small > 4), dtype="boolean"),
            "plain_flag": small > 2,
            "city": pd.Series(np.where(rng.random(ROWS) < 0.1, None, city), dtype="str"),
            "category": pd.Categorical(city),
            "when": pd.Timestamp("2023-11-05") + pd.to_timedelta(pd.Series(price), unit="h").where(small > 0),
            "said": pd.Series([f"{a}, {b}" if b else None for a, b in zip(city, small, strict=True)], dtype="str"),
            "weight": rng.random(ROWS) + 0.1,
            "binary": (price > 0).astype(int),
            "money": price * 0.1,
            "class": pd.Series(np.where(small < 3, "low", np.where(small < 8, "mid", "high")), dtype="str"),
        }
    )


STEPS_ON_OTHERS = {
    "dates": "when",
    "characters": "said",
    "words": "said",
    "hashed words": "said",
    "weighted words": "said",
}
ENCODED = ["city", "category", "nullable", "plain_flag"]
FEATURES = ["price", "float32", "days", "nullable", "member", "plain_flag", "city", "category", "when", "said"]
CASES: dict[str, tuple[Transform, str]] = {
    "clean": (Clean(), "binary"),
    "prepare": (Prepare(few=4), "binary"),
    "prepare for trees": (Prepare(few=4, categories="native", nulls="keep", scale=False), "money"),
    "impute median": (Impute(), "binary"),
    "impute mean": (Impute(numeric="mean"), "binary"),
    "selected features": (SelectFeatures(top=4, coverage=0.5, related=0.9), "class"),
    "features that count for a number": (SelectFeatures(least=0.01, related=0.9), "money"),
    "columns with nulls": (DropMissing(most=0.1), "binary"),
    "impute mode": (Impute(numeric="mode", categorical="mode"), "binary"),
    "impute by group": (Impute(["price", "days"], by=["city", "nullable"]), "binary"),
    "impute by regression": (Impute(numeric="model"), "binary"),
    "impute number": (Impute(numeric=-1.0), "binary"),
    "standardize": (Standardize(), "binary"),
    "standardize with logs": (Standardize(logs=True, clip=10, keep_flags=True), "binary"),
    "min and max": (MinMaxScale(), "binary"),
    "robust": (RobustScale(), "binary"),
    "logarithms": (Log(), "binary"),
    "powers": (PowerTransform(), "binary"),
    "outliers by quartiles": (ClipOutliers(by="quartiles", indicator=True), "binary"),
    "bins": (Bin(["nullable", "price"], bins=4), "money"),
    "bins of equal width": (Bin(["price", "nullable"], by="width", labels=True), "class"),
    "bins of a tree": (Bin(["price", "nullable"], by="tree", bins=5), "money"),
    "categories": (Categories(ENCODED, top=4), "binary"),
    "dates": (DateParts(cyclic=True), "binary"),
    "characters": (TextComponents(["said"]), "binary"),
    "words": (TextComponents(["said"], by="words"), "binary"),
    "one-hot": (OneHot(ENCODED), "binary"),
    "one-hot top": (OneHot(ENCODED, top=2, min_count=30, other=True), "binary"),
    "hash": (HashEncode(ENCODED), "binary"),
    "hashed words": (TextHash(["said"]), "binary"),
    "weighted words": (TfIdf(["said"], top=3), "binary"),
    "ordinal": (OrdinalEncode(ENCODED), "binary"),
    "ordinal in an order": (OrdinalEncode(["nullable"], order={"nullable": list(range(9))[::-1]}), "binary"),
    "count": (CountEncode(ENCODED), "binary"),
    "share": (CountEncode(ENCODED, measure="share"), "binary"),
    "cross": (Cross([["city", "nullable"], ["plain_flag", "category", "nullable"]], top=20), "binary"),
    "target binary": (TargetEncode(ENCODED), "binary"),
    "target number": (TargetEncode(ENCODED, smoothing=10), "money"),
    "target classes": (TargetEncode(ENCODED), "class"),
}


@pytest.mark.quick("*-True-7", "standardize-False-64", "target binary-True-64")
@pytest.mark.parametrize("partitions", [1, 7, 64])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_state_depends_on_rows_alone(mixed: pd.DataFrame, case: str, partitions: int, shuffled: bool) -> None:
    step, target = CASES[case]
    roles = {"target": target, "weight": "weight", "features": FEATURES}
    whole = step.fit(mixed, **roles)
    rows = mixed.sample(frac=1, random_state=1) if shuffled else mixed
    with override(rows_per_partition=-(-ROWS // partitions)):
        cut = step.fit(rows, **roles)
    assert digest(cut.state) == digest(whole.state)


@pytest.mark.parametrize("case", CASES)
def test_one_row_served_alone_is_that_row_of_the_batch(mixed: pd.DataFrame, case: str) -> None:
    step, target = CASES[case]
    fitted = step.fit(mixed, target=target, features=FEATURES)
    batch = fitted.transform(mixed)
    for row in (0, 17, 699):
        alone = fitted.transform(mixed.iloc[[row]])
        pd.testing.assert_frame_equal(alone, batch.iloc[[row]])


@pytest.mark.parametrize("case", CASES)
def test_apply_takes_the_raw_state_as_well_as_the_prepared(mixed: pd.DataFrame, case: str) -> None:
    step, target = CASES[case]
    fitted = step.fit(mixed, target=target, features=FEATURES)
    pd.testing.assert_frame_equal(step.apply(mixed, fitted.state), fitted.transform(mixed))


@pytest.mark.parametrize("case", CASES)
def test_the_input_stays_as_it_was(mixed: pd.DataFrame, case: str) -> None:
    step, target = CASES[case]
    before = mixed.copy(deep=True)
    step.fit(mixed, target=target, features=FEATURES).transform(mixed)
    pd.testing.assert_frame_equal(mixed, before)


ONLY_DROPPED = {"columns with nulls", "selected features", "features that count for a number"}


@pytest.mark.parametrize("case", sorted(set(CASES) - ONLY_DROPPED))
def test_a_missing_column_is_refused_by_name(mixed: pd.DataFrame, case: str) -> None:
    step, target = CASES[case]
    fitted = step.fit(mixed, target=target, features=FEATURES)
    column = STEPS_ON_OTHERS.get(case, "nullable")
    with pytest.raises(ValueError, match=f"needs the column '{column}'"):
        fitted.transform(mixed.drop(columns=column))


@pytest.mark.parametrize("case", sorted(ONLY_DROPPED))
def test_a_column_that_is_dropped_need_not_be_there(mixed: pd.DataFrame, case: str) -> None:
    step, target = CASES[case]
    fitted = step.fit(mixed, target=target, features=FEATURES)
    rows = mixed.drop(columns=list(fitted.step.columns_taken(fitted.state)))
    pd.testing.assert_frame_equal(fitted.transform(rows), rows)


def test_roles_are_never_touched(mixed: pd.DataFrame) -> None:
    for step in (Impute(), Standardize()):
        out = step.fit(mixed, target="money", weight="weight").transform(mixed)
        pd.testing.assert_series_equal(out["money"], mixed["money"])
        pd.testing.assert_series_equal(out["weight"], mixed["weight"])
