"""Gate: conditions on intervals that a model must meet to be registered."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.evaluation.differing import difference
from mlsys.evaluation.evaluation import Evaluation, evaluation_in
from mlsys.evaluation.metric import Metric
from mlsys.evaluation.own import metric_of
from mlsys.steps import Result

Side = Literal["value", "lower", "upper"]
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Term:
    """A quantity compared with a bound: ``metric("roc_auc").lower >= 0.65``."""

    quantity: Quantity
    side: Side
    sign: str
    bound: float

    def __str__(self) -> str:
        end = "" if self.side == "value" else f" {self.side} end"
        return f"{self.quantity}{end} {self.sign} {self.bound:g}"

    def __bool__(self) -> bool:
        raise ConfigurationError(
            f"the gate term ({self}) was used as a truth value, as in `a <= term <= b` or `term and term`",
            "pass each comparison to Gate as a separate argument",
        )

    def check(self, evaluation: Evaluation) -> tuple[str, str, str]:
        """Return term, value and verdict."""
        found = self.quantity.read(evaluation)
        if found is None:
            return str(self), f"not in the evaluation ({self.quantity.there_is(evaluation)})", "no"
        value = found[self.side]
        if math.isnan(value):
            return str(self), "not enough data", "no"
        return str(self), f"{value:.4g}", "pass" if _SIGNS[self.sign](value, self.bound) else "no"


@dataclass(frozen=True)
class _Ended:
    """One end of a quantity's interval, waiting for a comparison."""

    quantity: Quantity
    side: Side

    def __ge__(self, bound: float) -> Term:
        return Term(self.quantity, self.side, ">=", float(bound))

    def __le__(self, bound: float) -> Term:
        return Term(self.quantity, self.side, "<=", float(bound))

    def __gt__(self, bound: float) -> Term:
        return Term(self.quantity, self.side, ">", float(bound))

    def __lt__(self, bound: float) -> Term:
        return Term(self.quantity, self.side, "<", float(bound))


@dataclass(frozen=True)
class Quantity:
    """A metric, or its gap between slices; compare its ``lower``, ``value`` or ``upper`` with a bound."""

    name: str
    by: str | None = None

    @property
    def lower(self) -> _Ended:
        """The lower end of the 95 % interval."""
        return _Ended(self, "lower")

    @property
    def value(self) -> _Ended:
        """The estimate."""
        return _Ended(self, "value")

    @property
    def upper(self) -> _Ended:
        """The upper end of the 95 % interval."""
        return _Ended(self, "upper")

    def read(self, evaluation: Evaluation) -> dict[str, float] | None:
        """Return value and interval on the rows that judge; ``None`` if they were not evaluated."""
        table, part = evaluation.table, evaluation.part
        rows = table[(table["part"] == part) & (table["model"] == "model") & (table["metric"] == self.name)]
        if self.by is None:
            rows = rows[rows["slice"] == "all"]
            return None if rows.empty else {side: float(rows.iloc[0][side]) for side in ("value", "lower", "upper")}
        return _gap(rows[rows["slice"].map(evaluation.slices) == self.by])

    def there_is(self, evaluation: Evaluation) -> str:
        """List the metrics or slices that were evaluated, for a quantity that was not."""
        table = evaluation.table
        metrics = table["metric"].unique().tolist()
        if self.name not in metrics or self.by is None:
            return f"metrics: {', '.join(metrics)}"
        return f"slices by: {', '.join(dict.fromkeys(evaluation.slices.values())) or 'none'}"

    def __str__(self) -> str:
        return self.name if self.by is None else f"gap of {self.name} by {self.by}"


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


def metric(name: str | Metric | Callable[..., Any]) -> Quantity:
    """Return a metric to compare in a gate.

    Parameters
    ----------
    name : str, Metric or callable
        Its name in the run's table of metrics, or your own metric.

    Examples
    --------
    >>> print(metric("roc_auc").lower >= 0.65)
    roc_auc lower end >= 0.65
    """
    return Quantity(_name_of(name))


def gap(name: str | Metric | Callable[..., Any], *, by: str) -> Quantity:
    """Return the largest difference in a metric between the slices of a column.

    Parameters
    ----------
    name : str, Metric or callable
        As in :func:`metric`.
    by : str
        A column that ``Evaluate`` slices by.

    Notes
    -----
    ``upper`` is the distance between the highest upper and the lowest lower end of the slices'
    simultaneous intervals, so it holds for every pair at once and is conservative.

    Examples
    --------
    >>> print(gap("recall", by="origin").upper <= 0.15)
    gap of recall by origin upper end <= 0.15
    """
    return Quantity(_name_of(name), by)


def _name_of(metric: str | Metric | Callable[..., Any]) -> str:
    return metric if isinstance(metric, str) else metric_of(metric).name


@dataclass(frozen=True)
class beats:  # noqa: N801  reads as a verb: Gate(beats("zero_rule"))
    """Require that the model beats a baseline in the headline metric, by a paired interval that excludes zero.

    Parameters
    ----------
    baseline : str
        ``"zero_rule"``, ``"random"``, or the name of a rule given to ``Evaluate(baselines=[...])``.

    Examples
    --------
    >>> Gate(beats("zero_rule"))
    Gate(beats zero_rule)
    """

    baseline: str

    def __str__(self) -> str:
        return f"beats {self.baseline}"

    def check(self, evaluation: Evaluation) -> tuple[str, str, str]:
        """Return term, difference with interval and verdict."""
        found = evaluation.beats.get(self.baseline)
        if found is None:
            known = ", ".join(evaluation.beats) or "none"
            return str(self), f"no such baseline (there are: {known})", "no"
        shown = f"better by {found['value']:.4g} [{found['lower']:.4g}, {found['upper']:.4g}]"
        return str(self), shown, "pass" if found["lower"] > 0 else "no"


@dataclass(frozen=True)
class no_alarm:  # noqa: N801  reads as a condition: Gate(no_alarm("drift"))
    """Require that a report such as ``DetectDrift`` raised no alarm.

    Parameters
    ----------
    report : str
        Name of the report's result.

    Examples
    --------
    >>> Gate(no_alarm("drift"))
    Gate(no alarm of drift)
    """

    report: str = "drift"

    def __str__(self) -> str:
        return f"no alarm of {self.report}"

    def check(self, result: Result | None) -> tuple[str, str, str]:
        """Return the term, the verdict of the report, and whether it passes."""
        if result is None:
            return str(self), f"there is no report {self.report!r}", "no"
        return str(self), result.verdict, "pass" if result.verdict == "no alarm" else "no"


class Gate:
    """Terms that must all hold before a model is registered.

    Parameters
    ----------
    *terms : Term, beats or no_alarm
        Comparisons such as ``metric("roc_auc").lower >= 0.65``, ``gap("recall", by="origin").upper <= 0.15``,
        ``beats("zero_rule")`` and ``no_alarm("drift")``.

    Notes
    -----
    Terms refer to the evaluated rows of the run (validation, or test after ``final_test()``), never to
    training rows. An unwaived leakage error is refused regardless of the terms.

    Examples
    --------
    >>> Gate(metric("roc_auc").lower >= 0.65, beats("zero_rule"))
    Gate(roc_auc lower end >= 0.65, beats zero_rule)
    """

    def __init__(self, *terms: Term | beats | no_alarm) -> None:
        for term in terms:
            if not isinstance(term, (Term, beats, no_alarm)):
                raise ConfigurationError(
                    f"Gate got {term!r}, which is not a comparison",
                    'write, for example, metric("roc_auc").lower >= 0.65',
                )
        self.terms = terms

    def check(self, reports: Mapping[str, Result]) -> list[tuple[str, str, str]]:
        """Return term, value and verdict (``"pass"`` or ``"no"``) for each term."""
        evaluation = evaluation_in(reports)
        checked = []
        for term in self.terms:
            if isinstance(term, no_alarm):
                checked.append(term.check(reports.get(term.report)))
            else:
                checked.append((str(term), "no evaluation", "no") if evaluation is None else term.check(evaluation))
        return checked

    def __repr__(self) -> str:
        return f"Gate({', '.join(map(str, self.terms))})"
