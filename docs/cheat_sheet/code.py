"""The code of the cheat sheet: what stands under ``# ==`` is a box of it, and all of it runs from top to bottom."""

import numpy as np
import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(0)
df = pd.DataFrame(
    {
        "customer": [f"c{n}" for n in range(900)],
        "day": pd.date_range("2024-01-01", periods=900, freq="8h"),
        "age": rng.normal(40, 9, 900),
        "visits": rng.poisson(4, 900) * 1.0,
        "plan": rng.choice(["basic", "plus"], 900),
    }
)
df["left"] = rng.random(900) < 1 / (1 + np.exp((df["age"] - 36) / 4 + (df["plan"] == "plus")))
today, earlier = df.tail(300).drop(columns="left"), df.head(400)
SHELL = """
mlsys plan pipeline.py                     # refuses a leak: status 2
mlsys show RUN                             # the card
mlsys report RUN card.html
mlsys reproduce RUN                        # 1: a step differs
mlsys predict MODEL new.csv answers.csv
mlsys check MODEL new.csv --labels old.csv # 1 page, 3 ticket
mlsys promote customers 2
mlsys roll-back customers
mlsys sync                                 # waiting runs
mlsys cache show
"""

# == Start
import mlsys
from mlsys import *
mlsys.look(df, target="left")    # a table at a glance
run = Pipeline([LogisticRegression()], target="left").run(df)
run                              # card: score, interval, baselines
run.features                     # each column: used or not, why

# == A pipeline, in order
pipeline = Pipeline([
    TimeSplit(validation=.2, test=.2),  # first split, then learn
    Impute(),
    OneHot(["plan"]),
    StandardScaler(),                   # scikit-learn as it is
    Train(LogisticRegression()),
    Calibrate(),
    Evaluate(slices=["plan"], value=Cost(missed=5, false_alarm=1)),
], target="left", time="day", id="customer", name="customers")
pipeline.plan()                  # what each step sees; no data read
run = pipeline.run(df)           # cached, written to MLflow

# == Which split?
StratifiedSplit()                # default
GroupSplit()                     # with Pipeline(group="household")
TimeSplit(test="28D", validation="28D", embargo="1D")
PredefinedSplit("part")          # a column says it

# == Steps that see one row
Derive({"per_visit": lambda f: f["age"] / f["visits"]})
Filter(lambda f: f["age"] >= 18)
NaturalLabel("gone", from_column="age", rule=lambda a: a > 60)

# == Labels that are votes
votes = pd.DataFrame({"ann": ["a", "b", None],
                      "ben": ["a", "a", "b"]})
LabelModel().fit(votes).predict(votes)
CastVotes([labeling_function(lambda f: f["age"] > 60, votes="yes")])
FindLabelErrors(LogisticRegression())

# == Rare classes: try in this order
TuneThreshold(missed=20, false_alarm=1)
WeighClasses()
Resample(RandomOverSampler())    # a sampler of imblearn

# == Larger than memory, or a cluster
ReadParquet("events/")           # read in pieces; same states
pipeline.run(df, engine="local") # or engine="dask"

# == Look inside
pipeline.preview(df, n=3)        # rows after each step
run.frame("train", after="Impute")
run.state("OneHot")
run.metrics                      # every metric, part, slice
run.cache_report()               # hit or computed, why

# == Change and compare
linear = pipeline.replace(Train=Train(LogisticRegression(C=.1)))
runs = pipeline.variants(linear={}, boosted={
    "Train": Train(HistGradientBoostingClassifier())}).run(df)
mlsys.compare(runs)              # same rows, paired intervals
pipeline.cross_validate(TimeFolds(3), data=df)

# == Is it too good?
run.leakage                      # refused, found, counted
run.audit_leakage()              # held-out rows replaced
pipeline.ablate(data=df)         # refit without each feature

# == Test rows, once
final = run.final_test()         # opened on record
gate = Gate(metric("roc_auc").lower >= .5, beats("zero_rule"))
done = final.register("customers", alias="champion", gate=gate)
bool(done)                       # False: nothing was registered

# == Use the model
model = mlsys.load("models:/customers@champion")
model.predict(today)             # id, prediction, probability_<class>
folder = run.save("model")       # plain files, no pickle
mlsys.load(run.id).reproduce(data=df)
mlsys.promote("customers", 1, to="champion")

# == Watch it
monitor = Monitor.from_run(run, budget="1 false page per 90 days")
check = monitor.check(today, labels=earlier)
check.level                      # "", "ticket" or "page"
check.cause                      # inputs, labels, relation ...
monitor.save()                   # mlsys check MODEL finds it

# == Retrain it
policy = RetrainPolicy(cost_retrain=500, cost_per_error=5)
policy.advise(monitor.history)   # retrain, wait, mend, relabel
pipeline.retrain("customers@champion", data=df)

# == Your own step
class Clip(Transform):
    columns: tuple[str, ...]
    quantile: float = .99

    def learn(self, train):             # training rows, nothing else
        return train[list(self.columns)].quantile(self.quantile)

    def apply(self, frame, limits):     # one row out for one row in
        return frame.assign(
            **frame[list(self.columns)].clip(upper=limits, axis=1))

Clip(["age"]).fit(df).transform(df)     # without a pipeline
