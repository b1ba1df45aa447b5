"""Calling a metric of the user's own: what it is given, and what its answer means."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import ConfigurationError, ContractError
from mlsys.evaluation.sample import EVENT, Sample, Values
from mlsys.warned import as_errors

Takes = Literal["prediction", "probability", "score"]
WEIGHTS = ("sample_weight", "weight", "weights")
EVENTS = ("pos_label", "event")
LABELS = ("labels",)
_NOT_DEFINED = (ValueError, ArithmeticError, LookupError)
"""What functions raise on rows that lack a class."""


@dataclass(frozen=True)
class Arguments:
    """Parameters of a metric's function beside truth and prediction, each by name; ``None`` where there is none."""

    weight: str | None = None
    event: str | None = None
    labels: str | None = None


def arguments_of(function: Callable[..., Any], who: str) -> Arguments:
    """Return which further arguments a function takes.

    Parameters
    ----------
    function : callable
        ``f(y, prediction)``; weights are given to a parameter called ``sample_weight``, ``weight`` or ``weights``, or
        to a third one that has no default; the event to ``pos_label`` or ``event``; the classes to ``labels``.
    who : str
        For messages.

    Raises
    ------
    ConfigurationError
        When it takes fewer than two arguments, or needs others.

    Examples
    --------
    >>> arguments_of(lambda y, prediction, w: 0.0, "mine")
    Arguments(weight='w', event=None, labels=None)
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # some functions written in C tell nothing
        return Arguments()
    kinds = inspect.Parameter
    bound: Mapping[str, Any] = function.keywords if isinstance(function, functools.partial) else {}
    positional = [p for p in parameters.values() if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    many = any(each.kind is kinds.VAR_POSITIONAL for each in parameters.values())
    free = [name for name in parameters if name not in bound]
    found = {
        kind: next((name for name in names if name in free), None)
        for kind, names in (("weight", WEIGHTS), ("event", EVENTS), ("labels", LABELS))
    }
    if bound.get("average", "binary") != "binary":  # scikit-learn then looks at all classes alike
        found["event"] = None
    needed = [each.name for each in parameters.values() if each.default is kinds.empty and _is_named(each)][2:]
    needed = [name for name in needed if name not in {*found.values(), *bound}]
    if len(needed) == 1 and found["weight"] is None:
        found["weight"], needed = needed[0], []
    if needed or (len(positional) < 2 and not many):
        takes = f"needs {', '.join(map(repr, needed))}" if needed else f"takes {', '.join(free) or 'nothing'}"
        raise ConfigurationError(
            f"{who} is computed by a function that {takes}",
            "write f(y, prediction) or f(y, prediction, weight), and pass other arguments with functools.partial",
        )
    return Arguments(**found)


def answer_of(function: Callable[..., Any], takes: Takes, sample: Sample, who: str) -> float:
    """Return what a function says of a sample; NaN where it is not defined there.

    Raises
    ------
    ContractError
        When the answer is no number.
    """
    asked = arguments_of(function, who)
    rows = sample.that_count(with_weights=asked.weight is not None)
    return _number(_called(function, takes, rows, asked, who), who)


def answers_of(function: Callable[..., Any], takes: Takes, sample: Sample, who: str) -> Values:
    """Return what a function says of each row, null as NaN.

    Raises
    ------
    ContractError
        When the answer is not one number a row.
    """
    answer = _called(function, takes, sample, arguments_of(function, who), who)
    try:
        if np.iscomplexobj(answer):
            raise TypeError
        values = pd.Series(answer).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        values = np.empty(0)
    if len(values) != len(sample.y) or np.ndim(answer) == 0:
        raise ContractError(
            f"{who} returned {_described(answer)} for {len(sample.y):,} rows", "return one number for each row"
        )
    return np.asarray(values)


def _called(function: Callable[..., Any], takes: Takes, rows: Sample, asked: Arguments, who: str) -> Any:
    y, said, labels = _given(function, takes, rows)
    named: dict[str, Any] = {}
    if asked.weight is not None:
        named[asked.weight] = rows.weight.copy()
    if asked.event is not None and len(rows.classes) == 2:
        named[asked.event] = labels[EVENT]
    if asked.labels is not None and takes != "prediction":
        named[asked.labels] = labels
    from sklearn.exceptions import UndefinedMetricWarning

    try:
        with as_errors(UndefinedMetricWarning):
            return function(y, said, **named)
    except UndefinedMetricWarning:
        return np.nan
    except _NOT_DEFINED as error:
        if rows.times is not None or rows.lacks_a_class or isinstance(error, ZeroDivisionError):
            return np.nan
        _explain(error, rows, labels, who)
        raise
    except Exception as error:
        _explain(error, rows, labels, who)
        raise


def _given(function: Callable[..., Any], takes: Takes, rows: Sample) -> tuple[Any, Any, Any]:
    """Return copies of truth, prediction or probability, and the classes in order, as a function gets them.

    Of probabilities of two classes it gets those of the event. scikit-learn's functions take the greater label for the
    event, and columns in the order of labels: they get codes in place of labels.
    """
    if not rows.classes:
        return rows.y.copy(), rows.prediction.copy(), []
    labels, truth, said = rows.labelled()
    if takes == "prediction":
        return _at(labels, truth), _at(labels, said), labels
    shares = np.array(rows.score if len(rows.classes) == 2 else rows.by_class)
    if len(rows.classes) > 2 and len(labels) > len(rows.classes):  # a class that training rows lack has no chance
        shares = np.column_stack([shares, np.zeros((len(shares), len(labels) - len(rows.classes)))])
    if not _is_of_sklearn(function):
        return _at(labels, truth), shares, labels
    if len(rows.classes) == 2:
        return rows.event.astype(np.int64), shares, np.arange(2)
    return truth.astype(np.int64), shares, np.arange(len(labels))


def _at(labels: NDArray[Any], codes: Values) -> NDArray[Any]:
    """Return the label of each code; ``None`` where there is none."""
    known = ~np.isnan(codes)
    if known.all():
        return labels[codes.astype(np.int64)]
    found = np.full(len(codes), None, dtype=object)
    found[known] = labels[codes[known].astype(np.int64)]
    return found


def _explain(error: Exception, rows: Sample, labels: Any, who: str) -> None:
    error.add_note(
        f"{who} raised this error on {len(rows.y):,} rows" + (f" of the classes {list(labels)}" if rows.classes else "")
    )


def _number(answer: Any, who: str) -> float:
    if answer is None or answer is pd.NA or answer is pd.NaT:
        return float("nan")
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        answer = answer.item()
    if isinstance(answer, (Real, Decimal, np.bool_)):
        return float(answer) if np.isfinite(float(answer)) else float("nan")
    raise ContractError(
        f"{who} returned {_described(answer)}",
        "return one number, None if it is not defined, or one number per row with Metric(..., interval='mean')",
    )


def _described(answer: Any) -> str:
    kind = type(answer).__name__
    return f"{kind} of shape {np.shape(answer)}" if isinstance(answer, (np.ndarray, pd.Series)) else f"a {kind}"


def _is_of_sklearn(function: Callable[..., Any]) -> bool:
    inner = function.func if isinstance(function, functools.partial) else function
    return str(getattr(inner, "__module__", "")).startswith("sklearn.")


def _is_named(parameter: inspect.Parameter) -> bool:
    return parameter.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
