"""What an estimator is given of rows: its features in order, the target, and weights by argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT, TRAINING_WEIGHT, known_weights
from mlsys.errors import DataError
from mlsys.models._complaints import listed
from mlsys.models._estimators import transforms_itself, weight_argument
from mlsys.models._fitting import selected
from mlsys.models._inputs import text_reader, the_text
from mlsys.models._matrix import plain_target
from mlsys.models._refusals import known_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows


@dataclass(frozen=True)
class Handing:
    """What the estimator of a step is given of rows.

    Parameters
    ----------
    estimator : estimator
        As the step was given it.
    features : str, sequence of str or None
        As the step was given them.
    who : str
        The step, as errors name it.
    """

    estimator: Any
    features: str | Sequence[str] | None
    who: str

    def read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the features used, out of those available."""
        if self.features is None:
            return tuple(columns)
        return (self.features,) if isinstance(self.features, str) else tuple(self.features)

    def names(self, rows: Rows) -> tuple[str, ...]:
        """Return the names of the features."""
        there = rows.feature_names
        names = self.read(there)
        missing = sorted(set(names).difference(there), key=names.index)
        if missing or not names:
            raise DataError(
                f"{self.who}: {listed(missing)} {'are not features' if len(missing) > 1 else 'is not a feature'} here "
                f"(features: {', '.join(there) or 'none'})",
                "correct features=; run.features says why a column is not used",
            )
        reader = text_reader(self.estimator)
        if reader is not None and not isinstance(self.features, str):
            names = (the_text(pd.DataFrame(rows), names, reader, self.features is not None, self.who),)
        return names

    def features_of(self, rows: pd.DataFrame, names: Sequence[str], estimator: Any) -> Any:
        """Return features of rows as the estimator takes them."""
        return selected(rows, self._as_text(names), names, transforms_itself(estimator), self.who)

    def target(self, rows: Rows) -> NDArray[Any]:
        """Return the target, which every row must know."""
        target: NDArray[Any] = plain_target(known_target(rows.y, self.who))
        return target

    def weights(self, rows: Rows, estimator: Any, method: str) -> dict[str, Any]:
        """Return the weights of the rows by the argument of ``method`` that takes them."""
        if rows.weight is None:
            return {}
        argument, sampled = weight_argument(estimator, method), rows.weight.name == SAMPLING_WEIGHT
        if argument is None and sampled:  # the sample gave the weights, not the user: see learns_without_weights
            return {}
        if argument is None:
            of_a_step = rows.weight.name == TRAINING_WEIGHT
            raise DataError(
                f"{self.who} accepts no weights, but {rows.weight.name!r} "
                f"{'holds the weights of a step before it' if of_a_step else 'has the weight role'}",
                "use an estimator whose fit accepts sample_weight, or remove the "
                + ("weights from that step" if of_a_step else "weight role"),
            )
        weights = known_weights(rows.weight, self.who)
        # Of as many rows as were drawn, not of as many as they stand for: that would undo regularization.
        return {argument: weights / weights.mean() if sampled else weights}

    def _as_text(self, names: Sequence[str]) -> str | None:
        """Return the feature that is handed over as it is."""
        if isinstance(self.features, str):
            return self.features
        return names[0] if self.features is None and text_reader(self.estimator) is not None else None
