"""A history that absorbs, in a run: shown what the other form is shown, stored narrow, served and fed with events."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Derive, History, Impute, NaturalLabel, Pipeline, RandomSplit, Reshape, TimeSplit, Train
from mlsys.errors import ConfigurationError, DataError
from mlsys.states import digest

START = pd.Timestamp("2024-01-01")
DELAY = pd.Timedelta("20D")
LABEL = NaturalLabel("y", from_column="outcome", known_at="settled")


class WinsRows(History):
    """Wins and orders of the last 90 days, row by row."""

    def apply(self, frame, past):
        found = []
        for place, at in enumerate(frame["at"]):
            rows = past.of(place)
            rows = rows[rows["at"] > at - pd.Timedelta("90D")]
            found.append((len(rows), int(rows["y"].sum()), rows["price"].max() if len(rows) else np.nan))
        return frame.assign(**pd.DataFrame(found, columns=["orders", "wins", "top"], index=frame.index))


class Wins(History):
    """The same of a state."""

    def absorb(self, state, rows):
        seen = [*(state or []), *zip(rows["at"], rows["y"].tolist(), rows["price"].tolist(), strict=True)]
        return [each for each in seen if each[0] > rows["at"].max() - pd.Timedelta("90D") - DELAY]

    def features(self, rows, state):
        found = []
        for at in rows["at"]:
            recent = [each for each in state or [] if each[0] > at - pd.Timedelta("90D")]
            top = max((each[2] for each in recent), default=np.nan)
            found.append((len(recent), sum(int(each[1]) for each in recent), top))
        return pd.DataFrame(found, columns=["orders", "wins", "top"], index=rows.index)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = 360
    frame = pd.DataFrame(
        {
            "order": np.arange(rows) + 5_000,
            "key": rng.choice(["u", "v", "w"], rows),
            "shop": rng.choice([1, 2], rows),
            "at": START + pd.to_timedelta(np.sort(rng.integers(0, 200, rows)), unit="D"),
            "price": rng.normal(50, 9, rows),
            "outcome": rng.integers(0, 2, rows),
        }
    )
    return frame.assign(settled=frame["at"] + rng.choice([1, 1, 2], rows) * (DELAY / 2))


def pipeline_of(*steps, split=None, **roles) -> Pipeline:
    named = {"target": "y", "time": "at", "id": "order", "exclude": ["key", "shop", "settled"], **roles}
    return Pipeline([*steps, split or TimeSplit(), Impute(), Train(LogisticRegression())], **named)


def run_of(orders: pd.DataFrame, *steps, **options):
    return pipeline_of(*steps, **options).run(orders, track=False, cache=False)


MADE = ["orders", "wins", "top"]


@pytest.mark.parametrize("by", ["key", ("key", "shop")])
def test_training_sees_what_looking_at_the_past_of_each_row_shows(orders: pd.DataFrame, by) -> None:
    one, other = (run_of(orders, LABEL, kind(by)) for kind in (Wins, WinsRows))
    for part in ("train", "validation"):
        pd.testing.assert_frame_equal(
            one.frame(part, after="Wins")[MADE], other.frame(part, after="WinsRows")[MADE], check_dtype=False
        )
    assert one.frame("train")["wins"].sum() > 0
    pd.testing.assert_series_equal(one.model.predict(orders.tail(5))["id"], other.model.predict(orders.tail(5))["id"])


def test_it_keeps_the_columns_that_it_reads_and_no_other(orders: pd.DataFrame) -> None:
    run = run_of(orders, LABEL, Wins("key", tail=4))
    state = run.state("Wins")
    assert sorted(state["tail"].columns) == ["at", "key", "price", "y"]
    assert state["keys"]["key"].tolist() == ["u", "v", "w"]
    waiting = (state["known"] >= state["until"]).sum()
    assert waiting <= len(state["tail"]) <= 12 + waiting


class DeclaresItsReads(Wins):
    def columns_read(self, columns):
        return ("at", "y", "price")


class ReadsWhereItMust(Wins):
    """Reads a column that a first look does not see it read."""

    def absorb(self, state, rows):
        if state is not None and len(state) > 3:
            assert (rows["shop"] > 0).all()
        return super().absorb(state, rows)


@pytest.mark.parametrize(("kind", "more"), [(DeclaresItsReads, set()), (ReadsWhereItMust, {"shop"})])
def test_what_it_reads_is_declared_or_found(orders: pd.DataFrame, kind: type[History], more: set[str]) -> None:
    run, plain = run_of(orders, LABEL, kind("key")), run_of(orders, LABEL, Wins("key"))
    assert set(run.state(kind.__name__)["tail"].columns) == {"at", "key", "price", "y"} | more
    pd.testing.assert_frame_equal(run.frame()[MADE], plain.frame()[MADE])


def later(orders: pd.DataFrame, days: int = 7) -> pd.DataFrame:
    return orders.tail(30).assign(at=orders["at"].max() + pd.Timedelta(days=days))


def answers(run_or_model, request: pd.DataFrame) -> list[float]:
    model = getattr(run_or_model, "model", run_or_model)
    return model.predict(request).iloc[:, -1].tolist()


@pytest.mark.parametrize("tail", [0, 3, 1_000])
@pytest.mark.parametrize("split", [TimeSplit(), RandomSplit()], ids=["by time", "at random"])
def test_sealed_rows_are_in_no_state_until_they_are_opened(orders: pd.DataFrame, split, tail: int) -> None:
    run = run_of(orders, LABEL, Wins("key", tail=tail), split=split)
    test = (run.assignment == "test").to_numpy()
    without = run_of(orders[~test], LABEL, Wins("key", tail=tail), split=split)
    held, open_rows = run.state("Wins"), without._live.execution
    everything = _opened(without)
    assert digest(held["states"]) == digest(everything["states"]) and open_rows is not None
    pd.testing.assert_frame_equal(held["tail"], everything["tail"])
    opened = run.final_test().state("Wins")
    assert digest(opened) == digest(_opened(run_of(orders, LABEL, Wins("key", tail=tail), split=RandomSplit(seed=9))))
    assert digest(run.state("Wins")) == digest(held), "the run before it stays as it was"


def _opened(run):
    return run.final_test().state("Wins")


@pytest.mark.parametrize("tail", [0, 2, 1_000])
def test_absorbing_what_came_later_is_the_same_as_having_trained_with_it_there(orders: pd.DataFrame, tail: int) -> None:
    known = (orders["settled"] < orders["at"].quantile(0.7)).to_numpy()
    ordered = orders.iloc[np.argsort(orders["settled"].to_numpy(), kind="stable")]
    first = ordered[ordered["order"].isin(orders.loc[known, "order"])].sort_values("order")
    rest = ordered[~ordered["order"].isin(first["order"])]
    step = Wins("key", tail=tail)
    whole, half = (_opened(run_of(rows, LABEL, step)) for rows in (orders, first))
    final = run_of(first, LABEL, step).final_test()
    events = rest.rename(columns={"outcome": "y"})
    for blocks in (1, 4, len(rest)):
        model = final.model
        for block in np.array_split(np.arange(len(events)), blocks):
            model = model.absorb(events.iloc[block])
        state = dict(model.steps)["Wins"].state
        request = later(orders)
        made = Wins("key", tail=tail)
        assert digest(state["states"]) == digest(whole["states"]) or tail == 0
        from mlsys.steps.memory import Memory

        pd.testing.assert_frame_equal(
            Memory(made, state).applied(request, request["at"])[MADE],
            Memory(made, whole).applied(request, request["at"])[MADE],
        )
    assert digest(dict(final.model.steps)["Wins"].state) == digest(half), "the model before it stays as it was"
