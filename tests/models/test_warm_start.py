"""Train(warm_start=...) goes on from an earlier model, or says why it cannot."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlsys
from mlsys import Pipeline, RandomSplit, Train
from mlsys.errors import ConfigurationError, DataError


def rows(seed: int, count: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3))
    return pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=(x[:, 0] + 0.3 * rng.normal(size=count) > 0).astype(int))


def saved(estimator, folder, frame=None):
    run = Pipeline([RandomSplit(validation=0, test=0), Train(estimator)], target="y").run(
        rows(0) if frame is None else frame, track=False, cache=False
    )
    run.save(folder)
    return run.state("Train")["estimator"]


def gone_on(estimator, folder, **given):
    return Train(estimator, warm_start=folder, **given).fit(rows(1, 60), target="y").state["estimator"]


X = rows(1, 60)[["a", "b", "c"]]
Y = rows(1, 60)["y"].to_numpy()


def test_partial_fit_sees_the_rows_as_often_as_asked(tmp_path):
    estimator = SGDClassifier(loss="log_loss", random_state=0)
    before = saved(estimator, tmp_path / "m")
    expected = copy.deepcopy(before)
    for _ in range(3):
        expected.partial_fit(X, Y)
    assert gone_on(estimator, tmp_path / "m", epochs=3).coef_ == pytest.approx(expected.coef_)


def test_naive_bayes_has_learned_from_both(tmp_path):
    saved(GaussianNB(), tmp_path / "m")
    both = pd.concat([rows(0), rows(1, 60)])
    expected = GaussianNB().fit(both[["a", "b", "c"]], both["y"])
    assert gone_on(GaussianNB(), tmp_path / "m").theta_ == pytest.approx(expected.theta_)


def test_a_forest_keeps_its_trees_and_gets_more(tmp_path):
    before = saved(RandomForestClassifier(5, random_state=0), tmp_path / "m")
    after = gone_on(RandomForestClassifier(4, random_state=1), tmp_path / "m")
    assert len(after.estimators_) == 9
    for old, new in zip(before.estimators_, after.estimators_, strict=False):
        assert (old.predict(X.to_numpy()) == new.predict(X.to_numpy())).all()


def test_coefficients_begin_where_they_were(tmp_path):
    before = saved(LogisticRegression(), tmp_path / "m")
    still = gone_on(LogisticRegression(tol=1e10), tmp_path / "m")
    assert still.coef_ == pytest.approx(before.coef_)


def test_steps_before_the_last_stay_as_they_were(tmp_path):
    pipeline = make_pipeline(StandardScaler(), SGDClassifier(random_state=0))
    before = saved(pipeline, tmp_path / "m")
    after = gone_on(pipeline, tmp_path / "m")
    assert after[0].mean_ == pytest.approx(before[0].mean_)
    expected = copy.deepcopy(before[1]).partial_fit(before[0].transform(X), Y)
    assert after[1].coef_ == pytest.approx(expected.coef_)


@pytest.mark.parametrize(
    "library", ["xgboost", *(pytest.param(each, marks=pytest.mark.long) for each in ("lightgbm", "catboost"))]
)
def test_boosters_keep_their_trees_and_add_more(tmp_path, library):
    module = pytest.importorskip(library)
    make = {
        "lightgbm": lambda: module.LGBMClassifier(n_estimators=5, min_child_samples=5, verbose=-1),
        "xgboost": lambda: module.XGBClassifier(n_estimators=5, max_depth=2),
        "catboost": lambda: module.CatBoostClassifier(iterations=5, depth=2, verbose=False, allow_writing_files=False),
    }[library]
    saved(make(), tmp_path / "m")
    fitted = Train(make(), warm_start=tmp_path / "m").fit(rows(1, 60), target="y")
    estimator = fitted.state["estimator"]
    if library == "catboost":
        trees = estimator.tree_count_
    else:
        trees = (
            estimator.booster_.num_trees() if library == "lightgbm" else estimator.get_booster().num_boosted_rounds()
        )
    assert trees == 10
    assert fitted.predict(X)["prediction"].isin([0, 1]).all()


def test_the_card_names_the_model_and_another_edition_is_another_key(tmp_path):
    saved(GaussianNB(), tmp_path / "m")
    step = Train(GaussianNB(), warm_start=tmp_path / "m")
    first = step.edition()
    assert "may have learned from rows that are held out here" in step.allowances()[0]
    saved(GaussianNB(), tmp_path / "other", rows(5))
    assert Train(GaussianNB(), warm_start=tmp_path / "other").edition() != first == step.edition()
    run = Pipeline([RandomSplit(), step], target="y").run(rows(1), track=False)
    assert "goes on from" in run.card.text()


@pytest.mark.parametrize(
    "estimator", [KNeighborsClassifier(), HistGradientBoostingClassifier(), make_pipeline(KNeighborsClassifier())]
)
def test_estimators_that_cannot_go_on_are_refused(estimator):
    with pytest.raises(ConfigurationError, match="cannot go on from an earlier model"):
        Train(estimator, warm_start="models:/x@champion")


def test_another_estimator_features_or_classes_are_refused(tmp_path):
    saved(GaussianNB(), tmp_path / "m")
    with pytest.raises(ConfigurationError, match="is GaussianNB, not SGDClassifier"):
        gone_on(SGDClassifier(), tmp_path / "m")
    train = Train(GaussianNB(), warm_start=tmp_path / "m")
    with pytest.raises(DataError, match="this data lacks 'c'"):
        train.fit(rows(1).drop(columns="c"), target="y")
    with pytest.raises(DataError, match="in another order"):
        train.fit(rows(1)[["b", "a", "c", "y"]], target="y")
    with pytest.raises(DataError, match="the classes of the earlier model are"):
        train.fit(rows(1).assign(y=lambda f: f["y"] + 1), target="y")


@pytest.mark.long
def test_it_goes_on_from_a_registered_model(tmp_path):
    first = Pipeline([RandomSplit(), Train(GaussianNB())], target="y").run(rows(0), track=True)
    first.register("warm", alias="champion")
    step = Train(GaussianNB(), warm_start="models:/warm@champion")
    run = Pipeline([RandomSplit(), step], target="y").run(rows(1), track=False)
    assert run.state("Train")["estimator"].class_count_.sum() > len(run.frame("train"))
    assert mlsys.load("models:/warm@champion").predict(rows(1))["prediction"].isin([0, 1]).all()
