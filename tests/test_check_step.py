"""check_step passes a right step of each kind before the split, and catches wrong ones; how it reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import (
    History,
    Label,
    Reshape,
    RowTransform,
    Select,
    Source,
    Split,
    Step,
    Transform,
)
from mlsys.errors import ConfigurationError
from mlsys.summaries import hash_ids, uniform
from mlsys.testing import StepCheckFailed, StepCheckWarning, check_step, checks


class Orders(Source):
    rows: int = 20

    def read(self):
        return pd.DataFrame({"order": range(self.rows), "price": np.linspace(1, 9, self.rows)})


class OrdersAtRandom(Orders):
    """Reads other rows each time: a query without ORDER BY, a sample without a seed."""

    def read(self):
        return super().read().sample(frac=1.0)


class OrdersTwice(Orders):
    """Two tables side by side share a column name."""

    def read(self):
        return pd.concat([super().read(), super().read()], axis=1)


class PerDay(RowTransform):
    def apply(self, frame):
        return frame.assign(per_day=frame["price"] / (1 + frame["days_since_last"]))


class DropsNulls(RowTransform):
    """Cleans by dropping rows."""

    def apply(self, frame):
        return frame.dropna()


class Ranks(RowTransform):
    """A rank needs the other rows."""

    def apply(self, frame):
        return frame.assign(rank=frame["price"].rank())


class WritesIntoIt(RowTransform):
    def apply(self, frame):
        frame["double"] = frame["price"] * 2
        return frame


class ReadsMore(PerDay):
    """Says less than it reads."""

    def columns_read(self, columns):
        return ("price",)


class Paid(History):
    def apply(self, frame, past):
        return frame.assign(paid=past.mean("price"), orders=past.count())


class PaidEver(History):
    """Averages over the whole frame, the future among it."""

    def apply(self, frame, past):
        return frame.assign(paid=frame.groupby(self.by)["price"].transform("mean"))


class PaidNext(History):
    """Shifts the wrong way."""

    def apply(self, frame, past):
        return frame.assign(paid=frame.groupby(self.by)["price"].shift(-1))


class PaidLately(History):
    """Keeps the last three prices of a customer."""

    def absorb(self, state, rows):
        return [*(state or []), *rows["price"].tolist()][-3:]

    def features(self, rows, state):
        return pd.DataFrame({"paid": state[-1] if state else np.nan, "orders": len(state or [])}, index=rows.index)


class PaidLatelyByBlock(PaidLately):
    """Counts blocks where it means rows."""

    def absorb(self, state, rows):
        return [*(state or []), float(rows["price"].mean())]


class PaidInBatch(PaidLately):
    """Looks at the other rows that are decided with a row."""

    def features(self, rows, state):
        return super().features(rows, state).assign(most=rows["price"].max() if state else 0.0)


class PaidOnce(PaidLately):
    """Takes out of the state what it shows."""

    def features(self, rows, state):
        return pd.DataFrame({"paid": state.pop() if state else np.nan}, index=rows.index)


class PaidAtAll(PaidLately):
    """Keeps what cannot be stored."""

    def absorb(self, state, rows):
        return {*(state or ()), *rows["price"]}

    def features(self, rows, state):
        return pd.DataFrame({"prices": len(state or ())}, index=rows.index)


class Daily(Reshape):
    def reshape(self, frame):
        days = pd.DataFrame(frame).assign(day=frame["ordered"].dt.floor("D"))
        return days.groupby("day", as_index=False)["price"].sum()


class DailyInPlace(Reshape):
    """Writes the day into the rows it was shown."""

    def reshape(self, frame):
        frame["day"] = frame["ordered"].dt.floor("D")
        return pd.DataFrame(frame).groupby("day", as_index=False)["price"].sum()


class Some(Select):
    def keep(self, frame, rng):
        return rng.random(len(frame)) < 0.5


class Filters(Select):
    """Returns rows, not a mask."""

    def keep(self, frame, rng):
        return frame[frame["price"] > 10]


class OwnDice(Select):
    """Ignores the generator it is given."""

    def keep(self, frame, rng):
        return np.random.default_rng().random(len(frame)) < 0.5


class Slow(Label):
    def label(self, frame):
        return (frame["days_since_last"] > 9).astype("boolean").where(frame["days_since_last"].notna())

    def withholds(self):
        return ("days_since_last",)


class NullIsNo(Slow):
    """Null compares as False, so what is not known becomes a negative."""

    def label(self, frame):
        return frame["days_since_last"] > 9


class ByHash(Split):
    def assign(self, keys):
        return pd.Series(np.where(uniform(hash_ids(keys["id"])) < 0.7, "train", "test"), index=keys.index)


class ByPosition(Split):
    """The first rows train, whoever they are."""

    def assign(self, keys):
        return pd.Series(np.where(np.arange(len(keys)) < 0.7 * len(keys), "train", "test"), index=keys.index)


class NoneAsText(ByHash):
    """Rows in no part become a part called None."""

    def assign(self, keys):
        return super().assign(keys).replace("test", None).astype(object).map(str)


class FoldsThatOverlap(ByHash):
    def folds(self, keys, k):
        rng = np.random.default_rng(0)
        return [
            pd.Series(np.where(rng.random(len(keys)) < 1 / k, "validation", "train"), index=keys.index)
            for _ in range(k)
        ]


@pytest.fixture(scope="module")
def orders(shop: pd.DataFrame) -> pd.DataFrame:
    return shop.head(300).set_axis(np.arange(1000, 1300))


ROLES = {"target": "returned", "time": "ordered"}
RIGHT: list[Step] = [
    Orders(),
    PerDay(),
    Paid("customer"),
    PaidLately("customer"),
    Daily(),
    Some(),
    Slow("slow"),
    ByHash(),
]
WRONG: list[tuple[Step, str]] = [
    (OrdersAtRandom(), "source_rows"),
    (OrdersTwice(), "source_rows"),
    (DropsNulls(), "keeps_rows"),
    (Ranks(), "row_local"),
    (WritesIntoIt(), "input_unchanged"),
    (ReadsMore(), "reads_as_declared"),
    (PaidEver("customer"), "history_before"),
    (PaidNext("customer"), "history_before"),
    (PaidLatelyByBlock("customer"), "absorbs_in_blocks"),
    (PaidOnce("customer"), "absorbs_in_blocks"),
    (PaidAtAll("customer"), "absorbs_in_blocks"),
    (PaidInBatch("customer"), "history_alone"),
    (DailyInPlace(), "input_unchanged"),
    (Filters(), "returns_mask"),
    (OwnDice(), "deterministic"),
    (NullIsNo("slow"), "unknown_stays_unknown"),
    (ByPosition(), "keys_decide"),
    (NoneAsText(), "names_parts"),
    (FoldsThatOverlap(), "folds_cover"),
]
KINDS = {"Source", "RowTransform", "History", "Reshape", "Select", "Label", "Split"}


def named(step: Any) -> str:
    return step.title if isinstance(step, Step) else str(step)


@pytest.mark.parametrize("step", RIGHT, ids=named)
def test_right_steps_pass(step: Step, orders: pd.DataFrame) -> None:
    report = check_step(step, orders, **ROLES)
    assert report.ok
    assert set(report.table["outcome"]) <= {"passed", "not assessed", "warning"}


LONG = {"PaidOnce", "PaidAtAll"}  # what PaidLatelyByBlock does wrong, in other ways


@pytest.mark.parametrize(
    ("step", "check"),
    [pytest.param(*each, marks=[pytest.mark.long] if type(each[0]).__name__ in LONG else []) for each in WRONG],
    ids=named,
)
def test_wrong_steps_are_caught_by_the_check_that_names_the_mistake(
    step: Step, check: str, orders: pd.DataFrame
) -> None:
    with pytest.raises(StepCheckFailed, match=check) as caught:
        check_step(step, orders, **ROLES)
    assert caught.value.report is not None and check in caught.value.report.failed


@pytest.mark.parametrize(("steps"), [RIGHT, [step for step, _ in WRONG]], ids=["right", "wrong"])
def test_every_kind_is_tried(steps: list[Step]) -> None:
    assert {step.kind for step in steps} == KINDS


@pytest.mark.parametrize("check", checks(PerDay()), ids=str)
def test_checks_are_tests_of_their_own(check: Any, orders: pd.DataFrame) -> None:
    check(orders, **ROLES)


def test_one_check_raises_an_assertion_error_with_its_promise(orders: pd.DataFrame) -> None:
    check = next(check for check in checks(Ranks()) if check.name == "row_local")
    with pytest.raises(
        AssertionError, match=r"Ranks, row_local: .*(?s:.*)A row alone gets the same result as among others"
    ):
        check(orders)


def test_the_error_lists_every_failed_check_and_carries_the_report(orders: pd.DataFrame) -> None:
    with pytest.raises(StepCheckFailed) as caught:
        check_step(Ranks(), orders)
    assert "row_local" in str(caught.value) and "row_order" in str(caught.value)
    assert caught.value.report is not None and caught.value.report.failed == ("row_local", "row_order")


def test_nulls_that_the_data_has_none_of_only_warn() -> None:
    class Squared(Transform):
        def learn(self, train):
            return {"nothing": 0}

        def apply(self, frame, state):
            if frame["x"].isna().any():
                raise ValueError("nulls")
            return frame.assign(x=frame["x"] ** 2)

    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    report = check_step(Squared(), frame)
    assert report["unseen_values"] == "warning" and report.ok
    check = next(check for check in checks(Squared()) if check.name == "unseen_values")
    with pytest.warns(StepCheckWarning, match="only nulls"):
        check(frame)


def test_what_a_step_raises_is_a_failed_check_with_its_cause(orders: pd.DataFrame) -> None:
    class Broken(RowTransform):
        def apply(self, frame):
            return frame.assign(z=frame["no such column"])

    with pytest.raises(StepCheckFailed, match="KeyError: 'no such column'") as caught:
        check_step(Broken(), orders)
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_report_reads_well(orders: pd.DataFrame) -> None:
    report = check_step(Ranks(), orders, raise_on_failure=False)
    assert repr(report).startswith("CheckReport of Ranks(): 2 failed")
    assert "row_local: Ranks claims to treat each row independently" in repr(report)
    assert list(report.table) == ["check", "outcome", "message", "promise"]


def test_rows_and_roles_must_make_sense(orders: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="needs rows"):
        check_step(PerDay())
    with pytest.raises(ConfigurationError, match="no role 'label'"):
        check_step(PerDay(), orders, label="returned")
