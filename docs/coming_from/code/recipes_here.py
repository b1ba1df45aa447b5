"""What the recipe did: ingest, split, transform, train, evaluate, register if good enough."""

from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import Gate, Pipeline, PredefinedSplit, ReadCSV, metric

pipeline = Pipeline(
    [ReadCSV("cancer.csv"), PredefinedSplit("part"), StandardScaler(), LogisticRegression()],
    target="benign",
    name="cancer",
)
run = pipeline.run()
print(run.metrics.query("model == 'model' and metric == 'roc_auc' and slice == 'all'")["value"].iloc[0])
print(bool(run.register("cancer", gate=Gate(metric("roc_auc").lower >= 0.9))))
