"""Dataset: frames by split name, with roles and features, read-only."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from mlsys.dataset.predictions import predictions_alone
from mlsys.dataset.roles import Roles
from mlsys.dataset.rows import Rows
from mlsys.dataset.served import Served
from mlsys.errors import DataError
from mlsys.summaries import sample_by_hash

Load = Callable[[Sequence[str] | None], pd.DataFrame]


@runtime_checkable
class Pieces(Protocol):
    """Rows of a part that are not in memory: summarized and sampled partition by partition."""

    def __call__(self, columns: Sequence[str] | None, /) -> pd.DataFrame:
        """Return those of ``columns`` that are there, or all."""
        ...

    def reduce(self, function: Callable[[pd.DataFrame], Any], columns: Sequence[str]) -> Any:
        """Return the sum of what a function makes of each partition, which has ``columns`` as far as they are there."""
        ...

    def sample(self, most: int, columns: Sequence[str] | None, further: Sequence[str] = ()) -> pd.DataFrame:
        """Return at most so many rows: ``columns`` as they left the split, and of what was added since, ``further``."""
        ...


def beside(rows: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return rows with their predictions; a column of the data keeps its name, and ``Rows.predictions`` has the other.

    Examples
    --------
    >>> beside(pd.DataFrame({"prediction": [1.5]}), pd.DataFrame({"prediction": [True], "probability_True": [0.9]}))
       prediction  probability_True
    0         1.5               0.9
    """
    new = predictions[[name for name in predictions.columns if name not in rows.columns]]
    return pd.concat([rows, new], axis=1)


class Dataset(Mapping[str, Rows]):
    """Rows by part: ``all`` before the split; ``train``, ``validation``, ``test`` or others after it.

    It contains only open parts: the test rows are absent until ``final_test()``.

    Parameters
    ----------
    parts : mapping of str to DataFrame or callable
        A frame, or a function that takes column names (or None for all) and returns one.
    roles : Roles
        All roles.
    features : sequence of str
        Columns a model may use.
    fitted_on : mapping of str to str
        Parts that something was fitted on, with the name of the step; they cannot evaluate the model.
    predict : callable, optional
        Returns the predictions of the final model for given rows.
    folds : int
        More than 0 when ``validation`` holds out-of-fold predictions of that many folds.
    predictions : mapping of str to callable, optional
        Returns the predictions for a part; parts without predictions are absent. By default, columns of a part
        are predictions if their names match.

    importances : callable, optional
        Returns what the final model itself says that features matter.
    aim : {"target", "ranking", "anomalies", "clusters"}
        What the final model is after.
    minimizes : sequence of str
        Names of the metrics that the final model minimizes.
    again : callable, optional
        ``again(rows, times)`` yields what models learned from random halves of the training rows say of rows.
    measured : callable, optional
        Returns rows as the numbers between which the final model measures distances.
    served : Served, optional
        The model as it would be served; for reports that ask for it.

    Examples
    --------
    >>> data = Dataset({"train": pd.DataFrame({"x": [1], "y": [0]})}, Roles(target="y"), ["x"])
    >>> data
    Dataset(train: 1 row)
    >>> data["train"].y.tolist()
    [0]
    """

    def __init__(
        self,
        parts: Mapping[str, pd.DataFrame | Load | Pieces],
        roles: Roles,
        features: Sequence[str],
        fitted_on: Mapping[str, str] | None = None,
        folds: int = 0,
        predict: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
        predictions: Mapping[str, Callable[[], pd.DataFrame]] | None = None,
        importances: Callable[[], Mapping[str, float]] | None = None,
        aim: str = "target",
        minimizes: Sequence[str] = (),
        again: Callable[[pd.DataFrame, int], Iterator[pd.DataFrame]] | None = None,
        measured: Callable[[pd.DataFrame], Any] | None = None,
        served: Served | None = None,
    ) -> None:
        self._parts = dict(parts)
        self.roles = roles
        self.features = tuple(features)
        self.fitted_on = dict(fitted_on or {})
        self.folds = folds
        self._predict = predict
        self._predictions = predictions
        self._importances = importances
        self.aim = aim
        self.minimizes = tuple(minimizes)
        self._again = again
        self._measured = measured
        self.served = served

    def rows(self, name: str, columns: Sequence[str] | None = None) -> Rows:
        """Return one part, with all columns, or those of ``columns`` that are there."""
        if name not in self._parts:
            raise DataError(
                f"there is no open part {name!r} (open: {', '.join(self._parts) or 'none'})",
                "name one of these, or open the test rows with run.final_test()",
            )
        part = self._parts[name]
        frame = part(columns) if callable(part) else part if columns is None else _those_of(part, columns)
        predictions = None
        if self._predictions is not None:
            predictions = self._predictions.get(name, lambda: pd.DataFrame(index=frame.index))
        return Rows.of(frame, self.roles, self.features, predictions=predictions)

    def in_pieces(self, name: str) -> bool:
        """Whether the rows of a part are not in memory, but read partition by partition."""
        return isinstance(self._parts.get(name), Pieces)

    def reduce(self, name: str, function: Callable[[pd.DataFrame], Any], columns: Sequence[str]) -> Any:
        """Return the sum of what a function makes of the partitions of a part; of one frame, of all its rows.

        Parameters
        ----------
        name : str
            Of the part.
        function : callable
            Takes a frame with those of ``columns`` that are there; returns a summary, which has ``+``.
        columns : sequence of str
            What it needs.
        """
        part = self._parts.get(name)
        if isinstance(part, Pieces):
            return part.reduce(function, columns)
        return function(pd.DataFrame(self.rows(name, columns)))

    def sample(self, name: str, most: int, columns: Sequence[str]) -> pd.DataFrame:
        """Return at most ``most`` rows of a part, chosen by the hash of their index, and those columns that are there.

        Rows that are not in memory give the same sample, without being gathered.
        """
        part = self._parts.get(name)
        if isinstance(part, Pieces):
            return part.sample(most, columns, columns)
        return sample_by_hash(pd.DataFrame(self.rows(name, columns)), most)

    def of_target(self, target: str) -> Dataset:
        """Return the same parts with one of several targets alone: rows where it is known, and its predictions."""
        if self.roles.target == target:
            return self
        parts = {name: functools.partial(self._of_target, name, target) for name in self._parts}
        said = predict = None
        if self._predictions is not None:
            said = {name: functools.partial(self._said_of_target, name, target) for name in self._predictions}
        if self._predict is not None:
            predict = functools.partial(_predicted_alone, self._predict, target, self.roles.targets)
        return Dataset(
            parts, self.roles.of_target(target), self.features, self.fitted_on, self.folds, predict, said,
            self._importances, aim=self.aim, minimizes=self.minimizes, again=self._again, measured=self._measured,
            served=self.served,
        )  # fmt: skip

    def _of_target(self, name: str, target: str, columns: Sequence[str] | None) -> pd.DataFrame:
        wanted = None if columns is None else list(dict.fromkeys([*columns, target]))
        rows = pd.DataFrame(self.rows(name, wanted))
        known = rows[rows[target].notna()]
        return known if columns is None else known[list(columns)]

    def _said_of_target(self, name: str, target: str) -> pd.DataFrame:
        return self.rows(name, [target]).of_target(target).predictions

    def sample_predicted(self, name: str, most: int) -> Rows | None:
        """Return at most ``most`` rows of a part with the final model's predictions, chosen by hash of their id.

        Used for training rows, which are not predicted otherwise; ``None`` before there is a model.
        """
        if self._predict is None:
            return None
        part = self._parts.get(name)
        if isinstance(part, Pieces):
            rows = part.sample(most, None, list(self.roles.columns()))
        else:
            rows = sample_by_hash(pd.DataFrame(self.rows(name)), most)
        predicted = self._predict(rows)
        return Rows.of(beside(rows, predicted), self.roles, self.features, predictions=predicted)

    def own_importances(self) -> dict[str, float]:
        """Return what the final model says that the columns at the split matter; nothing where it says nothing."""
        return {} if self._importances is None else dict(self._importances())

    def predict(self, rows: pd.DataFrame) -> pd.DataFrame | None:
        """Return predictions of the final model for rows like a part's, changed or not; ``None`` without a model.

        Columns that steps make are made again, from those that the rows had at the split.
        """
        return None if self._predict is None else self._predict(pd.DataFrame(rows))

    def said_again(self, rows: pd.DataFrame, times: int) -> Iterator[pd.DataFrame]:
        """Yield what models learned from random halves of the training rows say of rows; nothing without a model."""
        return iter(()) if self._again is None else self._again(pd.DataFrame(rows), times)

    def measured(self, rows: pd.DataFrame) -> Any:
        """Return rows as the numbers between which the final model measures distances; ``None`` if it measures none."""
        return None if self._measured is None else self._measured(pd.DataFrame(rows))

    def __getitem__(self, name: str) -> Rows:
        return self.rows(name)

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        sizes = []
        for name, part in self._parts.items():
            if callable(part):
                sizes.append(f"{name}: read on demand")
            else:
                sizes.append(f"{name}: {len(part):,} row{'s' if len(part) != 1 else ''}")
        return f"Dataset({', '.join(sizes)})"


def _those_of(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return frame[[name for name in columns if name in frame.columns]]


def _predicted_alone(
    predict: Callable[[pd.DataFrame], pd.DataFrame], target: str, targets: Sequence[str], rows: pd.DataFrame
) -> pd.DataFrame:
    return predictions_alone(predict(rows), target, targets)
