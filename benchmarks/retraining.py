"""When to retrain: what policies would have cost on Elec2, beside the optimum in hindsight.

Run: ``python benchmarks/retraining.py --data /path/to/elec2.csv`` (Harries 1999: New South Wales electricity, 1996 to
1998, half-hourly; 45,312 rows). Writes ``docs/benchmarks/retraining.rst``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from measuring import table, write_page
from mlsys import RetrainPolicy, training_history
from mlsys.drift import TrainingHistory
from retraining_rules import RULES, WithRule

PRICES = (10, 25, 50, 100, 200)
STEPS = (4, 13)
TEXT = """
Whether the price of electricity rises, from six columns; {rows:,} half-hours of 1996 to 1998, {periods} weeks of 336
decisions. A model is trained before each week on the 13 weeks before, or on all of them; each is evaluated on every
later week. Replays begin after a fifth of the weeks. One error costs 1; a training costs as many errors as the table
says: a week has about 80 errors. Costs are those of errors and of trainings.

{costs}

*Above hindsight*: the cost beyond that of the trainings that dynamic programming chooses with all losses known.
*Best fixed*: the cheapest of never, and of every 1, 2, 4, 8, 13, 26 and 52 weeks, also known only afterwards. The goals
were at most 15 % above hindsight, and less than never and every *k* weeks. The first is reached in {within} of {cases}
lines, the largest being {worst:.1%}. The policy costs less than never in {never} lines, less than every 4 weeks in
{monthly}, less than every 13 weeks in {quarterly}, less than on alarm in {alarm}, and less than the best fixed schedule
in {best}: which of these would be best nobody knows beforehand. Never is within 15 % of hindsight in {never_within}
lines, every 4 weeks in {monthly_within}, every 13 in {quarterly_within}.

Other rules
-----------

{rules}

The same lines with other rules in place of the policy's: costs beyond hindsight on average and at most, and in how many
lines they are under never and under the best fixed schedule. None is under never much more often: on these weeks
hindsight itself saves {saved:.1%} of never's cost on average, with {trainings:.1f} trainings, and a rule that waits
until a training has proven its worth has lost about the price by then. To be under never everywhere, a rule would have
to know that an old model will go on losing.

What newer data is worth
------------------------

{curve}

Errors beyond those of the newest model on the same weeks, with 95 % intervals; logistic regression, 13 weeks.

Starting afresh, or going on
----------------------------

A linear model by gradient descent, trained afresh on all weeks before, or going on with the newest week alone. A
training costs 50, an update 5.

{stateful}
"""


def linear() -> object:
    return make_pipeline(StandardScaler(), LogisticRegression())


def boosted() -> object:
    return HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=15, random_state=0)


def histories(frame: pd.DataFrame, only_linear: bool) -> dict[str, TrainingHistory]:
    """Return losses by model."""
    return {
        f"{name}, {window or 'all'}": training_history(
            make(), frame, target="target", time="time", every="7D", window=window, start=13
        )
        for name, make, window in (
            ("logistic regression", linear, "91D"),
            ("logistic regression", linear, None),
            ("boosted trees", boosted, "91D"),
        )
        if not only_linear or make is linear
    }


def rules(found: dict[str, TrainingHistory]) -> tuple[str, float, float]:
    """Return the table of other rules, the share of never's cost that hindsight saves, and its trainings."""
    rows, saved, trainings = [], [], []
    for name, rule in RULES.items():
        above, never, best = [], 0, 0
        for history in found.values():
            for delay in (None, "14D"):
                for price in PRICES:
                    table_of = WithRule(price, 1, label_delay=delay, rule=rule).replay(history).table
                    replay = table_of.set_index("strategy")
                    cost = replay["cost"]
                    fixed = cost[cost.index.str.startswith(("never", "every"))].min()
                    above.append(cost["this policy"] / cost["in hindsight"] - 1)
                    never, best = never + (cost["this policy"] < cost["never"]), best + (cost["this policy"] < fixed)
                    saved.append(1 - cost["in hindsight"] / cost["never"])
                    trainings.append(replay.loc["in hindsight", "trainings"])
        rows.append((name, f"{np.mean(above):.1%}", f"{np.max(above):.1%}", f"{never} of {len(above)}", str(best)))
    head = ["rule", "beyond hindsight", "at most", "under never", "under the best fixed"]
    return table(head, rows), float(np.mean(saved)), float(np.mean(trainings))


def costs(found: dict[str, TrainingHistory]) -> pd.DataFrame:
    """Return one line for each model, price and delay of labels."""
    lines = []
    for name, history in found.items():
        for delay in (None, "14D"):
            for price in PRICES:
                replay = RetrainPolicy(price, 1, label_delay=delay).replay(history).table.set_index("strategy")
                fixed = replay[replay.index.str.startswith(("never", "every"))]["cost"]
                cost = replay["cost"]
                lines.append({
                    "model": name, "labels after": delay or "0", "price": price,
                    "trainings": replay.loc["this policy", "trainings"], "cost": cost["this policy"],
                    "above hindsight": cost["this policy"] / cost["in hindsight"] - 1,
                    "never": cost["never"], "every 4": cost["every 4 periods"], "every 13": cost["every 13 periods"],
                    "on alarm": cost["on alarm"], "best fixed": fixed.min(), "which": fixed.idxmin(),
                    "hindsight": cost["in hindsight"],
                })  # fmt: skip
    return pd.DataFrame(lines)


def shown(lines: pd.DataFrame) -> str:
    made = [
        (row["model"], row["labels after"], row["price"], row["trainings"], f"{row['cost']:,.0f}",
         f"{row['above hindsight']:.1%}", f"{row['never']:,.0f}", f"{row['every 4']:,.0f}", f"{row['every 13']:,.0f}",
         f"{row['on alarm']:,.0f}", f"{row['best fixed']:,.0f} ({row['which'].removesuffix(' periods')})",
         f"{row['hindsight']:,.0f}")
        for _, row in lines.iterrows()
    ]  # fmt: skip
    head = ["model, window", "labels after", "price", "trainings", "policy", "above hindsight", "never", "every 4",
            "every 13", "on alarm", "best fixed", "hindsight"]  # fmt: skip
    return table(head, made)


def going_on(frame: pd.DataFrame) -> str:
    scaled = frame.copy()
    names = [name for name in frame.columns if name not in {"time", "target"}]
    first = scaled.loc[: 13 * 336, names]  # the scale of what was known before the first model served
    scaled[names] = (scaled[names] - first.mean()) / first.std().clip(lower=1e-3)
    model = SGDClassifier(loss="log_loss", max_iter=5, tol=None, average=True, random_state=0)
    both = {
        name: training_history(model, scaled, target="target", time="time", every="7D", start=13, stateful=stateful)
        for name, stateful in (("afresh", False), ("going on", True))
    }
    found = RetrainPolicy(50, 1, cost_update=5).replay(both).table
    kept = found[found["strategy"].isin(["this policy", "never", "every period", "every 4 periods", "in hindsight"])]
    return table(["training", "strategy", "trainings", "errors a decision", "cost"],
                 [(row.training, row.strategy, row.trainings, f"{row.loss:.4f}", f"{row.cost:,.0f}")
                  for row in kept.itertuples()])  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument("--linear", action="store_true", help="leave the boosted trees out, which take minutes")
    given = asked.parse_args()
    frame = pd.read_csv(given.data)
    frame["time"] = pd.date_range("1996-05-07", periods=len(frame), freq="30min")
    found = histories(frame, given.linear)
    lines = costs(found)
    curve = found["logistic regression, 91D"].freshness_curve().table
    own, least = lines["cost"], lines["hindsight"]
    others, saved, trainings = rules(found)
    text = TEXT.format(
        rules=others, saved=saved, trainings=trainings,
        rows=len(frame), periods=len(found["logistic regression, 91D"].periods), costs=shown(lines), cases=len(lines),
        within=int((own <= 1.15 * least).sum()), worst=lines["above hindsight"].max(),
        never=int((own < lines["never"]).sum()), monthly=int((own < lines["every 4"]).sum()),
        quarterly=int((own < lines["every 13"]).sum()), alarm=int((own < lines["on alarm"]).sum()),
        best=int((own < lines["best fixed"]).sum()), never_within=int((lines["never"] <= 1.15 * least).sum()),
        monthly_within=int((lines["every 4"] <= 1.15 * least).sum()),
        quarterly_within=int((lines["every 13"] <= 1.15 * least).sum()),
        curve=table(["weeks older", "errors beyond", "interval", "weeks"],
                    [(row.age, f"{row.extra:.4f}", f"[{row.lower:.4f}, {row.upper:.4f}]", row.periods)
                     for row in curve.itertuples() if row.age in {1, 2, 4, 8, 13, 26, 52}]),
        stateful=going_on(frame),
    )  # fmt: skip
    command = f"python benchmarks/retraining.py --data elec2.csv{' --linear' if given.linear else ''}"
    write_page("retraining", "When to retrain", command, text)


if __name__ == "__main__":
    main()
