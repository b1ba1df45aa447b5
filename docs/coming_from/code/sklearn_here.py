"""Scale, train, evaluate with mlsys."""

from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline, PredefinedSplit, ReadCSV

pipeline = Pipeline(
    [ReadCSV("cancer.csv"), PredefinedSplit("part"), StandardScaler(), LogisticRegression()],
    target="benign",
    name="cancer",
)
run = pipeline.run()  # run: the card, with baselines and intervals
print(run.metrics.query("model == 'model' and metric == 'roc_auc' and slice == 'all'")["value"].iloc[0])
