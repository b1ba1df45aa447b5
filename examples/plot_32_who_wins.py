"""
Two models, one registry: who wins?
===================================

A model is in use, and a new one is ready. It should replace the champion only if it is better on the same rows, fast
enough, and reacts as it should. A gate asks all of that before an alias moves, and any move can be undone.
"""

# %%
# 569 tumours, 30 measurements. The first model uses two of them.

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from mlsys import (
    DirectionalTest,
    Evaluate,
    Gate,
    Pipeline,
    Standardize,
    StratifiedSplit,
    beats,
    behaves,
    latency,
    load,
    no_findings,
    promote,
    roll_back,
    size,
)

frame = load_breast_cancer(as_frame=True).frame
frame["malignant"] = frame.pop("target") == 0
steps = [
    StratifiedSplit(validation=0.4, test=0.2),
    Standardize(),
    LogisticRegression(),
    Evaluate(["roc_auc", "log_loss"], slices=()),
    DirectionalTest("worst radius", "up"),
]
simple = Pipeline(steps, target="malignant", features=["mean texture", "worst smoothness"], name="tumours").run(frame)

# %%
# One gate for every candidate
# ----------------------------
# The first model has no champion to beat yet. It does not read the radius, so it cannot react to it, and is refused.

gate = Gate(
    beats("zero_rule"),
    beats("champion"),
    behaves("direction"),
    latency("p95") <= "500ms",
    size() <= "50MB",
    no_findings(),
)
first = simple.register("tumours", alias="champion", gate=gate)
first

# %%
# A written reason goes past a gate, and stays: on the card, on the run in MLflow and on the version.

first = simple.register("tumours", alias="champion", gate=gate, override="a start, agreed with the clinic until June")
first

# %%
# The challenger
# --------------
# It reads ten measurements. ``beats`` compares both models on the same rows, with a paired interval.

features = [name for name in frame.columns if name.startswith("worst")]
challenger = Pipeline(steps, target="malignant", features=features, name="tumours").run(frame)
second = challenger.register("tumours", alias="challenger", gate=gate)
second

# %%
promoted = promote("tumours", "challenger", to="champion", gate=gate)
promoted

# %%
# Whoever loads the champion now gets the new one. The way back is one call; it asks no gate.

load("models:/tumours@champion").predict(frame.head(3))

# %%
roll_back("tumours")

# %%
# And the worse one does not win
# ------------------------------
# After another promotion, the first model is a candidate like any other.

promote("tumours", 2)
promote("tumours", 1, to="champion", gate=gate)
