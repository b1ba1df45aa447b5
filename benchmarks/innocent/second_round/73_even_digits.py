"""Is a handwritten digit even? Neighbours in 64 pixels."""

from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from mlsys import Pipeline, StratifiedSplit

digits = load_digits(as_frame=True).frame
digits["even"] = (digits.pop("target") % 2 == 0).astype(int)
run = Pipeline([StratifiedSplit(), KNeighborsClassifier(5)], target="even").run(digits)
print(run)
