"""Any estimator as a model: binary, multi-class and regression; what is handed to it, and what comes back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlsys.dataset import Roles, Rows
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, DataError
from mlsys.models import Train
from mlsys.settings import override
from mlsys.states import digest, load_state, save_state
from mlsys.steps.learning import learn
from mlsys.tables import Partition, Table

CLASSIFIERS = [
    LogisticRegression(),
    DecisionTreeClassifier(max_depth=4),
    GaussianNB(),
    HistGradientBoostingClassifier(max_iter=5),
]
REGRESSORS = [LinearRegression(), DecisionTreeRegressor(max_depth=4), HistGradientBoostingRegressor(max_iter=5)]
TARGETS = {
    "boolean": lambda y: pd.Series(pd.array(y > 0, dtype="boolean")),
    "bool": lambda y: pd.Series(y > 0),
    "int": lambda y: pd.Series((y > 0).astype(int)),
    "Int64": lambda y: pd.Series(pd.array(np.digitize(y, [-1, 1]), dtype="Int64")),
    "str": lambda y: pd.Series(np.array(["low", "middle", "high"])[np.digitize(y, [-1, 1])], dtype="str"),
    "category": lambda y: pd.Series(pd.Categorical(np.array(["low", "middle", "high"])[np.digitize(y, [-1, 1])])),
}


def made(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": generator.normal(size=rows), "b": generator.normal(size=rows)})
    return frame.assign(y=2 * frame["a"] - frame["b"] + generator.normal(scale=0.3, size=rows))


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=repr)
@pytest.mark.parametrize("kind", TARGETS)
def test_classes_come_back_as_they_were_with_a_probability_each(estimator, kind):
    frame = made()
    frame["y"] = TARGETS[kind](frame["y"])
    fitted = Train(estimator).fit(frame, target="y")
    found = fitted.predict(frame[::-1])
    classes = sorted(frame["y"].astype(object).unique())
    assert found.columns.tolist() == ["prediction", *(f"probability_{value}" for value in classes)]
    assert found.index.equals(frame.index[::-1])
    assert fitted.state["classes"] == classes
    assert set(found["prediction"]) == set(classes)
    assert found.drop(columns="prediction").sum(axis=1).to_numpy() == pytest.approx(1.0)
    likeliest = found.drop(columns="prediction").idxmax(axis=1).str.removeprefix("probability_")
    assert (likeliest == found["prediction"].astype(str)).all()
    assert (found["prediction"].astype(object).sort_index() == frame["y"].astype(object)).mean() > 0.7


@pytest.mark.parametrize("estimator", REGRESSORS, ids=repr)
@pytest.mark.parametrize("dtype", ["float64", "Float64", "float32", "int64", "bool"])
def test_numbers_come_back_as_numbers(estimator, dtype):
    frame = made()
    frame["y"] = (frame["y"] > 0) if dtype == "bool" else frame["y"].round().astype(dtype)
    fitted = Train(estimator).fit(frame, target="y")
    found = fitted.predict(frame)
    assert found.columns.tolist() == ["prediction"] and found["prediction"].dtype.kind == "f"
    assert fitted.state["classes"] is None
    assert np.corrcoef(found["prediction"], frame["y"].astype(float))[0, 1] > 0.7


@pytest.mark.parametrize("estimator", [*CLASSIFIERS, *REGRESSORS], ids=repr)
def test_it_is_the_estimator_by_itself(estimator):
    frame = made()
    frame["y"] = frame["y"] > 0
    found = Train(estimator).fit(frame, target="y").predict(frame)
    by_hand = clone(estimator)
    by_hand.set_params(**({"random_state": 5} if "random_state" in by_hand.get_params() else {}))
    expected = by_hand.fit(frame[["a", "b"]], frame["y"]).predict(frame[["a", "b"]])
    assert found["prediction"].to_numpy() == pytest.approx(expected)


def test_the_step_and_its_estimator_stay_as_they_are():
    estimator = RandomForestClassifier(3)
    step = Train(estimator)
    before = step.digest
    step.fit(made().assign(y=lambda f: f["y"] > 0), target="y")
    assert step.digest == before and not hasattr(estimator, "estimators_") and estimator.random_state is None


def test_every_random_state_follows_from_the_seed():
    frame = made().assign(y=lambda f: f["y"] > 0)
    step = Train(make_pipeline(StandardScaler(), RandomForestClassifier(3)))
    one, again, other = (step.fit(frame, seed=seed, target="y").state for seed in (1, 1, 2))
    assert isinstance(one["estimator"].steps[-1][1].random_state, int)
    assert digest(one) == digest(again) != digest(other)
    kept = Train(RandomForestClassifier(3, random_state=7)).fit(frame, target="y").state["estimator"]
    assert kept.random_state == 7


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2),
    ],
    ids=repr,
)
def test_weights_reach_the_estimator(estimator):
    frame = made().assign(y=lambda f: f["y"] > 0, w=lambda f: np.where(f["a"] > 0, 1.0, 0.0))
    weighted = Train(estimator).fit(frame, target="y", weight="w").predict(frame)
    unweighted = Train(estimator).fit(frame.drop(columns="w"), target="y").predict(frame)
    assert not np.allclose(weighted["probability_True"], unweighted["probability_True"])


def test_weights_count_as_repeated_rows():
    frame = made().assign(y=lambda f: f["y"] > 0, w=lambda f: np.arange(len(f)) % 3 + 1)
    weighted = Train(LogisticRegression(tol=1e-10)).fit(frame, target="y", weight="w").predict(frame)
    repeated = frame.loc[frame.index.repeat(frame["w"])].reset_index(drop=True).drop(columns="w")
    expected = Train(LogisticRegression(tol=1e-10)).fit(repeated, target="y").predict(frame)
    assert weighted["probability_True"].to_numpy() == pytest.approx(expected["probability_True"].to_numpy(), abs=1e-5)


def test_weights_that_are_none_or_cannot_be_used_are_refused():
    frame = made().assign(y=lambda f: f["y"] > 0, w=1.0)
    for estimator in (KNeighborsClassifier(), make_pipeline(StandardScaler(), KNeighborsClassifier())):
        with pytest.raises(DataError, match="accepts no weights, but 'w'"):
            Train(estimator).fit(frame, target="y", weight="w")
    frame.loc[3, "w"] = np.nan
    with pytest.raises(DataError, match="'w' is null, negative or infinite in 1 rows .the first is row 3"):
        Train(LogisticRegression()).fit(frame, target="y", weight="w")


def test_nullable_and_arrow_columns_reach_the_estimator_as_numbers():
    frame = made().assign(y=lambda f: f["y"] > 0)
    odd = frame.assign(
        a=frame["a"].astype("Float64").mask(frame.index == 3),
        whole=pd.array([1, None] * 200, dtype="Int64"),
        yes=pd.array([True, False, None, True] * 100, dtype="boolean"),
        arrow=frame["b"].astype("float64[pyarrow]"),
    )
    found = Train(HistGradientBoostingClassifier(max_iter=5)).fit(odd, target="y").predict(odd)
    assert found["probability_True"].notna().all()


def test_features_may_be_chosen_and_one_text_is_handed_over_as_it_is():
    frame = made().assign(y=lambda f: f["y"] > 0)
    fitted = Train(LogisticRegression(), features=["b"]).fit(frame, target="y")
    assert fitted.state["features"] == ["b"] and fitted.state["estimator"].n_features_in_ == 1
    assert Train(LogisticRegression(), features=["b"]).columns_read(["a", "b"]) == ("b",)
    mail = pd.DataFrame({"n": range(6), "text": ["a prize", "see you", "a prize"] * 2, "spam": [True, False, True] * 2})
    model = Train(make_pipeline(CountVectorizer(), LogisticRegression()), features="text").fit(mail, target="spam")
    assert model.predict(mail)["prediction"].tolist() == mail["spam"].tolist()
    with pytest.raises(DataError, match="column 'y' is not a feature here .features: a, b."):
        Train(LogisticRegression(), features=["y"]).fit(frame, target="y")


def test_a_pipeline_may_bring_its_own_encoding():
    frame = made().assign(y=lambda f: f["y"] > 0, country="DE")
    encode = ColumnTransformer([("one", OneHotEncoder(), ["country"])], remainder="passthrough")
    assert len(Train(make_pipeline(encode, LogisticRegression())).fit(frame, target="y").predict(frame)) == 400


def test_a_score_is_not_passed_off_as_a_probability():
    frame = made().assign(y=lambda f: f["y"] > 0)
    said = Train(LinearSVC()).fit(frame, target="y").predict(frame)
    assert said.columns.tolist() == ["prediction", "score_False", "score_True"]


def test_no_rows_get_no_predictions_in_the_same_columns():
    frame = made().assign(y=lambda f: f["y"] > 0)
    fitted = Train(LogisticRegression()).fit(frame, target="y")
    none, some = fitted.predict(frame[:0]), fitted.predict(frame)
    assert len(none) == 0 and none.dtypes.equals(some.dtypes)


@pytest.mark.parametrize(
    ("estimator", "change", "said"),
    [
        (LogisticRegression(), {"c": "x", "d": "y"}, r"columns 'c', 'd' hold text.*\n.*OneHot\(\['c', 'd'\]\)"),
        (LogisticRegression(), {"c": pd.Categorical(["x"] * 400)}, "column 'c' holds text"),
        (LogisticRegression(), {"c": [np.nan] + [1.0] * 399}, r"column 'c' holds nulls.*\n.*Impute\(\)"),
        (LogisticRegression(), {"c": pd.array([None] + [1] * 399, dtype="Int64")}, "column 'c' holds nulls"),
        (LogisticRegression(), {"c": [np.inf] + [1.0] * 399}, "column 'c' holds infinite"),
        (LinearRegression(), {"c": pd.Timestamp("2024-01-01")}, "column 'c' holds timestamps"),
        (LogisticRegression(), {"y": True}, "all 400 training rows have the same class of the target 'y': True"),
        (LogisticRegression(), {"y": np.linspace(0, 1, 400)}, "is a classifier, but the target 'y' is continuous"),
        (LinearRegression(), {"y": "late"}, "is a regressor, but the target 'y' holds text .str. .such as 'late'"),
        (LinearRegression(), {"y": [None] + [1.0] * 399}, "'y' is null in 1 of 400 training rows .the first is row 0"),
    ],
)
def test_what_an_estimator_cannot_use_is_named(estimator, change, said):
    frame = made().assign(**{"y": lambda f: f["y"] > 0, **change})
    with pytest.raises(DataError, match=rf"(?s)Train\({type(estimator).__name__}\).*{said}"):
        Train(estimator).fit(frame, target="y")


def test_the_same_holds_when_it_predicts():
    frame = made().assign(y=lambda f: f["y"] > 0)
    fitted = Train(LogisticRegression()).fit(frame, target="y")
    with pytest.raises(DataError, match="column 'b' holds nulls"):
        fitted.predict(frame.assign(b=np.nan))


def test_other_errors_of_an_estimator_stay_its_own():
    frame = made().assign(y=lambda f: f["y"] > 0)
    with pytest.raises(ValueError, match="must be a float in the range"):
        Train(LogisticRegression(C=-1.0)).fit(frame, target="y")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Train(LogisticRegression), "instance"),
        (lambda: Train("logistic"), "not an estimator"),
        (lambda: Train(SGDClassifier(), epochs=0), "1 epoch"),
        (lambda: Train(LogisticRegression(), epochs=3), "no partial_fit"),
        (lambda: Train(LogisticRegression(), early_stopping_share=0.9), "at most 0.5"),
    ],
)
def test_what_cannot_be_trained_is_refused_when_the_step_is_made(make, said):
    with pytest.raises(ConfigurationError, match=said):
        make()


class Foreign:
    """An estimator that follows the interface without being scikit-learn's."""

    __module__ = "xgboost.sklearn"
    _estimator_type = "classifier"

    def fit(self, X, y):
        assert set(y) == {0, 1, 2}
        self.rule = np.asarray(X)[:, 0]
        return self

    def predict(self, X):
        return np.digitize(np.asarray(X)[:, 0], [-0.5, 0.5])

    def predict_proba(self, X):
        return np.eye(3, dtype=np.float32)[self.predict(X)]


def test_an_estimator_that_wants_numbered_classes_gets_them():
    from mlsys.models._fitting import predictions

    frame = made().assign(y=lambda f: TARGETS["str"](f["y"]))
    rows = Rows.of(frame, Roles(target="y"), ("a", "b"))
    step = Train(Foreign())
    state = step.learn(rows, np.random.default_rng(0))
    assert state["classes"] == ["high", "low", "middle"]
    found = predictions(frame[["a", "b"]], state, False, "Train")
    assert set(found["prediction"]) == {"high", "low", "middle"}
    assert found["probability_high"].dtype == np.float64


# --- beyond memory -----------------------------------------------------------------------------------------------


def in_parts(frame: pd.DataFrame, size: int) -> Table:
    starts = range(0, len(frame), size)

    def read(start: int):
        def reads(columns):
            piece = frame.iloc[start : start + size]
            return piece if columns is None else piece[list(columns)]

        return reads

    return LocalEngine().hold([Partition(size, read(start)) for start in starts], None)


def learned(step: Train, table: Table) -> dict:
    def wrap(piece: pd.DataFrame) -> Rows:
        return Rows.of(piece, Roles(target="y"), ("a", "b"))

    return learn(step, table, wrap, np.random.default_rng(0)).state


def test_partitions_are_learned_in_turn_by_an_estimator_that_can():
    frame = made(1000).assign(y=lambda f: pd.array(f["y"] > 0, dtype="boolean"))
    step = Train(SGDClassifier(loss="log_loss"), epochs=3, classes=[False, True])
    with override(rows_per_partition=300):  # blocks are as long as this, however the rows are cut
        state = learned(step, in_parts(frame, 170))
    assert state["classes"] == [False, True] and state["features"] == ["a", "b"]
    by_hand = SGDClassifier(loss="log_loss", random_state=state["estimator"].random_state)
    for _ in range(3):
        for start in range(0, 1000, 300):
            piece = frame.iloc[start : start + 300]
            by_hand.partial_fit(piece[["a", "b"]], piece["y"].to_numpy(dtype=bool), classes=[False, True])
    assert (by_hand.coef_ == state["estimator"].coef_).all()
    found = step.predict(frame[["a", "b"]], state)
    assert found.columns.tolist() == ["prediction", "probability_False", "probability_True"]


def test_a_regressor_learns_in_parts_without_classes():
    state = learned(Train(SGDRegressor(), epochs=5), in_parts(made(1000), 300))
    assert state["estimator"].coef_ == pytest.approx([2, -1], abs=0.1)


def test_a_classifier_in_parts_asks_for_its_classes_and_names_strange_ones():
    frame = made(1000).assign(y=lambda f: f["y"] > 0)
    with pytest.raises(ConfigurationError, match="first one may not have all classes"):
        learned(Train(SGDClassifier()), in_parts(frame, 300))
    with pytest.raises(DataError, match="not among classes=.'no', 'yes'."):
        learned(Train(SGDClassifier(), classes=["yes", "no"]), in_parts(frame.assign(y="maybe"), 300))


def test_an_estimator_that_cannot_learn_in_parts_gets_all_rows():
    frame = made(1000)
    one, other = learned(Train(Ridge()), in_parts(frame, 300)), learned(Train(Ridge()), LocalEngine().hold(None, frame))
    assert digest(one) == digest(other)


# --- stored and loaded -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", [LogisticRegression(), HistGradientBoostingClassifier(max_iter=5)], ids=repr)
@pytest.mark.parametrize("kind", ["boolean", "Int64", "str"])
def test_a_stored_model_predicts_the_same(estimator, kind, tmp_path):
    frame = made()
    frame["y"] = TARGETS[kind](frame["y"])
    fitted = Train(estimator).fit(frame, target="y")
    save_state(fitted.state, tmp_path / "state")
    loaded = load_state(tmp_path / "state")
    assert digest(loaded) == digest(fitted.state)
    assert Train(estimator).predict(frame[["a", "b"]], loaded).equals(fitted.predict(frame))


@pytest.mark.parametrize("kind", ["boolean", "str"])
@pytest.mark.parametrize("estimator", [HistGradientBoostingClassifier(max_iter=5), RandomForestClassifier(5)], ids=repr)
def test_a_prediction_that_follows_from_probabilities_is_the_estimators_own(estimator, kind):
    frame = made()
    frame["y"] = TARGETS[kind](frame["y"])
    fitted = Train(estimator).fit(frame, target="y")
    assert (fitted.predict(frame)["prediction"] == fitted.state["estimator"].predict(frame[["a", "b"]])).all()
