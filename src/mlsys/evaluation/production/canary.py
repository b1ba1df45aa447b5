"""Canary: traffic moves to a new model step by step, and goes back when it does harm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.production.assigning import arm_of_ids
from mlsys.evaluation.production.canary_decision import GO_ON, HOLD, ROLL_BACK, CanaryDecision, draw_canary
from mlsys.evaluation.production.comparing import FEWEST, careful_variance
from mlsys.evaluation.production.mismatch import LEAST_P
from mlsys.evaluation.production.moments import Moments, is_share
from mlsys.evaluation.production.reading import (
    Mask,
    Values,
    check_above_zero,
    check_between,
    check_frame,
    names_of,
    numbers_of,
    places_of,
    row_named,
)
from mlsys.evaluation.production.sequences import mixing, one_sided_width, planned_information, share_evidence
from mlsys.pages import Lines, Page, Shown, Title, number

_WHO = "Canary"
_POWER = 0.8


@dataclass(frozen=True, repr=False)
class Canary(Shown):
    """Give a new model a growing share of traffic, as long as its harm stays within what is tolerated.

    Parameters
    ----------
    guards : mapping of str to float
        Columns of which less is better (failures, milliseconds, complaints), and by how much the mean over *all*
        traffic may rise: ``{"failed": 0.002}`` tolerates 2 more failures in 1,000 requests.
    steps : tuple of float
        Shares of traffic that the challenger gets, one after the other.
    alpha : float
        Chance of each wrong decision: to ever roll back a model that does no harm, and to ever go on with one that
        does more harm than is tolerated.
    arms : tuple of str
        Names of the arms in the rows: first the model in use.
    salt : str
        Text that the assignment depends on.

    Raises
    ------
    ConfigurationError
        If a parameter is outside its range.

    Notes
    -----
    At a share ``s``, a challenger that is worse by ``d`` raises the mean over all traffic by ``s * d``. So the first
    steps may go on soon: at the next share, the upper end of ``d`` times that share must be below the tolerance.
    Intervals are one-sided confidence sequences (Howard et al. 2021), which hold at all looks together; each guard has
    its part of ``alpha`` for rolling back. Arms are compared within each step and the differences added up, so that a
    change of traffic over time is no difference between models.

    What is accepted before anything is known is the harm at the first share.

    Examples
    --------
    >>> canary = Canary({"failed": 0.01})
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"arm": canary.assign(np.arange(20_000), step=0), "share": 0.01})
    >>> rows["failed"] = rng.random(20_000) < 0.02
    >>> canary.decide(rows).verdict
    'go on'
    >>> rows["failed"] = rng.random(20_000) < np.where(rows["arm"] == "challenger", 0.2, 0.02)
    >>> canary.decide(rows).verdict
    'roll back'
    """

    guards: Mapping[str, float]
    steps: tuple[float, ...] = (0.01, 0.05, 0.25, 1.0)
    alpha: float = 0.05
    arms: tuple[str, str] = ("champion", "challenger")
    salt: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        if not isinstance(self.guards, Mapping) or not self.guards:
            raise ConfigurationError(
                f"{_WHO}: guards={self.guards!r} names no column with what is tolerated",
                'write guards={"failed": 0.002}',
            )
        for name, tolerance in self.guards.items():
            if not isinstance(name, str):
                raise ConfigurationError(f"{_WHO}: guards= holds {name!r}, which is not a name", "name columns")
            check_above_zero(_WHO, f"guards[{name!r}]", tolerance, "the rise of its mean over all traffic to tolerate")
        steps = tuple(self.steps) if isinstance(self.steps, (list, tuple)) else ()
        numbers = all(isinstance(each, (int, float)) and 0 < each <= 1 for each in steps)
        if not steps or not numbers or list(steps) != sorted(set(steps)):
            raise ConfigurationError(
                f"{_WHO}: steps={self.steps!r} are not growing shares above 0 and up to 1",
                "write steps=(0.01, 0.1, 1.0)",
            )
        check_between(_WHO, "alpha", self.alpha, 0.05)
        object.__setattr__(self, "steps", tuple(map(float, steps)))
        object.__setattr__(self, "arms", names_of(_WHO, self.arms, 2, 2))

    def assign(self, ids: Any, step: int) -> pd.Series:
        """Return the arm of each id at a step: ids that had the challenger keep it at all later ones.

        Parameters
        ----------
        ids : Series, Index or array
            What is assigned, such as users.
        step : int
            Number of the step, from 0.
        """
        if isinstance(step, bool) or not isinstance(step, (int, np.integer)) or not 0 <= step < len(self.steps):
            raise ConfigurationError(f"{_WHO}.assign: step={step!r}", f"give 0 to {len(self.steps) - 1}")
        share = self.steps[step]
        return arm_of_ids(ids, self.arms, (1 - share, share), self.salt, f"{_WHO}.assign")

    def decide(self, outcomes: pd.DataFrame, *, arm: str = "arm", share: str = "share") -> CanaryDecision:
        """Say whether to go on to the next share, to hold, or to roll back; at any time, as often as wanted.

        Parameters
        ----------
        outcomes : DataFrame
            One row for each request so far, of all steps. Rows whose guard is null are left out for this guard.
        arm : str
            Column of the arms.
        share : str
            Column of the share that the challenger had when the request came.

        Returns
        -------
        CanaryDecision
            ``verdict`` is ``"go on"``, ``"hold"`` or ``"roll back"``, ``next_share`` the share to give now.

        Raises
        ------
        DataError
            If a column is missing, a share is none of the steps, an arm unknown, or a guard no number.
        """
        who = f"{_WHO}.decide"
        check_frame(outcomes, who, [arm, share, *self.guards])
        challenger = places_of(outcomes, arm, self.arms, who) == 1
        shares = self._shares(outcomes, share, who)
        now = self.steps.index(float(shares.max()))
        following = self.steps[min(now + 1, len(self.steps) - 1)]
        rows = []
        for name, tolerance in self.guards.items():
            values = numbers_of(outcomes, name, who)
            found = self._compared(values, challenger, shares, float(tolerance))
            rows.append({"guard": name, **found, "allowed": tolerance / following})
        table = pd.DataFrame(rows)
        table["says"] = [self._says(row) for row in rows]
        mismatch = self._mismatch(challenger, shares)
        verdict, why = _verdict(table, mismatch, now == len(self.steps) - 1)
        next_share = {GO_ON: following, HOLD: self.steps[now], ROLL_BACK: 0.0}[verdict]
        each = f"{self.alpha:.0%}"
        rate = f"{each} to roll back a model without harm, {each} to go on with more harm than tolerated, at all looks"
        scalars = {"share": self.steps[now], "next_share": next_share}
        facts = {"error rate": rate, "rows": len(outcomes)}
        return CanaryDecision("canary", table, scalars, verdict, why, facts=facts, draw=draw_canary)

    def _shares(self, outcomes: pd.DataFrame, name: str, who: str) -> Values:
        shares = numbers_of(outcomes, name, who)
        odd = ~np.isin(shares, self.steps)
        if odd.any():
            raise DataError(
                f"{who}: {name!r} is {shares[odd][0]:g} in row {row_named(outcomes, odd)}, which is none of the steps",
                f"steps are {', '.join(f'{each:g}' for each in self.steps)}",
            )
        return shares

    def _compared(self, values: Values, challenger: Mask, shares: Values, tolerance: float) -> dict[str, float]:
        """Return the means, and the difference within steps with the ends of both one-sided intervals."""
        known = ~np.isnan(values)
        share_like = is_share(values[known])
        parts = []
        for step in self.steps:
            here = known & (shares == step)
            if min((here & challenger).sum(), (here & ~challenger).sum()) < FEWEST:
                continue
            last = np.array([len(values)])
            one, other = (Moments.of(np.where(here, values, 0.0), here & arm, last, share_like)
                          for arm in (~challenger, challenger))  # fmt: skip
            variance = float(careful_variance(one, other)[0])
            if variance > 0:
                weight = float(one.rows[0] * other.rows[0] / (one.rows[0] + other.rows[0]))  # Mantel and Haenszel's
                parts.append((float(other.means[0] - one.means[0]), variance, weight))
        means = [float(values[known & arm].mean()) if (known & arm).any() else math.nan
                 for arm in (~challenger, challenger)]  # fmt: skip
        found = dict(zip(self.arms, means, strict=True))
        if not parts:
            return {**found, "difference": means[1] - means[0], "lower": math.nan, "upper": math.nan}
        whole = sum(weight for _, _, weight in parts)
        difference = sum(each * weight for each, _, weight in parts) / whole
        information = whole**2 / sum(variance * weight**2 for _, variance, weight in parts)
        mixture = mixing(planned_information(tolerance, 2 * self.alpha, _POWER), 2 * self.alpha)
        below = float(one_sided_width(information, mixture, self.alpha / len(self.guards)))
        above = float(one_sided_width(information, mixture, self.alpha))
        return {**found, "difference": difference, "lower": difference - below, "upper": difference + above}

    def _says(self, row: Mapping[str, Any]) -> str:
        if row["lower"] > 0:
            return ROLL_BACK
        return GO_ON if row["upper"] <= row["allowed"] else HOLD

    def _mismatch(self, challenger: Mask, shares: Values) -> str:
        """Say at which step the arms are not as large as they should be; an empty text if they are."""
        for step in self.steps:
            here, hits = float((shares == step).sum()), float((challenger & (shares == step)).sum())
            if here and step < 1:
                evidence = float(share_evidence(np.array([hits]), np.array([here]), step)[0])
                if evidence > 1 / LEAST_P:
                    return f"the challenger got {hits / here:.2%} of requests at the step of {step:.2%}"
        return ""

    def _page(self) -> Page:
        tolerated = "; ".join(
            f"{name!r} may rise by {number(each)} over all traffic" for name, each in self.guards.items()
        )
        lines = [
            ("steps", ", ".join(f"{each:.4g}" for each in self.steps)),
            ("tolerated", tolerated),
            ("false alarms", f"a model without harm is ever rolled back in at most {self.alpha:.0%}"),
            ("missed harm", f"one that does more harm is ever taken further in at most {self.alpha:.0%}"),
        ]
        return Page([Title("canary"), Lines(lines)])


def _verdict(table: pd.DataFrame, mismatch: str, is_last: bool) -> tuple[str, str]:
    """Return the decision over all guards, and why."""
    harmed = table.loc[table["says"] == ROLL_BACK, "guard"].tolist()
    if harmed:
        return ROLL_BACK, f"the challenger is worse in {', '.join(map(repr, harmed))}"
    if mismatch:
        return HOLD, f"{mismatch}: find out why before anything is compared"
    waiting = table.loc[table["says"] == HOLD, "guard"].tolist()
    if waiting:
        return HOLD, f"{', '.join(map(repr, waiting))} may still rise by more than is tolerated at the next share"
    return GO_ON, "nothing is left to do: this is the last step" if is_last else "harm at the next share is tolerated"
