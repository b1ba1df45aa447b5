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
from mlsys.steps.memory import Memory

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
        return [
            each for each in seen if each[0] > rows["at"].max() - pd.Timedelta("110D")
        ]  # decided up to 20 days later

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
            "price": rng.normal(5, 1, rows),
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


@pytest.mark.quick("key")
@pytest.mark.parametrize("by", ["key", ("key", "shop")])
def test_training_sees_what_looking_at_the_past_of_each_row_shows(orders: pd.DataFrame, by) -> None:
    one, other = (run_of(orders, LABEL, kind(by)) for kind in (Wins, WinsRows))
    for part in ("train", "validation"):
        pd.testing.assert_frame_equal(
            one.frame(part, after="Wins")[MADE], other.frame(part, after="WinsRows")[MADE], check_dtype=False
        )
    assert one.frame("train")["wins"].sum() > 0


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


@pytest.mark.quick("ReadsWhereItMust-*")
@pytest.mark.parametrize(("kind", "more"), [(DeclaresItsReads, set()), (ReadsWhereItMust, {"shop"})])
def test_what_it_reads_is_declared_or_found(orders: pd.DataFrame, kind: type[History], more: set[str]) -> None:
    run, plain = run_of(orders, LABEL, kind("key")), run_of(orders, LABEL, Wins("key"))
    assert set(run.state(kind.__name__)["tail"].columns) == {"at", "key", "price", "y"} | more
    pd.testing.assert_frame_equal(run.frame()[MADE], plain.frame()[MADE])


def holding(orders: pd.DataFrame, step: Wins) -> Memory:
    """Return what a served history holds once it knows some orders."""
    rows = pd.DataFrame(
        {"key": orders["key"], "at": orders["at"], "price": orders["price"], "y": orders["outcome"].astype("Int64")}
    )
    written = {"orders": "int64", "wins": "int64", "top": "float64"}
    memory = Memory.empty(step, rows, orders["settled"].rename("at"), written, [("settled", pd.Timedelta(0))])
    return memory.with_rows(rows, orders["settled"], orders["at"])


def assert_same(found: dict[str, object], wanted: Memory) -> None:
    """Both hold the same; the order of columns aside."""
    assert digest(found["states"]) == digest(wanted.state["states"])
    for name, each in wanted.state.items():
        if isinstance(each, pd.DataFrame):
            pd.testing.assert_frame_equal(found[name], each, check_like=True)
        elif isinstance(each, pd.Series):
            pd.testing.assert_series_equal(found[name], each)
        else:
            assert digest(found[name]) == digest(each), name


@pytest.mark.quick("by time")
@pytest.mark.parametrize("split", [TimeSplit(), RandomSplit()], ids=["by time", "at random"])
def test_sealed_rows_are_in_no_state_until_they_are_opened(orders: pd.DataFrame, split) -> None:
    step = Wins("key", tail=3)
    run = run_of(orders, LABEL, step, split=split)
    sealed = (run.assignment == "test").to_numpy(dtype=bool, na_value=False)
    assert_same(run.state("Wins"), holding(orders[~sealed], step))
    assert_same(run.final_test().state("Wins"), holding(orders, step))
    assert_same(run.state("Wins"), holding(orders[~sealed], step))


@pytest.mark.quick("1000")
@pytest.mark.parametrize("tail", [0, 1_000])
def test_absorbing_what_came_later_is_the_same_as_having_trained_with_it_there(orders: pd.DataFrame, tail: int) -> None:
    step = Wins("key", tail=tail)
    early = orders["settled"] < orders["at"].quantile(0.7)
    first, rest = orders[early], orders[~early].sort_values("settled", kind="stable")
    model = run_of(first, LABEL, step).final_test().model
    assert_same(dict(model.steps)["Wins"].state, holding(first, step))
    events = rest.rename(columns={"outcome": "y"}).assign(settled=lambda f: f["settled"].astype("datetime64[s]"))
    whole = holding(orders, step)
    request = orders.assign(at=orders["at"].max() + pd.Timedelta("7D"))
    for blocks in (1, 4, len(rest)):
        grown = model
        for places in np.array_split(np.arange(len(events)), blocks):
            grown = grown.absorb(events.iloc[places])
        memory = Memory(step, dict(grown.steps)["Wins"].state)
        pd.testing.assert_frame_equal(
            memory.applied(request, request["at"])[MADE], whole.applied(request, request["at"])[MADE]
        )
    assert_same(dict(model.steps)["Wins"].state, holding(first, step))


def test_a_loaded_model_absorbs_and_answers_as_the_run_does(orders: pd.DataFrame, tmp_path) -> None:
    run = run_of(orders, LABEL, Wins("key", tail=2))
    run.save(tmp_path / "model")
    loaded = mlsys.load(tmp_path / "model")
    last = orders["at"].max()
    request = orders.tail(30).assign(at=last + pd.Timedelta("30D"))
    events = orders.tail(60).rename(columns={"outcome": "y"}).assign(at=last, settled=last + pd.Timedelta("20D"))
    before, after = (each.predict(request) for each in (loaded, loaded.absorb(events)))
    pd.testing.assert_frame_equal(before, run.model.predict(request))
    pd.testing.assert_frame_equal(after, run.model.absorb(events).predict(request))
    assert not after.equals(before)
    records = events[["key", "at", "price", "y", "settled"]].astype({"at": "str"}).to_dict("records")
    pd.testing.assert_frame_equal(loaded.absorb(records).predict(request), after)


@pytest.mark.parametrize("step", [Wins("key", tail=2), WinsRows("key")])
def test_a_model_is_saved_with_what_it_absorbed(orders: pd.DataFrame, tmp_path, step) -> None:
    run = run_of(orders, LABEL, step)
    last = orders["at"].max()
    request = orders.tail(30).assign(at=last + pd.Timedelta("60D"))
    events = orders.tail(60).rename(columns={"outcome": "y"}).assign(at=last, settled=last + pd.Timedelta("20D"))
    grown = run.model.absorb(events)
    grown.save(tmp_path / "grown")
    loaded = mlsys.load(tmp_path / "grown")
    pd.testing.assert_frame_equal(loaded.predict(request), grown.predict(request), check_exact=True)
    assert not loaded.predict(request).equals(run.model.predict(request))
    assert loaded.details == grown.details and loaded.details["run"] == run.id
    later = events.assign(settled=last + pd.Timedelta("40D"))
    loaded.absorb(later).save(tmp_path / "again")
    again = mlsys.load(tmp_path / "again")
    pd.testing.assert_frame_equal(again.predict(request), grown.absorb(later).predict(request), check_exact=True)
    with pytest.raises(ConfigurationError, match="is not empty"):
        grown.save(tmp_path / "grown")


def test_the_other_form_absorbs_too(orders: pd.DataFrame) -> None:
    run = run_of(orders, LABEL, WinsRows("key"))
    events = orders.tail(60).assign(y=1, settled=lambda f: f["settled"] + DELAY * 4)
    state = dict(run.model.absorb(events).steps)["WinsRows"].state
    before = dict(run.model.steps)["WinsRows"].state
    known = pd.Series([*before["known"], *events["settled"]], index=[*before["tail"]["order"], *events["order"]])
    earlier = known[known <= orders["at"].max()].sort_values(kind="stable")
    keys = orders.set_index("order")["key"]
    kept = [order for key in "uvw" for order in earlier[(keys[earlier.index] == key).to_numpy()].tail(100).index]
    assert sorted(state["tail"]["order"]) == sorted([*kept, *known[known > orders["at"].max()].index])
    assert state["known"].max() == events["settled"].max()


def test_events_that_cannot_be_absorbed_are_refused(orders: pd.DataFrame) -> None:
    model = run_of(orders, LABEL, Wins("key", tail=1)).model
    events = orders.tail(9).rename(columns={"outcome": "y"})
    with pytest.raises(DataError, match=r"Wins cannot absorb rows without the columns 'y', 'settled'\n.*key, at"):
        model.absorb(events.drop(columns=["y", "settled"]))
    with pytest.raises(DataError, match="'price' holds 'dear' in row"):
        model.absorb(events.assign(price="dear"))
    with pytest.raises(DataError, match="one has a time zone, the other none"):
        model.absorb(events.assign(settled=events["settled"].dt.tz_localize("UTC")))
    with pytest.raises(DataError, match=r"cannot absorb a row of '.' that is known from"):
        model.absorb(orders.head(9).rename(columns={"outcome": "y"}))
    plain = run_of(orders, LABEL).model
    with pytest.raises(ConfigurationError, match="the model has no History"):
        plain.absorb(events)


@pytest.mark.long
def test_the_past_of_a_row_may_lie_in_any_part_that_is_given(orders: pd.DataFrame) -> None:
    cuts = {"train": orders.iloc[:200], "validation": orders.iloc[200:280], "test": orders.iloc[280:]}
    numbered = {name: part.reset_index(drop=True) for name, part in cuts.items()}
    step = Wins("key", tail=5)
    pipeline = Pipeline(
        [LABEL, step, Impute(), Train(LogisticRegression())],
        target="y", time="at", id="order", exclude=["key", "settled"],
    )  # fmt: skip
    run = pipeline.run(numbered, track=False, cache=False)
    both = pd.concat([run.frame(part, after="Wins") for part in ("train", "validation")], ignore_index=True)
    at, settled = orders["at"], orders["settled"]
    recent = [
        ((orders["key"] == row.key) & (settled < row.at) & (at > row.at - pd.Timedelta("90D"))).sum()
        for row in orders.iloc[:280].itertuples()
    ]
    assert both["orders"].tolist() == recent
    assert_same(run.state("Wins"), holding(orders.iloc[:280], step))
    assert_same(run.final_test().state("Wins"), holding(orders, step))


@pytest.mark.long
def test_a_run_out_of_the_cache_holds_the_same(orders: pd.DataFrame, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, again = (pipeline_of(LABEL, Wins("key")).run(orders, track=False) for _ in range(2))
    assert again.cache_report().set_index("step").loc["Wins", "outcome"] == "hit"
    pd.testing.assert_frame_equal(first.frame(after="Wins"), again.frame(after="Wins"))
    for one, other in ((first, again), (first.final_test(), again.final_test())):
        assert digest(one.state("Wins")) == digest(other.state("Wins"))


@pytest.mark.quick("WinsRows")
@pytest.mark.parametrize("kind", [Wins, WinsRows])
def test_moments_made_of_a_late_column_are_waited_for_and_stored(orders: pd.DataFrame, kind: type[History]) -> None:
    """The column with the moments is late itself, and no history reads it."""
    steps = [Derive({"arrived": lambda f: f["settled"]}), NaturalLabel("y", from_column="outcome", known_at="arrived")]
    run = run_of(orders, *steps, kind("key"), known_at={"settled": "settled", "price": "1D"}, exclude=["key", "shop"])
    assert (run.state(kind.__name__)["known"] >= orders["at"].min() + DELAY / 2).all()
    assert run.final_test().state(kind.__name__)["known"].max() == orders["settled"].max()


def test_a_row_is_answered_from_what_is_held_of_its_own_key(orders: pd.DataFrame) -> None:
    step = Wins("key", tail=2)
    whole = holding(orders, step)
    request = orders.tail(12).assign(at=orders["at"].max() + pd.Timedelta("30D"))
    wanted = whole.applied(request, request["at"])[MADE]
    for key, rows in request.groupby("key"):
        own = holding(orders[orders["key"] == key], step)
        for memory in (whole, own):
            pd.testing.assert_frame_equal(memory.applied(rows, rows["at"])[MADE], wanted.loc[rows.index])


class Again(Reshape):
    def reshape(self, frame):
        return pd.DataFrame(frame).iloc[::-1]


def test_rows_that_are_made_anew_are_followed_by_the_id_though_it_is_not_kept(orders: pd.DataFrame) -> None:
    step = Wins("key", tail=3)
    run = run_of(orders, LABEL, step, Again())
    test = run._live.execution.divided.parts["test"].frame()["order"]
    assert_same(run.state("Wins"), holding(orders[~orders["order"].isin(test)], step))
    assert_same(run.final_test().state("Wins"), holding(orders, step))


class OwnLabel(Wins):
    """Hands each row its own label beside what the past holds."""

    def features(self, rows, state):
        return rows.assign(mine=rows["y"] * 2, before=len(state or []))


def test_what_is_made_of_the_rows_own_label_is_no_feature(orders: pd.DataFrame) -> None:
    run = run_of(orders, LABEL, OwnLabel("key"))
    features = run.features.set_index("column")
    assert features["used"][["before", "price"]].all()
    assert "made by OwnLabel from y" in features.loc["mine", "reason"]


@pytest.mark.long
def test_an_audit_sees_no_leak(orders: pd.DataFrame) -> None:
    assert pipeline_of(LABEL, Wins("key")).audit_leakage(orders).verdict == "not observed"
