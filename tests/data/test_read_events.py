"""ReadEvents: the same rows whatever the batches, each event once, and what cannot be read told one by one."""

from __future__ import annotations

import gzip
import json
import random
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import Column, Pipeline, RandomSplit, ReadEvents, quarantined
from mlsys.errors import ConfigurationError, DataError

TYPES = {"user": "str", "price": "float64", "at": "datetime64[us]"}


def clicks(count: int, start: int = 0) -> list[dict[str, Any]]:
    at = pd.Timestamp("2024-05-01")
    return [
        {"user": f"u{each % 7}", "price": each / 4, "at": (at + pd.Timedelta(minutes=each)).isoformat()}
        for each in range(start, start + count)
    ]


def write(path: Path, events: list[Any], mode: str = "w") -> None:
    with open(path, mode, encoding="utf-8") as opened:
        opened.writelines((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in events)


def test_rows_are_those_of_pandas(own_folder: Path) -> None:
    write(own_folder / "a.jsonl", clicks(50))
    read = ReadEvents("a.jsonl", time="at").read()
    expected = pd.read_json("a.jsonl", lines=True, dtype=False)
    pd.testing.assert_frame_equal(read, expected.assign(at=pd.to_datetime(expected["at"]).dt.as_unit("us")))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=40),
    st.integers(1, 12),
    st.sampled_from([None, "0s", "5min", "1h"]),
    st.booleans(),
)
def test_batches_of_any_size_hold_what_one_reading_holds(
    drawn: list[tuple[int, int]], size: int, lateness: str | None, unique: bool
) -> None:
    start = pd.Timestamp("2024-05-01")
    events = [{"key": key, "at": (start + pd.Timedelta(minutes=at)).isoformat()} for at, key in drawn]
    source = ReadEvents(
        events, "at", lateness, "key" if unique else None, {"key": "int64", "at": "datetime64[us]"}, lost=1.0
    )
    batches = list(source.batches(size=size))
    rows = [tuple(each) for batch in batches for each in batch.rows[["key", "at"]].itertuples(index=False)]
    expected: list[tuple[int, pd.Timestamp]] = []
    seen: dict[int, pd.Timestamp] = {}
    latest = start
    allowed = pd.Timedelta("1000D") if lateness is None else pd.Timedelta(lateness)
    for event in events:
        at, key = pd.Timestamp(event["at"]), event["key"]
        if unique and key in seen and (seen[key] >= latest - allowed or seen[key] == at):
            continue
        seen[key] = at
        if at >= latest - allowed:
            expected.append((key, at))
        latest = max(latest, at)
    assert rows == expected
    counts = sum((batch.counts for batch in batches[1:]), batches[0].counts) if batches else None
    if counts is not None:
        assert counts.read == len(events) == counts.rows + counts.late + counts.broken + counts.duplicates
    if expected:
        whole = source.read()
        assert [tuple(each) for each in whole[["key", "at"]].itertuples(index=False)] == rows


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"user": "x", "price": ', "is not JSON at character 23: Expecting value"),
        ("[1, 2]", "is a list, not an object"),
        ('{"user": "x", "price": "cheap", "at": "2024-05-01"}', "'price' holds 'cheap', not a number"),
        ('{"user": 7, "price": 1, "at": "2024-05-01"}', "'user' holds 7, not a text"),
        ('{"user": "x", "price": 1}', "has no time in 'at'"),
        ('{"user": "x", "price": 1, "at": "soon"}', "'at' holds 'soon', not a time without an offset"),
        ('{"user": "x", "price": 1, "at": "2024-05-01T00:00Z"}', "not a time without an offset"),
        ('{"user": "\\ud800", "price": 1, "at": "2024-05-01"}', "not a text"),
        ("[" * 100_000, "cannot be read: RecursionError"),
        ("\x00", "is not JSON"),
    ],
)
def test_a_broken_event_is_set_aside_with_its_reason(own_folder: Path, line: str, reason: str) -> None:
    write(own_folder / "a.jsonl", [*clicks(3), line, *clicks(3, 3)])
    (batch,) = ReadEvents("a.jsonl", time="at", dtypes=TYPES, lost=0.2).batches()
    assert batch.rows["price"].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert reason in batch.aside["reason"].item()
    assert batch.aside["where"].item() == "line 4 of 'a.jsonl'"
    assert batch.counts.broken == 1


def test_a_loop_goes_on_behind_the_batch_that_was_done_last(own_folder: Path) -> None:
    write(own_folder / "a.jsonl", clicks(10))
    events = ReadEvents("a.jsonl", dtypes=TYPES)
    loop = events.batches("progress.json", size=4)
    assert [next(loop).name, next(loop).name] == ["000000000000", "000000000004"]
    loop.close()  # the second was not done
    write(own_folder / "a.jsonl", clicks(3, 10), "a")
    again = list(events.batches("progress.json", size=100))
    assert [batch.name for batch in again] == ["000000000004"]
    assert again[0].rows["price"].tolist() == [each / 4 for each in range(4, 13)]
    assert not list(events.batches("progress.json"))
    written = own_folder / "progress.json"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert "u6" not in written.read_text()  # nothing of an event, where none is asked to be known by its id


def test_a_batch_that_is_committed_before_a_break_does_not_come_again(own_folder: Path) -> None:
    events = ReadEvents(clicks(10))
    for batch in events.batches("progress.json", size=4):
        batch.commit()
        break
    assert [len(batch) for batch in events.batches("progress.json")] == [6]


def test_a_standing_that_was_stored_elsewhere_goes_on_too() -> None:
    events = ReadEvents(clicks(10), time="at", lateness="1min", id="price")
    first = next(events.batches(size=4))
    stored = json.loads(json.dumps(first.standing))
    assert [len(batch) for batch in events.batches(after=stored)] == [6]


def test_a_line_counts_when_it_is_complete(own_folder: Path) -> None:
    write(own_folder / "a.jsonl", clicks(2))
    with open("a.jsonl", "a") as opened:
        opened.write('{"user": "x", "pri')
    events = ReadEvents("a.jsonl", dtypes=TYPES)
    assert [len(batch) for batch in events.batches("progress.json")] == [2]
    with open("a.jsonl", "a") as opened:
        opened.write('ce": 8}')  # whole, though no line ends
    (batch,) = events.batches("progress.json")
    assert batch.rows["price"].tolist() == [8.0]


def test_files_are_read_in_order_and_new_ones_are_found(own_folder: Path) -> None:
    write(own_folder / "b.jsonl", clicks(3, 5))
    with gzip.open("a.jsonl.gz", "wt") as packed:
        packed.writelines(json.dumps(each) + "\n" for each in clicks(5))
    events = ReadEvents(str(own_folder), dtypes=TYPES)
    assert events.read()["price"].tolist() == [each / 4 for each in range(8)]
    read = [len(batch) for batch in events.batches("progress", size=2)]
    assert sum(read) == 8
    write(own_folder / "c.jsonl", clicks(1))
    write(own_folder / "b.jsonl", clicks(1, 90), "a")
    assert sorted(x for batch in events.batches("progress") for x in batch.rows["price"]) == [0.0, 22.5]


@pytest.mark.parametrize("change", ["shortened", "replaced"])
def test_another_file_under_the_same_name_is_refused(own_folder: Path, change: str) -> None:
    write(own_folder / "a.jsonl", clicks(10))
    events = ReadEvents("a.jsonl", dtypes=TYPES)
    list(events.batches("progress.json"))
    write(own_folder / "a.jsonl", clicks(5) if change == "shortened" else clicks(30, 100))
    with pytest.raises(DataError, match="shortened or replaced"):
        list(events.batches("progress.json"))


def test_events_that_were_read_are_not_read_again_when_a_feed_repeats_them() -> None:
    events = ReadEvents([*clicks(5), *clicks(3)], time="at", lateness="1D", id="price", dtypes=TYPES)
    (batch,) = events.batches()
    assert (len(batch), batch.counts.duplicates) == (5, 3)


def test_ids_are_forgotten_once_their_events_would_be_late() -> None:
    events = ReadEvents(clicks(500), time="at", lateness="10min", id="price", dtypes=TYPES)
    *_, last = events.batches(size=5)
    assert len(last.standing["ids"]) == 11


def test_a_batch_that_is_delivered_twice_is_no_late_one() -> None:
    events = ReadEvents([*clicks(200), *clicks(200)], "at", "1min", "price", dtypes=TYPES)
    *_, again = events.batches(size=200)
    assert (again.counts.duplicates, again.counts.late) == (200, 0)


def test_one_clock_that_is_ahead_is_named() -> None:
    events = [{"at": "2099-01-01"}, *({"at": f"2024-05-01T00:{each:02}"} for each in range(50))]
    with pytest.raises(DataError, match=r"50 late.*before 2099-01-01 00:00:00, which came earlier"):
        ReadEvents(events, "at", "1h").read()


def test_reading_ends_where_it_is_told() -> None:
    events = clicks(100)
    assert len(ReadEvents(events, "at", until="2024-05-01T00:30").read()) == 30
    assert len(ReadEvents(events, max_events=7).read()) == 7
    assert sum(map(len, ReadEvents(events, max_events=7).batches(size=3))) == 7
    bounded = list(ReadEvents(events, "at", "5min", until="2024-05-01T00:30").batches(size=1))
    assert (sum(map(len, bounded)), len(bounded)) == (30, 36)  # the watermark comes to the end five minutes later


def test_a_function_gives_events_anew_each_time(own_folder: Path) -> None:
    def endless() -> Iterator[dict[str, Any]]:
        each = 0
        while True:
            yield {"x": each}
            each += 1

    events = ReadEvents(endless, max_events=10)
    assert events.read()["x"].tolist() == list(range(10))
    seen = [x for _ in range(3) for batch in events.batches("progress", size=4) for x in batch.rows["x"]]
    assert seen == list(range(30))


def test_what_can_be_read_once_only_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="without calling it"):
        ReadEvents(iter([{"x": 1}]))


def test_two_loops_do_not_share_a_file_of_progress() -> None:
    events = ReadEvents(clicks(10))
    loop = events.batches("progress", size=2)
    next(loop)
    with pytest.raises(ConfigurationError, match="another process or loop"):
        next(events.batches("progress"))


def test_a_file_of_progress_of_another_stream_is_refused(own_folder: Path) -> None:
    write(own_folder / "a.jsonl", clicks(10))
    list(ReadEvents(clicks(3)).batches("progress"))
    with pytest.raises(ConfigurationError, match="says how far events was read"):
        next(ReadEvents("a.jsonl").batches("progress"))


@pytest.mark.parametrize("content", ["", "{", '{"source": 1}', "[]"])
def test_a_damaged_file_of_progress_is_refused(own_folder: Path, content: str) -> None:
    (own_folder / "progress").write_text(content)
    with pytest.raises(DataError, match="how far it came"):
        next(ReadEvents(clicks(3)).batches("progress"))


def test_types_that_differ_from_event_to_event_are_to_be_declared() -> None:
    with pytest.raises(DataError, match="several kinds") as refused:
        ReadEvents([{"x": 1}, {"x": "a"}]).read()
    assert "dtypes={'x'" in refused.value.remedy


def test_a_number_as_time_needs_its_unit() -> None:
    events = [{"at": 1_714_521_600_000 + each} for each in range(3)]
    with pytest.raises(ConfigurationError, match="unit is not known"):
        ReadEvents(events, "at").read()
    read = ReadEvents(events, "at", dtypes={"at": "datetime64[ms, UTC]"}).read()
    assert read["at"].iloc[0] == pd.Timestamp("2024-05-01", tz="UTC")


def test_a_pipeline_trains_on_events(own_folder: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    draw = random.Random(0)
    events = [{**each, "bought": draw.random() < each["price"] % 2 / 2} for each in clicks(300)]
    write(own_folder / "a.jsonl", events)
    source = ReadEvents("a.jsonl", time="at", dtypes=TYPES)
    steps = [source, LogisticRegression()]
    run = Pipeline(steps, target="bought", time="at", exclude=["user"]).run(track=False)
    assert run.model is not None
    made = [run.model.predict(batch.rows) for batch in source.batches("progress", size=100)]
    assert [len(each) for each in made] == [100, 100, 100]
    assert np.isfinite(pd.concat(made)["probability_True"]).all()


def test_until_and_since_part_a_stream_where_they_are_equal() -> None:
    events = [*clicks(30, 20), *clicks(20)]  # out of order
    past = ReadEvents(events, "at", until="2024-05-01T00:25").read()
    rest = ReadEvents(events, "at", since="2024-05-01T00:25").read()
    assert sorted([*past["price"], *rest["price"]]) == [each / 4 for each in range(50)]
    assert past["price"].max() < rest["price"].min() == 25 / 4


def test_a_replay_holds_what_was_done_and_no_more() -> None:
    events = ReadEvents(clicks(30), "at", dtypes=TYPES)
    loop = events.batches("progress", size=7)
    next(loop), next(loop), next(loop)
    loop.close()
    again = [each for batch in events.replay("progress", size=4) for each in batch.rows["price"]]
    rest = [each for batch in events.batches("progress") for each in batch.rows["price"]]
    assert again == [each / 4 for each in range(14)]
    assert again + rest == [each / 4 for each in range(30)]
    assert not list(events.replay("nothing yet"))


def test_a_list_that_has_ended_is_not_waited_for() -> None:
    assert sum(map(len, ReadEvents(clicks(10)).batches(follow=True, size=3))) == 10


def test_following_a_file_waits_for_a_batch_to_fill(own_folder: Path) -> None:
    write(own_folder / "a.jsonl", clicks(3))
    loop = ReadEvents("a.jsonl", dtypes=TYPES).batches(follow=True, size=5, wait="0.2s")
    assert len(next(loop)) == 3
    write(own_folder / "a.jsonl", clicks(5, 3), "a")
    assert len(next(loop)) == 5
    loop.close()


def test_a_replay_of_events_that_are_gone_is_refused() -> None:
    list(ReadEvents(clicks(10)).batches("progress"))
    with pytest.raises(DataError, match="of 10 events that were dealt with, events now has 4"):
        list(ReadEvents(clicks(4)).replay("progress"))


def test_what_a_pipeline_sets_aside_is_kept_and_counted(own_folder: Path) -> None:
    events = [*clicks(50), "{", '{"user": "x", "pri', *clicks(50, 50)]
    write(own_folder / "a.jsonl", [{**each, "y": at % 2} if isinstance(each, dict) else each
                                   for at, each in enumerate(events)])  # fmt: skip
    source = ReadEvents("a.jsonl", dtypes=TYPES, lost=0.05, name="orders")
    run = Pipeline([source, RandomSplit()], target="y", exclude=["at"]).run(track=False)
    (found,) = [each for each in run.findings if each.code == "DA101"]
    assert found.message.startswith("orders: 2 of 102 events were set aside: broken (2)")
    assert "pri" not in found.message
    assert quarantined(source)["where"].tolist() == ["line 51 of 'a.jsonl'", "line 52 of 'a.jsonl'"]


def test_an_unfinished_last_line_is_told(own_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (own_folder / "a.jsonl").write_text('{"x": 1}\n{"x": 2')
    assert ReadEvents("a.jsonl").read()["x"].tolist() == [1]
    assert "line 2 of 'a.jsonl' is unfinished" in caplog.text


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ReadEvents([{"x": 1}], dtypes={"x": "category"}), "no event can be read as"),
        (lambda: ReadEvents([{"x": 1}], known_at={"y": "1D"}).read(), "known_at= names 'y'"),
        (lambda: ReadEvents([{1: 2}]).read(), "a field whose name is not a text"),
        (lambda: ReadEvents(lambda: pd.DataFrame({"x": [1]})).read(), "returned DataFrame, not events"),
        (lambda: ReadEvents(pd.DataFrame({"x": [1]})), "a table is read by ReadFrame"),
        (lambda: list(ReadEvents([{"x": 1}]).batches(after={"x": 1})), "after= is not the standing"),
        (lambda: list(ReadEvents([{"x": 1}]).batches("nowhere/progress")), "cannot record how far it came"),
        (lambda: list(ReadEvents([{"x": 1}]).batches(".")), "cannot record how far it came"),
        (lambda: ReadEvents([{"x": 1}], until="2024"), "no event has a time"),
        (lambda: ReadEvents([{"x": 1}], "at", "-1h"), "negative lateness"),
    ],
)
def test_what_cannot_be_read_is_told(own_folder: Path, make: Any, said: str) -> None:
    with pytest.raises((ConfigurationError, DataError)) as refused:
        make()
    assert said in str(refused.value)
    assert refused.value.remedy


@given(st.lists(st.one_of(st.integers(-3, 9), st.none(), st.just("x")), min_size=1, max_size=30), st.integers(1, 7))
def test_events_that_do_not_fit_the_schema_are_set_aside_whatever_the_batch(values: list[Any], size: int) -> None:
    schema = {"x": Column("float64", least=0), "shop": Column("str", null=True)}
    events = ReadEvents([{"x": each} for each in values], schema=schema, lost=1.0)
    batches = list(events.batches(size=size))
    fit = [each for each in values if isinstance(each, int) and each >= 0]
    assert [x for batch in batches for x in batch.rows["x"]] == fit
    assert sum(batch.counts.broken for batch in batches) == len(values) - len(fit)
    assert [len(batch.aside) for batch in batches] == [batch.counts.broken for batch in batches]


def test_a_schema_of_a_stream_asks_nothing_of_all_events_together() -> None:
    with pytest.raises(ConfigurationError, match="never seen as a whole"):
        ReadEvents(clicks(3), schema={"price": Column("float64", unique=True)})
