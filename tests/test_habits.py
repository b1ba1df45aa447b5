"""Names typed by habit from other libraries are answered with the right one, and still are no attributes."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Pipeline, Run
from mlsys.errors import MlsysError
from mlsys.habits import PACKAGE, PIPELINE, RUN


@pytest.fixture(scope="module")
def run() -> Run:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300)}).assign(y=lambda f: f["x"] + rng.normal(size=300) > 0)
    return Pipeline([LogisticRegression()], target="y").run(frame, track=False, cache=False, verbose=False)


@pytest.mark.parametrize("name", PIPELINE)
def test_a_pipeline_answers_and_has_no_such_attribute(name: str) -> None:
    pipeline = Pipeline([LogisticRegression()], target="y")
    assert not hasattr(pipeline, name)
    with pytest.raises(AttributeError, match=f"a Pipeline has no {name}\n  Remedy: write .*") as told:
        getattr(pipeline, name)
    assert isinstance(told.value, MlsysError)


@pytest.mark.parametrize("name", RUN)
def test_a_run_answers_and_has_no_such_attribute(name: str, run: Run) -> None:
    assert not hasattr(run, name)
    with pytest.raises(AttributeError, match=f"a Run has no {name}\n  Remedy: write .*"):
        getattr(run, name)


def test_no_habit_hides_a_name_that_there_is() -> None:
    assert not PIPELINE.keys() & set(dir(Pipeline)) and not RUN.keys() & set(dir(Run))
    assert not PACKAGE.keys() & set(mlsys.__all__)


@pytest.mark.parametrize(
    ("wrong", "right"), [("final_tst", "final_test"), ("metric", "metrics"), ("Predict", "predict")]
)
def test_a_near_name_is_named(wrong: str, right: str, run: Run) -> None:
    with pytest.raises(AttributeError, match=f"did you mean {right}"):
        getattr(run, wrong)


def test_a_run_is_not_called(run: Run) -> None:
    with pytest.raises(TypeError, match="pipeline.run"):
        run(pd.DataFrame(), [1])
    with pytest.raises(MlsysError, match="which is not a step"):
        Pipeline([run])


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("traget", "did you mean target="), ("y", "write target= for y="), ("random_state", "write seed="),
     ("groups", "write group="), ("scoring", "Evaluate"), ("cv", "cross_validate"), ("zzz", "its arguments are steps")],
)  # fmt: skip
def test_an_argument_that_is_none_is_answered(wrong: str, right: str) -> None:
    with pytest.raises(TypeError, match=f"Pipeline has no argument {wrong}=(.|\n)*{right}") as told:
        Pipeline([LogisticRegression()], **{wrong: "y"})
    assert isinstance(told.value, MlsysError)


def test_arguments_of_run_are_answered() -> None:
    with pytest.raises(TypeError, match="Pipeline.run has no argument trakc=\n  Remedy: did you mean track="):
        Pipeline([LogisticRegression()], target="y").run(trakc=False)


def test_several_arguments_are_answered_at_once() -> None:
    with pytest.raises(TypeError, match="traget=, seeed=(.|\n)*target=(.|\n)*seed="):
        Pipeline([LogisticRegression()], traget="y", seeed=1)


@pytest.mark.parametrize(
    ("name", "right"),
    [("StandardScaler", "mlsys.Standardize, or from sklearn.preprocessing import StandardScaler"),
     ("LogisticRegression", "from sklearn.linear_model import LogisticRegression and put it into the list"),
     ("train_test_split", "StratifiedSplit"), ("cross_val_score", "cross_validate"), ("read_csv", "mlsys.ReadCSV"),
     ("Pipelin", "did you mean mlsys.Pipeline"), ("onehot", "did you mean mlsys.OneHot")],
)  # fmt: skip
def test_the_package_answers_names_of_others(name: str, right: str) -> None:
    assert not hasattr(mlsys, name)
    with pytest.raises(AttributeError, match=right):
        getattr(mlsys, name)


def test_a_report_that_is_none_is_answered(run: Run) -> None:
    with pytest.raises(KeyError, match="there is no report 'evaluation'\n  Remedy: did you mean 'evaluate'"):
        run.reports["evaluation"]
    assert "evaluation" not in run.reports and run.reports.get("evaluation") is None and "evaluate" in run.reports


def test_copies_are_made_as_before(run: Run) -> None:
    pipeline = Pipeline([LogisticRegression()], target="y")
    assert copy.copy(pipeline) == pipeline == pickle.loads(pickle.dumps(pipeline))
    assert run.reports.keys() == dict(run.reports).keys()
