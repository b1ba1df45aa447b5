"""How often the intervals of an evaluation hold the truth, by rows, prevalence and metric, with rows in groups too.

Simulated: a score that is normal for either class, told apart by 1.5 standard deviations, so that every true value is
known from very many rows. Writes ``docs/benchmarks/coverage_of_scores.rst``.

Run: ``python benchmarks/coverage_of_scores.py``
"""

from __future__ import annotations

import argparse
import functools
import sys
import zlib

import numpy as np
import pandas as pd

from measuring import table, write_page
from mlsys.dataset import Event
from mlsys.evaluation.intervals import metric_interval
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.sample import Sample

METRICS = ("accuracy", "recall", "precision", "false_positive_rate", "f1", "balanced_accuracy", "mcc", "roc_auc",
           "average_precision", "log_loss", "brier")  # fmt: skip
ROWS, PREVALENCES = (50, 200, 1_000, 10_000), (0.5, 0.05, 0.01)
APART, MANY, IN_A_GROUP, ALIKE = 1.5, 2_000_000, 5, 1.0
"""Standard deviations between the classes; rows that truth is known from; rows of a group, and how they vary as one."""
EVENT = Event(1)


def made(rows: int, prevalence: float, rng: np.random.Generator, grouped: bool) -> Sample:
    """Return scored rows; rows of a group share a part of their score and of their chance to be events."""
    groups = np.arange(rows) // IN_A_GROUP if grouped else np.arange(rows)
    shared = ALIKE * rng.normal(size=groups[-1] + 1)[groups] if grouped else np.zeros(rows)
    logit = np.log(prevalence / (1 - prevalence))
    chance = 1 / (1 + np.exp(-(logit + shared))) if grouped else np.full(rows, prevalence)
    y = rng.random(rows) < chance
    score = rng.normal(size=rows) + APART * y + 0.5 * shared
    p = 1 / (1 + np.exp(-(logit + APART * score - APART**2 / 2)))
    return Sample(y.astype(float), (p >= 0.5 * (prevalence**0.5)).astype(float), np.column_stack([1 - p, p]),
                  np.ones(rows), ("0", "1"))  # fmt: skip


@functools.cache
def true_values(prevalence: float, grouped: bool, names: tuple[str, ...]) -> dict[str, float]:
    """Return the value of each metric of very many rows."""
    many = made(MANY, prevalence, np.random.default_rng(1), grouped)
    return {name: metric_named(name)(many) for name in names}


def covered(
    rows: int, prevalence: float, sets: int, grouped: bool, names: tuple[str, ...]
) -> dict[str, tuple[int, int]]:
    """Return for each metric how many intervals there were, and how many held the truth."""
    rng = np.random.default_rng([rows, zlib.crc32(f"{prevalence}{grouped}".encode())])
    metrics = {name: metric_named(name) for name in names}
    truth = true_values(prevalence, grouped, names)
    found = dict.fromkeys(names, (0, 0))
    group = pd.Series(np.arange(rows) // IN_A_GROUP) if grouped else None
    for number in range(sets):
        sample = made(rows, prevalence, rng, grouped)
        for name, metric in metrics.items():
            one = metric_interval(metric, sample, seed=number, group=group)
            given, held = found[name]
            found[name] = (given + np.isfinite(one.lower), held + (one.lower <= truth[name] <= one.upper))
    return found


def cell(counts: tuple[int, int], sets: int) -> str:
    """Return coverage in per cent, and the share of data sets in which there is no interval where it is not 0."""
    given, held = counts
    silent = f" ({1 - given / sets:.0%})" if given < sets else ""
    return (f"{100 * held / given:.1f}" if given >= sets / 20 else "-") + silent


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sets", type=int, default=4_000, help="data sets for each cell")
    asked.add_argument("--most-rows", type=int, default=10_000)
    asked.add_argument("--metrics", nargs="+", default=METRICS)
    given = asked.parse_args()
    pages = []
    for grouped in (False, True):
        body: dict[str, list[str]] = {name: [] for name in given.metrics}
        header = ["metric"]
        for rows in (each for each in ROWS if each <= given.most_rows):
            for prevalence in PREVALENCES:
                header.append(f"{rows:,} x {prevalence:g}")
                counts = covered(rows, prevalence, given.sets, grouped, tuple(given.metrics))
                print(header[-1], {name: cell(each, given.sets) for name, each in counts.items()}, file=sys.stderr)
                for name, each in counts.items():
                    body[name].append(cell(each, given.sets))
        pages.append(table(header, [[name, *cells] for name, cells in body.items()]))
    error = 100 * np.sqrt(0.95 * 0.05 / given.sets)
    text = f"""
Per cent of {given.sets:,} simulated data sets whose 95 % interval holds the true value, for rows x share of events,
with a standard error of {error:.1f}. In brackets: the share of data sets in which the evaluation says *not enough
data*, or that the metric is not defined, in place of an interval; they are left out of the coverage. A dash: hardly any
interval. Where most data sets say so, those that are left have more events than usual, and their scores are not
those of all. Shares of a few rows or groups take few values, and cover a little more than 95 %.

Independent rows
----------------

{pages[0]}

Rows in groups of {IN_A_GROUP}
-------------------

Rows of a group share a part of their score and of their chance to be events, and there is a group role.

{pages[1]}
"""
    command = "python benchmarks/coverage_of_scores.py"
    write_page("coverage_of_scores", "Coverage of intervals of scores", command, text)


if __name__ == "__main__":
    main()
