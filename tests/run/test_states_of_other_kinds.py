"""Models whose state is not plain data: written by hooks of the step's own, or pickled with a reason."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from mlsys import Model, Pipeline, RandomSplit, Run, Standardize, Train, load, settings
from mlsys.dataset import Rows
from mlsys.errors import StateError

from ..forks import Forks

REASON = "our nearest mean, reviewed"


class Network:
    """Weights in an object of their own, as a neural network has them."""

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self.weights = weights

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-(frame.to_numpy() @ self.weights)))


class Perceptron(Model):
    """A linear model that writes its own file."""

    passes: int = 20

    def learn(self, train: Rows, rng: np.random.Generator) -> Network:
        network = Network(rng.normal(size=train.X.shape[1]))
        for _ in range(self.passes):
            wrong = train.y.to_numpy() - network.score(train.X)
            network.weights = network.weights + train.X.to_numpy().T @ wrong / len(train)
        return network

    def predict(self, frame: pd.DataFrame, state: Network) -> pd.DataFrame:
        score = state.score(frame)
        return pd.DataFrame(
            {"prediction": score > 0.5, "probability_False": 1 - score, "probability_True": score}, index=frame.index
        )

    def save(self, state: Network, folder: Path) -> None:
        np.save(folder / "weights.npy", state.weights, allow_pickle=False)

    def load(self, folder: Path) -> Network:
        return Network(np.load(folder / "weights.npy", allow_pickle=False))


class NearestMean(ClassifierMixin, BaseEstimator):
    """An estimator of the user's."""

    def fit(self, X: Any, y: Any) -> NearestMean:
        self.classes_ = np.unique(y)
        self.means_ = np.stack([np.asarray(X)[np.asarray(y) == each].mean(axis=0) for each in self.classes_])
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        distances = np.linalg.norm(np.asarray(X)[:, None, :] - self.means_, axis=2)
        return self.classes_[distances.argmin(axis=1)]


def rows() -> pd.DataFrame:
    generator = np.random.default_rng(8)
    frame = pd.DataFrame(generator.normal(size=(300, 2)), columns=["a", "b"])
    return frame.assign(late=frame["a"] + generator.normal(size=300) > 0)


def trained(model: Any) -> Run:
    return Pipeline([RandomSplit(), Standardize(), model], target="late").run(rows(), track=False, cache=False)


# ---------------------------------------------------------------- hooks of one's own


def test_a_model_that_writes_itself_predicts_the_same_after_a_reload(tmp_path: Path) -> None:
    run = trained(Perceptron())
    folder = run.save(tmp_path / "model")
    assert (folder / "steps" / "01" / "state" / "weights.npy").is_file()
    pd.testing.assert_frame_equal(load(folder).predict(rows()), run.model.predict(rows()), check_exact=True)


def test_its_file_is_in_the_manifest_of_the_folder(tmp_path: Path) -> None:
    folder = trained(Perceptron()).save(tmp_path / "model")
    weights = folder / "steps" / "01" / "state" / "weights.npy"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(StateError, match=r"weights\.npy was changed after the model was saved"):
        load(folder)


def test_the_cache_makes_such_a_state_again_and_says_so() -> None:
    pipeline = Pipeline([RandomSplit(), Perceptron()], target="late")
    first = pipeline.run(rows(), track=False)
    again = pipeline.run(rows(), track=False)
    report = again.cache_report().set_index("step")
    assert "Network" in str(report.loc["Perceptron", "why"])
    pd.testing.assert_frame_equal(again.model.predict(rows()), first.model.predict(rows()))


# ---------------------------------------------------------------- pickled with a reason


def test_an_estimator_of_ones_own_needs_a_reason(tmp_path: Path) -> None:
    run = trained(NearestMean())
    with pytest.raises(StateError, match=r"(?s)'Train' cannot be stored: .*NearestMean.*allow_pickle="):
        run.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(StateError):
        run.save(tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_pickled_state_is_loaded_only_where_that_is_said(tmp_path: Path) -> None:
    run = trained(Train(NearestMean(), allow_pickle=REASON))
    folder = run.save(tmp_path / "model")
    with pytest.raises(StateError, match=rf"(?s)'Train' .* is pickled \({REASON}\).*allow_pickle=True") as caught:
        load(folder)
    assert "MLSYS_ALLOW_PICKLE=1" in caught.value.remedy
    expected = run.model.predict(rows())
    pd.testing.assert_frame_equal(load(folder, allow_pickle=True).predict(rows()), expected)
    with settings.override(allow_pickle=1):
        pd.testing.assert_frame_equal(load(folder).predict(rows()), expected)


def test_the_reason_stands_on_the_card_and_in_the_plan() -> None:
    run = trained(Train(NearestMean(), allow_pickle=REASON))
    assert f"Train is stored as a pickle: {REASON}" in " ".join(repr(run.card).split())
    assert REASON in run.card.html()
    assert f"allowed: Train is stored as a pickle: {REASON}" in run.pipeline.plan().notes
    assert "allowed" not in repr(trained(LogisticRegression()).card)


def test_a_reason_for_all_rows_stands_on_the_card_too() -> None:
    steps = [Standardize(allow_all_rows="means of the whole population"), RandomSplit(), LogisticRegression()]
    run = Pipeline(steps, target="late").run(rows(), track=False, cache=False)
    assert "Standardize learns from all rows: means of the whole population" in " ".join(repr(run.card).split())


def test_an_estimator_that_is_no_scikit_learn_class_may_be_pickled(tmp_path: Path) -> None:
    class Plain:
        """Only fit and predict."""

        def fit(self, X: Any, y: Any) -> Plain:
            self.share = float(np.mean(y))
            return self

        def predict(self, X: Any) -> NDArray[Any]:
            return np.full(len(X), self.share)

    with pytest.raises(StateError, match="Plain, which cannot be stored"):
        trained(Plain())
    run = trained(Train(Plain(), allow_pickle="a baseline"))
    folder = run.save(tmp_path / "model")
    pd.testing.assert_frame_equal(load(folder, allow_pickle=True).predict(rows()), run.model.predict(rows()))


def test_what_cannot_be_pickled_either_is_said(tmp_path: Path) -> None:
    import threading

    class Locked(NearestMean):
        def fit(self, X: Any, y: Any) -> Locked:
            self.lock_ = threading.Lock()
            super().fit(X, y)
            return self

    run = trained(Train(Locked(), allow_pickle="try"))
    with pytest.raises(StateError, match=r"(?s)cannot be pickled: TypeError: .*lock.*save\(state, folder\)"):
        run.save(tmp_path / "model")


SCRIPT = """
    import pandas as pd
    from mlsys import Pipeline, RandomSplit, Train
    from estimators import NearestMean

    frame = pd.DataFrame({"a": range(60), "late": [number % 60 > 30 for number in range(60)]})
    pipeline = Pipeline([RandomSplit(), Train(NearestMean(), allow_pickle="ours")], target="late")
    pipeline.run(frame, track=False, cache=False).save("model")
"""
ESTIMATORS = """
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin
    from deeper import distances

    class NearestMean(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            self.means_ = np.stack([np.asarray(X)[np.asarray(y) == each].mean(axis=0) for each in self.classes_])
            return self

        def predict(self, X):
            return self.classes_[distances(np.asarray(X), self.means_).argmin(axis=1)]
"""
DEEPER = """
    import numpy as np

    def distances(rows, means):
        return np.linalg.norm(rows[:, None, :] - means, axis=2)
"""
ASK = """
    import mlsys, pandas as pd
    print(mlsys.load("model", allow_pickle=True).predict(pd.DataFrame({"a": [1, 59]}))["prediction"].tolist())
"""


def test_the_code_of_a_pickled_estimator_goes_along(forks: Forks, tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    for name, text in {"script.py": SCRIPT, "estimators.py": ESTIMATORS, "deeper.py": DEEPER}.items():
        (here / name).write_text(textwrap.dedent(text))
    forks.run(["script.py"], cwd=here, check=True)
    (here / "model").rename(elsewhere / "model")
    done = forks.run(["-c", textwrap.dedent(ASK)], cwd=elsewhere, check=True)
    assert json.loads(done.stdout.lower()) == [False, True]


# ---------------------------------------------------------------- in MLflow


def test_a_model_that_cannot_be_stored_is_withheld_from_mlflow_and_the_run_stays(store: Path) -> None:
    import mlflow

    run = Pipeline([RandomSplit(), NearestMean()], target="late").run(rows(), cache=False)
    logged = mlflow.get_run(run.mlflow_run_id)
    assert "NearestMean" in logged.data.tags["mlsys.model"]
    assert "model withheld" in logged.data.tags["mlflow.note.content"]
    assert not logged.outputs or not logged.outputs.model_outputs
    assert len(run.model.predict(rows())) == len(rows())


@pytest.mark.long
def test_mlflow_serves_a_model_that_writes_itself(store: Path) -> None:
    import mlflow

    run = Pipeline([RandomSplit(), Perceptron()], target="late").run(rows(), cache=False)
    uri = f"models:/{mlflow.get_run(run.mlflow_run_id).outputs.model_outputs[0].model_id}"
    served = mlflow.pyfunc.load_model(uri).predict(rows()[["a", "b"]])
    pd.testing.assert_frame_equal(served, run.model.predict(rows()[["a", "b"]]), check_exact=True)


def test_mlflow_serves_a_pickled_model_only_where_that_is_said(store: Path) -> None:
    import mlflow

    pipeline = Pipeline([RandomSplit(), Train(NearestMean(), allow_pickle=REASON)], target="late")
    run = pipeline.run(rows(), cache=False)
    uri = f"models:/{mlflow.get_run(run.mlflow_run_id).outputs.model_outputs[0].model_id}"
    given = rows()[["a", "b"]]
    with pytest.raises(StateError, match="is pickled"):
        load(run.mlflow_run_id)
    with pytest.raises(StateError, match="is pickled"):
        mlflow.pyfunc.load_model(uri)
    expected = run.model.predict(given)
    pd.testing.assert_frame_equal(load(run.mlflow_run_id, allow_pickle=True).predict(given), expected)
    with settings.override(allow_pickle=1):
        pd.testing.assert_frame_equal(mlflow.pyfunc.load_model(uri).predict(given), expected)
