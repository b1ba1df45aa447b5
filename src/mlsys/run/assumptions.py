"""Assumptions: what the family of a run's model takes for granted, checked on its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from mlsys.dataset import PREDICTION, PROBABILITY
from mlsys.errors import ConfigurationError
from mlsys.models._estimators import regresses
from mlsys.models.assumed import (
    Checked,
    Family,
    family_of,
    independent_within_classes,
    inside_range,
    light_tails,
    not_collinear,
    one_scale,
    straight,
)
from mlsys.run.live import Live
from mlsys.steps import Result
from mlsys.steps.capabilities import wrapped


def assumptions_of(live: Live) -> Result:
    """Check what the family of a run's model takes for granted; see ``Run.assumptions``.

    Parameters
    ----------
    live : Live
        Of a run with a model of one target.

    Raises
    ------
    ConfigurationError
        If the run has no model, or several targets.
    """
    parts = live.execution.parts
    model, targets = parts.learned.model, parts.roles.targets
    if model is None or len(targets) != 1:
        what = "no model" if model is None else f"{len(targets)} targets"
        raise ConfigurationError(
            f"assumptions are checked of a model with one target, but the run has {what}",
            "give the pipeline a model and one target",
        )
    estimator = wrapped(model.step)
    rows, family = _Rows(live, list(model.features), str(targets[0])), family_of(estimator)
    found = [check(rows) for check in _checks_of(family, estimator)]
    table = pd.DataFrame([asdict(each) for each in found], columns=list(Checked.__dataclass_fields__))
    doubtful = [each for each in found if each.verdict == "doubtful"]
    said = "; ".join(f"{each.assumption}: {each.measured}" for each in doubtful)
    known = (
        f"nothing is doubted that {family} models take for granted" if found else "the family of the model is unknown"
    )
    verdict = "doubtful" if doubtful else "holds" if found else "not assessed"
    return Result("assumptions", table, verdict=verdict, summary=said or known, facts={"family": family})


class _Rows:
    """Rows of a run as its model sees them: numeric features, and errors on rows that it did not learn from."""

    def __init__(self, live: Live, names: list[str], target: str) -> None:
        execution = live.execution
        parts, divided = execution.parts, execution.divided
        assert divided is not None
        train = parts.rows["train"].frame()
        held = "validation" if "validation" in parts.rows else "train"
        predicted = live.predictions.get("validation", pd.DataFrame())
        judged = parts.rows[held].frame()
        judged = judged.loc[judged.index.intersection(predicted.index)]
        self.target = divided.parts["train"].frame([target])[target].reindex(train.index)
        self.train, self.judged = _numbers(train, names), _numbers(judged, names) if held == "validation" else None
        truth = divided.parts[held].frame([target])[target].reindex(judged.index)
        self.held = _numbers(judged, names)
        self.residuals = _residuals(truth, predicted.reindex(judged.index))
        known = self.residuals.notna()
        self.held, self.residuals = self.held[known], self.residuals[known]


def _numbers(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return numeric features without nulls and infinities, each null as the median of its column."""
    there = frame[[name for name in names if name in frame.columns]].select_dtypes(["number", "bool"])
    found = there.astype("float64").replace([np.inf, -np.inf], np.nan)
    return found.fillna(found.median()).dropna(axis=1)


def _residuals(truth: pd.Series, predicted: pd.DataFrame) -> pd.Series:
    """Return the errors: of numbers, or of the probability of the last class."""
    shares = [name for name in predicted.columns if str(name).startswith(PROBABILITY)]
    if shares:
        happened = truth.astype("str") == shares[-1].removeprefix(PROBABILITY)
        return (happened.astype("float64") - predicted[shares[-1]]).where(truth.notna())
    if not pd.api.types.is_numeric_dtype(truth) or not pd.api.types.is_numeric_dtype(predicted[PREDICTION]):
        return pd.Series(np.nan, index=truth.index)
    return truth.astype("float64") - predicted[PREDICTION].astype("float64")


def _range(rows: _Rows) -> Checked:
    if rows.judged is None:
        return Checked("rows inside the training range", "not assessed", "folds evaluate the training rows themselves")
    return inside_range(rows.train, rows.judged[rows.train.columns.intersection(rows.judged.columns)])


def _checks_of(family: Family, estimator: Any) -> list[Callable[[_Rows], Checked]]:
    """Return what is checked of a family; of a linear model scale only with a penalty, tails only of numbers."""
    scale: list[Callable[[_Rows], Checked]] = [] if isinstance(estimator, LinearRegression) else [_scale]
    tails: list[Callable[[_Rows], Checked]] = [_tails] if regresses(estimator) else []
    known: dict[str, list[Callable[[_Rows], Checked]]] = {
        "linear": [*scale, _collinear, _straight, *tails],
        "distances": [_scale],
        "naive Bayes": [_independent],
        "trees": [_range],
    }
    return known.get(family, [])


def _scale(rows: _Rows) -> Checked:
    return one_scale(rows.train)


def _collinear(rows: _Rows) -> Checked:
    return not_collinear(rows.train)


def _straight(rows: _Rows) -> Checked:
    return straight(rows.held, rows.residuals)


def _tails(rows: _Rows) -> Checked:
    return light_tails(rows.residuals)


def _independent(rows: _Rows) -> Checked:
    return independent_within_classes(rows.train, rows.target)
