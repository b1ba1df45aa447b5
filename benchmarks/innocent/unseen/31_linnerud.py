"""Weight of twenty men from their exercises: very few rows."""

from sklearn.datasets import load_linnerud
from sklearn.linear_model import Ridge

from mlsys import Pipeline, Standardize

data = load_linnerud(as_frame=True)
frame = data.data.assign(weight=data.target["Weight"])

run = Pipeline([Standardize(), Ridge()], target="weight").run(frame)
print(run)
