"""Searching rows that are divided: slices of some, verdicts of the others, and the report of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import STRETCH, Rows
from mlsys.errors import DataError, how_many
from mlsys.evaluation.finding.confirming import TOO_FEW, WORSE, confirmed, reversals
from mlsys.evaluation.finding.finding import Asked, Listed, cuts_of, found_slices
from mlsys.evaluation.finding.rates import Rate
from mlsys.evaluation.finding.report import HELD, ROWS, SliceReport, draw_slices
from mlsys.summaries import hash_ids, uniform
from mlsys.values import Kind, moments_of, nanoseconds, ranks, values_of, with_columns

_LIKE = ["slice", "in", "common", "found", "found_n"]


@dataclass(frozen=True)
class Divided:
    """Rows of which some are searched, and the others confirm.

    Parameters
    ----------
    frame : DataFrame
        All rows.
    train : DataFrame
        Rows whose quantiles cut numbers.
    rate : Rate
        What is searched by.
    searched : ndarray of bool
        Which rows propose slices.
    said : tuple of str
        What is said of the rows that propose, and of those that confirm.
    who : str
        For messages.
    shown : DataFrame
        What is shown of the rows of a slice.
    """

    frame: pd.DataFrame
    train: pd.DataFrame
    rate: Rate
    searched: NDArray[np.bool_]
    said: tuple[str, str]
    who: str
    shown: pd.DataFrame

    def report(self, columns: Sequence[str], named: bool, asked: Asked) -> SliceReport:
        """Return the slices of some columns.

        Parameters
        ----------
        columns : sequence of str
            Of the frame.
        named : bool
            Whether the user named them.
        asked : Asked
            What is searched for.
        """
        rate, confirming = self.rate, ~self.searched
        counted = int((self.searched & rate.counted).sum())
        fewest = asked.fewest(counted)
        cuts, left_out = cuts_of(columns, self.train, self.frame, self.who, asked, fewest, named)
        slices = found_slices(cuts, rate, self.searched, asked, fewest) if counted >= fewest else []
        table = confirmed(slices, rate, confirming, asked.level)
        worse = [each for each in slices if each.name in set(table.loc[table["verdict"] == WORSE, "slice"])]
        said = f"no slice of {how_many(len(cuts), 'column')} has a worse {rate.name} than all rows"
        if counted < fewest:
            said = f"{counted:,} rows count for {rate.name} where slices are searched, but a slice has {fewest:,}"
        result = SliceReport(
            "slices",
            table,
            scalars={"listed": float(len(table)), "worse": float(len(worse))},
            verdict=_verdict(table, counted < fewest),
            summary=self._summary(table) if len(table) else said,
            tables={"like": _like(slices, rate), "reversals": reversals(worse, cuts, rate, confirming)},
            facts={"left_out": dict(left_out)},
            draw=draw_slices,
            metric=rate.name,
            overall=rate.mean(confirming),
            searched=self.said[0],
            confirming=self.said[1],
        )
        return self._with_rows(result, slices) if slices else result

    def _summary(self, table: pd.DataFrame) -> str:
        first, few = table.iloc[0], int((table["verdict"] == TOO_FEW).sum())
        between = f" [{first['lower']:.3f}, {first['upper']:.3f}]" if np.isfinite(first["lower"]) else ""
        said = f"{first['slice']}: {self.rate.name} {first['value']:.3f}{between} on {first['n']:,} rows, "
        said += f"{self.rate.mean(~self.searched):.3f} on all"
        return f"{said}; {few} with too few rows to say" if few else said

    def _with_rows(self, result: SliceReport, slices: Sequence[Listed]) -> SliceReport:
        """Return a report with the confirming rows of its slices, the worst first."""
        held = np.logical_or.reduce([each.rows for each in slices]) & ~self.searched & self.rate.counted
        places = np.flatnonzero(held)
        places = places[np.argsort(-self.rate.losses[places], kind="stable")]
        rows = self.shown.iloc[places]
        if self.rate.name not in rows.columns:
            rows = with_columns(rows, {self.rate.name: self.rate.values[places]})
        members = pd.DataFrame({each.name: each.rows[places] for each in slices})
        return replace(result, facts={**result.facts, ROWS: rows, HELD: members})


def _like(slices: Sequence[Listed], rate: Rate) -> pd.DataFrame:
    """Return the slices that are not listed because they tell the same as one that is."""
    lines = [
        (name, each.name, share, rate.of_losses(found.loss / found.weight), found.rows)
        for each in slices
        for found, name, share in each.like
    ]
    return pd.DataFrame(lines, columns=_LIKE)


def _verdict(table: pd.DataFrame, too_few: bool) -> str:
    worse = int((table["verdict"] == WORSE).sum())
    if worse:
        return f"worse in {worse} of {len(table)} slices"
    return TOO_FEW if too_few or (len(table) and (table["verdict"] == TOO_FEW).all()) else "no alarm"


def _hashes(index: pd.Index) -> NDArray[np.uint64]:
    """Return a hash of each row by its label: copies of a row stay together; labels of many rows name none of them."""
    hashes = hash_ids(index)
    if 2 * index.nunique() >= len(index):
        return hashes
    earlier = pd.Series(hashes).groupby(hashes).cumcount().to_numpy(dtype=np.uint64)
    return hash_ids(hashes + earlier)


def divided(rows: Rows, confirm: float, who: str) -> tuple[NDArray[np.bool_], str]:
    """Return which rows slices are searched on, and how they were chosen: by group, by time or by id.

    Parameters
    ----------
    rows : Rows
        To be divided.
    confirm : float
        Share that is kept aside.
    who : str
        For messages.

    Raises
    ------
    DataError
        All rows are of one group or time.
    """
    times = rows[STRETCH] if STRETCH in rows.columns else rows.time
    if rows.group is not None:
        found, how = uniform(hash_ids(rows.group)) >= confirm, ", divided by group"
    elif times is not None:
        numbers = (
            times if values_of(times).kind is Kind.NUMBER else pd.Series(ranks(nanoseconds(moments_of(times, who))))
        )
        place = numbers.rank(method="max", pct=True).to_numpy(dtype=np.float64)
        later = place > 1 - confirm
        found, how = ~later if not later.all() else place < place.max(), ", the earlier ones"
    else:
        found, how = uniform(_hashes(rows.index)) >= confirm, ""
    if found.all() or not found.any():
        raise DataError(
            f"{who} cannot divide {len(rows):,} rows{' of one group or time' if how else ''} into rows to search and "
            "rows that confirm",
            "give more rows, or other rows to confirm with",
        )
    return found, how
