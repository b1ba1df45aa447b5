"""Soft labels as weighted rows, trusted labels, and models against the labels they learned from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import beats_its_labels, soft_rows, trusted_rows
from mlsys.errors import DataError


def test_weighted_rows_have_the_loss_expected_under_the_soft_labels():
    rng = np.random.default_rng(0)
    x, share = rng.normal(size=(80, 2)), rng.random(80)
    frame = pd.DataFrame(x, columns=["a", "b"])
    made = soft_rows(frame, pd.DataFrame({False: 1 - share, True: share}), target="y", least=0.0)
    model = LogisticRegression(C=1e6, tol=1e-10, max_iter=1_000)
    model.fit(made[["a", "b"]], made["y"].astype(bool), sample_weight=made["weight"])
    # The gradient of the cross-entropy with the soft labels vanishes there.
    residual = model.predict_proba(frame)[:, 1] - share
    assert np.abs(residual @ x).max() < 1e-3
    assert made.groupby(level=0)["weight"].sum().to_numpy() == pytest.approx(np.ones(80))


def test_hard_and_unknown_shares_give_one_row_and_none():
    frame = pd.DataFrame({"x": [1, 2, 3], "weight": [2.0, 2.0, 2.0]}, index=["p", "q", "r"])
    shares = pd.DataFrame({"a": [1.0, 0.0, np.nan], "b": [0.0, 1.0, np.nan]}, index=frame.index)
    made = soft_rows(frame, shares, target="y")
    assert made["y"].tolist() == ["a", "b"] and made.index.tolist() == ["p", "q"]
    assert made["weight"].tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (pd.DataFrame({"a": [0.5], "b": [0.6]}), "add up to 1"),
        (pd.DataFrame({"a": [1.5], "b": [-0.5]}), "negative"),
        (pd.DataFrame({"a": [1.0]}, index=[7]), "another index"),
    ],
)
def test_shares_that_are_none_are_refused(shares, said):
    with pytest.raises(DataError, match=said):
        soft_rows(pd.DataFrame({"x": [1]}), shares, target="y")


def test_flipped_labels_are_seldom_trusted():
    rng = np.random.default_rng(0)
    truth = np.arange(400) % 2
    x = rng.normal(size=(400, 2)) + 3 * truth[:, None]
    flipped = rng.random(400) < 0.2
    labels = pd.Series(np.where(flipped, 1 - truth, truth).astype(float))
    labels[::10] = np.nan
    kept = trusted_rows(x, labels, 0.5)
    assert kept.sum() == 180 and not kept[labels.isna()].any()
    assert flipped[kept].mean() < 0.02 < flipped.mean()


def test_a_difference_has_the_interval_of_agresti_and_min():
    gold = pd.Series(["a"] * 100)
    model = pd.Series(["a"] * 80 + ["b"] * 20)
    labels = pd.Series(["a"] * 60 + ["b"] * 20 + ["a"] * 5 + ["b"] * 15)
    result = beats_its_labels(gold, model, labels)
    gained, lost, n = 20.5, 5.5, 102
    middle = (gained - lost) / n
    half = 1.959964 * np.sqrt(gained + lost - (gained - lost) ** 2 / n) / n
    first = result.table.iloc[0]
    assert (first["lower"], first["upper"]) == pytest.approx((middle - half, middle + half), abs=1e-6)
    assert result.verdict == "better" and first["difference"] == pytest.approx(0.15)


def test_abstentions_are_wrong_on_all_rows_and_left_out_on_covered_ones():
    gold, model = pd.Series([1, 1, 0, None]), pd.Series([True, True, True, True])
    table = beats_its_labels(gold, model.astype(int), pd.Series([1, None, 0, 1])).table
    assert table["rows"].tolist() == [3, 2]
    assert table["labels"].tolist() == pytest.approx([2 / 3, 1.0])


def test_other_rows_and_no_gold_are_refused():
    with pytest.raises(DataError, match="same rows"):
        beats_its_labels(pd.Series([1]), pd.Series([1], index=[4]), pd.Series([1]))
    with pytest.raises(DataError, match="no gold"):
        beats_its_labels(pd.Series([None]), pd.Series([1]), pd.Series([1]))
    with pytest.raises(DataError, match="'a' is no number"):
        trusted_rows(pd.DataFrame({"a": ["x", "y"]}), pd.Series([1, 2]))
    with pytest.raises(DataError, match="one label"):
        trusted_rows(np.zeros((3, 1)), pd.Series([1]))
