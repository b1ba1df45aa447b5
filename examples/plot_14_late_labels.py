"""
Labels arrive late: which rows can I train on today?
====================================================

When a shop ships an order, it wants to know whether the order will be returned. A return takes up to six weeks, so the
outcome of this month's orders is not known yet. Which of them can a model be trained on?
"""

# %%
# Synthetic data: orders of a growing shop, seen on the first of October
# ----------------------------------------------------------------------
# ``settled`` is the time when the outcome is known: the day a parcel comes back, or 42 days after shipping. If the shop
# counts only the returns so far, recent orders appear to be returned less often.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import NaturalLabel, OneHot, Pipeline, Standardize, TimeFolds, TimeSplit, Train

rng = np.random.default_rng(9)
rows = 60_000
days = 210 * np.sqrt(np.sort(rng.random(rows)))  # since the first of June; every month brings more orders
shipped = pd.Timestamp("2024-06-01") + pd.to_timedelta(days, unit="D").floor("s")
price = rng.gamma(2.0, 30.0, rows)
first = rng.random(rows) < 0.3
comes_back = rng.random(rows) < 1 / (1 + np.exp(2.2 - 0.012 * price - 0.9 * first))
takes = np.where(comes_back, rng.gamma(4.0, 5.0, rows).clip(1, 42), 42)
orders = pd.DataFrame(
    {
        "shipped": shipped,
        "price": price,
        "first_order": first,
        "country": rng.choice(["DE", "FR", "PL"], rows),
        "outcome": np.where(comes_back, "returned", "kept"),
        "settled": shipped + pd.to_timedelta(takes, unit="D").floor("s"),
    }
)
today = pd.Timestamp("2024-10-01")
sent = orders[orders["shipped"] < today]
came_back_so_far = (sent["outcome"] == "returned") & (sent["settled"] < today)

weeks = sent["shipped"].dt.to_period("W").dt.start_time
figure, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
for values, colour, said in (
    (sent["outcome"] == "returned", "#0b6e99", "will be returned"),
    (came_back_so_far, "#b3405b", "returned so far"),
):
    share = 100 * values.groupby(weeks).mean().iloc[:-1]
    ax.plot(share.index, share, color=colour)
    ax.annotate(said, (share.index[-1], share.iloc[-1]), xytext=(6, 4), textcoords="offset points", color=colour)
ax.set(xlabel="week of shipping", ylabel="orders (%)", ylim=(0, 40), xlim=(weeks.min(), pd.Timestamp("2024-11-10")))
ax.spines[["top", "right"]].set_visible(False)

# %%
# The wrong way: treat pending orders as kept
# -------------------------------------------
# A model trained on all orders so far, with "returned so far" as its label, underestimates returns: in the last six
# weeks of its training rows almost nothing has been returned yet.

features = ["price", "first_order", "country"]
steps = [Standardize(["price"]), OneHot(["country"]), Train(LogisticRegression())]
next_month = orders[orders["shipped"].between(today, "2024-10-31")]
told = sent.assign(returned=came_back_so_far)
parts = {"train": told, "validation": next_month.assign(returned=next_month["outcome"] == "returned")}
naive = Pipeline(steps, target="returned", features=features).run(parts, track=False)


def expected(run, part="validation"):
    """Return the share of returns that the model expects."""
    return run.predictions[part]["probability_True"].mean()


actual = parts["validation"]["returned"].mean()
print(f"expected returns of October's orders: {expected(naive):.1%}, actual: {actual:.1%}")

# %%
# The other wrong way: use outcomes that are not known yet
# --------------------------------------------------------
# In a table exported in December every outcome is filled in, and nothing shows that many outcomes of September were
# unknown on the first of October. A model that uses them scores well, but could not have been trained on that day. Here
# ``NaturalLabel`` declares when each label is known, the parts are given, and the run reports the problem.

label = NaturalLabel("returned", from_column="outcome", rule=lambda outcome: outcome == "returned", known_at="settled")
exported = {"train": sent, "validation": next_month}
future = Pipeline([label, *steps], target="returned", time="shipped", features=features).run(exported, track=False)
[finding for finding in future.findings if finding.code == "LK216"]

# %%
# Rows that can be used for training
# ----------------------------------
# ``TimeSplit`` selects the orders whose outcome was known on the day of training. In the last six weeks these are
# parcels that came back quickly; the outcome of a parcel that is kept is known only after 42 days. Training on quick
# returns without the kept parcels would reverse the error, so the embargo leaves out the whole period.

honest = Pipeline(
    [label, TimeSplit(validation="2024-10-01", test="2024-11-01", embargo="42D"), *steps],
    target="returned",
    time="shipped",
    features=features,
).run(orders, track=False)
honest

# %%
# Without the embargo:

hasty = honest.pipeline.replace(TimeSplit=TimeSplit(validation="2024-10-01", test="2024-11-01")).run(
    orders, track=False
)
expectations = pd.Series(
    {
        "trained on returns so far": expected(naive),
        "trained on settled orders": expected(hasty),
        "without the last six weeks": expected(honest),
        "actual": (next_month["outcome"] == "returned").mean(),
    },
    name="share of October's orders",
)
expectations

# %%
figure, ax = plt.subplots(figsize=(7.5, 2.2), layout="constrained")
colours = ["#b3405b", "#b3405b", "#0b6e99", "#222222"]
for place, share in enumerate(expectations):
    ax.plot([expectations.iloc[-1] * 100, share * 100], [place, place], color=colours[place], linewidth=2)
    ax.plot(share * 100, place, "o", color=colours[place])
    ax.text(share * 100, place - 0.25, f"{share:.1%}", ha="center", color=colours[place])
ax.axvline(expectations.iloc[-1] * 100, color="#8a8a8a", linewidth=0.8, linestyle=":")
ax.set_yticks(range(4), list(expectations.index))
ax.set(xlabel="orders returned (%)", ylim=(3.5, -0.7), xlim=(16, 36))
ax.spines[["top", "right"]].set_visible(False)

# %%
# Month after month
# -----------------
# Folds in time train each window only on labels that were known before it began.

folds = honest.pipeline.cross_validate(TimeFolds(3, size="28D", embargo="42D"), orders, track=False)
folds

# %%
# Try it on your frame
# --------------------
# Declare when each label is known, and set an embargo as long as labels take:
#
# .. code-block:: python
#
#    label = NaturalLabel("churned", from_column="cancelled_on", rule=..., known_at="observed_until")
#    split = TimeSplit(validation="28D", test="28D", embargo="90D")
#    Pipeline([label, split, *steps], target="churned", time="snapshot").run(df)
#
# :doc:`/splits` describes what each split guarantees; :doc:`/findings/LK216` describes the check for given parts.
