"""What is seen: mass beyond the range, a constant that moves, a frequent value that became another one, nulls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlsys import DetectDrift, Monitor, Pipeline, PredefinedSplit
from mlsys.drift.cuts import PROBABILITIES, bins_between
from mlsys.drift.reading import NUMBER

Draw = Callable[[np.random.Generator, int], pd.Series]


def verdict(reference: pd.Series, now: pd.Series) -> str:
    return Monitor.fit(pd.DataFrame({"x": reference})).check(pd.DataFrame({"x": now})).verdict


def spending(rng: np.random.Generator, rows: int) -> pd.Series:
    return pd.Series(np.where(rng.random(rows) < 0.8, 0.0, rng.gamma(2.0, 3.0, rows)))


NUMBERS: dict[str, Draw] = {
    "normal": lambda rng, rows: pd.Series(rng.normal(size=rows)),
    "lognormal": lambda rng, rows: pd.Series(rng.lognormal(0, 1, rows)),
    "zeros and amounts": spending,
    "amounts below zero": lambda rng, rows: -spending(rng, rows),
    "yes or no": lambda rng, rows: pd.Series(rng.integers(0, 2, rows)),
    "a few whole numbers": lambda rng, rows: pd.Series(rng.choice([1, 2, 3, 7], rows, p=[0.2, 0.5, 0.2, 0.1])),
    "counts": lambda rng, rows: pd.Series(rng.poisson(2, rows)),
    "nullable": lambda rng, rows: pd.Series(rng.integers(0, 3, rows), dtype="Int64").mask(rng.random(rows) < 0.1),
    "a constant": lambda rng, rows: pd.Series(np.full(rows, 5.0)),
    "a whole constant": lambda rng, rows: pd.Series(np.zeros(rows, dtype=int)),
    "a constant and nulls": lambda rng, rows: pd.Series(np.where(rng.random(rows) < 0.2, np.nan, 5.0)),
}


def replaced(column: pd.Series, value: object, by: object) -> pd.Series:
    return column.astype(object).where(column != value, by).infer_objects()


@pytest.mark.quick(every=5)
@pytest.mark.parametrize("rows", [300, 2_000])
@pytest.mark.parametrize("far", [-999.0, 999.0, -1e12])
@pytest.mark.parametrize("kind", NUMBERS)
def test_a_tenth_of_the_rows_beyond_the_range_alarms_in_both_directions(kind: str, far: float, rows: int) -> None:
    rng = np.random.default_rng(rows)
    reference, now = NUMBERS[kind](rng, rows).astype("float64"), NUMBERS[kind](rng, rows).astype("float64")
    moved = now.where(rng.random(rows) > 0.15, far)
    assert verdict(reference, moved) == verdict(moved, reference) == "alarm: x"
    assert verdict(reference, now) == verdict(now, reference) == "no alarm"


@pytest.mark.quick(every=4)
@pytest.mark.parametrize("which", ["lowest", "highest", "most frequent"])
@pytest.mark.parametrize("kind", sorted(set(NUMBERS) - {"normal", "lognormal"}))
def test_a_frequent_value_that_became_another_alarms_in_both_directions(kind: str, which: str) -> None:
    rng = np.random.default_rng(1)
    reference, now = (NUMBERS[kind](rng, 2_000) for _ in range(2))
    value = {"lowest": now.min(), "highest": now.max(), "most frequent": now.mode().iloc[0]}[which]
    if (now == value).mean() < 0.15:
        return  # a rare value may become another
    for by in (value - 1, value + 1, value - 0.25, value + 0.25, value - 999, value + 999):
        if np.isin(by, now.dropna().unique()).any() and (now == by).mean() > (now == value).mean() * 2:
            continue
        moved = replaced(now, value, by)
        assert verdict(reference, moved) == verdict(moved, reference) == "alarm: x", by


def test_half_a_percent_far_away_is_seen_that_hardly_moves_the_distribution(rng: np.random.Generator) -> None:
    reference, now = pd.Series(rng.normal(size=2_000)), pd.Series(rng.normal(size=2_000))
    for values in ([-999.0], [999.0], [-999.0, 999.0]):  # of which the last leave the mean where it is
        assert verdict(reference, now.where(np.arange(2_000) >= 20, np.resize(values, 2_000))) == "alarm: x"


def test_a_constant_that_became_anything_alarms_and_one_that_stayed_does_not(rng: np.random.Generator) -> None:
    for constant in (0, 0.0, -3.5, 1e15, True, "a", pd.Timestamp("2024-01-01"), pd.Timedelta("1h")):
        reference = pd.Series([constant] * 500)
        assert verdict(reference, reference.head(100)) == "no alarm"
    zeros = pd.Series(np.zeros(1_000))
    for now in (zeros + 999, zeros - 999, pd.Series(rng.normal(size=1_000)), zeros + 1e-6):
        assert verdict(zeros, now) == verdict(now, zeros) == "alarm: x"


def test_rounding_is_no_move() -> None:
    thirds = pd.Series(np.full(1_000, 0.1 + 0.2))
    assert verdict(thirds, pd.Series(np.full(1_000, 0.3))) == verdict(pd.Series(np.full(9, 0.3)), thirds) == "no alarm"


OTHERS: dict[str, tuple[Draw, object]] = {
    "texts": (lambda rng, rows: pd.Series(rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])), "new"),
    "categories": (
        lambda rng, rows: pd.Series(rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]), dtype="category"), "new",
    ),
    "truth": (lambda rng, rows: pd.Series(rng.random(rows) < 0.6), False),
    "nullable truth": (lambda rng, rows: pd.Series(rng.random(rows) < 0.6, dtype="boolean"), False),
    "a constant text": (lambda rng, rows: pd.Series(["a"] * rows), "new"),
    "days": (
        lambda rng, rows: pd.Timestamp("2024-01-01") + pd.Series(pd.to_timedelta(rng.integers(0, 4, rows), "D")),
        pd.Timestamp("1900-01-01"),
    ),
    "durations": (lambda rng, rows: pd.Series(pd.to_timedelta(rng.integers(0, 4, rows), "h")), pd.Timedelta("-1D")),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_levels_and_times_that_became_others_alarm_in_both_directions(kind: str) -> None:
    draw, by = OTHERS[kind]
    rng = np.random.default_rng(2)
    reference, now = draw(rng, 1_000), draw(rng, 1_000)
    moved = pd.Series([by if value == now.mode().iloc[0] else value for value in now])
    assert verdict(reference, moved) == verdict(moved, reference) == "alarm: x"
    assert verdict(reference, now) == "no alarm"


@pytest.mark.parametrize("kind", [*NUMBERS, *OTHERS])
def test_nulls_that_come_or_go_alarm(kind: str) -> None:
    draw = NUMBERS[kind] if kind in NUMBERS else OTHERS[kind][0]
    rng = np.random.default_rng(4)
    reference, now = draw(rng, 800), draw(rng, 800)
    with_nulls = now.astype(object).where(rng.random(800) > 0.4, None)
    assert verdict(reference, with_nulls) == verdict(with_nulls, reference) == "alarm: x"


def test_one_row_is_checked_and_alarms_only_where_it_is_beyond_all_that_was(rng: np.random.Generator) -> None:
    monitor = Monitor.fit(pd.DataFrame({"x": rng.normal(size=2_000), "c": rng.choice(["a", "b"], 2_000)}))
    assert monitor.check(pd.DataFrame({"x": [0.3], "c": ["b"]})).verdict == "no alarm"
    assert monitor.check(pd.DataFrame({"x": [1e9], "c": ["b"]})).verdict == "alarm: x"
    assert monitor.check(pd.DataFrame({"x": [0.3], "c": ["new"]})).verdict == "alarm: c"
    assert Monitor.fit(pd.DataFrame({"x": [1.0]})).check(pd.DataFrame({"x": [2.0]})).verdict == "no alarm"


def test_the_effect_counts_how_far_beyond_the_range_values_lie(rng: np.random.Generator) -> None:
    from scipy.stats import wasserstein_distance

    reference, now = rng.normal(size=20_000), rng.normal(size=5_000)
    now[:250], now[250:500] = -40.0, 40.0
    found = Monitor.fit(pd.DataFrame({"x": reference})).check(pd.DataFrame({"x": now})).table["effect"].item()
    assert found == pytest.approx(wasserstein_distance(reference, now) / reference.std(), rel=0.08)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6)), min_size=1, max_size=200))
@example([0.0] * 100)
def test_bins_hold_what_they_are_said_to_hold(values: list[float]) -> None:
    bins = bins_between(np.quantile(np.array(values) + 0.0, PROBABILITIES), NUMBER)
    places = np.searchsorted(bins["cuts"], values, side="left")
    assert places.min() >= 1 and places.max() <= len(bins["cuts"]) - 1  # the outer bins are for what lies outside
    assert np.searchsorted(bins["cuts"], [min(values) - 1, max(values) + 1]).tolist() == [0, len(bins["cuts"])]
    assert (np.diff(bins["cuts"]) > 0).all() and len(bins["cuts"]) <= 66
    counts = pd.Series(values).value_counts()
    for value in counts.index[counts - 1 > (len(values) - 1) * 2 / 64]:
        place = int(np.searchsorted(bins["cuts"], value))
        inside = np.array(values)[places == place]
        assert place in bins["frequent"] and np.allclose(inside, value, rtol=1e-6, atol=0)


def test_it_is_seen_with_times_as_without(rng: np.random.Generator) -> None:
    rows = pd.DataFrame({"t": pd.date_range("2023-01-01", periods=4_000, freq="2h"), "flat": 0.0, "word": "a"})
    rows["spent"], rows["flag"] = spending(rng, 4_000), rng.integers(0, 2, 4_000)
    rows["maybe"] = np.where(rng.random(4_000) < 0.5, np.nan, 1.0)
    monitor, now = Monitor.fit(rows.head(3_600), time="t", window="14D"), rows.tail(400)
    assert monitor.check(now).verdict == "no alarm"
    moved = now.assign(flat=7.0, word="b", spent=now["spent"].replace(0.0, -999.0), flag=now["flag"].replace(0, -1))
    alarms = monitor.check(moved.assign(maybe=1.0)).facts["alarms"]
    assert set(alarms) == {"flat", "word", "spent", "flag", "maybe"}


def test_numbers_at_the_end_of_what_floats_hold_are_counted(rng: np.random.Generator) -> None:
    usual = pd.Series(rng.normal(size=500))
    for far in (usual * 1e307, pd.Series([1.7e308] * 500), usual.mask(np.arange(500) == 3, -1.7e308)):
        assert verdict(far, far) == "no alarm"
    assert verdict(usual, usual * 1e307) == verdict(usual * 1e307, usual) == "alarm: x"
    tiny = usual * 1e-310
    assert verdict(tiny, tiny) == "no alarm"


def test_a_run_sees_what_left_the_range(rng: np.random.Generator) -> None:
    from sklearn.linear_model import LogisticRegression

    rows = pd.DataFrame({"a": rng.normal(size=1_500), "spent": spending(rng, 1_500), "flat": 0.0})
    rows["part"] = np.repeat(["train", "validation", "test"], 500)
    rows["y"] = rows["a"] + rng.normal(size=1_500) > 0
    judged = rows["part"].eq("validation")
    rows.loc[judged, "flat"] = 7.0
    rows["spent"] = rows["spent"].mask(judged & rows["spent"].eq(0), -999.0)
    steps = [PredefinedSplit("part"), LogisticRegression(), DetectDrift()]
    run = Pipeline(steps, target="y").run(rows, track=False, cache=False)
    assert set(run.reports["drift"].facts["alarms"]) == {"spent", "flat"}
