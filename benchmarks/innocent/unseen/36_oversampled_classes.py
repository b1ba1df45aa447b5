"""Three classes of very different size, cleaned and oversampled: after imbalanced-learn's guide on combinations."""

import pandas as pd
from imblearn.combine import SMOTETomek
from imblearn.over_sampling import RandomOverSampler
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import RobustScaler

from mlsys import Evaluate, Pipeline, compare

X, y = make_classification(
    n_samples=5_000, n_features=8, n_informative=4, n_classes=3, weights=[0.02, 0.08, 0.9], random_state=0
)
frame = pd.DataFrame(X).add_prefix("f").assign(kind=pd.Series(y).map({0: "rare", 1: "seldom", 2: "usual"}))

pipeline = Pipeline(
    [RobustScaler(), RandomOverSampler(), RandomForestClassifier(n_estimators=40), Evaluate(metrics=["macro_f1"])],
    target="kind",
)
runs = {"repeated": pipeline.run(frame), "made": pipeline.replace(Resample=SMOTETomek()).run(frame)}
print(compare(runs))
