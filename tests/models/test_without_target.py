"""Detectors and clusterers: trained on features alone, and predicting what they themselves would."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans, MiniBatchKMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from mlsys import Train
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._aims import aim_of
from mlsys.models._without_target import anomalies_learned, anomaly_scores

ROWS = 200
DETECTORS = [
    IsolationForest(n_estimators=20, random_state=0),
    IsolationForest(n_estimators=20, contamination=0.1, random_state=0),
    LocalOutlierFactor(novelty=True),
    OneClassSVM(nu=0.1),
    EllipticEnvelope(random_state=0),
    make_pipeline(StandardScaler(), OneClassSVM(nu=0.1)),
]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"x": rng.normal(size=ROWS), "z": rng.normal(size=ROWS)})
    made.loc[:9, "x"] += 5
    return made


@pytest.mark.parametrize("detector", DETECTORS, ids=repr)
def test_a_detector_predicts_what_it_does_itself(detector, frame):
    said = Train(detector).fit(frame).predict(frame)
    alone = detector.fit(frame.to_numpy())
    assert said.columns.tolist() == ["prediction", "score_False", "score_True"]
    decided = alone.decision_function(frame.to_numpy())
    assert np.allclose(said["score_True"], -decided, rtol=1e-9, atol=1e-12)
    clear = np.abs(decided) > 1e-9
    assert (said["prediction"] == (decided < 0))[clear].all()
    assert (said["score_False"] == -said["score_True"]).all()


class Distance:
    """A detector of another library's form: higher for stranger rows, and 1 for anomalous ones."""

    def __init__(self, contamination=0.05):
        self.contamination = contamination

    def fit(self, X, y=None):
        self.middle = np.asarray(X).mean(axis=0)
        self.cut = np.quantile(self.decision_function(X), 1 - self.contamination)
        return self

    def decision_function(self, X):
        return ((np.asarray(X) - self.middle) ** 2).sum(axis=1)

    def predict(self, X):
        return (self.decision_function(X) > self.cut).astype(int)


class Scored(Distance):
    """The same with scikit-learn's scores."""

    def score_samples(self, X):
        return -self.decision_function(X)


def test_a_detector_of_another_library_is_cut_where_it_marks_training_rows_itself(frame):
    detector = Scored().fit(frame)
    cut = anomalies_learned(detector, frame)
    assert ((anomaly_scores(detector, frame) > cut) == (detector.predict(frame) == 1)).all()
    assert aim_of(detector) == "anomalies"


def test_a_detector_without_scores_is_refused():
    with pytest.raises(ConfigurationError, match=r"(?s)has no score_samples\(X\).*IsolationForest"):
        Train(Distance())


def test_the_truth_of_no_row_matters_to_a_detector(frame, rng):
    labels = pd.Series(np.arange(ROWS) < 10)
    states = [
        Train(IsolationForest(n_estimators=10)).fit(frame.assign(bad=bad), target="bad").state
        for bad in (labels, labels.sample(frac=1, random_state=1).to_numpy())
    ]
    rows = [anomaly_scores(state["estimator"], frame) for state in states]
    assert (rows[0] == rows[1]).all()
    assert states[0]["classes"] == states[1]["classes"] == [False, True]
    assert states[0]["features"] == ["x", "z"]


@pytest.mark.parametrize(
    ("labels", "roles", "classes"),
    [
        (["fraud"] * 10 + ["fine"] * 190, {}, ["fine", "fraud"]),
        (["fraud"] * 10 + ["fine"] * 190, {"event": "fine"}, ["fraud", "fine"]),
        ([1] * 10 + [0] * 190, {}, [0, 1]),
        ([0] * 200, {}, [0, 1]),
        ([False] * 200, {}, [False, True]),
        (["fine"] * 200, {"event": "fraud"}, ["fine", "fraud"]),
        ([None] * 200, {}, [False, True]),
        ([True] * 10 + [None] * 100 + [False] * 90, {}, [False, True]),
    ],
)
def test_anomalous_rows_are_called_as_the_event_of_the_target(frame, labels, roles, classes):
    labelled = frame.assign(bad=pd.Series(labels))
    fitted = Train(IsolationForest(n_estimators=10)).fit(labelled, target="bad", features=["x", "z"], **roles)
    assert fitted.state["classes"] == classes
    said = fitted.predict(frame)
    assert said.columns.tolist() == ["prediction", f"score_{classes[0]}", f"score_{classes[1]}"]
    assert ((said["prediction"] == classes[1]) == (said[f"score_{classes[1]}"] > 0)).all()


@pytest.mark.parametrize(
    ("labels", "problem", "remedy"),
    [
        (["a", "b", "c", "d"] * 50, "more than 2 classes", "NaturalLabel"),
        (["fine"] * 200, "the name of the anomalous ones is not known", "event="),
    ],
)
def test_a_target_that_cannot_name_anomalies_is_refused(frame, labels, problem, remedy):
    with pytest.raises(DataError, match=f"(?s){problem}.*{remedy}"):
        Train(IsolationForest(n_estimators=10)).fit(frame.assign(bad=labels), target="bad")


@pytest.mark.parametrize(
    "clusterer", [KMeans(3, random_state=0), MiniBatchKMeans(3, random_state=0), GaussianMixture(2, random_state=0),
                  BayesianGaussianMixture(n_components=2, random_state=0),
                  make_pipeline(StandardScaler(), KMeans(2, random_state=0))], ids=lambda each: type(each).__name__,
)  # fmt: skip
def test_a_clusterer_predicts_what_it_does_itself(clusterer, frame):
    fitted = Train(clusterer).fit(frame)
    said, alone = fitted.predict(frame), clusterer.fit(frame)
    assert (said["prediction"] == alone.predict(frame)).all()
    shares = [name for name in said.columns if name.startswith("probability_")]
    assert bool(shares) == hasattr(alone, "predict_proba")
    if shares:
        assert np.allclose(said[shares], alone.predict_proba(frame))
    assert fitted.predict(frame.head(0)).columns.tolist() == said.columns.tolist()


@pytest.mark.parametrize(
    ("estimator", "problem", "remedy"),
    [
        (LocalOutlierFactor(), "scores only the rows that it was fitted on", r"novelty=True"),
        (DBSCAN(), r"has no predict\(X\) for new rows", "KMeans"),
        (HDBSCAN(), r"has no predict\(X\) for new rows", "KMeans"),
        (KernelDensity(), "does not say which are anomalous", "IsolationForest"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_says_nothing_of_new_rows_is_refused_with_what_does(estimator, problem, remedy):
    with pytest.raises(ConfigurationError, match=f"(?s){problem}.*{remedy}"):
        Train(estimator)


def test_one_cluster_is_refused(frame):
    with pytest.raises(DataError, match=r"(?s)put all 200 training rows into one cluster.*two or more clusters"):
        Train(KMeans(1)).fit(frame)


def test_weights_reach_a_detector(frame):
    weights = np.where(np.arange(ROWS) < 10, 0.0, 1.0)
    weighted = Train(OneClassSVM(nu=0.1)).fit(frame.assign(w=weights), weight="w", features=["x", "z"])
    alone = OneClassSVM(nu=0.1).fit(frame[10:])
    assert np.allclose(weighted.predict(frame)["score_True"], -alone.decision_function(frame))


def test_there_is_no_counterpart_in_scikit_learn_but_the_estimator_itself():
    with pytest.raises(ConfigurationError, match=r"(?s)learns without a target.*step\.estimator"):
        Train(KMeans(2)).as_sklearn()
