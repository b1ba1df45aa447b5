"""The same pipeline in ZenML: decorated functions whose results are stored."""

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from zenml import pipeline, step


@step
def load() -> pd.DataFrame:
    return pd.read_csv("cancer.csv")


@step
def train(rows: pd.DataFrame) -> Pipeline:
    rows = rows[rows["part"] == "train"]
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(
        rows.drop(columns=["part", "benign"]), rows["benign"]
    )


@step
def evaluate(model: Pipeline, rows: pd.DataFrame) -> float:
    rows = rows[rows["part"] == "validation"]
    scores = model.predict_proba(rows.drop(columns=["part", "benign"]))[:, 1]
    return float(roc_auc_score(rows["benign"], scores))


@pipeline
def cancer():
    rows = load()
    evaluate(train(rows), rows)


if __name__ == "__main__":
    run = cancer()
    print(run.steps["evaluate"].output.load())
