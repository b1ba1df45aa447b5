"""Apply: any scikit-learn transformer as a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._columns import NUMBERS, chosen, kinds_of, refuse_taken, replaced, require
from mlsys.features._transformer import dense, name_outputs, ready_to_fit
from mlsys.steps import Transform
from mlsys.steps.sklearn_tags import takes_one_column
from mlsys.values import plain_frame, values_of
from mlsys.warned import tried_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlsys.dataset import Rows


class Apply(Transform):
    """Fit a scikit-learn transformer on training rows; its outputs take the place of its columns.

    Parameters
    ----------
    transformer : estimator
        Anything with ``fit`` and ``transform``; cloned, never changed. What stands bare in a pipeline's list becomes
        ``Apply(transformer)``.
    columns : list of str, optional
        Columns it gets; all features of numbers and truth values when not given. Others pass by untouched.

    Raises
    ------
    DataError
        When it cannot take a column (texts are named), or makes a sparse table too large to be made dense.

    Notes
    -----
    All training rows are gathered. Every ``random_state=None`` is set from the step's seed; the target is passed
    where there is one, for selectors such as ``SelectKBest``. Sample weights are not passed. Outputs are named by
    ``get_feature_names_out`` where it exists; those named as their inputs stay in place, others come last.

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
    columns: tuple[str, ...] | list[str] | None = None

    def __post_init__(self) -> None:
        """Refuse what does not transform."""
        kind = type(self.transformer).__name__
        if isinstance(self.transformer, type):
            raise ConfigurationError(
                f"Apply got the class {self.transformer.__name__}", f"make one: Apply({self.transformer.__name__}())"
            )
        if not (hasattr(self.transformer, "fit") and hasattr(self.transformer, "transform")):
            raise ConfigurationError(
                f"Apply got {kind}, which has no fit and transform", "give a transformer; a model goes into Train"
            )
        if takes_one_column(self.transformer) and (self.columns is None or len(self.columns) != 1):
            raise ConfigurationError(
                f"{self._shown} takes one column of texts, but columns={self.columns!r}",
                f'name that column: Apply({kind}(), columns=["..."]), one Apply for each column',
            )
        if kind == "TargetEncoder":
            raise ConfigurationError(
                f"Apply would let {kind} encode training rows by their own targets",
                "use TargetEncode(columns), which encodes each training row by the other folds",
            )

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return the fitted transformer with the names of its inputs and outputs."""
        columns = self._columns(train)
        fitted = ready_to_fit(self.transformer, rng)
        try:
            inputs = self._inputs(train, columns)
            fitted.fit(inputs, train.y) if train.has_target else fitted.fit(inputs)
        except (ValueError, TypeError) as error:
            texts = [name for name, kind in kinds_of(train, columns).items() if kind not in NUMBERS]
            if texts:
                raise DataError(
                    f"{self._shown} cannot learn from {_told(train, texts)}: {error}",
                    "encode them before with OneHot or TargetEncode, or name other columns in columns=",
                ) from error
            error.add_note(f"while {self._shown} learned from {', '.join(columns)}")
            raise
        with tried_out():
            values = fitted.transform(self._inputs(train, columns).head(2))
        output = name_outputs(fitted, values, columns)
        refuse_taken(train, output, columns, self._shown)
        return {"transformer": fitted, "columns": columns, "output": output}

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the outputs in place of the columns."""
        columns, output = state["columns"], state["output"]
        require(frame, columns, self.title)
        if len(frame):
            values = dense(state["transformer"].transform(self._inputs(frame, columns)), self._shown)
            made = pd.DataFrame(values, index=frame.index)
        else:  # which scikit-learn refuses to transform
            made = pd.DataFrame(np.empty((0, len(output))), index=frame.index)
        made.columns = pd.Index(output)
        refuse_taken(frame, output, columns, self._shown)
        if output == columns:
            return replaced(frame, {name: made[name] for name in output})
        return replaced(frame, {}, made, columns)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all there are."""
        return tuple(columns if self.columns is None else self.columns)

    @property
    def _shown(self) -> str:
        return f"{self.title} of {type(self.transformer).__name__}"

    def _columns(self, train: Rows) -> list[str]:
        if self.columns is not None:
            require(train, self.columns, self.title)
            return list(self.columns)
        found = chosen(train, None, NUMBERS)
        if not found:
            raise DataError(
                f"{self._shown} found no feature of numbers (features: {', '.join(train.feature_names) or 'none'})",
                "name columns in columns=, or encode texts before with OneHot or TargetEncode",
            )
        return found

    def _inputs(self, frame: pd.DataFrame, columns: list[str]) -> Any:
        narrow = plain_frame(pd.DataFrame(frame)[columns])
        return narrow[columns[0]] if len(columns) == 1 and takes_one_column(self.transformer) else narrow


def _told(frame: pd.DataFrame, names: Sequence[str]) -> str:
    return ", ".join(f"the column {name!r}, which holds {values_of(frame[name])}" for name in names)
