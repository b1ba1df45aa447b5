"""Bins, calibration error and Brier parts against their definitions and on simulated rows whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from mlsys.evaluation.judging import judge_for
from mlsys.evaluation.probabilities.bins import Bins, Told, equal_bins
from mlsys.evaluation.probabilities.by_slice import enough
from mlsys.evaluation.probabilities.error import brier_parts, calibration_error, calibration_interval
from mlsys.summaries.wilson import wilson

WRONG = {"right": 1.0, "slightly": 1.3, "badly": 3.0}
"""Factors by which the true log-odds exceed those that are told."""


def told_of(rng, rows: int, factor: float = 1.0, mean: float = 0.0, weight=None, group=None) -> Told:
    odds = rng.normal(size=rows) + mean
    true = rng.random(rows) < 1 / (1 + np.exp(-factor * odds))
    return Told(1 / (1 + np.exp(-odds)), true, np.ones(rows) if weight is None else weight, group, "event")


def true_error(factor: float, mean: float = 0.0) -> float:
    odds = np.sort(np.random.default_rng(9).normal(size=100_000)) + mean
    told, happens = 1 / (1 + np.exp(-odds)), 1 / (1 + np.exp(-factor * odds))
    return float(np.abs(told.reshape(10, -1).mean(axis=1) - happens.reshape(10, -1).mean(axis=1)).mean())


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=80))
def test_bins_hold_all_rows_and_never_part_equal_probabilities(rows):
    share, true = (np.array(each) for each in zip(*rows, strict=True))
    bins = Bins.of(Told(share, true, np.ones(len(share)), None, ""))
    assert bins.rows.sum() == len(share) and bins.weight.sum() == pytest.approx(1)
    assert len(bins) <= len(np.unique(share)) and (np.diff(bins.told) > 0).all()
    assert bins.weight @ bins.told == pytest.approx(share.mean())
    assert bins.weight @ bins.happened == pytest.approx(true.mean())


def test_intervals_of_bins_are_wilsons():
    bins = Bins.of(told_of(np.random.default_rng(0), 500))
    lower, upper = bins.ends(0.95)
    assert (lower[3], upper[3]) == pytest.approx(wilson(bins.happened[3] * 50, 50))


@given(st.integers(0, 1_000), st.integers(30, 400))
def test_the_parts_of_the_brier_score_add_up(seed, rows):
    told = told_of(np.random.default_rng(seed), rows, 2.0)
    parts = brier_parts(told, Bins.of(told))
    assert parts["brier"] == pytest.approx(brier_score_loss(told.true, told.share))
    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bins"]
    assert total == pytest.approx(parts["brier"])


def test_parts_are_those_of_murphy_where_rows_are_many_and_bins_are_exact():
    rng = np.random.default_rng(0)
    share = rng.choice([0.1, 0.5, 0.8], 300_000)
    happens = np.select([share == 0.1, share == 0.5], [0.2, 0.5], 0.6)
    told = Told(share, rng.random(300_000) < happens, np.ones(300_000), None, "")
    parts = brier_parts(told, Bins.of(told))
    assert parts["reliability"] == pytest.approx((0.1**2 + 0 + 0.2**2) / 3, abs=1e-3)
    mean = (0.2 + 0.5 + 0.6) / 3
    assert parts["resolution"] == pytest.approx(np.mean([(each - mean) ** 2 for each in (0.2, 0.5, 0.6)]), abs=1e-3)
    assert parts["uncertainty"] == pytest.approx(mean * (1 - mean), abs=1e-3)
    assert parts["within_bins"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("wrong", WRONG)
def test_chance_is_taken_out_of_the_error(wrong):
    rng, truth = np.random.default_rng(1), true_error(WRONG[wrong])
    bins = [Bins.of(told_of(rng, 400, WRONG[wrong])) for _ in range(100)]
    plain = np.mean([each.weight @ np.abs(each.gap) for each in bins])
    mean = np.mean([calibration_error(each) for each in bins])
    assert abs(mean - truth) < 0.02
    assert abs(mean - truth) < 0.4 * (plain - truth) + 0.004


def test_reliability_without_bias_is_0_on_average_where_probabilities_are_right():
    rng = np.random.default_rng(2)
    found = [brier_parts(told, Bins.of(told))["reliability"] for told in (told_of(rng, 200) for _ in range(150))]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(150)


@pytest.mark.parametrize("rows", [100, 400, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("mean", [0.0, -2.0])
@pytest.mark.parametrize("wrong", WRONG)
def test_the_interval_holds_the_error_at_least_as_often_as_it_says(wrong, mean, rows):
    rng, truth, times = np.random.default_rng(3), true_error(WRONG[wrong], mean), 60
    ends = [calibration_interval(Bins.of(told_of(rng, rows, WRONG[wrong], mean)), 0.95) for _ in range(times)]
    held = np.mean([lower <= truth + 1e-3 and truth - 1e-3 <= upper for lower, upper in ends])
    assert held >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / times)
    if wrong == "badly" and rows >= 400:
        assert np.mean([lower > 0 for lower, _ in ends]) > 0.9, "what is far off is found"


def test_weights_and_groups_make_rows_worth_less():
    rng = np.random.default_rng(4)
    base = told_of(rng, 300)
    weighed = Told(base.share, base.true, np.arange(300) % 5 + 0.1, None, "")
    assert (Bins.of(weighed).worth < Bins.of(base).worth).all()
    copied = Told(*(np.repeat(each, 4) for each in (base.share, base.true, base.weight, np.arange(300))), "")
    bins = Bins.of(copied)
    assert bins.worth == pytest.approx(Bins.of(base).worth, rel=0.2) and (bins.rows > 3 * bins.worth).all()


def test_it_is_a_metric_of_classes_with_an_interval_of_its_own():
    rng = np.random.default_rng(5)
    told = told_of(rng, 500, 3.0)
    scored = pd.DataFrame(
        {"y": told.true, "prediction": told.share > 0.5, "probability_False": 1 - told.share,
         "probability_True": told.share}
    )  # fmt: skip
    row = judge_for(scored, ["ece"], 0.95).scores(scored, "")[0]
    assert row["value"] == calibration_error(Bins.of(told))
    assert (row["lower"], row["upper"]) == calibration_interval(Bins.of(told), 0.95)
    few = judge_for(scored, ["ece"], 0.95).scores(scored[~told.true].head(50), "")[0]
    assert few["verdict"] == "not enough data" and np.isnan(few["lower"])


def test_of_many_classes_the_predicted_one_is_judged():
    rng = np.random.default_rng(6)
    shares = rng.dirichlet(np.ones(4), 2_000)
    y = (shares.cumsum(axis=1) < rng.random((2_000, 1))).sum(axis=1)
    scored = pd.DataFrame(shares, columns=[f"probability_{name}" for name in range(4)])
    scored = scored.assign(y=y, prediction=shares.argmax(axis=1))
    assert judge_for(scored, ["ece"], 0.95).values(scored, "")["ece"] < 0.025
    sharp = (shares**3) / (shares**3).sum(axis=1, keepdims=True)
    scored[[f"probability_{name}" for name in range(4)]] = sharp
    expected = sharp.max(axis=1).mean() - (y == sharp.argmax(axis=1)).mean()
    assert judge_for(scored, ["ece"], 0.95).values(scored, "")["ece"] == pytest.approx(expected, abs=0.01)


def test_few_rows_of_either_outcome_are_not_enough():
    told = told_of(np.random.default_rng(7), 300)
    assert enough(told) and not enough(told.taken(np.flatnonzero(told.true)))
    grouped = Told(told.share, told.true, told.weight, np.arange(300) % 4, "")
    assert not enough(grouped)


@given(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), max_size=80), st.integers(1, 12))
def test_bins_are_those_of_sorted_rows(shares: list[float], most: int) -> None:
    share = np.array(shares)
    ordered = np.sort(share)
    wanted = np.linspace(0, len(share), min(most, max(1, len(share) // 10)) + 1).round().astype(int)[1:-1]
    begins = np.unique(np.searchsorted(ordered, ordered[wanted]))
    expected = [int((begins[begins > 0] <= np.searchsorted(ordered, each)).sum()) for each in shares]
    assert equal_bins(share, most).tolist() == expected
