"""Space: which fields of which steps are searched, and what they can be; all of it checked before data is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, listed, meant
from mlsys.pipeline.tuning.ranges import Integers, LogUniform, Uniform
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.states import digest
from mlsys.steps import Step
from mlsys.steps.cloning import has_parameters, unfitted
from mlsys.steps.questions import divides, looks, reads

Given = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]
"""What a user gives: values by ``"Step"`` or ``"Step.field"``, or a function from a trial to them."""
_EXAMPLE = 'write {"Train.estimator__C": LogUniform(0.01, 10), "Impute.numeric": ["mean", "median"]}'
_PLAIN = (bool, int, float, str, type(None))
_LONGEST = 60


@runtime_checkable
class Suggests(Protocol):
    """A range that can be searched."""

    def suggested(self, trial: Any, name: str) -> Any:
        """Return what a trial of Optuna tries."""
        ...


@dataclass(frozen=True)
class Choices:
    """Some values to choose from; those that are not plain have a label each, by which Optuna knows them."""

    by_label: Mapping[Any, Any]

    @classmethod
    def of(cls, values: Iterable[Any]) -> Choices:
        """Label values; plain ones are their own labels."""
        given = list(values)
        if all(isinstance(each, _PLAIN) for each in given) and len(set(given)) == len(given):
            return cls({each: each for each in given})
        found: dict[Any, Any] = {}
        for each in given:
            label = " ".join(repr(each).split())
            label = label if len(label) <= _LONGEST else f"{label[: _LONGEST - 3]}..."
            found[label if label not in found else f"{label} ({len(found)})"] = each
        return cls(found)

    def suggested(self, trial: Any, name: str) -> Any:
        """Return what a trial of Optuna tries."""
        return self.by_label[trial.suggest_categorical(name, list(self.by_label))]


@dataclass(frozen=True)
class Space:
    """What trials change of a pipeline.

    Parameters
    ----------
    pipeline : Pipeline
        What is changed.
    ranges : mapping of str to Suggests
        By ``"Step"`` or ``"Step.field"``; empty if a function chooses.
    function : callable, optional
        From a trial to values.
    digest : str
        Of all of it: a study is resumed with the same one alone.
    """

    pipeline: AnyPipeline
    ranges: Mapping[str, Suggests]
    function: Callable[[Any], Mapping[str, Any]] | None
    digest: str

    @property
    def changed(self) -> frozenset[str]:
        """Names of the steps that trials may change, as far as they are known beforehand."""
        return frozenset(split_key(self.pipeline, key)[0] for key in self.ranges)

    def suggested(self, trial: Any) -> Any:
        """Return the pipeline that a trial tries."""
        if self.function is None:
            return changed(self.pipeline, {key: each.suggested(trial, key) for key, each in self.ranges.items()})
        values: Any = self.function(trial)
        if not isinstance(values, Mapping):
            raise ConfigurationError(
                f"the space returned {type(values).__name__}", 'return a dict such as {"Train.estimator__C": c}'
            )
        for key in values:
            refuse_fixed(self.pipeline, key)
        return changed(self.pipeline, values)


def space_of(pipeline: AnyPipeline, given: Any) -> Space:
    """Return the checked space; see :meth:`mlsys.Pipeline.tune`.

    Raises
    ------
    ConfigurationError
        If it is empty, names what is not there, or holds values that a step refuses.
    """
    if callable(given) and not isinstance(given, type):
        return Space(pipeline, {}, given, digest(given))
    if not isinstance(given, Mapping) or not given:
        what = "an empty space" if isinstance(given, Mapping) else f"a space that is {type(given).__name__}"
        raise ConfigurationError(f"tune() got {what}", _EXAMPLE)
    ranges = {}
    for key, value in given.items():
        refuse_fixed(pipeline, key)
        ranges[key] = _range(key, value)
    _refuse_both(pipeline, ranges)
    _try_choices(pipeline, ranges)
    return Space(pipeline, ranges, None, digest(ranges))


def changed(pipeline: AnyPipeline, values: Mapping[str, Any]) -> Any:
    """Return a pipeline with steps, fields of steps and parameters of estimators replaced."""
    steps: dict[str, Any] = {}
    fields: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        name, path = split_key(pipeline, key)
        if path:
            fields.setdefault(name, {})[path] = value
        else:
            steps[name] = value
    for name, each in fields.items():
        steps[name] = _with_fields(steps.get(name, pipeline.steps[pipeline.position(name)].step), each)
    return pipeline.replace(**steps)


def split_key(pipeline: AnyPipeline, key: Any) -> tuple[str, str]:
    """Return the step and the path of its field that a key names; the path of a whole step is empty."""
    names = [each.name for each in pipeline.steps]
    text = key if isinstance(key, str) else repr(key)
    found = [name for name in names if text == name or text.startswith(f"{name}.")]
    if not found:
        asked = text.partition(".")[0]
        raise ConfigurationError(
            f"the space names {text!r}, but there is no step {asked!r} in the pipeline",
            f"{meant(asked, names)}its steps are {', '.join(names)}",
        )
    name = max(found, key=len)
    return name, text[len(name) + 1 :]


def refuse_fixed(pipeline: AnyPipeline, key: Any) -> None:
    """Raise for a key that names nothing, or what decides which rows judge, and by what."""
    name, path = split_key(pipeline, key)
    step = pipeline.steps[pipeline.position(name)].step
    if reads(step) or divides(step) or looks(step):
        raise ConfigurationError(
            f"the space changes {name}, which decides what trials are evaluated on or by",
            "search steps that prepare, sample, learn or postprocess; compare splits and metrics outside of tune()",
        )
    if path:
        _refuse_unknown(name, step, path)


def _refuse_unknown(name: str, step: Step, path: str) -> None:
    """Raise for a field, or a parameter of an estimator in it, that is not there."""
    values = step.configuration()
    field, _, rest = path.partition("__")
    if path in values or (field in values and has_parameters(values[field]) and rest in values[field].get_params()):
        return
    inside = {
        f"{each}__{parameter}": parameter
        for each, value in values.items()
        if has_parameters(value)
        for parameter in value.get_params()
    }
    known = [each for each in values if each not in {"name", "allow_all_rows", "waive"}]
    named = next((f"did you mean {long!r}? " for long, short in inside.items() if short == path), "")
    raise ConfigurationError(
        f"the space names {f'{name}.{path}'!r}, but {name} has no field {path!r}",
        f"{named or meant(path, [*known, *inside])}its fields are {listed([*known, *inside])}",
    )


def _with_fields(step: Any, values: Mapping[str, Any]) -> Step:
    """Return a step with some fields, and parameters of estimators in fields, changed."""
    if not isinstance(step, Step):
        raise ConfigurationError(
            f"a field is set of {step!r}, which is not a step", "give steps such as Train(estimator)"
        )
    there, fields = step.configuration(), dict[str, Any]()
    for path, value in values.items():
        field, _, rest = path.partition("__")
        if path in there:
            fields[path] = value
        elif field in there and has_parameters(there[field]):
            estimator = fields[field] if field in fields else unfitted(there[field])
            fields[field] = estimator.set_params(**{rest: value})
        else:
            _refuse_unknown(step.title, step, path)
    return step.with_(**fields)


def _range(key: str, value: Any) -> Suggests:
    """Return what a value of a space means."""
    if isinstance(value, Suggests) and not isinstance(value, type):
        return value
    if isinstance(value, (np.ndarray, pd.Series, pd.Index)) and value.ndim == 1:
        value = value.tolist()
    if isinstance(value, range):
        if len(value) and value.step > 0:
            return Integers(value[0], value[-1], step=value.step) if len(value) > 1 else Choices.of(value)
    elif type(value).__module__ == "optuna.distributions":
        return _of_optuna(value)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if value:
            return Choices.of(value)
    else:
        raise ConfigurationError(
            f"the space has {value!r} for {key!r}, which is nothing to choose from",
            "give a list of values, or Uniform(low, high), LogUniform(low, high), Integers(low, high)",
        )
    raise ConfigurationError(f"the space has nothing to choose from for {key!r}", "give at least one value")


def _of_optuna(given: Any) -> Suggests:
    """Return what a distribution of Optuna means."""
    if type(given).__name__ == "CategoricalDistribution":
        return Choices.of(given.choices)
    if type(given).__name__ == "IntDistribution":
        return Integers(given.low, given.high, given.log, given.step)
    return LogUniform(given.low, given.high) if given.log else Uniform(given.low, given.high, given.step)


def _refuse_both(pipeline: AnyPipeline, ranges: Mapping[str, Suggests]) -> None:
    """Raise if a step is searched as a whole and by its fields."""
    keys = [split_key(pipeline, key) for key in ranges]
    whole = {name for name, path in keys if not path}
    both = next((f"{name}.{path}" for name, path in keys if path and name in whole), None)
    if both:
        raise ConfigurationError(
            f"the space replaces {both.partition('.')[0]!r} and also changes {both!r}",
            "give the step with each value in its list, or a function from a trial to values",
        )


def _try_choices(pipeline: AnyPipeline, ranges: Mapping[str, Suggests]) -> None:
    """Make the step with each choice where no other field of it is searched, so that what it refuses is told now."""
    of_step = [split_key(pipeline, key)[0] for key in ranges]
    for key, each in ranges.items():
        if isinstance(each, Choices) and of_step.count(split_key(pipeline, key)[0]) == 1:
            for value in each.by_label.values():
                changed(pipeline, {key: value})
