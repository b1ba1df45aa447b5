"""Tables of an evaluation about its probabilities, for all rows and for each slice, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.evaluation.intervals import at_once, error_of_mean
from mlsys.evaluation.probabilities.bins import Bins, Told
from mlsys.evaluation.probabilities.error import brier_parts, calibration_error, calibration_interval
from mlsys.evaluation.sample import Sample
from mlsys.evaluation.slicing import Slice
from mlsys.evaluation.units import FEWEST
from mlsys.summaries.wilson import quantile_of

ALL = "all"
FEW = "not enough data"
NOT_OFF = "not off"
_BINS = ["slice", "told", "happened", "lower", "upper", "n"]


def probability_tables(
    sample: Sample, group: pd.Series | None, slices: Sequence[Slice], level: float
) -> dict[str, pd.DataFrame]:
    """Return how far probabilities are off, and their bins, by slice; nothing where there are no probabilities.

    Parameters
    ----------
    sample : Sample
        The rows as the model predicts them.
    group : Series, optional
        Their groups, where rows of a group are not independent.
    slices : sequence of Slice
        Masks over these rows.
    level : float
        Of the intervals; those of the errors of slices hold simultaneously.
    """
    if sample.probabilities is None:
        return {}
    told = Told.by(sample, group)
    if not len(told):
        return {}
    binned = Bins.of(told)
    errors, bins = [_error(ALL, told, binned, level)], [_bins(ALL, binned, level)]
    simultaneous = at_once(level, len(slices))
    for each in slices:
        places = np.flatnonzero(each.mask)
        rows = Told.by(sample.taken(places), None if group is None else group.iloc[places])
        if len(rows):
            binned = Bins.of(rows)
            errors.append(_error(each.name, rows, binned, simultaneous))
            bins.append(_bins(each.name, binned, level))
    return {"calibration": pd.DataFrame(errors), "reliability": pd.concat(bins, ignore_index=True)}


def _bins(name: str, bins: Bins, level: float) -> pd.DataFrame:
    lower, upper = bins.ends(level)
    values = [name, bins.told, bins.happened, lower, upper, bins.rows.astype(int)]
    return pd.DataFrame(dict(zip(_BINS, values, strict=True)))


def _error(name: str, told: Told, bins: Bins, level: float) -> dict[str, Any]:
    said, happened = float(bins.weight @ bins.told), float(bins.weight @ bins.happened)
    error = calibration_error(bins)
    row = {"slice": name, "n": len(told), "told": said, "happened": happened, "ece": error}
    if enough(told):
        lower, upper = calibration_interval(bins, level)
        verdict = _verdict(told, lower, error, level)
    else:
        lower, upper, verdict = np.nan, np.nan, FEW
    return {**row, "lower": lower, "upper": upper, "verdict": verdict, **brier_parts(told, bins)}


def enough(told: Told) -> bool:
    """Whether there are enough rows that came true, and enough that did not, to speak of an error."""
    true = int(told.true.sum())
    independent = len(told) if told.group is None else len(np.unique(told.group))
    return min(true, len(told) - true, independent) >= FEWEST


def _verdict(told: Told, lower: float, error: float, level: float) -> str:
    """Say whether probabilities are off beyond chance, and in which direction on average."""
    if not lower > 0:
        return NOT_OFF
    gap = told.share - told.true
    group = None if told.group is None else pd.Series(told.group)
    mean, half = float(np.average(gap, weights=told.weight)), error_of_mean(gap, told.weight, group)
    if abs(mean) <= max(quantile_of(level) * half, error / 2):  # mostly both ways
        return "off"
    return "too high" if mean > 0 else "too low"


def in_words(tables: dict[str, pd.DataFrame], rows: int) -> str:
    """Return whether probabilities can be believed, with the bin that is furthest off; nothing if there are none.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Of :func:`probability_tables`.
    rows : int
        All rows that are evaluated.
    """
    if not tables:
        return ""
    lacking = rows - int(tables["calibration"]["n"].iloc[0])
    more = f"; {lacking:,} rows without a probability do not count" if lacking else ""
    return _judgement(tables) + more


def _judgement(tables: dict[str, pd.DataFrame]) -> str:
    every, bins = tables["calibration"].iloc[0], tables["reliability"]
    if every["verdict"] == FEW:
        return f"too few rows to say whether they can be believed ({every['n']:,})"
    error = f"calibration error {every['ece']:.3f} [{every['lower']:.3f}, {every['upper']:.3f}]"
    if every["verdict"] == NOT_OFF:
        return f"as often true as told, as far as these rows show; {error}"
    bins = bins[bins["slice"] == ALL]
    told = bins["told"].to_numpy()
    beyond = np.maximum(bins["lower"].to_numpy() - told, told - bins["upper"].to_numpy())
    worst = bins.iloc[int(np.argmax(beyond))]
    word = {"off": "off"}.get(every["verdict"], f"{every['verdict']} on average")
    slices = worst_slices(tables)
    elsewhere = f"; of slices most in {slices[0]}" if slices else ""
    return (
        f"{word}: {worst['told']:.0%} came true in {worst['happened']:.0%} [{worst['lower']:.0%}, "
        f"{worst['upper']:.0%}] of {worst['n']:,.0f} rows; {error}{elsewhere}"
    )


def worst_slices(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return the slices whose probabilities are off beyond chance, the worst first."""
    if not tables:
        return []
    rows = tables["calibration"].iloc[1:]
    off = rows[~rows["verdict"].isin([FEW, NOT_OFF])].sort_values("ece", ascending=False)
    return [f"{row['slice']} {row['verdict']} ({row['ece']:.3f})" for row in off.to_dict("records")]
