"""Rows that are odd in some way are checked, or refused by name; never a crash, never a silent no."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsys import Monitor
from mlsys.errors import DataError, StateError

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame({"x": RNG.normal(size=600), "c": RNG.choice(list("ab"), 600)})
WHEN = pd.date_range("2024-01-01", periods=600, freq="h")


@pytest.mark.parametrize(
    "odd",
    [
        ROWS.assign(x=np.nan),
        ROWS.assign(x=1.0),
        ROWS.assign(c="a"),
        ROWS.assign(c=None),
        ROWS.assign(x=np.inf),
        ROWS.head(1),
        ROWS.head(20),
        ROWS.head(3).assign(x=None, c=None),
    ],
    ids=["null numbers", "a constant", "one category", "null levels", "infinite", "one row", "twenty rows", "nothing"],
)
def test_either_side_may_be_odd(odd: pd.DataFrame) -> None:
    for reference, today in ((ROWS, odd), (odd, ROWS), (odd, odd)):
        check = Monitor.fit(reference).check(today)
        p = check.tables["signals"]["p"]
        assert p.between(0, 1).all() and check.verdict.partition(":")[0] in {"alarm", "no alarm"}
    assert Monitor.fit(odd).check(odd).verdict == "no alarm"
    if len(odd) == len(ROWS):
        assert Monitor.fit(ROWS).check(odd).verdict.startswith("alarm")


def test_another_type_with_the_same_values_is_said_and_no_alarm() -> None:
    check = Monitor.fit(ROWS).check(ROWS.assign(x=ROWS["x"].astype(str)))
    schema = check.layers.set_index("layer").loc["schema"]
    assert schema["verdict"] == "no alarm" and schema["said"] == "x holds text, number in the reference"
    assert check.verdict == "no alarm"
    with pytest.raises(DataError, match="held numbers in the reference and holds"):
        Monitor.fit(ROWS).check(ROWS.assign(x="much"))


def test_times_may_be_unsorted_and_a_clock_that_went_back_is_said() -> None:
    reference = ROWS.assign(when=WHEN)
    monitor = Monitor.fit(reference.sample(frac=1, random_state=0), time="when", window="1D")
    later = ROWS.assign(when=WHEN + pd.Timedelta(days=25)).head(96)
    one = monitor.check(later)
    two = monitor.check(later.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.table, two.table)
    back = monitor.check(later.assign(when=later["when"] - pd.Timedelta(days=3)))
    assert "these rows end before those of the last check" in back.summary and "end before" not in two.summary
    assert monitor.check(later.assign(when=pd.NaT)).verdict == "no alarm"


def test_a_monitor_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    from mlsys.states.on_disk import with_digest

    place = Monitor.fit(ROWS).save(tmp_path / "kept")
    about = json.loads((place / "monitor.json").read_text())
    del about["digest"]
    (place / "monitor.json").write_text(json.dumps(with_digest({**about, "format": 1})))
    with pytest.raises(StateError, match="has layout 1, this version reads 3"):
        Monitor.load(place)


def test_the_monitor_of_a_wide_table_takes_little_room(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    numbers = {f"n{place}": rng.lognormal(size=30_000) for place in range(14)}
    levels = {
        f"c{place}": rng.choice([f"level {i}" for i in range(10 ** (1 + place % 3))], 30_000) for place in range(6)
    }
    place = Monitor.fit(pd.DataFrame({**numbers, **levels})).save(tmp_path / "kept")
    assert sum(each.stat().st_size for each in place.rglob("*") if each.is_file()) < 150_000


def scored(rows: int = 400) -> pd.DataFrame:
    p = RNG.random(rows)
    return pd.DataFrame({"id": range(rows), "p": p, "y": (RNG.random(rows) < p).astype(int)})


@pytest.mark.parametrize("odd", [-0.1, 1.2, np.inf])
def test_scores_outside_0_and_1_are_refused_with_their_row(odd: float) -> None:
    rows = scored()
    wrong = rows.assign(p=rows["p"].where(rows["id"] != 7, odd))
    with pytest.raises(DataError, match=r"in row 7, outside \[0, 1\]"):
        Monitor.fit(wrong, prediction="p", target="y", id="id")
    monitor = Monitor.fit(rows, prediction="p", target="y", id="id")
    with pytest.raises(DataError, match=r"in row 7, outside \[0, 1\]"):
        monitor.check(wrong)
    assert [each["verdict"] for each in monitor.history] == ["broken"]


def test_labels_of_unknown_ids_are_left_out_and_those_of_others_count() -> None:
    monitor, today = Monitor.fit(scored(), prediction="p", target="y", id="id"), scored(100)
    labels = pd.concat([today.set_index("id")["y"].head(60), pd.Series([1, 0], [5_000, 5_001])])
    check = monitor.check(today.drop(columns="y"), labels=labels)
    assert "(60 rows)" in check.layers.set_index("layer").loc["labels", "said"]
    with pytest.raises(DataError, match="is of a row that is checked"):
        monitor.check(today, labels=pd.Series([1, 0], [5_000, 5_001]))


def test_no_rows_are_a_broken_feed_and_an_empty_period_is_none() -> None:
    monitor = Monitor.fit(ROWS.assign(when=WHEN), time="when", window="1D")
    with pytest.raises(DataError, match="got 0 rows") as told:
        monitor.check(ROWS.assign(when=WHEN).head(0))
    assert told.value.remedy == "give a DataFrame with rows"
    assert (monitor.history.last["verdict"], monitor.history.last["level"]) == ("broken", "ticket")
    days = [WHEN + pd.Timedelta(days=25), WHEN + pd.Timedelta(days=60)]
    today = pd.concat([ROWS.head(48).assign(when=days[0][:48]), ROWS.head(48).assign(when=days[1][:48])])
    assert monitor.check(today.reset_index(drop=True)).verdict == "no alarm"


def test_windows_of_the_reference_may_be_empty() -> None:
    gap = WHEN.where(WHEN < WHEN[300], WHEN + pd.Timedelta(days=40))
    rows = ROWS.assign(when=gap)
    monitor = Monitor.fit(rows, time="when", window="1D")
    later = ROWS.tail(48).assign(when=gap[-48:] + pd.Timedelta(days=3))
    assert monitor.check(later).verdict == "no alarm"
    moved = monitor.check(later.assign(x=later["x"] + 9))
    assert moved.facts["alarms"] == ("x",)


def test_a_reference_of_20_rows_watches_predictions_and_labels() -> None:
    monitor = Monitor.fit(scored(20), prediction="p", target="y", id="id")
    assert monitor.check(scored(20)).verdict == "no alarm"
    wrong = scored(200).assign(y=lambda rows: (rows["p"] < 0.5).astype(int))
    assert monitor.check(wrong).verdict == "page: error rate"
    with pytest.raises(DataError, match="fewer than 20"):
        Monitor.fit(scored(19), prediction="p", target="y", id="id")
