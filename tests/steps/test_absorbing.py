"""A history that keeps a state of each key gives what a loop over all earlier rows gives, however rows come."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys import History, Past
from mlsys.errors import ConfigurationError, ContractError, DataError, StateError
from mlsys.states import digest
from mlsys.steps.memory import Memory

START = pd.Timestamp("2024-01-01")


class RecentRows(History):
    """Count and mean over the last hours, by looking at the past of each row."""

    column: str = "value"
    hours: float = 48.0

    def apply(self, frame, past):
        found = []
        for place, at in enumerate(frame["at"]):
            rows = past.of(place)
            values = rows.loc[rows["at"] > at - pd.Timedelta(hours=self.hours), self.column].tolist()
            found.append((len(values), sum(values) / len(values) if values else np.nan))
        return frame.assign(recent=[each[0] for each in found], mean=[each[1] for each in found])


class Recent(History):
    """The same, of a state that holds what lies inside the window."""

    column: str = "value"
    hours: float = 48.0

    def absorb(self, state, rows):
        seen = [*(state or []), *zip(rows["at"], rows[self.column].tolist(), strict=True)]
        newest = max(at for at, _ in seen)  # later rows are decided after it
        return [each for each in seen if each[0] > newest - pd.Timedelta(hours=self.hours)]

    def features(self, rows, state):
        found = []
        for at in rows["at"]:
            values = [value for then, value in state or [] if then > at - pd.Timedelta(hours=self.hours)]
            found.append((len(values), sum(values) / len(values) if values else np.nan))
        return pd.DataFrame(found, columns=["recent", "mean"], index=rows.index)


one_row = st.tuples(
    st.sampled_from(["a", "b", None]),
    st.sampled_from([1, 2]),
    st.one_of(st.none(), st.integers(0, 8)),
    st.one_of(st.none(), st.integers(0, 4)),
    st.integers(-5, 5),
)
some_rows = st.lists(one_row, min_size=1, max_size=22)
keys = st.sampled_from(["key", ("key", "shop")])


def frame_of(rows) -> pd.DataFrame:
    """Keys, day of decision (or null), days until known (or null for never), value."""
    return pd.DataFrame(
        {
            "key": pd.array([row[0] for row in rows], dtype="str"),
            "shop": [row[1] for row in rows],
            "at": pd.to_datetime([None if row[2] is None else START + pd.Timedelta(days=row[2]) for row in rows]),
            "late": pd.to_timedelta([None if row[3] is None else f"{row[3]}D" for row in rows]),
            "value": [float(row[4]) for row in rows],
        },
        index=np.arange(len(rows))[::-1] + 10,
    )


def known_of(frame: pd.DataFrame) -> pd.Series:
    return frame["at"] + frame["late"]


def batch(step: History, frame: pd.DataFrame) -> pd.DataFrame:
    return step.apply(frame, Past(frame, frame, step.by, frame["at"], known_of(frame)))


@settings(max_examples=60, deadline=None)
@given(some_rows, keys)
def test_a_replay_is_what_looking_at_the_past_of_each_row_gives(rows, by) -> None:
    frame = frame_of(rows)
    pd.testing.assert_frame_equal(batch(Recent(by), frame), batch(RecentRows(by), frame), check_dtype=False)


def memory_of(step: History, frame: pd.DataFrame, *blocks: pd.DataFrame) -> Memory:
    memory = Memory.empty(step, frame, known_of(frame), {"recent": "int64", "mean": "float64"})
    for block in blocks:
        memory = memory.with_rows(block, known_of(block), block["at"])
    return memory


@settings(max_examples=60, deadline=None)
@given(some_rows, keys, st.integers(0, 3), st.lists(st.integers(1, 21), max_size=5))
def test_rows_that_come_in_blocks_are_held_as_if_they_had_come_at_once(rows, by, tail: int, cuts) -> None:
    frame = frame_of(rows)
    frame = frame.iloc[np.argsort(known_of(frame).to_numpy(), kind="stable")]
    step = Recent(by, tail=tail)
    places = [0, *sorted({cut for cut in cuts if cut < len(frame)}), len(frame)]
    blocks = [frame.iloc[first:last] for first, last in zip(places[:-1], places[1:], strict=True)]
    whole, in_blocks = memory_of(step, frame, frame), memory_of(step, frame, *blocks)
    assert digest(whole.state) == digest(in_blocks.state)


@settings(max_examples=60, deadline=None)
@given(some_rows, keys, st.integers(0, 3))
def test_a_request_is_answered_as_in_a_batch_of_all_rows(rows, by, tail: int) -> None:
    frame = frame_of(rows)
    whole = batch(RecentRows(by), frame)
    for kind in (Recent, RecentRows):
        step = kind(by, tail=tail if kind is Recent else 100)
        for place in range(0, len(frame), 4):
            row = frame.iloc[place : place + 1]
            earlier = frame[(frame["at"] <= row["at"].iloc[0]).to_numpy() & (frame.index != row.index[0])]
            made = memory_of(step, frame, earlier).applied(row, row["at"])
            pd.testing.assert_frame_equal(made, whole.loc[row.index])


@settings(max_examples=40, deadline=None)
@given(some_rows, keys)
def test_rows_may_come_as_late_as_the_tail_is_long(rows, by) -> None:
    frame = frame_of(rows)
    step = Recent(by, tail=len(frame))
    ordered = frame.iloc[np.argsort(known_of(frame).to_numpy(), kind="stable")]
    memory = memory_of(step, frame, *(ordered.iloc[[place]] for place in reversed(range(len(ordered)))))
    request = frame.assign(at=START + pd.Timedelta(days=7))
    wanted = memory_of(step, frame, frame).applied(request, request["at"])
    found = memory.applied(request, request["at"])
    assert found["recent"].tolist() == wanted["recent"].tolist()


ROWS = frame_of([("a", 1, 0, 0, 1), ("a", 1, 1, 0, 2), ("a", 1, 2, 0, 3), ("b", 1, 2, 0, 4)])


def test_what_comes_later_than_the_tail_lets_it_is_refused() -> None:
    memory = memory_of(Recent("key", tail=1), ROWS, ROWS)
    with pytest.raises(DataError, match=r"cannot absorb a row of 'a' that is known from 2024-01-01.*\n.*tail=1"):
        memory.with_rows(ROWS.head(1), known_of(ROWS.head(1)), ROWS["at"].head(1))


def test_a_request_of_before_what_was_absorbed_is_answered_as_of_a_new_key_and_says_so() -> None:
    memory = memory_of(Recent("key", tail=0), ROWS, ROWS, ROWS.assign(at=ROWS["at"] + pd.Timedelta("9D")))
    with pytest.warns(UserWarning, match=r"Recent: 4 rows \(row 13 first\) are decided before rows"):
        made = memory.applied(ROWS, ROWS["at"])
    assert made["recent"].tolist() == [0, 0, 0, 0] and made["mean"].dtype == "float64"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        memory.applied(ROWS, ROWS["at"] + pd.Timedelta("90D"))


class InPlace(Recent):
    def absorb(self, state, rows):
        state = [] if state is None else state
        state.extend(zip(rows["at"], rows[self.column].tolist(), strict=True))
        return state


def test_a_state_that_is_changed_in_place_is_stored_as_it_was() -> None:
    memory = memory_of(InPlace("key", tail=1), ROWS, ROWS)
    before = digest(memory.state)
    request = ROWS.assign(at=START + pd.Timedelta("3D"))
    first, again = (memory.applied(request, request["at"]) for _ in range(2))
    memory.with_rows(request, request["at"], request["at"])
    pd.testing.assert_frame_equal(first, again)
    assert digest(memory.state) == before


class LastOne(History):
    def absorb(self, state, rows):
        return rows["value"].tolist()[-1]

    def features(self, rows, state):
        return rows[[]].assign(last=[state] * len(rows), known=state is not None)


def test_nothing_known_leaves_the_type_of_a_column_to_the_other_rows_and_to_training() -> None:
    made = batch(LastOne("key"), ROWS)
    assert made["last"].dtype == "float64" and made["last"].fillna(-1).tolist() == [-1, 1, 2, -1]
    memory = Memory.empty(LastOne("key"), ROWS, known_of(ROWS), {"last": "float64", "known": "bool"})
    made = memory.with_rows(ROWS, known_of(ROWS), ROWS["at"]).applied(ROWS.tail(1), ROWS["at"].tail(1))
    assert made["last"].isna().all() and made["last"].dtype == "float64"


def test_half_a_form_or_both_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"absorb\(\) without features\(\)\n.*write features\(rows, state\)"):

        class Half(History):
            def absorb(self, state, rows):
                return len(rows)

    with pytest.raises(ConfigurationError, match=r"features\(\) without absorb\(\)\n.*write absorb\(state, rows\)"):

        class OtherHalf(History):
            def features(self, rows, state):
                return rows

    with pytest.raises(ConfigurationError, match=r"apply\(\) beside absorb\(\) and features\(\)"):

        class Both(Recent):
            def apply(self, frame, past):
                return frame

    with pytest.raises(ConfigurationError, match="lacks the hook apply or absorb"):

        class Neither(History):
            column: str = "x"


def test_keys_are_named_once_each() -> None:
    with pytest.raises(ConfigurationError, match="each key column must be named once"):
        Recent(["key", "key"])


def test_keys_of_new_levels_are_held_beside_the_old_ones() -> None:
    step = Recent("key", tail=1)
    old, new = (frame.astype({"key": "category"}) for frame in (ROWS, ROWS.assign(key=["c", "a", "c", "c"])))
    later = [frame.assign(at=frame["at"] + pd.Timedelta(days=7)) for frame in (new, new)]
    memory = memory_of(step, old, old, later[0])
    assert memory.state["tail"]["key"].dtype == pd.CategoricalDtype(["a", "b", "c"])
    request = ROWS.assign(key=["a", "b", "c", "d"], at=START + pd.Timedelta(days=10))
    assert memory.applied(request, request["at"])["recent"].tolist() == [0, 0, 2, 0]


def test_no_rows_get_the_columns_of_rows() -> None:
    made = memory_of(Recent("key"), ROWS, ROWS).applied(ROWS.head(0), ROWS["at"].head(0))
    assert made.empty and made.dtypes[["recent", "mean"]].tolist() == [np.dtype("int64"), np.dtype("float64")]


class Forgets(Recent):
    def absorb(self, state, rows):
        self.column.upper()


class Unlike(Recent):
    def features(self, rows, state):
        return rows[["key"]].assign(**{"new" if state is None else "known": 1})


class KeepsASet(Recent):
    def absorb(self, state, rows):
        return {*(state or ()), *rows["value"]}

    def features(self, rows, state):
        return pd.DataFrame({"values": len(state or ())}, index=rows.index)


def test_hooks_that_break_their_form_are_told() -> None:
    with pytest.raises(ContractError, match=r"absorb\(\) of Forgets returned None\n.*return"):
        batch(Forgets("key"), ROWS)
    with pytest.raises(ContractError, match=r"\['key', 'known'\], but \['key', 'new'\] for other rows"):
        batch(Unlike("key"), ROWS)
    with pytest.raises(
        StateError, match=r"absorb\(\) of KeepsASet returned a state that cannot be stored: .* is a set"
    ):
        memory_of(KeepsASet("key", tail=0), ROWS, ROWS)
