"""Rankings and sets of groups that follow a statistic over all rows exactly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.statistics import Match, Population

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

FEWEST = 20
"""Minimum number of groups; the order of fewer may be arbitrary."""
MOST = 2_000
"""Groups that are compared in pairs."""
STATISTICS = ("mean", "sum", "count", "max", "min")
CHANCE = 1e-9
"""Maximum probability of the same order by chance, for each of at most a few hundred statistics."""
SLIPS = 10
"""Pairs of groups that training rows put the other way round, from which on they do not explain an order. The true
order, known without noise, agrees with all rows and has so many slips in training rows in none of 300 simulations."""
OUT_OF_PLACE = 4
"""The same for a set: groups that stand on the wrong side of its bound."""


def orders(mapping: pd.Series, population: Population, without: Collection[str] = ()) -> Iterator[Match]:
    """Yield the group statistics that a mapping rises or falls with, without exception.

    Parameters
    ----------
    mapping : Series
        Numbers by group: ranks, levels, or 1 for the groups of a set and 0 for the others.
    population : Population
        The rows.
    without : collection of str
        Columns that were made with the mapping.
    """
    if len(mapping) < FEWEST:
        return
    for by in population.groupings(mapping.index):
        for statistic in STATISTICS:
            table = population.grouped(by, statistic).reindex(mapping.index)
            for name, column in table.items():
                if population.is_looked_at(str(name), without) or name == "":
                    if _follows(mapping, column) and _chance(mapping, column) < CHANCE:
                        yield Match(f"order of the {statistic}", str(name).partition("\0")[0], by)


def slips(mapping: pd.Series, population: Population, match: Match) -> bool:
    """Whether rows put groups in another order than a mapping does, beyond what chance and few rows bring.

    Examples
    --------
    >>> groups = [f"g{number}" for number in range(40) for _ in range(2)]
    >>> rows = pd.DataFrame({"g": groups, "y": np.arange(80.0)})
    >>> ranks = pd.Series(range(40), index=pd.Index([f"g{number}" for number in range(40)]))
    >>> rising = Match("order of the mean", "y", ("g",))
    >>> slips(ranks, Population("", rows), rising), slips(ranks, Population("", rows.assign(y=-1.0)), rising)
    (False, False)
    >>> slips(ranks, Population("", rows.assign(y=np.cos(rows["y"]))), rising)
    True
    """
    if any(name not in population.frame.columns for name in match.by):
        return False
    statistic = match.statistic.rpartition(" ")[2]
    table = population.grouped(match.by, statistic)
    here = mapping[mapping.index.isin(table.index)].iloc[:MOST]
    names = [name for name in table.columns if str(name).partition("\0")[0] == match.column]
    columns = [table.loc[here.index, name].to_numpy(dtype=np.float64) for name in names]
    if not columns or len(here) < 2:  # noqa: PLR2004  nothing comes before anything
        return True
    return all(_are_many(here.to_numpy(dtype=np.float64), column) for column in columns)


def _are_many(ranks: NDArray[np.float64], values: NDArray[np.float64]) -> bool:
    """Whether many pairs are discordant, whichever way the mapping runs; many out of place, for a set."""
    known = np.isfinite(values)
    ranks, values = ranks[known], values[known]
    if len(np.unique(ranks)) == 2:  # noqa: PLR2004  a set and the rest
        inside = ranks == ranks.max()
        ordered = np.argsort(values, kind="stable")
        last, first = (int((~inside[part]).sum()) for part in (ordered[-inside.sum() :], ordered[: inside.sum()]))
        return min(last, first) >= OUT_OF_PLACE
    signs = np.sign(ranks[:, None] - ranks[None, :]) * np.sign(values[:, None] - values[None, :])
    return min(int((signs < 0).sum()), int((signs > 0).sum())) // 2 >= SLIPS


def _follows(mapping: pd.Series, column: pd.Series) -> bool:
    """Whether a column never falls, or never rises, where the mapping rises."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        return False
    levels = pd.Series(values).groupby(pd.factorize(mapping.to_numpy(), sort=True)[0])
    low, high = levels.min().to_numpy(), levels.max().to_numpy()
    return bool((high[:-1] <= low[1:]).all() or (low[:-1] >= high[1:]).all())


def _chance(mapping: pd.Series, column: pd.Series) -> float:
    """Return the probability that groups in random order follow a column: one of all arrangements with these ties."""
    counts = pd.crosstab(mapping.to_numpy(), column.to_numpy()).to_numpy()
    logs = [np.vectorize(math.lgamma)(each + 1.0).sum() for each in (counts.sum(axis=1), counts.sum(axis=0), counts)]
    return math.exp(logs[0] + logs[1] - logs[2] - math.lgamma(len(mapping) + 1.0))
