"""ThroughTrain: an ensemble that scikit-learn makes of one estimator, trained as ``Train`` trains any."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mlsys.errors import ConfigurationError
from mlsys.models._estimators import classifies, regresses
from mlsys.models._inputs import takes_any
from mlsys.models.needs import Needs
from mlsys.models.train import Train
from mlsys.steps import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    import pandas as pd

    from mlsys.dataset import Rows
    from mlsys.steps.shares import Shares


class ThroughTrain(Model, kind="Model"):
    """A model of many fits of one estimator."""

    estimator: Any
    of_one_target: ClassVar[bool] = True
    serves_columns: ClassVar[bool] = True

    def made(self) -> Any:
        """Return scikit-learn's ensemble."""
        raise NotImplementedError

    def alone(self) -> dict[str, Train]:
        """Return the estimator as a step of its own, by name, to compare the ensemble with."""
        return {type(self.estimator).__name__: Train(self.estimator)}

    @cached_property
    def _train(self) -> Train:
        return Train(self.made(), name=self.title)

    def refuse_other_aims(self) -> None:
        """Raise for what is neither a classifier nor a regressor."""
        given = self.estimator
        if isinstance(given, type) or not (classifies(given) or regresses(given)):
            raise ConfigurationError(
                f"{self.title} got {given!r}, which is neither a classifier nor a regressor",
                "give an instance of one, such as DecisionTreeClassifier()",
            )

    @property
    def needs(self) -> Needs:
        """What features must be like: scikit-learn's ensembles hand their estimators plain numbers."""
        found = self._train.needs
        return Needs(nulls=found.nulls, categories=False, scale=found.scale)

    def distances(self, columns: Sequence[str], /) -> dict[str, tuple[str, ...]]:
        """Return by which features the estimator measures distances between rows, by its class."""
        return Train(self.estimator).distances(columns)

    @property
    def prepares_features(self) -> bool:
        """Whether the estimator prepares features itself."""
        return takes_any(self.estimator)

    @property
    def minimizes(self) -> tuple[str, ...]:
        """Return the metrics that the estimator minimizes."""
        return Train(self.estimator).minimizes

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return all features."""
        return tuple(columns)

    def columns_learned(self, columns: Sequence[str], state: Callable[[], Any], /) -> tuple[str, ...]:
        """Return the features used."""
        return self._train.columns_learned(columns, state)

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return the fitted ensemble, its classes and features."""
        return self._train.learn(train, rng)

    def prepare(self, state: dict[str, Any], /) -> dict[str, Any]:
        """Return the state with its look-ups built once rather than at every request."""
        return self._train.prepare(state)

    def predict(self, frame: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return ``prediction`` and, for classes, ``probability_<class>``."""
        return self._train.predict(frame, state)

    def corrected(self, state: dict[str, Any], shifts: Sequence[Shares], /) -> dict[str, Any] | None:
        """Return the state with what brings probabilities back to the shares before they were changed."""
        return self._train.corrected(state, shifts)

    def importances(self, state: dict[str, Any], /) -> dict[str, float] | None:
        """Return the importances of the ensemble, if it has any."""
        return self._train.importances(state)
