"""Analysis of an A/B test: rows are read and checked, arms compared look by look, and a decision is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.production.ab_result import ABResult, draw_ab
from mlsys.evaluation.production.comparing import (
    BETTER,
    NOT_BETTER,
    NOT_TOLD_APART,
    REFUSED,
    SMALL_ARM,
    WAITS,
    WORSE,
    Looks,
    at_once,
    at_the_end,
    careful_variance,
    welch_freedom,
)
from mlsys.evaluation.production.design import Design
from mlsys.evaluation.production.mismatch import Mismatch, mismatch_of
from mlsys.evaluation.production.moments import Moments, adjusted, clustered, is_share
from mlsys.evaluation.production.reading import (
    Mask,
    Places,
    Values,
    by_day,
    check_frame,
    looks_of,
    numbers_of,
    order_of,
    places_of,
    row_named,
    times_of,
)
from mlsys.pages import number

WHO = "ABTest.analyse"
MOST_LOOKS = 200
"""Looks that a replay over time has at most."""


@dataclass(frozen=True)
class Asked:
    """A test, and the columns that its analysis reads."""

    test: Design
    arm: str
    id: str | None
    time: str | None
    covariate: str | None


@dataclass(frozen=True)
class Read:
    """Outcomes in order of time.

    Parameters
    ----------
    values : array of shape (n,)
        NaN where an outcome is not known.
    challenger : array of bool, of shape (n,)
        Which arm.
    ids : array of int, or None
        Numbers of ids that come more than once.
    times : Series or None
        Of the rows.
    """

    values: Values
    challenger: Mask
    ids: Places | None
    times: pd.Series | None
    before: Values | None

    @property
    def known(self) -> Mask:
        """Which outcomes are known."""
        return ~np.isnan(self.values)


def analysed(asked: Asked, outcomes: pd.DataFrame) -> ABResult:
    """Return what outcomes show so far."""
    test, read = asked.test, _read(asked, outcomes)
    known, looks = read.known, looks_of(read.times, len(read.values), MOST_LOOKS)
    checks = _mismatches(read, looks, test.share, test.sequential)
    values = read.values if read.before is None else _adjusted(read)
    counted = np.cumsum(known, dtype=np.int64)[looks - 1]
    used = looks[counted > 0]
    one, other = (
        Moments.of(values[known], arm[known], counted[counted > 0], is_share(values[known]))
        for arm in (~read.challenger, read.challenger)
    )
    found = _compared(test, read, one, other)
    verdict, why = _verdict(test, found, checks, read)
    frame = _looks_table(read, used, one, other, found)
    return _result(test, read, found, frame, checks, verdict, why)


def _read(asked: Asked, outcomes: pd.DataFrame) -> Read:
    test = asked.test
    columns = [asked.arm, test.metric, *(each for each in (asked.id, asked.time, asked.covariate) if each is not None)]
    check_frame(outcomes, WHO, columns)
    if len(set(columns)) < len(columns):
        raise ConfigurationError(f"{WHO}: two roles name one column among {', '.join(columns)}", "give each its own")
    times = None if asked.time is None else times_of(outcomes, asked.time, WHO)
    order = order_of(times, len(outcomes))
    rows = outcomes.iloc[order]
    challenger = places_of(rows, asked.arm, test.arms, WHO) == 1
    values = numbers_of(rows, test.metric, WHO)
    for name, arm in zip(test.arms, (~challenger, challenger), strict=True):
        if not arm.any():
            raise DataError(f"{WHO}: the arm {name!r} has no rows", "wait for some, or name other arms with arms=")
        if np.isnan(values[arm]).all():
            raise DataError(f"{WHO}: no outcome of the arm {name!r} is known", "wait for the first")
    before = None if asked.covariate is None else numbers_of(rows, asked.covariate, WHO)
    if before is not None and np.isnan(before).any():
        raise DataError(
            f"{WHO}: {asked.covariate!r} is null in row {row_named(rows, np.isnan(before))}",
            "fill it with one value for all rows that lack it, such as its mean",
        )
    ids = None if asked.id is None else _ids(rows, asked.id, challenger, test.sequential)
    times = None if times is None else by_day(times.iloc[order].reset_index(drop=True))
    return Read(values, challenger, ids, times, before)


def _ids(rows: pd.DataFrame, name: str, challenger: Mask, sequential: bool) -> Places | None:
    """Return the numbers of ids where some come more than once; refuse those that are in both arms."""
    null = rows[name].isna().to_numpy()
    if null.any():
        raise DataError(f"{WHO}: {name!r} is null in row {row_named(rows, null)}", "leave rows without an id out")
    codes, known = pd.factorize(rows[name])
    both = (np.bincount(codes, challenger) > 0) & (np.bincount(codes, ~challenger) > 0)
    if both.any():
        raise DataError(
            f"{WHO}: {int(both.sum()):,} ids are in both arms, first {known[int(both.argmax())]!r}",
            "assign ids, not requests: test.assign(rows[id]); leave out ids that saw both models",
        )
    if len(known) == len(rows):
        return None
    if sequential:
        raise DataError(
            f"{WHO}: {len(known):,} ids have {len(rows):,} rows, and a sequential test needs one row of each",
            "add them up by id once their outcome is complete, or plan a fixed test: ABTest(..., sequential=False)",
        )
    return codes


def _adjusted(read: Read) -> Values:
    assert read.before is not None
    known = read.known
    values = read.values.copy()
    values[known] = adjusted(values[known], read.before[known], read.challenger[known])
    return values


def _mismatches(read: Read, looks: Places, share: float, sequential: bool) -> list[Mismatch]:
    """Check the sizes of the arms; where outcomes are missing, of the rows with an outcome as well."""
    if read.ids is not None:  # ids were assigned, not rows
        first = np.unique(read.ids, return_index=True)[1]
        arm = read.challenger[first]
        return [mismatch_of([float((~arm).sum())], [float(arm.sum())], share, "ids")]
    found = []
    masks = {"rows": np.ones(len(read.values), dtype=bool), "rows with an outcome": read.known}
    for what, mask in masks.items():
        if what == "rows" or not mask.all():
            ones, others = (
                np.cumsum(mask & arm)[looks - 1].astype(float) for arm in (~read.challenger, read.challenger)
            )
            some = ones + others > 0
            ones, others = (ones[some], others[some]) if sequential else (ones[-1:], others[-1:])
            found.append(mismatch_of(ones, others, share, what))
    return found


def _compared(test: Design, read: Read, one: Moments, other: Moments) -> Looks:
    if test.sequential:
        return at_once(one, other, test.minimum_effect, test.alpha, test.power, test.greater_is_better)
    if read.ids is not None:
        known = read.known
        parts = [
            clustered(read.values[known & arm], read.ids[known & arm]) for arm in (~read.challenger, read.challenger)
        ]
        difference, variance = parts[1][0] - parts[0][0], parts[0][1] + parts[1][1]
        freedom = float(min(parts[0][2], parts[1][2]) - 1)
    else:
        difference = float(other.means[-1] - one.means[-1])
        few = min(one.rows[-1], other.rows[-1]) < SMALL_ARM * (one.rows[-1] + other.rows[-1])
        variances = careful_variance(one, other) if few else one.variances + other.variances
        variance, freedom = float(variances[-1]), welch_freedom(one, other)
        if is_share(read.values[read.known]):
            freedom = np.inf
    return at_the_end(difference, variance, freedom, test.minimum_effect, test.alpha, test.greater_is_better)


def _verdict(test: Design, found: Looks, checks: list[Mismatch], read: Read) -> tuple[str, str]:
    """Return the verdict and why."""
    failed = [str(each) for each in checks if each.is_one]
    if failed:
        return REFUSED, f"{failed[0]}; find out why before you believe a difference"
    if not np.isfinite(found.lower[-1]):
        return WAITS, "too few rows, or outcomes that do not vary within the arms"
    if not test.sequential:
        champion, challenger = ((read.known & arm).sum() for arm in (~read.challenger, read.challenger))
        size = test.sample_size(pd.Series(read.values[read.known]) if _is_unplanned(test) else None)
        if champion < size.champion or challenger < size.challenger:
            planned = f"{champion + challenger:,} of {size.total:,} planned rows"
            return WAITS, f"{planned}: a decision now would find differences that do not exist more often than stated"
        if found.decided is None:
            return NOT_TOLD_APART, "all planned rows show no difference"
    if found.decided is None:
        return WAITS, "the interval holds both no difference and one that matters"
    return found.verdict, _because(test, found.verdict)


def _is_unplanned(test: Design) -> bool:
    return test.baseline is None and test.spread is None


def _because(test: Design, verdict: str) -> str:
    effect = number(test.minimum_effect)
    return {
        BETTER: f"the challenger has the better {test.metric!r}",
        WORSE: f"the challenger has the worse {test.metric!r}",
        NOT_BETTER: f"the challenger is better by less than {effect}, if at all",
    }[verdict]


def _looks_table(read: Read, used: Places, one: Moments, other: Moments, found: Looks) -> pd.DataFrame:
    last = slice(-len(found.difference), None)
    columns = {"rows": (one.rows + other.rows)[last].astype(int), "difference": found.difference, "lower": found.lower,
               "upper": found.upper, "p": found.p}  # fmt: skip
    frame = pd.DataFrame(columns)
    if read.times is not None:
        frame.insert(0, "time", read.times.iloc[used[last] - 1].to_numpy())
    return frame


def _named(time: Any) -> str:
    """Return a time, of days without the hour."""
    return str(time).removesuffix(" 00:00:00")


def _result(
    test: Design, read: Read, found: Looks, looks: pd.DataFrame, checks: list[Mismatch], verdict: str, why: str
) -> ABResult:
    arms = (~read.challenger, read.challenger)
    counts = [int((arm & read.known).sum()) for arm in arms]
    means = [float(read.values[arm & read.known].mean()) for arm in arms]
    missing = [int((arm & ~read.known).sum()) for arm in arms]
    table = pd.DataFrame({"arm": list(test.arms), "rows": counts, "missing": missing, "mean": means})
    last = {name: float(looks[name].iloc[-1]) for name in ("difference", "lower", "upper", "p")}
    if np.isnan(last["difference"]):
        last["difference"] = means[1] - means[0]
    last["lift"] = last["difference"] / means[0] if means[0] > 0 else np.nan
    if found.decided is not None and "time" in looks and found.decided < len(looks) - 1 and verdict == found.verdict:
        first = looks.iloc[found.decided]
        why += f"; decided at {_named(first['time'])}, when {int(first['rows']):,} rows had come"
    signed = test.minimum_effect if test.greater_is_better else -test.minimum_effect
    once = "at all looks together" if test.sequential else "at one look, when all planned rows have come"
    facts = {"arms": "; ".join(map(str, checks)), "minimum effect": signed, "metric": test.metric,
             "error rate": f"{test.alpha:.0%} {once}", "decided": None if verdict == REFUSED else found.decided,
             "decision": found.verdict}  # fmt: skip
    name = f"A/B test of {test.metric!r}"
    return ABResult(name, table, last, verdict, why, {"looks": looks}, facts=facts, draw=draw_ab)
