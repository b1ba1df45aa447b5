"""
From events to a model that is kept alive
=========================================

A lender decides on applications by the chance of default within 90 days. This is the whole way: from raw events to a
registered model, the change that made it worse, the advice to retrain, its successor, and the way back.
"""

# %%
# What is known on the first of May
# ---------------------------------
# Events arrive one by one: an application, a report of the credit bureau, a default. ``known_by`` makes tables of those
# known on a day; defaults that came later are not in them.

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import (
    AsOfJoin,
    Calibrate,
    Cost,
    Evaluate,
    Gate,
    Impute,
    Monitor,
    NaturalLabel,
    OneHot,
    Pipeline,
    RetrainPolicy,
    TimeSplit,
    Train,
    beats,
    label_delays,
    metric,
)

sys.path.insert(0, str(Path(__file__).parent if "__file__" in globals() else Path.cwd()))
from events import known_by, made

events = made()
loans, reports = known_by(events, "2025-05-01")
loans.tail(3)

# %%
# How long must a loan be watched?
# --------------------------------
# Nearly all who default do so within 90 days.

delays = label_delays(
    loans[loans["defaulted_at"].notna()], time="applied_at", known_at="defaulted_at", now="2025-05-01"
)
delays.within(0.95)

# %%
# The pipeline
# ------------
# The bureau's report is the last one before the application. A label is unknown until its 90 days have passed. Rows
# whose label was not known when the judged rows begin are not learned from.


def last_report(reports: pd.DataFrame) -> AsOfJoin:
    """Return the step that adds the bureau's last report before the application."""
    columns = ["open_credits", "late_before"]
    return AsOfJoin(reports, "customer", "reported_at", columns, known_after="0s", at="applied_at")


def outcome(day: str | pd.Timestamp) -> NaturalLabel:
    """Return the label as it is known on a day."""
    return NaturalLabel("defaulted", event_at="defaulted_at", since="applied_at", window="90D", until=day)


def pipeline_on(day: str, reports: pd.DataFrame, validation: str, test: str) -> Pipeline:
    """Return the pipeline as of a day, judged from ``validation`` on."""
    return Pipeline(
        [
            last_report(reports),
            outcome(day),
            TimeSplit(validation=validation, test=test),
            Impute(),
            OneHot(["purpose", "channel"]),
            Train(HistGradientBoostingClassifier(max_iter=80, learning_rate=0.05)),
            Calibrate(),
            Evaluate(slices=["channel"], value=Cost(missed=8, false_alarm=1)),
        ],
        target="defaulted",
        time="applied_at",
        id="loan",
        exclude=["customer"],
        name="loans",
    )


run = pipeline_on("2025-05-01", reports, validation="2024-11-01", test="2024-12-15").run(loans)
run

# %%
# A gate decides
# --------------
# The test rows are opened once, which is recorded: a second opening needs a reason. The first version goes live.

gate = Gate(metric("roc_auc").lower >= 0.65, beats("zero_rule"))
first = run.final_test().register("loans", alias="champion", gate=gate, reason="a story that is run repeatedly")
first

# %%
# Watched from May on
# -------------------
# The monitor knows the rows that judged the run. Every other Monday it is shown the applications of two weeks, and
# labels that are known by then, those of loans between 90 and 146 days old. In July partners begin to send
# applications, whose customers state their incomes themselves.

monitor = Monitor.from_run(run, budget="1 false page per 90 days", every="14D")


def night(monday: pd.Timestamp) -> None:
    """Check what came in the two weeks before a day."""
    rows, known_reports = known_by(events, monday)
    rows = last_report(known_reports).apply(rows)
    age = (monday - rows["applied_at"]) / pd.Timedelta("1D")
    matured = rows[age.between(90, 146)]
    labels = run.predict(matured)[["probability_True"]].assign(defaulted=outcome(monday).labels(matured))
    monitor.check(rows[age < 14], labels=labels)


for monday in pd.date_range("2025-05-12", "2026-03-02", freq="14D"):
    night(monday)

monitor.history

# %%
# What was known when
# -------------------
# The applications look different at once: a ticket. But the model believes the stated incomes, so what its predictions
# let one expect is *fewer* errors. The truth comes with the labels, after 90 days: a page.

history = monitor.history.table
when = history["time"].dt.tz_localize(None)
figure, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
ax.fill_between(when, history["loss_lower"], history["loss_upper"], color="#0b6e99", alpha=0.15, linewidth=0)
ax.plot(when, history["loss"], color="#0b6e99")
ax.plot(when, history["estimate"], color="#777777")
for level, colour, height in (("ticket", "#d98e04", 0.085), ("page", "#b3405b", 0.078)):
    hit = when[history["level"] == level]
    ax.plot(hit, [height] * len(hit), "|", color=colour, markersize=9, markeredgewidth=2)
    ax.annotate(level, (hit.iloc[-1], height), (8, -3), textcoords="offset points", color=colour, fontsize=9)
begin = float(date2num(pd.Timestamp("2025-07-01")))
ax.axvline(begin, color="#777777", linewidth=1, linestyle=":")
ax.annotate("partners begin", (begin, 0.215), (4, 0), textcoords="offset points", fontsize=9, color="#777777")
ax.annotate(
    "errors that labels show",
    (when.iloc[13], history["loss"].iloc[13]),
    (-8, 6),
    ha="right",
    textcoords="offset points",
    color="#0b6e99",
)
ax.annotate(
    "errors expected without labels",
    (when.iloc[9], history["estimate"].iloc[9]),
    (-60, -32),
    textcoords="offset points",
    color="#777777",
)
ax.set_ylabel("error rate")
ax.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
ax.spines[["top", "right"]].set_visible(False)

# %%
# Is a training worth it?
# -----------------------
# An error costs 300, a training with its checks 5,000.

policy = RetrainPolicy(cost_retrain=5_000, cost_per_error=300)
policy.advise(monitor.history)

# %%
# The second model
# ----------------
# On the second of March there are labels of partners' loans to learn from, and others to judge by. The gate asks
# whether the new model beats the champion on the same rows.

loans, reports = known_by(events, "2026-03-02")
newer = pipeline_on("2026-03-02", reports, validation="2025-11-01", test="2025-11-24")
done = newer.retrain(
    "loans@champion",
    data=loans,
    gate=Gate(metric("roc_auc").lower >= 0.65, beats("@champion")),
    policy=policy,
    history=monitor.history,
)
done

# %%
# The way back
# ------------
# Should the new model do harm, the alias goes back. Nothing was lost: both versions stay in the registry.

done.roll_back()
