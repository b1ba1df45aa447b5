"""
Serve a model and check its answers
===================================

A model works in the notebook. Does it give the same answers where it is served, to requests as clients send them? This
example loads the model in another process, without the script, and then sends increasingly untidy requests.
"""

# %%
# Synthetic data: returned orders, with a helper and a custom step
# ----------------------------------------------------------------

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Derive, Impute, OneHot, Pipeline, RandomSplit, Transform
from mlsys.errors import DataError

rng = np.random.default_rng(0)
rows = 3_000
orders = pd.DataFrame(
    {
        "price": rng.gamma(2, 30, rows).round(2),
        "items": rng.integers(1, 9, rows),
        "days": np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 30, rows)),
        "country": rng.choice(["DE", "FR", "PL"], rows),
        "member": rng.random(rows) < 0.4,
    }
)
score = orders["price"] / 40 + orders["items"] / 4 - orders["member"] + rng.normal(size=rows)
orders["returned"] = score > 3


def per_item(frame: pd.DataFrame) -> pd.Series:
    """Price of one item."""
    return frame["price"] / frame["items"]


class Clip(Transform):
    """Clip a column at a quantile of the training rows."""

    column: str
    quantile: float = 0.95

    def learn(self, train):
        """Return the limit."""
        return float(train[self.column].quantile(self.quantile))

    def apply(self, frame, limit):
        """Return the frame with the column clipped."""
        return frame.assign(**{self.column: frame[self.column].clip(upper=limit)})


steps = [Derive({"each": per_item}), RandomSplit(), Impute(), Clip("price"), OneHot(["country"])]
run = Pipeline([*steps, HistGradientBoostingClassifier(max_iter=60)], target="returned").run(orders, track=False)
run.model

# %%
# In another process
# ------------------
# The model is saved in a folder of JSON, Arrow and native files, with the source of ``per_item`` and ``Clip``. A new
# process that cannot import this script loads it and predicts five orders.

own = ExitStack()
place = Path(own.enter_context(TemporaryDirectory()))
folder = run.save(place / "returns-model")
request = orders.drop(columns="returned").head(5)
program = (
    "import io, sys, mlsys, pandas as pd; "
    "rows = pd.read_json(io.StringIO(sys.stdin.read()), orient='split', precise_float=True); "
    "print(mlsys.load('returns-model').predict(rows)['probability_True'].tolist())"
)
answered = subprocess.run(
    [sys.executable, "-I", "-c", program],
    cwd=place,
    input=request.to_json(orient="split", double_precision=15),
    capture_output=True,
    text=True,
    check=True,
)
elsewhere, here = json.loads(answered.stdout), run.predict(request)["probability_True"].tolist()
pd.DataFrame({"here": here, "elsewhere": elsewhere, "equal": [a == b for a, b in zip(here, elsewhere, strict=True)]})

# %%
# A run that is recorded in MLflow performs this check automatically before the model is logged: if a single bit of 50
# rows differs, the run is kept, the model is withheld, and the message names the column and rows.
#
# Untidy requests
# ---------------
# Columns in another order, additional columns, JSON types, a missing column that was null in some training rows.

rough = pd.DataFrame(
    [
        {"member": 1, "weather": "fine", "country": "FR", "items": 2.0, "price": 80},
        {"member": None, "weather": "rain", "country": "never seen", "items": 3.0, "price": None},
    ]
)
run.predict(rough)

# %%
# An unusable request is refused with a message that names the column. Over HTTP the same message is returned with
# status 400.

wrong = {
    "text for a number": rough.assign(price="cheap"),
    "part of an item": rough.assign(items=2.5),
    "no price": rough.drop(columns="price"),
    "a misspelled name": rough.assign(dayss=3),
}
said = {}
for case, sent in wrong.items():
    try:
        run.predict(sent)
    except DataError as error:
        said[case] = error.problem
pd.Series(said, name="refused because").to_frame()

# %%
# How long does an answer take?
# -----------------------------
# A shop asks for one order at a time. How much do the steps add to the time of the estimator?

estimator = run.state("Train")["estimator"]
given = dict(run.model.steps)
features = run.frame("train", after="OneHot")[list(given["Train"].features)].head(1)


def milliseconds(call, times: int = 200) -> np.ndarray:
    """Time a call repeatedly, without the first calls, which warm up."""
    found = []
    for _ in range(times + 20):
        begin = time.perf_counter()
        call()
        found.append((time.perf_counter() - begin) * 1000)
    return np.array(found[20:])


one = request.head(1)
took = {
    "the model": milliseconds(lambda: run.predict(one)),
    "its estimator alone": milliseconds(lambda: estimator.predict_proba(features)),
}
figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
for height, (name, values) in enumerate(took.items()):
    fastest = np.sort(values)[: int(len(values) * 0.99)]
    ax.plot(fastest, height + np.linspace(-0.15, 0.15, len(fastest)), ".", ms=3, color="#0b6e99")
    words = f"{name}: {np.median(values):.1f} ms at the median"
    ax.annotate(words, (fastest[0], height + 0.25), color="#333333")
ax.set(xlabel="milliseconds for one row (fastest 99 of 100)", yticks=[], ylim=(-0.5, 1.6), xlim=(0, None))
ax.spines[["top", "right", "left"]].set_visible(False)

# %%
# To serve a registered model: ``mlflow models serve -m models:/returns@champion --env-manager local``. :doc:`/serving`
# lists all forms of requests, and shows how to promote a version and roll it back.
