"""Spaces: what is searched reads well, and what cannot be searched is refused before data is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import Impute, Integers, LogUniform, OneHot, Pipeline, RandomSplit, Train, Uniform
from mlsys.errors import ConfigurationError
from mlsys.pipeline.tuning.space import changed, space_of

PIPELINE = Pipeline(
    [RandomSplit(), Impute(), OneHot(["site"]), Train(LogisticRegression())],
    target="y",
)


def refused(space: Any, of: Pipeline = PIPELINE, **arguments: Any) -> str:
    with pytest.raises(ConfigurationError) as raised:
        of.tune(space, **arguments)
    return str(raised.value)


def test_an_unknown_field_is_told_with_the_nearest() -> None:
    said = refused({"Train.C": [1, 2]})
    assert "Train has no field 'C'" in said and "did you mean 'estimator__C'?" in said
    assert "did you mean 'numeric'?" in refused({"Impute.numerc": ["mean"]})
    assert "did you mean 'estimator__C'?" in refused({"Train.estimator__c": [1]})


def test_an_unknown_step_is_told_with_the_nearest() -> None:
    said = refused({"Imput.numeric": ["mean"]})
    assert "no step 'Imput'" in said and "did you mean 'Impute'?" in said


@pytest.mark.parametrize("space", [{}, None, [], "Train", 3, LogisticRegression])
def test_an_empty_space_is_refused(space: Any) -> None:
    assert "tune() got" in refused(space) and "LogUniform" in refused(space)


@pytest.mark.parametrize("value", [[], (), range(0), "mean", 3, None, {"a": 1}, Uniform])
def test_nothing_to_choose_from_is_refused(value: Any) -> None:
    assert "choose from" in refused({"Impute.numeric": value})


def test_a_choice_that_a_step_refuses_is_told_before_anything_runs() -> None:
    said = refused({"Impute.numeric": ["mean", "avarage"]})
    assert "Impute cannot be created" in said and "avarage" in said


@pytest.mark.parametrize("key", ["RandomSplit.validation", "RandomSplit", "Evaluate.metrics"])
def test_what_decides_on_rows_and_metrics_is_not_searched(key: str) -> None:
    assert "decides what trials are evaluated on or by" in refused({key: [0.1, 0.2]})


def test_a_step_and_its_field_are_not_searched_together() -> None:
    said = refused({"Impute": [Impute(), None], "Impute.numeric": ["mean"]})
    assert "replaces 'Impute' and also changes 'Impute.numeric'" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"trials": 0}, "trials=0"),
        ({"trials": True}, "trials=True"),
        ({"trials": 2.5}, "trials=2.5"),
        ({"seconds": -1}, "seconds=-1"),
        ({"resume": "../elsewhere"}, "resume='../elsewhere'"),
        ({"resume": True}, "resume=True"),
    ],
)
def test_a_budget_that_is_none_is_refused(arguments: dict[str, Any], words: str) -> None:
    assert words in refused({"Impute.numeric": ["mean", "median"]}, **arguments)


def test_pipelines_without_model_or_target_are_refused() -> None:
    assert "with a model" in refused({"Impute.numeric": ["mean"]}, Pipeline([Impute()], target="y"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Uniform(1, 0), "is not a range"),
        (lambda: Uniform(0, 1, step=0), "step"),
        (lambda: LogUniform(0, 1), "at or below 0"),
        (lambda: Integers(1, 2.5), "not whole"),  # type: ignore[arg-type]
        (lambda: Integers(0, 8, log=True), "cannot be searched"),
        (lambda: Uniform(True, 2), "is not a range"),
    ],
)
def test_ranges_that_are_none_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make()


class Lowest:
    """A trial of which each suggestion is the first that there is."""

    def suggest_float(self, name: str, low: float, high: float, step: Any = None, log: bool = False) -> float:
        return low

    def suggest_int(self, name: str, low: int, high: int, step: int = 1, log: bool = False) -> int:
        return low

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        return choices[0]


def test_distributions_of_optuna_and_ranges_of_python_are_searched() -> None:
    optuna = pytest.importorskip("optuna")
    for given, value in (
        (range(3, 9, 2), 3),
        (optuna.distributions.FloatDistribution(0.1, 2, log=True), 0.1),
        (optuna.distributions.IntDistribution(2, 8), 2),
        (optuna.distributions.CategoricalDistribution((7, 8)), 7),
        (Uniform(0.5, 2), 0.5),
        (np.logspace(-2, 1, 4), 0.01),
        (pd.Series([3, 4]), 3),
    ):
        made = space_of(PIPELINE, {"Train.estimator__C": given}).suggested(Lowest())
        assert made["Train"].estimator.C == value


def test_parameters_deep_inside_are_changed_together_and_nothing_else_is() -> None:
    deep = Pipeline([RandomSplit(), Train(make_pipeline(StandardScaler(), LogisticRegression()))], target="y")
    made = changed(deep, {"Train.estimator__logisticregression__C": 3.0, "Train.epochs": 1})
    assert made["Train"].estimator.get_params()["logisticregression__C"] == 3.0
    assert deep["Train"].estimator.get_params()["logisticregression__C"] == 1.0


def test_choices_that_print_alike_are_told_apart() -> None:
    space = space_of(PIPELINE, {"Impute": [Impute(), Impute(), None]})
    assert len(space.ranges["Impute"].by_label) == 3  # type: ignore[attr-defined]


def test_equal_spaces_have_one_digest_and_others_another() -> None:
    one, same = (space_of(PIPELINE, {"Impute.numeric": ["mean", "median"]}).digest for _ in range(2))
    assert one == same != space_of(PIPELINE, {"Impute.numeric": ["mean", "mode"]}).digest
