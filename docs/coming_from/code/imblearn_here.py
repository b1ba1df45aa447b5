"""Oversample the rare class with the same sampler, as a step."""

from imblearn.over_sampling import SMOTE
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline, PredefinedSplit, ReadCSV

pipeline = Pipeline(
    [
        ReadCSV("cancer.csv"),
        PredefinedSplit("part"),
        StandardScaler(),
        SMOTE(random_state=0),
        LogisticRegression(),
    ],
    target="benign",
    name="cancer-smote",
)
run = pipeline.run()
print(run.metrics.query("model == 'model' and metric == 'roc_auc' and slice == 'all'")["value"].iloc[0])
