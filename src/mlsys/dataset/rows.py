"""Rows: a frame that also knows its features, target, weight, group, time and ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset.predictions import alone, named_like_predictions, predictions_alone
from mlsys.dataset.roles import Roles
from mlsys.dataset.weights import counting
from mlsys.errors import DataError
from mlsys.values import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray


Predictions = pd.DataFrame | Callable[[], pd.DataFrame] | None
"""Those of a model, or how to get them; ``None`` where they can only be told from other columns by name."""


class Rows(pd.DataFrame):
    """A frame with roles.

    Behaves like its frame (``rows["x"]``); slices of it are plain frames. The names below take precedence over
    columns of the same name, which stay available as ``rows["time"]``. Role columns have the plain pandas type of
    their values, whatever their type in the frame: dates as timestamps, Arrow and object columns as numbers,
    truth values or text.

    Attributes
    ----------
    X : pandas.DataFrame
        The features only.
    y : pandas.Series
        The target; where there are several, ask ``of_target(name)``.
    targets : pandas.DataFrame
        All targets, one column each.
    weight, group, time : pandas.Series or None
        Role columns, ``None`` if the role is not set.
    ids : pandas.Index or pandas.Series
        The id role, or the index.
    roles : Roles
        All roles.
    feature_names : tuple of str
        Columns of ``X``.
    folds : numpy.ndarray or None
        Fold number of each row, while a step is being cross-fitted.
    predictions : pandas.DataFrame
        Predictions of the model for these rows: ``prediction`` and, for classes, ``probability_<class>``; no columns if
        there is no model. A feature with such a name is not included.

    Examples
    --------
    >>> rows = Rows.of(pd.DataFrame({"x": [1, 2], "y": [0, 1]}), Roles(target="y"), features=("x",))
    >>> list(rows.X.columns), rows.y.tolist(), rows.weight is None
    (['x'], [0, 1], True)
    """

    _metadata: ClassVar[list[str]] = ["_roles", "_features", "_folds", "_predictions"]
    _roles: Roles
    _features: tuple[str, ...]
    _folds: NDArray[np.int64] | None
    _predictions: Predictions

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        roles: Roles,
        features: Sequence[str],
        folds: NDArray[np.int64] | None = None,
        predictions: Predictions = None,
    ) -> Rows:
        """Give ``frame`` roles; no data is copied."""
        rows = cls(frame)
        given = {"_roles": roles, "_features": tuple(features), "_folds": folds, "_predictions": predictions}
        for name, value in given.items():
            object.__setattr__(rows, name, value)
        return rows

    @property
    def roles(self) -> Roles:
        """All roles."""
        return self._roles

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Columns of ``X``."""
        there = set(self.columns.tolist())
        return tuple(name for name in self._features if name in there)

    @property
    def folds(self) -> NDArray[np.int64] | None:
        """Fold of each row during cross-fitting."""
        return self._folds

    @property
    def predictions(self) -> pd.DataFrame:
        """The predictions of the model for these rows."""
        given = self._predictions
        if given is None:
            return _like_predictions(pd.DataFrame(self), self._roles)
        return given() if callable(given) else given

    @property
    def X(self) -> pd.DataFrame:  # noqa: N802  the field's own name
        """The features only."""
        return self[list(self.feature_names)]

    @property
    def y(self) -> pd.Series:
        """The target."""
        target = self._roles.target
        if self._roles.has_several_targets:
            raise DataError(
                f"a step asks for the target, but there are several: {self._roles.targets_said}",
                "use a step that knows several targets, or in your own step of_target(name).y, or targets for all",
            )
        if target is None or target not in self.columns:
            named = f"column {target!r} is not in the data" if target else "no target was named"
            raise DataError(
                f"a step asks for the target, but {named}", "name it: Pipeline(..., target=...) or fit(..., target=...)"
            )
        return plain(self[target])

    @property
    def targets(self) -> pd.DataFrame:
        """All targets, one column each."""
        names = self._roles.targets
        missing = [name for name in names if name not in self.columns]
        if missing or not names:
            named = f"column {missing[0]!r} is not in the data" if missing else "no target was named"
            raise DataError(f"a step asks for the targets, but {named}", "name them: Pipeline(..., target=[...])")
        return pd.DataFrame({name: plain(self[name]) for name in names})

    def of_target(self, name: str) -> Rows:
        """Return the rows where one of several targets is known, with this target alone and its predictions."""
        if self._roles.target == name:
            return self
        given, targets = self._predictions, self._roles.targets
        predictions = given if given is None else lambda: predictions_alone(self.predictions, name, targets)
        rows = Rows.of(pd.DataFrame(self), self._roles.of_target(name), self._features, self._folds, predictions)
        known = rows[name].notna().to_numpy()
        return rows if known.all() else rows.take_rows(known)

    @property
    def has_target(self) -> bool:
        """Whether there is one target and its column is present."""
        return self._roles.target is not None and self._roles.target in self.columns

    @property
    def weight(self) -> pd.Series | None:
        """The weight of each row."""
        return self._role_column(self._roles.weight)

    @property
    def group(self) -> pd.Series | None:
        """The group of each row."""
        return self._role_column(self._roles.group)

    @property
    def time(self) -> pd.Series | None:
        """The time of each row."""
        return self._role_column(self._roles.time)

    @property
    def ids(self) -> pd.Index | pd.Series:
        """The id of each row."""
        column = self._role_column(self._roles.id)
        return self.index if column is None else column

    def _role_column(self, name: str | None) -> pd.Series | None:
        return plain(self[name]) if name is not None and name in self.columns else None

    def take_rows(self, positions: Any) -> Rows:
        """Return the rows at ``positions`` (integers or a boolean array), with their roles."""
        folds = None if self._folds is None else self._folds[positions]
        given = self._predictions
        predictions = given if given is None else lambda: _taken(self.predictions, positions)
        return Rows.of(_taken(pd.DataFrame(self), positions), self._roles, self._features, folds, predictions)

    def counted(self, who: str, rows: str = "rows") -> Rows:
        """Return the rows whose weight is above 0, or all rows without a weight role.

        Raises
        ------
        DataError
            If a weight is null, negative or infinite, or every row has weight 0.
        """
        counts = counting(self.weight, who, rows)
        return self if counts is None else self.take_rows(counts)

    def narrowed(self, columns: Sequence[str]) -> Rows:
        """Return only ``columns`` and the role columns, with their roles."""
        keep = set(columns) | set(self._roles.columns())
        frame = pd.DataFrame(self)
        places = [place for place, name in enumerate(frame.columns.tolist()) if name in keep]
        return Rows.of(
            frame if len(places) == frame.shape[1] else frame.iloc[:, places],
            self._roles,
            self._features,
            self._folds,
            self._predictions,
        )


def _like_predictions(frame: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Return the columns of rows of unknown origin that read like predictions, of one target or of several."""
    if len(roles.targets) <= 1:
        return frame[named_like_predictions(frame, roles.columns(), roles.target)]
    names = [name for target in roles.targets for name in alone(frame.columns, target, roles.targets)]
    found = frame[[name for name in frame.columns if name in names and name not in roles.columns()]]
    return found if roles.target is None else predictions_alone(found, roles.target, roles.targets)


def _taken(frame: pd.DataFrame, positions: Any) -> pd.DataFrame:
    taken: pd.DataFrame = (
        frame[positions] if getattr(positions, "dtype", None) == np.dtype(bool) else frame.iloc[positions]
    )
    return taken
