"""Newsgroup style posts, told apart by their words: a scikit-learn pipeline that starts with a vectorizer."""

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

from mlsys import Pipeline, Train

rng = np.random.default_rng(20)
common = "the a of and to is in it that was for on you with this have not are be as at but they we can will".split()
words = {
    "space": "orbit launch moon shuttle nasa rocket satellite mission lunar earth solar probe".split(),
    "hockey": "goal team season puck player league coach goalie period playoff score ice".split(),
    "medicine": "patient doctor disease treatment dose symptom blood vitamin therapy pain drug clinic".split(),
}
topics = rng.choice(list(words), 900)
posts = [
    " ".join(rng.permutation([*rng.choice(common, 25), *rng.choice(words[topic], 2), *rng.choice(words["space"], 1)]))
    for topic in topics
]
frame = pd.DataFrame({"post": posts, "topic": topics})

model = make_pipeline(TfidfVectorizer(min_df=2), SGDClassifier(loss="log_loss"))
run = Pipeline([Train(model, features="post")], target="topic").run(frame)
print(run)
print(run.predict(pd.DataFrame({"post": ["the rocket was on the moon", "the goalie and the puck"]})))
