"""
Can rules replace labels?
=========================

Before a flight lands nobody knows whether it will be late. Six rules of thumb about weather and schedule can label it
at once; the natural label is known only after landing. How well do the rules agree with the outcome, and how much worse
is a model that learns from the rules alone?
"""

# %%
# Flights before the label
# ------------------------
# The files, derived columns and joins come from the :doc:`flight pipeline <flight_delays>` in the same folder; this
# example uses 40,000 of its 336,776 flights. ``pipeline[:4]`` ends with the join of the weather that was published an
# hour before departure.

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score, roc_curve

from flight_delays import flights_csv, pipeline
from mlsys import Impute, NaturalLabel, Pipeline, TimeSplit, Train, WeakLabel, compare_labels, labeling_function
from mlsys.labeling import rule_report

sample = pd.read_csv(flights_csv).sample(40_000, random_state=0).sort_index()
flights = pipeline[:4].run(sample, track=False).frame()
flights[["departs", "origin", "dest", "temp", "wind_speed", "visib", "precip"]].head(3)

# %%
# Six rules
# ---------
# A rule votes for the rows that it covers and abstains elsewhere.


@labeling_function(on="visib", votes=True)
def fog(miles):
    """Visibility below three miles."""
    return miles < 3


@labeling_function(on="precip", votes=True)
def rain(inches):
    """Measurable rain or snow in this hour."""
    return inches > 0.02


@labeling_function(on="wind_speed", votes=True)
def storm(miles_per_hour):
    """Wind above 25 miles per hour."""
    return miles_per_hour > 25


@labeling_function(on=["hour", "month"], votes=True)
def holiday_evening(flights):
    """Evenings in June, July and December."""
    return (flights["hour"] >= 17) & flights["month"].isin([6, 7, 12])


@labeling_function(on="hour", votes=False)
def early(hour):
    """Departures before ten in the morning, when delays have not built up."""
    return hour < 10


@labeling_function(on=["hour", "precip", "visib"], votes=False)
def clear_midday(flights):
    """Dry and clear, between ten and three."""
    return flights["hour"].between(10, 14) & (flights["precip"] == 0) & (flights["visib"] >= 10)


rules = [fog, rain, storm, holiday_evening, early, clear_midday]

# %%
# How good is each rule, once labels are known?
# ---------------------------------------------
# ``accuracy`` refers to the rows on which the rule voted. One flight in four is late, so a rule for "late" that is
# right for 46 of 100 flights is informative, although it is wrong more often than not.

late = NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15).labels(flights)
report = rule_report(flights, rules, gold=late)
report[["rule", "votes_for", "n", "coverage", "conflict", "judged", "accuracy"]].round(3)

# %%
# The vote of all rules against the natural label
# -----------------------------------------------

weak = WeakLabel("weak", rules)
agreement = compare_labels(weak.labels(flights), late)
figure, ax = plt.subplots(figsize=(7, 2.2), layout="constrained")
agreement.plot(ax)
ax.spines[["top", "right"]].set_visible(False)

# %%
agreement.summary

# %%
# Two models, evaluated on the same later rows
# --------------------------------------------
# One pipeline learns from natural labels up to August, the other from weak labels of the same flights. Both use
# schedule and weather. The card of the second shows a perfect score, because the model has learned the rules; the
# finding ``LK205`` warns of this. Agreement with the rules does not measure truth.

features = ["month", "hour", "distance", "temp", "wind_speed", "precip", "visib", "pressure"]


def learning_from(label):
    """Return a pipeline that learns from one kind of label and is evaluated on September."""
    steps = [
        label,
        TimeSplit(validation="2013-09-01", test="2013-10-01"),
        Impute(),
        Train(HistGradientBoostingClassifier()),
    ]
    return Pipeline(steps, target=label.column, time="departs", features=features)


natural_run = learning_from(NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15)).run(
    flights, track=False
)
weak_run = learning_from(weak).run(flights, track=False)
weak_run

# %%
# Evaluate both on the natural labels of September, from which neither learned.

september = flights[flights["departs"].dt.month.eq(9) & late.notna()]
truth = late[september.index].astype(bool)
scores = {
    "natural labels": natural_run.predict(september)["probability_True"],
    "weak labels": weak_run.predict(september)["probability_True"],
}
table = pd.DataFrame(
    {
        "rows learned from": {"natural labels": natural_run.rows["train"], "weak labels": weak_run.rows["train"]},
        "ROC AUC in September": {name: roc_auc_score(truth, score) for name, score in scores.items()},
    }
)
table.round(3)

# %%
figure, ax = plt.subplots(figsize=(5, 4.6), layout="constrained")
for (name, score), colour, place in zip(
    scores.items(), ("#0b6e99", "#a86f00"), ((0.02, 0.78), (0.52, 0.42)), strict=True
):
    false_alarms, caught, _ = roc_curve(truth, score)
    ax.plot(false_alarms, caught, color=colour)
    ax.text(*place, f"{name}: {table.loc[name, 'ROC AUC in September']:.3f}", color=colour)
ax.plot([0, 1], [0, 1], color="#c8c8c8", linewidth=0.8)
ax.set(xlabel="share of punctual flights called late", ylabel="share of late flights caught", aspect="equal")
ax.spines[["top", "right"]].set_visible(False)

# %%
# Rules are available from the first day. Where they abstain, the model that learned from them has little information:
# its curve is almost two straight lines. Once natural labels are known, they are better.
