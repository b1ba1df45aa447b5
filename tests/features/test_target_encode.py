"""TargetEncode gives categories the mean target of training rows, out of fold on those rows."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import TargetEncoder

from mlsys.dataset import Roles, Rows
from mlsys.engines import LocalEngine
from mlsys.errors import DataError
from mlsys.features import TargetEncode
from mlsys.steps.learning import Learned, learn
from mlsys.summaries import fold_of

FOLDS = TargetEncode.cross_fit_folds


def rows_of(frame: pd.DataFrame, target: str) -> Rows:
    return Rows.of(frame, Roles(target=target), ["country", "customer"], fold_of(frame.index, FOLDS, 0))


def learned(step: TargetEncode, frame: pd.DataFrame, target: str) -> Learned:
    return learn(step, LocalEngine().hold(None, frame), lambda part: rows_of(part, target), np.random.default_rng(0))


@pytest.mark.parametrize("smoothing", ["auto", 20.0])
@pytest.mark.parametrize("target", ["returned", "refund", "level"])
def test_it_equals_scikit_learn_on_other_rows(shop: pd.DataFrame, smoothing: str | float, target: str) -> None:
    shop = shop.assign(level=pd.cut(shop["refund"], 3, labels=["low", "mid", "top"]).astype("str"))
    train, held_out = shop.iloc[:1500], shop.iloc[1500:]
    columns = ["country", "customer"]
    ours = TargetEncode(columns, smoothing).fit(train, target=target).transform(held_out)
    theirs = TargetEncoder(smooth=smoothing).fit(train[columns], train[target])
    expected = theirs.transform(held_out[columns])
    if target == "level":
        names = [f"{column}_{level}" for column in columns for level in ("low", "mid", "top")]
        shown = [name for name in names if not name.endswith("low")]
        pd.testing.assert_frame_equal(
            ours[shown], pd.DataFrame(expected, columns=names, index=held_out.index)[shown], rtol=1e-9
        )
    else:
        np.testing.assert_allclose(ours[columns], expected, rtol=1e-9)


def test_training_rows_get_the_code_of_the_other_folds(shop: pd.DataFrame) -> None:
    step = TargetEncode(["country"], smoothing=5.0)
    rows = rows_of(shop, "returned")
    crossed = step.apply_cross_fitted(rows, learned(step, shop, "returned").fold_states)
    for fold in range(FOLDS):
        inside = rows.folds == fold
        alone = step.fit(shop[~inside], target="returned").transform(shop[inside])
        pd.testing.assert_series_equal(crossed.loc[inside, "country"], alone["country"])


def test_a_rows_own_target_cannot_reach_its_code(shop: pd.DataFrame) -> None:
    step = TargetEncode(["country", "customer"])
    before = step.apply_cross_fitted(rows_of(shop, "returned"), learned(step, shop, "returned").fold_states)
    for row in (0, 700, 1999):
        flipped = shop.assign(returned=shop["returned"].where(shop.index != row, 1 - shop["returned"]))
        states = learned(step, flipped, "returned").fold_states
        after = step.apply_cross_fitted(rows_of(flipped, "returned"), states)
        assert after.loc[row, "country"] == before.loc[row, "country"]
        assert after.loc[row, "customer"] == before.loc[row, "customer"]


def test_null_and_unseen_levels_get_the_overall_mean() -> None:
    train = pd.DataFrame({"c": ["a", "a", None, "b"], "y": [1, 0, 1, 1]})
    out = TargetEncode(["c"]).fit(train, target="y").transform(pd.DataFrame({"c": [None, "never"]}))
    assert out["c"].tolist() == [0.75, 0.75]


def test_weights_count_as_repeated_rows(shop: pd.DataFrame) -> None:
    weights = np.random.default_rng(1).integers(1, 4, len(shop))
    repeated = shop.loc[shop.index.repeat(weights)].reset_index(drop=True)
    step = TargetEncode(["country", "customer"])
    for target in ("returned", "refund"):
        ours = step.fit(shop.assign(w=weights), target=target, weight="w").transform(shop)
        theirs = step.fit(repeated, target=target).transform(shop)
        pd.testing.assert_frame_equal(ours, theirs.assign(w=weights)[ours.columns], rtol=1e-9, check_dtype=False)


def test_truth_values_texts_and_numbers_of_two_classes_agree(shop: pd.DataFrame) -> None:
    shop = shop.assign(truth=shop["returned"] == 1, text=shop["returned"].map({0: "kept", 1: "returned"}))
    step = TargetEncode(["country"])
    codes = [step.fit(shop, target=name).transform(shop)["country"] for name in ("returned", "truth", "text")]
    np.testing.assert_allclose(codes[0], codes[1], rtol=1e-12)
    np.testing.assert_allclose(codes[0], codes[2], rtol=1e-12)


def test_a_class_of_one_row_does_not_break_the_folds() -> None:
    frame = pd.DataFrame({"country": ["a", "b"] * 20, "customer": 1, "y": ["n", "p"] * 19 + ["n", "rare"]})
    step = TargetEncode(["country"])
    out = step.apply_cross_fitted(rows_of(frame, "y"), learned(step, frame, "y").fold_states)
    assert list(out.columns) == ["customer", "y", "country_p", "country_rare"]
    assert out.loc[39, "country_rare"] == 0.0
    assert out.notna().all(axis=None)


def test_numbers_are_classes_when_said(shop: pd.DataFrame) -> None:
    frame = shop.assign(level=shop.index % 3)
    out = TargetEncode(["country"], classes=[0, 1, 2]).fit(frame, target="level").transform(frame)
    assert [name for name in out if name.startswith("country")] == ["country_1", "country_2"]
    with pytest.raises(DataError, match="holds 2, which is not in classes"):
        TargetEncode(["country"], classes=[0, 1]).fit(frame, target="level")


def test_rows_without_a_known_target_do_not_count() -> None:
    train = pd.DataFrame({"c": ["a", "a", "b"], "y": [1.0, None, 0.0]})
    assert TargetEncode(["c"], smoothing=0.0).fit(train, target="y").state["columns"][0]["values"].tolist() == [
        [1],
        [0],
    ]
    with pytest.raises(DataError, match="no training row has a known target"):
        TargetEncode(["c"]).fit(train.assign(y=np.nan), target="y")


def test_no_target_is_said() -> None:
    with pytest.raises(DataError, match="no target was named"):
        TargetEncode(["c"]).fit(pd.DataFrame({"c": ["a"]}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": [np.inf] + [1.0] * 39}, "the target 'y' is infinite in 1 rows .the first is row 0."),
        ({"w": [1.0] * 39 + [-1.0]}, "the weight 'w' is null, negative or infinite in 1 rows .the first is row 39."),
        ({"w": [1.0] * 39 + [None]}, "the weight 'w' is null, negative or infinite in 1 rows .the first is row 39."),
        ({"k": [[1]] * 40}, "the column 'k' holds lists or mappings"),
        ({"k": [{"a": 1}] * 40}, "the column 'k' holds lists or mappings"),
    ],
)
def test_what_has_no_mean_or_is_no_level_is_named(change, said):
    frame = pd.DataFrame({"k": ["a", "b"] * 20, "y": [0.0, 1.0] * 20, "w": 1.0}).assign(**change)
    with pytest.raises(DataError, match=f"TargetEncode.*{said}"):
        TargetEncode(["k"]).fit(frame, target="y", weight="w")


def test_levels_and_targets_of_any_type_get_the_same_codes():
    plain = pd.DataFrame({"k": ["a", "b", "b", "c"] * 10, "y": [0, 1, 1, 0] * 10})
    expected = TargetEncode(["k"]).fit(plain, target="y").transform(plain)["k"].tolist()
    typed = plain.convert_dtypes(dtype_backend="pyarrow")
    objects = plain.assign(k=plain["k"].astype(object), y=plain["y"].astype(bool).astype(object))
    decimals = plain.assign(y=[decimal.Decimal(int(each)) for each in plain["y"]])
    for odd in (typed, objects, decimals):
        assert TargetEncode(["k"]).fit(odd, target="y").transform(odd)["k"].tolist() == expected
