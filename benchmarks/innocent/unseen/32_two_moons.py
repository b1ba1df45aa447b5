"""Two moons and neighbours: after scikit-learn's comparison of classifiers."""

import pandas as pd
from sklearn.datasets import make_moons
from sklearn.ensemble import AdaBoostClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline, Train, compare

X, y = make_moons(n_samples=500, noise=0.3, random_state=0)
frame = pd.DataFrame(X, columns=["x", "y"]).assign(moon=y)

pipeline = Pipeline([StandardScaler(), KNeighborsClassifier(n_neighbors=5)], target="moon")
runs = pipeline.variants(neighbours={}, boosted={"Train": Train(AdaBoostClassifier())}).run(frame)
print(compare(runs))
