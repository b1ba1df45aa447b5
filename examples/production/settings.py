"""What all scripts of the recipe share: the day, the folder of rows, the name of the model, its gates and prices."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from mlsys import Gate, RetrainPolicy, beats, metric

TODAY = pd.Timestamp(os.environ.get("TODAY") or pd.Timestamp.now().normalize())
"""The morning of which all is known; a variable, so that a night can be repeated."""
DATA = Path("data")
MODEL = "loans"
GOOD_ENOUGH = Gate(metric("roc_auc").lower >= 0.6, beats("zero_rule"))
"""Asked of the first model."""
BETTER = Gate(metric("roc_auc").lower >= 0.6, beats("zero_rule"), beats("@champion"))
"""Asked of a successor, on the same rows as the model in use."""
PRICES = RetrainPolicy(cost_retrain=5_000, cost_per_error=300)
"""Of a training with its checks, and of an error; the saving decides."""
BUDGET = "1 false page per 90 days"
