"""Bandit: what all policies share: arms, what each has brought, and the chance of each choice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.evaluation.production.reading import names_of
from mlsys.pages import Lines, Page, Shown, Table, Title, filled

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """An arm that a policy chose, with the chance that it had; write both into the log.

    Parameters
    ----------
    arm : str
        What to show.
    probability : float
        Chance of this arm at this moment, above 0 and at most 1.

    Examples
    --------
    >>> from mlsys import EpsilonGreedy
    >>> choice = EpsilonGreedy(["blue", "green"], epsilon=1.0).choose()
    >>> choice.arm in {"blue", "green"}, choice.probability
    (True, 0.5)
    """

    arm: str
    probability: float


class Bandit(Shown):
    """Choose between arms while learning which is best; base of the policies.

    Parameters
    ----------
    arms : sequence of str
        Names of at least two arms.
    seed : int
        Of the choices: the same seed and the same rewards give the same choices.

    Notes
    -----
    A subclass computes ``probabilities()``; a choice is drawn from these, so that the chance in the log is the one that
    was used.
    """

    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 1.0
    """Range of a reward."""

    def __init__(self, arms: Sequence[str], *, seed: int = 0) -> None:
        who = type(self).__name__
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ConfigurationError(f"{who}: seed={seed!r} is not a whole number of 0 or more", "write seed=0")
        self.arms = names_of(who, arms)
        self.seed = int(seed)
        self.choices = 0
        self.counts = np.zeros(len(self.arms))
        self.totals = np.zeros(len(self.arms))
        self._known: Values | None = None

    def probabilities(self) -> Values:
        """Return the chance of each arm in the next choice, in the order of ``arms``."""
        if self._known is None:
            self._known = self._chances()
        return self._known.copy()

    def _chances(self) -> Values:
        raise NotImplementedError

    def choose(self) -> Choice:
        """Choose an arm.

        Returns
        -------
        Choice
            The arm and its chance.
        """
        self.probabilities()
        assert self._known is not None
        draw = np.random.Generator(np.random.Philox(key=self.seed, counter=self.choices)).random()
        place = min(int(np.searchsorted(np.cumsum(self._known), draw, side="right")), len(self.arms) - 1)
        while self._known[place] == 0:  # sums of chances may end below 1
            place -= 1
        self.choices += 1
        return Choice(self.arms[place], float(self._known[place]))

    def update(self, arm: str, reward: float) -> None:
        """Learn the reward of a choice; rewards may come late, and in any order.

        Parameters
        ----------
        arm : str
            That was shown.
        reward : float
            From 0 to 1 (truth values count as these); any finite number for ``EpsilonGreedy``.

        Raises
        ------
        DataError
            If the arm is unknown, or the reward null or outside its range.
        """
        who = f"{type(self).__name__}.update"
        if arm not in self.arms:
            raise DataError(
                f"{who}: {arm!r} is none of its arms", f"{meant(str(arm), self.arms)}arms are {listed(self.arms)}"
            )
        value = _as_number(reward)
        if not (math.isfinite(value) and self.least <= value <= self.most):
            raise DataError(
                f"{who}: the reward {reward!r} of {arm!r} is no number from {self.least:g} to {self.most:g}",
                "divide rewards by the largest there can be, and leave out choices whose reward is not known",
            )
        place = self.arms.index(arm)
        self.counts[place] += 1
        self.totals[place] += value
        self._known = None

    def fresh(self) -> Self:
        """Return the same policy before its first choice."""
        return self.from_state({**self.state(), "choices": 0, "counts": [0] * len(self.arms),
                                "totals": [0] * len(self.arms)})  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Return all that the policy knows, as numbers and texts that JSON can hold."""
        return {"policy": type(self).__name__, "arms": list(self.arms), "seed": self.seed, "choices": self.choices,
                "counts": self.counts.tolist(), "totals": self.totals.tolist(), **self._settings()}  # fmt: skip

    def _settings(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return the policy that :meth:`state` described.

        Raises
        ------
        DataError
            If it is the state of another policy, or damaged.
        """
        held = dict(state)
        if held.pop("policy", None) != cls.__name__:
            raise DataError(f"this is not the state of {cls.__name__}", f"it says policy={state.get('policy')!r}")
        try:
            learned = {name: held.pop(name) for name in ("choices", "counts", "totals")}
            made = cls(**held)
            counts, totals = (np.array(learned[name], dtype=np.float64) for name in ("counts", "totals"))
            if counts.shape != made.counts.shape or totals.shape != counts.shape or not np.isfinite(totals).all():
                raise ValueError("counts and totals are not one number for each arm")
            if not (counts >= 0).all():
                raise ValueError("a count is below 0")
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"the state of {cls.__name__} is damaged: {error}", "pass what .state() returned"
            ) from error
        made.choices, made.counts, made.totals = int(learned["choices"]), counts, totals
        return made

    @property
    def means(self) -> Values:
        """Mean reward of each arm so far; NaN before the first."""
        means = np.full(len(self.arms), np.nan)
        tried = self.counts > 0
        means[tried] = self.totals[tried] / self.counts[tried]
        return means

    def _guarantee(self) -> str:
        raise NotImplementedError

    def _page(self) -> Page:
        table = pd.DataFrame({"arm": self.arms, "rewards": self.counts.astype(int), "mean reward": self.means,
                              "chance now": self.probabilities()})  # fmt: skip
        return Page([Title(type(self).__name__), Lines([("promises", self._guarantee())]), Table(filled(table))])


def _as_number(reward: Any) -> float:
    return float(reward) if isinstance(reward, (Real, np.bool_)) else math.nan
