"""The steps after the split: what learns sees training rows only, what it learned acts on any part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import ConfigurationError, DataError, LeakageError
from mlsys.execution.context import Context
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.observe import changed_columns, observe
from mlsys.execution.planned import Planned
from mlsys.execution.prefix import guarded_apply
from mlsys.execution.seeds import generator
from mlsys.execution.spy import columns_seen
from mlsys.leakage.row_check import row_local_finding, telling_rows
from mlsys.partitions import Table
from mlsys.steps import Fitted, Model, Postprocess, Report, RowTransform, Sink, TrainOnly, Transform
from mlsys.steps.alone import changed_rows
from mlsys.steps.fitted import same_rows
from mlsys.steps.learning import Learned, learn
from mlsys.steps.splitting import fold_numbers, split_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

Look = Callable[[Planned, dict[str, Table], dict[str, pd.DataFrame]], None]


@dataclass
class Tail:
    """Steps after the split with what they learned.

    Parameters
    ----------
    fitted : dict of str to Fitted
        By step name, in plan order.
    parts : dict of str to Table
        Rows as the last step left them.
    predictions : dict of str to DataFrame
        Predictions of parts that nothing was fitted on.
    fitted_on : dict of str to str
        Parts other than ``train`` that a step learned from, with its name.
    """

    context: Context
    fitted: dict[str, Fitted] = field(default_factory=dict)
    learned: dict[str, Learned] = field(default_factory=dict)
    parts: dict[str, Table] = field(default_factory=dict)
    predictions: dict[str, pd.DataFrame] = field(default_factory=dict)
    fitted_on: dict[str, str] = field(default_factory=dict)
    _crossed: pd.DataFrame | None = None
    _unchanged: Table | None = None
    _since: tuple[Planned, ...] = ()
    _telling: tuple[int, NDArray[np.int64]] | None = None

    def copied(self, context: Context) -> Tail:
        """Return a tail that goes on from here without changing this one."""
        return Tail(
            context,
            dict(self.fitted),
            dict(self.learned),
            dict(self.parts),
            dict(self.predictions),
            dict(self.fitted_on),
            self._crossed,
            self._unchanged,
            self._since,
        )

    def run(self, steps: Sequence[Planned], parts: dict[str, Table], look: Look) -> Tail:
        """Run steps in order over the open parts; ``look`` is called for reports and sinks."""
        self.parts = dict(parts)
        for planned in steps:
            step = planned.step
            if isinstance(step, (Report, Sink)):
                look(planned, self.parts, self.predictions)
                continue
            if isinstance(step, TrainOnly) and self._unchanged is None:
                self._unchanged = self.parts["train"]
            if self._unchanged is not None and not isinstance(step, Postprocess):
                self._since = (*self._since, planned)
            with self.context.doing(planned, self.parts["train"].shown()) as record:
                if isinstance(step, Transform):
                    self._transform(planned, step)
                elif isinstance(step, RowTransform):
                    self._row_transform(planned, step)
                elif isinstance(step, TrainOnly):
                    self._train_only(step)
                elif isinstance(step, Model):
                    self._model(planned, step)
                elif isinstance(step, Postprocess):
                    self._postprocess(planned, step)
                else:
                    raise ConfigurationError(
                        f"{planned.name} is a {step.kind}, which cannot stand after the split",
                        "move it before the split",
                    )
                record.rows.update({name: len(part.frame()) for name, part in self.parts.items() if part.in_memory})
        return self

    def apply(self, rows: Table) -> tuple[Table, pd.DataFrame | None]:
        """Return rows that nothing learned from, as the steps change them, and their predictions."""
        predictions: pd.DataFrame | None = None
        for fitted in self.fitted.values():
            if isinstance(fitted.step, Model):
                predictions = _predict(fitted, rows)
            elif isinstance(fitted.step, Postprocess):
                assert predictions is not None
                predictions = fitted.predict(predictions)
            else:
                rows = rows.map(fitted.transform)
        return rows, predictions

    def _transform(self, planned: Planned, step: Transform) -> None:
        context, train = self.context, self.parts["train"]
        before = train.head(0).columns
        reads = _declared(step, context, before)
        watched: list[tuple[pd.DataFrame, pd.DataFrame]] = []

        def wrap(frame: pd.DataFrame) -> Rows:
            shown = shielded(frame)
            rows = context.wrap(shown, step)
            if not step.is_ours:
                watched.append((rows, frame))
            return rows

        learned = learn(step, train, wrap, generator(context.seed, step))
        for shown, ours in watched[-1:]:
            watch_unchanged(step, pd.DataFrame(shown), ours, "learn")
        fitted = Fitted(step, learned.state)
        self.fitted[planned.name], self.learned[planned.name] = fitted, learned
        if not step.is_ours:
            sample = self._telling_sample(train)
            reads = tuple(sorted(columns_seen(lambda frame: step.apply(frame, learned.state), sample)))
            refuse_forbidden_reads(step, context, reads)
        before_parts = dict(self.parts)
        for name, part in self.parts.items():
            if name == "train" and step.cross_fits:
                self.parts[name] = part.map(lambda frame: cross_fitted(step, context, frame, learned))
            else:
                self.parts[name] = part.map(fitted.transform)
        after = self.parts["train"]
        written = _written(train, after, fitted)
        if written and not step.is_ours and not context.quiet:
            self._check_rows_alone(planned, fitted, before_parts, written)
        context.catalog.note(planned.name, reads, written)

    def _check_rows_alone(self, planned: Planned, fitted: Fitted, before: dict[str, Table], written: set[str]) -> None:
        """Find a user's ``apply`` that looks at other rows of its frame, on rows that it treats as it serves."""
        parts = [name for name in before if name != "train" or not cast("Transform", fitted.step).cross_fits]
        if parts:
            shown, changed = before[parts[-1]].head(4096), self.parts[parts[-1]].head(4096)
            finding = row_local_finding(fitted.transform, shown, changed, sorted(written), planned.name)
            self.context.findings += [finding] if finding else []

    def _telling_sample(self, train: Table) -> pd.DataFrame:
        """Return rows to watch a user's step with; chosen once, since rows keep their places from step to step."""
        head = train.head(4096)
        if self._telling is None or self._telling[0] != len(head):
            self._telling = (len(head), telling_rows(head, 8))
        return head.iloc[self._telling[1]]

    def _row_transform(self, planned: Planned, step: RowTransform) -> None:
        apply = guarded_apply(step)
        before = self.parts["train"]
        self.parts = {name: part.map(apply) for name, part in self.parts.items()}
        observe(planned, before, self.parts["train"], apply, self.context)
        self.fitted[planned.name] = Fitted(step)

    def _train_only(self, step: TrainOnly) -> None:
        rows = self.context.wrap(shielded(self.parts["train"].frame()))
        changed = changed_rows(step, rows, generator(self.context.seed, step))
        if changed.empty:
            raise DataError(f"{step.title} left no training rows", "loosen its shares")
        self.parts["train"] = Table.of(changed)

    def _model(self, planned: Planned, step: Model) -> None:
        if self.predictions:
            raise ConfigurationError(
                f"{planned.name} is a second model in one pipeline", "compare models with variants()"
            )
        context, train = self.context, self.parts["train"]
        features = context.catalog.features(train.head(0).columns)
        if not features:
            raise DataError(
                f"{planned.name} has no features left (columns: {', '.join(map(str, train.head(0).columns))})",
                "see run.features for the reason of each column",
            )
        learned = learn(step, train, lambda frame: context.wrap(shielded(frame)), generator(context.seed, step))
        used = step.columns_read(features)
        fitted = Fitted(step, learned.state, features if used is None else tuple(used))
        self.fitted[planned.name] = fitted
        for name, part in self.parts.items():
            if name != "train":
                self.predictions[name] = _predict(fitted, part)
                taken = [column for column in self.predictions[name] if column in part.head(0).columns]
                if taken:
                    raise DataError(
                        f"{planned.name} writes the column {taken[0]!r}, which the data already has",
                        f"rename it before, such as frame.rename(columns={{{taken[0]!r}: 'earlier_{taken[0]}'}})",
                    )

    def _postprocess(self, planned: Planned, step: Postprocess) -> None:
        model = next((each for each in self.fitted.values() if isinstance(each.step, Model)), None)
        if model is None:
            raise ConfigurationError(f"{planned.name} stands before any model", "place it after Train")
        context = self.context
        if "calibration" in self.parts:
            rows, predicted = self.parts["calibration"].frame(), self.predictions["calibration"]
            self.fitted_on["calibration"] = planned.name
        else:
            # As they were before any step changed them: repeated rows would be predicted by a model that saw
            # their originals, and a changed share of the classes is not the one to calibrate to.
            rows = (self.parts["train"] if self._unchanged is None else self._unchanged).frame()
            if self._crossed is None and self._unchanged is None:
                self._crossed = _cross_predictions(model, rows, context, step.cross_fit_folds)
            elif self._crossed is None:
                self._crossed = _cross_tails(self._since, rows, context, step.cross_fit_folds)
            predicted = self._crossed
        state = learn(
            step,
            Table.of(pd.concat([rows[_role_columns(rows, context)], predicted], axis=1)),
            context.wrap,
            generator(context.seed, step),
        ).state
        fitted = Fitted(step, state)
        self.fitted[planned.name] = fitted
        self.predictions = {name: fitted.predict(each) for name, each in self.predictions.items()}
        self._crossed = None if self._crossed is None else fitted.predict(self._crossed)


def _predict(fitted: Fitted, part: Table) -> pd.DataFrame:
    return part.map(fitted.predict).narrow_frame()


def cross_fitted(step: Transform, context: Context, frame: pd.DataFrame, learned: Learned) -> pd.DataFrame:
    """Return what training rows get from a step that cross-fits."""
    rows = context.wrap(shielded(frame), step)
    return same_rows(step, frame, step.apply_cross_fitted(rows, learned.fold_states))


def _cross_predictions(model: Fitted, train: pd.DataFrame, context: Context, folds: int) -> pd.DataFrame:
    """Predict training rows by models that did not see them."""
    step = model.step
    numbers = _fold_of_rows(train, context, folds)
    pieces = []
    for fold in range(folds):
        inside = train[numbers == fold]
        rest = Table.of(train[numbers != fold])
        state = learn(
            step, rest, lambda frame: context.wrap(shielded(frame)), generator(context.seed, step, f"fold {fold}")
        )
        pieces.append(Fitted(step, state.state, model.features).predict(inside))
    return pd.concat(pieces).loc[train.index]


def _cross_tails(steps: Sequence[Planned], train: pd.DataFrame, context: Context, folds: int) -> pd.DataFrame:
    """Predict training rows by steps that did not see them, where some of these change the training rows."""
    numbers = _fold_of_rows(train, context, folds)
    pairs = ((train[numbers != fold], train[numbers == fold]) for fold in range(folds))
    return predicted_apart(steps, pairs, context).loc[train.index]


def predicted_apart(
    steps: Sequence[Planned], pairs: Iterable[tuple[pd.DataFrame, pd.DataFrame]], context: Context
) -> pd.DataFrame:
    """Return predictions of the second frame of each pair by steps that learned from the first alone."""
    quiet, pieces = replace(context, quiet=True), []
    for learned_from, judged in pairs:
        parts = {"train": Table.of(learned_from), "validation": Table.of(judged)}
        pieces.append(Tail(quiet).run(steps, parts, lambda *_: None).predictions["validation"])
    return pd.concat(pieces)


def _fold_of_rows(train: pd.DataFrame, context: Context, folds: int) -> NDArray[np.int64]:
    """Return the fold of each row: a stretch of time where rows have times, else by hash of group or id."""
    time = context.roles.time
    if time is not None and context.roles.group is None:
        places = train[time].rank(method="first").to_numpy() - 1
        return np.asarray(places * folds // len(train), dtype=np.int64)
    return fold_numbers(split_keys(train, context.roles).drop(columns="target", errors="ignore"), folds, context.seed)


def _role_columns(frame: pd.DataFrame, context: Context) -> list[str]:
    roles = context.roles.columns()
    return [name for name in frame.columns if name in roles]


def _declared(step: Transform, context: Context, columns: pd.Index) -> tuple[str, ...]:
    """Return what a transform reads, refusing the target, late columns and withheld ones."""
    features = context.catalog.features(columns)
    reads = step.columns_read(features)
    refuse_forbidden_reads(step, context, reads or ())
    return reads if reads is not None else features


def refuse_forbidden_reads(step: Transform, context: Context, reads: Sequence[str]) -> None:
    """Raise when a served step reads what is not known when it must answer."""
    catalog = context.catalog
    for column in reads:
        why = catalog.late.get(column) or catalog.withheld.get(column)
        why = why or ("it is the target" if column == context.roles.target else None)
        if why:
            raise LeakageError(
                f"{step.title} reads {column!r} to serve predictions, but {why}", f"take {column!r} out of {step.title}"
            )


def _written(before: Table, after: Table, fitted: Fitted) -> set[str]:
    if before.in_memory:
        return changed_columns(before.frame(), after.frame())
    head = before.head(1024)
    return changed_columns(head, fitted.transform(head))
