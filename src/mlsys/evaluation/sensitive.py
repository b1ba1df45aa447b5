"""Sensitive columns: rates of each group with intervals, and the widest gap between two groups with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.evaluation._metric import Metric
from mlsys.evaluation.fairness import GAP, criteria, widest_gap
from mlsys.evaluation.intervals import Interval, metric_interval
from mlsys.evaluation.judging import Judge
from mlsys.evaluation.metrics import compared_rates
from mlsys.evaluation.slicing import Slice

SHARE = (0.0, 1.0)
"""Bounds of a rate that has a ratio."""


@dataclass(frozen=True)
class Groups:
    """Groups of sensitive columns; made by :func:`compared`.

    Parameters
    ----------
    table : DataFrame
        One row a group and rate: ``column``, ``slice``, ``metric``, ``value``, ``lower``, ``upper``, ``n`` (rows the
        rate is of), ``verdict``. Slice intervals hold simultaneously.
    gaps : DataFrame
        One row a column and rate: ``gap`` between the groups ``highest`` and ``lowest``, ``lower``, ``upper``; their
        ``ratio`` with ``ratio_lower`` and ``ratio_upper``; how many ``groups`` are compared, and which are
        ``too_small``.
    fairness : DataFrame
        Of two classes, one row a column and criterion, such as equalized odds: the widest gap and the least ratio of
        its rates, with the columns of ``gaps``.
    """

    table: pd.DataFrame
    gaps: pd.DataFrame
    fairness: pd.DataFrame

    def beside(self, by_slice: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the rates of groups that are not among the scores of slices already."""
        there = {(row["slice"], row["metric"]) for row in by_slice}
        rows = self.table.drop(columns="column").to_dict("records")
        return [{str(key): value for key, value in row.items()} for row in rows
                if (row["slice"], row["metric"]) not in there]  # fmt: skip

    @property
    def scalars(self) -> dict[str, float]:
        """Gaps by rate and column, and equalized odds by column."""
        gaps, fairness = (each[each["groups"] > 1].to_dict("records") for each in (self.gaps, self.fairness))
        odds = [row for row in fairness if row["criterion"] == "equalized_odds"]
        return {f"{row['metric']}_gap/{row['column']}": float(row["gap"]) for row in gaps} | {
            f"equalized_odds_gap/{row['column']}": float(row["gap"]) for row in odds
        }

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables of an evaluation; those without rows are left out."""
        named = {"groups": self.table, "gaps": self.gaps, "fairness": self.fairness}
        return {name: each for name, each in named.items() if len(each) or (name == "gaps" and len(self.table))}

    def sentence(self, column: str, scores: Sequence[Mapping[str, Any]], headline: Metric) -> str:
        """Describe the widest gap of a column, and the groups for which the headline metric is worse.

        Parameters
        ----------
        column : str
            A sensitive one. The widest of its gaps is the one whose interval begins highest.
        scores : sequence of mapping
            Of all slices, with their verdicts.
        headline : Metric
            Of the evaluation.
        """
        groups = set(self.table.loc[self.table["column"] == column, "slice"])
        worse = [
            str(row["slice"])
            for row in scores
            if row["slice"] in groups and row["metric"] == headline.name and row["verdict"] == "worse"
        ]
        return self._widest(column) + (f"; {headline.name} is worse: {', '.join(worse)}" if worse else "")

    def _widest(self, column: str) -> str:
        mine = self.gaps[self.gaps["column"] == column]
        known = mine[mine["groups"] > 1].sort_values(["lower", "gap"], ascending=False, kind="stable")
        if known.empty:
            return "too few groups with enough rows to compare"
        row = known.iloc[0]
        ends = self.table[self.table["metric"] == row["metric"]].set_index("slice")["value"]
        said = (
            f"{row['metric']} from {ends[row['lowest']]:.3f} ({row['lowest']}) to {ends[row['highest']]:.3f} "
            f"({row['highest']}), gap {row['gap']:.3f} [{row['lower']:.3f}, {row['upper']:.3f}]"
        )
        if len(known) > 1:
            said += f", the widest of {len(known)} rates"
        odds = self.fairness[(self.fairness["column"] == column) & (self.fairness["criterion"] == "equalized_odds")]
        for each in odds[odds["groups"] > 1].to_dict("records"):
            said += f"; equalized odds {each['gap']:.3f} [{each['lower']:.3f}, {each['upper']:.3f}]"
        if not row["lower"] > 0:
            said += "; no gap differs significantly from zero"
        return f"{said}; too few rows to say: {row['too_small']}" if row["too_small"] else said


def compared(slices: Sequence[Slice], columns: Sequence[str], scored: pd.DataFrame, judge: Judge) -> Groups:
    """Compare the groups of sensitive columns.

    Parameters
    ----------
    slices : sequence of Slice
        All slices; those of ``columns`` are groups, null and quarters of a number among them.
    columns : sequence of str
        Sensitive ones.
    scored : DataFrame
        Rows that judge.
    judge : Judge
        Task, classes, level.
    """
    level, rows, gaps, fairness = judge.for_slices(len(slices)).level, [], [], []
    for column in columns:
        groups = [each for each in slices if each.column == column and each.mask.any()]
        by_rate = {
            rate.name: {each.name: _rated(rate, scored[each.mask], judge) for each in groups}
            for rate in compared_rates(judge.task)
        }
        fairness += [{"column": column, **row} for row in criteria(by_rate, judge.level)]
        for rate in compared_rates(judge.task):
            rated = by_rate[rate.name]
            for name, at in rated.items():
                found = at(level)
                rows.append(
                    {"column": column, "slice": name, "metric": rate.name, "value": found.value, "lower": found.lower,
                     "upper": found.upper, "n": found.n, "verdict": found.note}
                )  # fmt: skip
            gaps.append({"column": column, "metric": rate.name, **widest_gap(rated, judge.level, rate.bounds == SHARE)})
    named = ["column", "slice", "metric", "value", "lower", "upper", "n", "verdict"]
    return Groups(
        pd.DataFrame(rows, columns=named),
        pd.DataFrame(gaps, columns=["column", "metric", *GAP]),
        pd.DataFrame(fairness, columns=["column", "criterion", "rates", *GAP]),
    )


def _rated(rate: Metric, scored: pd.DataFrame, judge: Judge) -> Callable[[float], Interval]:
    """Return what gives a rate's interval at a level."""
    sample, group = judge.sample(scored), scored.get("group")

    def at(level: float) -> Interval:
        return metric_interval(rate, sample, level, group=group)

    return at
