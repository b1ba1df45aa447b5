"""Reviews with a text, a price and a kind of product: word counts stand beside numbers and categories."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer

from mlsys import Apply, OneHot, Pipeline

rng = np.random.default_rng(3)
rows = 1_000
good, bad = "great love perfect nice happy quick".split(), "broken poor late returned slow awful".split()
neutral = "the product came in a box and i use it at home every day with my family".split()
liked = rng.random(rows) < 0.6
kind = rng.choice(["kitchen", "garden", "toys"], rows)
says_good = rng.random(rows) < 0.2 + 0.6 * liked
text = [
    " ".join(rng.permutation([*rng.choice(neutral, 10), *rng.choice(good if happy else bad, 2)])) for happy in says_good
]
reviews = pd.DataFrame({"text": text, "kind": kind, "price": rng.gamma(2, 15, rows).round(2), "recommends": liked})

pipeline = Pipeline(
    [Apply(CountVectorizer(max_features=60), columns=["text"]), OneHot(["kind"]), HistGradientBoostingClassifier()],
    target="recommends",
)
run = pipeline.run(reviews)
print(run)
