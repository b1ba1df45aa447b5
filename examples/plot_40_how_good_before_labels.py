"""
How good is the model before labels arrive?
===========================================

Whether a loan is repaid is known a year later. Until then, the metrics of the model can be estimated from what it
says, with an interval, and with a refusal where nothing can be known.
"""

# %%
# Synthetic data: loans, whose labels arrive a year later
# -------------------------------------------------------
# The model was trained mostly on customers in the city, and says the true chances there. Rural customers default at a
# rate that it does not know. From summer on, the bank grows in rural places.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlsys import estimate_performance


def loans(n: int, start: str, rural: np.ndarray, seed: int) -> pd.DataFrame:
    """Loans with what the model said, and whether they defaulted."""
    rng = np.random.default_rng(seed)
    is_rural = rng.random(n) < rural
    income = rng.normal(3, 1, n)
    said = 1 / (1 + np.exp(1.6 * (income - 3.2)))
    true = np.where(is_rural, 0.5 * said + 0.25, said)
    return pd.DataFrame(
        {
            "day": pd.date_range(start, periods=n, freq="1h"),
            "income": income,
            "place": np.where(is_rural, "rural", "city"),
            "p": said,
            "default": (rng.random(n) < true).astype(int),
        }
    )


reference = loans(5_000, "2023-01-01", np.full(5_000, 0.15), seed=0)
hours = np.arange(8_000)
today = loans(8_000, "2024-01-01", np.interp(hours, [0, 3_500, 6_000], [0.15, 0.15, 0.8]), seed=1)

# %%
# What can be said without any label
# ----------------------------------
# Probabilities are calibrated on the reference, which is weighted like the rows of each month. The interval is a
# forecast of the accuracy that the labels will give.

estimated = estimate_performance(
    reference,
    today.drop(columns="default"),
    target="default",
    probability="p",
    metrics=["accuracy"],
    time="day",
    every="MS",
)
estimated

# %%
# A year later the labels arrive
# ------------------------------
# Given the labels, the same call shows the realised accuracy beside the estimate. Without features (``features=[]``)
# it would have stayed where it was: the probabilities look as before, but what they mean has changed for more and more
# of the rows.

later, plain = (
    estimate_performance(
        reference,
        today,
        target="default",
        probability="p",
        metrics=["accuracy"],
        time="day",
        every="MS",
        features=features,
    )
    for features in (None, [])
)
shown = later.table[["period", "estimate", "lower", "upper", "realised", "method"]]
shown.assign(plain=plain.table["estimate"]).round(3)

# %%
figure, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
later.plot(ax)
ax.plot(np.arange(len(plain.table)), plain.table["estimate"], color="#888888", linewidth=1, zorder=0)
beside = {"xytext": (-10, 6), "textcoords": "offset points", "ha": "right", "color": "#666666", "fontsize": 8}
last = len(plain.table) - 1
ax.annotate("without features", (last, plain.table["estimate"].iloc[last]), **beside)

# %%
# When it refuses
# ---------------
# Where the reference has next to no rows like today's, nothing is estimated.

abroad = today.tail(1_000).assign(place="abroad", income=lambda rows: rows["income"] + 6)
estimate_performance(reference, abroad, target="default", probability="p", metrics=["accuracy"]).summary

# %%
# What it cannot know
# -------------------
# If rural customers begin to default more often than rural customers of the reference did, no estimate sees it: only
# labels can. :doc:`/retraining` says what to do then.
