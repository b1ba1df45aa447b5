"""LossDetector: its guarantee, its delay, and what odd losses do to it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from mlsys import LossDetector
from mlsys.drift.streams.bets import STAKES, spread_starts
from mlsys.drift.streams.losses import upper_mean
from mlsys.errors import ConfigurationError, DataError, StateError


def detector(**settings: float) -> LossDetector:
    return LossDetector(**{"target": 0.2, "tolerance": 0.02, "mean_time_between_false_alarms": 10_000, **settings})


def errors(rate: float, rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(rows) < rate


def test_the_evidence_is_that_of_a_plain_loop() -> None:
    losses, capital = errors(0.3, 200), np.zeros(len(STAKES))
    for loss in losses:
        capital = (capital + 1) * (1 + STAKES * (loss / 0.22 - 1))
    found = detector(mean_time_between_false_alarms=1e9)
    assert not found.update(losses)
    assert found.evidence == pytest.approx(capital.mean(), rel=1e-9)


def test_losses_one_by_one_and_all_at_once_are_the_same() -> None:
    losses = np.concatenate([errors(0.2, 300), errors(0.5, 200)]) * 1.0
    losses[[5, 310]] = np.nan
    one, all_at_once = detector(), detector()
    assert [alarm for loss in losses for alarm in one.update(loss)] == all_at_once.update(losses)
    assert one.alarms > 1
    assert one.evidence == pytest.approx(all_at_once.evidence)


def test_the_mean_time_between_false_alarms_is_kept_at_the_edge_of_what_is_tolerated() -> None:
    found = detector(mean_time_between_false_alarms=500)
    found.update(errors(0.22, 50_000))
    assert 0 < found.alarms <= 50_000 / 500 * 1.1


def test_few_ever_alarm_with_a_probability_of_false_alarms() -> None:
    watched = [detector(false_alarm=0.05, mean_time_between_false_alarms=None) for _ in range(50)]
    for seed, each in enumerate(watched):
        each.update(errors(0.22, 3_000, seed))
    assert sum(each.alarmed for each in watched) <= 6  # more have a probability of 1 % at a rate of 5 %


def test_what_enters_with_each_loss_is_one_in_all() -> None:
    entered = np.exp(spread_starts(1, 100_000)).sum()
    assert entered == pytest.approx(1 - 1 / np.log2(100_002))


def test_heavy_losses_without_a_bound_keep_the_guarantee() -> None:
    losses = np.random.default_rng(0).pareto(2.2, 100_000)  # of infinite third moment, with a mean of 1 / 1.2
    found = LossDetector(target=1 / 1.2, mean_time_between_false_alarms=1_000)
    found.update(losses)
    assert found.alarms <= 100


def test_a_rise_is_found_and_its_beginning_told() -> None:
    first = []
    for seed in range(20):
        found = detector(mean_time_between_false_alarms=100_000)
        assert found.update(errors(0.2, 1_000, seed)) == []
        first += found.update(errors(0.4, 500, 100 + seed))[:1]
    assert all(1_000 < alarm.at < 1_300 for alarm in first)
    assert abs(np.median([alarm.since for alarm in first]) - 1_000) < 20
    assert np.median([alarm.loss for alarm in first]) == pytest.approx(0.4, abs=0.05)


def test_an_enormous_loss_is_an_alarm_and_nothing_overflows() -> None:
    found = detector(false_alarm=0.05, mean_time_between_false_alarms=None)
    assert found.update([0, 1e308, 1, *[1] * 5_000])[0].at == 2
    assert np.isfinite(found.evidence)


def test_a_single_loss_may_be_the_whole_change() -> None:
    found = LossDetector(target=1.0, mean_time_between_false_alarms=1.01)
    alarm = found.update([5.0])[0]
    assert (alarm.at, alarm.since, alarm.loss) == (1, 1, 5.0)


def test_losses_that_fall_are_no_alarm() -> None:
    assert detector().update(errors(0.05, 5_000)) == []


def test_losses_below_zero_need_to_be_announced() -> None:
    losses = np.random.default_rng(0).normal(-0.5, 0.2, 2_000).clip(-1)
    with pytest.raises(DataError, match="below 0"):
        detector().update(losses)
    found = LossDetector(target=-0.48, least=-1, mean_time_between_false_alarms=10_000)
    assert found.update(losses) == []
    alarm = found.update(losses + 0.3)[0]
    assert alarm.at < 2_100
    assert alarm.loss == pytest.approx(-0.2, abs=0.1)


def test_missing_losses_are_counted_and_change_nothing() -> None:
    one, other = detector(), detector()
    one.update(pd.Series([1, None, 0, 1], dtype="Int64"))
    one.update([np.nan, np.inf])
    other.update([True, False, True])
    assert (one.seen, one.missing, one.evidence) == (6, 3, other.evidence)
    assert "3 losses were null or infinite" in repr(one)


@pytest.mark.parametrize("losses", [[], pd.Series([], dtype=float)])
def test_no_losses_are_no_news(losses: object) -> None:
    assert detector().update(losses) == []


@pytest.mark.parametrize(
    ("losses", "said"),
    [(["high", "low"], "not numbers"), (np.ones((2, 2)), "shape"), (pd.DataFrame({"a": [1]}), "shape")],
)
def test_what_is_no_list_of_numbers_is_refused_and_none_is_taken(losses: object, said: str) -> None:
    found = detector()
    with pytest.raises(DataError, match=said):
        found.update(losses)
    assert found.seen == 0


def test_the_target_is_learned_with_its_uncertainty() -> None:
    found = LossDetector.fit(errors(0.2, 1_000), tolerance=0.02, mean_time_between_false_alarms=10_000)
    assert 0.2 < found.target < 0.26
    with pytest.raises(DataError, match="too few"):
        LossDetector.fit([0.1] * 20, false_alarm=0.05)
    with pytest.raises(ConfigurationError, match="every greater loss"):
        LossDetector.fit(np.full(50, 0.25), false_alarm=0.05, least=0.25)


@pytest.mark.parametrize("rate", [0.0, 0.002, 0.01, 0.999, 1.0])
def test_few_errors_have_an_exact_bound(rate: float) -> None:
    rng = np.random.default_rng(3)
    bounds = np.array([upper_mean((rng.random(1_000) < rate).astype(float), 0.99) for _ in range(300)])
    assert (bounds < rate).mean() <= 0.03 and np.median(bounds) < rate + 0.02
    ones = int(1_000 * rate)
    by_hand = beta.ppf(0.99, ones + 1, 1_000 - ones) if ones < 1_000 else 1.0
    assert upper_mean(np.r_[np.ones(ones), np.zeros(1_000 - ones)], 0.99) == pytest.approx(by_hand)


def test_a_model_without_an_error_so_far_is_watched() -> None:
    found = LossDetector.fit(np.zeros(1_000), mean_time_between_false_alarms=50_000)
    assert found.update(errors(0.004, 2_000)) == [] and len(found.update(errors(0.2, 500))) > 0


def test_after_the_one_alarm_of_a_probability_it_waits() -> None:
    found = detector(false_alarm=0.05, mean_time_between_false_alarms=None)
    assert len(found.update(errors(0.6, 1_000))) == 1
    assert found.alarmed
    found.restart()
    assert not found.alarmed
    assert found.update(errors(0.6, 1_000))[0].at > 1_000


def test_a_saved_detector_goes_on_as_if_nothing_had_happened(tmp_path) -> None:  # noqa: ANN001
    losses = np.concatenate([errors(0.2, 500), errors(0.4, 500)])
    one, file = detector(mean_time_between_false_alarms=np.int64(10_000)), tmp_path / "detector.json"
    first = one.update(losses[:450])
    assert one.save(file) == file
    other = LossDetector.load(file)
    assert repr(other) == repr(one)
    assert other.update(losses[450:]) == one.update(losses[450:])
    assert not first
    assert other.last_alarm == one.last_alarm
    assert len(file.read_text()) < 2_000


def test_a_changed_file_is_refused(tmp_path) -> None:  # noqa: ANN001
    file = detector().save(tmp_path / "detector.json")
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "settings": {**content["settings"], "target": 0.9}}))
    with pytest.raises(StateError, match="was changed"):
        LossDetector.load(file)
    with pytest.raises(StateError, match="is missing"):
        LossDetector.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"target": "a"}, "target='a'"),
        ({"target": float("nan")}, "target=nan"),
        ({"tolerance": -0.1}, "negative"),
        ({"target": 0, "tolerance": 0}, "every greater loss"),
        ({"mean_time_between_false_alarms": 1}, "not above 1"),
        ({"mean_time_between_false_alarms": None}, "give one of"),
        ({"false_alarm": 0.05}, "give one of"),
        ({"mean_time_between_false_alarms": None, "false_alarm": 5}, "no probability"),
    ],
)
def test_settings_without_sense_are_refused(settings: dict, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        detector(**settings)
