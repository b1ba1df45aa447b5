"""The kinds of steps that learn: transforms, training-row steps, models, postprocessing; and reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, final

import pandas as pd

from mlsys.dataset import Rows
from mlsys.detached import detached
from mlsys.steps.aims import Aim
from mlsys.steps.alone import FitsAlone
from mlsys.steps.base import Step
from mlsys.steps.column_choice import chooses, in_words
from mlsys.steps.facts import Facts
from mlsys.steps.gathering import Gathers
from mlsys.steps.learns import Learns

if TYPE_CHECKING:
    import numpy as np

    from mlsys.steps.result import Result
    from mlsys.steps.shares import Shares
    from mlsys.values import Values


class Transform(Learns, FitsAlone, Step, kind="Transform"):
    """Learns from training rows, then changes columns of any rows.

    Hooks: ``learn(train) -> state`` or ``summarize(part) -> summary`` with ``finish(summary) -> state``;
    ``apply(frame, state) -> DataFrame``; optionally ``apply_cross_fitted(part, fold_states)`` for what
    training rows get, ``prepare(state)`` to build look-ups once for serving, and ``save(state, folder)`` with
    ``load(folder)`` for a state that is not plain data.
    """

    facts = Facts(sees="train", fits_on="train", acts_on="every part", rows="same", serves=True)
    hooks: ClassVar[tuple[str, ...]] = (
        "learn", "summarize", "finish", "apply", "apply_cross_fitted", "prepare", "save", "load",
    )  # fmt: skip
    required_hooks: ClassVar[tuple[str, ...]] = ("learn|summarize", "apply")
    cross_fit_folds: ClassVar[int] = 5
    of_each_target: ClassVar[bool] = False
    """Whether a step that reads the target learns from each of several."""
    sums_by_fold: ClassVar[bool] = False
    """Whether ``summarize`` keeps the folds of ``part.folds`` apart itself, and ``finish`` answers ``CrossFitted``."""
    takes_all: ClassVar[str] = ""
    """The features that it takes where ``columns`` is ``None``, in words; see :meth:`takes`."""

    def learn(self, *given: Any, **named: Any) -> Any:
        """``learn(train)`` or ``learn(train, rng)``: return plain data, frames, fitted scikit-learn estimators."""
        raise TypeError("a Transform writes learn(train), or summarize(part) and finish(summary)")

    def summarize(self, part: Rows, partial: Any = None, /) -> Any:
        """Return a summary of one partition that merges with ``+``; ``partial`` comes from ``Again``."""
        raise TypeError("a Transform that scales writes summarize(part)")

    def finish(self, summary: Any, /) -> Any:
        """Return the state, or ``Again(partial)`` for one more pass over the rows.

        A step that ``sums_by_fold`` returns ``CrossFitted(state, fold_states)``.
        """
        raise TypeError("a Transform that scales writes finish(summary)")

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with columns added, changed or dropped; one row out for one in."""
        raise TypeError("a Transform writes apply(frame, state)")

    def apply_cross_fitted(self, part: Rows, fold_states: Sequence[Any], /) -> pd.DataFrame:
        """Return the output for training rows; ``fold_states[k]`` was learned without the rows of fold ``k``.

        ``part.folds`` holds the fold of each row, made from row ids and never from the target.
        """
        raise TypeError("only steps that write apply_cross_fitted(part, fold_states) are cross-fitted")

    def takes(self, values: Values, /) -> bool:
        """Whether the step, without named columns, takes a feature with such values."""
        raise TypeError(f"{self.title} does not say which features it takes")

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the columns that it chose itself, as its state records them."""
        raise TypeError(f"{self.title} does not say which features it took")

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """Columns that it reads in addition to the features that it takes."""
        return ()

    @property
    def chooses_columns(self) -> bool:
        """Whether it takes the features that fit, or that ``columns=`` chooses, rather than columns by name."""
        choice = vars(self).get("columns", ())
        return bool(self.takes_all) if choice is None else self.is_ours and chooses(choice)

    def notes(self) -> tuple[str, ...]:
        """Describe which features it takes if none are named."""
        if not self.chooses_columns:
            return ()
        choice = vars(self)["columns"]
        return (f"takes all features {f'with {self.takes_all}' if choice is None else in_words(choice)}",)

    @property
    def chosen_in_words(self) -> str:
        """The features that it takes if none are named, in words that follow "feature"."""
        choice = vars(self).get("columns")
        return f"of {self.takes_all}" if choice is None else in_words(choice)

    @property
    def reads_target(self) -> bool:
        """Whether it cannot learn without a target."""
        return False

    @property
    def scales(self) -> bool:
        """Whether it implements ``summarize`` and ``finish``."""
        return type(self).summarize is not Transform.summarize

    @property
    def gathers(self) -> Gathers | None:
        """Training rows, unless it scales."""
        return None if self.scales else super().gathers

    @property
    def cross_fits(self) -> bool:
        """Whether training rows get a different output than other rows."""
        return type(self).apply_cross_fitted is not Transform.apply_cross_fitted


class TrainOnly(Step, kind="TrainOnly"):
    """Changes training rows and no others: resampling, augmentation. Hook: ``change(train, rng) -> DataFrame``.

    Repeated or made rows get new ids from the runner; ``learn(train)`` may come first, then the
    hook is ``change(train, rng, state)``, and ``told(state)`` may return a named result for ``run.reports``.
    """

    facts = Facts(sees="train", fits_on="train", acts_on="train", rows="any", serves=False, stands="after")
    hooks: ClassVar[tuple[str, ...]] = ("change", "learn", "told")
    required_hooks: ClassVar[tuple[str, ...]] = ("change",)
    before_preparation: ClassVar[bool] = False
    """Whether it changes values as they were read: a supplied ``Prepare`` then stands after it."""
    takes_unlabelled: ClassVar[bool] = False
    """Whether rows whose label is not known stay among the training rows for it; models learn from the others."""
    changes_shares: ClassVar[bool] = False
    """Whether it is there to change the shares of the classes: probabilities are then corrected back."""

    def learn(self, *given: Any, **named: Any) -> Any:
        """``learn(train)``: return the third argument of ``change``; optional."""
        return None

    def change(self, *given: Any, **named: Any) -> pd.DataFrame:
        """``change(train, rng)`` or ``change(train, rng, state)``: return the new training rows."""
        raise TypeError("a TrainOnly writes change(train, rng)")

    @property
    def weighs_by(self) -> str:
        """The column that it adds to training rows, by which later steps and the model weigh them, not by the role."""
        return ""

    def withholds(self) -> tuple[str, ...]:
        """Columns that it adds to training rows and that must never be features."""
        return (self.weighs_by,) if self.weighs_by else ()

    @property
    def learns_first(self) -> bool:
        """Whether it implements ``learn``, whose result ``change`` receives."""
        return type(self).learn is not TrainOnly.learn

    def told(self, state: Any, /) -> Result:
        """Return what ``learn`` found as a named result; optional."""
        raise TypeError("a TrainOnly that has something to tell writes told(state)")

    @property
    def tells(self) -> bool:
        """Whether it implements ``told``."""
        return type(self).told is not TrainOnly.told

    @final
    def resample(self, data: pd.DataFrame, /, seed: int = 0, **roles: Any) -> pd.DataFrame:
        """Change ``data`` as training rows would be changed; ``target=`` and other roles by name."""
        changed: pd.DataFrame = detached("resample", self, data, seed, **roles)
        return changed


class Model(Learns, FitsAlone, Step, kind="Model"):
    """Learns from training rows and predicts.

    Hooks: ``learn(train) -> state`` and ``predict(frame, state) -> DataFrame`` with the column
    ``prediction`` and, for classes, ``probability_<class>``; beyond memory ``start(rng)`` and
    ``learn_part(part, state, rng)`` in plan order, ``epochs`` times. A model that is neither plain data nor from
    scikit-learn, LightGBM, XGBoost or CatBoost also implements ``save(state, folder)`` and ``load(folder)``.
    """

    facts = Facts(sees="train", fits_on="train", acts_on="every part", rows="same", serves=True, stands="after")
    hooks: ClassVar[tuple[str, ...]] = ("learn", "start", "learn_part", "predict", "prepare", "save", "load")
    required_hooks: ClassVar[tuple[str, ...]] = ("learn|learn_part", "predict")

    def learn(self, *given: Any, **named: Any) -> Any:
        """``learn(train)`` or ``learn(train, rng)``: return the trained model as state."""
        raise TypeError("a Model writes learn(train)")

    def start(self, rng: np.random.Generator, /) -> Any:
        """Return the state before the first part."""
        raise TypeError("a Model that learns in parts writes start(rng)")

    def learn_part(self, part: Rows, state: Any, rng: np.random.Generator, /) -> Any:
        """Return the state after one more part."""
        raise TypeError("a Model that learns in parts writes learn_part(part, state, rng)")

    def predict(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return predictions with the frame's index; ``frame`` holds the features."""
        raise TypeError("a Model writes predict(frame, state)")

    def columns_learned(self, columns: Sequence[str], state: Callable[[], Any], /) -> tuple[str, ...]:
        """Return the features that it needs to predict, among the given ones; ``state()`` is the learned state."""
        read = self.columns_read(columns)
        return tuple(columns) if read is None else read

    def corrected(self, state: Any, shifts: Sequence[Shares], /) -> Any:
        """Return the state whose probabilities are those of the shares before steps changed them, if it can."""
        return None

    def importances(self, state: Any, /) -> dict[str, float] | None:
        """Return the feature importances of the model itself, by name; ``None`` if it has none."""
        return None

    def curves(self, state: Any, /) -> dict[str, list[float]]:
        """Return losses by iteration, by name, if training recorded any; they are written to MLflow."""
        return {}

    @property
    def aim(self) -> Aim:
        """What it learns: the target, the order of a group's rows, which rows are anomalous, or which are alike.

        A model of anomalies predicts two classes, the second for anomalous rows, with ``score_<class>``; a model of
        clusters predicts the number of each row's cluster. Neither needs a target, and neither is shown one to learn.
        """
        return "target"

    @property
    def minimizes(self) -> tuple[str, ...]:
        """Names of the metrics that judge it if none are named, before the usual ones; the first is the headline."""
        return ()

    def measured(self, frame: pd.DataFrame, state: Any, /) -> Any:
        """Return rows as the numbers between which a model of clusters measures distances; ``None`` if unknown."""
        return None

    @property
    def epochs_wanted(self) -> int:
        """Passes over the parts."""
        return 1

    def learns_in_parts(self, in_memory: bool) -> bool:
        """Whether to feed partitions in turn rather than gather all rows."""
        return type(self).learn_part is not Model.learn_part

    @property
    def gathers(self) -> Gathers | None:
        """Training rows, unless it learns in parts."""
        return None if self.learns_in_parts(in_memory=False) else super().gathers


class Postprocess(Learns, Step, kind="Postprocess"):
    """Learns from predictions on rows the model did not learn from, then changes predictions.

    Hooks: ``learn(calibration) -> state``, ``apply(predictions, state) -> DataFrame``. The rows come
    from a part named ``calibration`` if there is one, otherwise from cross-fitting the training rows. If several
    such steps follow each other, each learns from what the earlier ones say of rows that they did not learn from: they
    are learned again without each fold of the rows. The card says which rows each step used.
    """

    facts = Facts(
        sees="predictions", fits_on="calibration", acts_on="predictions", rows="same", serves=True, stands="after"
    )
    hooks: ClassVar[tuple[str, ...]] = ("learn", "apply", "prepare", "save", "load")
    required_hooks: ClassVar[tuple[str, ...]] = ("learn", "apply")
    cross_fit_folds: ClassVar[int] = 5

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """Columns of the rows, as the split left them, that both hooks are given beside the predictions."""
        return ()

    def learn(self, calibration: Rows, /) -> Any:
        """Return the state; ``calibration`` holds the target and the prediction columns."""
        raise TypeError("a Postprocess writes learn(calibration)")

    def apply(self, predictions: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the prediction columns, changed."""
        raise TypeError("a Postprocess writes apply(predictions, state)")


class Report(Step, kind="Report"):
    """Reads every open part and changes nothing. Hook: ``report(dataset) -> Result``, or ``report(dataset, rng)``."""

    facts = Facts(sees="open parts", fits_on="nothing", acts_on="nothing", rows="same", serves=False)
    hooks: ClassVar[tuple[str, ...]] = ("report",)
    required_hooks: ClassVar[tuple[str, ...]] = ("report",)
    judges: ClassVar[bool] = False
    """Whether the result is an evaluation of the model; it is supplied to a pipeline without such a report."""

    @property
    def asks_served(self) -> bool:
        """Whether it asks the served model about rows as a request brings them: ``dataset.served``."""
        return False

    def report(self, *given: Any, **named: Any) -> Result:
        """``report(dataset)`` or ``report(dataset, rng)``: return a named result."""
        raise TypeError("a Report writes report(dataset)")

    def for_looks(self, models: int, /) -> Report:
        """Return the report to use if several models were evaluated on the test rows (optional)."""
        return self

    def recalled(self, result: Result, /) -> Result:
        """Complete a cached result with what cannot be stored; optional."""
        return result

    @final
    def of(self, **parts: Any) -> Result:
        """Report on frames by part name, with roles such as ``target=`` by name."""
        result: Result = detached("report", self, **parts)
        return result


LEARNING_KINDS = (Transform, TrainOnly, Model, Postprocess)
"""Kinds that learn from rows or make training rows; they stand after the split."""
