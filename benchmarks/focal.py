"""Focal loss beside a published implementation: derivatives, and the AUC of XGBoost that learns by each.

The other one is ``Focal_Binary_Loss`` of imbalance-xgboost (Wang, Deng and Wang 2020), which this script needs:
``pip install imbalance-xgboost``. The question is which written digit is an eight.

Run: ``python benchmarks/focal.py``, a few seconds. It prints a table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost
from imxgboost.focal_loss import Focal_Binary_Loss
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from measuring import table
from mlsys.models.losses import FocalLoss


class Labels:
    """The part of a matrix of XGBoost that a loss asks for."""

    def __init__(self, labels: Any) -> None:
        self.labels = labels

    def get_label(self) -> Any:
        return self.labels


def apart(gamma: float) -> list[str]:
    """Return the largest difference of each derivative, over margins from -6 to 6 of both classes."""
    margin, differences = np.linspace(-6, 6, 241), []
    for truth in (0.0, 1.0):
        target = np.full(len(margin), truth)
        theirs = Focal_Binary_Loss(gamma).focal_binary_object(margin, Labels(target))
        mine = FocalLoss(gamma).gradient(target, margin), FocalLoss(gamma).hessian(target, margin)
        differences.append([np.abs(one - other).max() for one, other in zip(theirs, mine, strict=True)])
    first, second = np.max(differences, axis=0)
    return [f"gamma={gamma}: gradient apart by", f"{first:.1e}", f"Hessian by {second:.1e}"]


def auc(objective: Any) -> str:
    """Return the AUC on every second picture of a model of the others."""
    features, digit = load_digits(return_X_y=True)
    eight, train = (digit == 8).astype(float), np.arange(len(digit)) % 2 == 0
    settings = {"max_depth": 3, "eta": 0.3, "nthread": 1, "base_score": 0.5}
    model = xgboost.train(settings, xgboost.DMatrix(features[train], eight[train]), 30, obj=objective)
    said = model.predict(xgboost.DMatrix(features[~train]), output_margin=True)
    return f"{roc_auc_score(eight[~train], said):.10f}"


def main() -> None:
    lines = [apart(gamma) for gamma in (0.5, 1, 2, 3)]
    lines.append(["AUC, published", auc(Focal_Binary_Loss(2.0).focal_binary_object), "gamma=2"])
    lines.append(["AUC, FocalLoss", auc(lambda said, rows: FocalLoss(2.0)(rows.get_label(), said)), "gamma=2"])
    print(table(["what", "value", ""], lines))


if __name__ == "__main__":
    main()
