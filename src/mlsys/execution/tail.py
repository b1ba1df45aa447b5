"""The steps after the split: what learns sees training rows only, what it learned acts on any part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from mlsys.cache import Outcome
from mlsys.dataset import Rows, beside
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.execution.changed import changed_columns
from mlsys.execution.context import Context
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.inner_splits import say_parted_groups
from mlsys.execution.on_demand import why_needed
from mlsys.execution.planned import Planned
from mlsys.execution.probing import could_change
from mlsys.execution.reads import (
    columns_written,
    cross_fitted,
    declared_reads,
    part_like_serving,
    refuse_forbidden_reads,
    say_taken,
)
from mlsys.execution.row_transforms import transform_rows
from mlsys.execution.spy import columns_seen
from mlsys.leakage.row_check import row_local_finding, telling_rows
from mlsys.partitions import Table
from mlsys.states import Held, digest
from mlsys.steps import Fitted, Model, Postprocess, Report, RowTransform, Sink, TrainOnly, Transform
from mlsys.steps.alone import changed_rows
from mlsys.steps.learning import learn
from mlsys.steps.seeds import generator
from mlsys.steps.splitting import fold_numbers, split_keys
from mlsys.warned import tried_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

Look = Callable[[Planned, dict[str, Table], dict[str, Table]], None]


@dataclass
class Tail:
    """Steps after the split with what they learned.

    Parameters
    ----------
    fitted : dict of str to Fitted
        By step name, in plan order.
    fold_states : dict of str to Held
        What the folds of the training rows are shown instead, by name of a step that cross-fits.
    parts : dict of str to Table
        Rows as the last step left them.
    predictions : dict of str to Table
        Predictions of parts that nothing was fitted on.
    fitted_on : dict of str to str
        Parts other than ``train`` that a step learned from, with its name.
    asked : dict of str to str
        Why the rows need a step that runs on demand, by its name; empty where they do not, and it was passed over.
    """

    context: Context
    fitted: dict[str, Fitted] = field(default_factory=dict)
    fold_states: dict[str, Held] = field(default_factory=dict)
    parts: dict[str, Table] = field(default_factory=dict)
    predictions: dict[str, Table] = field(default_factory=dict)
    fitted_on: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    _crossed: Table | None = None
    _unchanged: Table | None = None
    _since: tuple[Planned, ...] = ()
    _telling: tuple[int, NDArray[np.int64]] | None = None

    def copied(self, context: Context) -> Tail:
        """Return a tail that goes on from here without changing this one."""
        return Tail(
            context,
            dict(self.fitted),
            dict(self.fold_states),
            dict(self.parts),
            dict(self.predictions),
            dict(self.fitted_on),
            dict(self.asked),
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
            if planned.on_demand:
                self.asked[planned.name] = why_needed(planned, self.parts, self.context)
                if not self.asked[planned.name]:
                    self.context.progress(planned.name)
                    continue
            if isinstance(step, TrainOnly) and self._unchanged is None:
                self._unchanged = self.parts["train"]
            if self._unchanged is not None and not isinstance(step, Postprocess):
                self._since = (*self._since, planned)
            with self.context.doing(planned, self.parts) as record:
                if isinstance(step, Transform):
                    self.transform(planned, step)
                elif isinstance(step, RowTransform):
                    self._row_transform(planned, step)
                elif isinstance(step, TrainOnly):
                    self._train_only(planned, step)
                elif isinstance(step, Model):
                    self._model(planned, step)
                elif isinstance(step, Postprocess):
                    self._postprocess(planned, step)
                else:
                    raise ConfigurationError(
                        f"{planned.name} is a {step.kind}, which cannot stand after the split",
                        "move it before the split",
                    )
                record.rows.update({name: part.rows for name, part in self.parts.items() if part.in_memory})
        return self

    def apply(self, rows: Table) -> tuple[Table, Table | None]:
        """Return rows that nothing learned from, as the steps change them, and their predictions."""
        predictions: Table | None = None
        for fitted in self.fitted.values():
            if isinstance(fitted.step, Model):
                predictions = _predict(fitted, rows)
            elif isinstance(fitted.step, Postprocess):
                assert predictions is not None
                predictions = predictions.map(fitted.predict)
            else:
                rows = rows.map(fitted.transform)
        return rows, predictions

    def digests(self) -> dict[str, str | None]:
        """Return the digest of every state, by step."""
        return {f"state of {name}": fitted.held.digest for name, fitted in self.fitted.items()}

    def transform(self, planned: Planned, step: Transform) -> None:
        """Learn from the training rows, and change every part by what was learned."""
        context, train = self.context, self.parts["train"]
        say_parted_groups(planned, context, train.rows)
        learned = context.kept(
            planned.name, "learn", lambda at: self._learned(planned, step, train, at), {"train": train},
            sees_columns=True,
        )  # fmt: skip
        fitted = Fitted(step, learned.states["state"])
        self.fitted[planned.name] = fitted
        if "folds" in learned.states:
            self.fold_states[planned.name] = learned.states["folds"]
        before = dict(self.parts)
        checked = None if step.is_ours else part_like_serving(step, before)
        for name, part in before.items():
            self.parts[name] = self._applied(planned, fitted, name, part, check=name == checked)
        written = columns_written(train, self.parts["train"], fitted) | set(learned.plain["could change"])
        context.catalog.note(planned.name, learned.plain["reads"], written)

    def _learned(self, planned: Planned, step: Transform, train: Table, context: Context) -> Outcome:
        """Learn, and watch what a user's hooks read and change."""
        reads = declared_reads(step, context, train.head(0).columns)
        watched: list[tuple[pd.DataFrame, pd.DataFrame]] = []

        def wrap(frame: pd.DataFrame) -> Rows:
            shown = shielded(frame)
            rows = context.wrap(shown, step)
            if not step.is_ours:
                watched.append((rows, frame))
            return rows

        learned = learn(step, train, wrap, generator(context.seed, step))
        if step.chooses_columns:
            reads = step.columns_taken(learned.state)
        for shown, ours in watched[-1:]:
            watch_unchanged(step, pd.DataFrame(shown), ours, "learn")
        watches = not context.quiet or not step.is_ours
        sample = self._telling_sample(train) if watches else train.head(0)
        if not step.is_ours:
            with tried_out():
                reads = tuple(sorted(columns_seen(lambda frame: step.apply(frame, learned.state), sample)))
            refuse_forbidden_reads(step, context, reads)
        states = {"state": Held(learned.state)}
        if step.cross_fits:
            states["folds"] = Held(learned.fold_states)
        could = set[str]()
        if not context.quiet:
            with tried_out():
                could = could_change(Fitted(step, learned.state).transform, sample, reads)
        return Outcome({}, states, {"reads": list(reads), "could change": sorted(could)})

    def _applied(self, planned: Planned, fitted: Fitted, name: str, part: Table, check: bool) -> Table:
        """Return a part as the step changes it; training rows of a step that cross-fits are shown the folds' states."""
        step = cast("Transform", fitted.step)
        folds = self.fold_states.get(planned.name) if name == "train" else None

        def work(at: Context) -> Outcome:
            if folds is not None:
                return Outcome({"rows": part.map(lambda frame: cross_fitted(step, at, frame, folds.get()))})
            after = part.map(fitted.transform)
            if check and not at.quiet:
                shown, changed = part.head(4096), after.head(4096)
                written = changed_columns(shown, changed)
                with tried_out():
                    finding = row_local_finding(fitted.transform, shown, changed, sorted(written), planned.name)
                at.findings += [finding] if finding else []
            return Outcome({"rows": after})

        shown_state = fitted.held if folds is None else folds
        outcome = self.context.kept(
            planned.name, f"apply {name}", work, {"rows": part}, {"state": shown_state.digest, "check": str(check)},
            sees_columns=folds is not None,
        )  # fmt: skip
        return outcome.tables["rows"]

    def _telling_sample(self, train: Table) -> pd.DataFrame:
        """Return rows to watch a user's step with; chosen once, since rows keep their places from step to step."""
        head = train.head(4096)
        if self._telling is None or self._telling[0] != len(head):
            self._telling = (len(head), telling_rows(head, 8))
        return head.iloc[self._telling[1]]

    def _row_transform(self, planned: Planned, step: RowTransform) -> None:
        self.parts = transform_rows(planned, self.parts, self.context)
        self.fitted[planned.name] = Fitted(step, Held(None, digest="nothing"))

    def _train_only(self, planned: Planned, step: TrainOnly) -> None:
        train = self.parts["train"]

        def work(at: Context) -> Outcome:
            rows = at.wrap(shielded(train.frame()))
            changed = changed_rows(step, rows, generator(at.seed, step))
            if changed.empty:
                raise DataError(f"{step.title} left no training rows", "loosen its shares")
            return Outcome({"train": Table.of(changed)})

        outcome = self.context.kept(planned.name, "change", work, {"train": train}, sees_columns=True)
        self.parts["train"] = outcome.tables["train"]

    def _model(self, planned: Planned, step: Model) -> None:
        if self.predictions:
            raise ConfigurationError(
                f"{planned.name} is a second model in one pipeline", "compare models with variants()"
            )
        context, train = self.context, self.parts["train"]
        features = context.catalog.features(train.head(0).columns)
        if not features:
            there = list(map(str, train.head(0).columns))
            why = [f"{name!r} ({reason})" for name, reason in zip(there, context.catalog.reasons(there), strict=True)]
            raise DataError(
                f"{planned.name} has no features left; the data has {listed(why)}",
                "give columns to predict from, or take some out of exclude= and of the roles",
            )

        say_parted_groups(planned, context, train.rows)

        def work(at: Context) -> Outcome:
            wrap = lambda frame: at.wrap(shielded(frame))  # noqa: E731
            return Outcome({}, {"state": Held(learn(step, train, wrap, generator(at.seed, step)).state)})

        learned = context.kept(planned.name, "learn", work, {"train": train}, sees_columns=True)
        held = learned.states["state"]
        fitted = Fitted(step, held, step.columns_learned(features, held.get))
        self.fitted[planned.name] = fitted
        for name, part in self.parts.items():
            if name != "train":
                self.predictions[name] = self._predicted(planned, fitted, name, part)
                say_taken(planned.name, part, self.predictions[name], context)

    def _predicted(self, planned: Planned, fitted: Fitted, name: str, rows: Table) -> Table:
        outcome = self.context.kept(
            planned.name,
            f"predict {name}",
            lambda _: Outcome({"predictions": _predict(fitted, rows)}),
            {"rows": rows},
            {"state": fitted.held.digest, "columns": digest(fitted.features)},
        )
        return outcome.tables["predictions"]

    def _postprocess(self, planned: Planned, step: Postprocess) -> None:
        model = next(((name, each) for name, each in self.fitted.items() if isinstance(each.step, Model)), None)
        if model is None:
            raise ConfigurationError(f"{planned.name} stands before any model", "place it after Train")
        context = self.context
        if "calibration" in self.parts:
            rows, predicted = self.parts["calibration"], self.predictions["calibration"]
            self.fitted_on["calibration"] = planned.name
        else:
            # As they were before any step changed them: repeated rows would be predicted by a model that saw
            # their originals, and a changed share of the classes is not the one to calibrate to.
            rows = self.parts["train"] if self._unchanged is None else self._unchanged
            self._crossed = predicted = self._crossed or self._cross(planned, model, rows, step.cross_fit_folds)

        def work(at: Context) -> Outcome:
            frame, said = rows.frame(), predicted.frame()
            shown = Table.of(beside(frame[_role_columns(frame, at)], said))
            wrap = lambda frame: at.wrap(frame, predictions=said)  # noqa: E731
            return Outcome({}, {"state": Held(learn(step, shown, wrap, generator(at.seed, step)).state)})

        inputs = {"rows": rows, "predictions": predicted}
        learned = context.kept(planned.name, "learn", work, inputs, sees_columns=True)
        fitted = Fitted(step, learned.states["state"])
        self.fitted[planned.name] = fitted
        self.predictions = {name: self._changed(planned, fitted, name, each) for name, each in self.predictions.items()}
        if self._crossed is not None:
            self._crossed = self._changed(planned, fitted, "out of fold", self._crossed)

    def _cross(self, planned: Planned, model: tuple[str, Fitted], rows: Table, folds: int) -> Table:
        """Predict training rows by a model, or by all steps that change training rows, that did not see them."""
        name, fitted = model

        def work(at: Context) -> Outcome:
            if self._unchanged is None:
                return Outcome({"predictions": Table.of(_cross_predictions(fitted, rows.frame(), at, folds))})
            return Outcome({"predictions": Table.of(_cross_tails(self._since, rows.frame(), at, folds))})

        also = {
            "folds": str(folds),
            "model": fitted.held.digest,
            "columns": digest(fitted.features),
            "steps": self.context.code_of([name, *(each.name for each in self._since)]),
        }
        outcome = self.context.kept(planned.name, "predict out of fold", work, {"rows": rows}, also, sees_columns=True)
        return outcome.tables["predictions"]

    def _changed(self, planned: Planned, fitted: Fitted, name: str, predictions: Table) -> Table:
        """Return predictions as a postprocessing step changes them."""
        outcome = self.context.kept(
            planned.name,
            f"change {name}",
            lambda _: Outcome({"predictions": predictions.map(fitted.predict)}),
            {"predictions": predictions},
            {"state": fitted.held.digest},
        )
        return outcome.tables["predictions"]


def _predict(fitted: Fitted, part: Table) -> Table:
    return Table.of(part.map(fitted.predict).narrow_frame())


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
    quiet, pieces = context.detached().of_folds(), []
    for number, (learned_from, judged) in enumerate(pairs, 1):
        parts = {"train": Table.of(learned_from), "validation": Table.of(judged)}
        try:
            pieces.append(Tail(quiet).run(steps, parts, lambda *_: None).predictions["validation"].frame())
        except Exception as error:
            error.add_note(f"mlsys: in fold {number}, with {len(learned_from):,} training rows")
            raise
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
