"""Progression of diabetes by a ridge regression with products of two columns."""

from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from mlsys import Apply, Evaluate, Pipeline

diabetes = load_diabetes(as_frame=True, scaled=False).frame

pipeline = Pipeline(
    [
        Apply(StandardScaler()),
        Apply(PolynomialFeatures(degree=2, include_bias=False), columns=["bmi", "bp", "s5"]),
        RidgeCV(alphas=[0.1, 1.0, 10.0, 100.0]),
        Evaluate(metrics=["rmse", "mae", "r2"]),
    ],
    target="target",
)
run = pipeline.run(diabetes)
print(run)
print(run.frame("train", after="Apply-2").columns.tolist())
