"""A history is shown what was known before each row's decision, whatever it reads and however it reads it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, History, Impute, NaturalLabel, Pipeline, Reshape, TimeSplit, Train
from mlsys.errors import DataError

START = pd.Timestamp("2024-01-01")
DELAY = pd.Timedelta("60D")


class ByName(History):
    """Reads by the names of columns."""

    column: str = "y"

    def apply(self, frame, past):
        return frame.assign(last=past.last(self.column), mean=past.mean(self.column), rows=past.count())


class ByNameDeclared(ByName):
    def columns_read(self, columns):
        return (self.column,)


def values_of_past(reader):
    """Return a history that looks at the past row by row, in one of many ways."""

    class RowByRow(History):
        def apply(self, frame, past):
            pasts = [past.of(place) for place in range(len(frame))]
            return frame.assign(
                last=[reader(each)[-1] if len(each) else np.nan for each in pasts],
                mean=[np.mean(reader(each)) if len(each) else np.nan for each in pasts],
                rows=[len(each) for each in pasts],
            )

    return RowByRow("key")


WAYS = {
    "by name": lambda rows: rows["y"].tolist(),
    "as attribute": lambda rows: rows.y.tolist(),
    "several": lambda rows: rows[["key", "y"]].to_numpy()[:, 1].astype(float).tolist(),
    "loc": lambda rows: rows.loc[:, "y"].tolist(),
    "rows": lambda rows: [row["y"] for _, row in rows.iterrows()],
    "records": lambda rows: [each["y"] for each in rows.to_dict("records")],
    "tuples": lambda rows: [each.y for each in rows.itertuples()],
    "query": lambda rows: rows.query("y >= 0")["y"].tolist(),
    "eval": lambda rows: rows.eval("y + 0").tolist(),
    "place": lambda rows: [rows.iloc[place]["y"] for place in range(len(rows))],
}


def frame_of(rows: list[tuple[str, int, int, int]]) -> pd.DataFrame:
    """Key, day of decision, days until the label is known, label."""
    return pd.DataFrame(
        {
            "key": [row[0] for row in rows],
            "at": pd.to_datetime([START + pd.Timedelta(days=row[1]) for row in rows]),
            "settled": pd.to_datetime([START + pd.Timedelta(days=row[1] + row[2]) for row in rows]),
            "outcome": [row[3] for row in rows],
        },
        index=np.arange(len(rows))[::-1] + 10,
    )


def expected(now: pd.DataFrame, rows: pd.DataFrame, column: str = "outcome") -> pd.DataFrame:
    """Return the same by a loop over rows: history is what was known strictly before the decision."""
    known = rows[["at", "settled"]].max(axis=1)
    found = []
    for _, row in now.iterrows():
        past = rows[(rows["key"] == row["key"]) & (known < row["at"])]
        found.append((past[column].mean(), len(past)))
    return pd.DataFrame(found, columns=["mean", "rows"], index=now.index)


LABEL = NaturalLabel("y", from_column="outcome", known_at="settled")
one_row = st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.integers(0, 6), st.integers(0, 5))


def after(steps, frame: pd.DataFrame, step: str, **roles: object) -> pd.DataFrame:
    pipeline = Pipeline([*steps], target="y", time="at", **roles)
    return pipeline.run(frame, until=step, track=False, cache=False).frame(after=step)


@settings(max_examples=25, deadline=None)
@given(st.lists(one_row, min_size=1, max_size=20), st.sampled_from([ByName, ByNameDeclared]))
def test_what_it_says_of_its_reads_changes_nothing(rows: list[tuple[str, int, int, int]], kind: type[History]) -> None:
    frame = frame_of(rows)
    made = after([LABEL, kind("key")], frame, kind.__name__)
    wanted = expected(frame, frame)
    np.testing.assert_allclose(made["mean"], wanted["mean"])
    assert made["rows"].tolist() == wanted["rows"].tolist()


@pytest.mark.parametrize("way", WAYS)
def test_labels_are_waited_for_however_they_are_read(way: str) -> None:
    rng = np.random.default_rng(1)
    frame = frame_of(
        [("ab"[place % 2], place, int(rng.integers(0, 9)), int(rng.integers(0, 5))) for place in range(30)]
    )
    made = after([LABEL, values_of_past(WAYS[way])], frame, "RowByRow")
    wanted = expected(frame, frame)
    np.testing.assert_allclose(made["mean"].astype(float), wanted["mean"])
    assert made["rows"].tolist() == wanted["rows"].tolist()


@pytest.fixture
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "order": np.arange(900) + 5_000,
            "key": rng.choice(["u", "v", "w"], 900),
            "at": START + pd.to_timedelta(np.sort(rng.uniform(0, 365, 900)), unit="D"),
            "price": rng.normal(50, 9, 900),
            "outcome": rng.integers(0, 2, 900),
        }
    )
    return frame.assign(settled=frame["at"] + DELAY)


def test_a_history_of_what_was_known_at_once_waits_for_no_label(orders: pd.DataFrame) -> None:
    made = after([LABEL, ByName("key", column="price")], orders, "ByName")
    assert made["rows"].tolist() == made.groupby("key").cumcount().tolist()
    assert made["last"].equals(orders.groupby("key")["price"].shift(1).rename("last"))


@pytest.mark.quick("*what the label is made of-settled", "*what is made of it-60D")
@pytest.mark.parametrize("known_at", ["settled", "60D"])
@pytest.mark.parametrize(
    ("steps", "column"),
    [
        ([LABEL, ByName("key", column="outcome")], "what the label is made of"),
        ([ByName("key", column="outcome"), LABEL], "the same before the label is made"),
        ([Derive({"won": lambda f: f["outcome"] * 2}), ByName("key", column="won"), LABEL], "what is made of it"),
        ([LABEL, lambda f: f.assign(won=f["y"] + 1), ByName("key", column="won")], "what is made of the label"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_gives_the_label_away_waits_with_it(orders, steps, column: str, known_at: str) -> None:
    steps = [NaturalLabel("y", from_column="outcome", known_at=known_at) if each is LABEL else each for each in steps]
    made = after(steps, orders, "ByName" if steps[-1].__class__ is not NaturalLabel else "NaturalLabel")
    early = made["at"] <= orders["at"].min() + DELAY
    assert made.loc[early, "last"].isna().all(), column
    assert made.loc[~early, "last"].notna().any()
    assert made["rows"].tolist() == expected(orders, orders)["rows"].tolist()


def test_columns_declared_late_at_the_pipeline_are_waited_for_too(orders: pd.DataFrame) -> None:
    label = NaturalLabel("y", from_column="outcome")
    made = after([label, ByName("key", column="price")], orders, "ByName", known_at={"price": "30D"})
    assert made.loc[made["at"] <= START + pd.Timedelta("30D"), "last"].isna().all()


def test_a_moment_that_is_made_later_is_asked_for_with_the_way_out(orders: pd.DataFrame) -> None:
    steps = [ByName("key", column="outcome"), Derive({"arrived": lambda f: f["settled"]}),
             NaturalLabel("y", from_column="outcome", known_at="arrived")]  # fmt: skip
    with pytest.raises(DataError, match=r"'arrived', which is neither.*\n.*Derive"):
        after(steps, orders, "NaturalLabel")
    steps[0] = ByName("key", column="price")
    assert after(steps, orders, "NaturalLabel")["last"].notna().any()


def test_moments_in_another_zone_are_told(orders: pd.DataFrame) -> None:
    zoned = orders.assign(settled=orders["settled"].dt.tz_localize("UTC"))
    with pytest.raises(DataError, match="one has a time zone, the other none"):
        after([LABEL, ByName("key")], zoned, "ByName")


class OwnLabel(History):
    """Hands each row its own label beside what the past holds."""

    def apply(self, frame, past):
        return frame.assign(mine=frame["y"] * 2, before=past.last("price"), ratio=past.mean("price") / frame["price"])


def test_what_is_made_of_the_rows_own_label_is_no_feature(orders: pd.DataFrame) -> None:
    steps = [LABEL, OwnLabel("key"), TimeSplit(), Impute(), Train(LogisticRegression())]
    run = Pipeline(steps, target="y", time="at", id="order", exclude=["key", "settled"]).run(
        orders, track=False, cache=False
    )
    features = run.features.set_index("column")
    assert features["used"][["before", "ratio", "price"]].all()
    assert "made by OwnLabel from y" in features.loc["mine", "reason"]
    assert "price" in run.model.inputs


class Spent(History):
    def apply(self, frame, past):
        return frame.assign(wins=past.sum("y"), spent=past.sum("price"))


def run_of(orders: pd.DataFrame, **options: object):
    steps = [LABEL, Spent("key", tail=1_000), TimeSplit(), Impute(), Train(LogisticRegression())]
    pipeline = Pipeline(steps, target="y", time="at", id="order", exclude=["key", "settled"])
    return pipeline.run(orders, track=False, **{"cache": False, **options})


def test_a_served_history_waits_for_labels_as_training_did(orders: pd.DataFrame) -> None:
    final = run_of(orders).final_test()
    steps = dict(final.model.steps)
    request = orders.tail(40).assign(at=orders["at"].max() + pd.Timedelta("1D"))
    state = steps["Spent"].state
    settled = orders[(orders["at"] + DELAY) < request["at"].iloc[0]]
    held = state["tail"]
    assert (state["known"] >= held["settled"]).all()
    usable = held[(state["known"] < request["at"].iloc[0]).to_numpy()]
    for key, rows in settled.groupby("key"):
        assert usable.loc[usable["key"] == key, "order"].tolist() == rows["order"].tolist()
    assert final.predict(request)["prediction"].notna().all()


def test_what_is_stored_of_a_history_holds_no_sealed_row_until_it_is_opened(orders: pd.DataFrame) -> None:
    run = run_of(orders)
    parts = run.assignment
    sealed = orders.loc[(parts == "test").to_numpy(), "order"]
    assert set(run.state("Spent")["tail"]["order"]) == set(orders["order"]) - set(sealed)
    opened = run.final_test().state("Spent")["tail"]
    assert set(opened["order"]) == set(orders["order"])
    assert not set(run.state("Spent")["tail"]["order"]) & set(sealed), "the run before it stays as it was"


def kept_of(orders: pd.DataFrame, tail: int) -> list[int]:
    """Return the last orders of each key, and those that are known only after the latest decision."""
    waits = orders["settled"] > orders["at"].max()
    return sorted([*orders[~waits].groupby("key").tail(tail)["order"], *orders.loc[waits, "order"]])


def test_the_tail_that_is_opened_is_the_last_of_all_rows(orders: pd.DataFrame) -> None:
    steps = [LABEL, Spent("key", tail=7), TimeSplit(), Impute(), Train(LogisticRegression())]
    pipeline = Pipeline(steps, target="y", time="at", id="order", exclude=["key", "settled"])
    run = pipeline.run(orders, track=False, cache=False)
    opened = run.final_test().state("Spent")["tail"]
    assert sorted(opened["order"]) == kept_of(orders, 7)
    known = orders[(run.assignment != "test").to_numpy() | run.assignment.isna().to_numpy()]
    assert sorted(run.state("Spent")["tail"]["order"]) == kept_of(known, 7)


@pytest.mark.long
def test_a_run_out_of_the_cache_shows_stores_and_opens_the_same(orders: pd.DataFrame, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, again = run_of(orders, cache=True), run_of(orders, cache=True)
    report = again.cache_report().set_index("step")
    assert report.loc["Spent", "outcome"] == "hit"
    pd.testing.assert_frame_equal(first.frame(after="Spent"), again.frame(after="Spent"))
    for one, other in ((first, again), (first.final_test(), again.final_test())):
        pd.testing.assert_frame_equal(one.state("Spent")["tail"], other.state("Spent")["tail"])
        assert one.state("Spent")["known"].equals(other.state("Spent")["known"])
    plain = run_of(orders)
    pd.testing.assert_frame_equal(plain.frame(after="Spent"), again.frame(after="Spent"))


def test_variants_that_share_a_history_store_it_each_by_its_own_split(orders: pd.DataFrame) -> None:
    base = Pipeline([LABEL, Spent("key", tail=1_000), TimeSplit(), Impute(), Train(LogisticRegression())],
                    target="y", time="at", id="order", exclude=["key", "settled"])  # fmt: skip
    variants = base.variants(late={}, early={"TimeSplit": TimeSplit(validation="2024-06-01", test="2024-08-01")})
    for run in variants.run(orders, track=False, cache=False).values():
        sealed = orders.loc[(run.assignment == "test").to_numpy(dtype=bool, na_value=False), "order"]
        assert set(run.state("Spent")["tail"]["order"]) == set(orders["order"]) - set(sealed)
        assert set(run.final_test().state("Spent")["tail"]["order"]) == set(orders["order"])


def test_rows_that_a_later_step_makes_anew_are_followed_by_the_id_or_held_back(orders: pd.DataFrame) -> None:
    class Again(Reshape):
        def reshape(self, frame):
            return pd.DataFrame(frame).iloc[::-1]

    steps = [LABEL, Spent("key", tail=1_000), Again(), TimeSplit(), Impute(), Train(LogisticRegression())]
    followed = Pipeline(steps, target="y", time="at", id="order", exclude=["key", "settled"]).run(
        orders, track=False, cache=False
    )
    parts = followed._live.execution.divided.parts
    assert not set(followed.state("Spent")["tail"]["order"]) & set(parts["test"].frame()["order"])
    assert len(followed.state("Spent")["tail"]) == len(orders) - parts["test"].rows
    lost = Pipeline(steps, target="y", time="at", exclude=["key", "settled", "order"]).run(
        orders, track=False, cache=False
    )
    assert lost.state("Spent")["tail"].empty and len(lost.final_test().state("Spent")["tail"]) == len(orders)
