"""The wines as the file has them: sorted by grower, dealt at random."""

from sklearn.datasets import load_wine
from sklearn.neighbors import KNeighborsClassifier

from mlsys import Pipeline, Standardize, StratifiedSplit

wines = load_wine(as_frame=True).frame
run = Pipeline([StratifiedSplit(), Standardize(), KNeighborsClassifier()], target="target").run(wines)
print(run)
