"""What ``dir()`` lists: what users call of an object, and none of its machinery."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import mlsys
from mlsys import Evaluate, Impute, Monitor, OneHot, Pipeline, Prepare, RandomSplit, Transform
from mlsys.errors import ConfigurationError
from mlsys.steps import Step
from mlsys.steps.result import Result

FRAME = pd.DataFrame({"a": range(60), "y": [0, 1] * 30})
PIPELINE = Pipeline([RandomSplit(), Impute(), Impute(name="again")], target="y")


class Mine(Transform):
    """A step of the user's."""

    columns: list[str] | None = None

    def learn(self, train: Any) -> float:
        return 1.0

    def apply(self, frame: pd.DataFrame, state: float) -> pd.DataFrame:
        return frame

    def helper(self) -> int:
        return 3


@pytest.fixture(scope="module")
def run() -> mlsys.Run:
    return PIPELINE.run(FRAME, track=False, cache=False, verbose=False)


SHOWN: dict[str, Any] = {
    "pipeline": PIPELINE,
    "step": Impute(),
    "split": RandomSplit(),
    "evaluate": Evaluate(),
    "own step": Mine(),
    "monitor": Monitor.fit(FRAME),
    "result": Result("size", FRAME),
}


@pytest.mark.parametrize("name", SHOWN)
def test_neither_private_names_nor_those_of_pydantic_are_listed(name: str) -> None:
    names = dir(SHOWN[name])
    assert not [each for each in names if each.startswith("_") and not each.endswith("__")]
    assert not [each for each in names if "pydantic" in each or "dataclass" in each]
    assert all(hasattr(SHOWN[name], each) for each in names if not each.startswith("_") and each != "load")


def test_a_step_lists_its_fields_its_hooks_and_what_users_call() -> None:
    names = {name for name in dir(Impute()) if not name.startswith("_")}
    assert {"columns", "numeric", "name", "learn", "apply", "fit", "as_sklearn", "with_", "digest"} <= names
    assert names.isdisjoint({"is_ours", "made_at", "required_hooks", "serves_columns", "columns_read", "takes_all"})


def test_a_step_of_ones_own_lists_what_its_author_wrote() -> None:
    assert {"columns", "learn", "apply", "helper", "fit"} <= set(dir(Mine()))


def test_what_pipelines_and_runs_call_of_one_another_is_not_listed(run: mlsys.Run) -> None:
    assert {"run", "plan", "replace"} <= set(dir(PIPELINE))
    assert set(dir(PIPELINE)).isdisjoint({"as_run", "rebuilt", "planned"})
    assert {"card", "evaluation", "register", "columns"} <= set(dir(run))
    assert set(dir(run)).isdisjoint({"show_before_tracking", "log_rows", "_live"})


def test_a_class_lists_all_it_has() -> None:
    assert "columns_read" in dir(Impute)
    assert issubclass(Impute, Step)


def test_a_step_is_found_by_its_class() -> None:
    pipeline = Pipeline([RandomSplit(), Impute(["a"]), OneHot(["b"])], target="y")
    assert pipeline[Impute] == pipeline["Impute"] == Impute(["a"])
    assert pipeline[OneHot].columns == ("b",)


def test_a_class_that_no_step_has_or_several_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="2 steps of Impute\n.*name one of Impute, again"):
        PIPELINE[Impute]
    with pytest.raises(ConfigurationError, match="no Prepare in the pipeline\n.*its steps are RandomSplit"):
        PIPELINE[Prepare]


def test_a_run_without_an_evaluation_says_so(run: mlsys.Run) -> None:
    assert not run.is_evaluated
    assert run.outcome.evaluation is None
    with pytest.raises(ConfigurationError, match="the run has no evaluation"):
        run.evaluation  # noqa: B018
