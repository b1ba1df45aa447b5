"""DESIGN's variants, comparison and nightly life with mlsys: paired intervals, latency, size, registry, reload."""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import mlsys
from mlsys import Impute, Pipeline, Standardize, Train

# --- data, not counted
frame = load_breast_cancer(as_frame=True).frame
train, validation = train_test_split(frame, test_size=0.4, stratify=frame["target"], random_state=0)
parts = {"train": train, "validation": validation}
# --- end of data

pipeline = Pipeline(
    [Impute(), Standardize(), Train(HistGradientBoostingClassifier())], target="target", name="comparison"
)
runs = pipeline.variants(linear={"Train": Train(LogisticRegression(max_iter=1000))}, boosted={}).run(parts)
compared = mlsys.compare(runs)
winner = compared.best_name
print(compared)

print(compared.best.register("comparison", alias="champion"))
model = mlsys.load("models:/comparison@champion")
batch = validation.drop(columns="target")
prediction = model.predict(batch)

# Reproduce: fit again and find out whether anything differs
again = runs[winner].pipeline.run(parts, track=False).predict(batch)
for column in prediction.filter(like="probability_"):
    difference = (again[column] - prediction[column]).abs().max()
    print(column, "reproduced" if difference == 0 else f"differs by {difference}")
print(prediction.head())
