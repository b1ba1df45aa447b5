"""FocalLoss: rows that are easy to tell count less, so that the rare class is not drowned by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_LEAST_HESSIAN = 1e-6
"""Focal loss is not convex where a row is told badly; boosters divide by sums of the second derivative."""


@dataclass(frozen=True)
class FocalLoss:
    """Weigh the log-loss of each row by how badly it is told: ``-(1 - p) ** gamma * log(p)`` of the true class.

    Parameters
    ----------
    gamma : float
        At least 0: how much less rows count that are told well. 0 is the log-loss.

    Notes
    -----
    Lin et al. (2017) also weigh the classes, by alpha: here weights do, so that their effect on probabilities is known.

    References
    ----------
    Lin, T.-Y., Goyal, P., Girshick, R., He, K. and Dollár, P. (2017). Focal loss for dense object detection. ICCV.

    Charoenphakdee, N., Vongkulbhisal, J., Chairatanakul, N. and Sugiyama, M. (2021). On focal loss for
    class-posterior probability estimation: a theoretical perspective. CVPR.

    Examples
    --------
    >>> told = np.array([0.0, 3.0])
    >>> FocalLoss(gamma=0).of(np.array([1, 1]), told).round(3).tolist()
    [0.693, 0.049]
    >>> FocalLoss(gamma=2).of(np.array([1, 1]), told).round(3).tolist()
    [0.173, 0.0]
    """

    gamma: float = 2.0

    def of(self, target: NDArray[Any], margin: Numbers) -> Numbers:
        """Return the loss of each row: ``target`` 0 or 1, ``margin`` the log-odds of 1, both of shape (rows,)."""
        right, wrong, log_right, _ = self._told(target, margin)
        return -(wrong**self.gamma) * log_right

    def gradient(self, target: NDArray[Any], margin: Numbers) -> Numbers:
        """Return the derivative of the loss of each row by its margin."""
        right, wrong, log_right, sign = self._told(target, margin)
        return sign * wrong**self.gamma * (self.gamma * right * log_right - wrong)

    def hessian(self, target: NDArray[Any], margin: Numbers) -> Numbers:
        """Return the second derivative of the loss of each row by its margin; it may be negative."""
        right, wrong, log_right, _ = self._told(target, margin)
        slope = self.gamma * right * log_right - wrong
        bend = wrong * (self.gamma * (log_right + 1) + 1)
        return right * wrong**self.gamma * (bend - self.gamma * slope)

    def __call__(
        self, target: NDArray[Any], margin: Numbers, sample_weight: NDArray[Any] | None = None
    ) -> tuple[Numbers, Numbers]:
        """Return gradient and Hessian as LightGBM and XGBoost ask for them."""
        target, margin = np.asarray(target, np.float64), np.asarray(margin, np.float64)
        first, second = self.gradient(target, margin), np.maximum(self.hessian(target, margin), _LEAST_HESSIAN)
        return (first, second) if sample_weight is None else (first * sample_weight, second * sample_weight)

    def _told(self, target: NDArray[Any], margin: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Return the probability of the true class, of the other, the logarithm of the first, the sign of the class."""
        sign = np.where(target > 0, 1.0, -1.0)
        log_right, log_wrong = -np.logaddexp(0, -sign * margin), -np.logaddexp(0, sign * margin)
        return np.exp(log_right), np.exp(log_wrong), log_right, sign
