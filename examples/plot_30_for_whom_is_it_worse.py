"""
For whom is it worse?
=====================

A model that is right nine times out of ten may be right six times out of ten for some people. Nobody knows which
combination of columns describes them. How are they found, and how is a real weakness told from bad luck?
"""

# %%
# Synthetic data: who repays a loan
# ---------------------------------
# Repayment follows income and debt. Applications from the north that arrive by phone were typed in by hand, so their
# incomes are of no use; nobody wrote that down. Some incomes are missing.

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Evaluate, FindSlices, Pipeline, find_slices

rng = np.random.default_rng(4)
rows = 16_000
applicants = pd.DataFrame(
    {
        "age": rng.integers(18, 75, rows),
        "region": rng.choice(["north", "south", "east", "west"], rows),
        "channel": rng.choice(["web", "phone", "branch"], rows, p=[0.5, 0.3, 0.2]),
        "sex": rng.choice(["female", "male"], rows),
        "debt": rng.normal(3, 0.7, rows),
    }
)
income = rng.normal(3, 1, rows)
applicants["repaid"] = rng.random(rows) < 1 / (1 + np.exp(-4 * (income - applicants["debt"])))
typed = (applicants["region"] == "north") & (applicants["channel"] == "phone")
applicants["income"] = np.where(typed, rng.normal(3, 1, rows), income)
applicants.loc[rng.random(rows) < 0.05, "income"] = np.nan

# %%
# Slices that somebody names
# --------------------------
# ``Evaluate`` looks at the columns and crossings that it is asked about. ``FindSlices`` looks at all combinations of up
# to three conditions. Half of the validation rows propose slices; the other half, which the search never saw, decides.

run = Pipeline(
    [
        HistGradientBoostingClassifier(random_state=0),
        Evaluate(["accuracy"], slices=["region", ("sex", "region")]),
        FindSlices(),
    ],
    target="repaid",
    sensitive=["sex"],
    name="loans",
).run(applicants)
slices = run.reports["slices"]
slices

# %%
# Neither the region nor the channel is the reason, but both together; and applicants without an income:

slices.plot()

# %%
# ``table`` has the error on the rows that proposed a slice (``found``) beside that on those that confirm it
# (``value``). What was found is usually worse: the worst of thousands of slices was chosen.

slices.table[["slice", "found", "value", "lower", "upper", "n", "verdict"]].round(3)

# %%
# The rows themselves, the worst first. They stay on this machine:

slices.rows().head()

# %%
# Is it noise?
# ------------
# The same search on errors that were shuffled finds slices too. On the rows that propose them they look bad; the
# other rows do not confirm them.

wrong = (run.predictions["validation"]["prediction"] != run.frame("validation")["repaid"]).to_numpy()
shuffled = find_slices(run.frame("validation")[["age", "region", "channel", "debt"]], error=rng.permutation(wrong))
shuffled.table[["slice", "found", "value", "verdict"]].head(4).round(3)

# %%
# Are the sexes treated alike?
# ----------------------------
# Differences between groups have intervals too, for the widest of all pairs of groups.

fairness = run.reports["evaluate"].tables["fairness"]
fairness[["criterion", "gap", "lower", "upper", "ratio", "ratio_lower", "ratio_upper"]].round(3)

# %%
# Test rows confirm
# -----------------
# With the test part open, all validation rows propose and all test rows confirm.

final = run.final_test().reports["slices"]
print(final.verdict, final.worse, sep="\n")

# %%
# See :ref:`finding_slices` for other rates, such as recall, and :class:`~mlsys.FindSlices` for what the search does.
