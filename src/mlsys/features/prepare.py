"""Prepare: every kind of column as what the estimator behind can take, by steps chosen from training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import DataError
from mlsys.features._needed import why_needed
from mlsys.features._prepare.choices import CLASSES, Wanted
from mlsys.features._prepare.stages import Learning, Summarized, states_of
from mlsys.features._prepare.wording import in_words
from mlsys.features.clean import Clean
from mlsys.steps import ColumnChoice, Field, Transform
from mlsys.steps.column_choice import names_in
from mlsys.summaries import Again, CrossFitted, SummaryMap
from mlsys.tables import MOST_ROWS, Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlsys.tables import Table


class Prepare(Transform):
    """Convert columns of every kind to what the following estimator accepts.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to prepare; by default all features.
    exclude : list of str
        Columns that stay unchanged.
    few : int
        Maximum number of levels of a column that is encoded level by level.
    high : {"auto", "onehot", "target", "text", "text+target"}
        Encoding of columns with more, recurring levels: one column per level, the mean target, components
        of their characters, or both of the latter.
    text : {"characters", "words", "drop"}
        Encoding of text that hardly recurs: components of its characters or words, or none.
    categories : {"native", "onehot"}, optional
        How levels are passed to the estimator.
    nulls : {"keep", "fill"}, optional
        How nulls are treated.
    scale : bool, optional
        Whether numbers are scaled, as linear models, neighbours and networks need.
    classes : list, optional
        Classes of a target coded as numbers, for the mean target.

    Raises
    ------
    DataError
        If no column is left that a model could learn from.

    Notes
    -----
    A pipeline sets ``categories``, ``nulls`` and ``scale`` according to its estimator; without a pipeline they are
    ``"onehot"``, ``"fill"`` and true. The step stands for a list of other steps, which it chooses from the training
    rows and learns in a few passes: `Clean`, `DateParts`, `Categories` or `OneHot`, `TextComponents`, `TargetEncode`,
    `Impute`, `Standardize`. :meth:`explicit` returns these steps; in its place they produce the same columns.
    The mean target of a training row comes from other folds. Choices do not depend on target, partitions or order.

    State: ``dropped`` with ``column`` and ``why``; ``steps`` with ``step``, ``config`` and ``state`` each.

    Examples
    --------
    >>> frame = pd.DataFrame({"city": ["Oslo", "Rome"] * 2, "paid": ["yes", "no", None, "yes"], "unit": "EUR"})
    >>> fitted = Prepare(scale=False).fit(frame)
    >>> fitted.transform(frame)
       paid  city_Oslo  city_Rome  paid_missing
    0   1.0          1          0             0
    1   0.0          0          1             0
    2   1.0          1          0             1
    3   1.0          0          1             0
    >>> [type(step).__name__ for step in fitted.step.explicit(fitted.state)]
    ['Clean', 'OneHot', 'Impute']
    """

    columns: ColumnChoice = None
    exclude: tuple[str, ...] | list[str] = ()
    few: int = Field(default=40, ge=1)
    high: Literal["auto", "onehot", "target", "text", "text+target"] = "auto"
    text: Literal["characters", "words", "drop"] = "characters"
    categories: Literal["native", "onehot"] | None = None
    nulls: Literal["keep", "fill"] | None = None
    scale: bool | None = None
    classes: tuple[Any, ...] | list[Any] | None = None
    serves_columns: ClassVar[bool] = True
    sums_by_fold: ClassVar[bool] = True

    def summarize(self, part: Rows, partial: Learning | None = None, /) -> SummaryMap | Summarized:
        """Return a profile of each column, then the summaries for the steps of each stage."""
        if partial is not None:
            return partial.summarize(part)
        return SummaryMap(columns=self._clean.summarize(part), targets=int(part.has_target))

    def finish(self, summary: SummaryMap | Summarized, /) -> CrossFitted | Again:
        """Return the states of all steps, or request another pass for the steps of the next stage."""
        if isinstance(summary, Summarized):
            learning = summary.finish()
        else:
            found = self._clean.meanings(summary["columns"])
            self._refuse_nothing({name: each.why_dropped for name, each in found.items()})
            learning = Learning.begun(found, self._wanted(found, summary["targets"] > 0))
        return states_of(learning.done, self.cross_fit_folds) if learning.is_over else Again(learning)

    def prepare(self, state: Any, /) -> list[tuple[Transform, Any]]:
        """Return the steps, each with its state prepared."""
        steps = zip(self.explicit(state), state["steps"], strict=True)
        return [(step, step.prepare(each["state"])) for step, each in steps]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame after applying the steps in order."""
        apart = isinstance(frame, pd.DataFrame) and 0 < len(frame) <= MOST_ROWS
        made: Any = Columns.of(frame) if apart else frame
        for step, known in self.prepare(state) if isinstance(state, dict) else state:
            made = step.apply(made, known)
        return cast("pd.DataFrame", made.frame() if apart else made)

    def apply_cross_fitted(self, part: Rows, fold_states: Sequence[Any], /) -> pd.DataFrame:
        """Return training rows: encoded from other folds where the target is used, otherwise like other rows."""
        state = fold_states[0]["state"]
        frame = pd.DataFrame(part)
        for place, (step, known) in enumerate(self.prepare(state)):
            if str(place) in fold_states[0]["crossed"]:
                rows = Rows.of(frame, part.roles, part.feature_names, part.folds)
                frame = step.apply_cross_fitted(rows, [each["crossed"][str(place)] for each in fold_states])
            else:
                frame = step.apply(frame, known)
        return frame

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the prepared columns."""
        return self._clean.columns_read(columns)

    def explicit(self, state: Any) -> tuple[Transform, ...]:
        """Return the steps that this step stands for, with all choices made explicit.

        Parameters
        ----------
        state : dict
            What it learned: ``fitted.state``.
        """
        return tuple(CLASSES[each["step"]](**each["config"]) for each in state["steps"])

    def in_words(self, state: Any) -> str:
        """Return one sentence on how the columns are converted."""
        return in_words(state)

    def left_out(self, state: Any) -> dict[str, str]:
        """Return the columns left out, each with the reason."""
        return {each["column"]: each["why"] for each in state["dropped"]}

    def needed_for(self, parts: Mapping[str, Table], features: Sequence[str]) -> str:
        """Return in words which features the estimator does not accept as they are; empty if it accepts all."""
        return why_needed(parts, features, nulls=self.nulls == "keep", categories=self.categories == "native")

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the prepared columns, and those that are left out."""
        return self._clean.columns_taken(state["steps"][0]["state"])

    @property
    def _clean(self) -> Clean:
        return Clean(names_in(self.columns), self.exclude, name=self.title)

    def _wanted(self, found: Iterable[str], has_target: bool) -> Wanted:
        return Wanted(
            tuple(found) if self.chooses_columns else names_in(self.columns),
            tuple(self.exclude),
            self.few,
            self.high,
            self.text,
            native=self.categories == "native",
            fill=self.nulls != "keep",
            scale=self.scale is not False,
            classes=None if self.classes is None else tuple(self.classes),
            has_target=has_target,
        )

    def _refuse_nothing(self, why: dict[str, str]) -> None:
        if why and not self.exclude and all(why.values()):
            listed = ", ".join(f"{name!r}: {reason}" for name, reason in list(why.items())[:5])
            raise DataError(
                f"{self.title} found no column that a model could learn from ({listed})",
                "give other columns, or keep these with Clean(drop=False) and your own steps",
            )
