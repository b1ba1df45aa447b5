"""Rankers: the rows of a query stand together, and ``fit`` is told where each query begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.models._aims import query_argument
from mlsys.models._estimators import learner_of
from mlsys.values import values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Codes = NDArray[np.int64]


def refuse_ranker_inside(estimator: Any, who: str) -> None:
    """Raise for a ranker inside another estimator, which would not tell it the queries of the rows that it gets."""
    learner = learner_of(estimator)
    if learner is not estimator:
        name = type(learner).__name__
        raise ConfigurationError(
            f"{who}: {name} inside it needs the query of each row, which {type(estimator).__name__} does not pass on",
            f"put {name} alone into Train, with what stands before it as steps of the pipeline",
        )


def in_queries(train: Rows, who: str) -> tuple[Rows, Codes]:
    """Return training rows with those of a query one after the other, and the number of each row's query.

    Raises
    ------
    DataError
        If there is no group role, a query is null, or no query has two rows to order.
    """
    if train.group is None:
        raise DataError(
            f"{who} orders the rows of a query, but there is no group role",
            'name the column of queries: group="query"',
        )
    codes = np.asarray(pd.factorize(train.group)[0], dtype=np.int64)
    if (codes < 0).any():
        raise DataError(
            f"{who}: {int((codes < 0).sum()):,} training rows have no query in {train.group.name!r}",
            "drop them before the split, or fill the column",
        )
    if np.bincount(codes).max() < 2:
        raise DataError(
            f"{who}: every query in {train.group.name!r} has one training row, so there is nothing to order",
            "give all rows of one query the same value, or use a regressor, which needs no queries",
        )
    order = np.argsort(codes, kind="stable")
    return train.take_rows(order), codes[order]


def check_relevance(target: pd.Series, values: NDArray[Any], who: str) -> None:
    """Raise where the target is no relevance: numbers, 0 for not relevant and more for more relevant."""
    if values.dtype.kind not in "biuf":
        raise DataError(
            f"{who} is a ranker, but the target {target.name!r} holds {values_of(target)} (such as {target.iloc[0]!r})",
            "name a column that says how relevant a row is: 0 for not at all, and more for more",
        )
    wrong = ~np.isfinite(values.astype(np.float64)) | (values.astype(np.float64) < 0)
    if wrong.any():
        raise DataError(
            f"{who}: the target {target.name!r} is {values[wrong][0]:g} in row {target.index[wrong].tolist()[0]!r}, "
            "but relevance is 0 or more",
            "shift or clip it in a step before the split: frame.assign(relevance=frame[...].clip(lower=0))",
        )


def whole_queries(watched: NDArray[np.bool_], codes: Codes) -> NDArray[np.bool_]:
    """Return the rows to watch of queries all of whose rows are to be watched: no query is on both sides."""
    learned = np.bincount(codes, ~watched) > 0
    return np.asarray(~learned[codes])


def told_of_queries(estimator: Any, codes: Codes, weights: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``fit`` that tell the query, and weights in the form that the ranker takes.

    LightGBM takes the number of rows of each query, XGBoost and CatBoost the query of each row; XGBoost and CatBoost
    weigh queries, here by the mean weight of their rows.
    """
    argument = query_argument(estimator)
    assert argument is not None
    if argument == "group":
        return {argument: sizes(codes), **weights}
    means = {name: _means(codes, values) for name, values in weights.items()}
    if argument == "group_id":
        places = _numbered(codes)
        return {argument: codes, **({"group_weight": next(iter(means.values()))[places]} if means else {})}
    return {argument: codes, **means}


def watched_queries(estimator: Any, codes: Codes, shown: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that hand over rows to watch, with their queries."""
    argument = query_argument(estimator)
    if argument == "group":
        return shown | {"eval_group": [sizes(codes)]}
    if argument == "qid":
        weights = {
            name: [_means(codes, each) for each in shown[name]] for name in ("sample_weight_eval_set",) if name in shown
        }
        return shown | {"eval_qid": [codes]} | weights
    raise ConfigurationError(
        f"{type(estimator).__name__} stops early, but its validation rows cannot be told their queries here",
        "set a number of trees instead of early stopping, or use LGBMRanker or XGBRanker",
    )


def sizes(codes: Codes) -> Codes:
    """Return the number of rows of each query, in the order in which they stand."""
    return np.asarray(np.bincount(_numbered(codes)), dtype=np.int64)


def _numbered(codes: Codes) -> Codes:
    """Return queries numbered from 0 as they stand, without gaps."""
    return np.asarray(np.cumsum(np.r_[False, codes[1:] != codes[:-1]]), dtype=np.int64)


def _means(codes: Codes, values: Any) -> NDArray[np.float64]:
    numbered = _numbered(codes)
    return np.asarray(np.bincount(numbered, values) / np.bincount(numbered), dtype=np.float64)
