"""Short messages, of which many are the same two words: natural repeats in a text column."""

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from mlsys import Apply, Pipeline, StratifiedSplit

rng = np.random.default_rng(45)
good = ["all fine", "thank you", "works well", "very quick", "again soon"]
bad = ["too slow", "did not work", "no answer", "thank you", "came late"]
happy = (rng.random(1_500) < 0.6).astype(int)
said = [
    f"{rng.choice(good if each else bad)} {rng.choice(['', 'really', 'today', 'indeed'])}".strip() for each in happy
]
messages = pd.DataFrame({"said": pd.Series(said, dtype="str"), "happy": happy ^ (rng.random(1_500) < 0.1)})

run = Pipeline([StratifiedSplit(), Apply(CountVectorizer(), columns=["said"]), MultinomialNB()], target="happy").run(
    messages
)
print(run)
