"""CrossValidation: a pipeline judged by folds; means with intervals that know that folds share training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic

import pandas as pd

from mlsys.errors import ConfigurationError, DataError, Finding, how_many
from mlsys.evaluation import Evaluation, Metric, evaluation_in, metric_named
from mlsys.evaluation.differing import difference
from mlsys.evaluation.resampled import ASSUMES, HEURISTIC, judged_per_learned, resampled_mean
from mlsys.outcome import Card
from mlsys.outcome.findings import leakage_verdict
from mlsys.pages import Interval
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.estimates.picture import draw_folds
from mlsys.states import digest
from mlsys.steps import Result

MODEL = "model"


@dataclass(frozen=True, repr=False)
class CrossValidation(Generic[PipelineType]):
    """Scores of a pipeline over folds; made by ``pipeline.cross_validate()``.

    Parameters
    ----------
    pipeline : Pipeline
        The evaluated pipeline.
    folds : DataFrame
        One row for each fold, model or baseline, and metric: ``fold``, ``model``, ``metric``, ``value``, ``learned``
        and ``judged`` rows, ``seconds``; with a time role also ``learned until``, ``judged from``, ``judged until``.
    reports : mapping of str to mapping of str to Result
        Results of the reports, by fold and name.
    how : str
        The folds, and why they were chosen.
    task, headline : str
        As in the evaluation.
    findings : sequence of Finding
        Findings, with their folds.
    sealed : int
        Number of test rows, which no fold used.
    windows : sequence of Series
        The side of each row in each fold.
    in_time : bool
        Whether folds follow one another in time.
    states : mapping of str to mapping of str to str
        Digest of what each step learned, by fold and step.
    """

    pipeline: PipelineType
    folds: pd.DataFrame
    reports: Mapping[str, Mapping[str, Result]]
    how: str
    task: str
    headline: str
    findings: Sequence[Finding]
    sealed: int
    windows: Sequence[pd.Series]
    in_time: bool
    states: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each metric and model or baseline.

        ``value``, ``lower`` and ``upper`` are of the mean over folds; ``difference`` and its ends are what the model
        has more than the baseline, paired by fold; ``folds`` counts those in which the metric is defined.
        """
        ratio, rows = self._ratio, []
        for metric in dict.fromkeys(self.folds["metric"]):
            values = self._values(metric)
            for model in values:
                mean = resampled_mean(values[model].tolist(), ratio, bounds=self._metric(metric).bounds)
                row = {"metric": metric, "model": model, "value": mean.value, "lower": mean.lower, "upper": mean.upper}
                if model != MODEL and MODEL in values:
                    gap = resampled_mean(_differences(values[MODEL], values[model]), ratio)
                    row |= {"difference": gap.value, "difference lower": gap.lower, "difference upper": gap.upper}
                rows.append({**row, "folds": mean.n})
        columns = ["metric", "model", "value", "lower", "upper", "difference", "difference lower", "difference upper"]
        return pd.DataFrame(rows, columns=[*columns, "folds"])

    @property
    def windows_digest(self) -> str:
        """Digest of the rows of every fold; estimates with the same one can be compared fold by fold."""
        return digest([pd.DataFrame({"side": each.astype("str")}) for each in self.windows])

    @property
    def assumes(self) -> str:
        """What the intervals take for granted."""
        return f"{ASSUMES}; {HEURISTIC}" if self.in_time else ASSUMES

    @property
    def evaluation(self) -> Evaluation | None:
        """The evaluation of the first fold; task and event are the same in all."""
        return evaluation_in(next(iter(self.reports.values()), {}))

    @property
    def card(self) -> Card:
        """The result in a few lines."""
        mine = self.table[self.table["metric"] == self.headline]
        scores = [
            Interval(row["model"], row["value"], row["lower"], row["upper"], self._beside(row), row["model"] == "model")
            for row in mine.to_dict("records")
        ]
        others = self.table[(self.table["model"] == MODEL) & (self.table["metric"] != self.headline)]
        further = [
            Interval(row["metric"], row["value"], row["lower"], row["upper"]) for row in others.to_dict("records")
        ]
        also = [each for each in further if "/" not in each.label]  # of one of several targets, after its name
        lines = [("event", self.evaluation.event_said)] if self.evaluation and self.evaluation.event_said else []
        for target in self.evaluation.targets if self.evaluation else ():
            own = [each for each in further if each.label.startswith(f"{target}/")]
            said = "; ".join(f"{each.label.removeprefix(f'{target}/')} {each.said()}" for each in own)
            lines.append((f"target {target}", said))
        lines += [("by fold", self._range()), ("folds", self.how), ("intervals", self.assumes)]
        if self.sealed:
            lines.append(("sealed", f"{self.sealed:,} test rows, which no fold saw"))
        lines.append(("leakage", leakage_verdict(tuple(self.findings))))
        lines += [("tracking", note) for note in self.notes]
        title = f"{self.pipeline.name}: {self.task}, cross-validated on {how_many(len(self.windows), 'fold')}"
        return Card(title, self.headline, scores, also, lines, findings=self.findings)

    def against(self, other: CrossValidation) -> pd.DataFrame:
        """Compare with another pipeline that was judged on the same folds.

        Parameters
        ----------
        other : CrossValidation
            What ``cross_validate`` of the other pipeline returned.

        Returns
        -------
        DataFrame
            One row a metric of both: ``value`` and ``other``, their ``difference`` with ``lower`` and ``upper`` from
            the differences by fold, and a ``verdict``: ``"better"``, ``"worse"`` or ``"not told apart"``.

        Raises
        ------
        DataError
            When the folds hold different rows.
        """
        if not isinstance(other, CrossValidation):
            raise ConfigurationError(
                f"against() got {type(other).__name__}", "pass what another pipeline's cross_validate() returned"
            )
        if self.windows_digest != other.windows_digest:
            raise DataError(
                "the two were evaluated on different folds, so their differences are not paired",
                "cross-validate both with the same folds= on the same rows",
            )
        rows = []
        for metric in dict.fromkeys(self.folds["metric"]):
            mine, theirs = self._values(metric), other._values(metric)
            if MODEL not in mine or MODEL not in theirs:
                continue
            gap = resampled_mean(_differences(mine[MODEL], theirs[MODEL]), self._ratio)
            sign = 1 if self._metric(metric).greater_is_better else -1
            row = {"metric": metric, "value": mine[MODEL].mean(), "other": theirs[MODEL].mean()}
            row |= {"difference": gap.value, "lower": gap.lower, "upper": gap.upper}
            rows.append({**row, "verdict": _verdict(sign * gap.lower, sign * gap.upper)})
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """Draw the headline metric of every fold, and the means with their intervals."""
        return draw_folds(self.table, self.folds, self.headline, ax)

    def __repr__(self) -> str:
        return self.card.text()

    def _repr_html_(self) -> str:
        return self.card.html()

    def _metric(self, name: str) -> Metric:
        return metric_named(name) if self.evaluation is None else self.evaluation.metric(name)

    @property
    def _ratio(self) -> float:
        return judged_per_learned(self.folds.drop_duplicates("fold"))

    def _values(self, metric: str) -> pd.DataFrame:
        """Return one row a fold and one column a model."""
        mine = self.folds[self.folds["metric"] == metric]
        names = dict.fromkeys(mine["model"])
        return mine.pivot(index="fold", columns="model", values="value").loc[
            list(dict.fromkeys(mine["fold"])), [*names]
        ]

    def _beside(self, row: Mapping[Any, Any]) -> str:
        """Say by how much the model is better than a baseline."""
        if pd.isna(row["difference"]):
            return ""
        sign = 1 if self._metric(self.headline).greater_is_better else -1
        ends = sorted((sign * row["difference lower"], sign * row["difference upper"]))
        between = "" if pd.isna(ends[0]) else f" [{ends[0]:.3f}, {ends[1]:.3f}]"
        return f"the model is better by {sign * row['difference']:.3f}{between}"

    def _range(self) -> str:
        values = self._values(self.headline)[MODEL].dropna()
        if values.empty:
            return f"{self.headline} is defined in none"
        ordered = values.sort_values(kind="stable")
        (low, high), (least, most) = ordered.index[[0, -1]], ordered.iloc[[0, -1]]
        said = f"{self.headline} from {least:.3f} ({low}) to {most:.3f} ({high})"
        missing = len(self.windows) - len(values)
        return f"{said}; not defined in {missing}" if missing else said


def _differences(one: pd.Series, other: pd.Series) -> list[float]:
    """Return the differences fold by fold; what rounding leaves of two equal scores is none."""
    return [difference(mine, theirs) for mine, theirs in zip(one, other, strict=True)]


def _verdict(one: float, other: float) -> str:
    """Say which side of zero an interval lies on."""
    low, high = sorted((one, other))
    if low > 0:
        return "better"
    return "worse" if high < 0 else "not told apart"
