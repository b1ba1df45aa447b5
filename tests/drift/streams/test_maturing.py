"""MaturingLosses: late labels, in any order, give losses in the order of the rows."""

from __future__ import annotations

import pandas as pd
import pytest

from mlsys import MaturingLosses
from mlsys.errors import ConfigurationError, DataError, StateError


def waiting(loss: str = "error", delay: str = "10D") -> MaturingLosses:
    return MaturingLosses(delay, id="id", time="time", prediction="p", target="y", loss=loss)


def rows(ids: list, days: list, predictions: list) -> pd.DataFrame:
    return pd.DataFrame({"id": ids, "time": pd.to_datetime(days), "p": predictions})


def labels(ids: list, values: list) -> pd.DataFrame:
    return pd.DataFrame({"id": ids, "y": values})


def test_labels_out_of_order_give_losses_in_the_order_of_the_rows() -> None:
    held = waiting()
    held.predicted(rows(["b", "a", "c"], ["2026-01-02", "2026-01-01", "2026-01-09"], [1, 0, 1]))
    held.labelled(labels(["c", "a"], [1, 1]))
    held.labelled(labels(["b"], [True]))
    assert held.mature("2026-01-12").to_dict() == {"a": 1.0, "b": 0.0}
    assert list(held.mature("2026-01-19")) == [0.0]
    assert held.waiting == 0


def test_an_early_label_waits_for_its_row_to_be_old_enough() -> None:
    held = waiting()
    held.predicted(rows([1], ["2026-01-01"], [1]))
    held.labelled(labels([1], [0]))
    assert held.mature("2026-01-10").empty
    assert held.mature("2026-01-11").tolist() == [1.0]


def test_what_is_odd_is_counted_and_said() -> None:
    held = waiting()
    held.predicted(rows([1, 2, None], ["2026-01-01", "2026-01-05", "2026-01-05"], [1, 1, 1]))
    held.predicted(rows([1, 3, 4], ["2026-01-02", None, "2026-01-05"], [0, 1, float("inf")]))
    held.labelled(labels([9, 2, 2, 1], [1, 0, 1, None]))
    held.mature("2026-01-12")
    held.mature("2026-01-02")
    held.predicted(rows([7], ["2026-01-01"], [1]))
    held.labelled(labels([1], [1]))
    assert held.counted == {
        "without_id_or_time": 3, "repeated": 1, "unknown": 2, "corrected": 1, "unlabelled": 1, "clock_back": 1,
        "too_old": 1,
    }  # fmt: skip
    assert "matured without a label" in repr(held)


@pytest.mark.parametrize(("loss", "expected"), [("absolute", 0.75), ("squared", 0.5625), ("error", 1.0)])
def test_losses_of_numbers(loss: str, expected: float) -> None:
    held = waiting(loss)
    held.predicted(rows([1], ["2026-01-01"], [0.25]))
    held.labelled(labels([1], [1]))
    assert held.mature("2026-02-01").tolist() == [expected]


def test_what_was_saved_goes_on(tmp_path) -> None:  # noqa: ANN001
    held = waiting()
    held.predicted(rows([1, "b"], ["2026-01-01", "2026-01-02"], ["yes", "no"]))
    held.labelled(labels([1, 5], ["yes", "no"]))
    again = MaturingLosses.load(held.save(tmp_path / "waiting.json"))
    assert repr(again) == repr(held)
    again.labelled(labels(["b"], ["yes"]))
    assert again.mature("2026-03-01").to_dict() == {1: 0.0, "b": 1.0}
    with pytest.raises(StateError, match="is missing"):
        MaturingLosses.load(tmp_path / "other.json")


def test_a_night_without_rows_is_no_error() -> None:
    held = waiting()
    held.predicted(rows([], [], []))
    held.labelled(labels([], []))
    assert held.mature("2026-02-01").empty
    assert held.counted == {}


def test_times_with_and_without_zone_are_not_mixed() -> None:
    held = waiting()
    held.predicted(rows([1], ["2026-01-01"], [1]))
    with pytest.raises(DataError, match="time zone"):
        held.mature(pd.Timestamp("2026-02-01", tz="UTC"))


@pytest.mark.parametrize("now", ["soon", None, pd.NaT])
def test_a_present_that_is_no_time_is_refused(now: object) -> None:
    with pytest.raises(DataError, match="not a time"):
        waiting().mature(now)


def test_rows_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(DataError):
        waiting().predicted([1, 2])
    with pytest.raises(DataError, match="there is no column 'time'"):
        waiting().predicted(labels([1], [1]))
    with pytest.raises(DataError, match="not timestamps"):
        waiting().predicted(pd.DataFrame({"id": [1], "time": ["soon"], "p": [1]}))
    with pytest.raises(DataError, match="numbers or texts"):
        waiting().predicted(rows([pd.Timestamp("2026-01-01")], ["2026-01-01"], [1]))
    held = waiting("absolute")
    held.predicted(rows([1], ["2026-01-01"], ["yes"]))
    held.labelled(labels([1], ["no"]))
    with pytest.raises(DataError, match="not numbers"):
        held.mature("2026-02-01")


@pytest.mark.parametrize(("delay", "loss"), [("soon", "error"), (14, "error"), ("-1D", "error"), ("1D", "log")])
def test_settings_without_sense_are_refused(delay: object, loss: str) -> None:
    with pytest.raises(ConfigurationError):
        waiting(loss, delay)
