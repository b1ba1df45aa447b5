"""WindowAggregate and Lag: against a loop over rows, and the same bytes in a batch, in a stream and when served."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys import Lag, WindowAggregate
from mlsys.errors import ConfigurationError, DataError
from mlsys.states import load_state, save_state
from mlsys.steps import Past, history
from mlsys.steps.memory import Memory

START = pd.Timestamp("2024-01-01")
AMOUNTS = [0.1, 0.2, 0.3, 1e16, -1e16, 1.0, 3.0, -0.7, None]
COLUMNS = {
    "n": "count", "there": ("paid", "count"), "total": ("paid", "sum"), "average": ("paid", "mean"),
    "least": ("paid", "min"), "most": ("paid", "max"), "latest": ("paid", "last"), "kinds": ("what", "distinct"),
    "seen": ("what", "last"),
}  # fmt: skip
rows_of_events = st.lists(
    st.tuples(
        st.sampled_from(["a", "a", "b", None]),
        st.integers(0, 9),  # decided
        st.sampled_from([0, 0, 0, 1, 2, 5, None]),  # known so much later
        st.integers(-2, 2),  # happened so much from then
        st.sampled_from(AMOUNTS),
        st.sampled_from(["x", "y", None]),
    ),
    min_size=1,
    max_size=25,
)


def frame_of(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    key, day, delay, off, paid, what = zip(*rows, strict=True)
    at = START + pd.to_timedelta(list(day), unit="D")
    late = pd.to_timedelta([np.nan if each is None else each for each in delay], unit="D")
    return pd.DataFrame(
        {
            "key": pd.array(key, dtype="str"),
            "at": at,
            "known": at + late,
            "happened": at + pd.to_timedelta(list(off), unit="D"),
            "paid": np.array(paid, dtype="float64"),
            "what": pd.array(what, dtype="str"),
        },
        index=np.arange(len(rows))[::-1] + 100,
    )


def examples(few: int, many: int, *strategies):
    """Try a property on a few examples, and on many in the long tier."""

    def both(test):
        def tried(most: int) -> None:
            settings(max_examples=most, deadline=None)(given(*strategies)(test))()

        return pytest.mark.parametrize("most", [few, pytest.param(many, marks=pytest.mark.long)])(tried)

    return both


KNOWN_AT = {"paid": "known", "what": "known"}


def by_hand(frame: pd.DataFrame, window: pd.Timedelta, time: str | None) -> pd.DataFrame:
    """Return each aggregate by looking at every other row."""
    found = []
    for now in frame.itertuples():
        rows = frame[(frame["key"] == now.key) & (frame["known"] < now.at)]
        placed = rows[time or "known"]
        rows = rows[(placed >= now.at - window) & (placed < now.at)]
        paid, what = rows["paid"].dropna(), rows["what"].dropna()
        total = math.fsum(paid)
        order = [*([time] if time else []), "known"]
        latest = rows.dropna(subset=["paid"]).sort_values([*order, "paid"])["paid"]
        seen = rows.dropna(subset=["what"]).sort_values([*order, "what"])["what"]
        found.append(
            {
                "n": len(rows), "there": len(paid), "total": total,
                "average": total / len(paid) if len(paid) else math.nan,
                "least": paid.min(), "most": paid.max(), "latest": latest.iloc[-1] if len(latest) else math.nan,
                "kinds": what.nunique(), "seen": seen.iloc[-1] if len(seen) else None,
            }
        )  # fmt: skip
    return pd.DataFrame(found, index=frame.index).astype({"seen": "str"})


@examples(5, 200, rows_of_events, st.integers(1, 12), st.sampled_from([None, "happened"]))
def test_each_row_gets_what_a_loop_over_all_rows_finds(rows, days: int, time: str | None) -> None:
    frame = frame_of(rows)
    step = WindowAggregate("key", COLUMNS, f"{days}D", time)
    made = step.over(frame, time="at", known_at=KNOWN_AT)
    wanted = by_hand(frame, pd.Timedelta(days=days), time)
    pd.testing.assert_frame_equal(made[list(COLUMNS)], wanted, check_exact=True)


@examples(4, 150, rows_of_events, st.integers(1, 12))
def test_rows_known_in_odd_order_are_found_alike_whether_all_are_listed_or_not(rows, days: int) -> None:
    frame = frame_of(rows)
    step = WindowAggregate("key", COLUMNS, f"{days}D", "happened")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "_LISTED", -1)
        made = step.over(frame, time="at", known_at=KNOWN_AT)
        wanted = by_hand(frame, pd.Timedelta(days=days), "happened")
        pd.testing.assert_frame_equal(made[list(COLUMNS)], wanted, check_exact=True)
        sparse = Past(frame, frame, "key", frame["at"], frame["known"]).within(f"{days}D", "happened")
        patch.setattr(history, "_LISTED", 1_000)
        listed = Past(frame, frame, "key", frame["at"], frame["known"]).within(f"{days}D", "happened")
        for back in (1, 2):
            pd.testing.assert_series_equal(sparse.last("paid", back), listed.last("paid", back))
            pd.testing.assert_series_equal(sparse.lag("paid", back), listed.lag("paid", back))
        for place in range(len(frame)):
            pd.testing.assert_frame_equal(sparse.of(place), listed.of(place))


STEPS = [
    WindowAggregate("key", COLUMNS, "3D"),
    WindowAggregate("key", COLUMNS, "3D", "happened"),
    Lag("key", ["paid", "what"], [1, 3, "2D"]),
    Lag("key", ["paid", "what"], [1, 2, "2D"], tolerance="1D"),
]


@examples(5, 120, rows_of_events, st.sampled_from(STEPS), st.randoms())
def test_a_batch_and_a_stream_in_blocks_of_any_size_give_the_same_bytes(rows, step, random) -> None:
    frame = frame_of(rows).sort_values("at", kind="stable")
    whole = step.over(frame, time="at", known_at=KNOWN_AT)
    shuffled = frame.iloc[random.sample(range(len(frame)), len(frame))]
    pd.testing.assert_frame_equal(
        step.over(shuffled, time="at", known_at=KNOWN_AT), whole.loc[shuffled.index], check_exact=True
    )
    stream = step.stream(time="at", known_at=KNOWN_AT)
    cuts = sorted(random.sample(range(len(frame) + 1), min(4, len(frame))))
    pieces = [
        stream.push(frame.iloc[first:after]) for first, after in zip([0, *cuts], [*cuts, len(frame)], strict=True)
    ]
    pd.testing.assert_frame_equal(pd.concat([each for each in pieces if len(each)]), whole, check_exact=True)


@examples(4, 80, rows_of_events, st.sampled_from(STEPS), st.integers(0, 11))
def test_a_request_is_answered_from_what_is_stored_as_in_a_batch(rows, step, day: int) -> None:
    frame = frame_of(rows)
    now = START + pd.Timedelta(days=day)
    before, request = frame[frame["at"] < now], frame[frame["at"] >= now]
    together = step.over(pd.concat([before, request]), time="at", known_at=KNOWN_AT)
    alone = request.assign(known=pd.NaT)  # requests say nothing of themselves
    asked = step.over(pd.concat([before, alone]), time="at", known_at=KNOWN_AT).loc[request.index]
    memory = Memory.empty(step, frame, frame["known"], {}).with_rows(before, before["known"], before["at"])
    with tempfile.TemporaryDirectory() as folder:
        save_state(memory.state, Path(folder))
        served = Memory(step, load_state(Path(folder)))
        made = [served.applied(alone.iloc[[place]], alone["at"].iloc[[place]]) for place in range(len(alone))]
    names = [name for name in together if name not in frame]
    if made:
        pd.testing.assert_frame_equal(pd.concat(made)[names], asked[names], check_exact=True)


def visits(many: int, days: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    at = START + pd.to_timedelta(np.sort(rng.integers(0, days * 86_400, many)), unit="s")
    return pd.DataFrame({"shop": rng.integers(0, 20, many), "at": at, "paid": rng.gamma(2.0, 10.0, many)})


def test_a_window_is_that_of_pandas() -> None:
    frame = visits(2_000)
    made = WindowAggregate("shop", {"total": ("paid", "sum"), "most": ("paid", "max")}, "2D").over(frame, time="at")
    rolling = frame.set_index("at").groupby("shop")["paid"].rolling("2D", closed="left")
    for name, wanted in (("total", rolling.sum()), ("most", rolling.max())):
        by_shop = made.sort_values(["shop", "at"], kind="stable")[name].to_numpy()
        np.testing.assert_allclose(by_shop, wanted.fillna(0 if name == "total" else np.nan).to_numpy(), rtol=1e-9)


def test_a_stream_holds_one_window_and_no_more() -> None:
    frame = visits(3_000)
    stream = WindowAggregate("shop", {"visits": "count"}, "1D").stream(time="at")
    for first in range(0, 3_000, 500):
        stream.push(frame.iloc[first : first + 500])
        last = frame["at"].iloc[first + 499]
        assert stream.held() == frame.iloc[: first + 500]["at"].ge(last - pd.Timedelta("1D")).sum()


def test_a_request_before_what_is_held_is_answered_as_of_an_unknown_key_and_says_so() -> None:
    frame = visits(500)
    for late_by, warns in (("0s", True), ("1D", False)):
        step = WindowAggregate("shop", {"visits": "count"}, "2D", late_by=late_by)
        stream = step.stream(time="at")
        stream.push(frame)
        late = frame.tail(1).assign(at=lambda f: f["at"] - pd.Timedelta("6h"))
        if warns:
            with pytest.warns(UserWarning, match=r"1 row .* is decided before .*late_by="):
                assert stream.push(late)["visits"].tolist() == [0]
        else:
            wanted = step.over(pd.concat([frame, late], ignore_index=True), time="at")["visits"].iloc[-1]
            assert stream.push(late)["visits"].tolist() == [wanted]


def test_lags_count_rows_and_reach_back_in_time() -> None:
    sales = pd.DataFrame({"store": "a", "sold": [3, 5, 8, 9], "day": START + pd.to_timedelta([0, 1, 2, 9], unit="D")})
    made = Lag("store", "sold", [1, 2, "2D", "7D"]).over(sales, time="day")
    assert made["sold_lag_1"].tolist()[1:] == [3, 5, 8]
    assert made["sold_lag_2"].tolist()[2:] == [3, 5]
    assert made["sold_lag_2D"].tolist()[2:] == [3, 8]
    assert made["sold_lag_7D"].tolist()[3:] == [8]
    assert made["sold_lag_7D"].isna().tolist() == [True, True, True, False]


def test_values_older_than_the_tolerance_are_left_out() -> None:
    sales = pd.DataFrame({"store": "a", "sold": [3, 5, 8, 9], "day": START + pd.to_timedelta([0, 1, 2, 9], unit="D")})
    made = Lag("store", "sold", [1, 2, "2D", "7D"], tolerance="1D").over(sales, time="day")
    nan = np.nan
    np.testing.assert_array_equal(made["sold_lag_1"], [nan, 3, 5, nan])
    np.testing.assert_array_equal(made["sold_lag_2"], [nan, nan, nan, nan])
    np.testing.assert_array_equal(made["sold_lag_2D"], [nan, nan, 3, nan])
    np.testing.assert_array_equal(made["sold_lag_7D"], [nan, nan, nan, 8])
    wide = Lag("store", "sold", [1, 2, "2D", "7D"], tolerance="100D").over(sales, time="day")
    pd.testing.assert_frame_equal(wide, Lag("store", "sold", [1, 2, "2D", "7D"]).over(sales, time="day"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Lag("k", "x", "2D", tolerance="0D"), "tolerance is '0D', which does not look back"),
        (lambda: WindowAggregate("k", {"n": ("x", "median")}, "1D"), "'median' for the column 'n' is not among"),
        (lambda: WindowAggregate("k", {"n": "sum"}, "1D"), "'sum' for the column 'n' needs a column"),
        (lambda: WindowAggregate("k", {}, "1D"), "got no columns"),
        (lambda: WindowAggregate("k", {"n": "count"}, "-1D"), "does not look back"),
        (lambda: WindowAggregate("k", {"n": "count"}, "soon"), "is not a duration"),
        (lambda: WindowAggregate("k", {"n": "count"}, "3"), "which has no unit"),
        (lambda: Lag("k", "x", 0), "back=0, which is no earlier row"),
        (lambda: Lag("k", []), "got no columns or no lags"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_written(wrong, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        wrong()


def test_rows_that_do_not_fit_are_refused_with_the_column() -> None:
    frame = visits(5)
    with pytest.raises(DataError, match="'who'"):
        WindowAggregate("shop", {"n": ("who", "sum")}, "1D").over(frame, time="at")
    with pytest.raises(DataError, match=r"'name', which holds text .* as numbers"):
        WindowAggregate("shop", {"n": ("name", "sum")}, "1D").over(frame.assign(name="x"), time="at")
    with pytest.raises(DataError, match="'paid', which holds lists"):
        step = WindowAggregate("shop", {"n": ("paid", "distinct")}, "1D")
        step.over(frame.assign(paid=[[1]] * 5), time="at")
    with pytest.raises(DataError, match=r"(?s)'price', .* known_at="):
        WindowAggregate("shop", {"n": "count"}, "1D").over(frame, time="at", known_at={"price": "1D"})
    with pytest.raises(DataError, match="would replace the column 'paid'"):
        WindowAggregate("shop", {"paid": "count"}, "1D").over(frame, time="at")
    with pytest.raises(ConfigurationError, match="needs the time of rows"):
        WindowAggregate("shop", {"n": "count"}, "1D").over(frame)
