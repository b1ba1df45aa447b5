"""Label messages by functions with mlsys."""

import pandas as pd

from mlsys import LabelModel
from mlsys.labeling import apply_labeling_functions, keyword

rows = pd.read_csv("messages.csv")
functions = [
    keyword("text", ["prize", "free"], "spam", name="prize"),
    keyword("text", ["http"], "spam", name="link"),
    keyword("text", ["home", "thanks", "lunch"], "ham", name="personal"),
]
votes = apply_labeling_functions(functions, rows)  # a frame: one column a function, null where it abstains
print(votes.notna().mean().round(4).to_dict())
model = LabelModel().fit(votes)
labels = model.predict(votes)["prediction"]
print((labels == rows["kind"])[labels.notna()].mean())
