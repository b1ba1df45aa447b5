"""Self-influence: a training row's own target reaches its own features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors
from sklearn.tree import DecisionTreeClassifier

from leakbench import tables
from leakbench.case import Case, Expected, Trial, case
from leakbench.cases.common import on_orders
from mlsys import Rows, TargetEncode, Transform

KIND = "self-influence of target encoding"
OWN = "when the target of one training row is flipped, that row's own feature moves"


class MeanOfCity(Transform):
    """Encode a column by the mean target of its training rows, the row itself among them."""

    column: str

    def learn(self, train: Rows) -> dict[str, Any]:
        means = train.y.astype("float64").groupby(train[self.column]).mean()
        return {"means": means.to_dict(), "overall": float(train.y.mean())}

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame.assign(city_rate=frame[self.column].map(state["means"]).astype("float64").fillna(state["overall"]))


@case(KIND, "Transform of one's own: in-sample means", Expected((3,), OWN, ("encode",), ("city_rate",)))
def mean_target_in_sample(leaky: bool) -> Trial:
    """A city is encoded by the mean target of its training rows, and the same rows are trained with it."""
    step = MeanOfCity("city", name="encode") if leaky else TargetEncode(["city"], name="encode")
    return on_orders(tables.orders(), [], [step])


def _of_folds(part: Rows, fold_states: Any, one: Any) -> pd.Series:
    """Return for each row what the state that did not see it says."""
    found = pd.Series(np.nan, index=part.index)
    for fold, state in enumerate(fold_states):
        rows = pd.DataFrame(part)[np.asarray(part.folds) == fold]
        found.loc[rows.index] = one(rows, state)
    return found


class Neighbours(Transform):
    """The mean target of the nearest training rows, the row itself among them."""

    columns: tuple[str, ...]

    def learn(self, train: Rows) -> dict[str, Any]:
        return {"at": train[list(self.columns)].to_numpy(), "target": train.y.to_numpy(dtype=float)}

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame.assign(neighbours=self._near(frame, state))

    def _near(self, frame: pd.DataFrame, state: Any) -> np.ndarray:
        if not len(frame):
            return np.empty(0)
        found = NearestNeighbors(n_neighbors=5).fit(state["at"])
        return state["target"][found.kneighbors(frame[list(self.columns)].to_numpy())[1]].mean(axis=1)


class NeighboursOfOthers(Neighbours):
    """The same, for training rows out of the folds that they are not in."""

    def apply_cross_fitted(self, part: Rows, fold_states: Any) -> pd.DataFrame:
        return pd.DataFrame(part).assign(neighbours=_of_folds(part, fold_states, self._near))


@case(KIND, "Transform of one's own: nearest neighbours", Expected((3,), OWN, ("near",), ("neighbours",)))
def neighbours_with_oneself(leaky: bool) -> Trial:
    """A feature is the mean target of the five nearest training rows, of which a training row is the first."""
    step = (Neighbours if leaky else NeighboursOfOthers)(("distance", "amount"), name="near")
    return on_orders(tables.orders(), [], [step])


class FirstModel(Transform):
    """A tree's probability as a feature, for the rows it learned from as well."""

    columns: tuple[str, ...]

    def learn(self, train: Rows) -> Any:
        return DecisionTreeClassifier(random_state=0).fit(train[list(self.columns)].to_numpy(), train.y.to_numpy())

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame.assign(first_model=self._told(frame, state))

    def _told(self, frame: pd.DataFrame, state: Any) -> np.ndarray:
        return state.predict_proba(frame[list(self.columns)].to_numpy())[:, 1] if len(frame) else np.empty(0)


class FirstModelOfOthers(FirstModel):
    """The same, for training rows out of the folds that they are not in."""

    def apply_cross_fitted(self, part: Rows, fold_states: Any) -> pd.DataFrame:
        return pd.DataFrame(part).assign(first_model=_of_folds(part, fold_states, self._told))


@case(KIND, "Transform of one's own: stacked model", Expected((3,), OWN, ("stack",), ("first_model",)))
def stacked_in_sample(leaky: bool) -> Trial:
    """The prediction of a first model, on the rows it learned from, is a feature of the second."""
    step = (FirstModel if leaky else FirstModelOfOthers)(("distance", "items"), name="stack")
    return on_orders(tables.orders(), [], [step])


CASES: tuple[Case, ...] = (mean_target_in_sample, neighbours_with_oneself, stacked_in_sample)
