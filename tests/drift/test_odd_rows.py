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
