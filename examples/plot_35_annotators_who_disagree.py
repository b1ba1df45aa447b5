"""
Five annotators who disagree
============================

Five people label the same messages. One is careful, two are hasty, one takes news for spam, and one copies from a
neighbour. How far do they agree, whom should one believe, and which messages must be looked at again?
"""

# %%
# Who labels what
# ---------------
# A plan lets several people see the same item: without overlap nobody can know how far they agree. The people of this
# example are made up, so that the truth is known.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlsys import HandLabels, LabelModel, Votes

rng = np.random.default_rng(1)
classes = np.array(["mail", "news", "spam"])
messages = [f"m{number}" for number in range(400)]
truth = pd.Series(rng.choice(classes, 400, p=[0.5, 0.3, 0.2]), index=messages)
hands = HandLabels(["ada", "ben", "cleo", "dan", "eve"], overlap=1.0, each=5)
hands.plan(messages).head(3)


# %%
def labelled(by: str) -> pd.Series:
    """Return what each person says of every message."""
    wrong = pd.Series(rng.choice(classes, 400), index=messages)
    if by == "dan":
        return truth.where(truth != "news", pd.Series(np.where(rng.random(400) < 0.7, "spam", "news"), index=messages))
    share = {"ada": 0.95, "ben": 0.62, "cleo": 0.6}[by]
    return truth.where(rng.random(400) < share, wrong)


said = pd.DataFrame({name: labelled(name) for name in ("ada", "ben", "cleo", "dan")})
said["eve"] = said["cleo"].where(rng.random(400) < 0.97, "mail")
votes = Votes.of(said, kind="annotator", time="2024-05-01")

# %%
# How far do they agree?
# ----------------------
# Krippendorff's alpha is 1 for full agreement and 0 for chance. Pairs show more: two who agree with each other far more
# than with anybody else.

agreed = hands.agreement(votes)
agreed

# %%
agreed.tables["pairs"].sort_values("kappa", ascending=False).head(3).round(2)

# %%
# Whom to believe?
# ----------------
# The label model estimates from agreement alone how often each is right. Who repeats another counts as one with them,
# which is a finding.

learned = LabelModel().fit(votes)
learned

# %%
# The intervals hold the truth, which was not used. What one vote counts is written beside each name.

table = learned.table.set_index("source")
right = said.eq(truth, axis=0).mean()
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for place, name in enumerate(table.index.astype("str")):
    row = table.loc[name]
    ax.plot([row["lower"], row["upper"]], [place, place], color="#0072b2", linewidth=3, solid_capstyle="round")
    ax.plot(right[name], place, "o", color="#d55e00", zorder=3)
ax.annotate("in truth", (right["ada"], 0), xytext=(0, -14), textcoords="offset points", color="#d55e00", ha="center")
start = table["lower"].iloc[0]
ax.annotate("estimated", (start, 0), (-6, 0), textcoords="offset points", color="#0072b2", ha="right", va="center")
ax.set_yticks(range(len(table)), [f"{name} (counts {row['weight']:.2f})" for name, row in table.iterrows()])
ax.set(xlabel="share of votes that are right", xlim=(0.4, 1.02), ylim=(len(table) - 0.4, -0.9))
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Labels by the model and by majority:

learned.score(votes, truth)

# %%
# Dan's mistakes have a pattern, and the model learns it: when he says spam, it may be news. A majority cannot.
#
# What to look at again
# ---------------------
# The queue holds the items on which people differ most. What is settled is gold from then on: it is the label, and it
# judges everybody else.

queue = hands.queue(votes)
queue.head(3)

# %%
decided = {item: truth[item] for item in queue["item"].head(40)}
settled = hands.adjudicate(votes, decided, by="editor")
hands.report(settled)[["source", "votes", "with_others", "accuracy", "gold_votes", "gold_accuracy"]].round(2)

# %%
# Of the disputed items nobody is right as often as of all: gold of a queue is no random sample, and its shares are
# not those of all items. A label can be traced to who voted what, and how it was decided.

LabelModel().fit(settled).trace(settled, queue["item"][0])
