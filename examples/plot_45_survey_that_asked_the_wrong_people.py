"""
The survey that asked the wrong people
======================================

A city asks how satisfied people are with its buses. Two thousand answer a link, many more than a sample by chance would
need, and the answer is wrong. What can be mended, and what cannot?
"""

# %%
# Here the truth is known, because the city is made up: 100,000 people, of whom the old ride more and are more
# satisfied. Who answers a link is mostly young, and more often somebody who has something to complain about.

import numpy as np
import pandas as pd
from matplotlib import pyplot
from sklearn.linear_model import LinearRegression

from mlsys import Pipeline, QuotaSample, Rake, RandomSample

rng = np.random.default_rng(0)
people = pd.DataFrame(
    {
        "age": rng.choice(["18-39", "40-64", "65+"], 100_000, p=[0.35, 0.40, 0.25]),
        "district": rng.choice(["centre", "east", "west"], 100_000, p=[0.2, 0.5, 0.3]),
    }
)
mood = rng.normal(0, 15, 100_000)
people["rides"] = rng.poisson(people["age"].map({"18-39": 3.0, "40-64": 4.0, "65+": 8.0}))
people["satisfied"] = (
    45
    + people["age"].map({"18-39": 0, "40-64": 10, "65+": 25})
    + people["district"].map({"centre": 8, "east": -4, "west": 0})
    + mood
)
eager = people["age"].map({"18-39": 4.0, "40-64": 1.0, "65+": 0.4}) * np.exp(-0.1 * mood / 15)
order = np.argsort(rng.exponential(size=100_000) / eager.to_numpy())
came = people.take(order).reset_index(drop=True)
truth = float(people["satisfied"].mean())
round(truth, 1)

# %%
# Those who came
# --------------
# The survey filled a quota for each district, first come first served. The districts are right, the answer is not.

quota = QuotaSample("district", {"centre": 400, "east": 1_000, "west": 600})
answers = quota.select(came)
round(float(answers["satisfied"].mean()), 1)

# %%
# A pipeline on such rows says so, on its card and in each report: no interval shows this error.

steps = [quota, LinearRegression()]
run = Pipeline(steps, target="satisfied", features=["rides"], name="buses").run(came, track=False)
run

# %%
# Raking
# ------
# The register knows how many people of each age live in the city. ``Rake`` weighs the answers until ages and districts
# agree with it. The warning becomes a remark: within an age, those who complain still answer more often, and nothing in
# the answers says how much more.

register = {
    "age": {"18-39": 0.35, "40-64": 0.40, "65+": 0.25},
    "district": {"centre": 0.2, "east": 0.5, "west": 0.3},
}
raked = Rake(register).select(answers)
round(float(np.average(raked["satisfied"], weights=raked["sampling_weight"])), 1)

# %%
run = Pipeline([quota, Rake(register), LinearRegression()], target="satisfied", features=["rides"], name="buses").run(
    came, track=False
)
run

# %%
# By chance
# ---------
# Two hundred people drawn by chance say less precisely what is right, and how precisely.

design = RandomSample(200)
drawn = design.select(people)
design.estimate(drawn, "satisfied").round(1)

# %%
# What each way says, with the interval that a naive reader would draw around it. Ten times as many answers make the
# wrong number look surer, not truer.


def naive(values: pd.Series, weights: pd.Series) -> tuple[float, float]:
    """A mean, and twice its error as if the rows had been drawn by chance."""
    mean = float(np.average(values, weights=weights))
    return mean, 1.96 * float(np.sqrt((weights**2 * (values - mean) ** 2).sum()) / weights.sum())


even = pd.Series(1.0, index=answers.index)
found = {
    "2,000 who answered": naive(answers["satisfied"], even),
    "raked to age and district": naive(raked["satisfied"], raked["sampling_weight"]),
    "200 drawn by chance": naive(drawn["satisfied"], drawn["sampling_weight"]),
}
figure, ax = pyplot.subplots(figsize=(7, 2.6), layout="constrained")
for place, (name, (mean, half)) in enumerate(found.items()):
    colour = ("#D55E00", "#E69F00", "#0072B2")[place]
    ax.errorbar(mean, -place, xerr=half, fmt="o", color=colour, capsize=4)
    ax.annotate(name, (mean, -place), (0, 8), textcoords="offset points", ha="center", color=colour)
ax.axvline(truth, color="black", linewidth=0.8)
ax.annotate("all 100,000", (truth, -2.45), (4, 0), textcoords="offset points")
ax.set(xlabel="mean satisfaction, points", yticks=[], xlim=(46, 57), ylim=(-2.6, 0.6))
ax.set_title("More answers do not make it right", loc="left")
