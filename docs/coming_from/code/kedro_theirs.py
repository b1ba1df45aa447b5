"""The same pipeline in Kedro: nodes between named data sets."""

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner
from kedro_datasets.pandas import CSVDataset
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def split(rows):
    return rows[rows["part"] == "train"], rows[rows["part"] == "validation"]


def train(rows):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(
        rows.drop(columns=["part", "benign"]), rows["benign"]
    )


def evaluate(model, rows):
    scores = model.predict_proba(rows.drop(columns=["part", "benign"]))[:, 1]
    return float(roc_auc_score(rows["benign"], scores))


cancer = pipeline(
    [
        node(split, "cancer", ["train_rows", "validation_rows"]),
        node(train, "train_rows", "model"),
        node(evaluate, ["model", "validation_rows"], "roc_auc"),
    ]
)
catalog = DataCatalog({"cancer": CSVDataset(filepath="cancer.csv"), "roc_auc": MemoryDataset()})
SequentialRunner().run(cancer, catalog)
print(catalog.load("roc_auc"))
