"""Rows: a frame that also knows its features, target, weight, group, time and ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset.roles import Roles
from mlsys.errors import DataError
from mlsys.values import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Rows(pd.DataFrame):
    """A frame with roles.

    Behaves like its frame (``rows["x"]``); slices of it are plain frames. The names below win over
    columns of the same name, which stay reachable as ``rows["time"]``. Role columns come in the plain pandas type of
    their values, whatever type holds them in the frame: dates as timestamps, Arrow and object columns as numbers,
    truth values or texts.

    Attributes
    ----------
    X : pandas.DataFrame
        The features only.
    y : pandas.Series
        The target.
    weight, group, time : pandas.Series or None
        Role columns, ``None`` where the role is not set.
    ids : pandas.Index or pandas.Series
        The id role, or the index.
    roles : Roles
        All roles.
    feature_names : tuple of str
        Columns of ``X``.
    folds : numpy.ndarray or None
        Number of the fold each row belongs to, while a step is being cross-fitted.

    Examples
    --------
    >>> rows = Rows.of(pd.DataFrame({"x": [1, 2], "y": [0, 1]}), Roles(target="y"), features=("x",))
    >>> list(rows.X.columns), rows.y.tolist(), rows.weight is None
    (['x'], [0, 1], True)
    """

    _metadata: ClassVar[list[str]] = ["_roles", "_features", "_folds"]
    _roles: Roles
    _features: tuple[str, ...]
    _folds: NDArray[np.int64] | None

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
    ) -> Rows:
        """Give ``frame`` roles; no data is copied."""
        rows = cls(frame)
        for name, value in (("_roles", roles), ("_features", tuple(features)), ("_folds", folds)):
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
    def X(self) -> pd.DataFrame:  # noqa: N802  the field's own name
        """The features only."""
        return self[list(self.feature_names)]

    @property
    def y(self) -> pd.Series:
        """The target."""
        target = self._roles.target
        if target is None or target not in self.columns:
            named = f"column {target!r} is not in the data" if target else "no target was named"
            raise DataError(
                f"a step asks for the target, but {named}", "name it: Pipeline(..., target=...) or fit(..., target=...)"
            )
        return plain(self[target])

    @property
    def has_target(self) -> bool:
        """Whether the target column is here."""
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
        frame = pd.DataFrame(self)
        chosen = frame[positions] if getattr(positions, "dtype", None) == np.dtype(bool) else frame.iloc[positions]
        return Rows.of(chosen, self._roles, self._features, folds)

    def narrowed(self, columns: Sequence[str]) -> Rows:
        """Return only ``columns`` and the role columns, with their roles."""
        keep = set(columns) | set(self._roles.columns())
        frame = pd.DataFrame(self)
        return Rows.of(
            frame[[name for name in frame.columns.tolist() if name in keep]], self._roles, self._features, self._folds
        )
