"""Steps on separate columns share the scans of rows that are read when needed, and learn what each would alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Bin, Derive, Impute, OneHot, Pipeline, RandomSplit, Run, Standardize, TargetEncode
from mlsys.dataset import Roles
from mlsys.engines import LocalEngine
from mlsys.errors import DataError
from mlsys.execution.ahead import Ahead
from mlsys.plan import Planned
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps import Source
from mlsys.steps.learning import learn
from mlsys.steps.seeds import generator
from mlsys.steps.shown import Shown
from mlsys.tables import Partition, Table

ROWS, READ, ROLES = 400, [], Roles(target="late")


def orders() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    price = np.where(draw.random(ROWS) < 0.1, np.nan, draw.lognormal(size=ROWS))
    kinds = pd.Series(draw.choice(["a", "b", "c"], ROWS), dtype="str")
    frame = pd.DataFrame({"price": price, "days": draw.integers(0, 90, ROWS) * 1.0, "kind": kinds})
    frame["city"] = pd.Series(draw.choice(["Oslo", "Rome"], ROWS), dtype="str")
    return frame.assign(late=(draw.random(ROWS) < 0.4).astype(int))


class Orders(Source):
    """Four pieces; notes each time that one is read."""

    def partitions(self) -> Any:
        def piece(start: int) -> Any:
            def read(columns: Any) -> pd.DataFrame:
                READ.append(start)
                return orders().iloc[start : start + 100][list(columns or orders())]

            return read

        return [Partition(100, piece(start), f"piece {start}") for start in range(0, ROWS, 100)]


LEARNING = [Bin(["days"], bins=4), Impute(["price"]), TargetEncode(["city"]), OneHot(["kind"])]


def ran(learning: list[Any], *first: Any) -> Run:
    READ.clear()
    with override(rows_in_memory=150, rows_per_partition=100):
        pipeline = Pipeline([*first, RandomSplit(), *learning], target="late")
        return pipeline.run(None if first else orders(), track=False, cache=False, verbose=False)


def alone(monkeypatch: pytest.MonkeyPatch, learning: list[Any], *first: Any) -> tuple[Run, int]:
    with monkeypatch.context() as patched:
        patched.setattr(Ahead, "learn", lambda self, *given: None)
        run = ran(learning, *first)
    return run, len(READ)


def table() -> Table:
    return LocalEngine().hold(list(Orders().partitions()), None)


def ahead(steps: list[Any], train: Table) -> tuple[Ahead, Planned, Any]:
    """Return one that is at work on the first of some steps, that step, and what shows rows to any."""
    planned = [Planned(step, f"{step.title} {place}", place) for place, step in enumerate(steps, 1)]
    found = Ahead()
    found.begin(planned)
    features = list(train.head(0).columns)
    return found, planned[0], lambda step: Shown(step, ROLES, features)


def test_scans_are_shared_and_each_state_is_what_a_step_learns_alone() -> None:
    alone_learned = [learn(step, table(), Shown(step, ROLES, ["days"]), generator(0, step)) for step in LEARNING]
    by_themselves, train = len(READ), table()
    READ.clear()
    found, first, wraps = ahead(LEARNING, train)
    learned = [found.learn(first, train, ROLES, wraps)]
    assert len(READ) <= by_themselves - 3 * 4
    for each in found._steps[1:]:
        learned.append(found.learn(each, train.map(lambda frame: frame), ROLES, wraps))
        assert found.learn(each, train, ROLES, wraps) is None  # taken once
    for one, other in zip(alone_learned, learned, strict=True):
        assert digest(one.state) == digest(other.state)
        assert list(map(digest, one.fold_states)) == list(map(digest, other.fold_states))


@pytest.mark.parametrize("later", [Standardize(["price"]), Standardize(["made_by_no_column_yet"]), Standardize()])
def test_what_reads_changed_columns_or_chooses_them_learns_in_its_place(later) -> None:
    train = table()
    found, first, wraps = ahead([Impute(["price"]), later, Bin(["days"])], train)
    found.learn(first, train, ROLES, wraps)
    assert {name.split()[0] for name in found._learned} == (set() if later.chooses_columns else {"Bin"})


def test_nothing_is_learned_ahead_from_rows_in_memory_or_for_other_rows() -> None:
    whole = LocalEngine().hold(None, orders())
    found, first, wraps = ahead(LEARNING, whole)
    assert found.learn(first, whole, ROLES, wraps) is None
    train = table()
    found.learn(first, train, ROLES, wraps)
    assert found.learn(found._steps[1], table(), ROLES, wraps) is None


@pytest.mark.long
def test_states_are_those_of_one_at_a_time_in_fewer_scans(monkeypatch) -> None:
    by_itself, scans = alone(monkeypatch, LEARNING, Orders())
    together = ran(LEARNING, Orders())
    assert len(READ) <= scans - 4 * 4  # Bin passes over the rows three times, Impute twice, the others once
    whole = ran(LEARNING)
    for name in ("Bin", "Impute", "TargetEncode", "OneHot"):
        assert digest(together.state(name)) == digest(by_itself.state(name)) == digest(whole.state(name)), name
    pd.testing.assert_frame_equal(together.frame("train"), by_itself.frame("train"))


@pytest.mark.long
@pytest.mark.parametrize(
    "learning",
    [
        [Impute(["price"]), Standardize(["price"])],
        [Impute(["price"]), Derive({"double": lambda frame: 2 * frame["price"]}), Standardize(["price", "double"])],
        [Impute(), Standardize()],
    ],
)
def test_what_an_earlier_step_changes_is_learned_after_it(monkeypatch, learning) -> None:
    by_itself, _ = alone(monkeypatch, learning, Orders())
    together = ran(learning, Orders())
    assert digest(together.state("Standardize")) == digest(by_itself.state("Standardize"))
    assert abs(together.frame("train")["price"].mean()) < 1e-9


def test_an_error_is_that_of_its_own_step() -> None:
    with pytest.raises(DataError, match="Standardize takes numbers") as raised:
        ran([Impute(["price"]), Standardize(["kind"])], Orders())
    assert any("'Standardize'" in note for note in raised.value.__notes__)
