"""Labels that are waited for: positive, negative or not yet known, and how long the wait must be."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mlsys import NaturalLabel, Pipeline, TimeSplit, Train
from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling._feedback import kaplan_meier

matplotlib.use("Agg")
START = pd.Timestamp("2024-01-01")
LABEL = NaturalLabel("returned", event_at="back", since="sent", window="40D", until="2024-07-01")


def parcels(rows: int = 4_000) -> pd.DataFrame:
    """A third comes back, after 20 days in the mean, exponentially."""
    rng = np.random.default_rng(0)
    sent = START + pd.to_timedelta(np.sort(rng.integers(0, 182 * 24, rows)), unit="h")
    takes = np.where(rng.random(rows) < 1 / 3, rng.exponential(20, rows), np.nan)
    back = pd.Series(sent + pd.to_timedelta(takes, unit="D"))
    return pd.DataFrame({"sent": sent, "price": rng.normal(size=rows), "back": back.where(back < "2024-07-01")})


def test_each_row_is_positive_negative_or_not_yet_known() -> None:
    rows = pd.DataFrame(
        {
            "sent": [START] * 4 + [pd.Timestamp("2024-06-20")] * 2 + [pd.NaT],
            "back": [START, "2024-02-10", "2024-02-11", None, "2024-06-30", None, None],
        }
    ).astype("datetime64[s]")
    labels = LABEL.labels(rows)
    assert labels.tolist()[:4] == [True, True, False, False]
    assert labels[4:].isna().all()  # a positive of the last days too: there are no negatives of these days
    drawn = rows.assign(seen=pd.Timestamp("2024-02-01"))
    assert LABEL.with_(until="seen").labels(drawn).isna().all()
    assert LABEL.with_(until="seen").labels(drawn.assign(seen=pd.Timestamp("2024-03-01")))[:4].notna().all()


def test_positives_are_as_frequent_among_the_newest_labels() -> None:
    rows = parcels(20_000)
    newest = LABEL.labels(rows)[rows["sent"] >= "2024-05-10"].dropna()
    assert 900 < len(newest) < 1_500
    assert float(newest.mean()) == pytest.approx((1 - np.exp(-2)) / 3, abs=0.04)


def test_both_kinds_of_label_are_known_when_the_window_has_passed() -> None:
    rows = parcels()
    run = Pipeline([LABEL, TimeSplit(), Train(LogisticRegression())], target="returned", time="sent").run(
        rows, track=False, cache=False
    )
    assert "back" not in run.features.query("used")["column"].tolist()
    train, judged = (rows["sent"][run.assignment == part] for part in ("train", "validation"))
    assert train.max() + pd.Timedelta("40D") <= judged.min()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=20))
def test_the_curve_is_a_product_over_those_still_observed(rows: list[tuple[int, bool]]) -> None:
    durations = np.array([float(row[0]) for row in rows])
    happened = np.array([row[1] for row in rows])
    curve = kaplan_meier(durations, happened)
    survival = 1.0
    for line in curve.itertuples():
        survival *= 1 - (happened & (durations == line.time)).sum() / (durations >= line.time).sum()
        assert line.share == pytest.approx(1 - survival)
        assert 0 <= line.lower <= line.share + 1e-12 and line.share - 1e-12 <= line.upper <= 1


def test_intervals_are_those_of_greenwood() -> None:
    """Remission of leukemia, 6-MP group (Freireich 1963), as in Klein and Moeschberger (2003), table 4.1B."""
    weeks = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], dtype=float)
    relapsed = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    curve = kaplan_meier(weeks, relapsed)
    np.testing.assert_allclose(1 - curve["share"], [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], atol=5e-4)
    np.testing.assert_allclose(1 - curve["upper"].iloc[0], 0.620, atol=5e-4)
    np.testing.assert_allclose(1 - curve["lower"].iloc[0], 0.952, atol=5e-4)


def test_rows_not_observed_so_long_do_not_bend_the_curve() -> None:
    loop = LABEL.feedback_loop(parcels(20_000))
    truth = (1 - np.exp(-loop.table["window_days"] / 20)) / 3
    assert (loop.table["positive"] - truth).abs().max() < 0.012
    assert loop.scalars["positive_so_far"] < loop.scalars["positive"] - 0.015
    half = (1 - np.exp(-1)) / (1 - np.exp(-2))
    assert loop.table["of_all_positives"].iloc[49] == pytest.approx(half, abs=0.02)
    assert loop.table["bias"].iloc[-1] == 0
    labels = LABEL.labels(parcels(20_000))
    assert loop.table["known_rows"].iloc[-1] == labels.notna().sum()
    ax = loop.plot()
    assert ax.get_xlabel() == "days waited"
    assert "within 40 days" in loop.summary


def test_what_is_not_waited_for_properly_is_refused() -> None:
    rows = parcels(50)
    with pytest.raises(ConfigurationError, match="got no window= and until="):
        NaturalLabel("y", event_at="back", since="sent")
    with pytest.raises(ConfigurationError, match="a rule beside event_at="):
        LABEL.with_(rule=lambda values: values)
    with pytest.raises(ConfigurationError, match="does not say when"):
        NaturalLabel("price").feedback_loop(rows)
    with pytest.raises(DataError, match=r"lies before 'sent' in 1 rows, row 0 first"):
        LABEL.labels(rows.assign(back=rows["sent"].where(rows.index > 0, START - pd.Timedelta("9D"))))
    with pytest.raises(DataError, match="neither a column nor a moment"):
        LABEL.with_(until="soon").labels(rows)
    with pytest.raises(DataError, match="has no positive row yet"):
        LABEL.feedback_loop(rows.assign(back=pd.NaT))
