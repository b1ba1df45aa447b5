"""Which training rows early stopping watches."""

from __future__ import annotations

from typing import ClassVar

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    VotingClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlsys import HashEncode, Pipeline, TimeSplit
from mlsys.dataset import Roles, Rows
from mlsys.models import Train
from mlsys.models._early_stopping import keeps_to_itself, watched_rows

ROWS = 2000


class Watching(HistGradientBoostingClassifier):
    """Keeps what it was given."""

    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):  # noqa: N803
        got = {"X": X, "y": y, "w": sample_weight, "X_val": X_val, "y_val": y_val, "w_val": sample_weight_val}
        self.given_, self.before_ = got, vars(self).get("given_")
        return super().fit(X, y, sample_weight, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)


def rows(**roles) -> Rows:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": generator.normal(size=ROWS),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.permutation(ROWS), "h"),
            "who": generator.integers(0, 200, ROWS),
            "w": generator.random(ROWS) + 0.5,
        }
    )
    frame["y"] = frame["x"] + generator.normal(size=ROWS) > 0
    return Rows.of(frame, Roles(target="y", **roles), ("x",))


def given(train: Rows, estimator=None, **fields) -> dict:
    step = Train(estimator or Watching(early_stopping=True, max_iter=5), **fields)
    learned = step.learn(train, np.random.default_rng(0))["estimator"]
    return learned.before_ or learned.given_


def test_the_latest_training_rows_are_watched_where_there_is_time():
    train = rows(time="when", group="who")
    got = given(train)
    assert len(got["X_val"]) == ROWS // 10 and len(got["X"]) == ROWS - ROWS // 10
    assert train.loc[got["X_val"].index, "when"].min() > train.loc[got["X"].index, "when"].max()


def test_whole_groups_are_watched_where_there_are_groups():
    train = rows(group="who")
    got = given(train, early_stopping_share=0.25)
    assert not set(train.loc[got["X_val"].index, "who"]) & set(train.loc[got["X"].index, "who"])
    assert len(got["X_val"]) == pytest.approx(ROWS / 4, rel=0.3)


def test_rows_are_watched_by_hash_of_their_id_whatever_the_order():
    train = rows()
    got, again = given(train), given(train.take_rows(np.arange(ROWS)[::-1]))
    assert set(got["X_val"].index) == set(again["X_val"].index)
    assert len(got["X_val"]) == pytest.approx(ROWS / 10, rel=0.3)


def test_weights_of_watched_rows_go_along():
    train = rows(weight="w")
    got = given(train)
    assert (got["w_val"] == train.loc[got["X_val"].index, "w"]).all()
    assert (got["w"] == train.loc[got["X"].index, "w"]).all()


def test_auto_means_no_below_ten_thousand_rows_and_yes_above():
    assert given(rows(), Watching(max_iter=5))["X_val"] is None
    train = rows()
    big = pd.concat([pd.DataFrame(train)] * 6, ignore_index=True)[:10_050]
    got = given(Rows.of(big, train.roles, ("x",)), Watching(max_iter=5))
    assert len(got["X_val"]) > 900 and len(got["X"]) < 10_000


def test_early_stopping_that_is_off_stays_off():
    assert given(rows(), Watching(early_stopping=False, max_iter=5))["X_val"] is None


def test_a_class_of_watched_rows_alone_stays_in_training():
    train = rows(time="when")
    frame = pd.DataFrame(train).assign(y=np.where(train["when"].rank() > ROWS - 50, "new", train["y"].astype(str)))
    got = given(Rows.of(frame, train.roles, ("x",)))
    assert (got["y"] == "new").sum() == 50 and "new" not in got["y_val"]


def test_nothing_is_watched_when_all_rows_are_of_one_moment():
    train = rows(time="when")
    frame = pd.DataFrame(train).assign(when=pd.Timestamp("2024-01-01"))
    assert not watched_rows(Rows.of(frame, train.roles, ("x",)), train["y"].to_numpy(), 0.1, True).any()


def test_regressors_watch_as_well():
    train = rows(time="when")
    frame = pd.DataFrame(train).assign(y=lambda f: f["x"] * 2)
    fitted = Train(HistGradientBoostingRegressor(early_stopping=True, max_iter=300)).fit(frame, target="y", time="when")
    curves, learned = Train(HistGradientBoostingRegressor()).curves(fitted.state), fitted.state["estimator"]
    assert 1 < len(curves["loss/watched"]) <= 300
    assert learned.n_iter_ == len(curves["loss/watched"]) - 1  # the first is that before any tree


def test_the_latest_rows_are_learned_once_the_number_of_trees_is_known():
    train = rows(time="when", weight="w")
    state = Train(Watching(early_stopping=True, max_iter=40)).learn(train, np.random.default_rng(0))
    learned = state["estimator"]
    assert learned.before_["X_val"] is not None and learned.given_["X_val"] is None
    assert len(learned.given_["X"]) == ROWS and len(learned.given_["w"]) == ROWS
    assert learned.n_iter_ == len(state["curves"]["loss/watched"]) - 1 == learned.max_iter <= 40


def test_what_only_the_latest_rows_show_is_learned():
    """A level that began shortly before the training rows end, as rare as it is, has its own rate."""
    drawn = np.random.default_rng(1)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(6_000), "h")
    new = (np.arange(6_000) > 5_450) & (drawn.random(6_000) < 0.5)
    y = drawn.random(6_000) < np.where(new, 0.8, 0.2)
    frame = pd.DataFrame({"new": new.astype(float), "z": drawn.normal(size=6_000), "when": when, "y": y})
    fitted = Train(HistGradientBoostingClassifier(early_stopping=True)).fit(frame, target="y", time="when")
    said = fitted.predict(pd.DataFrame({"new": [0.0, 1.0], "z": [0.0, 0.0]}))["probability_True"]
    assert said[0] < 0.35 and said[1] > 0.5


class Noting(Watching):
    """Keeps what every one of them was given: a search and a pipeline fit copies."""

    seen: ClassVar[list[dict]] = []

    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):  # noqa: N803
        super().fit(X, y, sample_weight, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)
        Noting.seen.append(vars(self).pop("given_"))
        return self


BEHIND = {
    "pipeline": lambda one: make_pipeline(FunctionTransformer(), one),
    "search": lambda one: GridSearchCV(one, {"max_depth": [2, 3]}, cv=3),
    "search over a pipeline": lambda one: GridSearchCV(
        make_pipeline(StandardScaler().set_output(transform="pandas"), one), {"noting__max_depth": [2, 3]}, cv=3
    ),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", BEHIND)
def test_the_same_rows_are_watched_behind_a_search_and_a_pipeline(name: str, weighted: bool):
    Noting.seen.clear()
    train = rows(group="who", **({"weight": "w"} if weighted else {}))
    state = Train(BEHIND[name](Noting(early_stopping=True, max_iter=3))).learn(train, np.random.default_rng(0))
    assert len(Noting.seen) == (1 if name == "pipeline" else 7)
    for got in Noting.seen:
        learned, watched = (set(train.loc[got[each].index, "who"]) for each in ("X", "X_val"))
        assert watched and not learned & watched
        assert (got["w"] is not None) == weighted and (got["w_val"] is not None) == weighted
    held = getattr(state["estimator"], "best_estimator_", state["estimator"])
    assert getattr(held, "transform_input", None) is None


def test_what_stops_on_rows_of_its_own_is_told():
    stopping = [MLPClassifier(early_stopping=True), GradientBoostingClassifier(n_iter_no_change=3)]
    for one in (*stopping, VotingClassifier([("a", HistGradientBoostingClassifier(early_stopping=True))])):
        assert len(keeps_to_itself(one, 100)) == 1
    for one in (MLPClassifier(), GradientBoostingClassifier(), HistGradientBoostingClassifier(early_stopping=True)):
        assert not keeps_to_itself(one, 100)
    assert keeps_to_itself(BaggingClassifier(HistGradientBoostingClassifier()), 20_000)


def test_rows_of_a_sparse_block_are_watched_and_then_learned():
    frame = pd.DataFrame(rows()).assign(c=lambda f: f["who"].astype(str))
    booster = lightgbm.LGBMClassifier(n_estimators=60, early_stopping_rounds=3, verbose=-1, n_jobs=1)
    steps = [TimeSplit(), HashEncode(["c"], bits=8), Train(booster)]
    run = Pipeline(steps, target="y", time="when", exclude=["who", "w"]).run(frame, track=False, cache=False)
    state = run.state("Train")
    assert run.metrics.query("metric == 'roc_auc'")["value"].iloc[0] > 0.7
    assert state["estimator"].n_estimators < 60 and len(next(iter(state["curves"].values()))) >= 1
