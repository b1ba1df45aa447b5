"""What a model learns from training rows: of one target, of several at once, or of none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.models._amounts import check_amounts, power_of
from mlsys.models._boosters import agreement, as_agreed, rename_in_parameters
from mlsys.models._estimators import classifies, numbers_classes, regresses
from mlsys.models._fitting import fitting
from mlsys.models._learning_rows import Learned
from mlsys.models._matrix import order_of
from mlsys.models._queries import check_relevance, in_queries
from mlsys.models._refusals import check_target, refuse_another_scale
from mlsys.models._rounds import teller
from mlsys.models._several import TOGETHER, coded
from mlsys.models._warm_start import continued, earlier_state, refuse_unlike
from mlsys.models._without_target import anomalies_learned, classes_named, clusters_learned
from mlsys.models.losses import lent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlsys.dataset import Rows
    from mlsys.models._handing import Handing
    from mlsys.steps.aims import Aim

Curves = dict[str, list[float]]


@dataclass(frozen=True)
class Learning:
    """How a step learns; ``fit`` returns the fitted estimator, and the losses of a fit that was not its last."""

    handing: Handing
    fit: Callable[[Any, Learned, dict[str, Any]], tuple[Any, Curves]]
    aim: Aim
    warm_start: str | Path | None
    epochs: int
    focal: float | None
    tells_rounds: bool

    def of_one(self, estimator: Any, train: Rows) -> dict[str, Any]:
        """Return an estimator fitted on one target."""
        who, handing = self.handing.who, self.handing
        refuse_another_scale(train, who)
        train, queries = in_queries(train, who) if self.aim == "ranking" else (train, None)
        names, weights, target = handing.names(train), handing.weights(train, estimator, "fit"), handing.target(train)
        if queries is None:
            check_target(train.y, target, classifies(estimator), regresses(estimator), who)
            power = power_of(estimator) if regresses(estimator) else None
            if power is not None:
                check_amounts(train.y, target, power, who)
        else:
            check_relevance(train.y, target, who)
            target = target.astype(np.float64) if target.dtype.kind == "f" else target.astype(np.int64)
        classes: list[Any] | None = np.unique(target).tolist() if classifies(estimator) else None
        order = {} if classes is None else order_of(train.y, classes)
        if numbers_classes(estimator):
            target = np.unique(target, return_inverse=True)[1]
        features = handing.features_of(train, names, estimator)
        told = agreement(estimator, features)
        rename_in_parameters(estimator, names, told)
        state = {"estimator": estimator, "classes": classes, "features": list(names), **order, **told}
        listens = queries is None and self.tells_rounds
        tell = teller(state, isinstance(handing.features, str), who) if listens else None
        given = Learned(train, features, as_agreed(features, told), target, weights, queries, tell)
        fitted, curves = self._fitted_or_continued(state, given)
        return state | {"estimator": fitted} | _kept(curves)

    def _fitted_or_continued(self, state: dict[str, Any], given: Learned) -> tuple[Any, Curves]:
        """Return the estimator after an earlier model's rows and these, or after these alone."""
        estimator, beside, who = state["estimator"], dict[str, Any](), self.handing.who
        if self.warm_start is not None:
            earlier = earlier_state(self.warm_start, estimator, who)
            refuse_unlike(earlier, state, who)
            with fitting(given.features, who):
                estimator, beside, done = continued(
                    estimator, earlier["estimator"], given.taken, given.target, dict(given.weights), self.epochs
                )
            if done:
                return estimator, {}
        with lent(estimator, self.focal, state["classes"], who):
            return self.fit(estimator, given, beside)

    def of_all(self, estimator: Any, train: Rows) -> dict[str, Any]:
        """Return one estimator fitted on all targets at once."""
        who, handing = self.handing.who, self.handing
        names, weights = handing.names(train), handing.weights(train, estimator, "fit")
        alone = [train.of_target(name) for name in train.roles.targets]
        for rows in alone:
            check_target(rows.y, handing.target(rows), classifies(estimator), regresses(estimator), who)
        together: dict[str, Any] = dict.fromkeys(train.roles.targets)
        orders: dict[str, Any] = {}
        if not classifies(estimator):
            values = train.targets.to_numpy(dtype=np.float64)
        else:
            values, together = coded(train)
            orders = {str(rows.y.name): order_of(rows.y, together[str(rows.y.name)]).get("order") for rows in alone}
        features = handing.features_of(train, names, estimator)
        told = agreement(estimator, features)
        estimator, curves = self.fit(
            estimator, Learned(train, features, as_agreed(features, told), values, weights), {}
        )
        ordered = {name: order for name, order in orders.items() if order}
        found = {"estimator": estimator, TOGETHER: together, "orders": ordered, "features": list(names), **told}
        return found | _kept(curves)

    def of_none(self, estimator: Any, train: Rows) -> dict[str, Any]:
        """Return a detector or clusterer fitted on features alone."""
        who, handing = self.handing.who, self.handing
        names, weights = handing.names(train), handing.weights(train, estimator, "fit")
        features = handing.features_of(train, names, estimator)
        with fitting(features, who):
            estimator.fit(features, **weights)
            found = {"estimator": estimator, "features": list(names), "aim": self.aim}
            if self.aim == "clusters":
                return found | {"classes": clusters_learned(estimator, features, len(train), who)}
            classes = classes_named(train, who)
            return found | {"classes": classes, "threshold": anomalies_learned(estimator, features)}


def _kept(curves: Curves) -> dict[str, Any]:
    """Return the part of the state that keeps the losses of a first fit, where there was a second one."""
    return {"curves": curves} if curves else {}
