"""Errors of samplers, rephrased with columns, classes and counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Answer = tuple[str, str] | None
    """Problem and remedy; ``None`` where the rows do not show what is said of them."""

_TOO_FEW = re.compile(r"n_neighbors = (\d+), n_samples_fit = (\d+)")
_TIMES = (Kind.MOMENT, Kind.DATE, Kind.DURATION, Kind.PERIOD)


def sampler_error(
    error: Exception, sampler: Any, who: str, features: pd.DataFrame, target: NDArray[Any]
) -> DataError | None:
    """Say in terms of columns and classes why a sampler failed, if that can be said.

    What it says decides, not what the features hold: a sampler that takes text is not blamed on text.
    """
    said = " ".join(str(error).split())
    for words, answer in _ANSWERS:
        found = answer(said, sampler, features, target) if any(word in said for word in words) else None
        if found is not None:
            return DataError(f"{who}({type(sampler).__name__}): {found[0]}", found[1])
    if isinstance(error, TypeError):
        return None
    return DataError(
        f"{who}({type(sampler).__name__}) stopped: {said.rstrip('.')} ({_counted(target)})",
        "correct the options of the sampler, or use one that repeats rows, such as RandomOverSampler()",
    )


def _too_few(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    found = _TOO_FEW.search(said)
    if found is None:
        return None
    wanted, there = int(found[1]), int(found[2])
    classes, counts = np.unique(target, return_counts=True)
    small = [name for name, count in zip(classes.tolist(), counts.tolist(), strict=True) if count == there]
    small = small or [classes[counts.argmin()].item()]
    option, value = next(((name, value) for name, value in _options(sampler) if value in (wanted - 1, wanted)), ("", 0))
    looking = f"{option}={value} wants" if option else "it wants"
    fewer = f"set {option}={value - wanted + there}, " if option and value - wanted + there > 0 else ""
    return (
        f"{looking} {wanted} rows, but the class {small[0]!r} has only {there} training rows ({_counted(target)})",
        f"{fewer}use more rows or fewer folds, or use RandomOverSampler(), which repeats rows and needs no neighbours",
    )


def _options(sampler: Any) -> list[tuple[str, Any]]:
    """Return the sampler's own counts of neighbours, with those of the samplers inside it."""
    given = sampler.get_params(deep=True) if hasattr(sampler, "get_params") else {}
    names = [
        name for name in sorted(given) if name.rpartition("__")[2] in ("k_neighbors", "n_neighbors", "m_neighbors")
    ]
    return [(name, given[name]) for name in names if isinstance(given[name], int)]


def _one_class(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    return (
        f"all {len(target):,} rows to learn from have the same class of the target ({_counted(target)}), so there is "
        "nothing to balance",
        "choose a split that leaves every class in training (StratifiedSplit), or leave the sampler out",
    )


def _absent_class(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    return (
        f"sampling_strategy={getattr(sampler, 'sampling_strategy', None)!r} names a class that no "
        f"training row has ({_counted(target)})",
        "name classes that exist, as the target holds them, or omit sampling_strategy=",
    )


def _absent_column(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    named = getattr(sampler, "categorical_features", None)
    given = [] if named is None or isinstance(named, str) else list(named)
    strange = [each for each in given if isinstance(each, str) and each not in features.columns]
    shown = ", ".join(map(repr, strange)) or repr(named)
    return (
        f"categorical_features= names {shown}, which is not a feature here (features: {listed(features.columns)})",
        "name features that exist before this step in the pipeline, by their names there",
    )


def _infinite(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    rows: dict[Any, Any] = {}
    for name in features.columns:
        if features[name].dtype.kind == "f":
            odd = np.isinf(features[name].to_numpy(dtype=np.float64, na_value=np.nan))
            rows |= {name: features.index[odd].tolist()[0]} if odd.any() else {}
    if not rows:
        return None
    first = next(iter(rows))
    return (
        f"the features {_listed(rows)} hold infinite numbers (the first of {first!r} in row {rows[first]!r})",
        "clip or replace them in a preceding Derive step",
    )


def _times(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    columns = [name for name in features.columns if values_of(features[name]).means in _TIMES]
    remedy = "leave them out with exclude=, or derive numbers from them"
    return (f"cannot use the features {_listed(columns)}, which hold timestamps", remedy) if columns else None


def _text(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    named = getattr(sampler, "categorical_features", None)
    known = {Kind.NUMBER, Kind.TRUTH, Kind.NOTHING, *_TIMES}
    columns = [name for name in features.columns if values_of(features[name]).means not in known]
    others = [name for name in columns if isinstance(named, str) or named is None or name not in list(named)]
    if not others:
        return None
    words = "text" if all(values_of(features[name]).means is Kind.TEXT for name in others) else "no numbers"
    remedy = "place it after OneHot or TargetEncode, or use SMOTENC or a sampler that repeats rows"
    if named is not None:
        remedy = f"name them in categorical_features={[*named, *others]!r}, or encode them before"
    return f"cannot use the features {_listed(others)}, which hold {words}", remedy


def _nulls(said: str, sampler: Any, features: pd.DataFrame, target: NDArray[Any]) -> Answer:
    columns = [name for name in features.columns if features[name].isna().any()]
    return (
        (f"cannot use the features {_listed(columns)}, which hold nulls", "place it after Impute()")
        if columns
        else None
    )


_ANSWERS: tuple[tuple[tuple[str, ...], Callable[[str, Any, pd.DataFrame, NDArray[Any]], Answer]], ...] = (
    (("n_samples_fit",), _too_few),
    (("more than 1 class",), _one_class),
    (("not present in the data", "not available in"), _absent_class),
    (("not columns of the dataframe", "not in list", "out of range", "categorical indices"), _absent_column),
    (("infinity",), _infinite),
    (("promot", "Timestamp", "datetime", "Timedelta", "Period"), _times),
    (("could not convert", "invalid literal", "must be a string or a real number", "not supported between", "promot"),
     _text),
    (("NaN", "missing values", "NAType", "NoneType"), _nulls),
)  # fmt: skip
"""Words of a complaint, and how it is answered; the first whose rows are found says it."""


def _counted(target: NDArray[Any]) -> str:
    classes, counts = np.unique(target.astype(str) if target.dtype == object else target, return_counts=True)
    most = sorted(zip(counts.tolist(), classes.tolist(), strict=True), key=lambda each: each[0])
    shown = ", ".join(f"{name!r}: {count:,}" for count, name in most[:10])
    return f"rows of each class: {shown}" + (", ..." if len(most) > 10 else "")


def _listed(columns: Any) -> str:
    return ", ".join(map(repr, columns))
