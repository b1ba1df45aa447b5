"""A join of the user's own is probed, carried and cut from a served model like the built-in ones."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, RowTransform
from mlsys.steps.capabilities import AsOf, LooksUp
from mlsys.steps.carrying import rows_carried

ROWS = 400


class SizeOfShop(RowTransform, LooksUp):
    """Looks the size of a shop up."""

    table: pd.DataFrame

    def apply(self, frame):
        return frame.assign(size=frame["shop"].map(self.table.set_index("shop")["size"]))

    def side_state(self):
        return self.table

    def with_table(self, frame):
        return self.with_(table=frame)


class AtRequest(SizeOfShop):
    """The same, with the size in the request."""

    at_serving: ClassVar[str] = "input"


class LastPublished(RowTransform, AsOf):
    """Looks up the last index that was published an hour after it was measured."""

    table: pd.DataFrame
    at: str | None = None
    looks_ahead: bool = False

    def apply(self, frame):
        known = self.side_known().to_numpy()
        decided = frame["time"] + pd.Timedelta("24h" if self.looks_ahead else "0h")
        places = np.searchsorted(known, decided.to_numpy(), side="left") - 1
        return frame.assign(index=np.where(places >= 0, self.table["index"].to_numpy()[places], np.nan))

    def side_state(self):
        return self.table

    def with_table(self, frame):
        return self.with_(table=frame)

    @property
    def side_keys(self):
        return ("hour",)

    def side_known(self, zone=None):
        return self.table["hour"] + pd.Timedelta("1h")


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    time = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), "h")
    shop = rng.integers(0, 9, ROWS)
    return pd.DataFrame({"time": time, "shop": shop, "late": (rng.normal(size=ROWS) + shop > 4).astype(int)})


@pytest.fixture
def index(rows) -> pd.DataFrame:
    return pd.DataFrame({"hour": rows["time"], "index": np.random.default_rng(4).normal(size=ROWS)})


SHOPS = pd.DataFrame({"shop": range(9), "size": np.arange(9.0)})


@pytest.mark.parametrize(("looks_ahead", "verdict"), [(False, "not observed"), (True, "violated")])
def test_what_it_looked_up_is_replaced_from_where_it_was_known_later(rows, index, looks_ahead, verdict):
    join = LastPublished(index, looks_ahead=looks_ahead)
    audit = Pipeline([join, LogisticRegression()], target="late", time="time").audit_leakage(rows)
    side = audit.table[audit.table["probe"] == "side table"].set_index("step")
    assert side.loc["LastPublished", "verdict"] == verdict, repr(audit)


def test_a_table_that_does_not_say_when_it_was_known_is_not_assessed(rows):
    audit = Pipeline([SizeOfShop(SHOPS), LogisticRegression()], target="late", exclude=["time"]).audit_leakage(rows)
    side = audit.table[audit.table["probe"] == "side table"]
    assert side[["step", "verdict"]].to_numpy().tolist() == [["SizeOfShop", "not assessed"]]


def test_it_gets_the_moment_of_decision_of_the_pipeline(rows, index):
    pipeline = Pipeline([LastPublished(index), LogisticRegression()], target="late", time="time")
    assert pipeline["LastPublished"].at == "time"


@pytest.mark.parametrize(("kind", "column"), [(SizeOfShop, "shop"), (AtRequest, "size")])
def test_a_served_model_carries_its_table_or_asks_for_its_column(rows, kind, column):
    run = Pipeline([kind(SHOPS), LogisticRegression()], target="late").run(rows[["late", "shop"]], track=False)
    assert column in run.model.inputs
    assert any(isinstance(fitted.step, kind) for _, fitted in run.model.steps) == (kind is SizeOfShop)
    assert rows_carried(kind(SHOPS)) == ("the rows of its table" if kind is SizeOfShop else "")
