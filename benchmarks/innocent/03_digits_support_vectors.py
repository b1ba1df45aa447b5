"""Handwritten digits, 64 pixels each, and a support vector machine whose parameters a grid search finds."""

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from mlsys import Evaluate, Pipeline, StratifiedSplit, Train

digits = load_digits(as_frame=True).frame

search = GridSearchCV(SVC(), {"gamma": [0.0005, 0.001], "C": [1, 10]}, cv=3)
pipeline = Pipeline(
    [StratifiedSplit(validation=0.25, test=0.25), Train(search), Evaluate(metrics=["accuracy", "macro_f1"])],
    target="target",
    name="digits",
)
run = pipeline.run(digits)
print(run)
print(run.state("Train")["estimator"].best_params_)
final = run.final_test()
print(final)
