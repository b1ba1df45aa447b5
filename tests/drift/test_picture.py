"""The picture and the page of a comparison: each column against its own bar, both shapes beside it."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.patches import Rectangle

from mlsys.drift import Monitor
from mlsys.drift.monitor import Check
from mlsys.drift.result import SHAPES

RNG = np.random.default_rng(5)


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    mpl.use("agg")
    yield
    pyplot.close("all")


def rows(size: int, shift: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame({
        "moved": RNG.normal(shift, 1, size), "same": RNG.normal(size=size), "level": RNG.choice(["a", "b", "c"], size),
    })  # fmt: skip


@pytest.fixture(scope="module")
def check() -> Check:
    return Monitor.fit(rows(3000)).check(rows(1000, 2.0))


def test_each_column_is_drawn_against_the_least_effect_where_no_season_is_known(check: Check) -> None:
    axes = check.plot()
    widths = [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]
    bars = dict(zip([label.get_text() for label in axes.get_yticklabels()], widths, strict=True))
    effects = dict(zip(check.table["column"], check.table["effect"], strict=True))
    assert bars == pytest.approx(effects)
    assert [line.get_xdata()[0] for line in axes.lines] == pytest.approx([0.1] * 3)
    assert any(text.get_text().startswith("alarm: mean") for text in axes.texts)


def test_with_times_what_moved_is_held_against_the_season(check: Check) -> None:
    at = pd.date_range("2022-01-01", periods=3000, freq="8h")
    season = np.sin(2 * np.pi * np.arange(3000) / 1096)
    frame = pd.DataFrame({"at": at, "x": season + RNG.normal(0, 0.2, 3000), "y": RNG.normal(size=3000)})
    monitor = Monitor.fit(frame[:2700], time="at", window="50D")
    found = monitor.check(frame[2700:].assign(y=lambda each: each["y"] + 3))
    judged = found.judged().set_index("column")
    table = found.table.set_index("column")
    assert (judged["bar"] >= 0.1).all()
    assert judged.loc["y", "moved"] == table.loc["y", "moved"] > judged.loc["y", "bar"]
    assert judged.loc["y", "verdict"] == "alarm"
    alarms = judged["verdict"] == "alarm"
    assert (judged.loc[alarms, "moved"] > judged.loc[alarms, "bar"]).all()


def test_shapes_are_histograms_of_both_sides() -> None:
    before, after = rows(5000), rows(4000, 0.7)
    shapes = Monitor.fit(before).check(after).tables[SHAPES]
    mine = shapes[shapes["column"] == "moved"]
    edges = [float(bar.split(" to ")[0]) for bar in mine["bar"]]
    for side, frame in (("before", before), ("after", after)):
        counted = np.histogram(frame["moved"], [-np.inf, *edges[1:], np.inf])[0] / len(frame)
        assert mine[side].to_numpy() == pytest.approx(counted, abs=2 / 64)
    levels = shapes[shapes["column"] == "level"].set_index("bar")
    shares = after["level"].value_counts(normalize=True)
    assert levels["after"].reindex(shares.index).to_numpy() == pytest.approx(shares.to_numpy())


@given(st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=2, max_size=40), st.data())
def test_shapes_are_shares_that_add_up(values: list[float | None], data: st.DataObject) -> None:
    before = pd.DataFrame({"x": pd.Series(values, dtype=float)})
    after = before.sample(frac=0.5, random_state=0) + data.draw(st.sampled_from([0.0, 1e7, -3.0]))
    if before["x"].isna().all():
        return
    shapes = Monitor.fit(before).check(after).tables[SHAPES]
    assert (shapes[["before", "after"]] >= 0).all(axis=None)
    assert shapes["before"].sum() == pytest.approx(1)
    assert shapes["after"].sum() == pytest.approx(1 if after["x"].notna().any() else 0)


def test_the_page_shows_both_shapes_and_a_monitor_shows_what_it_watches(check: Check) -> None:
    page = check._repr_html_()
    assert page.count("<svg") == 3
    assert "outline: before" in page
    assert "✕ alarm" in repr(check)
    monitor = Monitor.fit(rows(100), prediction="same")
    assert repr(monitor).splitlines()[0] == "Monitor of 3 columns: 100 rows counted, none stored"
    assert monitor._repr_html_().count("<svg") == 3
