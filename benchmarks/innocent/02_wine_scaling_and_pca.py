"""Does scaling matter before a principal component analysis? After scikit-learn's example on feature scaling."""

from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegressionCV
from sklearn.preprocessing import StandardScaler

from mlsys import Evaluate, Pipeline, compare

wine = load_wine(as_frame=True).frame

scaled = Pipeline(
    [
        StandardScaler(),
        PCA(n_components=2),
        LogisticRegressionCV(Cs=5, use_legacy_attributes=False, l1_ratios=(0,), scoring="neg_log_loss"),
        Evaluate(metrics=["accuracy", "log_loss"]),
    ],
    target="target",
    name="wine",
)
unscaled = scaled.replace(Apply=None)

runs = {"scaled": scaled.run(wine), "unscaled": unscaled.run(wine)}
print(compare(runs))
