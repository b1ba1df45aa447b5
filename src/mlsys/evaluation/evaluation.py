"""Evaluation: what Evaluate found, as fields that cards, gates, comparisons and records read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pandas as pd

from mlsys.dataset import SCORE, Event, score_columns
from mlsys.errors import ConfigurationError, DataError, how_many, listed, meant
from mlsys.evaluation._metric import Metric
from mlsys.evaluation.curves import RELIABILITY, SCORES, draw_kind, new_axes
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.page import headline_rows, metrics_table, slice_blocks
from mlsys.evaluation.probabilities.by_slice import ALL
from mlsys.evaluation.probabilities.pictures import draw_reliability
from mlsys.evaluation.sample import Task
from mlsys.evaluation.together import joint_metric
from mlsys.pages import Banner, Block, Folded, Lines, Page, Remarks, Table, Title
from mlsys.steps import Result
from mlsys.steps.result import NOT_STORED, OF_ROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


UNUSUAL = "unusual"
"""Column of evaluated rows: what is unusual about the most anomalous of them."""
MOST_LISTED = 10


@dataclass(frozen=True, repr=False)
class Evaluation(Result):
    """Scores of a model on rows that nothing learned from; made by ``Evaluate``.

    Parameters
    ----------
    task : str
        ``"binary"``, ``"multiclass"``, ``"regression"``; without a target ``"anomalies"`` or ``"clusters"``.
    part : str
        The evaluated part.
    headline : str
        Name of the metric used to compare models.
    event : bool, number or str, optional
        For two classes, the one that recall and cost refer to.
    event_said : str
        The event, and why this class was chosen.
    folds : int
        Number of folds used to evaluate; 0 if a part is used.
    contaminated : str
        The steps that learned from the evaluated part; empty if there are none.
    worst_slice : str
        One sentence.
    probabilities : str
        Whether probabilities can be believed, in one sentence; empty if the model gives none.
    sensitive : mapping of str to str
        One sentence for each sensitive column.
    slices : mapping of str to str
        The column of each slice, by the name of the slice.
    weightless : str
        Number of rows ignored because their weight is 0.
    value : str
        Cost of mistakes, for the model and each baseline.
    nothing_beside : str
        Why there is nothing to compare the model with; empty where there are baselines.
    measured_on : str
        How many rows were compared with each other, where these are not all.
    beats : mapping of str to mapping
        Improvement of the model over each baseline: ``value``, ``lower``, ``upper``.
    scored : DataFrame
        Target, prediction and probabilities of the evaluated rows.
    targets : mapping of str to Evaluation
        Of several targets, the evaluation of each; the other fields are then about all of them together.
    own : mapping of str to Metric
        The user's own metrics, by name. They are code and are not stored with the rest.
    facts : mapping
        These fields by name.

    Examples
    --------
    >>> from mlsys import Evaluate
    >>> rows = pd.DataFrame({"late": [0, 1] * 50, "prediction": [0, 1, 1, 1] * 25})
    >>> found = Evaluate(metrics=["accuracy", "recall"]).of(train=rows, validation=rows, target="late")
    >>> found.task, found.part, found.headline, found.event
    ('binary', 'validation', 'accuracy', 1)
    >>> mine = found.table.query("model == 'model' and part == 'validation' and slice == 'all'")
    >>> mine[["metric", "value"]].values.tolist()
    [['accuracy', 0.75], ['recall', 1.0]]
    >>> found.metric("recall").greater_is_better
    True
    """

    _unlisted: ClassVar[frozenset[str]] = frozenset({"draw", "facts", "own", "weightless"})
    task: str = ""
    part: str = ""
    headline: str = ""
    event: Any = None
    event_said: str = ""
    folds: int = 0
    contaminated: str = ""
    worst_slice: str = ""
    probabilities: str = ""
    sensitive: Mapping[str, str] = field(default_factory=dict)
    slices: Mapping[str, str] = field(default_factory=dict)
    weightless: str = ""
    value: str = ""
    nothing_beside: str = ""
    measured_on: str = ""
    beats: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    scored: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=OF_ROWS)
    targets: Mapping[str, Evaluation] = field(default_factory=dict)
    own: Mapping[str, Metric] = field(default_factory=dict, metadata=NOT_STORED)
    facts: Mapping[str, Any] = field(init=False, metadata=NOT_STORED)

    def __post_init__(self) -> None:
        """Show the fields as a mapping too."""
        common = {each.name for each in fields(Result)}
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in common}
        object.__setattr__(self, "facts", own)

    def plot(self, ax: Axes | None = None, *, kind: str = SCORES, slice: str = ALL) -> Axes:
        """Draw a plot of the evaluation, on ``ax`` or on a new figure that notebooks display.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        kind : str
            ``"scores"``: the headline metric of model, baselines and slices with intervals. For the evaluated rows,
            ``"reliability"``, ``"roc"``, ``"precision_recall"``, ``"risk_coverage"`` and ``"confusion"`` for classes,
            ``"residuals"`` for numbers.
        slice : str
            For ``"reliability"``, one of the slices in ``tables["calibration"]``; by default all rows.

        Raises
        ------
        ConfigurationError
            If the kind does not fit the task; the message lists those that do.
        DataError
            If the evaluated rows are not available: they stay on the machine of the run.
        """
        if kind == SCORES:
            return super().plot(ax)
        if self.targets:
            raise ConfigurationError(
                f"kind={kind!r} is drawn for one target, and there are {len(self.targets)}",
                f"draw it for one of them: .targets[{next(iter(self.targets))!r}].plot(kind={kind!r})",
            )
        if slice != ALL:
            return self._reliability_of(slice, kind, ax)
        event = None if self.event is None else Event(self.event)
        return draw_kind(kind, self.scored, cast("Task", self.task), event, self.part, ax)

    def _reliability_of(self, part: str, kind: str, ax: Axes | None) -> Axes:
        """Draw the reliability of a slice, which is kept as a table."""
        bins = self.tables.get("reliability")
        names = [] if bins is None or kind != RELIABILITY else bins["slice"].drop_duplicates().tolist()
        if bins is None or part not in names:
            raise ConfigurationError(
                f"there is no plot of kind={kind!r} of the slice {part!r}",
                f"{meant(part, names)}slices are drawn with kind='reliability': {listed(names)}",
            )
        of = "the event" if self.task == "binary" else "the predicted class"
        return draw_reliability(bins[bins["slice"] == part], new_axes(ax), of, f"{self.part} rows of {part}")

    @property
    def most_anomalous(self) -> pd.DataFrame:
        """The ten most anomalous of the evaluated rows, the most anomalous first: score, and what is unusual.

        Raises
        ------
        DataError
            If the rows have no score, or are not available: they stay on the machine of the run.
        """
        scores = score_columns(self.scored.columns)
        if len(scores) != 2:
            raise DataError(
                "there are no evaluated rows with a score of two classes here",
                "ask a run of a detector on its own machine: run.reports['evaluate'].most_anomalous",
            )
        event = None if self.event is None else Event(self.event)
        odd = next((each for each in scores if event and event.is_called(each.removeprefix(SCORE))), scores[-1])
        kept = [name for name in ("y", odd, UNUSUAL) if name in self.scored.columns]
        top = self.scored.sort_values(odd, ascending=False, kind="stable").head(MOST_LISTED)
        return top[kept].rename(columns={odd: "score"})

    def _page(self) -> Page:
        judged = how_many(self.folds, "fold") if self.folds else f"{self.part} rows"
        said = [("event", self.event_said), ("worst slice", self.worst_slice), ("probabilities", self.probabilities)]
        said += [("sensitive", f"{column}: {each}") for column, each in self.sensitive.items()]
        said += [("weights", self.weightless), ("value", self.value)]
        said += [("compared", self.nothing_beside), ("measured on", self.measured_on)]
        learned = f"{self.contaminated} learned from {self.part}, so these numbers are no estimate"
        further: list[Block] = [Folded(name.capitalize(), [Table(frame)]) for name, frame in self.tables.items()]
        if self.task == "anomalies" and len(self.scored):
            further.insert(0, Folded("The most anomalous rows", [Table(self.most_anomalous.reset_index())]))
        return Page([
            Title(f"{self.name}: {self.task}, evaluated on {judged}"),
            *([Banner(learned, "watch", "not an evaluation")] if self.contaminated else []),
            headline_rows(self.table, self.part, self.headline, self.beats),
            Lines([(label, each) for label, each in said if each]),
            Title("All metrics", 4),
            metrics_table(self.table),
            *slice_blocks(self.table, self.headline),
            *(Folded(f"Target {name}", [each._page()]) for name, each in self.targets.items()),
            *further,
            Remarks(self.findings, rest=".findings"),
        ])  # fmt: skip

    def metric(self, name: str) -> Metric:
        """Return one of the metrics by name; ``"<target>/<metric>"`` names that of one of several targets.

        Raises
        ------
        ConfigurationError
            If there is no metric of this name, or it is the user's own and the evaluation was read from a store, which
            holds no code.
        """
        target, _, alone = name.partition("/")
        if target in self.targets:
            return self.targets[target].metric(alone)
        joint = joint_metric(name) if self.targets else None
        if name in self.own or joint is not None:
            return self.own.get(name) or joint  # type: ignore[return-value]
        try:
            return metric_named(name)
        except ConfigurationError:
            if name not in set(self.table["metric"]):
                raise
            raise ConfigurationError(
                f"the metric {name!r} is your own, and its function is not stored with the evaluation",
                f"pass it again: metric=Metric({name!r}, function)",
            ) from None


def evaluation_in(reports: Mapping[str, Result]) -> Evaluation | None:
    """Return the first evaluation among reports; ``None`` where there is none.

    Examples
    --------
    >>> evaluation_in({"size": Result("size", pd.DataFrame())})
    """
    return next((each for each in reports.values() if isinstance(each, Evaluation)), None)


def evaluation_of(evaluation: Evaluation, target: str | None) -> Evaluation | None:
    """Return the evaluation of one of several targets, or of all where none is named; ``None`` if there is none."""
    return evaluation if target is None else evaluation.targets.get(target)


def events_of(event: Any) -> Any:
    """Return the event of an evaluation, of several targets by target, for what computes metrics.

    Examples
    --------
    >>> events_of("bad").value, events_of({"a": "bad"})["a"].value, events_of(None)
    ('bad', 'bad', None)
    """
    if isinstance(event, Mapping):
        return {target: Event(value) for target, value in event.items()}
    return None if event is None else Event(event)
