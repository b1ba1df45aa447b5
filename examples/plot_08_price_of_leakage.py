"""
The price of leakage, on real flights
=====================================

The same pipeline three times: judged by later flights, judged by flights drawn at random from the same days, and
with a column that is only known after departure. How much better does it look, and what does the card say?
"""

# %%
# One day in four
# ---------------
# Every fourth day of the year with all its flights, to keep this page quick; calibration and the drift report are left
# out, for they change no ranking. The pipeline is that of :doc:`flight_delays`, which lies beside this file.

import matplotlib.pyplot as plt
import pandas as pd

from flight_delays import flights_csv, pipeline
from mlsys import Evaluate, RandomSplit

flights = pd.read_csv(flights_csv).query("day % 4 == 1")
honest = pipeline.replace(Calibrate=None, DetectDrift=None, Evaluate=Evaluate())
len(flights)

# %%
# Judged by what came later
# -------------------------
# Trained up to August, judged by September, tested by October to December. ``dep_delay`` is declared known at
# arrival, so it is no feature, and neither is anything made of it.

later = honest.run(flights, track=False)
later

# %%
# Judged by the same days
# -----------------------
# A random split. The model is asked about flights whose neighbours of the same afternoon it has seen, with their
# weather and congestion. The finding ``LK210`` says so; the score says nothing about next month.

same_days = honest.replace(TimeSplit=RandomSplit()).run(flights, track=False)
same_days

# %%
# With a column from the future
# -----------------------------
# The declaration for ``dep_delay`` is left out, as if nobody had asked when it is written. One column that tells the
# target almost alone is suspicious: ``LK204`` names it, and the run cannot be registered.

source = pipeline["ReadCSV"]
known_at = {column: moment for column, moment in source.known_at.items() if column != "dep_delay"}
leaking = honest.replace(ReadCSV=source.with_(known_at=known_at)).run(flights, track=False)
leaking

# %%
print(leaking.register("flights"))

# %%
# Side by side
# ------------

runs = {
    "later flights": later,
    "flights of the same days": same_days,
    "later flights, dep_delay known": leaking,
}


def auc(run):
    """Row of the model's ROC AUC on all rows that judge the run."""
    table = run.metrics
    mine = table["model"].eq("model") & table["slice"].eq("all") & table["metric"].eq("roc_auc")
    return table[mine & table["part"].eq(run.stage)].iloc[0]


judged = {
    (name, stage): auc(each)
    for name, run in runs.items()
    for stage, each in (("validation", run), ("test", run.final_test()))
}
scores = pd.DataFrame(judged).T[["value", "lower", "upper", "n"]]
scores

# %%
# What the cards say of them:

pd.DataFrame(
    {
        name: {"leakage": dict(run.card.lines)["leakage"], "findings": ", ".join({each.code for each in run.findings})}
        for name, run in runs.items()
    }
).T

# %%
figure, ax = plt.subplots(figsize=(7.5, 2.6), layout="constrained")
for place, name in enumerate(runs):
    for stage, shift, colour in (
        ("validation", -0.15, "#8a8a8a"),
        ("test", 0.15, "#0b6e99" if place == 0 else "#b3405b"),
    ):
        value, lower, upper = (float(judged[name, stage][end]) for end in ("value", "lower", "upper"))
        ax.plot([lower, upper], [place + shift] * 2, color=colour, linewidth=3)
        ax.plot(value, place + shift, "o", color=colour)
        said = f"{stage} {value:.3f}"
        ax.annotate(said, (upper, place + shift), xytext=(7, 0), textcoords="offset points", va="center", color=colour)
ax.set_yticks(range(3), list(runs))
ax.set(xlabel="ROC AUC (95 % interval)", ylim=(2.6, -0.6), xlim=(0.6, 1.02))
ax.spines[["top", "right"]].set_visible(False)

# %%
# Only the blue one is an estimate of what would have happened in autumn. Validation is eight days of September: rows of
# one day share their weather, so that eight days say less than their 7,160 rows, and the interval, which takes rows as
# independent, is too narrow. The :doc:`whole month <flight_delays>` is steadier.
