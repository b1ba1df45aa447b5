"""Rankers: told the queries of their rows, and never shown half a query."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline, RandomSplit, Train
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._aims import aim_of
from mlsys.models._queries import told_of_queries, whole_queries

QUERIES, EACH = 30, 6


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"q": np.repeat([f"q{n}" for n in range(QUERIES)], EACH), "a": rng.normal(size=QUERIES * EACH)})
    made["relevance"] = np.clip((made["a"] + rng.normal(size=len(made)) + 1).round(), 0, 4).astype(int)
    return made.sample(frac=1, random_state=1).reset_index(drop=True)


def rankers():
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    return lightgbm.LGBMRanker(n_estimators=5, verbose=-1, random_state=0), xgboost.XGBRanker(
        n_estimators=5, random_state=0
    )


@pytest.mark.parametrize("place", [0, 1], ids=["lightgbm", "xgboost"])
def test_a_ranker_predicts_as_it_does_after_sorting_by_hand(place, frame):
    ranker = rankers()[place]
    said = Train(ranker).fit(frame, target="relevance", group="q").predict(frame)
    ordered = frame.iloc[np.argsort(pd.factorize(frame["q"])[0], kind="stable")]
    queries = {"group": np.full(QUERIES, EACH)} if place == 0 else {"qid": pd.factorize(ordered["q"])[0]}
    alone = ranker.fit(ordered[["a"]], ordered["relevance"], **queries)
    assert said.columns.tolist() == ["prediction"]
    assert np.allclose(said["prediction"], alone.predict(frame[["a"]]))


def test_catboosts_ranker_predicts_as_it_does_after_sorting_by_hand(frame):
    catboost = pytest.importorskip("catboost")
    ranker = catboost.CatBoostRanker(
        iterations=5, verbose=0, random_seed=0, thread_count=1, allow_writing_files=False, loss_function="QueryRMSE"
    )
    said = Train(ranker).fit(frame, target="relevance", group="q").predict(frame)
    ordered = frame.iloc[np.argsort(pd.factorize(frame["q"])[0], kind="stable")]
    alone = ranker.copy().fit(ordered[["a"]], ordered["relevance"], group_id=pd.factorize(ordered["q"])[0])
    assert np.allclose(said["prediction"], alone.predict(frame[["a"]]))
    stops = ranker.copy().set_params(early_stopping_rounds=3)
    with pytest.raises(ConfigurationError, match="stops early, but its validation rows cannot be told their queries"):
        Train(stops).fit(frame, target="relevance", group="q")


@pytest.mark.parametrize("place", [0, 1], ids=["lightgbm", "xgboost"])
def test_early_stopping_watches_whole_queries(place, frame):
    ranker = rankers()[place].set_params(n_estimators=60, early_stopping_rounds=3)
    fitted = Train(ranker, early_stopping_share=0.3).fit(frame, target="relevance", group="q").state["estimator"]
    stopped = fitted.best_iteration_ if place == 0 else fitted.best_iteration
    assert 0 < stopped + 1 < 60


def test_a_query_is_watched_only_if_all_its_rows_are():
    watched = whole_queries(np.array([True, True, True, False, True]), np.array([0, 0, 1, 1, 2]))
    assert watched.tolist() == [True, True, False, False, True]


class ByQid(BaseEstimator):
    def fit(self, X, y, *, qid=None, sample_weight=None):
        return self

    def predict(self, X):
        return np.zeros(len(X))


class ByGroup(ByQid):
    def fit(self, X, y, sample_weight=None, group=None):
        return self


class ByGroupId(ByQid):
    def fit(self, X, y, group_id=None, group_weight=None):
        return self


def test_each_library_is_told_queries_and_weights_in_its_own_form():
    codes, weights = np.array([0, 0, 2, 2, 2]), {"sample_weight": np.array([1.0, 3.0, 2.0, 2.0, 5.0])}
    assert {aim_of(each()) for each in (ByQid, ByGroup, ByGroupId)} == {"ranking"}
    told = told_of_queries(ByQid(), codes, weights)
    assert told["qid"].tolist() == codes.tolist() and told["sample_weight"].tolist() == [2.0, 3.0]
    told = told_of_queries(ByGroup(), codes, weights)
    assert told["group"].tolist() == [2, 3] and told["sample_weight"].tolist() == [1.0, 3.0, 2.0, 2.0, 5.0]
    told = told_of_queries(ByGroupId(), codes, weights)
    assert told["group_id"].tolist() == codes.tolist() and told["group_weight"].tolist() == [2.0, 2.0, 3.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("change", "problem", "remedy"),
    [
        ({"q": list(range(QUERIES * EACH))}, "every query in 'q' has one training row", "use a regressor"),
        ({"q": None}, "180 training rows have no query", "fill the column"),
        ({"relevance": -1}, "is -1 in row 0, but relevance is 0 or more", "clip"),
        ({"relevance": "good"}, "is a ranker, but the target 'relevance' holds text", "how relevant"),
    ],
)
def test_what_is_no_ranking_is_refused(frame, change, problem, remedy):
    with pytest.raises(DataError, match=f"(?s){problem}.*{remedy}"):
        Train(ByGroup(), allow_pickle="test").fit(frame.assign(**change), target="relevance", group="q")


def test_a_ranker_without_queries_is_refused_before_data_is_read(frame):
    with pytest.raises(ConfigurationError, match=r'(?s)there is no group role.*group="query"'):
        Pipeline([ByGroup()], target="relevance")
    with pytest.raises(DataError, match=r'(?s)there is no group role.*group="query"'):
        Train(ByGroup()).fit(frame.drop(columns="q"), target="relevance")


@pytest.mark.parametrize("outside", [GridSearchCV(ByGroup(), {}), make_pipeline(StandardScaler(), ByGroup())])
def test_a_ranker_inside_another_estimator_is_refused(outside):
    with pytest.raises(ConfigurationError, match="needs the query of each row"):
        Train(outside)


@pytest.mark.long
def test_a_pipeline_splits_by_query_and_judges_by_query(frame):
    run = Pipeline([rankers()[0]], target="relevance", group="q").run(frame, track=False, cache=False)
    assert "GroupSplit" in run.card.text()
    assert (run.evaluation.task, run.evaluation.headline) == ("ranking", "ndcg_10")
    assert {"zero_rule", "random"} <= set(run.evaluation.beats)
    assert run.evaluation.slices == {}
    assert run.model.predict(frame[["a"]].head(3)).shape[0] == 3


def test_queries_on_both_sides_of_a_split_are_a_finding(frame):
    steps = [RandomSplit(validation=0.3), rankers()[0]]
    run = Pipeline(steps, target="relevance", group="q").run(frame, track=False, cache=False)
    assert "LK211" in {each.code for each in run.findings}


def test_regressors_are_no_rankers():
    assert aim_of(Ridge()) == "target"
