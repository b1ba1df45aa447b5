"""SelectFeatures with several targets: a feature counts by the target that it predicts best."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest

from mlsys import SelectFeatures
from mlsys.dataset import Roles, Rows
from mlsys.summaries import Again

RNG = np.random.default_rng(0)
N = 400
ROWS = pd.DataFrame(RNG.normal(size=(N, 3)), columns=["one", "two", "noise"])
ROWS["rain"] = ROWS["one"] + RNG.normal(size=N) > 0
ROWS["wind"] = pd.Series(np.where(ROWS["two"] + RNG.normal(size=N) > 0, "yes", "no")).where(ROWS.index % 4 > 0)
GIVEN = Rows.of(ROWS, Roles.named(target=["rain", "wind"]), ("one", "two", "noise"))


def learned(step: SelectFeatures, rows: Rows) -> dict:
    if not step.scales:
        return step.learn(rows, np.random.default_rng(0))
    found = step.finish(step.summarize(rows))
    while isinstance(found, Again):
        found = step.finish(step.summarize(rows, found.partial))
    return found


def test_the_score_is_the_highest_of_those_for_each_target() -> None:
    step, whole = SelectFeatures(top=2), ROWS.assign(wind=ROWS["wind"].fillna("no"))
    rows = Rows.of(whole, GIVEN.roles, GIVEN.feature_names)
    scores = dict(zip(*(learned(step, rows)[name] for name in ("columns", "scores")), strict=True))
    each = [learned(step, rows.of_target(name)) for name in ("rain", "wind")]
    alone = [dict(zip(state["columns"], state["scores"], strict=True)) for state in each]
    assert scores == {name: max(found[name] for found in alone) for name in scores}


def test_a_target_that_some_rows_lack_counts_where_it_is_known() -> None:
    step = SelectFeatures(top=2)
    assert step.apply(ROWS, learned(step, GIVEN)).columns.tolist() == ["one", "two", "rain", "wind"]


@pytest.mark.parametrize("by", [RandomForestClassifier(n_estimators=20, random_state=0), SelectKBest(k=1)])
def test_estimators_and_selectors_are_asked_for_each_target(by) -> None:
    step = SelectFeatures(by=by) if isinstance(by, SelectKBest) else SelectFeatures(by=by, top=2)
    assert step.columns_taken(learned(step, GIVEN)) == ("noise",)
