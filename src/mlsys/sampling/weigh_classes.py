"""WeighClasses: training rows weigh by how rare, or how costly, their class is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset import TRAINING_WEIGHT, weights_before
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.sampling._samplers import numpy_target
from mlsys.steps import Field, TrainOnly
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlsys.dataset import Rows


class WeighClasses(TrainOnly):
    """Weigh training rows by their class: the rare more, or the costly more; evaluation stays as it was.

    Parameters
    ----------
    effective : float
        Above 0 and at most 1: how soon one more row of a class brings nothing new. The weight of a class of ``n`` rows
        is ``(1 - effective) / (1 - effective ** n)``, one over the effective number of its rows (Cui et al. 2019).
        1 weighs by one over the number of rows (all classes alike); values near 0 leave the rows as they are.
    costs : dict, optional
        Cost of each mistake, by truth and prediction: ``{"good": {"bad": 1}, "bad": {"good": 5}}``. A row then weighs
        the sum of the costs of its class (Breiman et al. 1984), which for two classes makes the model decide at least
        cost (Elkan 2001); for more it is an approximation. ``effective`` is not used.

    Raises
    ------
    ConfigurationError
        If ``effective`` is not above 0 and at most 1; if a cost is negative, or a class has none.
    DataError
        If the target is null, has one class or is no class, the costs name other classes than it, or the rows have a
        column ``training_weight``.

    Notes
    -----
    Weights have a mean of 1, so that regularization means the same as without; those of the weight role are
    multiplied. They stand in the column ``training_weight``, which the model learns by and nothing else reads. The
    estimator's ``fit`` must accept weights. Weights change the shares of the classes that a model learns, so its
    probabilities are corrected back to the shares before; ``prediction`` stays what the weights make of it.
    Trees that follow their rows closely learn less of the weights than is corrected: ``Calibrate`` corrects the rest.
    Cost: one count of the classes.

    References
    ----------
    Cui, Y., Jia, M., Lin, T.-Y., Song, Y. and Belongie, S. (2019). Class-balanced loss based on effective number of
    samples. CVPR.

    Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": range(4), "fraud": [False, False, False, True]})
    >>> WeighClasses().resample(frame, target="fraud")["training_weight"].round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    >>> costs = {False: {True: 1}, True: {False: 9}}
    >>> WeighClasses(costs=costs).resample(frame, target="fraud")["training_weight"].round(3).tolist()
    [0.333, 0.333, 0.333, 3.0]
    """

    effective: float = Field(default=1.0, kw_only=True)
    costs: dict[Any, dict[Any, float]] | None = Field(default=None, kw_only=True)
    before_preparation: ClassVar[bool] = True  # it reads the target alone
    of_one_target: ClassVar[bool] = True
    changes_shares: ClassVar[bool] = True

    @property
    def weighs_by(self) -> str:
        """The column of the weights."""
        return TRAINING_WEIGHT

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0 < self.effective <= 1:
            raise ConfigurationError(
                f"{self.title}: effective={self.effective}",
                "give a number above 0 and at most 1, such as 0.999; leave it out to weigh all classes alike",
            )
        if self.costs is not None:
            sums = _sums_of(self.costs)
            values = [cost for row in self.costs.values() for cost in row.values()]
            if len(sums) < 2 or any(not (np.isfinite(each) and each >= 0) for each in values) or not all(sums.values()):
                raise ConfigurationError(
                    f"{self.title}: costs={self.costs}",
                    'give each class a cost above 0: costs={"good": {"bad": 1}, "bad": {"good": 5}}, by truth and '
                    "prediction",
                )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return no features: the target decides."""
        return ()

    def change(self, train: Rows, rng: np.random.Generator) -> pd.DataFrame:
        """Return the training rows with their weights."""
        target = train.y
        if target.isna().any():
            raise DataError(
                f"the target {train.roles.target!r} is null in {int(target.isna().sum()):,} training rows",
                "drop rows whose label is not known",
            )
        given = weights_before(train, train.weight, self.title)
        classes, codes = np.unique(numpy_target(target), return_inverse=True)
        if classes.dtype.kind == "f" and (classes % 1 != 0).any():
            raise DataError(
                f"{self.title} weighs classes, but the target {train.roles.target!r} holds numbers such as "
                f"{classes[classes % 1 != 0][0]:.6g}",
                "name a target of classes, or remove the step",
            )
        if len(classes) < 2:
            raise DataError(
                f"{self.title}: all {len(train):,} training rows have the class {classes[0]!s}",
                "train on rows of every class, or remove the step",
            )
        counts = np.bincount(codes, weights=given)
        by_class = effective_weights(counts, self.effective) if self.costs is None else self._by_costs(classes.tolist())
        weights = given * by_class[codes]
        return with_columns(pd.DataFrame(train), {TRAINING_WEIGHT: weights / weights.mean()})

    def _by_costs(self, classes: list[Any]) -> Any:
        sums = _sums_of(self.costs or {})
        if set(sums) != set(map(str, classes)):
            raise DataError(
                f"{self.title}: costs= names {listed(sorted(sums))}, but the classes are {listed(map(str, classes))}",
                "give the costs of each class by its name in the target",
            )
        return np.array([sums[str(each)] for each in classes])


def effective_weights(counts: Any, effective: float) -> Any:
    """Return one over the effective number of rows of each class, in the limit of 1 one over their number.

    Examples
    --------
    >>> effective_weights(np.array([1.0, 2.0]), 0.5).round(3).tolist()
    [1.0, 0.667]
    """
    if effective == 1:
        return 1 / counts
    return (1 - effective) / -np.expm1(counts * np.log(effective))


def _sums_of(costs: Mapping[Any, Mapping[Any, float]]) -> dict[str, float]:
    """Return the sum of the costs of each class by its name; a right prediction costs nothing."""
    return {
        str(truth): float(sum(cost for said, cost in row.items() if str(said) != str(truth)))
        for truth, row in costs.items()
    }
