"""Evaluate: metrics with intervals beside baselines, by slice, on rows that nothing learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset import NAIVE_ERROR, NAIVE_SQUARED_ERROR, STRETCH, Dataset, Rows, settled, tally
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation._metric import Metric, SampleMetric
from mlsys.evaluation.alone import evaluated_alone
from mlsys.evaluation.baselines import ZERO_RULE, Guesses, Predicts, rule_name, rule_predictions, zero_rule
from mlsys.evaluation.beside import scored_beside, slice_scores
from mlsys.evaluation.confusion import MOST_CLASSES, confusion
from mlsys.evaluation.cost import Cost
from mlsys.evaluation.costs_beside import costs_beside
from mlsys.evaluation.evaluation import Evaluation
from mlsys.evaluation.judging import Judge, judge_for
from mlsys.evaluation.levels import distinct
from mlsys.evaluation.own import metrics_of
from mlsys.evaluation.picture import draw_scores
from mlsys.evaluation.probabilities.by_slice import in_words, probability_tables
from mlsys.evaluation.probabilities.selective import selective_table
from mlsys.evaluation.ranking import queries_in_words, some_order
from mlsys.evaluation.remarks import undecided, unseen, unweighted
from mlsys.evaluation.sample import Sample, ordered_classes
from mlsys.evaluation.scored import judged_rows, scored_rows
from mlsys.evaluation.sensitive import compared
from mlsys.evaluation.sentences import weightless, worst_slice
from mlsys.evaluation.several import JudgedAlone, together
from mlsys.evaluation.slicing import Telling, slices_of, telling_columns
from mlsys.evaluation.together import asked_of_several, means_of
from mlsys.steps import Report, Result
from mlsys.steps.gathering import OPEN_PARTS, Gathers
from mlsys.steps.keys import names_of

TRAIN_SAMPLE = 20_000
"""Training rows predicted for the greyed column that shows over-fitting."""
RANDOM, UNIFORM = "random", "uniform"
_HELD_A_ROW = 60
"""Numbers held for an evaluated row while intervals are computed: what model and baselines predict, the order of their
scores and what each row adds to a metric; 500 bytes were measured for two classes, of 1 to 20 million rows."""
_COLUMNS = ["part", "model", "slice", "metric", "value", "lower", "upper", "n", "verdict"]


class Evaluate(Report):
    """Evaluate the model on rows that nothing learned from.

    Parameters
    ----------
    metrics : list of str, Metric or callable, optional
        Names such as ``"roc_auc"``, ``"recall"``, ``"f2"``, ``"rmse"``, ``"pinball_0.9"``, your own metrics, and
        functions ``f(y, prediction)`` such as scikit-learn's; by default the usual ones for the task. The first is the
        headline metric. Named metrics are all computed for baselines and slices; of the default ones those whose
        interval needs no bootstrap, for slices without R2 and average precision, which depend on how the target is
        spread over a slice. Of several targets, each is judged by them, and all together by their means
        (``"mean_roc_auc"``, ``"mean_r2"``), by ``"subset_accuracy"`` (all classes of a row right) and
        ``"hamming_loss"`` (share of wrong classes), which may be named too.
    slices : list of str or tuple, or dict, optional
        Columns whose levels are slices (a number with many values is cut at the quartiles of the training rows; null is
        a level), and tuples of columns, such as ``("sex", "race")``, whose combinations are; or names with a function
        from frame to a mask. By default, the first five features with 2 to 20 levels, otherwise
        the first two number features; ``()`` for none. Sensitive columns (``Pipeline(sensitive=...)``) always come
        first.
    baselines : list, optional
        Rules of thumb: ``rule(frame)``, an object with ``learn(train)`` that returns one, the name of a column
        that holds what people, another system or a rule say of each row, a model of the registry
        (``mlsys.load("models:/name@champion")``), or ``"uniform"``: guesses that draw each class, or each value of the
        target, equally often. Of several targets, a rule returns a frame with a column for each. The zero-rule and
        random baselines are always present; ``baselines=None`` adds none.
    value : Cost, optional
        Costs of mistakes; decisions are then made at the threshold with the lowest cost.
    on : str, optional
        Part to evaluate on; by default the test part once it is open, otherwise validation.
    level : float
        Confidence level of the intervals.

    Notes
    -----
    Rows are evaluated if their target is known and, with a weight role, their weight is above 0. The random
    baseline is the mean of several draws, which depend on the ids of the rows. Intervals: Wilson for proportions,
    DeLong for the ROC AUC, otherwise the delta method, between groups if there is a group role; for medians and your
    own functions a bootstrap. Slice intervals hold simultaneously
    (Sidak). A slice is worse when its value and its whole interval lie on the wrong side of the overall value. Scores
    on training rows are shown, but they are no estimate, and no gate reads them. Cost: one pass per metric and slice;
    26,000 rows with 19 slices take 0.3 s.

    Examples
    --------
    >>> rows = pd.DataFrame({"y": [0, 1] * 50, "prediction": [0, 1, 1, 1] * 25})
    >>> result = Evaluate(metrics=["accuracy"]).of(train=rows, validation=rows, target="y")
    >>> result.headline, round(float(result.table["value"][0]), 2)
    ('accuracy', 0.75)
    """

    metrics: tuple[Any, ...] | list[Any] | None = None
    slices: (
        tuple[str | tuple[str, ...] | list[str], ...] | list[Any] | dict[str, Callable[[pd.DataFrame], Any]] | None
    ) = None
    baselines: tuple[Any, ...] | list[Any] | None = None
    value: Cost | None = None
    on: str | None = None
    level: float = 0.95
    judges: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse metrics, baselines and levels that cannot be used."""
        problems = []
        try:
            metrics_of(asked_of_several(self.metrics).alone or ())
        except ConfigurationError as error:
            problems.append((error.problem, error.remedy))
        if not 0 < self.level < 1:
            problems.append((f"level={self.level}", "give a share between 0 and 1, such as level=0.95"))
        wrong = [
            each
            for each in self.baselines or ()
            if not (isinstance(each, (str, Predicts)) or callable(each) or hasattr(each, "learn"))
        ]
        if wrong:
            problems.append(
                (
                    f"baselines= holds {wrong[0]!r}",
                    "give functions of the rows, objects with learn(train), names of columns, or loaded models",
                )
            )
        problems += [
            (f"baselines= holds {each!r}", f"load it: baselines=[mlsys.load({each!r})]")
            for each in self.baselines or ()
            if isinstance(each, str) and each.startswith("models:/")
        ]
        if isinstance(self.slices, tuple) and () in self.slices:
            problems.append(("slices= holds an empty crossing", 'name its columns: slices=[("sex", "race")]'))
        if problems:
            said, remedies = zip(*problems, strict=True)
            raise ConfigurationError(f"{self.title}: {'; '.join(said)}", "; ".join(remedies))

    def report(self, dataset: Dataset, /) -> Evaluation:
        """Return the evaluation; of several targets, of all together and of each."""
        part = self._part(dataset)
        if dataset.aim == "clusters" or (dataset.aim == "anomalies" and not dataset[part].has_target):
            return evaluated_alone(dataset, part, self.level, self.metrics)
        if not dataset.roles.has_several_targets:
            return self._alone(dataset).evaluation
        asked = asked_of_several(self.metrics)
        step = self.with_(metrics=asked.alone)
        alone = {name: step._alone(dataset.of_target(name)) for name in dataset.roles.targets}
        return together(alone, asked, dataset, self.slices, self.level, self.title)

    def _alone(self, dataset: Dataset) -> JudgedAlone:
        """Return the evaluation of one target, and what it was made of."""
        part = self._part(dataset)
        given, train = self._rows(dataset, part)
        rows = judged_rows(given, part)
        scored = scored_rows(rows, what=part)
        if train.y.isna().all():
            raise DataError(
                f"no training row has a known {dataset.roles.target!r}, so that no baseline can be learned",
                "label a few training rows as well, to show baselines how common the classes are",
            )
        event = settled(dataset.roles.event, tally(train.y, train.weight), dataset.roles.target)
        judge = judge_for(scored, self.metrics, self.level, event, dataset.aim, dataset.minimizes)
        mine = judge.read(scored)
        of_queries = self._of_queries(judge, mine.sample, dataset.roles.group)
        guessed = {RANDOM: Guesses.of(train, mine.sample, rows)}
        if any(isinstance(each, str) and each == UNIFORM for each in self.baselines or ()) and UNIFORM not in rows:
            guessed[UNIFORM] = Guesses.of(train, mine.sample, rows, evenly=True)
        frames = {
            name: scored_rows(rows, frame, part)
            for name, frame in self._baselines(train, rows, judge.classes, guessed, dataset, part).items()
        }
        others = {name: judge.read(frame) for name, frame in frames.items()}
        # A query has rows of many slices: none is chosen for it.
        chosen = () if self.slices is None and of_queries is not None else self._sliced_by(dataset)
        slices, without_weight = slices_of(chosen, train, rows, self.title), weightless(given, part)
        remarks = [*unseen(scored, part, dataset.roles.target, self.title), *unweighted(scored, judge, self.title)]
        remarks += undecided(scored, dataset.folds if part == "validation" else 0, part, self.title)
        del train, given, rows  # of many rows the features are let go before intervals are drawn
        beside = scored_beside(judge, mine, others, guessed, part)
        by_slice = slice_scores(slices, mine, judge, part)
        believed = probability_tables(mine.sample, mine.group, slices, self.level)
        groups = compared(slices, dataset.roles.sensitive, scored, judge)
        sliced = [{"part": part, "model": "model", **row} for row in [*by_slice, *groups.beside(by_slice)]]
        table = [*beside.table, *sliced, *self._training_scores(dataset, judge)]
        cost, cost_scalars = costs_beside(self.value, mine, judge, others, guessed)
        evaluation = Evaluation(
            "evaluate",
            pd.DataFrame(table, columns=_COLUMNS),
            scalars={**cost_scalars, **groups.scalars},
            summary=f"{judge.headline.name} on {part}" + (f"; the event is {judge.event}" if judge.event else ""),
            tables={
                **_confused(scored, judge),
                **groups.tables,
                **believed,
                **selective_table(mine.sample, self.level),
                "differences": beside.differences,
            },
            findings=remarks,
            draw=draw_scores,
            task=judge.task,
            part=part,
            headline=judge.headline.name,
            event=judge.event.value if judge.event else None,
            event_said=str(judge.event) if judge.event else "",
            folds=dataset.folds if part == "validation" else 0,
            contaminated=dataset.fitted_on.get(part, ""),
            worst_slice=worst_slice(by_slice, judge.headline),
            probabilities=in_words(believed, len(scored)),
            sensitive={column: groups.sentence(column, by_slice, judge.headline) for column in dataset.roles.sensitive},
            slices={each.name: each.column for each in slices},
            weightless=without_weight,
            value=cost,
            measured_on=of_queries or "",
            beats=beside.beats,
            scored=scored,
            own=self._own(),
        )
        return JudgedAlone(evaluation, judge, scored, frames, guessed)

    @property
    def gathers(self) -> Gathers:
        """Target, prediction and slices of the part and of training rows; all columns if functions may read any."""
        if self._reads_any:
            return OPEN_PARTS
        return Gathers("open parts", _HELD_A_ROW + len(self._named()), "target, prediction and slices")

    @property
    def _reads_any(self) -> bool:
        return isinstance(self.slices, Mapping) or any(not isinstance(each, str) for each in self.baselines or ())

    def _rows(self, dataset: Dataset, part: str) -> tuple[Rows, Rows]:
        """Return the rows to evaluate and the training rows, with the columns that are needed where these are known."""
        wanted, there = self._columns(dataset), "the train part"
        given, train = (dataset.rows(name, wanted) for name in (part, "train"))
        if wanted is not None and not {*self._named()} <= {*given.columns}:  # the message lists what is there
            given = dataset[part]
        return given, train.counted(there, "training rows")

    def _columns(self, dataset: Dataset) -> list[str] | None:
        """Return the columns that are read; ``None`` for all: of rows in memory, or if functions may read any."""
        if self._reads_any or not dataset.in_pieces("train"):
            return None
        sliced = self._sliced_by(dataset)
        told = [STRETCH, NAIVE_ERROR, NAIVE_SQUARED_ERROR]
        named = [each for each in self.baselines or () if isinstance(each, str)]
        flat = (name for each in sliced for name in names_of(each))
        return list(dict.fromkeys([*dataset.roles.columns(), *flat, *told, *named]))

    def _named(self) -> list[str]:
        """Return the columns that the user slices by."""
        return (
            [] if isinstance(self.slices, Mapping) else [name for each in self.slices or () for name in names_of(each)]
        )

    def _sliced_by(self, dataset: Dataset) -> Any:
        """Return what to slice by: what the user names; of rows in pieces, features that tell these apart."""
        if self.slices is not None or not dataset.in_pieces("train"):
            return self.slices
        features = [name for name in dataset.features if name not in set(dataset.roles.columns())]
        weight = dataset.roles.weight
        telling: Telling = dataset.reduce(
            "train", partial(Telling.of_counted, weight=weight), [*features, *([weight] if weight else [])]
        )
        return tuple(telling_columns(features, telling.said))

    def recalled(self, result: Result, /) -> Result:
        """Return an evaluation with the user's own metrics, which are code and not stored."""
        if not isinstance(result, Evaluation):
            return result
        alone = {name: replace(each, own=self._own()) for name, each in result.targets.items()}
        return replace(result, own=means_of(self._own()) if alone else self._own(), targets=alone)

    def _own(self) -> dict[str, Metric]:
        asked = asked_of_several(self.metrics).alone or ()
        return {each.name: each for each in metrics_of(asked) if not isinstance(each, SampleMetric)}

    def for_looks(self, models: int, /) -> Evaluate:
        """Return the same report with intervals that hold simultaneously for several models (Bonferroni)."""
        return self if models <= 1 else self.with_(level=1 - (1 - self.level) / models)

    def _part(self, dataset: Dataset) -> str:
        if self.on is not None:
            if self.on == "train":
                raise ConfigurationError(
                    f"{self.title}(on='train') would evaluate the model on the rows it learned from", "leave on= out"
                )
            return self.on
        for name in ("test", "validation"):
            if name in dataset:
                return name
        raise DataError(
            f"there are no rows to evaluate the model on (parts: {', '.join(dataset)})",
            "give the split a validation share",
        )

    def _of_queries(self, judge: Judge, sample: Sample, group: str | None) -> str | None:
        """Return how many queries count, where not all do; ``None`` where rows are not ordered by query."""
        if judge.task != "ranking":
            return None
        assert sample.query is not None
        if not some_order(sample.query, sample.y):
            raise DataError(
                f"no query in {group!r} has rows of different relevance to evaluate, so no order is better than "
                "another",
                "give all rows of one query the same value, or evaluate more queries",
            )
        return queries_in_words(sample.query, sample.y)

    @property
    def asks_served(self) -> bool:
        """Whether a baseline is a model, which gets rows as a request brings them."""
        return any(isinstance(each, Predicts) for each in self.baselines or ())

    def _baselines(
        self, train: Rows, rows: Rows, classes: Sequence[str], guessed: Mapping[str, Guesses], dataset: Dataset,
        part: str,
    ) -> dict[str, pd.DataFrame]:  # fmt: skip
        """Return the predictions of each baseline, under distinct names."""
        frame, rules = (
            pd.DataFrame(rows),
            [each for each in self.baselines or () if not (isinstance(each, str) and each in guessed)],
        )
        names = distinct(["model", ZERO_RULE, *guessed, *map(rule_name, rules)])[2 + len(guessed) :]
        served = dataset.served

        def asked() -> pd.DataFrame:
            return frame if served is None else served.rows(part).loc[rows.index]

        own = (rule_predictions(rule, train, frame, classes, asked) for rule in rules)
        drawn = {name: each.frame for name, each in guessed.items()}
        return {ZERO_RULE: zero_rule(train, frame, classes), **drawn, **dict(zip(names, own, strict=True))}

    def _training_scores(self, dataset: Dataset, judge: Judge) -> list[dict[str, Any]]:
        most = TRAIN_SAMPLE
        if judge.task == "ranking":  # queries are judged whole
            most = len(dataset.rows("train", list(dataset.roles.columns())))
        sample = dataset.sample_predicted("train", most)
        if sample is None:
            return []
        scored = scored_rows(sample, what="train")
        return [
            {"part": "train", "model": "model", "slice": "all", "metric": name, "value": value, "lower": np.nan,
             "upper": np.nan, "n": len(scored), "verdict": "no estimate: learned from"}
            for name, value in judge.values(scored, "training rows").items()
        ]  # fmt: skip


def _confused(scored: pd.DataFrame, judge: Judge) -> dict[str, pd.DataFrame]:
    """Return the confusion matrix, where there are classes, and not too many."""
    classes = ordered_classes(scored, judge.task)
    return {"confusion": confusion(scored, classes)} if 1 < len(classes) <= MOST_CLASSES else {}
