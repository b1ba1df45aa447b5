"""FindSlices: search for the slices on which a model is worst, and confirm them on other rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, PROBABILITY, Dataset, Rows, settled, tally
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.finding.finding import Asked
from mlsys.evaluation.finding.rates import DEFAULT, Rate, metric_for_slices
from mlsys.evaluation.finding.report import SliceReport
from mlsys.evaluation.finding.searching import Divided, divided
from mlsys.evaluation.judging import judge_for
from mlsys.evaluation.scored import judged_rows, scored_rows
from mlsys.steps import Field, Report
from mlsys.values import with_columns


class FindSlices(Report):
    """Search all combinations of columns for the slices on which the model is worst, and confirm them on other rows.

    Parameters
    ----------
    metric : str, Metric or callable, optional
        A mean over rows: ``"error"`` (default for classes), ``"mae"`` (default for numbers), ``"recall"``,
        ``"false_positive_rate"``, ``"precision"``, ``"selection_rate"``, ``"log_loss"``, ... or your own
        ``Metric(..., interval="mean")``. A slice is worse where it is lower if greater values are better, else where it
        is higher.
    columns : list of str, optional
        Columns that slices are made of; by default all features and the sensitive columns.
    conditions : int
        Maximum number of conditions of a slice.
    most : int
        Maximum number of slices listed.
    smallest : float or int
        Minimum number of rows of a slice that count for the metric, or their share; a share means at least 32 rows.
    bins : int
        Ranges of a number with more than 20 values, each with the same number of training rows.
    alpha : float, optional
        Order slices by SliceLine's score, in which the rate weighs ``alpha`` and the size ``1 - alpha``; by default
        they are ordered by how many standard errors the rate is above that of all rows.
    confirm : float
        Share of the evaluated rows kept aside to confirm slices, unless there is a test part.
    on : str, optional
        Part to evaluate on, as in `Evaluate`.
    level : float
        Confidence level at which all intervals hold together.
    target : str, optional
        One of several targets: the one whose predictions are looked at.

    Notes
    -----
    Once the test part is open, slices are found on the validation part and confirmed on the test part. Before that, the
    evaluated part is divided: by group if there is a group role, else by time if there is a time role, else by the hash
    of the id. The slices are listed before the other rows are looked at, and their intervals hold
    simultaneously (Sidak 1967), so that a slice is *worse* by chance in about 5 % of all searches at most. Worse means
    that value and whole interval lie on the wrong side of the value of all rows that confirm; with fewer than 10 rows
    that count (events for recall, flagged rows for precision) the verdict is *not enough data*.

    The search is exact: branch and bound over all combinations, depth first (Sagadeeva and Boehm 2021, with a bound by
    rows; counts of any rate as in Pastor et al. 2021). Null is a value. A slice that repeats a listed one, is part of
    one and as bad, or is bad only for the part that is listed, is in ``tables["like"]``. Errors of 0 or 1 are counted
    as bits, other losses more slowly as sums; see :doc:`/benchmarks/find_slices` for the cost.

    References
    ----------
    Sagadeeva, S. and Boehm, M. (2021). SliceLine: fast, linear-algebra-based slice finding for ML model debugging.
    SIGMOD.

    Pastor, E., de Alfaro, L. and Baralis, E. (2021). Looking for trouble: analyzing classifier behavior via pattern
    divergence. SIGMOD.

    Sidak, Z. (1967). Rectangular confidence regions for the means of multivariate normal distributions. JASA 62(318).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"city": rng.choice(["Bonn", "Lyon"], 4000), "age": rng.integers(20, 60, 4000)})
    >>> rows["y"] = rng.random(4000) < 0.5
    >>> wrong = rng.random(4000) < np.where((rows["city"] == "Lyon") & (rows["age"] < 30), 0.4, 0.1)
    >>> rows["prediction"] = rows["y"] ^ wrong
    >>> report = FindSlices(bins=4).of(train=rows, validation=rows, target="y")
    >>> report.verdict, report.worse
    ('worse in 1 of 1 slices', ['city=Lyon & age=up to 29'])
    """

    metric: Any = None
    columns: tuple[str, ...] | list[str] | None = None
    conditions: int = Field(default=3, ge=1)
    most: int = Field(default=10, ge=1)
    smallest: float | int = Field(default=0.01, gt=0)
    bins: int = Field(default=10, ge=2)
    alpha: float | None = Field(default=None, gt=0, le=1)
    confirm: float = Field(default=0.5, gt=0, lt=1)
    on: str | None = None
    level: float = Field(default=0.95, gt=0, lt=1)
    target: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a metric that is no mean over rows."""
        if self.metric is not None:
            metric_for_slices(self.metric, self.title)

    def report(self, dataset: Dataset, /) -> SliceReport:
        """Return the slices."""
        roles = dataset.roles
        if self.target not in roles.targets if self.target is not None else roles.has_several_targets:
            raise ConfigurationError(
                f"{self.title}(target={self.target!r}) searches where one target is predicted worse, "
                f"and the targets are {roles.targets_said}",
                f'name one of them: {self.title}(target="{roles.targets[0] if roles.targets else "..."}")',
            )
        dataset = dataset if self.target is None else dataset.of_target(self.target)
        part = self._part(dataset)
        parts = [judged_rows(dataset[part], part)]
        if part == "test" and "validation" in dataset and len(dataset["validation"].predictions.columns):
            parts.insert(0, judged_rows(dataset["validation"], "validation"))
        scored = pd.concat([scored_rows(each, what=part) for each in parts])
        frame = pd.concat([pd.DataFrame(each) for each in parts])
        train = dataset["train"] if "train" in dataset else parts[0]
        if len(parts) == 2:
            searched = np.arange(len(frame)) < len(parts[0])
            said = f"{len(parts[0]):,} validation rows", f"{len(parts[1]):,} test rows"
        else:
            searched, how = divided(parts[0], self.confirm, self.title)
            said = f"{int(searched.sum()):,} {part} rows{how}", f"the other {int((~searched).sum()):,} {part} rows"
        columns = [name for name in (*dataset.roles.sensitive, *dataset.features) if name in frame]
        chosen = list(dict.fromkeys(columns if self.columns is None else self.columns))
        shown = frame[[name for name in dict.fromkeys([*chosen, dataset.roles.target]) if name in frame]]
        if PREDICTION not in shown.columns and PREDICTION in scored.columns:
            shown = with_columns(shown, {PREDICTION: scored[PREDICTION].array})
        task = Divided(
            frame, pd.DataFrame(train), self._rate(scored, dataset, train), searched, said, self.title, shown
        )
        asked = Asked(self.conditions, self.most, self.smallest, self.bins, self.alpha, self.level)
        return task.report(chosen, self.columns is not None, asked)

    def for_looks(self, models: int, /) -> FindSlices:
        """Return the same report with intervals that hold for several models (Bonferroni)."""
        return self if models <= 1 else self.with_(level=1 - (1 - self.level) / models)

    def _part(self, dataset: Dataset) -> str:
        if self.on == "train":
            raise ConfigurationError(f"{self.title}(on='train') would search the rows the model learned from",
                                     "leave on= out")  # fmt: skip
        found = self.on or next((name for name in ("test", "validation") if name in dataset), None)
        if found is None:
            raise DataError(
                f"there are no rows to search (parts: {', '.join(dataset)})", "give the split a validation share"
            )
        return found

    def _rate(self, scored: pd.DataFrame, dataset: Dataset, train: Rows) -> Rate:
        said = [name for name in scored if name == PREDICTION or str(name).startswith(PROBABILITY)]
        nulls = int(scored[said].isna().any(axis=1).sum())
        if nulls:
            raise DataError(f"{self.title}: {nulls:,} rows have a null prediction", "let the model predict every row")
        event = settled(dataset.roles.event, tally(train.y, train.weight), dataset.roles.target)
        judge = judge_for(scored, None, self.level, event)
        metric = metric_for_slices(self.metric or DEFAULT[judge.task], self.title)
        if judge.task not in metric.tasks or not metric.has_what_it_needs(scored.columns):
            why = f"is for {' and '.join(metric.tasks)}" if judge.task not in metric.tasks else "needs probabilities"
            raise ConfigurationError(
                f"{self.title}: the metric {metric.name!r} {why}, but this is {judge.task}",
                f"search by {DEFAULT[judge.task]!r}",
            )
        sample = judge.sample(scored)
        values = metric.rows(sample)
        assert values is not None
        group = scored.get("group")
        return Rate(metric.name, metric.greater_is_better, values, sample.weight, group, metric.bounds[1])
