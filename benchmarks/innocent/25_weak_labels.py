"""Messages labeled by rules of thumb, then a model of other columns: majority vote."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Standardize, WeakLabel, labeling_function

rng = np.random.default_rng(25)
rows = 2_000
spam = rng.random(rows) < 0.35
offers, thanks = ["you won a prize", "free money now", "click this link"], ["see you at six", "thanks a lot", "hi mum"]
messages = pd.DataFrame(
    {
        "text": [str(rng.choice(offers if s != (rng.random() < 0.1) else thanks)) for s in spam],
        "length": rng.poisson(40 + 60 * spam),
        "links": rng.poisson(0.2 + 0.9 * spam),
        "hour": rng.integers(0, 24, rows),
        "known_sender": rng.random(rows) < 0.7 - 0.5 * spam,
    }
)


@labeling_function(on="text", votes="spam")
def prize(text):
    return text.str.contains("prize|free")


@labeling_function(on="text", votes="fine")
def polite(text):
    return text.str.contains("thanks|see you|mum")


@labeling_function(on="text", votes="spam")
def link(text):
    return text.str.contains("link")


pipeline = Pipeline(
    [WeakLabel("kind", [prize, polite, link]), Standardize(["length", "links", "hour"]), LogisticRegression()],
    target="kind",
    exclude=["text"],
)
run = pipeline.run(messages)
print(run)
