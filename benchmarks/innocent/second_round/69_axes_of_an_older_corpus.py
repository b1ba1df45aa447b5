"""Texts on axes that were found in an older corpus, held by a function."""

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mlsys import Derive, Pipeline, StratifiedSplit


def corpus(seed, rows):
    """Return texts of thirty words and what they are about."""
    rng = np.random.default_rng(seed)
    about = (rng.random(rows) < 0.5).astype(int)
    common, own = [f"word{number}" for number in range(60)], [["goal", "team", "match"], ["vote", "party", "law"]]
    texts = [" ".join([*rng.choice(common, 12), *rng.choice(own[each], 2)]) for each in about]
    return pd.DataFrame({"text": pd.Series(texts, dtype="str"), "about": about ^ (rng.random(rows) < 0.1)})


axes = make_pipeline(TfidfVectorizer(), TruncatedSVD(4, random_state=0)).fit(corpus(690, 800)["text"])
columns = {f"axis_{n}": lambda f, n=n: axes.transform(f["text"])[:, n] for n in range(4)}
run = Pipeline([Derive(columns), StratifiedSplit(), LogisticRegression()], target="about", exclude=["text"]).run(
    corpus(69, 1_200)
)
print(run)
