"""
Which settings of the whole pipeline are best, and how good is the best?
========================================================================

How to fill gaps, whether to scale, which model, how large: each is a choice, and the choices depend on each other. Tune
them together, and ask what the winning score is worth.
"""

# %%
# 398 cars from 1970 to 1982: how many miles do they go with a gallon? First the pipeline as one writes it down.

from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from vega_datasets import data

from mlsys import Impute, Integers, LogUniform, OneHot, Pipeline, PowerTransform, RandomSplit, Train, compare

df = data.cars().drop(columns="Name").dropna(subset="Miles_per_Gallon")
df["Year"] = df["Year"].dt.year
steps = [RandomSplit(validation=0.2, test=0.4), Impute(), PowerTransform(), OneHot(["Origin"]), Train(Ridge())]
pipeline = Pipeline(steps, target="Miles_per_Gallon")

# %%
# A space names steps, or fields of steps. ``None`` takes a step out; ``Train.estimator__alpha`` is a parameter of the
# estimator that ``Train`` holds. Trials learn from training rows and are compared on validation rows.

tuned = pipeline.tune(
    {
        "Impute.numeric": ["median", "mean", "model"],
        "PowerTransform": [PowerTransform(), None],
        "Train.estimator__alpha": LogUniform(1e-3, 100),
    },
    df,
    trials=30,
    track=False,
)
tuned

# %%
# Which model to take is one more choice. Settings of one model mean nothing for another, so a function of an Optuna
# trial returns what to change.


def space(trial):
    """Return the steps of a trial: a linear model on changed columns, or trees on columns as they are."""
    if trial.suggest_categorical("model", ["linear", "trees"]) == "linear":
        return {"Train": Ridge(alpha=trial.suggest_float("alpha", 1e-3, 100, log=True))}
    leaves = trial.suggest_int("leaves", 3, 31)
    rate = trial.suggest_float("learning_rate", 0.01, 0.5, log=True)
    return {"Train": HistGradientBoostingRegressor(learning_rate=rate, max_leaf_nodes=leaves), "PowerTransform": None}


either = pipeline.tune(space, df, trials=30, track=False)
either.table.groupby("model")["value"].min()

# %%
# Are two models compared fairly? Each variant gets its own space and the same number of trials.

variants = pipeline.variants(linear={}, trees={"Train": HistGradientBoostingRegressor(), "PowerTransform": None})
spaces = {
    "linear": {"Train.estimator__alpha": LogUniform(1e-3, 100)},
    "trees": {
        "Train.estimator__max_leaf_nodes": Integers(3, 31),
        "Train.estimator__learning_rate": LogUniform(0.01, 0.5),
    },
}
best = variants.tune(spaces, df, trials=15, track=False)
runs = {name: each.run(track=False) for name, each in best.items()}

# %%
# Eighty validation rows chose each winner, so its score there is too good. Test rows chose nothing.

compare({name: run.final_test() for name, run in runs.items()}).plot()

# %%
# Each dot is a trial. The bar is what the best is worth, corrected for having been chosen; beside it is what matters.

best["trees"].plot()
