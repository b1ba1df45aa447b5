"""Label messages by functions with Snorkel."""

import pandas as pd
from snorkel.labeling import LFAnalysis, PandasLFApplier, labeling_function
from snorkel.labeling.model import LabelModel

ABSTAIN, HAM, SPAM = -1, 0, 1


@labeling_function()
def prize(x):
    return SPAM if "prize" in x.text or "free" in x.text else ABSTAIN


@labeling_function()
def link(x):
    return SPAM if "http" in x.text else ABSTAIN


@labeling_function()
def personal(x):
    return HAM if "home" in x.text or "thanks" in x.text or "lunch" in x.text else ABSTAIN


rows = pd.read_csv("messages.csv")
functions = [prize, link, personal]
votes = PandasLFApplier(functions).apply(rows, progress_bar=False)
print(LFAnalysis(votes, functions).lf_summary()["Coverage"].round(4).to_dict())
model = LabelModel(cardinality=2, verbose=False)
model.fit(votes, seed=0, progress_bar=False)
labels = model.predict(votes, tie_break_policy="abstain")
known = labels != ABSTAIN
print(((labels == SPAM) == (rows["kind"] == "spam"))[known].mean())
