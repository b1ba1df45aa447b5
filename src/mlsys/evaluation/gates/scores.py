"""Scores: a metric on the evaluated rows, and its gap between the slices of a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mlsys.errors import ConfigurationError, meant
from mlsys.evaluation._metric import Metric
from mlsys.evaluation.differing import difference
from mlsys.evaluation.evaluation import Evaluation
from mlsys.evaluation.gates.candidate import Candidate
from mlsys.evaluation.gates.terms import Comparable, Ended, Quantity, Term, no_end
from mlsys.evaluation.metrics import METRICS, compared_rates
from mlsys.evaluation.own import metric_of
from mlsys.evaluation.sample import Task
from mlsys.evaluation.together import JointMetric, joint_metric, mean_of

_TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Score(Quantity, Comparable):
    """A metric, or its gap between slices; compare its ``lower``, ``value`` or ``upper`` with a bound."""

    metric: Metric = field(compare=False)
    by: str | None = None
    target: str | None = None

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self.metric.name

    @property
    def lower(self) -> Ended:
        """The lower end of the 95 % interval."""
        return Ended(self, "lower")

    @property
    def value(self) -> Ended:
        """The estimate."""
        return Ended(self, "value")

    @property
    def upper(self) -> Ended:
        """The upper end of the 95 % interval."""
        return Ended(self, "upper")

    def read(self, candidate: Candidate) -> Mapping[str, float] | None:
        """Return value and interval on the rows that judge; ``None`` if they were not evaluated."""
        evaluation = candidate.evaluation_of(self.target)
        if evaluation is None:
            return None
        table, part = evaluation.table, evaluation.part
        name = mean_of(self.metric).name if self._is_mean(evaluation) else self.name
        rows = table[(table["part"] == part) & (table["model"] == "model") & (table["metric"] == name)]
        if self.by is None:
            rows = rows[rows["slice"] == "all"]
            return None if rows.empty else {side: float(rows.iloc[0][side]) for side in ("value", "lower", "upper")}
        return _gap(rows[rows["slice"].map(evaluation.slices) == self.by])

    def _is_mean(self, evaluation: Evaluation) -> bool:
        """Whether the mean over several targets is meant: of a metric of one, where none is named."""
        return bool(evaluation.targets) and not isinstance(self.metric, JointMetric)

    def unknown(self, candidate: Candidate) -> str:
        """List the metrics or slices that were evaluated."""
        evaluation = candidate.evaluation_of(self.target)
        if evaluation is None:
            return candidate.without(self.target)
        there = evaluation.table["metric"].unique().tolist()
        if self.name not in there or self.by is None:
            alone = next(iter(evaluation.targets), None)
            named = f"; for those of a target target={alone!r}" if alone else ""
            return f"not in the evaluation (metrics: {', '.join(there)}{named})"
        slices = list(dict.fromkeys(evaluation.slices.values()))
        few = f"fewer than two slices of {self.by!r} have a value; " if self.by in slices else ""
        return f"not in the evaluation ({few}slices by: {', '.join(slices) or 'none'})"

    def bound(self, given: Any) -> float:
        """Return a bound that the metric can reach."""
        try:
            value = float(given)
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"{self} is compared with {given!r}, which is not a number", "write a number, such as 0.65"
            ) from None
        least, most = self.metric.bounds
        least, most = (0.0, most - least) if self.by is not None else (least, most)
        if not least <= value <= most:
            raise ConfigurationError(
                f"{self} is compared with {given!r}, but lies between {least:g} and {most:g}",
                "write the bound in the same unit, a share as 0.65 rather than 65",
            )
        return value

    def said(self, value: float) -> str:
        """Return a value with four digits."""
        return f"{value:.4g}"

    def said_of_bound(self, value: float) -> str:
        """Return a bound as it was written."""
        return f"{value:g}"

    def _compared(self, sign: str, bound: Any) -> Term:
        no_end(self, sign, bound)

    def __repr__(self) -> str:
        of = f', target="{self.target}"' if self.target else ""
        return f'metric("{self.name}"{of})' if self.by is None else f'gap("{self.name}", by="{self.by}"{of})'

    def __str__(self) -> str:
        named = f"{self.name} of {self.target}" if self.target else self.name
        return named if self.by is None else f"gap of {named} by {self.by}"


def _gap(rows: pd.DataFrame) -> dict[str, float] | None:
    """Return the difference between best and worst slice; its ends from the slices' simultaneous intervals."""
    rows = rows[rows["value"].notna()]
    if len(rows) < 2:
        return None
    best, worst = int(rows["value"].argmax()), int(rows["value"].argmin())
    lower, upper = rows["lower"].to_numpy(dtype=float), rows["upper"].to_numpy(dtype=float)
    return {
        "value": difference(rows["value"].max(), rows["value"].min()),
        "lower": max(0.0, difference(lower[best], upper[worst])),
        "upper": difference(rows["upper"].max(), rows["lower"].min()),
    }


def metric(name: str | Metric | Callable[..., Any], *, target: str | None = None) -> Score:
    """Return a metric to compare in a gate.

    Parameters
    ----------
    name : str, Metric or callable
        Name of a built-in metric, or your own metric as it stands in ``Evaluate(metrics=[...])``.
    target : str, optional
        One of several targets. Without it, the metric is one of all of them together, such as ``"subset_accuracy"``; of
        a metric of one target, your own too, the mean is taken: ``metric("roc_auc")`` is then ``"mean_roc_auc"``.

    Raises
    ------
    ConfigurationError
        If there is no metric of this name; those with similar names are listed.

    Examples
    --------
    >>> print(metric("roc_auc").lower >= 0.65)
    roc_auc lower end >= 0.65
    >>> print(metric("roc_auc", target="churned").lower >= 0.65)
    roc_auc of churned lower end >= 0.65
    """
    return Score(_known(name), target=target)


def gap(name: str | Metric | Callable[..., Any], *, by: str, target: str | None = None) -> Score:
    """Return the largest difference in a metric between the slices of a column.

    Parameters
    ----------
    name : str, Metric or callable
        As in :func:`metric`.
    by : str
        A column that ``Evaluate`` slices by.
    target : str, optional
        As in :func:`metric`.

    Notes
    -----
    ``upper`` is the distance between the highest upper and the lowest lower end of the slices'
    simultaneous intervals, so it holds for every pair at once and is conservative.

    Examples
    --------
    >>> print(gap("recall", by="origin").upper <= 0.15)
    gap of recall by origin upper end <= 0.15
    """
    return Score(_known(name), by, target)


def _known(asked: str | Metric | Callable[..., Any]) -> Metric:
    rates = {each.name: each for task in _TASKS for each in compared_rates(task)}
    if isinstance(asked, str) and asked in rates:
        return rates[asked]
    joint = joint_metric(asked) if isinstance(asked, str) else None
    if joint is not None:
        return joint
    try:
        return metric_of(asked)
    except ConfigurationError as error:
        if not isinstance(asked, str):
            raise
        names = list(dict.fromkeys([*METRICS, *rates]))
        raise ConfigurationError(
            f"the gate names the metric {asked!r}, which does not exist",
            f"{meant(asked, names)}metrics are {', '.join(names)}; pass your own metric itself: "
            'metric(Metric("profit", function))',
        ) from error
