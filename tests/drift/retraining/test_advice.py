"""A model is retrained when what it has cost beyond a fresh one exceeds the price."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Monitor, RetrainPolicy
from mlsys.errors import ConfigurationError, DataError

POLICY = RetrainPolicy(cost_retrain=200, cost_per_error=3)


def history(loss: list[float | None], **columns: Any) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=len(loss), freq="7D")
    return pd.DataFrame({"time": days, "rows": 1_000, "loss": pd.Series(loss, dtype=float), **columns})


def test_the_saving_is_the_excess_over_as_long_again_less_the_price() -> None:
    advice = POLICY.advise(history([0.10, 0.12, 0.14, 0.16], fresh=[0.10, 0.11, 0.11, 0.12]))
    assert advice.saving == pytest.approx(3 * 1_000 * (0.01 + 0.03 + 0.04) - 200)
    assert advice.lower < advice.saving < advice.upper
    assert advice.horizon == 4
    assert advice.deed == "retrain"
    assert bool(advice)


def test_a_horizon_scales_the_saving() -> None:
    advice = RetrainPolicy(200, 3, horizon=8).advise(history([0.10, 0.12, 0.14, 0.16], fresh=[0.10, 0.11, 0.11, 0.12]))
    assert advice.saving == pytest.approx(2 * 240 - 200)


def test_a_task_that_became_harder_is_no_reason_to_retrain() -> None:
    harder = [0.10, 0.12, 0.20, 0.30]
    advice = POLICY.advise(history(harder, fresh=harder))
    assert (advice.deed, advice.saving) == ("wait", -200)
    blind = POLICY.advise(history(harder))
    assert "no fresh model was trained to prove it" in blind.why


def test_only_periods_since_the_last_training_count() -> None:
    loss = [0.1, 0.3, 0.3, 0.1, 0.1, 0.1]
    advice = POLICY.advise(history(loss, fresh=0.1, retrained=[False, False, False, True, False, False]))
    assert len(advice.table) == 3
    assert advice.deed == "wait"


def test_a_broken_schema_is_mended_and_not_learned() -> None:
    advice = POLICY.advise(history([0.1, 0.1, 0.1, 0.9], fresh=0.1, broken=[None, None, None, "'age' is text"]))
    assert advice.deed == "mend the data"
    assert "'age' is text" in advice.why
    assert np.isnan(advice.saving)


def test_broken_periods_are_no_evidence_once_mended() -> None:
    advice = POLICY.advise(history([0.1, 0.9, 0.1, 0.1], fresh=0.1, broken=[False, True, False, False]))
    assert advice.deed == "wait"
    assert len(advice.table) == 3


def test_what_only_unlabelled_periods_show_is_relabelled() -> None:
    late = history([0.10, 0.11, None, None], estimate=[None, None, 0.2, 0.21], estimate_lower=[None, None, 0.18, 0.19])
    advice = RetrainPolicy(5_000, 3, label_delay="14D").advise(late)
    assert advice.deed == "relabel"
    assert "label some of them" in advice.why


def test_periods_without_labels_count_as_estimated_or_as_the_others() -> None:
    known = history([0.10, 0.12, None, None], fresh=[0.10, 0.10, None, None])
    assert POLICY.advise(known).saving == pytest.approx(2 * 60 - 200)
    estimated = known.assign(estimate=[None, None, 0.15, 0.15])
    assert POLICY.advise(estimated.astype({"estimate": float})).saving == pytest.approx(60 + 300 - 200)


def test_without_any_labels_nothing_is_known() -> None:
    advice = POLICY.advise(history([None, None]))
    assert (advice.deed, np.isnan(advice.saving)) == ("wait", True)


def test_periods_out_of_order_are_sorted() -> None:
    given = history([0.10, 0.12, 0.14, 0.16], fresh=0.1)
    assert POLICY.advise(given.iloc[::-1]).saving == POLICY.advise(given).saving
    assert POLICY.advise(given.iloc[::-1]).table["time"].iloc[0] == "2024-01-01"


def test_an_interval_holds_the_saving_of_the_real_excess() -> None:
    rng, hits = np.random.default_rng(0), 0
    for _ in range(200):
        loss = 0.1 + 0.02 + rng.normal(0, 0.01, 12)
        advice = POLICY.advise(history(loss.tolist(), fresh=0.1))
        hits += advice.lower <= 3 * 1_000 * 12 * 0.02 - 200 <= advice.upper
    assert 0.86 <= hits / 200 <= 1.0


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame({"loss": [0.1]}), "lacks the column 'rows'"),
        (pd.DataFrame({"rows": [10], "loss": [-0.1]}), "'loss' of the history is -0.1 in row 0"),
        (pd.DataFrame({"rows": [None], "loss": [0.1]}, dtype=float), "rows of the period 0 is nan"),
        (pd.DataFrame({"rows": [10], "loss": ["bad"]}), "'loss' of the history holds text"),
        (pd.DataFrame({"rows": [], "loss": []}), "got 0 rows"),
    ],
)
def test_histories_that_cannot_be_read_are_named(frame: pd.DataFrame, says: str) -> None:
    with pytest.raises(DataError) as caught:
        POLICY.advise(frame)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"cost_retrain": -1, "cost_per_error": 1},
        {"cost_retrain": 1, "cost_per_error": float("nan")},
        {"cost_retrain": 1, "cost_per_error": 1, "label_delay": "soon"},
        {"cost_retrain": 1, "cost_per_error": 1, "label_delay": 14},
        {"cost_retrain": 1, "cost_per_error": 1, "label_delay": "-1D"},
        {"cost_retrain": 1, "cost_per_error": 1, "horizon": 0},
        {"cost_retrain": 1, "cost_per_error": 1, "level": 2},
    ],
)
def test_policies_without_a_meaning_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        RetrainPolicy(**arguments)


def test_few_periods_are_as_uncertain_as_their_errors() -> None:
    advice = POLICY.advise(history([0.2]))
    assert advice.upper - advice.saving == pytest.approx(1.96 * 3 * np.sqrt(1_000 * 0.2 * 0.8), rel=1e-3)
    known = POLICY.advise(history([0.2], spread=0.001))
    assert known.upper - known.saving == pytest.approx(1.96 * 3 * 1_000 * 0.001, rel=1e-3)


def test_periods_without_decisions_tell_nothing() -> None:
    assert POLICY.advise(history([0.1, None]).assign(rows=0)).deed == "wait"


def test_the_history_of_a_monitor_is_read_with_its_broken_days() -> None:
    monitor = Monitor.fit(pd.DataFrame({"age": np.arange(2_000) % 50}))
    monitor.check(pd.DataFrame({"age": np.arange(500) % 50}))
    assert POLICY.advise(monitor.history).deed == "wait"
