"""Apply: any scikit-learn transformer as a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._columns import NUMBERS, refuse_taken, replaced, require
from mlsys.features._transformer import as_frame, name_outputs, ready_to_fit
from mlsys.features._trouble import given_no_target, learning, transforming
from mlsys.steps import ColumnChoice, Transform
from mlsys.steps.column_choice import names_or
from mlsys.steps.inner_folds import split_by_roles
from mlsys.steps.inner_splits import parts_inside
from mlsys.steps.sklearn_tags import Takes, needs_y, taken_by, takes_one_column
from mlsys.summaries import CrossFitted
from mlsys.values import Kind, plain_frame, values_by_column
from mlsys.warned import hushed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlsys.dataset import Rows

_KINDS = {
    Takes.NUMBERS: NUMBERS,
    Takes.LEVELS: frozenset({Kind.TEXT, Kind.CATEGORY, Kind.MIXED}),
    Takes.TEXT: frozenset({Kind.TEXT}),
}


class Apply(Transform):
    """Fit a scikit-learn transformer on training rows; its outputs replace its input columns.

    Parameters
    ----------
    transformer : estimator
        Any object with ``fit`` and ``transform``; cloned, never changed. A transformer in a pipeline becomes
        ``Apply(transformer)``.
    columns : list of str, str, dtype or callable, optional
        Columns it receives. By default, the features that it accepts: all of them for a ``ColumnTransformer``, a
        ``FunctionTransformer`` and your own transformers, which select columns themselves; text and categories for
        encoders; the only text feature for a vectorizer; numbers and truth values for all others. A scikit-learn
        pipeline receives what its first step accepts. Other columns are passed through unchanged.

    Raises
    ------
    DataError
        If it cannot use a column (text columns are named), there is no text column or more than one for a vectorizer,
        or its sparse output is too large to be made dense.

    Notes
    -----
    All training rows are gathered in memory. Every ``random_state=None`` is set from the step's seed; the target is
    passed if there is one, for selectors such as ``SelectKBest``. Sample weights are not passed. Outputs are named by
    ``get_feature_names_out`` if it exists, or by ``set_output``; outputs with the name of an input stay in
    place, others come last.

    If it contains a ``TargetEncoder``, training rows get the output of its ``fit_transform``: each row is encoded
    from other rows, and with a group role from other groups. A selector that splits rows (``RFECV``,
    ``SequentialFeatureSelector``) also keeps groups together, and respects time if there is a time role.

    Examples
    --------
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> frame = pd.DataFrame({"x": [0.0, 5.0, 10.0], "who": ["a", "b", "c"]})
    >>> Apply(MinMaxScaler()).fit(frame).transform(frame)
         x who
    0  0.0   a
    1  0.5   b
    2  1.0   c
    """

    transformer: Any
    columns: ColumnChoice = None

    def __post_init__(self) -> None:
        """Refuse objects that do not transform."""
        kind = type(self.transformer).__name__
        if isinstance(self.transformer, type):
            raise ConfigurationError(
                f"Apply got the class {self.transformer.__name__}",
                f"pass an instance: Apply({self.transformer.__name__}())",
            )
        if not (hasattr(self.transformer, "fit") and hasattr(self.transformer, "transform")):
            raise ConfigurationError(
                f"Apply got {kind}, which has no fit and transform", "pass a transformer; put a model into Train"
            )
        if takes_one_column(self.transformer) and len(names_or(self.columns, "1")) != 1:
            raise ConfigurationError(
                f"{self._shown} takes one text column, but columns={self.columns!r}",
                f'name that column: Apply({kind}(), columns=["..."]), one Apply for each column',
            )

    def notes(self) -> tuple[str, ...]:
        """Describe which features it receives."""
        chosen = () if self.columns is not None else (f"{type(self.transformer).__name__} gets {self._takes.value}",)
        return (*super().notes(), *chosen)

    @property
    def cross_fits(self) -> bool:
        """Whether training rows get a different output from other rows, because it encodes by the target."""
        return any(type(part).__name__ == "TargetEncoder" for _, part in parts_inside(self.transformer))

    @property
    def reads_target(self) -> bool:
        """Whether it cannot learn without a target."""
        return self.cross_fits or needs_y(self.transformer)

    def learn(self, train: Rows, rng: np.random.Generator) -> Any:
        """Return the fitted transformer with the names of its inputs and outputs."""
        columns = self._columns(train)
        fitted, inputs = ready_to_fit(self.transformer, rng), self._inputs(train, columns)
        made: Any = None
        with learning(self._shown, inputs, columns), split_by_roles(fitted, train, self._shown) as (order, routed):
            given = (inputs.iloc[order], *((train.y.iloc[order],) if train.has_target or self.cross_fits else ()))
            if self.cross_fits:
                made = fitted.fit_transform(*given, **routed)
            else:
                with given_no_target(train, self._shown):
                    fitted.fit(*given, **routed)
        with hushed(), transforming(self._shown):
            values = fitted.transform(inputs.head(2))
        output = name_outputs(fitted, values, columns)
        refuse_taken(train, output, columns, self._shown)
        state = {"transformer": fitted, "columns": columns, "output": output}
        if made is None:
            return state
        shown = as_frame(made, output, train.index[order], self._shown)
        return CrossFitted(state, ({"columns": columns, "made": shown},))

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the outputs in place of the input columns."""
        columns, output = state["columns"], state["output"]
        require(frame, columns, self.title)
        if len(frame):
            with transforming(self._shown):
                values = state["transformer"].transform(self._inputs(frame, columns))
            made = as_frame(values, output, frame.index, self._shown)
        else:  # which scikit-learn refuses to transform
            made = pd.DataFrame(np.empty((0, len(output))), index=frame.index, columns=pd.Index(output))
        return self._in_place(frame, made, columns)

    def apply_cross_fitted(self, part: Rows, fold_states: Sequence[Any], /) -> pd.DataFrame:
        """Return training rows as the ``fit_transform`` of the transformer gives them."""
        (state,) = fold_states
        return self._in_place(pd.DataFrame(part), state["made"].loc[part.index], state["columns"])

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all columns."""
        return names_or(self.columns, columns)

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the columns that the transformer receives."""
        return tuple(state["columns"])

    @property
    def _shown(self) -> str:
        return f"{self.title} of {type(self.transformer).__name__}"

    @property
    def _takes(self) -> Takes:
        return taken_by(self.transformer)

    def _in_place(self, frame: pd.DataFrame, made: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
        output = made.columns.tolist()
        refuse_taken(frame, output, columns, self._shown)
        if output == list(columns):
            return replaced(frame, {name: made[name] for name in output})
        return replaced(frame, {}, made, columns)

    def _columns(self, train: Rows) -> list[str]:
        features, takes = train.feature_names, self._takes
        if self.columns is not None:
            names = list(names_or(self.columns, features))
            require(train, names, self.title)
            return names
        if takes is Takes.ALL:
            found = list(features)
        else:
            kinds = _KINDS[takes]
            held = values_by_column(pd.DataFrame(train), features)
            found = [name for name, values in held.items() if values.kind in kinds]
        if not found or (takes is Takes.TEXT and len(found) > 1):
            raise self._none_or_several(takes, found, features)
        return found

    def _none_or_several(self, takes: Takes, found: Sequence[str], features: Sequence[str]) -> DataError:
        there = ", ".join(features) or "none"
        if found:
            return DataError(
                f"{self._shown} takes one text column, but {len(found)} features hold text: {', '.join(found)}",
                f'name it: Apply({type(self.transformer).__name__}(...), columns=["{found[0]}"]), one Apply for each',
            )
        what = {Takes.NUMBERS: "numbers", Takes.LEVELS: "text or categories", Takes.TEXT: "text"}.get(takes)
        remedies = {
            Takes.NUMBERS: "name columns in columns=, or encode text first with OneHot or TargetEncode",
            Takes.ALL: "see run.features for the reason of each column",
        }
        return DataError(
            f"{self._shown} found no feature{f' of {what}' if what else ''} (features: {there})",
            remedies.get(takes, "name columns in columns="),
        )

    def _inputs(self, frame: pd.DataFrame, columns: list[str]) -> Any:
        narrow = plain_frame(pd.DataFrame(frame)[columns])
        return narrow[columns[0]] if len(columns) == 1 and self._takes is Takes.TEXT else narrow
