"""Three kinds of iris, scaled and told apart by a straight line: the first page of many tutorials."""

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline

iris = load_iris(as_frame=True)
frame = iris.frame.assign(target=iris.target_names[iris.target])

run = Pipeline([StandardScaler(), LogisticRegression()], target="target").run(frame)
print(run)
print(run.predict(frame.drop(columns="target").head()))
