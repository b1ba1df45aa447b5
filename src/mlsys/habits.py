"""Names that people type by habit from other libraries, answered with the right one in a sentence."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from mlsys.completion import listed
from mlsys.errors import UnknownArgument, UnknownAttribute, UnknownKey

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Value = TypeVar("_Value")

_LEARN = "pipeline.run(frame) learns and evaluates; pipeline.as_sklearn() is an estimator with fit(X, y)"
_PREDICT = "run = pipeline.run(frame), then run.predict(new_rows)"
PIPELINE = {
    "fit": _LEARN,
    "train": _LEARN,
    "fit_predict": _LEARN,
    "fit_transform": "pipeline.run(frame).frame() gives the training rows after the last step",
    "transform": "pipeline.run(frame).frame(part, after=step) gives rows after a step",
    "predict": _PREDICT,
    "predict_proba": f"{_PREDICT} has a column probability_<class> for each class",
    "decision_function": f"{_PREDICT} has a probability or score for each class",
    "score": "run = pipeline.run(frame), then run.metrics",
    "evaluate": "run = pipeline.run(frame), then run.metrics",
    "metrics": "run = pipeline.run(frame), then run.metrics",
    "get_params": "pipeline.plan() shows the steps, pipeline[name] is one of them",
    "set_params": "pipeline.replace(Train=...) gives a pipeline with another step",
    "named_steps": "pipeline[name] is a step",
    "save": "run = pipeline.run(frame), then run.save(folder)",
    "plot": "pipeline.plan() draws the steps; run.reports[name].plot() draws a result",
    "summary": "pipeline.plan()",
    "append": 'pipeline.insert(step, after="...") gives a new pipeline',
    **dict.fromkeys(
        ("optimize", "grid_search", "random_search", "search", "tune_hyperparameters"),
        'pipeline.tune({"Train.estimator__C": [0.1, 1, 10]}, frame)',
    ),
    "cross_val_score": "pipeline.cross_validate(folds, frame)",
    "cv": "pipeline.cross_validate(folds, frame)",
}
"""Of a Pipeline: what stands for a name, in code."""

_STATE = 'run.state("Train")["estimator"] is the fitted estimator'
RUN = {
    "score": "run.metrics",
    "scores": "run.metrics",
    "evaluate": "run.metrics, and run.final_test() opens the test rows",
    "test": "run.final_test()",
    "plot": 'run.reports["evaluate"].plot()',
    "show": "run.card",
    "summary": "run.card",
    "results": "run.reports",
    "fit": "run.pipeline.run(frame) trains again",
    "transform": "run.frame(part, after=step)",
    "predict_proba": "run.predict(frame) has a column probability_<class> for each class",
    "decision_function": "run.predict(frame) has a probability or score for each class",
    "estimator": _STATE,
    "estimator_": _STATE,
    "best_params_": f"{_STATE}, a search with best_params_",
    "best_score_": f"{_STATE}, a search with best_score_",
    "feature_importances_": f"{_STATE}, with feature_importances_",
    "coef_": f"{_STATE}, with coef_",
    "cross_validate": "run.pipeline.cross_validate(folds, frame)",
    "log": "pipeline.run(frame) writes to MLflow automatically",
    "load": "mlsys.load(folder_or_run_id)",
}
"""Of a Run: what stands for a name, in code."""

ARGUMENTS = {
    "y": "target", "label": "target", "labels": "target", "target_column": "target", "outcome": "target",
    "random_state": "seed", "groups": "group", "sample_weight": "weight", "weights": "weight", "date": "time",
    "timestamp": "time", "index": "id", "drop": "exclude", "columns": "features", "protected": "sensitive",
}  # fmt: skip
"""Arguments that have another name here."""

_STEPS = {
    "cv": "pipeline.cross_validate(folds)",
    "folds": "pipeline.cross_validate(folds)",
    "scoring": "Evaluate(metrics=[...]) in the list",
    "metrics": "Evaluate(metrics=[...]) in the list",
    "test_size": "StratifiedSplit(test=0.2) in the list",
    "split": "a split such as TimeSplit(...) in the list",
    "data": "pipeline.run(data)",
    "X": "pipeline.run(frame), with target= naming its column",
    "model": "the estimator in the list of steps",
    "estimator": "the estimator in the list of steps",
    "memory": "pipeline.run(cache=); results are cached automatically",
    "verbose": "pipeline.run(verbose=)",
    "n_jobs": "pipeline.cross_validate(n_jobs=)",
}
"""Arguments whose place is elsewhere."""

PACKAGE = {
    "train_test_split": 'a split in the list, such as StratifiedSplit(test=0.2) or TimeSplit(test="28D")',
    "cross_val_score": "pipeline.cross_validate(folds, frame)",
    "cross_validate": "pipeline.cross_validate(folds, frame)",
    "cross_val_predict": "pipeline.run(frame).predictions",
    "make_pipeline": "mlsys.Pipeline([...], target=...)",
    "KFold": "mlsys.KFolds", "GroupKFold": "mlsys.GroupFolds", "TimeSeriesSplit": "mlsys.TimeFolds",
    "StratifiedKFold": "mlsys.KFolds", "GroupShuffleSplit": "mlsys.GroupSplit", "ShuffleSplit": "mlsys.RandomSplit",
    "MinMaxScaler": "mlsys.MinMaxScale", "RobustScaler": "mlsys.RobustScale",
    "PowerTransformer": "mlsys.PowerTransform", "KBinsDiscretizer": "mlsys.Bin",
    "StandardScaler": "mlsys.Standardize", "SimpleImputer": "mlsys.Impute", "OneHotEncoder": "mlsys.OneHot",
    "TargetEncoder": "mlsys.TargetEncode", "ColumnTransformer": "mlsys.Apply(transformer, columns=[...])",
    "FunctionTransformer": "mlsys.Derive or a plain function in the list",
    "CalibratedClassifierCV": "mlsys.Calibrate", "merge": "mlsys.Join", "merge_asof": "mlsys.AsOfJoin",
    "read_csv": "mlsys.ReadCSV", "read_parquet": "mlsys.ReadParquet",
    "classification_report": "mlsys.Evaluate, supplied automatically: run.metrics",
    "accuracy_score": 'mlsys.Evaluate(metrics=["accuracy"])',
    "roc_auc_score": 'mlsys.Evaluate(metrics=["roc_auc"])',
}  # fmt: skip
"""Of the package: what does here what a function or class of another library does."""

_THEIR_MODULES = (
    "preprocessing", "linear_model", "ensemble", "model_selection", "compose", "pipeline", "impute", "metrics", "svm",
    "neighbors", "tree", "naive_bayes", "feature_selection", "feature_extraction.text", "decomposition", "cluster",
    "calibration", "neural_network", "discriminant_analysis", "kernel_approximation", "gaussian_process", "dummy",
    "isotonic", "random_projection", "multiclass", "multioutput", "inspection", "datasets", "base",
)  # fmt: skip
"""Modules of scikit-learn in which a name is looked for."""


def attribute_error(of: str, thing: object, name: str, habits: Mapping[str, str]) -> AttributeError:
    """Return the error for a name that an object does not have.

    Parameters
    ----------
    of : str
        What was asked, for the message: ``"a Pipeline"``.
    thing : object
        The same.
    name : str
        What for.
    habits : mapping of str to str
        What stands for names that are typed by habit.
    """
    there = dir(type(thing))
    if name in there:  # a property of it failed so: its own error tells why
        object.__getattribute__(thing, name)
    if name.startswith("_"):  # asked by Python and by notebooks
        return AttributeError(f"{of} has no attribute {name!r}")
    if name in habits:
        return UnknownAttribute(f"{of} has no {name}", f"write {habits[name]}")
    return UnknownAttribute(
        f"{of} has no {name}", _near(name, (each for each in listed(type(thing), there) if not each.startswith("_")))
    )


def package_error(name: str, there: Iterable[str]) -> AttributeError:
    """Return the error for a name that the package does not have, which may be one of scikit-learn's."""
    if name.startswith("_"):
        return AttributeError(f"module 'mlsys' has no attribute {name!r}")
    home = _home_in_sklearn(name)
    ours = PACKAGE.get(name)
    if home is not None:
        own = f"use {ours}, or " if ours is not None else ""
        use = "put it into the list" if name[0].isupper() else "use it"
        return UnknownAttribute(
            f"mlsys has no {name}, which is scikit-learn's", f"{own}from {home} import {name} and {use}"
        )
    if ours is not None:
        return UnknownAttribute(f"mlsys has no {name}", f"use {ours}")
    return UnknownAttribute(f"mlsys has no {name}", _near(name, there, "mlsys."))


class Named(dict[str, _Value]):
    """Things by name, which answer a name that there is none of.

    Examples
    --------
    >>> Named("report", {"evaluate": 1})["evaluation"]
    Traceback (most recent call last):
        ...
    mlsys.errors.UnknownKey: there is no report 'evaluation'
      Remedy: did you mean 'evaluate'? There are evaluate
    """

    def __init__(self, what: str, things: Mapping[str, _Value]) -> None:
        super().__init__(things)
        self._what = what

    def __missing__(self, name: str) -> _Value:
        raise UnknownKey(f"there is no {self._what} {name!r}", _near(str(name), self, quoted=True, listed=True))


def answering(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Answer arguments that a function does not have with those it has."""
    known = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def answered(*given: _P.args, **named: _P.kwargs) -> _R:
        unknown = [name for name in named if name not in known]
        if unknown:
            raise _argument_error(function, given, unknown, known)
        return function(*given, **named)

    return answered


def _argument_error(
    function: Callable[..., Any], given: tuple[Any, ...], unknown: list[str], known: tuple[str, ...]
) -> UnknownArgument:
    makes = function.__name__ == "__init__"
    who = type(given[0]).__name__ if makes else function.__qualname__
    remedies = []
    for name in unknown:
        meant = ARGUMENTS.get(name)
        if meant in known:
            remedies.append(f"write {meant}= for {name}=")
        elif name in _STEPS and makes:
            remedies.append(f"for {name}= there is {_STEPS[name]}")
        else:
            near = difflib.get_close_matches(name, known, 1)
            own = [each for each in known if each != "self"]
            remedies.append(f"did you mean {near[0]}=?" if near else f"its arguments are {', '.join(own)}")
    listed = ", ".join(f"{name}=" for name in unknown)
    return UnknownArgument(f"{who} has no argument {listed}", "; ".join(remedies))


def _near(name: str, there: Iterable[str], prefix: str = "", quoted: bool = False, listed: bool = False) -> str:
    names = list(there)
    folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.casefold(), folded, 1, 0.6)
    parts = []
    if close:
        found = prefix + folded[close[0]]
        parts.append(f"did you mean {found!r}?" if quoted else f"did you mean {found}?")
    if listed or not close:
        parts.append(f"There are {', '.join(names)}" if names else "There are none")
    return " ".join(parts)


def _home_in_sklearn(name: str) -> str | None:
    for each in _THEIR_MODULES:
        module = import_module(f"sklearn.{each}")
        if name in getattr(module, "__all__", ()):
            return f"sklearn.{each}"
    return None
